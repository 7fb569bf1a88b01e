//! Tokens, companies and secrets: who may do what, and what is recorded of it.

use std::collections::BTreeSet;

use crate::support::{Ledger, contoso};
use domain::{
    Command, Detail, Event, Refusal,
    access::{Actor, Principal},
    asset::AssetPatch,
    command::SecretName,
    command::{CompanyDraft, CompanyPatch, SecretsOf},
    ids::{AssetId, CompanyId, PersonId, SecretId, TokenId},
    value::{SecretInput, SecretRef},
};
use serde_json::json;

/// Issues a token and acts through it from then on.
fn through_token(
    ledger: &mut Ledger,
    companies: Option<BTreeSet<CompanyId>>,
    may_reveal: bool,
) -> TokenId {
    let (id, person) = (TokenId(ledger.id()), PersonId(ledger.id()));
    let command = Command::IssueToken {
        id,
        person: Some(person),
        integration: None,
        label: "Laptop".into(),
        secret_sha256: [7; 32],
        companies: companies.clone(),
        may_reveal,
        administer: false,
    };
    ledger.when(command).unwrap();
    ledger.principal = Principal {
        tenant: ledger.tenant,
        token: id,
        actor: Actor::Person(person),
        companies,
        may_reveal,
        may_administer: false,
    };
    id
}

/// An asset with a sealed key.
fn with_key(ledger: &mut Ledger) -> (AssetId, SecretRef) {
    let (license_type, company) = (ledger.license_type(), ledger.company("Contoso Dental"));
    let id = AssetId(ledger.id());
    let secret = SecretRef {
        secret_id: SecretId::of_field(id, "license_key"),
        version: 1,
    };
    let mut draft = Ledger::draft(license_type, company, contoso());
    draft
        .secrets
        .insert("license_key".into(), SecretInput::Sealed(secret));
    ledger.when(Command::RegisterAsset { id, draft }).unwrap();
    (id, secret)
}

#[test]
fn a_secret_is_stored_with_the_asset_and_found_by_its_field() {
    let mut ledger = Ledger::new();
    let (id, secret) = with_key(&mut ledger);
    assert_eq!(ledger.version(secret.secret_id.0), 1);
    let answer = ledger
        .when(Command::FindSecrets {
            of: SecretsOf::Asset { id },
        })
        .unwrap();
    let Detail::Secrets { asset, fields } = answer.detail else {
        panic!("no secrets")
    };
    assert_eq!(asset, id);
    assert_eq!(fields["license_key"], (secret.secret_id, 1));
}

#[test]
fn a_cleared_secret_goes_on_counting_its_versions() {
    let mut ledger = Ledger::new();
    let (id, secret) = with_key(&mut ledger);
    let secrets = [("license_key".into(), SecretInput::Cleared)].into();
    let patch = AssetPatch {
        secrets,
        ..AssetPatch::default()
    };
    ledger.when(Command::ChangeAsset { id, patch }).unwrap();
    let answer = ledger
        .when(Command::FindSecrets {
            of: SecretsOf::Asset { id },
        })
        .unwrap();
    let Detail::Secrets { fields, .. } = answer.detail else {
        panic!("no secrets")
    };
    assert_eq!(fields["license_key"], (secret.secret_id, 1));
}

#[test]
fn a_cleared_secret_can_still_be_destroyed_once() {
    let mut ledger = Ledger::new();
    let (id, secret) = with_key(&mut ledger);
    let patch = AssetPatch {
        secrets: [("license_key".into(), SecretInput::Cleared)].into(),
        ..AssetPatch::default()
    };
    ledger.when(Command::ChangeAsset { id, patch }).unwrap();
    let destroy = Command::DestroySecret {
        id,
        of: SecretName::Field("license_key".into()),
    };
    let (events, outcome) = ledger.decide(destroy.clone());
    assert_eq!(events, [Event::SecretDestroyed]);
    assert_eq!(outcome.unwrap().detail, Detail::Destroyed(secret));
    assert_eq!(ledger.refused(destroy), Refusal::NotFound("secret"));
}

#[test]
fn a_secret_that_was_sealed_on_an_older_version_is_refused() {
    let mut ledger = Ledger::new();
    let (id, secret) = with_key(&mut ledger);
    let change = |version| {
        let sealed = SecretInput::Sealed(SecretRef { version, ..secret });
        let patch = AssetPatch {
            secrets: [("license_key".into(), sealed)].into(),
            ..AssetPatch::default()
        };
        Command::ChangeAsset { id, patch }
    };
    ledger.when(change(3)).unwrap();
    assert!(matches!(ledger.refused(change(2)), Refusal::Conflict(_)));
}

