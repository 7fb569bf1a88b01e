//! The catalog: what names mean, and what is known of products.

use crate::support::{Ledger, contoso, told};
use domain::{
    Answer, Command, Event, Refusal, Subject,
    asset::License,
    command::Detail,
    ids::ProductId,
    product::{Alias, Catalog, FactsPatch, ProductDraft, ProductKey, ProductPatch, starting_set},
};
use serde_json::json;
use uuid::Uuid;

fn texts(given: &[&str]) -> Vec<String> {
    given.iter().map(|text| (*text).to_owned()).collect()
}

fn draft(name: &str, names: &[&str], skus: &[&str]) -> ProductDraft {
    ProductDraft {
        name: name.into(),
        names: texts(names),
        skus: texts(skus),
        facts: FactsPatch::default(),
    }
}

fn add(ledger: &mut Ledger, name: &str, names: &[&str], skus: &[&str]) -> ProductId {
    let id = ProductId(ledger.id());
    let draft = draft(name, names, skus);
    ledger.when(Command::AddProduct { id, draft }).unwrap();
    id
}

fn catalog(ledger: &Ledger) -> Catalog {
    match ledger.subject(ledger.tenant.catalog_stream()) {
        Some(Subject::Catalog(catalog)) => catalog.clone(),
        _ => Catalog::default(),
    }
}

fn resolved(ledger: &Ledger, name: &str) -> Option<ProductId> {
    catalog(ledger)
        .resolve(Some(name), None)
        .map(|product| product.id)
}

#[test]
fn a_product_is_reached_by_each_of_its_names() {
    let mut ledger = Ledger::new();
    let id = add(
        &mut ledger,
        "Visio Plan 2",
        &["Visio P2", "VISIO  p2"],
        &["N9K-1"],
    );
    for name in [
        "Visio Plan 2",
        "visio plan 2",
        " VISIO   Plan 2 ",
        "visio p2",
    ] {
        assert_eq!(resolved(&ledger, name), Some(id), "{name}");
    }
    let catalog = catalog(&ledger);
    assert_eq!(catalog.resolve(None, Some("n9k-1")).unwrap().id, id);
    assert_eq!(resolved(&ledger, "N9K-1"), None, "a part number is no name");
    assert_eq!(
        catalog.get(id).unwrap().aliases.len(),
        2,
        "a spelling is kept once"
    );
}

#[test]
fn a_composed_accent_and_a_decomposed_one_are_one_name() {
    let mut ledger = Ledger::new();
    let id = add(&mut ledger, "Caf\u{e9} Manager", &[], &[]);
    assert_eq!(resolved(&ledger, "CAFE\u{301} manager"), Some(id));
}

#[test]
fn a_name_belongs_to_one_product() {
    let mut ledger = Ledger::new();
    let visio = add(&mut ledger, "Visio", &["Visio Pro"], &["V-1"]);
    let message = |text: &str, kind: &str| {
        format!(
            "{text:?} is a {kind} of \"Visio\" ({visio}): take it away there, or merge the products"
        )
    };
    let id = ProductId(ledger.id());
    let taken = draft("VISIO", &["x", "visio pro"], &["v-1"]);
    told(
        &mut ledger,
        Command::AddProduct { id, draft: taken },
        &[
            ("name", &message("VISIO", "name")),
            ("names[1]", &message("visio pro", "name")),
            ("skus[0]", &message("v-1", "sku")),
        ],
    );
    let other = add(&mut ledger, "Project", &[], &[]);
    let patch = ProductPatch {
        name: Some("visio".into()),
        add_names: texts(&["Project Pro", "Visio Pro"]),
        ..ProductPatch::default()
    };
    told(
        &mut ledger,
        Command::ChangeProduct { id: other, patch },
        &[
            ("name", &message("visio", "name")),
            ("add_names[1]", &message("Visio Pro", "name")),
        ],
    );
}

