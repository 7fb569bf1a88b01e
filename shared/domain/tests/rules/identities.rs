//! External ids, tags, moves and archives: what a thing is called, whose it is, and whether it is tracked.

use crate::support::{Ledger, contoso, day};
use domain::{
    Command, Event, Refusal,
    asset::AssetDraft,
    command::{CompanyDraft, CompanyPatch},
    ids::{AssetId, AssetTypeId, CompanyId},
};

fn pairs(ids: &[(&str, &str)]) -> Vec<(String, String)> {
    ids.iter()
        .map(|(system, id)| ((*system).into(), (*id).into()))
        .collect()
}

struct World {
    ledger: Ledger,
    license_type: AssetTypeId,
    company: CompanyId,
}

impl World {
    fn new() -> Self {
        let mut ledger = Ledger::new();
        let (license_type, company) = (ledger.license_type(), ledger.company("Contoso Dental"));
        Self {
            ledger,
            license_type,
            company,
        }
    }

    fn draft(&self, ids: &[(&str, &str)], tags: &[&str]) -> AssetDraft {
        AssetDraft {
            external_ids: pairs(ids),
            tags: tags.iter().map(|tag| (*tag).into()).collect(),
            ..Ledger::draft(self.license_type, self.company, contoso())
        }
    }

    fn put(&mut self, id: &str, draft: AssetDraft) -> Command {
        Command::PutAsset {
            id: AssetId(self.ledger.id()),
            system: "rmm".into(),
            external_id: id.into(),
            draft,
        }
    }
}

#[test]
fn putting_an_asset_again_changes_it_and_links_its_other_ids() {
    let mut world = World::new();
    let draft = world.draft(&[("rmm", "1")], &["a"]);
    let put = world.put("1", draft.clone());
    let (events, outcome) = world.ledger.decide(put);
    let first = outcome.unwrap();
    assert!(first.created);
    let links = |events: &[Event]| {
        let linked = events
            .iter()
            .filter(|event| matches!(event, Event::ExternalIdLinked { .. }));
        linked.count()
    };
    assert_eq!(links(&events), 1, "named twice, linked once");
    let again = world.put("1", draft);
    let (events, outcome) = world.ledger.decide(again);
    assert_eq!((events, outcome.unwrap().id), (vec![], first.id));
    // Another system's id is added, then replaced: the old one is free again.
    for psa in ["7", "8"] {
        let draft = world.draft(&[("PSA", psa)], &[]);
        let put = world.put("1", draft);
        assert_eq!(links(&world.ledger.decide(put).0), 1);
    }
    let asset = world.ledger.asset(AssetId(first.id));
    assert_eq!(asset.external_ids.len(), 2);
    let draft = world.draft(&[("psa", "7")], &[]);
    let other = world.put("2", draft);
    assert!(world.ledger.when(other).unwrap().created);
    let draft = world.draft(&[("psa", "8")], &[]);
    let taken = world.put("2", draft);
    assert!(matches!(world.ledger.refused(taken), Refusal::Conflict(_)));
}

#[test]
fn one_system_has_one_id_for_a_thing() {
    let mut world = World::new();
    let draft = world.draft(&[("rmm", "1"), ("RMM", "2")], &[]);
    let id = AssetId(world.ledger.id());
    assert_eq!(
        world.ledger.invalid(Command::RegisterAsset { id, draft }),
        ["external_ids[1]"]
    );
    let draft = world.draft(&[("rmm", "2")], &[]);
    let put = world.put("1", draft);
    assert_eq!(world.ledger.invalid(put), ["external_ids[0]"]);
    let company = CompanyDraft {
        name: "Fabrikam".into(),
        external_ids: pairs(&[("halo", "2")]),
        ..CompanyDraft::default()
    };
    let put = Command::PutCompany {
        id: CompanyId(world.ledger.id()),
        system: "halo".into(),
        external_id: "1".into(),
        draft: company,
    };
    assert_eq!(world.ledger.invalid(put), ["external_ids[0]"]);
}

#[test]
fn external_ids_do_not_pile_up() {
    let mut world = World::new();
    let link = |ledger: &mut Ledger, at: usize| {
        let patch = CompanyPatch {
            external_ids: vec![(format!("system {at}"), "1".into())],
            ..CompanyPatch::default()
        };
        let id = world.company;
        ledger.when(Command::ChangeCompany { id, patch })
    };
    for at in 0..domain::company::EXTERNAL_IDS_MAX {
        link(&mut world.ledger, at).unwrap();
    }
    assert!(link(&mut world.ledger, 0).is_ok(), "it is there already");
    assert!(link(&mut world.ledger, 99).is_err());
}

