//! Terms end, are renewed early and late, are cut short and put right.

use crate::support::{Ledger, contoso, day};
use domain::{
    Command, Event, Refusal,
    asset::{PurchaseDraft, RenewalDraft},
    asset_type::FieldDraft,
    calendar,
    expiry::Expiring,
    ids::{AssetId, AssetTypeId, PurchaseId},
};
use serde_json::{Value as Json, json};

fn licensed(extra: Json) -> (Ledger, AssetId) {
    let mut ledger = Ledger::new();
    let (license_type, company) = (ledger.license_type(), ledger.company("Contoso Dental"));
    let mut values = contoso();
    values
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    let id = ledger.register(license_type, company, values);
    (ledger, id)
}

fn expiring(ledger: &Ledger, id: AssetId) -> Expiring<'_> {
    ledger.license(id).term
}

/// The end that people see on a day.
fn end_on(ledger: &Ledger, id: AssetId, on: &str) -> Option<String> {
    let known = expiring(ledger, id).on(day(on))?;
    Some(known.expiry_on(day(on)).to_string())
}

fn buy(ledger: &mut Ledger, id: AssetId, quantity: i64, from: &str, until: Option<&str>) {
    let purchase = PurchaseId(ledger.id());
    let draft = PurchaseDraft {
        quantity: json!(quantity),
        from: Some(from.into()),
        until: until.map(Into::into),
        ..PurchaseDraft::default()
    };
    ledger
        .when(Command::PurchaseSeats {
            id,
            purchase,
            draft,
        })
        .unwrap();
}

#[test]
fn a_renewal_counts_though_the_old_end_was_mended_after_it_had_passed() {
    let (mut ledger, id) = licensed(json!({}));
    ledger.on("2026-07-30");
    ledger.patch(id, json!({"expiry_date": "2026-07-10"}));
    ledger.on("2026-07-31");
    ledger.patch(id, json!({"expiry_date": "2027-07-10"}));
    assert_eq!(end_on(&ledger, id, "2026-07-31").unwrap(), "2027-07-10");
    assert_eq!(ledger.seats(id, "2026-08-15").0, Some(25));
}

#[test]
fn a_renewed_term_can_be_taken_back_and_the_running_one_cut_short() {
    for end in ["2026-07-16", "2026-06-30", "2026-06-05", "2026-12-31"] {
        let (mut ledger, id) = licensed(json!({}));
        ledger.on("2026-06-10");
        ledger.patch(id, json!({"expiry_date": "2027-07-16"}));
        ledger.patch(id, json!({"expiry_date": end}));
        let seen = end_on(&ledger, id, "2026-06-10");
        assert_eq!(seen.as_deref(), Some(end), "as it was typed");
        let after = day(end).succ_opt().unwrap().max(day("2026-06-10"));
        let after = after.to_string();
        assert_eq!(ledger.seats(id, &after).0, Some(0), "{end}");
        assert_eq!(ledger.seats(id, "2027-03-01").0, Some(0), "{end}");
    }
}

#[test]
fn a_term_renewed_twice_can_be_cut_short_in_its_first_year() {
    let (mut ledger, id) = licensed(json!({}));
    for end in ["2027-07-16", "2028-07-16"] {
        let draft = RenewalDraft {
            expiry_date: end.into(),
            ..RenewalDraft::default()
        };
        ledger.when(Command::RenewTerm { id, draft }).unwrap();
    }
    assert_eq!(end_on(&ledger, id, "2026-06-01").unwrap(), "2028-07-16");
    ledger.patch(id, json!({"expiry_date": "2026-12-31"}));
    assert_eq!(end_on(&ledger, id, "2026-06-01").unwrap(), "2026-12-31");
    assert_eq!(ledger.seats(id, "2026-12-31").0, Some(25));
    assert_eq!(ledger.seats(id, "2027-01-01").0, Some(0));
    assert_eq!(ledger.seats(id, "2027-08-01").0, Some(0));
}

#[test]
fn clearing_the_end_of_a_renewed_term_lets_it_run_for_ever() {
    let (mut ledger, id) = licensed(json!({}));
    ledger.patch(id, json!({"expiry_date": "2027-07-16"}));
    let events = ledger.patch(id, json!({"expiry_date": null}));
    assert_eq!(events.len(), 1);
    assert_eq!(end_on(&ledger, id, "2026-06-01"), None);
    assert_eq!(ledger.seats(id, "2035-01-01").0, Some(25));
}

