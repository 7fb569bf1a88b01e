//! What may be asked of what there is.

mod order;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::{
    compliance::queries::{About, status},
    query::{Statement, parameter},
};

pub use order::{AfterAsset, AssetKey, AssetOrder};

/// An asset shows its position and its end, which other models keep.
const ASSET_MODELS: &[&str] = &["register", "compliance", "expiry"];
const MODELS: &[&str] = &["register"];

/// Which assets; none of a kind means all.
#[derive(Debug, Clone, Default)]
pub struct Assets {
    /// Of which types.
    pub types: Option<Vec<Uuid>>,
    /// Whose.
    pub companies: Option<Vec<Uuid>>,
    /// Of which products, as they are written.
    pub products: Option<Vec<String>>,
    /// The keys of the same products: however they are written.
    pub product_keys: Option<Vec<String>>,
    /// Of which vendors, in lower case.
    pub vendors: Option<Vec<String>>,
    /// With all of these tags.
    pub tags: Option<Vec<String>>,
    /// How their pools stand.
    pub statuses: Option<Vec<String>>,
    /// Whose term ends before this day.
    pub expires_before: Option<NaiveDate>,
    /// Whose term ends after this day.
    pub expires_after: Option<NaiveDate>,
    /// Changed after this time.
    pub updated_after: Option<DateTime<Utc>>,
    /// Which ones.
    pub ids: Option<Vec<Uuid>>,
    /// With this in one of their texts; in lower case.
    pub search: Option<String>,
    /// Whether they are archived.
    pub archived: Option<bool>,
    /// With these values; all of them.
    pub fields: Vec<FieldFilter>,
}

/// What a field's value must be. A secret is set or empty; nothing else can be asked about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldFilter {
    /// The field's key.
    pub field: String,
    /// What is asked.
    pub test: FieldTest,
    /// Any of these; numbers, days, or of [`FieldTest::Empty`] `true` and `false`, in writing.
    pub values: Vec<String>,
}

/// What can be asked of a field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldTest {
    /// It, or one of its labels, is this, whatever the case.
    Equals,
    /// It holds this, whatever the case.
    Contains,
    /// It is this number or day, or a later one.
    #[serde(rename = "gte")]
    AtLeast,
    /// It is this number or day, or an earlier one.
    #[serde(rename = "lte")]
    AtMost,
    /// There is none.
    Empty,
}

/// Where a page of things that have a name ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterName {
    /// The last row's name.
    pub name: String,
    /// The last row's id.
    pub id: Uuid,
}

/// A page of assets as they are on a day.
#[must_use]
pub fn assets(
    about: About<'_>,
    assets: Assets,
    order: AssetOrder,
    after: Option<&AfterAsset>,
    limit: i64,
) -> Statement {
    let (key, key_type) = order.key.sql();
    let (beyond, direction) = if order.descending {
        ("<", "desc")
    } else {
        (">", "asc")
    };
    let page = include_str!("assets_page.sql").replace("{key_type}", key_type.sql());
    let page = page
        .replace("{beyond}", beyond)
        .replace("{direction}", direction);
    let sql = [
        include_str!("assets_columns.sql"),
        include_str!("assets_from.sql"),
        include_str!("assets_filters.sql"),
        &page,
    ];
    let mut statement = of_assets(&sql, key, about);
    filter(&mut statement, assets);
    statement.parameters.extend([
        parameter(after.map(|after| after.sort_key.clone())),
        parameter(after.map(|after| after.asset_id)),
        parameter(limit),
    ]);
    statement
}

/// How many assets there are of these.
#[must_use]
pub fn asset_count(about: About<'_>, assets: Assets) -> Statement {
    let sql = [
        "select count(*)\n",
        include_str!("assets_from.sql"),
        include_str!("assets_filters.sql"),
    ];
    let mut statement = of_assets(&sql, "", about);
    filter(&mut statement, assets);
    statement
}

/// One asset as it is on a day, archived or not.
#[must_use]
pub fn asset(about: About<'_>, asset: Uuid) -> Statement {
    let sql = [
        include_str!("assets_columns.sql"),
        include_str!("assets_from.sql"),
        include_str!("asset.sql"),
    ];
    let mut statement = of_assets(&sql, AssetKey::Name.sql().0, about);
    statement.parameters.push(parameter(asset));
    statement.planned_anew = false;
    statement
}

fn of_assets(sql: &[&str], key: &str, about: About<'_>) -> Statement {
    let status = status("pool", "$4::bigint", "$5::bigint");
    // A license that no pool row covers has no status, rather than a good one.
    let status = format!("case when pool.standing is not null then {status} end");
    let sql = sql
        .concat()
        .replace("{key}", key)
        .replace("{status}", &status);
    Statement {
        models: ASSET_MODELS,
        sql: sql.into(),
        parameters: vec![
            parameter(about.tenant),
            parameter(about.sees),
            parameter(about.day),
            parameter(about.settings.min_spare_seats),
            parameter(about.settings.spare_ratio_percent),
        ],
        planned_anew: true,
    }
}

fn filter(statement: &mut Statement, assets: Assets) {
    statement.parameters.extend([
        parameter(assets.types),
        parameter(assets.companies),
        parameter(assets.products),
        parameter(assets.product_keys),
        parameter(assets.vendors),
        parameter(assets.tags),
        parameter(assets.statuses),
        parameter(assets.expires_before),
        parameter(assets.expires_after),
        parameter(assets.updated_after),
        parameter(assets.ids),
        parameter(assets.search),
        parameter(assets.archived),
        parameter((!assets.fields.is_empty()).then_some(Json(assets.fields))),
    ]);
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
