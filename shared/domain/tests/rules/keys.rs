//! Keys beside those in a license's fields.

use crate::support::{Ledger, contoso, told};
use domain::{
    Command, Event, Refusal, Subject,
    asset::{AssignmentDraft, Holder, HolderKind, KEYS_AT_ONCE_MAX, KeyDraft},
    command::{Detail, SecretName},
    ids::{AssetId, AssignmentId, HolderId, SecretId},
    value::SecretRef,
};
use serde_json::Value as Json;
use uuid::Uuid;

fn licensed() -> (Ledger, AssetId) {
    let mut ledger = Ledger::new();
    let (license_type, company) = (ledger.license_type(), ledger.company("Contoso Dental"));
    let id = ledger.register(license_type, company, contoso());
    (ledger, id)
}

fn key(ledger: &mut Ledger, assignment: Option<AssignmentId>) -> KeyDraft {
    KeyDraft {
        secret: SecretRef {
            secret_id: SecretId(ledger.id()),
            version: 1,
        },
        label: None,
        assignment,
    }
}

fn assign(ledger: &mut Ledger, id: AssetId) -> AssignmentId {
    let assignment = AssignmentId(ledger.id());
    let draft = AssignmentDraft {
        id: assignment,
        holder: Holder {
            kind: HolderKind::Device,
            id: HolderId(assignment.0),
        },
        company: None,
        quantity: Json::Null,
        from: None,
        until: None,
        note: None,
    };
    ledger
        .when(Command::AssignSeats {
            id,
            drafts: vec![draft],
        })
        .unwrap();
    assignment
}

#[test]
fn keys_are_added_with_their_secrets() {
    let (mut ledger, id) = licensed();
    let assignment = assign(&mut ledger, id);
    let keys = vec![key(&mut ledger, None), key(&mut ledger, Some(assignment))];
    let ids: Vec<SecretId> = keys.iter().map(|key| key.secret.secret_id).collect();
    let (events, outcome) = ledger.decide(Command::AddKeys { id, keys });
    let kinds = |event: &Event| matches!(event, Event::KeyAdded { .. });
    assert_eq!(events.iter().filter(|event| kinds(event)).count(), 2);
    assert_eq!(events.len(), 4, "a stored secret for each");
    assert_eq!(outcome.unwrap().detail, Detail::Keys(ids.clone()));
    assert_eq!(ledger.asset(id).keys[&ids[1]].assignment, Some(assignment));
}

#[test]
fn a_seat_has_one_key_and_only_seats_that_there_are() {
    let (mut ledger, id) = licensed();
    let assignment = assign(&mut ledger, id);
    let keys = vec![
        key(&mut ledger, Some(assignment)),
        key(&mut ledger, Some(assignment)),
    ];
    let again = "has a key already: remove that first";
    told(
        &mut ledger,
        Command::AddKeys { id, keys },
        &[("keys[1].assignment_id", again)],
    );
    let nobody = AssignmentId(Uuid::from_u128(4));
    let keys = vec![key(&mut ledger, Some(nobody))];
    let unknown = format!("the license has no assignment {nobody}");
    told(
        &mut ledger,
        Command::AddKeys { id, keys },
        &[("keys[0].assignment_id", &unknown)],
    );
}

#[test]
fn keys_at_once_are_bounded_and_new() {
    let (mut ledger, id) = licensed();
    let none = Command::AddKeys { id, keys: vec![] };
    told(
        &mut ledger,
        none,
        &[("keys", "there are 0: 1 to 200 are expected")],
    );
    let many = (0..=KEYS_AT_ONCE_MAX)
        .map(|_| key(&mut ledger, None))
        .collect();
    let many = Command::AddKeys { id, keys: many };
    told(
        &mut ledger,
        many,
        &[("keys", "there are 201: 1 to 200 are expected")],
    );
    let keys = vec![key(&mut ledger, None)];
    ledger
        .when(Command::AddKeys {
            id,
            keys: keys.clone(),
        })
        .unwrap();
    assert!(matches!(
        ledger.refused(Command::AddKeys { id, keys }),
        Refusal::Conflict(_)
    ));
    let twice = key(&mut ledger, None);
    let keys = vec![twice.clone(), twice];
    told(
        &mut ledger,
        Command::AddKeys { id, keys },
        &[("keys[1]", "is the same secret as another: seal it again")],
    );
}

#[test]
fn a_destroyed_key_is_gone_and_cannot_be_destroyed_again() {
    let (mut ledger, id) = licensed();
    let keys = vec![key(&mut ledger, None)];
    let secret = keys[0].secret;
    ledger.when(Command::AddKeys { id, keys }).unwrap();
    let destroy = Command::DestroySecret {
        id,
        of: SecretName::Key(secret.secret_id),
    };
    let (events, outcome) = ledger.decide(destroy.clone());
    assert_eq!(
        events,
        [
            Event::KeyRemoved {
                secret_id: secret.secret_id
            },
            Event::SecretDestroyed
        ]
    );
    assert_eq!(outcome.unwrap().detail, Detail::Destroyed(secret));
    assert!(ledger.asset(id).keys.is_empty());
    let known = ledger.subject(secret.secret_id.0);
    assert!(matches!(
        known,
        Some(Subject::Secret {
            destroyed: true,
            ..
        })
    ));
    assert_eq!(ledger.refused(destroy), Refusal::NotFound("secret"));
}