#[test]
fn seats_recorded_for_the_new_term_are_not_carried_over() {
    // A total planned for the first day.
    let (mut ledger, id) = licensed(json!({}));
    ledger.patch_as(id, json!({"total_seats": 80}), Some("2026-07-17"), false);
    ledger.patch(id, json!({"expiry_date": "2027-07-16"}));
    assert_eq!(ledger.seats(id, "2026-07-17").0, Some(80));
    // A purchase that begins then, in the place of one that ends.
    let (mut ledger, id) = licensed(json!({"total_seats": null}));
    buy(&mut ledger, id, 25, "2026-06-01", Some("2026-07-16"));
    buy(&mut ledger, id, 20, "2026-07-17", None);
    ledger.patch(id, json!({"expiry_date": "2027-07-16"}));
    assert_eq!(ledger.seats(id, "2026-07-16").0, Some(25));
    assert_eq!(ledger.seats(id, "2026-07-17").0, Some(20));
    // Without one, the seats that end with the term are carried over.
    let (mut ledger, id) = licensed(json!({"total_seats": null}));
    buy(&mut ledger, id, 25, "2026-06-01", Some("2026-07-16"));
    ledger.patch(id, json!({"expiry_date": "2027-07-16"}));
    assert_eq!(ledger.seats(id, "2026-07-17").0, Some(25));
}

#[test]
fn a_total_that_is_typed_with_the_new_end_holds_in_the_new_term() {
    let (mut ledger, id) = licensed(json!({"total_seats": null}));
    buy(&mut ledger, id, 25, "2026-06-01", Some("2026-07-16"));
    ledger.on("2026-07-10");
    ledger.patch(id, json!({"expiry_date": "2027-07-16", "total_seats": 80}));
    assert_eq!(ledger.seats(id, "2026-07-10").0, Some(80));
    assert_eq!(ledger.seats(id, "2026-07-17").0, Some(80));
}

#[test]
fn the_end_of_a_term_yet_to_begin_is_seen_today() {
    let (ledger, id) = licensed(json!({"purchase_date": "2026-06-15"}));
    assert_eq!(end_on(&ledger, id, "2026-06-01").unwrap(), "2026-07-16");
    assert_eq!(ledger.seats(id, "2026-06-14").0, Some(0));
}

#[test]
fn no_total_for_a_purchase_to_come_is_no_total_of_none() {
    let (ledger, id) = licensed(json!({"purchase_date": "2026-06-15", "total_seats": null}));
    assert_eq!(ledger.seats(id, "2026-06-01").0, None);
    assert_eq!(ledger.seats(id, "2026-06-20").0, None);
}

#[test]
fn a_switch_that_is_corrected_is_so_from_the_first_day_of_what_it_replaces() {
    let (mut ledger, id) = licensed(json!({"auto_renew": false}));
    ledger.on("2026-07-20");
    assert_eq!(ledger.seats(id, "2026-07-20").0, Some(0));
    ledger.patch_as(id, json!({"auto_renew": true, "vendor": "MS"}), None, true);
    assert_eq!(ledger.seats(id, "2026-07-17").0, Some(25));
    assert_eq!(ledger.seats(id, "2026-07-20").0, Some(25));
    assert_eq!(end_on(&ledger, id, "2026-07-20").unwrap(), "2027-07-16");
}

#[test]
fn the_length_of_a_renewed_term_follows_its_corrected_end() {
    let (mut ledger, id) = licensed(json!({"auto_renew": true}));
    ledger.patch(id, json!({"expiry_date": "2027-07-16"}));
    ledger.patch_as(id, json!({"expiry_date": "2029-07-16"}), None, true);
    assert_eq!(expiring(&ledger, id).term_months, 36);
}

