//! What the rules should look at again: read models *propose*, the ledger decides.
//!
//! All answers are supersets of what may have changed; a review that finds nothing new records nothing. Rows are read
//! by [`Candidate::of`] into what [`domain::command::Command::ReviewAlerts`] takes.
//!
//! An answer is only as good as the models are new. [`ask`](crate::query::ask) tells, before it reads a row, the entry
//! that *all* the models of the statement ([`MODELS`]) have reached: rows are never older than
//! [`Answer::entry`](crate::query::Answer::entry) says. Whoever must not miss an entry asks until it is at least that
//! one, first without rows (`ask(client, tenant, &statement, false)`), which costs next to nothing, and gives up at
//! [`Answer::halted_at`](crate::query::Answer::halted_at). [`reached`] is a statement for that alone.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    alert::{Cause, EXPIRED_FOR_DAYS, REVIEWED_LICENSES_MAX},
    asset_type::Metric,
    command::Review,
    compliance::PoolKey,
    ids::{AlertId, AssetId, CompanyId, TokenId},
    product::ProductKey,
};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::query::{Parameter, Statement, parameter};

/// The models that reviews are proposed from.
pub const MODELS: &[&str] = &["compliance", "expiry", "alerts", "register"];

/// How many pools a page may have at most: each comes with the ids of up to [`REVIEWED_LICENSES_MAX`] licenses, 16 bytes
/// each.
pub const POOLS_MAX: i64 = 500;

/// Something to be reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What. Licenses come those first that are in the pool still.
    pub of: Review,
    /// It has more licenses than can be reviewed in one decision: those that left it long ago are missing, or, if none
    /// did, it can't be judged.
    pub is_too_large: bool,
}

/// Where a page of pools ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterPool {
    /// Whose the last one is.
    pub company_id: Uuid,
    /// Of which product.
    pub product_key: String,
    /// Counted how.
    pub metric: String,
}

/// An alert whose time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Which. Where a page ends.
    pub alert: AlertId,
    /// For what. [`Cause::ByHand`] is not reviewed: it wakes by
    /// [`SnoozeAlert`](domain::command::Command::SnoozeAlert) without a day.
    pub cause: Cause,
    /// What to review. Several alerts may be of one pool.
    pub candidate: Candidate,
}

/// When something becomes due by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NextDue {
    /// When the next pending alert is raised that is not overdue.
    pub due_at: Option<DateTime<Utc>>,
    /// The last day for which the next one is put off: it wakes on the day after.
    pub snoozed_until: Option<NaiveDate>,
}

impl Candidate {
    /// Reads a row of [`of_assets`], [`pools_due`], [`assets_due`], [`tokens_due`] or [`due`].
    ///
    /// # Errors
    /// If the row is of another statement.
    pub fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let mut licenses: Vec<AssetId> = row
            .try_get::<_, Vec<Uuid>>("asset_ids")?
            .into_iter()
            .map(AssetId)
            .collect();
        let is_too_large = licenses.len() > REVIEWED_LICENSES_MAX;
        licenses.truncate(REVIEWED_LICENSES_MAX);
        let pool = pool_key(row)?;
        let token: Option<Uuid> = row.try_get("token_id")?;
        let of = match (pool, token, licenses.first()) {
            (Some(key), _, _) => Review::Pool { key, licenses },
            (None, Some(token), _) => Review::Token(TokenId(token)),
            (None, None, asset) => Review::Asset(asset.copied().unwrap_or(AssetId(Uuid::nil()))),
        };
        Ok(Self { of, is_too_large })
    }
}

fn pool_key(row: &Row) -> Result<Option<PoolKey>, tokio_postgres::Error> {
    let company: Option<Uuid> = row.try_get("company_id")?;
    let product: Option<String> = row.try_get("product_key")?;
    let metric: Option<&str> = row.try_get("metric")?;
    let key = |(company, (product, metric))| PoolKey {
        company: CompanyId(company),
        product: ProductKey(product),
        metric,
    };
    let metric = metric.and_then(Metric::parse);
    Ok(company.zip(product.zip(metric)).map(key))
}

impl AfterPool {
    /// Where a page ended whose last row this is.
    ///
    /// # Errors
    /// If the row is not of [`pools_due`].
    pub fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            company_id: row.try_get("company_id")?,
            product_key: row.try_get("product_key")?,
            metric: row.try_get("metric")?,
        })
    }
}

impl Due {
    /// Reads a row of [`due`].
    ///
    /// # Errors
    /// If the row is of another statement.
    pub fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            alert: AlertId(row.try_get("alert_id")?),
            // The model writes no other words.
            cause: Cause::parse(row.try_get("cause")?).unwrap_or(Cause::ByHand),
            candidate: Candidate::of(row)?,
        })
    }
}

