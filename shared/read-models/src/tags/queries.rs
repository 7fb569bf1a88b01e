//! What may be asked of tags.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::query::{Statement, parameter};

/// A page of the tags that stand on something on a day, with on how many assets.
#[must_use]
pub fn tags(
    tenant: Uuid,
    sees: Option<Vec<Uuid>>,
    day: NaiveDate,
    companies: Option<Vec<Uuid>>,
    after: Option<String>,
    limit: i64,
) -> Statement {
    Statement {
        // The day is the tenant's, and its time zone stands in the register.
        models: &["tags", "register"],
        sql: include_str!("tags.sql").into(),
        parameters: vec![
            parameter(tenant),
            parameter(sees),
            parameter(day),
            parameter(companies),
            parameter(after),
            parameter(limit),
        ],
        planned_anew: true,
    }
}