#[test]
fn a_deadline_is_the_notice_or_the_day_to_cancel_of_what_renews_itself() {
    let notice = domain::asset_type::FieldDraft {
        name: "Notice days".into(),
        kind: "number".into(),
        ..Default::default()
    };
    let cancel_by = domain::asset_type::FieldDraft {
        name: "Cancel by".into(),
        kind: "date".into(),
        ..Default::default()
    };
    let cases = [
        (json!({}), "2026-07-16"),
        (json!({"notice_days": 30}), "2026-07-16"),
        (json!({"auto_renew": true}), "2026-07-16"),
        (json!({"auto_renew": true, "notice_days": 30}), "2026-06-16"),
        (
            json!({"auto_renew": true, "notice_days": 30, "cancel_by": "2026-06-01"}),
            "2026-06-01",
        ),
        // Of another term.
        (
            json!({"auto_renew": true, "notice_days": 30, "cancel_by": "2025-06-01"}),
            "2026-06-16",
        ),
        (
            json!({"auto_renew": true, "cancel_by": "2026-08-01"}),
            "2026-07-16",
        ),
    ];
    for (extra, deadline) in cases {
        let (mut ledger, id) = licensed(json!({}));
        let asset_type = ledger.asset(id).type_id;
        for field in [notice.clone(), cancel_by.clone()] {
            ledger
                .when(Command::AddField {
                    id: asset_type,
                    field,
                })
                .unwrap();
        }
        ledger.patch(id, extra.clone());
        let found = expiring(&ledger, id).deadline(day("2026-07-16"));
        assert_eq!(found.to_string(), deadline, "{extra}");
    }
}

#[test]
fn terms_that_follow_each_other_come_back_to_the_end_of_the_month() {
    let cases = [
        ("2024-01-31", 1, "2024-02-10", "2024-02-29"),
        ("2024-01-31", 1, "2024-03-01", "2024-03-31"),
        ("2024-02-29", 12, "2024-03-01", "2025-02-28"),
        ("2024-02-29", 12, "2027-03-01", "2028-02-29"),
        ("2024-02-29", 12, "2025-02-28", "2025-02-28"),
        ("2024-02-29", 12, "2025-03-01", "2026-02-28"),
        ("1900-01-31", 1, "9999-12-31", "9999-12-31"),
        ("2024-01-31", 1_200, "2024-02-01", "2124-01-31"),
        // A length that nobody can mean is at least a month.
        ("2024-01-31", 0, "2024-02-01", "2024-02-29"),
    ];
    for (first, months, on, end) in cases {
        let found = calendar::term_end_from(day(first), months, day(on));
        assert_eq!(found.to_string(), end, "{first} {months} {on}");
    }
    let endless = calendar::term_end_from(chrono::NaiveDate::MIN, u32::MAX, day("2024-01-01"));
    assert_eq!(endless, chrono::NaiveDate::MAX);
    let last = calendar::term_end_from(day("2024-01-01"), 1, chrono::NaiveDate::MAX);
    assert_eq!(last, chrono::NaiveDate::MAX);
}

#[test]
fn presumed_terms_are_found_at_once_however_far_a_switch_lies() {
    let (mut ledger, id) = licensed(json!({"auto_renew": true}));
    ledger.patch_as(id, json!({"auto_renew": false}), Some("9999-01-01"), false);
    for at in 0..2_000 {
        let on = day("2026-06-01") + chrono::Days::new(at);
        let count = json!({"assigned_seats": at});
        ledger.patch_as(id, count, Some(&on.to_string()), false);
    }
    // Some eight thousand presumed terms for each of two thousand days: walked one by one this would not end.
    assert_eq!(ledger.license(id).days().len(), 2_001);
    assert_eq!(ledger.seats(id, "9999-07-16").0, Some(25));
    assert_eq!(ledger.seats(id, "9999-07-17").0, Some(0));
}

#[test]
fn a_lapsed_license_owns_nothing_though_its_total_was_never_known() {
    let (ledger, id) = licensed(json!({"total_seats": null}));
    assert_eq!(ledger.seats(id, "2026-07-16").0, None);
    assert_eq!(ledger.seats(id, "2026-07-17").0, Some(0));
}

#[test]
fn a_renewal_of_what_ends_on_the_last_day_of_all_is_refused() {
    let (mut ledger, id) = licensed(json!({"expiry_date": "9999-12-31"}));
    let draft = RenewalDraft {
        expiry_date: "9999-12-31".into(),
        ..RenewalDraft::default()
    };
    assert_eq!(
        ledger.invalid(Command::RenewTerm { id, draft }),
        ["expiry_date"]
    );
}