impl NextDue {
    /// Reads the row of [`next_due`].
    ///
    /// # Errors
    /// If the row is of another statement.
    pub fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            due_at: row.try_get("due_at")?,
            snoozed_until: row.try_get("snoozed_until")?,
        })
    }
}

/// What assets that something happened to are part of: the pools that they are or were in on any day, also those that
/// they left if somebody was told of them; and those that are no licenses by themselves. A pool that was left by a change
/// of the product, and that nobody was told of, is found by [`pools_due`]. Not paged: give a few hundred assets at most.
#[must_use]
pub fn of_assets(tenant: Uuid, assets: Vec<Uuid>) -> Statement {
    statement(
        include_str!("of_assets.sql"),
        "pool",
        vec![parameter(tenant), parameter(assets)],
    )
}

/// A page of the pools that may stand otherwise today though nothing happened: short, to be trued up, with spare or few
/// free seats, with an end, a deadline or maintenance near or lately past, or with an alert. `everything` asks for all
/// that have licenses today: after a change of a policy, a type or the catalog. `limit` is at most [`POOLS_MAX`].
#[must_use]
pub fn pools_due(
    tenant: Uuid,
    today: NaiveDate,
    everything: bool,
    after: Option<&AfterPool>,
    limit: i64,
) -> Statement {
    statement(
        include_str!("pools_due.sql"),
        "page",
        vec![
            parameter(tenant),
            parameter(today),
            parameter(everything),
            parameter(after.map(|after| after.company_id)),
            parameter(after.map(|after| after.product_key.clone())),
            parameter(after.map(|after| after.metric.clone())),
            parameter(limit.min(POOLS_MAX)),
        ],
    )
}

/// The same of assets that are in no pool, by their ids: of the last row's candidate a page ends at its asset.
#[must_use]
pub fn assets_due(
    tenant: Uuid,
    today: NaiveDate,
    everything: bool,
    after: Option<AssetId>,
    limit: i64,
) -> Statement {
    statement(
        include_str!("assets_due.sql"),
        "x",
        vec![
            parameter(tenant),
            parameter(today),
            parameter(everything),
            parameter(after.map(|after| after.0)),
            parameter(limit),
        ],
    )
}

/// A page of the tokens that there is an alert about, by their ids: what was refused is forgotten after a day.
#[must_use]
pub fn tokens_due(tenant: Uuid, after: Option<TokenId>, limit: i64) -> Statement {
    statement(
        include_str!("tokens_due.sql"),
        "x",
        vec![
            parameter(tenant),
            parameter(after.map(|after| after.0)),
            parameter(limit),
        ],
    )
}

/// A page of the alerts whose time has come, by their ids: pending ones to be raised or dropped, and those that are put
/// off no longer. Rows are read by [`Due::of`].
#[must_use]
pub fn due(
    tenant: Uuid,
    now: DateTime<Utc>,
    today: NaiveDate,
    after: Option<AlertId>,
    limit: i64,
) -> Statement {
    statement(
        include_str!("due.sql"),
        "pool",
        vec![
            parameter(tenant),
            parameter(now),
            parameter(today),
            parameter(after.map(|after| after.0)),
            parameter(limit.min(POOLS_MAX)),
        ],
    )
}

/// When [`due`] has something next, after `now`: one row, read by [`NextDue::of`].
#[must_use]
pub fn next_due(tenant: Uuid, now: DateTime<Utc>) -> Statement {
    statement(
        include_str!("next_due.sql"),
        "x",
        vec![parameter(tenant), parameter(now)],
    )
}

/// For [`ask`](crate::query::ask) without rows: how far all the models are that reviews are proposed from.
#[must_use]
pub fn reached() -> Statement {
    statement("select", "x", Vec::new())
}

/// `pool` is what the statement calls the row whose licenses are told.
fn statement(sql: &str, pool: &str, parameters: Vec<Parameter>) -> Statement {
    let licenses = include_str!("licenses.sql")
        .replace("{pool}", pool)
        .replace("{licenses_max}", &REVIEWED_LICENSES_MAX.to_string());
    let ends = include_str!("ends.sql").replace("{expired_days}", &EXPIRED_FOR_DAYS.to_string());
    let sql = sql
        .replace("{rules}", include_str!("rules.sql").trim_end())
        .replace("{ends}", ends.trim_end())
        .replace("{licenses}", licenses.trim_end());
    Statement {
        models: MODELS,
        sql: sql.into(),
        parameters,
        planned_anew: true,
    }
}
