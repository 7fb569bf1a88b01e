//! From the catalog to its rows.

use std::collections::BTreeMap;

use domain::{
    Subject,
    ids::ProductId,
    product::{Alias, Catalog, Product},
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{AliasRow, ProductRow, StateRow};
use crate::{
    rows::{JsonText, Sink, Unfit},
    world::{Folded, World},
};

/// The rows of a catalog; nothing for any other subject.
pub(crate) fn subject(
    world: &World,
    tenant: Uuid,
    stream: Uuid,
    sink: &mut Sink,
) -> Result<(), Unfit> {
    let Some(folded) = world.get(tenant, stream) else {
        return Ok(());
    };
    let Subject::Catalog(catalog) = &folded.subject else {
        return Ok(());
    };
    let state = StateRow {
        tenant_id: tenant,
        version: folded.version,
        entry: folded.entry,
        updated_at: folded.updated_at,
    };
    sink.replace(&[&tenant], &[state])?;
    let products: Vec<ProductRow> = products(folded, catalog)
        .map(|(product, changed)| product_row(tenant, catalog, product, changed))
        .collect();
    sink.replace(&[&tenant], &products)?;
    sink.replace(&[&tenant], &alias_rows(tenant, catalog, &products))
}

type Changed = (i64, chrono::DateTime<chrono::Utc>);

/// All products, merged ones among them, with what last told of each.
fn products<'a>(
    folded: &'a Folded,
    catalog: &'a Catalog,
) -> impl Iterator<Item = (&'a Product, Changed)> {
    folded
        .products_changed
        .iter()
        .filter_map(|(id, changed)| Some((catalog.get(ProductId(*id))?, *changed)))
}

fn product_row(
    tenant: Uuid,
    catalog: &Catalog,
    product: &Product,
    (entry, updated_at): Changed,
) -> ProductRow {
    let now = |id: &ProductId| catalog.standing(*id).map_or(id.0, |standing| standing.id.0);
    let small = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let facts = &product.facts;
    let mut suite_of: Vec<Uuid> = facts.suite_of.iter().map(now).collect();
    suite_of.sort_unstable();
    suite_of.dedup();
    let aliases: Json = product
        .aliases
        .iter()
        .map(|alias| json!({ "kind": alias.kind(), "text": alias.text() }))
        .collect();
    ProductRow {
        tenant_id: tenant,
        product_id: product.id.0,
        name: product.name.clone(),
        vendor: facts.vendor.clone(),
        suite_of,
        installable: facts.installable,
        installs_per_user: facts.installs_per_user.map(small),
        downgrade_of: facts.downgrade_of.as_ref().map(now),
        notice_days: facts.notice_days.map(small),
        merged_into: product.merged_into.as_ref().map(now),
        aliases: JsonText(aliases.to_string()),
        entry,
        updated_at,
    }
}

/// Whose each name is, by the names that the products themselves tell.
fn alias_rows(tenant: Uuid, catalog: &Catalog, products: &[ProductRow]) -> Vec<AliasRow> {
    let mut owners: BTreeMap<Alias, Uuid> = BTreeMap::new();
    for row in products {
        let Some(product) = catalog.get(ProductId(row.product_id)) else {
            continue;
        };
        let own = Alias::Name(product.name.clone());
        for alias in product.aliases.iter().chain([&own]) {
            if let Some(owner) = catalog.owner(alias) {
                owners.insert(alias.key(), owner.id.0);
            }
        }
    }
    let row = |(alias, product): (Alias, Uuid)| AliasRow {
        tenant_id: tenant,
        kind: alias.kind(),
        key: alias.text().to_owned(),
        product_id: product,
    };
    owners.into_iter().map(row).collect()
}
