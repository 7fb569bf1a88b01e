//! What may be asked of what ends when.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    days,
    query::{Statement, parameter},
};

/// Where a page ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AfterExpiry {
    /// The last row's deadline.
    #[serde(deserialize_with = "days::of_ours")]
    pub deadline: NaiveDate,
    /// The last row's asset.
    pub asset_id: Uuid,
}

/// Which ends.
#[derive(Debug, Clone)]
pub struct Expiries {
    /// The tenant.
    pub tenant: Uuid,
    /// The companies that the token sees, if not all.
    pub sees: Option<Vec<Uuid>>,
    /// The day they are seen from.
    pub day: NaiveDate,
    /// Of these companies only.
    pub companies: Option<Vec<Uuid>>,
    /// Whose deadline is at most so many days ahead, or past.
    pub within_days: Option<i32>,
    /// Only those of which the deadline or the end is on this day or later.
    pub not_before: Option<NaiveDate>,
}

/// A page of what ends, the nearest deadline first.
#[must_use]
pub fn expiries(expiries: Expiries, after: Option<&AfterExpiry>, limit: i64) -> Statement {
    Statement {
        models: &["expiry", "register"],
        sql: include_str!("expiries.sql").into(),
        parameters: vec![
            parameter(expiries.tenant),
            parameter(expiries.sees),
            parameter(expiries.day),
            parameter(expiries.companies),
            parameter(expiries.within_days),
            parameter(after.map(|after| after.deadline)),
            parameter(after.map(|after| after.asset_id)),
            parameter(limit),
            parameter(expiries.not_before),
        ],
        planned_anew: true,
    }
}
