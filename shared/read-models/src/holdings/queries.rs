//! What may be asked of what is held of licenses.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::query::{Statement, parameter};

/// One asset's, as a token sees it. Rows tell the asset's company of the day as `owner_id`, to be asked whether the
/// token may see it; a row without the id of what is asked for says only that there is such an asset.
#[derive(Debug, Clone)]
pub struct OfAsset {
    /// The tenant.
    pub tenant: Uuid,
    /// The asset.
    pub asset: Uuid,
    /// The companies that the token sees, if not all.
    pub sees: Option<Vec<Uuid>>,
    /// The day.
    pub day: NaiveDate,
}

/// Where a page of one license's assignments ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AfterAssignment {
    /// The first day of the last one.
    pub from_day: NaiveDate,
    /// The last one.
    pub assignment_id: Uuid,
}

/// Where a page of allocations ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AfterAllocation {
    /// Of the last one.
    pub company_id: Uuid,
    /// The last one's first day.
    pub from_day: NaiveDate,
}

/// Which assignments, across licenses; none of a kind means all.
#[derive(Debug, Clone)]
pub struct Assignments {
    /// The tenant.
    pub tenant: Uuid,
    /// The companies that the token sees, if not all.
    pub sees: Option<Vec<Uuid>>,
    /// That hold on this day.
    pub held_on: Option<NaiveDate>,
    /// Of these users or devices.
    pub holders: Option<Vec<Uuid>>,
    /// Of these companies' seats.
    pub companies: Option<Vec<Uuid>>,
    /// Of these licenses.
    pub assets: Option<Vec<Uuid>>,
}

/// Where a page of assignments across licenses ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AfterHeld {
    /// The license of the last one.
    pub asset_id: Uuid,
    /// The last one.
    pub assignment_id: Uuid,
}

/// A page of purchases in the order in which they were recorded, each with its seats of the day.
#[must_use]
pub fn purchases(of: OfAsset, after: Option<i32>, limit: i64) -> Statement {
    let mut statement = begin(include_str!("purchases.sql"), of);
    statement
        .parameters
        .extend([parameter(after), parameter(limit)]);
    statement
}

/// A page of assignments by first day, those that hold on a day only if one is given.
#[must_use]
pub fn assignments_of_asset(
    of: OfAsset,
    held_on: Option<NaiveDate>,
    after: Option<&AfterAssignment>,
    limit: i64,
) -> Statement {
    let mut statement = begin(include_str!("assignments_of_asset.sql"), of);
    statement.parameters.extend([
        parameter(held_on),
        parameter(after.map(|after| after.from_day)),
        parameter(after.map(|after| after.assignment_id)),
        parameter(limit),
    ]);
    statement
}

/// A page of the days on which other companies have seats, by company.
#[must_use]
pub fn allocations(of: OfAsset, after: Option<&AfterAllocation>, limit: i64) -> Statement {
    let mut statement = begin(include_str!("allocations.sql"), of);
    statement.parameters.extend([
        parameter(after.map(|after| after.company_id)),
        parameter(after.map(|after| after.from_day)),
        parameter(limit),
    ]);
    statement
}

/// A page of keys beside those in fields, by their secrets.
#[must_use]
pub fn keys(of: OfAsset, after: Option<Uuid>, limit: i64) -> Statement {
    let mut statement = begin(include_str!("keys.sql"), of);
    statement
        .parameters
        .extend([parameter(after), parameter(limit)]);
    statement
}

/// A page of what is decided for the ends of terms, in their order.
#[must_use]
pub fn renewals(of: OfAsset, after: Option<NaiveDate>, limit: i64) -> Statement {
    let mut statement = begin(include_str!("renewals.sql"), of);
    statement
        .parameters
        .extend([parameter(after), parameter(limit)]);
    statement
}

/// A page of assignments across licenses: all seats of a user, or of a company.
#[must_use]
pub fn assignments(which: Assignments, after: Option<&AfterHeld>, limit: i64) -> Statement {
    Statement {
        models: &["holdings", "register"],
        sql: include_str!("assignments.sql").into(),
        parameters: vec![
            parameter(which.tenant),
            parameter(which.sees),
            parameter(which.held_on),
            parameter(which.holders),
            parameter(which.companies),
            parameter(which.assets),
            parameter(after.map(|after| after.asset_id)),
            parameter(after.map(|after| after.assignment_id)),
            parameter(limit),
        ],
        planned_anew: true,
    }
}

fn begin(sql: &'static str, of: OfAsset) -> Statement {
    Statement {
        models: &["holdings", "register"],
        sql: sql.into(),
        parameters: vec![
            parameter(of.tenant),
            parameter(of.asset),
            parameter(of.sees),
            parameter(of.day),
        ],
        planned_anew: false,
    }
}
