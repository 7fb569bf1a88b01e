//! What the MSP taught the catalog beside the products that everybody knows: names as its invoices have them, its own
//! products, and a bundle that it sells. What is left unknown queues for a decision.

use domain::{
    Command,
    product::{FactsPatch, ProductDraft, ProductPatch, starting_set},
};
use serde_json::json;

use super::{Step, ids::Ids};

/// Well-known product, what invoices call it.
const CALLED: [(&str, &str); 4] = [
    ("Adobe Creative Cloud Pro", "Adobe Creative Cloud for teams"),
    ("Autodesk Fusion", "Fusion"),
    ("Proofpoint Essentials", "Proofpoint Essentials Business"),
    ("Snagit", "Snagit 2024"),
];

/// A product that only the MSP's catalog has.
struct Own {
    name: &'static str,
    vendor: &'static str,
    called: &'static [&'static str],
    /// As the MSP's price list has it.
    skus: &'static [&'static str],
    notice_days: Option<i64>,
}

const OWN: [Own; 3] = [
    Own {
        name: "Dentrix",
        vendor: "Henry Schein One",
        called: &["Dentrix G7", "Dentrix Ascend"],
        skus: &["NW-DENTRIX"],
        notice_days: None,
    },
    Own {
        name: "CCH Axcess Tax",
        vendor: "Wolters Kluwer",
        called: &["Axcess Tax", "CCH Axcess"],
        skus: &["NW-CCH-TAX"],
        notice_days: Some(60),
    },
    Own {
        name: "LoadMaster",
        vendor: "McLeod Software",
        called: &["McLeod LoadMaster"],
        skus: &[],
        notice_days: Some(90),
    },
];

/// The bundle: its name, its part number, what one seat of it covers.
pub(super) const BUNDLE: &str = "Northwind Care";
const BUNDLE_SKU: &str = "NW-CARE";
const BUNDLE_OF: [&str; 3] = [
    "Keeper Business",
    "Cisco Duo Essentials",
    "Proofpoint Essentials",
];

pub(super) fn steps(ids: &Ids) -> Vec<Step> {
    let known = starting_set();
    let id_of = |name: &str| {
        known
            .iter()
            .find(|product| product.name == name)
            .map(|product| product.id)
    };
    let called = CALLED.iter().filter_map(|&(name, alias)| {
        let patch = ProductPatch {
            add_names: vec![alias.to_owned()],
            ..ProductPatch::default()
        };
        let change = Command::ChangeProduct {
            id: id_of(name)?,
            patch,
        };
        Some(Step::new(format!("products/{name}"), change).because("As the invoices call it"))
    });
    let own = OWN.iter().map(|own| {
        let facts = FactsPatch {
            vendor: Some(json!(own.vendor)),
            notice_days: own.notice_days.map(|days| json!(days)),
            ..FactsPatch::default()
        };
        add(ids, own.name, own.called, own.skus, facts)
    });
    let parts: Vec<_> = BUNDLE_OF
        .iter()
        .filter_map(|name| id_of(name))
        .map(|id| json!(id.0))
        .collect();
    let facts = FactsPatch {
        vendor: Some(json!(super::MSP_NAME)),
        suite_of: Some(json!(parts)),
        ..FactsPatch::default()
    };
    let bundle = add(
        ids,
        BUNDLE,
        &["Northwind Care Bundle"],
        &[BUNDLE_SKU],
        facts,
    );
    called.chain(own).chain([bundle]).collect()
}

fn add(ids: &Ids, name: &str, names: &[&str], skus: &[&str], facts: FactsPatch) -> Step {
    let draft = ProductDraft {
        name: name.to_owned(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        skus: skus.iter().map(|sku| (*sku).to_owned()).collect(),
        facts,
    };
    let id = ids.product(name);
    Step::new(
        format!("products/{name}"),
        Command::AddProduct { id, draft },
    )
}