#[test]
fn facts_that_are_not_fit_are_all_told_at_once() {
    let mut ledger = Ledger::new();
    let id = ProductId(ledger.id());
    let facts = FactsPatch {
        vendor: Some(json!(7)),
        suite_of: Some(json!("Word")),
        installable: Some(json!("yes")),
        installs_per_user: Some(json!(0)),
        downgrade_of: Some(json!("Word")),
        notice_days: Some(json!(-1)),
    };
    let draft = ProductDraft {
        name: " ".into(),
        facts,
        ..ProductDraft::default()
    };
    told(
        &mut ledger,
        Command::AddProduct { id, draft },
        &[
            ("name", "must not be empty"),
            ("vendor", "is 7: a text is expected"),
            ("suite_of", "is \"Word\": a list of product ids is expected"),
            ("installable", "is \"yes\": true or false is expected"),
            (
                "installs_per_user",
                "is 0: a whole number from 1 to 1000 is expected",
            ),
            (
                "downgrade_of",
                "is \"Word\": the id of a product is expected",
            ),
            (
                "notice_days",
                "is -1: a whole number from 0 to 3650 is expected",
            ),
        ],
    );
}

#[test]
fn a_suite_is_not_a_part_of_itself() {
    let mut ledger = Ledger::new();
    let word = add(&mut ledger, "Word", &[], &[]);
    let office = add(&mut ledger, "Office", &[], &[]);
    let holds = |part: ProductId| ProductPatch {
        facts: FactsPatch {
            suite_of: Some(json!([part.to_string()])),
            ..FactsPatch::default()
        },
        ..ProductPatch::default()
    };
    ledger
        .when(Command::ChangeProduct {
            id: office,
            patch: holds(word),
        })
        .unwrap();
    told(
        &mut ledger,
        Command::ChangeProduct {
            id: word,
            patch: holds(office),
        },
        &[(
            "suite_of[0]",
            &format!("{office} is a suite that holds this product itself"),
        )],
    );
    told(
        &mut ledger,
        Command::ChangeProduct {
            id: word,
            patch: holds(word),
        },
        &[("suite_of[0]", "is the product itself: name another")],
    );
    let covering = catalog(&ledger).pools_covering(word);
    assert_eq!(covering, [office, word].map(ProductKey::of_product).into());
}

#[test]
fn a_renamed_product_keeps_its_old_name_until_that_is_taken_away() {
    let mut ledger = Ledger::new();
    let id = add(&mut ledger, "Office 365", &[], &[]);
    let rename = |name: &str| ProductPatch {
        name: Some(name.into()),
        ..ProductPatch::default()
    };
    let patch = rename("Microsoft 365");
    ledger
        .when(Command::ChangeProduct {
            id,
            patch: patch.clone(),
        })
        .unwrap();
    assert_eq!(
        ledger.decide(Command::ChangeProduct { id, patch }).0,
        [],
        "nothing to do"
    );
    assert_eq!(resolved(&ledger, "office 365"), Some(id));
    let away = |name: &str| ProductPatch {
        remove_names: texts(&[name]),
        ..ProductPatch::default()
    };
    told(
        &mut ledger,
        Command::ChangeProduct {
            id,
            patch: away("microsoft 365"),
        },
        &[(
            "remove_names[0]",
            "the product's own name can't be taken away: rename it first",
        )],
    );
    ledger
        .when(Command::ChangeProduct {
            id,
            patch: away("OFFICE 365"),
        })
        .unwrap();
    assert_eq!(resolved(&ledger, "office 365"), None);
    let again = Command::ChangeProduct {
        id,
        patch: away("OFFICE 365"),
    };
    assert_eq!(ledger.decide(again).0, [], "it is nobody's already");
}

