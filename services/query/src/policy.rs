//! What the account has decided about thresholds, reminders and its calendar.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use domain::access::Resource;
use read_models::register::queries;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio_postgres::types::Json as PgJson;
use utoipa::ToSchema;
use web::{
    headers::ETag,
    problem::{Problem, Problems},
};

use crate::{parameters::NewEnough, read::Reading, row::Columns};

/// The policy in force, with the defaults where nothing is set.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Policy {
    /// The MSP's name.
    account_name: String,
    /// The calendar on which days begin and end.
    #[schema(example = "America/New_York")]
    time_zone: String,
    /// The currency of bare amounts.
    #[schema(example = "USD")]
    currency: String,
    /// Fewer spare seats than this are never worth a finding.
    min_spare_seats: i64,
    /// Per cent of the owned seats that must be spare before a pool is over-licensed.
    spare_ratio_percent: i64,
    /// Days after which a count that another system reported is stale.
    stale_after_days: i32,
    /// Days after which a count that a person typed is stale; never if null.
    typed_stale_after_days: Option<i32>,
    /// Days before a deadline at which it is brought to mind, longest first.
    lead_days: Vec<i32>,
    /// A shortage is told when it has lasted so many hours.
    shortage_after_hours: i32,
    /// A surplus is told when it has lasted so many days.
    surplus_after_days: i32,
    /// Fewer free seats than this are told; never if null.
    min_free_seats: Option<i64>,
    /// Kinds of alerts that are never told.
    #[schema(example = json!(["maintenance_ending"]))]
    muted: Vec<String>,
    /// Hours in which nobody is disturbed; none if null.
    #[schema(value_type = Option<QuietHours>)]
    quiet_hours: Option<PgJson<Box<RawValue>>>,
    /// 0 until it is set for the first time.
    version: i32,
    /// The ledger's entry that changed it last.
    entry: i64,
    updated_at: DateTime<Utc>,
}

/// Hours in which nobody is disturbed.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "only described; the read model keeps it as JSON")]
struct QuietHours {
    /// The first minute, on the account's clock.
    #[schema(example = "20:00")]
    from: String,
    /// The first minute in which things are told again.
    #[schema(example = "07:00")]
    until: String,
    /// Whether Saturdays and Sundays are quiet throughout.
    weekends: bool,
}

/// The policy.
#[utoipa::path(get, path = "/v1/policy", operation_id = "get_policy", tag = "Policy", params(NewEnough),
    responses((status = OK, body = Policy, headers(("ETag" = String, description = "Its version, once it is set."))), Problems),
    security(("token" = [])))]
pub(crate) async fn one(reading: Reading) -> Result<Response, Problem> {
    reading.may_read(Resource::Policy)?;
    let (row, answered) = reading
        .ask_one(|asked| queries::policy(asked.tenant))
        .await?;
    let policy = Policy {
        account_name: row.read("tenant_name")?,
        time_zone: row.read("time_zone")?,
        currency: row.read("currency")?,
        min_spare_seats: row.read("min_spare_seats")?,
        spare_ratio_percent: row.read("spare_ratio_percent")?,
        stale_after_days: row.read("stale_after_days")?,
        typed_stale_after_days: row.read("typed_stale_after_days")?,
        lead_days: row.read("lead_days")?,
        shortage_after_hours: row.read("shortage_after_hours")?,
        surplus_after_days: row.read("surplus_after_days")?,
        min_free_seats: row.read("min_free_seats")?,
        muted: row.read("muted")?,
        quiet_hours: row.read("quiet_hours")?,
        version: row.read("version")?,
        entry: row.read("entry")?,
        updated_at: row.read("updated_at")?,
    };
    let version = policy.version;
    let answer = (answered.entry, Json(policy));
    // Nothing can be compared with what was never set.
    Ok(if version > 0 {
        (ETag(version), answer).into_response()
    } else {
        answer.into_response()
    })
}
