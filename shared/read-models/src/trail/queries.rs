//! What may be asked of the audit trail.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::query::{Statement, parameter};

/// Which entries; none of a kind means all.
#[derive(Debug, Clone, Default)]
pub struct Entries {
    /// Done by whom: ids of people or names of integrations.
    pub actors: Option<Vec<String>>,
    /// About which companies.
    pub companies: Option<Vec<Uuid>>,
    /// About which assets.
    pub assets: Option<Vec<Uuid>>,
    /// What happened.
    pub types: Option<Vec<String>>,
    /// Recorded at this time or later.
    pub from: Option<DateTime<Utc>>,
    /// Recorded before this time.
    pub before: Option<DateTime<Utc>>,
    /// With this in the type or the reason, whatever the case.
    pub search: Option<String>,
}

/// A page of the trail, the last first.
#[must_use]
pub fn entries(
    tenant: Uuid,
    sees: Option<Vec<Uuid>>,
    entries: Entries,
    after: Option<i64>,
    limit: i64,
) -> Statement {
    Statement {
        // Days are the tenant's, and its time zone stands in the register.
        models: &["trail", "register"],
        sql: include_str!("entries.sql").into(),
        parameters: vec![
            parameter(tenant),
            parameter(sees),
            parameter(entries.actors),
            parameter(entries.companies),
            parameter(entries.assets),
            parameter(entries.types),
            parameter(entries.from),
            parameter(entries.before),
            parameter(entries.search),
            parameter(after),
            parameter(limit),
        ],
        planned_anew: true,
    }
}

/// A page of all that happened to one asset, in the order in which it was recorded. Its rows tell the asset's
/// company of the day, to be asked whether the token may see it; without an entry there is nothing more.
#[must_use]
pub fn timeline(
    tenant: Uuid,
    asset: Uuid,
    sees: Option<Vec<Uuid>>,
    day: NaiveDate,
    after: Option<i64>,
    limit: i64,
) -> Statement {
    Statement {
        models: &["trail", "register"],
        sql: include_str!("timeline.sql").into(),
        parameters: vec![
            parameter(tenant),
            parameter(asset),
            parameter(sees),
            parameter(day),
            parameter(after),
            parameter(limit),
        ],
        planned_anew: false,
    }
}