#[test]
fn a_correction_changes_the_total_that_stands_not_one_from_before_it() {
    // Carried over at a renewal, the total is the same number on both sides of its first day.
    let (mut ledger, id) = licensed(json!({"total_seats": null}));
    buy(&mut ledger, id, 25, "2026-06-01", Some("2026-07-16"));
    ledger.patch(id, json!({"expiry_date": "2027-07-16"}));
    ledger.on("2026-08-01");
    let events = ledger.patch_as(id, json!({"total_seats": 20}), None, true);
    assert!(matches!(
        events[..],
        [Event::TotalSeatsAdjusted {
            from: Some(25),
            to: Some(20),
            ..
        }]
    ));
    assert_eq!(ledger.seats(id, "2026-08-01").0, Some(20));
    assert_eq!(ledger.seats(id, "2026-07-17").0, Some(20));
    assert_eq!(ledger.seats(id, "2026-07-16").0, Some(25));
}

#[test]
fn a_correction_before_the_first_fact_or_before_a_later_one_leaves_those() {
    let (mut ledger, id) = licensed(json!({}));
    ledger.on("2026-06-10");
    ledger.patch_as(id, json!({"total_seats": 40}), Some("2026-08-01"), false);
    ledger.patch_as(
        id,
        json!({"total_seats": 10, "assigned_seats": 9, "annual_cost": 5}),
        Some("2026-05-01"),
        true,
    );
    for (on, seats) in [
        ("2026-05-01", (Some(10), Some(9))),
        ("2026-05-31", (Some(10), Some(9))),
        ("2026-06-01", (Some(25), Some(27))),
        ("2026-07-01", (Some(25), Some(27))),
    ] {
        assert_eq!(ledger.seats(id, on), seats, "{on}");
    }
    assert_eq!(ledger.position(id, "2026-08-01").total, Some(40));
    let cost = ledger
        .position(id, "2026-06-01")
        .annual_cost
        .iter()
        .next()
        .unwrap();
    assert_eq!(cost.amount.to_string(), "6600.00");
}

#[test]
fn purchases_of_one_license_are_bounded() {
    let (mut ledger, id) = licensed(json!({}));
    for _ in 0..domain::asset::PURCHASES_MAX {
        buy(&mut ledger, id, 1, "2026-06-01", None);
    }
    let purchase = PurchaseId(ledger.id());
    let draft = PurchaseDraft {
        quantity: json!(1),
        ..PurchaseDraft::default()
    };
    let one_more = Command::PurchaseSeats {
        id,
        purchase,
        draft,
    };
    assert_eq!(ledger.invalid(one_more), ["quantity"]);
}

#[test]
fn a_purchase_that_ends_is_not_made_longer_by_ending_it() {
    let (mut ledger, id) = licensed(json!({"total_seats": null}));
    buy(&mut ledger, id, 25, "2026-06-01", Some("2026-07-16"));
    let purchase = ledger.asset(id).seats.purchases[0].id;
    let mut end = |last_day: &str| {
        let last_day = Some(last_day.to_owned());
        ledger.decide(Command::EndPurchase {
            id,
            purchase,
            last_day,
            with_term: false,
        })
    };
    let (events, outcome) = end("2026-07-17");
    assert_eq!(events, []);
    let Err(Refusal::Invalid(errors)) = outcome else {
        panic!("should be invalid: {outcome:?}")
    };
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].field, "last_day");
    assert!(errors[0].message.contains("2026-07-16"), "{errors:?}");
    for (last_day, events) in [("2026-07-16", 0), ("2026-07-15", 1)] {
        let (ended, outcome) = end(last_day);
        outcome.unwrap();
        assert_eq!(ended.len(), events, "{last_day}");
    }
}

#[test]
fn a_renewal_gives_seats_only_to_what_counts_them() {
    let mut ledger = Ledger::new();
    let company = ledger.company("Contoso Dental");
    let type_id = AssetTypeId(ledger.id());
    let field = FieldDraft {
        name: "Expiry Date".into(),
        kind: "date".into(),
        ..FieldDraft::default()
    };
    let define = Command::DefineAssetType {
        id: type_id,
        name: Some("Warranty".into()),
        template: None,
        fields: vec![field],
    };
    ledger.when(define).unwrap();
    let id = ledger.register(type_id, company, json!({"expiry_date": "2026-07-16"}));
    let renew = |quantity| Command::RenewTerm {
        id,
        draft: RenewalDraft {
            expiry_date: "2027-07-16".into(),
            quantity,
            cost: None,
        },
    };
    assert_eq!(ledger.invalid(renew(Some(json!(5)))), ["quantity"]);
    ledger.when(renew(Some(Json::Null))).unwrap();
}
