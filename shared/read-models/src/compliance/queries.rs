//! What may be asked of how companies stand.

use chrono::NaiveDate;
use domain::compliance::Status;
use uuid::Uuid;

use crate::query::{Settings, Statement, parameter};

/// The companies' and assets' names stand in the register.
const MODELS: &[&str] = &["compliance", "register"];

/// In the place of the id of a group that has none of its own.
pub(super) const NO_ID: &str = "'00000000-0000-0000-0000-000000000000'::uuid";

/// How a pool stands once the policy has judged it: [`domain::compliance::PoolDay::status`] in SQL.
pub fn status(pool: &str, min_spare: &str, spare_ratio: &str) -> String {
    let status = include_str!("status.sql");
    let status = status
        .replace("{pool}", pool)
        .replace("{min_spare}", min_spare);
    status.replace("{spare_ratio}", spare_ratio)
}

/// Which pools; none of a kind means all.
#[derive(Debug, Clone, Default)]
pub struct Pools {
    /// Whose.
    pub companies: Option<Vec<Uuid>>,
    /// Of which products, by their keys.
    pub product_keys: Option<Vec<String>>,
    /// Of which vendors, in lower case.
    pub vendors: Option<Vec<String>>,
    /// How they stand.
    pub statuses: Option<Vec<String>>,
}

/// Where a page of pools ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AfterPool {
    /// Of its status, the gravest first.
    pub gravity: i32,
    /// Of its company.
    pub company_name: String,
    /// Its company.
    pub company_id: Uuid,
    /// Its product.
    pub product_key: String,
    /// Its metric.
    pub metric: String,
}

/// Where a page of licenses ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AfterLicense {
    /// Of its company.
    pub company_name: String,
    /// Its own.
    pub name: String,
    /// Which.
    pub asset_id: Uuid,
    /// Whose part of it.
    pub company_id: Uuid,
}

/// By what pools are added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Whose they are.
    Company,
    /// Who makes their products, whatever the case of the name; those of no vendor together.
    Vendor,
}

/// Where a page of groups ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AfterGroup {
    /// The column `key` of its last row.
    pub key: String,
    /// The column `id` of its last row.
    pub id: Uuid,
}

/// Whose question it is, and about which day.
#[derive(Debug, Clone)]
pub struct About<'a> {
    /// The tenant.
    pub tenant: Uuid,
    /// The companies that the token sees, if not all.
    pub sees: Option<Vec<Uuid>>,
    /// The day.
    pub day: NaiveDate,
    /// Whose thresholds are compared with.
    pub settings: &'a Settings,
}

/// A page of pools, the gravest first, with at most so many licenses each.
#[must_use]
pub fn pools(
    about: About<'_>,
    pools: Pools,
    after: Option<AfterPool>,
    limit: i64,
    licenses: i64,
) -> Statement {
    let mut statement = begin(include_str!("pools.sql"), about, &pools);
    let parameters = &mut statement.parameters;
    parameters.push(parameter(pools.statuses));
    parameters.push(parameter(after.as_ref().map(|after| after.gravity)));
    parameters.push(parameter(
        after.as_ref().map(|after| after.company_name.clone()),
    ));
    parameters.push(parameter(after.as_ref().map(|after| after.company_id)));
    parameters.push(parameter(
        after.as_ref().map(|after| after.product_key.clone()),
    ));
    parameters.push(parameter(after.map(|after| after.metric)));
    parameters.extend([parameter(limit), parameter(licenses)]);
    statement
}

/// A page of licenses, with how their pools stand.
#[must_use]
pub fn licenses(
    about: About<'_>,
    pools: Pools,
    after: Option<AfterLicense>,
    limit: i64,
) -> Statement {
    let mut statement = begin(include_str!("licenses.sql"), about, &pools);
    statement.parameters.extend([
        parameter(pools.statuses),
        parameter(after.as_ref().map(|after| after.company_name.clone())),
        parameter(after.as_ref().map(|after| after.company_id)),
        parameter(after.as_ref().map(|after| after.name.clone())),
        parameter(after.map(|after| after.asset_id)),
        parameter(limit),
    ]);
    statement
}

/// A page of groups of pools by name. The column `id` is the company's; a vendor has none of its own.
#[must_use]
pub fn groups(
    about: About<'_>,
    pools: Pools,
    group: Group,
    after: Option<AfterGroup>,
    limit: i64,
) -> Statement {
    let by = match group {
        Group::Company => [
            ("{group}", "pool.company_id"),
            ("{key}", "c.name"),
            ("{id}", "part.group_of"),
            ("{name}", "c.name"),
            (
                "{names}",
                "join register.company c on c.tenant_id = $1 and c.company_id = part.group_of",
            ),
            ("{chosen}", include_str!("chosen.sql")),
            (
                "{of_chosen}",
                " and pool.company_id = any (array(select chosen.company_id from chosen))",
            ),
        ],
        Group::Vendor => [
            ("{group}", "coalesce(lower(pool.vendor), '')"),
            ("{key}", "part.group_of"),
            ("{id}", NO_ID),
            ("{name}", "part.vendor"),
            ("{names}", ""),
            ("{chosen}", ""),
            ("{of_chosen}", ""),
        ],
    };
    let sql = by
        .iter()
        .fold(include_str!("groups.sql").to_owned(), |sql, (part, by)| {
            sql.replace(part, by)
        });
    let mut statement = begin(&sql, about, &pools);
    statement.parameters.extend([
        parameter(pools.statuses),
        parameter(after.as_ref().map(|after| after.key.clone())),
        parameter(after.map(|after| after.id)),
        parameter(limit),
    ]);
    statement
}

/// How many pools stand how.
#[must_use]
pub fn summary(about: About<'_>, pools: &Pools) -> Statement {
    begin(include_str!("summary.sql"), about, pools)
}

/// With the parameters that all of them begin with.
fn begin(sql: &str, about: About<'_>, pools: &Pools) -> Statement {
    let mut sql = sql.to_owned();
    for pool in ["pool", "earlier", "own"] {
        let status = status(pool, "$4::bigint", "$5::bigint");
        let stale = include_str!("stale.sql").trim().replace("{pool}", pool);
        let holds = include_str!("holds.sql").trim().replace("{pool}", pool);
        for (name, part) in [("status", &status), ("stale", &stale), ("holds", &holds)] {
            sql = sql.replace(&format!("{{{name}:{pool}}}"), part);
        }
    }
    let sql = sql.replace("{statuses}", &words());
    let settings = about.settings;
    Statement {
        models: MODELS,
        sql: sql.into(),
        parameters: vec![
            parameter(about.tenant),
            parameter(about.sees),
            parameter(about.day),
            parameter(settings.min_spare_seats),
            parameter(settings.spare_ratio_percent),
            parameter(settings.stale_after_days),
            parameter(settings.typed_stale_after_days),
            parameter(pools.companies.clone()),
            parameter(pools.product_keys.clone()),
            parameter(pools.vendors.clone()),
        ],
        planned_anew: true,
    }
}

/// The statuses, the gravest first, as SQL has them.
fn words() -> String {
    let words = Status::ALL.iter().map(|(_, word)| format!("'{word}'"));
    words.collect::<Vec<_>>().join(", ")
}
