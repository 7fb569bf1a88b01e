//! What may be asked of the history of seats.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::query::{Statement, parameter};

/// A page of the changes of one asset's seats, in the order in which they were recorded. Its rows tell the
/// asset's company of the day, to be asked whether the token may see it; without an entry there is no change.
#[must_use]
pub fn history(
    tenant: Uuid,
    asset: Uuid,
    sees: Option<Vec<Uuid>>,
    day: NaiveDate,
    after: Option<i64>,
    limit: i64,
) -> Statement {
    Statement {
        models: &["seats", "register"],
        sql: include_str!("history.sql").into(),
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
