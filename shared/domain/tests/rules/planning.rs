//! Seats given back, and decisions on renewals.

use crate::support::{Ledger, contoso, day, told};
use domain::{
    Command, Event, Refusal,
    asset::{DecisionDraft, PurchaseDraft, ReductionDraft, RenewalDecision},
    ids::{AssetId, PersonId, PurchaseId},
};
use serde_json::json;
use uuid::Uuid;

fn licensed() -> (Ledger, AssetId, PurchaseId) {
    let mut ledger = Ledger::new();
    let (license_type, company) = (ledger.license_type(), ledger.company("Contoso Dental"));
    let id = ledger.register(license_type, company, contoso());
    let purchase = PurchaseId(ledger.id());
    let draft = PurchaseDraft {
        quantity: json!(10),
        until: Some("2026-12-31".into()),
        reducible_from: Some("2026-06-01".into()),
        reducible_until: Some("2026-06-08".into()),
        ..PurchaseDraft::default()
    };
    ledger
        .when(Command::PurchaseSeats {
            id,
            purchase,
            draft,
        })
        .unwrap();
    (ledger, id, purchase)
}

fn reduce(id: AssetId, purchase: PurchaseId, to: i64, from: &str) -> Command {
    let draft = ReductionDraft {
        quantity: json!(to),
        from: Some(from.into()),
    };
    Command::ReducePurchase {
        id,
        purchase,
        draft,
    }
}

#[test]
fn seats_are_given_back_from_a_day_on() {
    let (mut ledger, id, purchase) = licensed();
    let (events, outcome) = ledger.decide(reduce(id, purchase, 7, "2026-06-05"));
    assert_eq!(
        events,
        [Event::PurchaseReduced {
            purchase_id: purchase,
            from: 10,
            to: 7
        }]
    );
    assert_eq!(outcome.unwrap().warnings, [""; 0]);
    assert_eq!(ledger.seats(id, "2026-06-04").0, Some(35));
    assert_eq!(ledger.seats(id, "2026-06-05").0, Some(32));
    assert_eq!(
        ledger.decide(reduce(id, purchase, 7, "2026-06-06")).0,
        [],
        "nothing to do"
    );
}

#[test]
fn what_was_given_back_stays_so_in_whatever_order_it_is_recorded() {
    let (mut ledger, id, purchase) = licensed();
    ledger.when(reduce(id, purchase, 8, "2026-06-20")).unwrap();
    ledger.when(reduce(id, purchase, 3, "2026-06-10")).unwrap();
    for (on, owned) in [("2026-06-09", 35), ("2026-06-10", 28), ("2026-06-20", 28)] {
        assert_eq!(ledger.seats(id, on).0, Some(owned), "{on}");
    }
}

#[test]
fn giving_back_what_the_vendor_need_not_take_is_recorded_with_a_warning() {
    let (mut ledger, id, purchase) = licensed();
    let warnings = ledger
        .when(reduce(id, purchase, 7, "2026-07-01"))
        .unwrap()
        .warnings;
    let expected = "2026-07-01 lies outside the days on which the vendor takes seats back, which begin on 2026-06-01";
    assert_eq!(warnings, [expected]);
    let plain = PurchaseId(ledger.id());
    let draft = PurchaseDraft {
        quantity: json!(5),
        ..PurchaseDraft::default()
    };
    ledger
        .when(Command::PurchaseSeats {
            id,
            purchase: plain,
            draft,
        })
        .unwrap();
    let warnings = ledger
        .when(reduce(id, plain, 4, "2026-07-01"))
        .unwrap()
        .warnings;
    assert_eq!(
        warnings,
        ["it is not recorded that the vendor takes seats of this purchase back"]
    );
}

#[test]
fn a_purchase_does_not_grow_by_a_reduction_nor_outside_its_days() {
    let (mut ledger, id, purchase) = licensed();
    let message = "is 12: the purchase has 10 on 2026-06-05; buy seats to add some";
    told(
        &mut ledger,
        reduce(id, purchase, 12, "2026-06-05"),
        &[("quantity", message)],
    );
    let message =
        "2027-01-01 is no day of the purchase, which runs from 2026-06-01 until 2026-12-31";
    told(
        &mut ledger,
        reduce(id, purchase, 5, "2027-01-01"),
        &[("from", message)],
    );
    let unknown = reduce(id, PurchaseId(Uuid::from_u128(5)), 5, "2026-06-05");
    assert_eq!(ledger.refused(unknown), Refusal::NotFound("purchase"));
}

fn decide(id: AssetId, decision: Option<&str>, quantity: Option<i64>) -> Command {
    let draft = DecisionDraft {
        decision: decision.map(Into::into),
        quantity: quantity.map(|quantity| json!(quantity)),
        ..DecisionDraft::default()
    };
    Command::DecideRenewal { id, draft }
}

#[test]
fn a_decision_is_made_for_the_present_term_changed_and_taken_back() {
    let (mut ledger, id, _) = licensed();
    let term_end = day("2026-07-16");
    for (word, quantity, decision) in [
        (Some("renew"), None, Some(RenewalDecision::Renew)),
        (
            Some("change"),
            Some(20),
            Some(RenewalDecision::ChangeTo(20)),
        ),
        (Some("lapse"), None, Some(RenewalDecision::Lapse)),
        (None, None, None),
    ] {
        let (events, _) = ledger.decide(decide(id, word, quantity));
        assert_eq!(
            events,
            [Event::RenewalDecided {
                term_end,
                decision,
                owner: None,
                note: None
            }]
        );
        assert_eq!(
            ledger.decide(decide(id, word, quantity)).0,
            [],
            "nothing to do"
        );
        let known = ledger.asset(id).renewals.get(&term_end);
        assert_eq!(known.map(|planned| planned.decision), decision);
    }
    let owner = Some(PersonId(Uuid::from_u128(3)));
    let draft = DecisionDraft {
        decision: Some("renew".into()),
        owner,
        note: Some(" ask Ann ".into()),
        ..DecisionDraft::default()
    };
    ledger.when(Command::DecideRenewal { id, draft }).unwrap();
    let planned = &ledger.asset(id).renewals[&term_end];
    assert_eq!(
        (planned.owner, planned.note.as_deref()),
        (owner, Some("ask Ann"))
    );
}

#[test]
fn a_decision_that_is_not_fit_is_refused() {
    let (mut ledger, id, _) = licensed();
    let missing = "is missing: to how many seats is it to change?";
    told(
        &mut ledger,
        decide(id, Some("change"), None),
        &[("quantity", missing)],
    );
    let alone = "goes with the decision \"change\" only";
    told(
        &mut ledger,
        decide(id, Some("renew"), Some(5)),
        &[("quantity", alone)],
    );
    let unknown = "\"extend\" is none: choose renew, change or lapse";
    told(
        &mut ledger,
        decide(id, Some("extend"), None),
        &[("decision", unknown)],
    );
    ledger.patch(id, json!({"expiry_date": null}));
    let endless = "the asset has no end: set its expiry date first";
    told(
        &mut ledger,
        decide(id, Some("renew"), None),
        &[("term_end", endless)],
    );
}
