//! What may be asked of what there is.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    compliance::queries::{About, status},
    query::{Statement, parameter},
};

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
}

/// What assets are sorted by; then by their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct AssetOrder {
    /// By what.
    pub key: AssetKey,
    /// The other way round.
    pub descending: bool,
}

/// What assets can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub enum AssetKey {
    /// What lists call it.
    #[default]
    Name,
    /// Whose it is, by name.
    Company,
    /// The vendor's name; none first.
    Vendor,
    /// When its term ends; what never ends comes last.
    ExpiryDate,
    /// The seats owned; what is no license comes first.
    Owned,
    /// The seats in use; what is no license comes first.
    InUse,
    /// When it was registered.
    CreatedAt,
    /// When it changed last.
    UpdatedAt,
}

/// Where a page of assets ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterAsset {
    /// The column `sort_key` of its last row.
    pub sort_key: String,
    /// The asset of its last row.
    pub asset_id: Uuid,
}

/// Where a page of things that have a name ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterName {
    /// The last row's name.
    pub name: String,
    /// The last row's id.
    pub id: Uuid,
}

impl AssetKey {
    /// All keys with the words that name them.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Name, "name"),
        (Self::Company, "company"),
        (Self::Vendor, "vendor"),
        (Self::ExpiryDate, "expiry_date"),
        (Self::Owned, "owned"),
        (Self::InUse, "in_use"),
        (Self::CreatedAt, "created_at"),
        (Self::UpdatedAt, "updated_at"),
    ];

    /// The expression, which is never null, and its type.
    const fn sql(self) -> (&'static str, &'static str) {
        match self {
            Self::Name => ("a.name", "text"),
            Self::Company => ("coalesce(c.name, '')", "text"),
            Self::Vendor => ("coalesce(a.vendor, '')", "text"),
            Self::ExpiryDate => ("coalesce(ends.expiry_date, 'infinity')", "date"),
            Self::Owned => ("coalesce(l.owned, -1)", "bigint"),
            Self::InUse => ("coalesce(l.in_use, -1)", "bigint"),
            Self::CreatedAt => ("a.created_at", "timestamptz"),
            Self::UpdatedAt => ("a.updated_at", "timestamptz"),
        }
    }
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
    let page = include_str!("assets_page.sql").replace("{key_type}", key_type);
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
