//! Adding, changing and merging products.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{
    ALIASES_MAX, Alias, Catalog, PRODUCTS_MAX, Product, ProductFacts, STARTING_SET_NAME,
    SUITE_PARTS_MAX,
};
use crate::{
    event::Event,
    ids::ProductId,
    refusal::{Refusal, Violations},
    text,
    value::shown,
};

/// Products of a set in one event: with their names well below what an event may have.
const PRODUCTS_PER_EVENT: usize = 100;

/// A product to be added, as it comes in.
#[derive(Debug, Clone, Default)]
pub struct ProductDraft {
    /// Its name.
    pub name: String,
    /// What else licenses call it.
    pub names: Vec<String>,
    /// Its part numbers.
    pub skus: Vec<String>,
    /// What is known of it.
    pub facts: FactsPatch,
}

/// What changes of a product; what is not named stays.
#[derive(Debug, Clone, Default)]
pub struct ProductPatch {
    /// Its new name; the old one stays an alias.
    pub name: Option<String>,
    /// Names in addition.
    pub add_names: Vec<String>,
    /// Part numbers in addition.
    pub add_skus: Vec<String>,
    /// Names that are no longer its own.
    pub remove_names: Vec<String>,
    /// Part numbers that are no longer its own.
    pub remove_skus: Vec<String>,
    /// What is known of it.
    pub facts: FactsPatch,
}

/// What is newly known of a product. What is none stays; null takes it away.
#[derive(Debug, Clone, Default)]
pub struct FactsPatch {
    /// Who makes it.
    pub vendor: Option<Json>,
    /// The ids of the products that a license of it covers.
    pub suite_of: Option<Json>,
    /// Whether it is installed on devices.
    pub installable: Option<Json>,
    /// On how many devices one user may install it.
    pub installs_per_user: Option<Json>,
    /// The id of the newer product whose license may be used for it.
    pub downgrade_of: Option<Json>,
    /// Days before the end of a term by which notice must be given.
    pub notice_days: Option<Json>,
}

/// Adds a product.
pub(crate) fn add(
    catalog: &Catalog,
    id: ProductId,
    draft: &ProductDraft,
) -> Result<Vec<Event>, Refusal> {
    let mut found = Violations::default();
    let name = found.keep("name", text::line(&draft.name, text::NAME_LENGTH_MAX));
    let mut given: Vec<Given> = name.clone().map(own_name).into_iter().collect();
    aliases_given("names", &draft.names, Alias::Name, &mut given, &mut found);
    aliases_given("skus", &draft.skus, Alias::Sku, &mut given, &mut found);
    let facts = draft
        .facts
        .apply(&ProductFacts::default(), id, catalog, &mut found);
    if catalog.len() >= PRODUCTS_MAX {
        found.add("name", format!("there are {PRODUCTS_MAX} products already"));
    }
    must_be_free(catalog, &given, id, &mut found);
    found.check()?;
    // The first is its own name.
    let aliases = given.into_iter().skip(1).map(|given| given.alias);
    let product = Product {
        id,
        name: name.unwrap_or_default(),
        aliases: aliases.collect(),
        facts,
        merged_into: None,
    };
    Ok(vec![Event::ProductsAdded {
        source: None,
        products: vec![product],
    }])
}

