//! Well-known products, so that a new catalog is not empty. Ours to maintain, in `starting_set.json`.

use serde_json::Value as Json;
use uuid::Uuid;

use super::{Alias, Product, ProductFacts};
use crate::ids::ProductId;

/// What the ledger calls the set from which products were added. A set with other products has another number.
pub const STARTING_SET_NAME: &str = "starting set 1";

/// The ids of well-known products are derived from their slugs, so that all ledgers, and a later set, agree.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f9c_2a51_7e0d_4b8e_9d3a_51c2_84ee_7b10);

/// The products of the starting set.
#[must_use]
pub fn starting_set() -> Vec<Product> {
    // The file is ours, and a test reads all of it: what does not fit is left out rather than a panic.
    let file: Json = serde_json::from_str(include_str!("starting_set.json")).unwrap_or(Json::Null);
    let products = file.as_array().map_or(&[][..], Vec::as_slice);
    products.iter().filter_map(product).collect()
}

fn product(entry: &Json) -> Option<Product> {
    let text = |key: &str| entry.get(key).and_then(Json::as_str).map(str::to_owned);
    let number = |key: &str| {
        let number = entry.get(key).and_then(Json::as_u64)?;
        u32::try_from(number).ok()
    };
    let texts = |key: &str| {
        let list = entry.get(key).and_then(Json::as_array).cloned();
        let texts = list.unwrap_or_default().into_iter();
        texts.filter_map(|text| text.as_str().map(str::to_owned))
    };
    let aliases = texts("names")
        .map(Alias::Name)
        .chain(texts("skus").map(Alias::Sku));
    Some(Product {
        id: id_of(&text("slug")?),
        name: text("name")?,
        aliases: aliases.collect(),
        facts: ProductFacts {
            vendor: text("vendor"),
            suite_of: texts("suite_of").map(|slug| id_of(&slug)).collect(),
            installable: entry.get("installable").and_then(Json::as_bool),
            installs_per_user: number("installs_per_user"),
            downgrade_of: text("downgrade_of").map(|slug| id_of(&slug)),
            notice_days: number("notice_days"),
        },
        merged_into: None,
    })
}

fn id_of(slug: &str) -> ProductId {
    ProductId(Uuid::new_v5(&NAMESPACE, slug.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const KEYS: [&str; 10] = [
        "slug",
        "name",
        "vendor",
        "names",
        "skus",
        "suite_of",
        "installable",
        "installs_per_user",
        "downgrade_of",
        "notice_days",
    ];

    #[test]
    fn every_entry_of_the_file_is_read_and_names_only_what_there_is() {
        let file: Vec<Json> = serde_json::from_str(include_str!("starting_set.json")).unwrap();
        let set = starting_set();
        assert_eq!(file.len(), set.len());
        for entry in &file {
            for key in entry.as_object().unwrap().keys() {
                assert!(KEYS.contains(&key.as_str()), "{key} in {entry}");
            }
        }
        let ids: BTreeSet<ProductId> = set.iter().map(|product| product.id).collect();
        assert_eq!(ids.len(), set.len(), "a slug stands twice");
        for product in &set {
            let named = product
                .facts
                .suite_of
                .iter()
                .chain(&product.facts.downgrade_of);
            for id in named {
                assert!(ids.contains(id), "{} names what is not there", product.name);
            }
        }
    }

    #[test]
    fn no_name_belongs_to_two_products() {
        let mut seen = BTreeSet::new();
        for product in starting_set() {
            let own = [Alias::Name(product.name.clone())];
            let names: BTreeSet<Alias> =
                product.aliases.iter().chain(&own).map(Alias::key).collect();
            for name in names {
                assert!(seen.insert(name.clone()), "{name:?} stands twice");
            }
        }
    }
}
