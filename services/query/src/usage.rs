//! How much of a license is used, and what a used seat costs.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use chrono::{Days, NaiveDate};
use domain::{access::Resource, ids::CompanyId, money::Amounts};
use read_models::{
    compliance::usage::{self, Part, Usage},
    query::Statement,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{
    extract::{Path, Query},
    problem::{Kind, Problem, Problems},
};

use crate::{
    money::{self, Amount},
    parameters::{Day, NewEnough},
    period::check_period,
    read::{Context, Reading},
    row::Columns,
};

/// Days that are looked at unless the query says: as many as vendors' audits commonly look at.
const DAYS: u64 = 90;

/// The use of a license over some days.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LicenseUsage {
    asset_id: Uuid,
    /// The first day.
    from: NaiveDate,
    /// The last day.
    to: NaiveDate,
    days: i64,
    /// The days on which it is known how many seats are in use: the others count neither for the peak nor for the
    /// average.
    days_known: i64,
    /// The most seats in use on a day.
    peak: Option<i64>,
    /// The first day of the peak.
    peak_on: Option<NaiveDate>,
    /// All spans of days with the peak.
    peak_days: Vec<PeakDays>,
    /// Seats in use on an average day.
    #[schema(example = "7.42")]
    average: Option<String>,
    /// Seats owned on an average day on which that is known.
    #[schema(example = "10")]
    owned_average: Option<String>,
    /// What it costs over these days: of a year's cost each day an equal part.
    cost: Vec<Amount>,
    /// That cost divided by the seats in use on an average day; nothing if none are.
    cost_per_used_seat: Vec<Amount>,
}

/// Days, both included.
#[derive(Debug, Serialize, ToSchema)]
struct PeakDays {
    from: NaiveDate,
    to: NaiveDate,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UsageQuery {
    /// The first day; 90 days up to the last one unless named.
    #[param(inline)]
    from: Option<Day>,
    /// The last day; today unless named.
    #[param(inline)]
    to: Option<Day>,
}

/// How much of a license is used from one day to another, both included. A token that is limited to companies sees
/// their part, also of a license that is allocated to them.
#[utoipa::path(get, path = "/v1/assets/{id}/usage", operation_id = "get_usage", tag = "Assets",
    params(("id" = Uuid, Path), UsageQuery, NewEnough),
    responses((status = OK, body = LicenseUsage), Problems), security(("token" = [])))]
pub(crate) async fn one(
    reading: Reading,
    Path(id): Path<Uuid>,
    Query(query): Query<UsageQuery>,
) -> Result<Response, Problem> {
    if let (Some(from), Some(to)) = (query.from, query.to) {
        check_period(from.0, to.0)?;
    }
    let answered = reading.ask(|asked| query.statement(asked, id)).await?;
    let (from, to) = query.period(&answered.context);
    let first = answered
        .rows
        .first()
        .ok_or_else(|| Problem::new(Kind::NotFound))?;
    let mut parts = Vec::new();
    for row in &answered.rows {
        // A row without a company says only that there is such an asset.
        if row.read::<Option<Uuid>>("company_id")?.is_some() {
            parts.extend(Part::of(row).map_err(|error| Problem::internal(&error))?);
        }
    }
    if parts.is_empty() {
        reading.may_read(Resource::Asset(CompanyId(first.read("owner_id")?)))?;
    }
    let usage = LicenseUsage::of(id, (from, to), &Usage::of(&parts, from, to));
    Ok((answered.entry, Json(usage)).into_response())
}

impl UsageQuery {
    fn period(&self, context: &Context) -> (NaiveDate, NaiveDate) {
        let from = self.from.map(|day| day.0);
        let to = self.to.map_or_else(
            || from.map_or(context.today, |from| from.max(context.today)),
            |day| day.0,
        );
        let usual = || to.checked_sub_days(Days::new(DAYS - 1)).unwrap_or(to);
        (from.unwrap_or_else(usual), to)
    }

    fn statement(&self, context: &Context, id: Uuid) -> Statement {
        let (from, to) = self.period(context);
        usage::usage(
            context.tenant,
            id,
            context.companies.clone(),
            from,
            to,
            context.today,
        )
    }
}

impl LicenseUsage {
    fn of(asset_id: Uuid, (from, to): (NaiveDate, NaiveDate), usage: &Usage) -> Self {
        let text = |average: Option<Decimal>| average.map(|average| average.to_string());
        let spans = usage.peak_days.iter();
        Self {
            asset_id,
            from,
            to,
            days: usage.days,
            days_known: usage.days_known,
            peak: usage.peak,
            peak_on: usage.peak_days.first().map(|(first, _)| *first),
            peak_days: spans.map(|&(from, to)| PeakDays { from, to }).collect(),
            average: text(usage.average),
            owned_average: text(usage.owned_average),
            cost: amounts(&usage.cost),
            cost_per_used_seat: amounts(&usage.cost_per_used_seat),
        }
    }
}

fn amounts(sums: &Amounts) -> Vec<Amount> {
    let amount = |sum: domain::money::Money| Amount {
        amount: money::text(sum.amount),
        currency: sum.currency.code().to_owned(),
    };
    sums.iter().map(amount).collect()
}
