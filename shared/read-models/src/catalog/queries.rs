//! What may be asked of the catalog.

use chrono::NaiveDate;
use domain::product::Alias;
use uuid::Uuid;

use crate::query::{Statement, parameter};

/// Licenses are counted in the compliance model; the day is the tenant's, and its time zone stands in the register.
const MODELS: &[&str] = &["catalog", "compliance", "register"];

/// Which products; none of a kind means all.
#[derive(Debug, Clone)]
pub struct Products {
    /// The tenant.
    pub tenant: Uuid,
    /// The companies that the token sees, if not all: only their licenses are counted.
    pub sees: Option<Vec<Uuid>>,
    /// The day on which licenses are counted.
    pub day: NaiveDate,
    /// With this in the name or in an alias, whatever the case.
    pub search: Option<String>,
    /// Of these vendors, in lower case.
    pub vendors: Option<Vec<String>>,
    /// These ones.
    pub ids: Option<Vec<Uuid>>,
    /// Also those that were merged into another.
    pub merged: bool,
}

/// Where a page of products ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AfterProduct {
    /// The last one's.
    pub name: String,
    /// The last one.
    pub product_id: Uuid,
}

/// Which names that are nobody's.
#[derive(Debug, Clone)]
pub struct Unresolved {
    /// The tenant.
    pub tenant: Uuid,
    /// The companies that the token sees, if not all.
    pub sees: Option<Vec<Uuid>>,
    /// Of licenses that count on this day.
    pub day: NaiveDate,
    /// Of these companies only.
    pub companies: Option<Vec<Uuid>>,
}

/// Where a page of names ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AfterName {
    /// The column `name_key` of its last row.
    pub name_key: String,
    /// The column `sku_key` of its last row.
    pub sku_key: String,
}

/// A page of products by name, each with how many licenses and companies have it on the day.
#[must_use]
pub fn products(which: Products, after: Option<AfterProduct>, limit: i64) -> Statement {
    Statement {
        models: MODELS,
        sql: include_str!("products.sql").into(),
        parameters: vec![
            parameter(which.tenant),
            parameter(which.sees),
            parameter(which.day),
            parameter(which.search.map(|text| text.to_lowercase())),
            parameter(which.vendors),
            parameter(which.ids),
            parameter(which.merged),
            parameter(after.as_ref().map(|after| after.name.clone())),
            parameter(after.map(|after| after.product_id)),
            parameter(limit),
        ],
        planned_anew: true,
    }
}

/// Which product names and part numbers mean, in any spelling. Rows in the order in which they count: a part number
/// before a name, as the column `kind` tells; no row if they are nobody's.
#[must_use]
pub fn resolve(tenant: Uuid, name: Option<&str>, sku: Option<&str>) -> Statement {
    let key = |alias: Alias| alias.key().text().to_owned();
    Statement {
        models: &["catalog", "register"],
        sql: include_str!("resolve.sql").into(),
        parameters: vec![
            parameter(tenant),
            parameter(name.map(|name| key(Alias::Name(name.to_owned())))),
            parameter(sku.map(|sku| key(Alias::Sku(sku.to_owned())))),
        ],
        planned_anew: false,
    }
}

/// The keys of the pools whose licenses cover products: their own, and those of suites that hold them. One column,
/// `product_key`.
#[must_use]
pub fn covering(tenant: Uuid, products: Vec<Uuid>) -> Statement {
    Statement {
        models: &["catalog", "register"],
        sql: include_str!("covering.sql").into(),
        parameters: vec![parameter(tenant), parameter(products)],
        planned_anew: false,
    }
}

/// A page of the names that licenses have and no product owns, each with how many licenses and companies.
#[must_use]
pub fn unresolved(which: Unresolved, after: Option<AfterName>, limit: i64) -> Statement {
    Statement {
        models: MODELS,
        sql: include_str!("unresolved.sql").into(),
        parameters: vec![
            parameter(which.tenant),
            parameter(which.sees),
            parameter(which.day),
            parameter(which.companies),
            parameter(after.as_ref().map(|after| after.name_key.clone())),
            parameter(after.map(|after| after.sku_key)),
            parameter(limit),
        ],
        planned_anew: true,
    }
}
