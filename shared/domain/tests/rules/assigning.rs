//! Seats given to users and devices.

use crate::support::{Ledger, contoso, told};
use domain::{
    Command, Event, Refusal,
    asset::{ASSIGNED_AT_ONCE_MAX, AssignmentDraft, Holder, HolderKind},
    ids::{AssetId, AssignmentId, HolderId},
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

fn licensed(extra: Json) -> (Ledger, AssetId) {
    let mut ledger = Ledger::new();
    let (license_type, company) = (ledger.license_type(), ledger.company("Contoso Dental"));
    let mut values = contoso();
    values["assigned_seats"] = json!(null);
    values
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    let id = ledger.register(license_type, company, values);
    (ledger, id)
}

fn user(id: u128) -> Holder {
    Holder {
        kind: HolderKind::User,
        id: HolderId(Uuid::from_u128(id)),
    }
}

fn draft(ledger: &mut Ledger, holder: u128, from: &str, until: Option<&str>) -> AssignmentDraft {
    AssignmentDraft {
        id: AssignmentId(ledger.id()),
        holder: user(holder),
        company: None,
        quantity: Json::Null,
        from: Some(from.into()),
        until: until.map(Into::into),
        note: None,
    }
}

fn assign(ledger: &mut Ledger, id: AssetId, holder: u128, from: &str) -> AssignmentId {
    let draft = draft(ledger, holder, from, None);
    let assignment = draft.id;
    ledger
        .when(Command::AssignSeats {
            id,
            drafts: vec![draft],
        })
        .unwrap();
    assignment
}

fn release(id: AssetId, assignment: AssignmentId, last_day: &str) -> Command {
    let last_day = Some(last_day.to_owned());
    Command::ReleaseSeats {
        id,
        assignments: vec![assignment],
        last_day,
    }
}

#[test]
fn assignments_are_the_count_from_the_first_on() {
    let (mut ledger, id) = licensed(json!({}));
    assign(&mut ledger, id, 1, "2026-06-05");
    let mut cores = draft(&mut ledger, 2, "2026-06-07", Some("2026-06-09"));
    cores.quantity = json!(4);
    ledger
        .when(Command::AssignSeats {
            id,
            drafts: vec![cores],
        })
        .unwrap();
    for (on, in_use) in [
        ("2026-06-05", 1),
        ("2026-06-07", 5),
        ("2026-06-09", 5),
        ("2026-06-10", 1),
    ] {
        assert_eq!(ledger.seats(id, on).1, Some(in_use), "{on}");
    }
    // One that is told later counts on its days too.
    assign(&mut ledger, id, 3, "2026-06-03");
    assert_eq!(ledger.seats(id, "2026-06-04").1, Some(1));
}

#[test]
fn all_that_is_wrong_with_assignments_is_told_at_once() {
    let (mut ledger, id) = licensed(json!({}));
    assign(&mut ledger, id, 1, "2026-06-05");
    let mut first = draft(&mut ledger, 1, "2026-06-20", Some("2026-06-19"));
    first.quantity = json!(0);
    let second = draft(&mut ledger, 2, "2026-06-20", None);
    let third = draft(&mut ledger, 2, "2026-07-01", None);
    told(
        &mut ledger,
        Command::AssignSeats {
            id,
            drafts: vec![first, second, third],
        },
        &[
            (
                "assignments[0].quantity",
                "is 0: a whole number from 1 to 100000000 is expected",
            ),
            (
                "assignments[0].until",
                "lies before the first day 2026-06-20",
            ),
            (
                "assignments[2].holder",
                "holds a seat of this license from 2026-06-20 on already: release it first",
            ),
        ],
    );
    let many = (0..=ASSIGNED_AT_ONCE_MAX as u128)
        .map(|holder| draft(&mut ledger, 100 + holder, "2026-06-20", None))
        .collect();
    let message = "there are 1001: 1 to 1000 are expected";
    told(
        &mut ledger,
        Command::AssignSeats { id, drafts: many },
        &[("assignments", message)],
    );
    let none = Command::AssignSeats { id, drafts: vec![] };
    told(
        &mut ledger,
        none,
        &[("assignments", "there are 0: 1 to 1000 are expected")],
    );
}

#[test]
fn a_thousand_seats_at_once_are_few_events() {
    let (mut ledger, id) = licensed(json!({}));
    let drafts = (0..ASSIGNED_AT_ONCE_MAX as u128)
        .map(|holder| draft(&mut ledger, 1 + holder, "2026-06-05", None))
        .collect();
    let (events, outcome) = ledger.decide(Command::AssignSeats { id, drafts });
    outcome.unwrap();
    let assigned = events
        .iter()
        .filter(|event| matches!(event, Event::SeatsAssigned { .. }));
    assert_eq!(assigned.count(), 5);
    assert_eq!(ledger.seats(id, "2026-06-05").1, Some(1_000));
}

#[test]
fn a_seat_is_released_on_its_last_day() {
    let (mut ledger, id) = licensed(json!({}));
    let assignment = assign(&mut ledger, id, 1, "2026-06-05");
    let (events, _) = ledger.decide(release(id, assignment, "2026-06-10"));
    assert_eq!(
        events,
        [Event::SeatsReleased {
            assignment_ids: vec![assignment]
        }]
    );
    assert_eq!(ledger.seats(id, "2026-06-10").1, Some(1));
    assert_eq!(ledger.seats(id, "2026-06-11").1, Some(0));
    assert_eq!(
        ledger.decide(release(id, assignment, "2026-06-12")).0,
        [],
        "it has ended already"
    );
    let early = "begins on 2026-06-05 only, after 2026-06-01";
    told(
        &mut ledger,
        release(id, assignment, "2026-06-01"),
        &[("assignment_ids[0]", early)],
    );
    let nobody = AssignmentId(Uuid::from_u128(4));
    assert_eq!(
        ledger.refused(release(id, nobody, "2026-06-10")),
        Refusal::NotFound("assignment")
    );
    let both = Command::ReleaseSeats {
        id,
        assignments: vec![nobody, assignment],
        last_day: None,
    };
    let unknown = format!("the license has no assignment {nobody}");
    told(
        &mut ledger,
        both,
        &[
            ("assignment_ids[0]", unknown.as_str()),
            (
                "assignment_ids[1]",
                "begins on 2026-06-05 only, after 2026-06-01",
            ),
        ],
    );
}

fn pass(
    ledger: &mut Ledger,
    id: AssetId,
    assignment: AssignmentId,
    to: u128,
    from: &str,
) -> Command {
    let new = AssignmentId(ledger.id());
    Command::PassSeat {
        id,
        assignment,
        new,
        to: user(to),
        from: Some(from.into()),
    }
}

#[test]
fn a_seat_is_passed_on_without_a_day_between_nor_twice() {
    let (mut ledger, id) = licensed(json!({}));
    let assignment = assign(&mut ledger, id, 1, "2026-06-05");
    let passed = pass(&mut ledger, id, assignment, 2, "2026-06-10");
    ledger.when(passed).unwrap();
    for on in ["2026-06-09", "2026-06-10", "2026-08-01"] {
        assert_eq!(ledger.seats(id, on).1, Some(1), "{on}");
    }
    let gone = pass(&mut ledger, id, assignment, 3, "2026-06-12");
    let message =
        "2026-06-12 is no day of the assignment, which holds from 2026-06-05 until 2026-06-09";
    told(&mut ledger, gone, &[("from", message)]);
    let busy = pass(&mut ledger, id, assignment, 2, "2026-06-09");
    ledger
        .when(busy)
        .expect("the days of the other begin when these end");
    let held = assign(&mut ledger, id, 4, "2026-06-05");
    let twice = pass(&mut ledger, id, held, 2, "2026-06-20");
    told(
        &mut ledger,
        twice,
        &[("to", "holds a seat of this license already")],
    );
}

#[test]
fn a_seat_that_cannot_be_given_to_another_stays_taken() {
    let (mut ledger, id) = licensed(json!({"license_type": "Per-user"}));
    let oem = oem(&mut ledger, id);
    let assignment = assign(&mut ledger, oem, 1, "2026-06-05");
    ledger.when(release(oem, assignment, "2026-06-10")).unwrap();
    assert_eq!(
        ledger.seats(oem, "2026-06-20").1,
        Some(1),
        "a retired device takes its license with it"
    );
    let back = assign(&mut ledger, oem, 1, "2026-07-01");
    assert_eq!(
        ledger.seats(oem, "2026-07-01").1,
        Some(1),
        "it is the same device"
    );
    let passed = pass(&mut ledger, oem, back, 2, "2026-07-05");
    let why = "the seats of this license can't be given to another: assign a new one";
    assert_eq!(ledger.refused(passed), Refusal::Conflict(why.to_owned()));
}

/// A license whose type says that its seats can't be given to another.
fn oem(ledger: &mut Ledger, like: AssetId) -> AssetId {
    let asset_type = ledger.asset(like).type_id;
    let company = ledger.asset(like).latest_company();
    let field = domain::asset_type::FieldDraft {
        name: "Reassignable".into(),
        kind: "boolean".into(),
        role: Some(Some("reassignable".into())),
        ..domain::asset_type::FieldDraft::default()
    };
    ledger
        .when(Command::AddField {
            id: asset_type,
            field,
        })
        .unwrap();
    let values = json!({"product_name": "Windows", "total_seats": 3, "reassignable": false});
    ledger.register(asset_type, company, values)
}
