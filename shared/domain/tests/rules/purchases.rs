//! Buying seats, ending purchases, and what a renewal makes of them.

use crate::support::{Ledger, contoso, day, told};
use domain::{
    Command, Event, Refusal,
    asset::{Asset, PricePer, PurchaseDraft, ReductionDraft, RenewalDraft},
    ids::{AssetId, PurchaseId},
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

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

fn buy(ledger: &mut Ledger, id: AssetId, draft: PurchaseDraft) -> PurchaseId {
    let purchase = PurchaseId(ledger.id());
    let command = Command::PurchaseSeats {
        id,
        purchase,
        draft,
    };
    ledger.when(command).unwrap();
    purchase
}

fn seats(quantity: i64) -> PurchaseDraft {
    PurchaseDraft {
        quantity: json!(quantity),
        ..PurchaseDraft::default()
    }
}

fn bought(asset: &Asset, purchase: PurchaseId) -> &domain::asset::Purchase {
    asset.seats.purchase(purchase).unwrap()
}

fn end(id: AssetId, purchase: PurchaseId, last_day: Option<&str>, with_term: bool) -> Command {
    Command::EndPurchase {
        id,
        purchase,
        last_day: last_day.map(Into::into),
        with_term,
    }
}

#[test]
fn a_purchase_that_is_not_fit_is_told_all_at_once() {
    let (mut ledger, id) = licensed(json!({}));
    let draft = PurchaseDraft {
        quantity: json!(0),
        from: Some("2026-06-10".into()),
        until: Some("2026-06-09".into()),
        price_per: Some("week".into()),
        reducible_from: Some("2026-06-01".into()),
        reducible_until: Some("2026-05-01".into()),
        ..PurchaseDraft::default()
    };
    let purchase = PurchaseId(ledger.id());
    told(
        &mut ledger,
        Command::PurchaseSeats {
            id,
            purchase,
            draft,
        },
        &[
            (
                "quantity",
                "is 0: a whole number from 1 to 100000000 is expected",
            ),
            ("until", "lies before the first day 2026-06-10"),
            ("price_per", "\"week\" is none: choose month, year or once"),
            ("price_per", "goes with a unit_price only"),
            ("reducible_from", "2026-06-01 is no day of the purchase"),
            ("reducible_until", "lies before the first day 2026-06-01"),
        ],
    );
}

#[test]
fn a_price_is_for_a_year_unless_the_license_is_for_good() {
    for (agreement, expected) in [
        ("Subscription", PricePer::Year),
        ("Per-user", PricePer::Year),
    ] {
        let (mut ledger, id) = licensed(json!({"license_type": agreement}));
        let draft = PurchaseDraft {
            unit_price: Some(json!(22)),
            ..seats(5)
        };
        let purchase = buy(&mut ledger, id, draft);
        let asset = ledger.asset(id);
        assert_eq!(
            bought(asset, purchase).price_per,
            Some(expected),
            "{agreement}"
        );
    }
    let (mut ledger, id) = licensed(json!({"annual_cost": null}));
    let draft = PurchaseDraft {
        unit_price: Some(json!(2)),
        price_per: Some("month".into()),
        ..seats(5)
    };
    buy(&mut ledger, id, draft);
    let cost = ledger.position(id, "2026-06-01").annual_cost;
    let cost: Vec<String> = cost
        .iter()
        .map(|money| money.amount.normalize().to_string())
        .collect();
    assert_eq!(cost, ["120"], "twelve months of five seats");
}

#[test]
fn a_purchase_ends_on_a_day_or_with_the_term() {
    let (mut ledger, id) = licensed(json!({}));
    let purchase = buy(&mut ledger, id, seats(5));
    let (events, _) = ledger.decide(end(id, purchase, None, true));
    assert_eq!(
        events,
        [Event::PurchaseEnded {
            purchase_id: purchase
        }]
    );
    assert_eq!(
        bought(ledger.asset(id), purchase).until,
        Some(day("2026-07-16"))
    );
    assert_eq!(
        ledger.decide(end(id, purchase, None, true)).0,
        [],
        "nothing to do"
    );
    let later = end(id, purchase, Some("2026-08-01"), false);
    let message =
        "2026-08-01 lies after the purchase's last day 2026-07-16: buy seats from then on";
    told(&mut ledger, later, &[("last_day", message)]);
    let earlier = end(id, purchase, Some("2026-05-01"), false);
    let message = "2026-05-01 lies before the purchase's first day 2026-06-01";
    told(&mut ledger, earlier, &[("last_day", message)]);
    let both = end(id, purchase, Some("2026-07-01"), true);
    let message = "a purchase ends either with the term or on a day: say one of them";
    told(&mut ledger, both, &[("with_term", message)]);
    let unknown = end(id, PurchaseId(Uuid::from_u128(5)), None, false);
    assert_eq!(ledger.refused(unknown), Refusal::NotFound("purchase"));
    let (mut ledger, id) = licensed(json!({"expiry_date": null}));
    let purchase = buy(&mut ledger, id, seats(5));
    let message = "the license has no term that ends: name the last day";
    told(
        &mut ledger,
        end(id, purchase, None, true),
        &[("with_term", message)],
    );
}

#[test]
fn seats_that_are_cancelled_at_the_end_of_the_term_are_not_carried_over() {
    let (mut ledger, id) = licensed(json!({}));
    let purchase = buy(&mut ledger, id, seats(5));
    ledger.when(end(id, purchase, None, true)).unwrap();
    ledger.patch(id, json!({"expiry_date": "2027-07-16"}));
    assert_eq!(ledger.seats(id, "2026-07-16").0, Some(30));
    assert_eq!(ledger.seats(id, "2026-07-17").0, Some(25));
}

#[test]
fn an_add_on_that_was_bought_until_the_end_of_the_term_is_carried_over() {
    let (mut ledger, id) = licensed(json!({}));
    let until = Some("2026-07-16".to_owned());
    buy(&mut ledger, id, PurchaseDraft { until, ..seats(5) });
    ledger.patch(id, json!({"expiry_date": "2027-07-16"}));
    assert_eq!(ledger.seats(id, "2026-07-17").0, Some(30));
}

#[test]
fn a_reduction_at_the_renewal_outlives_it() {
    let (mut ledger, id) = licensed(json!({}));
    let purchase = buy(&mut ledger, id, seats(10));
    let draft = ReductionDraft {
        quantity: json!(4),
        from: Some("2026-07-17".into()),
    };
    ledger
        .when(Command::ReducePurchase {
            id,
            purchase,
            draft,
        })
        .unwrap();
    ledger.patch(id, json!({"expiry_date": "2027-07-16"}));
    assert_eq!(ledger.seats(id, "2026-07-16").0, Some(35));
    assert_eq!(ledger.seats(id, "2026-07-17").0, Some(29));
}

#[test]
fn one_date_confirms_each_of_the_terms_that_were_presumed() {
    let (mut ledger, id) = licensed(json!({"auto_renew": true}));
    ledger.on("2028-09-01");
    let events = ledger.patch(id, json!({"expiry_date": "2029-07-16"}));
    let ends: Vec<String> = events
        .iter()
        .filter_map(|event| match event {
            Event::TermRenewed { to, .. } => Some(to.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(ends, ["2027-07-16", "2028-07-16", "2029-07-16"]);
    assert_eq!(ledger.license(id).term.term_months, 12);
    assert_eq!(ledger.seats(id, "2028-01-01").0, Some(25));
}

#[test]
fn the_present_presumed_term_may_be_longer_or_followed_by_another() {
    for (to, terms) in [("2027-12-31", 1), ("2028-07-16", 2)] {
        let (mut ledger, id) = licensed(json!({"auto_renew": true}));
        ledger.on("2026-09-01");
        let events = ledger.patch(id, json!({"expiry_date": to}));
        let renewed = events
            .iter()
            .filter(|event| matches!(event, Event::TermRenewed { .. }));
        assert_eq!(renewed.count(), terms, "{to}");
    }
}

#[test]
fn a_renewal_of_presumed_terms_gives_its_seats_and_cost_to_the_last() {
    let (mut ledger, id) = licensed(json!({"auto_renew": true}));
    ledger.on("2027-09-01");
    let draft = RenewalDraft {
        expiry_date: "2028-07-16".into(),
        quantity: Some(json!(30)),
        cost: Some(json!(9000)),
    };
    ledger.when(Command::RenewTerm { id, draft }).unwrap();
    for (on, owned, cost) in [("2027-07-16", 25, "6600"), ("2027-07-17", 30, "9000")] {
        let position = ledger.position(id, on);
        let costs: Vec<String> = position
            .annual_cost
            .iter()
            .map(|money| money.amount.normalize().to_string())
            .collect();
        assert_eq!(
            (position.owned, costs),
            (Some(owned), vec![cost.to_owned()]),
            "{on}"
        );
    }
}

#[test]
fn what_does_not_renew_itself_is_renewed_by_one_long_term() {
    let (mut ledger, id) = licensed(json!({}));
    ledger.on("2028-09-01");
    let events = ledger.patch(id, json!({"expiry_date": "2029-07-16"}));
    let renewed = events
        .iter()
        .filter(|event| matches!(event, Event::TermRenewed { .. }));
    assert_eq!(renewed.count(), 1);
}

#[test]
fn fewer_seats_than_were_bought_cost_less() {
    let mut values = contoso();
    for typed in ["total_seats", "annual_cost"] {
        values.as_object_mut().unwrap().remove(typed);
    }
    let mut ledger = Ledger::new();
    let (license_type, company) = (ledger.license_type(), ledger.company("Contoso"));
    let id = ledger.register(license_type, company, values);
    let purchase = PurchaseId(ledger.id());
    let draft = PurchaseDraft {
        quantity: json!(30),
        unit_price: Some(json!("264.00")),
        price_per: Some("year".into()),
        ..PurchaseDraft::default()
    };
    ledger
        .when(Command::PurchaseSeats {
            id,
            purchase,
            draft,
        })
        .unwrap();
    ledger.patch(id, json!({ "total_seats": 20 }));
    let cost = ledger.position(id, "2026-06-01").annual_cost;
    let amounts: Vec<String> = cost.iter().map(|money| money.amount.to_string()).collect();
    assert_eq!(amounts, ["5280.00"]);
}
