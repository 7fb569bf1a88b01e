//! Any history of the catalog.

use std::collections::BTreeMap;

use crate::support::Ledger;
use domain::{
    Command, Subject,
    ids::ProductId,
    product::{Catalog, ProductDraft, ProductPatch},
    text,
};
use proptest::prelude::*;
use uuid::Uuid;

/// Few names in several spellings, so that they meet.
const NAMES: [&str; 7] = [
    "Visio",
    "VISIO ",
    "visio  pro",
    "Visio Pro",
    "Word",
    "word",
    "Caf\u{e9}",
];

#[derive(Debug, Clone)]
enum Step {
    Add { id: u128, name: usize, alias: usize },
    Rename { id: u128, name: usize },
    Give { id: u128, alias: usize },
    Take { id: u128, alias: usize },
    Merge { id: u128, into: u128 },
}

fn step() -> impl Strategy<Value = Step> {
    let (id, name) = (|| 1..6u128, || 0..NAMES.len());
    prop_oneof![
        3 => (id(), name(), name()).prop_map(|(id, name, alias)| Step::Add { id, name, alias }),
        2 => (id(), name()).prop_map(|(id, name)| Step::Rename { id, name }),
        2 => (id(), name()).prop_map(|(id, alias)| Step::Give { id, alias }),
        1 => (id(), name()).prop_map(|(id, alias)| Step::Take { id, alias }),
        1 => (id(), id()).prop_map(|(id, into)| Step::Merge { id, into }),
    ]
}

fn command(step: &Step) -> Command {
    let product = |id: u128| ProductId(Uuid::from_u128(id));
    let name = |at: usize| NAMES[at].to_owned();
    let change = |id, patch| Command::ChangeProduct {
        id: product(id),
        patch,
    };
    match *step {
        Step::Add {
            id,
            name: at,
            alias,
        } => Command::AddProduct {
            id: product(id),
            draft: ProductDraft {
                name: name(at),
                names: vec![name(alias)],
                ..ProductDraft::default()
            },
        },
        Step::Rename { id, name: at } => change(
            id,
            ProductPatch {
                name: Some(name(at)),
                ..ProductPatch::default()
            },
        ),
        Step::Give { id, alias } => change(
            id,
            ProductPatch {
                add_names: vec![name(alias)],
                ..ProductPatch::default()
            },
        ),
        Step::Take { id, alias } => change(
            id,
            ProductPatch {
                remove_names: vec![name(alias)],
                ..ProductPatch::default()
            },
        ),
        Step::Merge { id, into } => Command::MergeProduct {
            id: product(id),
            into: product(into),
        },
    }
}

proptest! {
    /// Whatever is added, renamed, taken away and merged, a name means one product however it is written, and
    /// that is one that stands.
    #[test]
    fn a_name_always_means_one_product_that_stands(steps in proptest::collection::vec(step(), 1..30)) {
        let mut ledger = Ledger::new();
        let mut merged: BTreeMap<ProductId, ProductId> = BTreeMap::new();
        for step in &steps {
            let command = command(step);
            if let (Command::MergeProduct { id, into }, Ok(_)) = (command.clone(), ledger.when(command)) {
                merged.entry(id).or_insert(into);
            }
        }
        let catalog = match ledger.subject(ledger.tenant.catalog_stream()) {
            Some(Subject::Catalog(catalog)) => catalog.clone(),
            _ => Catalog::default(),
        };
        for name in NAMES {
            let owner = catalog.resolve(Some(name), None);
            let spelled = format!("  {} ", text::normalized(name).to_uppercase());
            prop_assert_eq!(owner, catalog.resolve(Some(&spelled), None), "{}", name);
            prop_assert!(owner.is_none_or(|owner| owner.merged_into.is_none()), "{} means a product that stands", name);
            let holders = catalog.standing_products().filter(|product| {
                catalog.names_of(product.id).iter().any(|alias| alias.text() == text::normalized(name))
            });
            prop_assert_eq!(holders.count(), usize::from(owner.is_some()), "{} has one owner", name);
        }
        for product in catalog.standing_products() {
            let own = catalog.resolve(Some(&product.name), None);
            prop_assert_eq!(own.map(|own| own.id), Some(product.id), "a product is reached by its name");
        }
        for (id, into) in merged {
            prop_assert_eq!(catalog.standing(id), catalog.standing(into));
            prop_assert!(catalog.standing(id).unwrap().id != id);
        }
    }
}