/// Changes a product; what is equal is no event.
pub(crate) fn change(
    catalog: &Catalog,
    id: ProductId,
    patch: &ProductPatch,
) -> Result<Vec<Event>, Refusal> {
    let product = standing(catalog, id)?;
    let id = product.id;
    let mut found = Violations::default();
    let name = patch
        .name
        .as_ref()
        .and_then(|name| found.keep("name", text::line(name, text::NAME_LENGTH_MAX)));
    let name = name.filter(|name| *name != product.name);
    let renamed: Vec<Given> = name.clone().map(own_name).into_iter().collect();
    must_be_free(catalog, &renamed, id, &mut found);
    let (mut added, mut removed) = (Vec::new(), Vec::new());
    let names = Alias::Name as fn(String) -> Alias;
    for (path, given, kind, into) in [
        ("add_names", &patch.add_names, names, &mut added),
        ("remove_names", &patch.remove_names, names, &mut removed),
    ] {
        aliases_given(path, given, kind, into, &mut found);
    }
    for (path, given, into) in [
        ("add_skus", &patch.add_skus, &mut added),
        ("remove_skus", &patch.remove_skus, &mut removed),
    ] {
        aliases_given(path, given, Alias::Sku, into, &mut found);
    }
    must_be_free(catalog, &added, id, &mut found);
    let known = catalog.names_of(id);
    let own = Alias::Name(name.clone().unwrap_or_else(|| product.name.clone())).key();
    added.retain(|given: &Given| !known.contains(&given.alias.key()) && given.alias.key() != own);
    removed.retain(|given: &Given| known.contains(&given.alias.key()));
    if let Some(given) = removed.iter().find(|given| given.alias.key() == own) {
        found.add(
            given.path.clone(),
            "the product's own name can't be taken away: rename it first",
        );
    }
    if product.aliases.len() + added.len() > ALIASES_MAX {
        found.add(
            "add_names",
            format!("a product has at most {ALIASES_MAX} aliases"),
        );
    }
    let facts = patch.facts.apply(&product.facts, id, catalog, &mut found);
    found.check()?;
    let mut events = Vec::new();
    if let Some(to) = name {
        let from = product.name.clone();
        events.push(Event::ProductRenamed {
            product_id: id,
            from,
            to,
        });
    }
    let removed = removed.into_iter().map(|given| Event::AliasRemoved {
        product_id: id,
        alias: given.alias,
    });
    events.extend(removed);
    let added = added.into_iter().map(|given| Event::AliasAdded {
        product_id: id,
        alias: given.alias,
    });
    events.extend(added);
    if facts != product.facts {
        events.push(Event::ProductFactsSet {
            product_id: id,
            from: product.facts.clone(),
            to: facts,
        });
    }
    Ok(events)
}

/// Says that two products are one and always were. What was recorded of either stays in the ledger.
pub(crate) fn merge(
    catalog: &Catalog,
    id: ProductId,
    into: ProductId,
) -> Result<Vec<Event>, Refusal> {
    let merged = catalog.get(id).ok_or(Refusal::NotFound("product"))?;
    let Some(target) = catalog.standing(into) else {
        let mut found = Violations::default();
        found.add("into", format!("there is no product {into}"));
        found.check()?;
        return Ok(vec![]);
    };
    if let Some(before) = merged.merged_into {
        return match catalog.standing(before) {
            Some(now) if now.id == target.id => Ok(vec![]),
            _ => Err(Refusal::Conflict(
                "the product was merged into another already".to_owned(),
            )),
        };
    }
    if target.id == id {
        let mut found = Violations::default();
        found.add("into", "is the product itself: name another");
        found.check()?;
    }
    Ok(vec![Event::ProductMerged {
        product_id: id,
        into: target.id,
    }])
}

/// Takes over what of a set of well-known products the catalog does not have yet. What the tenant decided
/// stands: names that are somebody's already stay with them.
pub(crate) fn adopt(catalog: &Catalog, set: Vec<Product>) -> Vec<Event> {
    let free = |alias: &Alias| catalog.owner(alias).is_none();
    let mut new: Vec<Product> = set
        .into_iter()
        .filter(|product| catalog.get(product.id).is_none())
        .filter(|product| free(&Alias::Name(product.name.clone())))
        .take(PRODUCTS_MAX.saturating_sub(catalog.len()))
        .collect();
    for product in &mut new {
        product.aliases.retain(free);
    }
    new.chunks(PRODUCTS_PER_EVENT)
        .map(|products| Event::ProductsAdded {
            source: Some(STARTING_SET_NAME.to_owned()),
            products: products.to_vec(),
        })
        .collect()
}

fn standing(catalog: &Catalog, id: ProductId) -> Result<&Product, Refusal> {
    catalog.standing(id).ok_or(Refusal::NotFound("product"))
}

/// A name or part number with where it stands in what came in.
struct Given {
    path: String,
    alias: Alias,
}

fn own_name(name: String) -> Given {
    Given {
        path: "name".to_owned(),
        alias: Alias::Name(name),
    }
}

fn aliases_given(
    path: &str,
    given: &[String],
    kind: fn(String) -> Alias,
    into: &mut Vec<Given>,
    found: &mut Violations,
) {
    if given.len() > ALIASES_MAX {
        found.add(
            path,
            format!(
                "there are {}: at most {ALIASES_MAX} are allowed",
                given.len()
            ),
        );
    }
    for (at, text) in given.iter().take(ALIASES_MAX).enumerate() {
        let path = format!("{path}[{at}]");
        let alias = found.keep(&path, text::line(text, text::NAME_LENGTH_MAX));
        let Some(alias) = alias.map(kind) else {
            continue;
        };
        // Another spelling of the same says nothing more.
        if into.iter().all(|known| known.alias.key() != alias.key()) {
            into.push(Given { path, alias });
        }
    }
}

