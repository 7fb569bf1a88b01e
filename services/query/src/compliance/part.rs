use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::money::{Amount, Sums, amounts};

/// A license's part in a pool.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PoolLicense {
    pub(super) asset_id: Uuid,
    name: String,
    /// Whether the seats are another company's, allocated to this one.
    allocated: bool,
    /// None if it is not known.
    owned: Option<i64>,
    /// None if it is not known.
    in_use: Option<i64>,
    /// `owned` less `in_use`; none if one of them is not known.
    difference: Option<i64>,
    /// Whose count is `in_use`: `typed`, `named` or `synced`.
    source: String,
    /// The day for which it was counted; none of assignments, which are what they are.
    counted_on: Option<NaiveDate>,
    counts: Counts,
    /// Whether its term runs.
    in_force: bool,
    /// Seats that may be given back on the asked day.
    reducible: i64,
    annual_cost: Vec<Amount>,
    /// The last day of its term.
    pub(super) expiry_date: Option<NaiveDate>,
}

/// What each source says; none where it never counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SeatCounts)]
pub(crate) struct Counts {
    /// As a person typed it.
    pub(crate) typed: Option<i64>,
    /// The assignments in force.
    pub(crate) named: Option<i64>,
    /// As a portal or an agent reported it.
    pub(crate) synced: Option<i64>,
}

/// A license's part, as the database tells it.
#[derive(Deserialize)]
pub(super) struct StoredLicense {
    asset_id: Uuid,
    name: String,
    allocated: bool,
    owned: Option<i64>,
    in_use: Option<i64>,
    difference: Option<i64>,
    source: String,
    counted_on: Option<NaiveDate>,
    typed: Option<i64>,
    named: Option<i64>,
    synced: Option<i64>,
    in_force: bool,
    reducible: i64,
    annual_cost: Sums,
}

impl PoolLicense {
    /// Without its end, which another question tells.
    pub(super) fn of(stored: StoredLicense) -> Self {
        Self {
            asset_id: stored.asset_id,
            name: stored.name,
            allocated: stored.allocated,
            owned: stored.owned,
            in_use: stored.in_use,
            difference: stored.difference,
            source: stored.source,
            counted_on: stored.counted_on,
            counts: Counts {
                typed: stored.typed,
                named: stored.named,
                synced: stored.synced,
            },
            in_force: stored.in_force,
            reducible: stored.reducible,
            annual_cost: amounts(stored.annual_cost),
            expiry_date: None,
        }
    }
}
