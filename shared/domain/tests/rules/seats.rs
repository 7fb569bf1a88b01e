//! Seats are a ledger: bought, typed, counted, corrected, for any day.

use crate::support::{Ledger, contoso};
use domain::{
    Command, Event, Refusal,
    asset::{InUseSource, PurchaseDraft, RenewalDraft},
    ids::PurchaseId,
};
use serde_json::json;

fn licensed() -> (Ledger, domain::ids::AssetId) {
    let mut ledger = Ledger::new();
    let (license_type, company) = (ledger.license_type(), ledger.company("Contoso Dental"));
    let id = ledger.register(license_type, company, contoso());
    (ledger, id)
}

#[test]
fn a_registered_license_owns_and_uses_what_was_typed() {
    let (ledger, id) = licensed();
    assert_eq!(ledger.seats(id, "2026-06-01"), (Some(25), Some(27)));
}

#[test]
fn typing_a_total_is_an_adjustment_from_the_old_to_the_new() {
    let (mut ledger, id) = licensed();
    ledger.on("2026-06-10");
    let events = ledger.patch(id, json!({"total_seats": 30}));
    assert_eq!(
        events,
        [Event::TotalSeatsAdjusted {
            from: Some(25),
            to: Some(30),
            delta: Some(30),
            correction: false
        }]
    );
    assert_eq!(ledger.seats(id, "2026-06-09").0, Some(25));
    assert_eq!(ledger.seats(id, "2026-06-10").0, Some(30));
}

#[test]
fn an_equal_value_is_no_event() {
    let (mut ledger, id) = licensed();
    assert_eq!(ledger.patch(id, contoso()), []);
}

#[test]
fn null_makes_a_count_unknown() {
    let (mut ledger, id) = licensed();
    let events = ledger.patch(id, json!({"assigned_seats": null}));
    let source = InUseSource::Typed;
    assert_eq!(
        events,
        [Event::SeatsInUseCounted {
            source,
            counted_for: None,
            from: Some(27),
            to: None,
            correction: false
        }]
    );
    assert_eq!(ledger.seats(id, "2026-06-01"), (Some(25), None));
}

#[test]
fn changes_may_be_back_and_future_dated() {
    let (mut ledger, id) = licensed();
    ledger.on("2026-06-20");
    ledger.patch_as(id, json!({"total_seats": 80}), Some("2026-07-01"), false);
    ledger.patch_as(id, json!({"total_seats": 20}), Some("2026-06-05"), false);
    for (day, owned) in [
        ("2026-06-04", 25),
        ("2026-06-05", 20),
        ("2026-06-30", 20),
        ("2026-07-01", 80),
    ] {
        assert_eq!(ledger.seats(id, day).0, Some(owned), "{day}");
    }
}

#[test]
fn a_correction_holds_from_the_first_day_of_what_it_replaces() {
    let (mut ledger, id) = licensed();
    ledger.on("2026-06-05");
    ledger.patch(id, json!({"assigned_seats": 100, "total_seats": 100}));
    ledger.on("2026-06-09");
    ledger.patch_as(
        id,
        json!({"assigned_seats": 10, "total_seats": 20}),
        None,
        true,
    );
    for (day, seats) in [
        ("2026-06-04", (Some(25), Some(27))),
        ("2026-06-05", (Some(20), Some(10))),
        ("2026-06-09", (Some(20), Some(10))),
    ] {
        assert_eq!(ledger.seats(id, day), seats, "{day}");
    }
}

#[test]
fn purchases_add_up_and_end() {
    let (mut ledger, id) = licensed();
    let purchase = PurchaseId(ledger.id());
    let draft = PurchaseDraft {
        quantity: json!(10),
        from: Some("2026-06-10".into()),
        unit_price: Some(json!("22.50")),
        ..PurchaseDraft::default()
    };
    ledger
        .when(Command::PurchaseSeats {
            id,
            purchase,
            draft,
        })
        .unwrap();
    let last_day = Some("2026-06-20".to_owned());
    ledger
        .when(Command::EndPurchase {
            id,
            purchase,
            last_day,
            with_term: false,
        })
        .unwrap();
    for (day, owned) in [
        ("2026-06-09", 25),
        ("2026-06-10", 35),
        ("2026-06-20", 35),
        ("2026-06-21", 25),
    ] {
        assert_eq!(ledger.seats(id, day).0, Some(owned), "{day}");
    }
}

