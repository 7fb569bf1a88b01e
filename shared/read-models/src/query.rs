//! Asking the read models: one question of one tenant in one round trip.
//!
//! The rooms' `queries.rs` make a [`Statement`] of a question; [`ask`] runs it as *query*, the role that sees
//! the one tenant that its transaction names.

use std::borrow::Cow;

use deadpool_postgres::{Object, PoolError};
use futures_util::future::join4;
use tokio_postgres::{Row, error::SqlState, types::ToSql};
use uuid::Uuid;

/// What the database is told of one value.
pub type Parameter = Box<dyn ToSql + Sync + Send>;

/// A question to the read models.
pub struct Statement {
    /// The models that it reads: the answer is as new as the one that is furthest behind.
    pub models: &'static [&'static str],
    /// From one of the rooms' `.sql` files; never holds text of a client.
    pub sql: Cow<'static, str>,
    /// Its parameters, in order.
    pub parameters: Vec<Parameter>,
    /// Whether many of its parameters may be null, each standing for a filter that is not set: then a plan
    /// for all of them is a bad plan for most, and it is planned for each question.
    pub planned_anew: bool,
}

/// What the database said.
pub struct Answer {
    /// The rows; none if they were not asked for.
    pub rows: Vec<Row>,
    /// The entry that all the models have reached, at least: they may be further already.
    pub entry: i64,
    /// The least entry at which one of the models has stopped for good, if one has.
    pub halted_at: Option<i64>,
    /// The tenant's settings at the same time.
    pub settings: Settings,
}

/// What the tenant has settled that questions depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The IANA time zone of its calendar.
    pub time_zone: String,
    /// See [`domain::policy::Policy::min_spare_seats`].
    pub min_spare_seats: i64,
    /// See [`domain::policy::Policy::spare_ratio_percent`].
    pub spare_ratio_percent: i64,
    /// See [`domain::policy::Policy::stale_after_days`].
    pub stale_after_days: i32,
    /// See [`domain::policy::Policy::typed_stale_after_days`].
    pub typed_stale_after_days: Option<i32>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No connection could be had.
    #[error("no connection to the read models")]
    Connect(#[source] PoolError),
    /// The statement failed.
    #[error("cannot ask the read models")]
    Query(#[source] tokio_postgres::Error),
}

impl Default for Settings {
    fn default() -> Self {
        let policy = domain::policy::Policy::default();
        Self {
            time_zone: "UTC".to_owned(),
            min_spare_seats: policy.min_spare_seats,
            spare_ratio_percent: policy.spare_ratio_percent,
            stale_after_days: days(policy.stale_after_days),
            typed_stale_after_days: policy.typed_stale_after_days.map(days),
        }
    }
}

fn days(days: u32) -> i32 {
    i32::try_from(days).unwrap_or(i32::MAX)
}

/// Any value as a parameter.
pub fn parameter<T: ToSql + Sync + Send + 'static>(value: T) -> Parameter {
    Box::new(value)
}

/// Asks in a transaction that sees one tenant. All messages leave at once: it is one round trip, and a caller
/// that goes away can't leave the transaction open. Without `rows` only how far the models are.
///
/// # Errors
/// If the database can't be reached or refuses.
pub async fn ask(
    client: &Object,
    tenant: Uuid,
    statement: &Statement,
    rows: bool,
) -> Result<Answer, AskError> {
    match attempt(client, tenant, statement, rows).await {
        // A rebuilt model has taken the old one's place, with other columns than the statement was prepared
        // for: prepared again it is right, and was not run before.
        Err(error) if error.code() == Some(&SqlState::FEATURE_NOT_SUPPORTED) => {
            client.statement_cache.clear();
            attempt(client, tenant, statement, rows).await
        }
        other => other,
    }
    .map_err(AskError::Query)
}

async fn attempt(
    client: &Object,
    tenant: Uuid,
    statement: &Statement,
    rows: bool,
) -> Result<Answer, tokio_postgres::Error> {
    let begin = client
        .prepare_cached(include_str!("query/begin.sql"))
        .await?;
    let standing = client
        .prepare_cached(include_str!("query/standing.sql"))
        .await?;
    let question = match rows {
        true => Some(client.prepare_cached(&statement.sql).await?),
        false => None,
    };
    let tenant_text = tenant.to_string();
    let plan = if statement.planned_anew {
        "force_custom_plan"
    } else {
        "auto"
    };
    let begin_parameters: [&(dyn ToSql + Sync); 2] = [&tenant_text, &plan];
    let standing_parameters: [&(dyn ToSql + Sync); 2] = [&tenant, &statement.models];
    let parameters: Vec<&(dyn ToSql + Sync)> = statement
        .parameters
        .iter()
        .map(|parameter| parameter.as_ref() as &(dyn ToSql + Sync))
        .collect();
    // The standing comes first and each statement sees what is committed when it begins: so the rows are
    // never older than the standing says.
    let (begun, standing, rows, ended) = join4(
        async {
            let begun = client.batch_execute("begin read only");
            let (begun, set) =
                futures_util::future::join(begun, client.execute(&begin, &begin_parameters)).await;
            begun.and(set)
        },
        client.query_one(&standing, &standing_parameters),
        async {
            match &question {
                Some(question) => client.query(question, &parameters).await,
                None => Ok(Vec::new()),
            }
        },
        client.batch_execute("commit"),
    )
    .await;
    begun?;
    let standing = standing?;
    let rows = rows?;
    ended?;
    Ok(Answer {
        rows,
        entry: standing.try_get(0)?,
        halted_at: standing.try_get(1)?,
        settings: settings(&standing)?,
    })
}

fn settings(row: &Row) -> Result<Settings, tokio_postgres::Error> {
    let Some(time_zone) = row.try_get(2)? else {
        return Ok(Settings::default());
    };
    Ok(Settings {
        time_zone,
        min_spare_seats: row.try_get(3)?,
        spare_ratio_percent: row.try_get(4)?,
        stale_after_days: row.try_get(5)?,
        typed_stale_after_days: row.try_get(6)?,
    })
}