#[test]
fn sending_back_what_was_read_changes_no_secret() {
    let mut ledger = Ledger::new();
    let (id, _) = with_key(&mut ledger);
    let secrets = [("license_key".into(), SecretInput::Unchanged)].into();
    let (events, outcome) = ledger.decide(Command::ChangeAsset {
        id,
        patch: AssetPatch {
            secrets,
            ..AssetPatch::default()
        },
    });
    outcome.unwrap();
    assert_eq!(events, []);
}

#[test]
fn a_reveal_is_recorded_on_the_token_and_answers_which_secret() {
    let mut ledger = Ledger::new();
    let (id, secret) = with_key(&mut ledger);
    let version = ledger.version(id.0);
    let token = through_token(&mut ledger, None, true);
    let (events, outcome) = ledger.decide(Command::RevealSecret {
        id,
        of: SecretName::Field("license_key".into()),
    });
    assert!(matches!(
        events[..],
        [Event::SecretRevealed {
            secret_version: 1,
            ..
        }]
    ));
    let Detail::Revealable { secret: shown, .. } = outcome.unwrap().detail else {
        panic!("not shown")
    };
    assert_eq!(shown, secret);
    assert_eq!(ledger.version(token.0), 2);
    assert_eq!(
        ledger.version(id.0),
        version,
        "who reads does not make an editor's version stale"
    );
}

#[test]
fn reveals_without_the_right_or_beyond_the_budget_are_refused_and_recorded() {
    let mut ledger = Ledger::new();
    let (id, _) = with_key(&mut ledger);
    let reveal = || Command::RevealSecret {
        id,
        of: SecretName::Field("license_key".into()),
    };
    let system = ledger.principal.clone();
    through_token(&mut ledger, None, false);
    let (events, outcome) = ledger.decide(reveal());
    assert!(
        matches!(&events[..], [Event::RevealRefused { cause, .. }] if cause == "not_permitted")
    );
    assert!(matches!(outcome, Err(Refusal::Forbidden(_))));
    ledger.principal = system;
    through_token(&mut ledger, None, true);
    for _ in 0..domain::access::REVEALS_PER_MINUTE {
        ledger.when(reveal()).unwrap();
    }
    let (events, outcome) = ledger.decide(reveal());
    assert!(matches!(&events[..], [Event::RevealRefused { cause, .. }] if cause == "budget"));
    assert!(matches!(outcome, Err(Refusal::TooManyReveals { .. })));
    ledger.now += chrono::TimeDelta::seconds(61);
    ledger.when(reveal()).unwrap();
}

#[test]
fn refused_reveals_are_recorded_once_a_minute_and_cause_however_often_they_are_tried() {
    let mut ledger = Ledger::new();
    let (id, _) = with_key(&mut ledger);
    let reveal = || Command::RevealSecret {
        id,
        of: SecretName::Field("license_key".into()),
    };
    let token = through_token(&mut ledger, None, false);
    let begun = ledger.version(token.0);
    // Seconds since the first refusal, and how many refusals are recorded then.
    for (second, recorded) in [(0, 1), (0, 1), (1, 1), (59, 1), (60, 2), (61, 2), (120, 3)] {
        ledger.on("2026-06-01").now += chrono::TimeDelta::seconds(second);
        assert!(matches!(ledger.refused(reveal()), Refusal::Forbidden(_)));
        assert_eq!(ledger.version(token.0) - begun, recorded, "{second} s");
    }
    // Another cause is recorded beside it.
    ledger.principal.may_reveal = true;
    for _ in 0..domain::access::REVEALS_PER_MINUTE {
        ledger.when(reveal()).unwrap();
    }
    for expected in [1, 0] {
        let (events, outcome) = ledger.decide(reveal());
        assert_eq!(events.len(), expected);
        assert!(matches!(outcome, Err(Refusal::TooManyReveals { .. })));
    }
}

#[test]
fn nothing_is_done_for_an_account_that_nobody_opened() {
    let mut ledger = Ledger::without_account();
    let no_account = Refusal::NotFound("MSP account");
    let person = PersonId(ledger.id());
    let invite = || Command::InvitePerson { id: person };
    let draft = || CompanyDraft {
        name: "Contoso".into(),
        ..CompanyDraft::default()
    };
    let company = CompanyId(ledger.id());
    let add = Command::AddCompany {
        id: company,
        draft: draft(),
    };
    for command in [invite(), add] {
        assert_eq!(ledger.decide(command), (vec![], Err(no_account.clone())));
    }
    ledger.when(Ledger::create_tenant()).unwrap();
    ledger.when(invite()).unwrap();
    // Whoever belongs to one account finds no other, not even one to open.
    ledger.principal.tenant = domain::ids::TenantId(ledger.id());
    for command in [invite(), Ledger::create_tenant()] {
        assert_eq!(ledger.decide(command), (vec![], Err(no_account.clone())));
    }
}