#[test]
fn what_is_learned_later_does_not_change_what_a_typed_total_added() {
    let (mut ledger, id) = licensed();
    ledger.on("2026-06-10");
    ledger.patch(id, json!({"total_seats": 30}));
    let draft = PurchaseDraft {
        quantity: json!(5),
        from: Some("2026-06-05".into()),
        ..PurchaseDraft::default()
    };
    let purchase = PurchaseId(ledger.id());
    ledger
        .when(Command::PurchaseSeats {
            id,
            purchase,
            draft,
        })
        .unwrap();
    assert_eq!(ledger.seats(id, "2026-06-10").0, Some(35));
    let events = ledger.patch(id, json!({"total_seats": 30}));
    assert_eq!(
        events,
        [Event::TotalSeatsAdjusted {
            from: Some(35),
            to: Some(30),
            delta: Some(25),
            correction: false
        }]
    );
}

#[test]
fn past_its_expiry_a_license_owns_nothing_unless_it_renews_itself_or_is_perpetual() {
    for (extra, owned) in [
        (json!({}), 0),
        (json!({"auto_renew": true}), 25),
        (json!({"auto_renew": false}), 0),
    ] {
        let mut ledger = Ledger::new();
        let (license_type, company) = (ledger.license_type(), ledger.company("Contoso Dental"));
        let mut values = contoso();
        values
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        let id = ledger.register(license_type, company, values);
        assert_eq!(
            ledger.seats(id, "2026-07-16").0,
            Some(25),
            "in force all of its last day"
        );
        assert_eq!(ledger.seats(id, "2026-07-17").0, Some(owned), "{extra}");
        assert_eq!(ledger.seats(id, "2029-07-17").0, Some(owned), "{extra}");
    }
}

#[test]
fn switching_auto_renewal_off_lets_the_presumed_term_run_out() {
    let (mut ledger, id) = licensed();
    ledger.patch(id, json!({"auto_renew": true}));
    ledger.on("2027-01-10");
    ledger.patch(id, json!({"auto_renew": false}));
    assert_eq!(ledger.seats(id, "2027-07-16").0, Some(25));
    assert_eq!(ledger.seats(id, "2027-07-17").0, Some(0));
}

#[test]
fn moving_an_expiry_that_is_in_sight_renews_the_term_with_its_seats() {
    let (mut ledger, id) = licensed();
    ledger.on("2026-06-10");
    let events = ledger.patch(id, json!({"expiry_date": "2027-07-16"}));
    let renewed = Event::TermRenewed {
        from: crate::support::day("2026-07-16"),
        to: crate::support::day("2027-07-16"),
    };
    assert_eq!(events, [renewed]);
    assert_eq!(ledger.seats(id, "2027-07-16").0, Some(25));
    assert_eq!(ledger.seats(id, "2027-07-17").0, Some(0));
}

#[test]
fn moving_an_expiry_after_it_has_passed_leaves_no_gap() {
    let (mut ledger, id) = licensed();
    ledger.on("2026-07-30");
    assert_eq!(ledger.seats(id, "2026-07-30").0, Some(0));
    ledger.patch(id, json!({"expiry_date": "2027-07-16"}));
    assert_eq!(ledger.seats(id, "2026-07-17").0, Some(25));
}

#[test]
fn an_expiry_that_is_far_away_or_corrected_is_changed_not_renewed() {
    let (mut ledger, id) = licensed();
    let events = ledger.patch_as(id, json!({"expiry_date": "2027-07-16"}), None, true);
    assert!(
        matches!(
            events[..],
            [Event::ExpiryChanged {
                correction: true,
                ..
            }]
        ),
        "{events:?}"
    );
    ledger.on("2026-06-02");
    let events = ledger.patch(id, json!({"expiry_date": "2028-07-16"}));
    assert!(
        matches!(
            events[..],
            [Event::ExpiryChanged {
                correction: false,
                ..
            }]
        ),
        "{events:?}"
    );
}

#[test]
fn a_renewal_may_change_seats_and_cost_from_its_first_day() {
    let (mut ledger, id) = licensed();
    let draft = RenewalDraft {
        expiry_date: "2027-07-16".into(),
        quantity: Some(json!(80)),
        cost: Some(json!({"amount": "9900.00", "currency": "EUR"})),
    };
    ledger.when(Command::RenewTerm { id, draft }).unwrap();
    assert_eq!(ledger.seats(id, "2026-07-16").0, Some(25));
    assert_eq!(ledger.seats(id, "2026-07-17").0, Some(80));
    let cost = ledger
        .position(id, "2026-07-17")
        .annual_cost
        .iter()
        .next()
        .unwrap();
    assert_eq!(
        (cost.amount.to_string(), cost.currency.code()),
        ("9900.00".to_owned(), "EUR")
    );
}

#[test]
fn a_license_bought_for_the_future_owns_nothing_before() {
    let mut ledger = Ledger::new();
    let (license_type, company) = (ledger.license_type(), ledger.company("Contoso Dental"));
    let mut values = contoso();
    values["purchase_date"] = json!("2026-06-15");
    let id = ledger.register(license_type, company, values);
    assert_eq!(ledger.seats(id, "2026-06-14").0, Some(0));
    assert_eq!(ledger.seats(id, "2026-06-15").0, Some(25));
}

