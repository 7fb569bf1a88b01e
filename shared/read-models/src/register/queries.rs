//! What may be asked of what there is.

mod assets;
mod fields;
mod order;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::query::{Statement, parameter};

pub use assets::{Assets, asset, asset_count, assets};
pub use fields::{Bound, FieldFilter, FieldTest, ValueKind};
pub use order::{AfterAsset, AssetKey, AssetOrder};

const MODELS: &[&str] = &["register"];

/// Where a page of things that have a name ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterName {
    /// The last row's name.
    pub name: String,
    /// The last row's id.
    pub id: Uuid,
}

/// A page of asset types by name, or one.
#[must_use]
pub fn asset_types(
    tenant: Uuid,
    one: Option<Uuid>,
    after: Option<&AfterName>,
    limit: i64,
) -> Statement {
    let sql = include_str!("asset_types.sql");
    by_name(sql, vec![parameter(tenant), parameter(one)], after, limit)
}

/// A page of companies by name, or one.
#[must_use]
pub fn companies(
    tenant: Uuid,
    sees: Option<Vec<Uuid>>,
    one: Option<Uuid>,
    archived: Option<bool>,
    after: Option<&AfterName>,
    limit: i64,
) -> Statement {
    let parameters = vec![
        parameter(tenant),
        parameter(sees),
        parameter(one),
        parameter(archived),
    ];
    by_name(include_str!("companies.sql"), parameters, after, limit)
}

/// A page of documents by title, without their texts; or one, with it.
#[must_use]
pub fn documents(
    tenant: Uuid,
    sees: Option<Vec<Uuid>>,
    one: Option<Uuid>,
    companies: Option<Vec<Uuid>>,
    archived: Option<bool>,
    after: Option<&AfterName>,
    limit: i64,
) -> Statement {
    let parameters = vec![
        parameter(tenant),
        parameter(sees),
        parameter(one),
        parameter(companies),
        parameter(archived),
    ];
    by_name(include_str!("documents.sql"), parameters, after, limit)
}

/// A page of the vendors of licenses by name, with how many licenses each has on the day. The column `key` is
/// where the page ends.
#[must_use]
pub fn vendors(
    tenant: Uuid,
    sees: Option<Vec<Uuid>>,
    day: NaiveDate,
    companies: Option<Vec<Uuid>>,
    after: Option<String>,
    limit: i64,
) -> Statement {
    Statement {
        models: MODELS,
        sql: include_str!("vendors.sql").into(),
        parameters: vec![
            parameter(tenant),
            parameter(sees),
            parameter(day),
            parameter(companies),
            parameter(after),
            parameter(limit),
        ],
        planned_anew: true,
    }
}

/// The tenant's policy.
#[must_use]
pub fn policy(tenant: Uuid) -> Statement {
    Statement {
        models: MODELS,
        sql: include_str!("policy.sql").into(),
        parameters: vec![parameter(tenant)],
        planned_anew: false,
    }
}

fn by_name(
    sql: &'static str,
    mut parameters: Vec<crate::query::Parameter>,
    after: Option<&AfterName>,
    limit: i64,
) -> Statement {
    parameters.extend([
        parameter(after.map(|after| after.name.clone())),
        parameter(after.map(|after| after.id)),
        parameter(limit),
    ]);
    Statement {
        models: MODELS,
        sql: sql.into(),
        parameters,
        planned_anew: true,
    }
}
