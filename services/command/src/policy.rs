//! `/v1/policy`.

use domain::{Command, Violations, calendar::parse_zone, money::Currency, policy::Policy};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{
    extract::RawJson,
    problem::{Problem, Problems},
};

use crate::{
    answer::{Answer, Done},
    call::{Call, WriteHeaders},
    errors::refused,
    state::State,
};

pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(set_policy))
}

/// The whole policy. What is left out has its default.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPolicy {
    /// Fewer spare seats than this are never worth a finding; 2 unless set.
    #[schema(minimum = 0, maximum = 1_000_000)]
    min_spare_seats: Option<i64>,
    /// Per cent of the owned seats that must be spare before a pool is over-licensed; 20 unless set.
    #[schema(minimum = 0, maximum = 100)]
    spare_ratio_percent: Option<i64>,
    /// Days after which a count that another system reported is stale; 35 unless set.
    #[schema(minimum = 1, maximum = 3_650)]
    stale_after_days: Option<i64>,
    /// Days after which a count that a person typed is stale; never unless set.
    #[schema(minimum = 1, maximum = 3_650)]
    typed_stale_after_days: Option<i64>,
    /// Days before a deadline at which it is brought to mind; 60 unless set.
    #[schema(example = json!([90, 60, 30]))]
    lead_days: Option<Vec<u32>>,
    /// An IANA time zone in place of the one that the account was opened with.
    #[schema(example = "America/New_York")]
    time_zone: Option<String>,
    /// An ISO 4217 code in place of the one that the account was opened with.
    #[schema(example = "USD")]
    currency: Option<String>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// Set the policy.
#[utoipa::path(
    put,
    path = "/v1/policy",
    tag = "Policy",
    params(WriteHeaders),
    request_body = NewPolicy,
    responses((status = 200, description = "Set.", body = Answer), Problems),
    security(("token" = []))
)]
async fn set_policy(call: Call, body: RawJson<NewPolicy>) -> Result<Done, Problem> {
    let NewPolicy {
        min_spare_seats,
        spare_ratio_percent,
        stale_after_days,
        typed_stale_after_days,
        lead_days,
        time_zone,
        currency,
        reason,
    } = body.value;
    let mut found = Violations::default();
    let time_zone = time_zone.and_then(|zone| found.keep("time_zone", parse_zone(zone.trim())));
    let currency = currency.and_then(|code| found.keep("currency", Currency::parse(code.trim())));
    let default = Policy::default();
    let policy = Policy {
        min_spare_seats: min_spare_seats.unwrap_or(default.min_spare_seats),
        spare_ratio_percent: spare_ratio_percent.unwrap_or(default.spare_ratio_percent),
        stale_after_days: stale_after_days.map_or(default.stale_after_days, days),
        typed_stale_after_days: typed_stale_after_days.map(days),
        lead_days: lead_days.unwrap_or_else(|| default.lead_days.clone()),
        time_zone,
        currency,
        ..Policy::default()
    };
    found.check().map_err(refused)?;
    call.submit(&body.bytes, reason, Command::SetPolicy { policy })
        .await
}

/// What does not fit is 0, which the policy refuses like everything else outside its range.
fn days(given: i64) -> u32 {
    u32::try_from(given).unwrap_or(0)
}