fn must_be_free(catalog: &Catalog, given: &[Given], id: ProductId, found: &mut Violations) {
    for Given { path, alias } in given {
        if let Some(owner) = catalog.owner(alias).filter(|owner| owner.id != id) {
            let message = format!(
                "{:?} is a {} of {:?} ({}): take it away there, or merge the products",
                alias.text(),
                alias.kind(),
                owner.name,
                owner.id
            );
            found.add(path.clone(), message);
        }
    }
}

impl FactsPatch {
    fn apply(
        &self,
        known: &ProductFacts,
        id: ProductId,
        catalog: &Catalog,
        found: &mut Violations,
    ) -> ProductFacts {
        let mut facts = known.clone();
        if let Some(given) = &self.vendor {
            facts.vendor = match given {
                Json::Null => None,
                Json::String(vendor) => {
                    found.keep("vendor", text::line(vendor, text::NAME_LENGTH_MAX))
                }
                other => unfit("vendor", other, "a text", found),
            };
        }
        if let Some(given) = &self.suite_of {
            facts.suite_of = parts_given(given, id, catalog, found);
        }
        if let Some(given) = &self.installable {
            facts.installable = match given {
                Json::Null => None,
                Json::Bool(yes) => Some(*yes),
                other => unfit("installable", other, "true or false", found),
            };
        }
        if let Some(given) = &self.installs_per_user {
            facts.installs_per_user = whole("installs_per_user", given, 1..=1_000, found);
        }
        if let Some(given) = &self.downgrade_of {
            facts.downgrade_of = match given {
                Json::Null => None,
                given => product_given("downgrade_of", given, id, catalog, found),
            };
        }
        if let Some(given) = &self.notice_days {
            facts.notice_days = whole("notice_days", given, 0..=3_650, found);
        }
        facts
    }
}

fn parts_given(
    given: &Json,
    id: ProductId,
    catalog: &Catalog,
    found: &mut Violations,
) -> BTreeSet<ProductId> {
    let parts = match given {
        Json::Null => return BTreeSet::new(),
        Json::Array(parts) if parts.len() <= SUITE_PARTS_MAX => parts,
        Json::Array(parts) => {
            let message = format!(
                "there are {}: at most {SUITE_PARTS_MAX} are allowed",
                parts.len()
            );
            found.add("suite_of", message);
            return BTreeSet::new();
        }
        other => {
            unfit::<()>("suite_of", other, "a list of product ids", found);
            return BTreeSet::new();
        }
    };
    let mut all = BTreeSet::new();
    for (at, part) in parts.iter().enumerate() {
        let path = format!("suite_of[{at}]");
        if let Some(part) = product_given(&path, part, id, catalog, found) {
            if catalog.covered_by(part).contains(&id) {
                found.add(
                    path,
                    format!("{part} is a suite that holds this product itself"),
                );
            }
            all.insert(part);
        }
    }
    all
}

fn product_given(
    path: &str,
    given: &Json,
    id: ProductId,
    catalog: &Catalog,
    found: &mut Violations,
) -> Option<ProductId> {
    let parsed = given
        .as_str()
        .and_then(|text| text.parse().ok())
        .map(ProductId);
    match parsed.and_then(|parsed| catalog.standing(parsed)) {
        Some(product) if product.id == id => {
            found.add(path, "is the product itself: name another");
            None
        }
        Some(product) => Some(product.id),
        None => unfit(path, given, "the id of a product", found),
    }
}

fn whole(
    path: &str,
    given: &Json,
    range: std::ops::RangeInclusive<u32>,
    found: &mut Violations,
) -> Option<u32> {
    if given.is_null() {
        return None;
    }
    let number = given.as_u64().and_then(|number| u32::try_from(number).ok());
    number.filter(|number| range.contains(number)).or_else(|| {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        unfit(path, given, &expected, found)
    })
}

fn unfit<T>(path: &str, given: &Json, expected: &str, found: &mut Violations) -> Option<T> {
    found.add(path, format!("is {}: {expected} is expected", shown(given)));
    None
}
