//! `/v1/policy`.

use chrono::NaiveTime;
use domain::{
    Command, Violations, alert::QuietHours, calendar::parse_zone, money::Currency, policy::Policy,
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{
    extract::RawJson,
    problem::{Problem, Problems},
};

use crate::{
    alert_policies::{count, kinds},
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
    /// A shortage is told when it has lasted so many hours; 24 unless set.
    #[schema(minimum = 0, maximum = 2160)]
    shortage_after_hours: Option<i64>,
    /// A surplus is told when it has lasted so many days; 30 unless set.
    #[schema(minimum = 0, maximum = 730)]
    surplus_after_days: Option<i64>,
    /// Fewer free seats than this are told; never unless set.
    #[schema(minimum = 0, maximum = 1_000_000)]
    min_free_seats: Option<i64>,
    /// Kinds of alerts that are never told.
    #[serde(default)]
    #[schema(example = json!(["maintenance_ending"]))]
    muted: Vec<String>,
    /// Hours in which nobody is disturbed: what is found is recorded all the same, and told afterwards.
    quiet_hours: Option<NewQuietHours>,
    /// An IANA time zone in place of the one that the account was opened with.
    #[schema(example = "America/New_York")]
    time_zone: Option<String>,
    /// An ISO 4217 code in place of the one that the account was opened with.
    #[schema(example = "USD")]
    currency: Option<String>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// Hours in which nobody is disturbed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewQuietHours {
    /// The first minute, on the account's clock.
    #[schema(example = "20:00")]
    from: String,
    /// The first minute in which things are told again: of the next day, if it is not after `from`.
    #[schema(example = "07:00")]
    until: String,
    /// Whether Saturdays and Sundays are quiet throughout.
    #[serde(default)]
    weekends: bool,
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
        shortage_after_hours,
        surplus_after_days,
        min_free_seats,
        muted,
        quiet_hours,
        time_zone,
        currency,
        reason,
    } = body.value;
    let mut found = Violations::default();
    let muted = kinds("muted", &muted, &mut found);
    let quiet_hours = quiet_hours.and_then(|hours| hours.read(&mut found));
    let time_zone = time_zone.and_then(|zone| found.keep("time_zone", parse_zone(zone.trim())));
    let currency = currency.and_then(|code| found.keep("currency", Currency::parse(code.trim())));
    let default = Policy::default();
    let policy = Policy {
        min_spare_seats: min_spare_seats.unwrap_or(default.min_spare_seats),
        spare_ratio_percent: spare_ratio_percent.unwrap_or(default.spare_ratio_percent),
        stale_after_days: stale_after_days.map_or(default.stale_after_days, days),
        typed_stale_after_days: typed_stale_after_days.map(days),
        lead_days: lead_days.unwrap_or(default.lead_days),
        shortage_after_hours: shortage_after_hours.map_or(default.shortage_after_hours, count),
        surplus_after_days: surplus_after_days.map_or(default.surplus_after_days, count),
        min_free_seats,
        muted,
        quiet_hours,
        time_zone,
        currency,
    };
    found.check().map_err(refused)?;
    call.submit(&body.bytes, reason, Command::SetPolicy { policy })
        .await
}

impl NewQuietHours {
    fn read(&self, found: &mut Violations) -> Option<QuietHours> {
        let from = minute("quiet_hours.from", &self.from, found);
        let until = minute("quiet_hours.until", &self.until, found);
        let (from, until) = (from?, until?);
        if from == until && !self.weekends {
            let message = "must be another minute than `from`, or nothing is ever quiet";
            found.add("quiet_hours.until", message);
        }
        Some(QuietHours {
            from,
            until,
            weekends: self.weekends,
        })
    }
}

fn minute(field: &str, given: &str, found: &mut Violations) -> Option<NaiveTime> {
    let minute = NaiveTime::parse_from_str(given.trim(), "%H:%M").ok();
    if minute.is_none() {
        let shown: String = given.chars().take(20).collect();
        found.add(
            field,
            format!("{shown:?} is no time of day: write it as 20:00"),
        );
    }
    minute
}

/// What does not fit is 0, which the policy refuses like everything else outside its range.
fn days(given: i64) -> u32 {
    u32::try_from(given).unwrap_or(0)
}