#[test]
fn a_revoked_token_does_nothing_more() {
    let mut ledger = Ledger::new();
    let (id, _) = with_key(&mut ledger);
    let system = ledger.principal.clone();
    let token = through_token(&mut ledger, None, true);
    let limited = std::mem::replace(&mut ledger.principal, system);
    ledger.when(Command::RevokeToken { id: token }).unwrap();
    ledger.principal = limited;
    let (events, outcome) = ledger.decide(Command::RevealSecret {
        id,
        of: SecretName::Field("license_key".into()),
    });
    assert_eq!((events, outcome), (vec![], Err(Refusal::Unauthorized)));
}

#[test]
fn a_limited_token_sees_no_other_company() {
    let mut ledger = Ledger::new();
    let (id, _) = with_key(&mut ledger);
    let other = ledger.company("Fabrikam");
    through_token(&mut ledger, Some([other].into()), true);
    let not_found = Refusal::NotFound("asset");
    let tag = "audit-required".to_owned();
    assert_eq!(
        ledger.refused(Command::SetTag { id, tag, on: true }),
        not_found
    );
    assert_eq!(ledger.refused(Command::ArchiveAsset { id }), not_found);
    assert_eq!(
        ledger.refused(Command::RevealSecret {
            id,
            of: SecretName::Field("license_key".into())
        }),
        not_found
    );
    assert_eq!(
        ledger.refused(Command::RevealSecret {
            id: AssetId(other.0),
            of: SecretName::Field("license_key".into())
        }),
        not_found
    );
    let draft = CompanyDraft {
        name: "Third".into(),
        ..CompanyDraft::default()
    };
    let id = CompanyId(ledger.id());
    assert!(matches!(
        ledger.refused(Command::AddCompany { id, draft }),
        Refusal::Forbidden(_)
    ));
}

#[test]
fn a_company_is_put_by_what_another_system_calls_it() {
    let mut ledger = Ledger::new();
    let put = |ledger: &mut Ledger, name: &str| {
        let id = CompanyId(ledger.id());
        let draft = CompanyDraft {
            name: name.into(),
            ..CompanyDraft::default()
        };
        ledger.when(Command::PutCompany {
            id,
            system: "Halo".into(),
            external_id: "42".into(),
            draft,
        })
    };
    let first = put(&mut ledger, "Contoso").unwrap();
    let again = put(&mut ledger, "Contoso").unwrap();
    let renamed = put(&mut ledger, "Contoso Dental").unwrap();
    assert!(first.created && !again.created && !renamed.created);
    assert_eq!([again.id, renamed.id], [first.id, first.id]);
    let other = ledger.company("Fabrikam");
    let patch = CompanyPatch {
        external_ids: vec![("halo".into(), "42".into())],
        ..CompanyPatch::default()
    };
    assert!(matches!(
        ledger.refused(Command::ChangeCompany { id: other, patch }),
        Refusal::Conflict(_)
    ));
    let patch = CompanyPatch {
        name: Some("contoso DENTAL".into()),
        ..CompanyPatch::default()
    };
    assert!(matches!(
        ledger.refused(Command::ChangeCompany { id: other, patch }),
        Refusal::Conflict(_)
    ));
}

#[test]
fn a_license_that_is_yet_to_begin_can_be_put_twice_without_a_change() {
    let mut ledger = Ledger::new();
    let (license_type, company) = (ledger.license_type(), ledger.company("Contoso Dental"));
    let mut values = contoso();
    values["purchase_date"] = json!("2026-06-20");
    values["expiry_date"] = json!("2027-06-19");
    let mut put = || {
        let id = AssetId(ledger.id());
        let draft = Ledger::draft(license_type, company, values.clone());
        let (system, external_id) = ("import".into(), "row 8".into());
        let command = Command::PutAsset {
            id,
            system,
            external_id,
            draft,
        };
        ledger.decide(command).0
    };
    assert!(!put().is_empty());
    assert_eq!(put(), []);
}

#[test]
fn an_asset_is_put_by_what_another_system_calls_it() {
    let mut ledger = Ledger::new();
    let (license_type, company) = (ledger.license_type(), ledger.company("Contoso Dental"));
    let put = |ledger: &mut Ledger, seats: i64| {
        let id = AssetId(ledger.id());
        let mut values = contoso();
        values["total_seats"] = json!(seats);
        let draft = Ledger::draft(license_type, company, values);
        let command = Command::PutAsset {
            id,
            system: "import".into(),
            external_id: "row 7".into(),
            draft,
        };
        let (events, outcome) = ledger.decide(command);
        (events.len(), outcome.unwrap())
    };
    let (_, first) = put(&mut ledger, 25);
    assert_eq!(
        put(&mut ledger, 25),
        (
            0,
            domain::Answer {
                created: false,
                ..first.clone()
            }
        )
    );
    let (events, changed) = put(&mut ledger, 30);
    assert_eq!((events, changed.id), (1, first.id));
}
