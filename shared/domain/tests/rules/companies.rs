//! Companies that are archived, restored, and found to be the MSP itself.

use crate::support::Ledger;
use domain::{
    Command, Event, Refusal, Subject,
    command::{CompanyDraft, CompanyPatch},
    ids::CompanyId,
};

fn put(ledger: &mut Ledger, own: bool) -> Command {
    Command::PutCompany {
        id: CompanyId(ledger.id()),
        system: "halo".into(),
        external_id: "7".into(),
        draft: CompanyDraft {
            name: "Contoso".into(),
            own,
            ..CompanyDraft::default()
        },
    }
}

fn is_own(ledger: &Ledger, id: CompanyId) -> bool {
    matches!(ledger.subject(id.0), Some(Subject::Company(company)) if company.own)
}

#[test]
fn an_archived_company_keeps_its_name_and_can_be_restored() {
    let mut ledger = Ledger::new();
    let id = ledger.company("Contoso");
    let restore = Command::RestoreCompany { id };
    assert_eq!(
        ledger.decide(restore.clone()).0,
        [],
        "nothing to do: it is not archived"
    );
    ledger.when(Command::ArchiveCompany { id }).unwrap();
    let draft = CompanyDraft {
        name: "CONTOSO".into(),
        ..CompanyDraft::default()
    };
    let other = CompanyId(ledger.id());
    let message = "a company named \"CONTOSO\" exists already: choose another name, or restore it if it is \
                   archived";
    assert_eq!(
        ledger.refused(Command::AddCompany { id: other, draft }),
        Refusal::Conflict(message.to_owned())
    );
    assert_eq!(ledger.decide(restore).0, [Event::CompanyRestored]);
    let license_type = ledger.license_type();
    ledger.register(license_type, id, crate::support::contoso());
    let unknown = CompanyId(ledger.id());
    assert_eq!(
        ledger.refused(Command::RestoreCompany { id: unknown }),
        Refusal::NotFound("company")
    );
}

#[test]
fn a_company_may_turn_out_to_be_the_msp_itself() {
    let mut ledger = Ledger::new();
    let first = put(&mut ledger, false);
    let id = CompanyId(ledger.when(first).unwrap().id);
    let again = put(&mut ledger, true);
    assert_eq!(
        ledger.decide(again.clone()).0,
        [Event::CompanyOwnChanged {
            from: false,
            to: true
        }]
    );
    assert_eq!(ledger.decide(again).0, [], "nothing to do");
    let unnamed = put(&mut ledger, false);
    ledger.when(unnamed).unwrap();
    assert!(is_own(&ledger, id), "what is not named stays");
    let patch = CompanyPatch {
        own: Some(false),
        ..CompanyPatch::default()
    };
    ledger.when(Command::ChangeCompany { id, patch }).unwrap();
    assert!(!is_own(&ledger, id));
}