#[test]
fn putting_a_new_thing_on_a_version_of_it_is_stale() {
    let mut world = World::new();
    let draft = world.draft(&[], &[]);
    let put = world.put("1", draft);
    world.ledger.if_match = Some(3);
    assert_eq!(world.ledger.refused(put), Refusal::Stale { current: 0 });
}

#[test]
fn tags_are_few_and_can_be_addressed() {
    let mut world = World::new();
    let draft = world.draft(&[], &["a", "A", "b"]);
    let put = world.put("1", draft);
    let id = AssetId(world.ledger.when(put).unwrap().id);
    assert_eq!(world.ledger.asset(id).tags.len(), 2);
    let many: Vec<String> = (0..49).map(|n| format!("tag {n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let draft = world.draft(&[], &many);
    let put = world.put("1", draft);
    assert_eq!(world.ledger.invalid(put), ["tags"]);
    let draft = world.draft(&[], &many[..48]);
    let put = world.put("1", draft);
    world.ledger.when(put).unwrap();
    let mut set = |tag: &str| {
        let tag = tag.into();
        world.ledger.when(Command::SetTag { id, tag, on: true })
    };
    assert!(set("a").is_ok(), "it has it already");
    assert!(set("c").is_err());
    for odd in [
        "",
        ".",
        "..",
        "a/b",
        "a,b",
        "a\nb",
        "\u{202e}live",
        "\u{200b}",
        &"x".repeat(61),
    ] {
        assert!(set(odd).is_err(), "{odd:?}");
    }
}

#[test]
fn nothing_begins_twice() {
    let mut world = World::new();
    let company = Command::AddCompany {
        id: world.company,
        draft: CompanyDraft {
            name: "Fabrikam".into(),
            ..CompanyDraft::default()
        },
    };
    assert!(matches!(
        world.ledger.refused(company),
        Refusal::Conflict(_)
    ));
    let asset_type = Command::DefineAssetType {
        id: world.license_type,
        name: Some("Other".into()),
        template: Some("software-license".into()),
        fields: vec![],
    };
    assert!(matches!(
        world.ledger.refused(asset_type),
        Refusal::Conflict(_)
    ));
}

#[test]
fn a_move_dated_before_the_first_day_holds_from_the_first_day() {
    let mut world = World::new();
    let other = world.ledger.company("Fabrikam");
    let id = world
        .ledger
        .register(world.license_type, world.company, contoso());
    let effective_on = Some("2026-05-01".into());
    world
        .ledger
        .when(Command::MoveAsset {
            id,
            company: other,
            effective_on,
        })
        .unwrap();
    assert_eq!(world.ledger.asset(id).company_on(day("2026-06-01")), other);
}

#[test]
fn an_asset_to_be_tracked_later_can_be_archived_and_restored() {
    let mut world = World::new();
    let id = AssetId(world.ledger.id());
    let draft = AssetDraft {
        effective_on: Some("2026-08-01".into()),
        ..world.draft(&[], &[])
    };
    world
        .ledger
        .when(Command::RegisterAsset { id, draft })
        .unwrap();
    world.ledger.when(Command::ArchiveAsset { id }).unwrap();
    assert!(world.ledger.asset(id).is_archived());
    assert_eq!(world.ledger.license(id).on(day("2026-09-01")), None);
    let (events, _) = world.ledger.decide(Command::ArchiveAsset { id });
    assert_eq!(events, []);
    world.ledger.when(Command::RestoreAsset { id }).unwrap();
    assert!(!world.ledger.asset(id).is_archived());
    assert!(world.ledger.license(id).on(day("2026-09-01")).is_some());
}

#[test]
fn an_archived_asset_is_gone_until_it_is_restored_even_on_the_same_day() {
    let mut world = World::new();
    let id = world
        .ledger
        .register(world.license_type, world.company, contoso());
    world.ledger.on("2026-06-05");
    world.ledger.when(Command::ArchiveAsset { id }).unwrap();
    world.ledger.on("2026-06-10");
    world.ledger.when(Command::RestoreAsset { id }).unwrap();
    let tracked = |world: &World, on: &str| world.ledger.license(id).on(day(on)).is_some();
    for (on, expected) in [
        ("2026-06-04", true),
        ("2026-06-05", false),
        ("2026-06-09", false),
        ("2026-06-10", true),
    ] {
        assert_eq!(tracked(&world, on), expected, "{on}");
    }
    world.ledger.when(Command::ArchiveAsset { id }).unwrap();
    world.ledger.when(Command::RestoreAsset { id }).unwrap();
    assert!(tracked(&world, "2026-06-10"));
}