#[test]
fn the_first_total_counts_from_the_purchase_date() {
    let mut ledger = Ledger::new();
    let (license_type, company) = (ledger.license_type(), ledger.company("Contoso Dental"));
    let mut values = contoso();
    values["purchase_date"] = json!("2025-07-17");
    let id = ledger.register(license_type, company, values);
    assert_eq!(
        ledger.seats(id, "2025-07-17"),
        (Some(25), None),
        "what was in use then is not known"
    );
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let (mut ledger, id) = licensed();
    let cases = [
        (json!({"total_seats": -1}), "total_seats"),
        (json!({"total_seats": 2.5}), "total_seats"),
        (json!({"total_seats": "many"}), "total_seats"),
        (json!({"total_seats": true}), "total_seats"),
        (json!({"total_seats": 1e308}), "total_seats"),
        (json!({"license_type": "Per-cat"}), "license_type"),
        (
            json!({"vendor_portal_url": "javascript:alert(1)"}),
            "vendor_portal_url",
        ),
        (json!({"vendor_portal_url": "no link"}), "vendor_portal_url"),
        (json!({"vendor": "a\u{0}b"}), "vendor"),
        (json!({"vendor": 7}), "vendor"),
        (json!({"expiry_date": "0000-01-01"}), "expiry_date"),
        (json!({"expiry_date": "2026-02-30"}), "expiry_date"),
        (json!({"expiry_date": "31/12/2026"}), "expiry_date"),
        (json!({"purchase_date": "2026-12-01"}), "purchase_date"),
        (json!({"auto_renew": "perhaps"}), "auto_renew"),
        (
            json!({"annual_cost": {"amount": 1, "currency": "dollars"}}),
            "annual_cost",
        ),
        (json!({"annual_cost": -1}), "annual_cost"),
        (json!({"license_key": "AAAAA-BBBBB"}), "license_key"),
        (json!({"product_name": null}), "product_name"),
        (json!({"serial": "x"}), "serial"),
    ];
    for (values, field) in &cases {
        let patch = domain::asset::AssetPatch {
            values: serde_json::from_value(values.clone()).unwrap(),
            ..Default::default()
        };
        let fields = ledger.invalid(Command::ChangeAsset { id, patch });
        assert_eq!(fields, [format!("values.{field}")], "{values}");
    }
    let all = json!({"total_seats": -1, "vendor": 7, "serial": "x", "expiry_date": "never"});
    let patch = domain::asset::AssetPatch {
        values: serde_json::from_value(all).unwrap(),
        effective_on: Some("yesterday".into()),
        ..Default::default()
    };
    let fields = ledger.invalid(Command::ChangeAsset { id, patch });
    assert_eq!(
        fields,
        [
            "effective_on",
            "values.expiry_date",
            "values.serial",
            "values.total_seats",
            "values.vendor"
        ]
    );
    assert_eq!(
        ledger.seats(id, "2026-06-01"),
        (Some(25), Some(27)),
        "nothing is half done"
    );
}

#[test]
fn a_stale_version_is_refused() {
    let (mut ledger, id) = licensed();
    let version = ledger.version(id.0);
    ledger.patch(id, json!({"total_seats": 30}));
    ledger.if_match = Some(version);
    let patch = domain::asset::AssetPatch {
        values: [("total_seats".to_owned(), json!(31))].into(),
        ..Default::default()
    };
    let refusal = ledger.refused(Command::ChangeAsset { id, patch });
    assert_eq!(
        refusal,
        Refusal::Stale {
            current: version + 1
        }
    );
}

#[test]
fn rich_text_keeps_no_script() {
    let (mut ledger, id) = licensed();
    ledger.patch(
        id,
        json!({"notes": "<p onclick=\"x()\">Hi<script>alert(1)</script></p>"}),
    );
    let notes = &ledger.asset(id).values["notes"];
    assert_eq!(*notes, domain::value::Value::RichText("<p>Hi</p>".into()));
}

#[test]
fn rich_text_of_which_something_may_not_stay_is_told() {
    for (given, told) in [
        ("<script>alert(1)</script>", "tags that are not allowed"),
        ("<lick", "tags that are not allowed"),
        ("<script></script>&#8203;", "tags that are not allowed"),
        ("a &#1; reference", "control character U+0001"),
    ] {
        let (mut ledger, id) = licensed();
        let patch = domain::asset::AssetPatch {
            values: [("notes".to_owned(), json!(given))].into(),
            ..Default::default()
        };
        let refusal = ledger.refused(Command::ChangeAsset { id, patch });
        assert!(
            format!("{refusal:?}").contains(told),
            "{given}: {refusal:?}"
        );
    }
}
