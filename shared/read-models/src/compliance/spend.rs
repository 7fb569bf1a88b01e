//! What may be asked of what licenses cost over a period.

use chrono::NaiveDate;
use uuid::Uuid;

use super::queries::{AfterGroup, NO_ID};
use crate::query::{Statement, parameter};

/// What is added up, and over which days.
#[derive(Debug, Clone)]
pub struct Spend {
    /// The tenant.
    pub tenant: Uuid,
    /// The companies that the token sees, if not all.
    pub sees: Option<Vec<Uuid>>,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub until: NaiveDate,
    /// Of these companies only.
    pub companies: Option<Vec<Uuid>>,
    /// Of these products only, by their keys.
    pub product_keys: Option<Vec<String>>,
    /// Of these vendors only, in lower case.
    pub vendors: Option<Vec<String>>,
    /// Of these licenses only.
    pub assets: Option<Vec<Uuid>>,
}

/// By what costs are added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpendBy {
    /// Who bears them.
    Company,
    /// Whose products they are for, whatever the case of the name; those of no vendor together.
    Vendor,
    /// For which product.
    Product,
    /// For which license.
    License,
}

/// Where a license's name stands.
const OF_ASSET: &str = "join register.asset a on a.tenant_id = $1 and a.asset_id = part.asset_id";

/// A page of groups by name or key, each with its costs by currency: recurring ones accrue day by day while the term
/// runs, those that are paid once count on the purchase's first day. The column `id` is the company's or the
/// license's; a vendor or product has none of its own.
#[must_use]
pub fn spend(spend: Spend, by: SpendBy, after: Option<AfterGroup>, limit: i64) -> Statement {
    let (group, key, id, name, names) = match by {
        SpendBy::Company => (
            "l.company_id",
            "c.name",
            "part.group_of",
            "c.name",
            "join register.company c on c.tenant_id = $1 and c.company_id = part.group_of",
        ),
        SpendBy::Vendor => (
            "coalesce(lower(l.vendor), '')",
            "part.group_of",
            NO_ID,
            "part.vendor",
            "",
        ),
        SpendBy::Product => (
            "coalesce(l.product_key, '')",
            "part.group_of",
            NO_ID,
            "coalesce(part.product, a.name)",
            OF_ASSET,
        ),
        SpendBy::License => ("l.asset_id", "a.name", "part.asset_id", "a.name", OF_ASSET),
    };
    let mut sql = include_str!("spend.sql").to_owned();
    for (part, by) in [
        ("{group}", group),
        ("{key}", key),
        ("{id}", id),
        ("{name}", name),
        ("{names}", names),
    ] {
        sql = sql.replace(part, by);
    }
    Statement {
        models: &["compliance", "holdings", "register"],
        sql: sql.into(),
        parameters: vec![
            parameter(spend.tenant),
            parameter(spend.sees),
            parameter(spend.from),
            parameter(spend.until),
            parameter(spend.companies),
            parameter(spend.product_keys),
            parameter(spend.vendors),
            parameter(spend.assets),
            parameter(after.as_ref().map(|after| after.key.clone())),
            parameter(after.map(|after| after.id)),
            parameter(limit),
        ],
        planned_anew: true,
    }
}
