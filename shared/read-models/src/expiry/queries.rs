//! What may be asked of what ends when.

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, de::Error};
use uuid::Uuid;

use crate::{
    days::ALWAYS,
    query::{Statement, parameter},
};

/// Where a page ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AfterExpiry {
    /// The last row's deadline.
    #[serde(deserialize_with = "day_of_ours")]
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
}

/// A cursor may have been made by hand, with a day before all that the database knows.
fn day_of_ours<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    let day = NaiveDate::deserialize(deserializer)?;
    match day >= ALWAYS {
        true => Ok(day),
        false => Err(D::Error::custom("no day of a deadline")),
    }
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
        ],
        planned_anew: true,
    }
}
