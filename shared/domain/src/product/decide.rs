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
    let mut aliases = aliases_given("names", &draft.names, Alias::Name, &mut found);
    aliases.extend(aliases_given("skus", &draft.skus, Alias::Sku, &mut found));
    let facts = draft
        .facts
        .apply(&ProductFacts::default(), id, catalog, &mut found);
    if catalog.len() >= PRODUCTS_MAX {
        found.add("name", format!("there are {PRODUCTS_MAX} products already"));
    }
    let own = name.clone().map(Alias::Name);
    for alias in own.iter().chain(&aliases) {
        must_be_free(catalog, alias, id, &mut found);
    }
    found.check()?;
    let own = own.map(|own| own.key());
    aliases.retain(|alias| Some(alias.key()) != own);
    let product = Product {
        id,
        name: name.unwrap_or_default(),
        aliases,
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
    let mut added = aliases_given("add_names", &patch.add_names, Alias::Name, &mut found);
    added.extend(aliases_given(
        "add_skus",
        &patch.add_skus,
        Alias::Sku,
        &mut found,
    ));
    let mut removed = aliases_given("remove_names", &patch.remove_names, Alias::Name, &mut found);
    removed.extend(aliases_given(
        "remove_skus",
        &patch.remove_skus,
        Alias::Sku,
        &mut found,
    ));
    for alias in name.clone().map(Alias::Name).iter().chain(&added) {
        must_be_free(catalog, alias, id, &mut found);
    }
    let known = catalog.names_of(id);
    let own = Alias::Name(name.clone().unwrap_or_else(|| product.name.clone())).key();
    added.retain(|alias| !known.contains(&alias.key()));
    removed.retain(|alias| known.contains(&alias.key()));
    if removed.iter().any(|alias| alias.key() == own) {
        found.add(
            "remove_names",
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
    let removed = removed.into_iter().map(|alias| Event::AliasRemoved {
        product_id: id,
        alias,
    });
    events.extend(removed);
    let added = added.into_iter().map(|alias| Event::AliasAdded {
        product_id: id,
        alias,
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

fn aliases_given(
    path: &str,
    given: &[String],
    kind: fn(String) -> Alias,
    found: &mut Violations,
) -> BTreeSet<Alias> {
    if given.len() > ALIASES_MAX {
        found.add(
            path,
            format!(
                "there are {}: at most {ALIASES_MAX} are allowed",
                given.len()
            ),
        );
    }
    let lines = given.iter().take(ALIASES_MAX).enumerate();
    lines
        .filter_map(|(at, alias)| {
            found.keep(
                &format!("{path}[{at}]"),
                text::line(alias, text::NAME_LENGTH_MAX),
            )
        })
        .map(kind)
        .collect()
}

fn must_be_free(catalog: &Catalog, alias: &Alias, id: ProductId, found: &mut Violations) {
    if let Some(owner) = catalog.owner(alias).filter(|owner| owner.id != id) {
        let field = match alias {
            Alias::Name(_) => "names",
            Alias::Sku(_) => "skus",
        };
        let message = format!(
            "{:?} is a {} of {:?} ({}): take it away there, or merge the products",
            alias.text(),
            alias.kind(),
            owner.name,
            owner.id
        );
        found.add(field, message);
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