#[test]
fn merged_products_are_one_under_all_their_names() {
    let mut ledger = Ledger::new();
    let old = add(&mut ledger, "Acrobat Pro DC", &["Acrobat DC"], &["A-1"]);
    let new = add(&mut ledger, "Acrobat Pro", &[], &[]);
    ledger
        .when(Command::MergeProduct { id: old, into: new })
        .unwrap();
    for name in ["acrobat pro dc", "acrobat dc", "acrobat pro"] {
        assert_eq!(resolved(&ledger, name), Some(new), "{name}");
    }
    let again = Command::MergeProduct { id: old, into: new };
    assert_eq!(ledger.decide(again).0, [], "nothing to do");
    told(
        &mut ledger,
        Command::MergeProduct { id: new, into: old },
        &[("into", "is the product itself: name another")],
    );
    let other = add(&mut ledger, "Reader", &[], &[]);
    let elsewhere = Command::MergeProduct {
        id: old,
        into: other,
    };
    assert!(matches!(ledger.refused(elsewhere), Refusal::Conflict(_)));
    let nobody = ProductId(Uuid::from_u128(9));
    told(
        &mut ledger,
        Command::MergeProduct {
            id: other,
            into: nobody,
        },
        &[("into", &format!("there is no product {nobody}"))],
    );
    assert_eq!(
        ledger.refused(Command::MergeProduct {
            id: nobody,
            into: new
        }),
        Refusal::NotFound("product")
    );
    // What is said of the old id is said of the one that it means now.
    let patch = ProductPatch {
        add_names: texts(&["Acrobat"]),
        ..ProductPatch::default()
    };
    ledger
        .when(Command::ChangeProduct { id: old, patch })
        .unwrap();
    assert_eq!(resolved(&ledger, "acrobat"), Some(new));
}

#[test]
fn the_starting_set_leaves_own_decisions_alone_and_comes_once() {
    let mut ledger = Ledger::new();
    let known = starting_set();
    let (first, second) = (&known[0], &known[1]);
    let alias = second.aliases.iter().find_map(|alias| match alias {
        Alias::Name(name) => Some(name.clone()),
        Alias::Sku(_) => None,
    });
    let names = alias.as_deref().map_or(vec![], |alias| vec![alias]);
    let own = add(&mut ledger, &first.name, &names, &[]);
    let (events, outcome) = ledger.decide(Command::AdoptStartingSet);
    let Ok(Answer {
        detail: Detail::Adopted(added),
        ..
    }) = outcome
    else {
        panic!("{outcome:?}");
    };
    assert_eq!(
        added,
        known.len() - 1,
        "all but the one whose name is taken"
    );
    assert!(events.len() > 1, "in several events");
    assert_eq!(resolved(&ledger, &first.name), Some(own));
    for name in names {
        assert_eq!(
            resolved(&ledger, name),
            Some(own),
            "an alias of another that is taken"
        );
    }
    assert_eq!(resolved(&ledger, &second.name), Some(second.id));
    assert_eq!(
        ledger.decide(Command::AdoptStartingSet).0,
        [],
        "nothing the second time"
    );
}

#[test]
fn the_starting_set_is_adopted_whole_into_an_empty_catalog() {
    let mut ledger = Ledger::new();
    ledger.when(Command::AdoptStartingSet).unwrap();
    let catalog = catalog(&ledger);
    for product in starting_set() {
        assert_eq!(catalog.get(product.id), Some(&product));
        for alias in &product.aliases {
            assert_eq!(
                catalog.owner(alias).map(|owner| owner.id),
                Some(product.id),
                "{alias:?}"
            );
        }
    }
}

#[test]
fn an_unresolved_name_stands_alone_until_it_is_a_products() {
    let mut ledger = Ledger::new();
    let (license_type, company) = (ledger.license_type(), ledger.company("Contoso"));
    let id = ledger.register(license_type, company, contoso());
    let key = |ledger: &Ledger| {
        let asset = ledger.asset(id);
        let catalog = catalog(ledger);
        License::of(asset, ledger.asset_type(asset.type_id), &catalog)
            .unwrap()
            .product_key()
    };
    assert_eq!(
        key(&ledger),
        ProductKey::of_name("microsoft 365 business premium")
    );
    let product = add(
        &mut ledger,
        "M365 BP",
        &["Microsoft 365 Business Premium"],
        &[],
    );
    assert_eq!(key(&ledger), ProductKey::of_product(product));
}

#[test]
fn a_product_is_added_as_one_event() {
    let mut ledger = Ledger::new();
    let id = ProductId(ledger.id());
    let command = || Command::AddProduct {
        id,
        draft: draft("Visio", &[], &[]),
    };
    let (events, outcome) = ledger.decide(command());
    assert!(
        matches!(&events[..], [Event::ProductsAdded { source: None, products }] if products.len() == 1)
    );
    assert!(outcome.unwrap().created);
    assert!(matches!(ledger.refused(command()), Refusal::Conflict(_)));
}
