//! How much of a license is used over some days.

use chrono::{Datelike, NaiveDate};
use domain::{
    money::{Amounts, Money},
    timeline::{Interval, intervals},
};
use rust_decimal::Decimal;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{
    json,
    query::{Statement, parameter},
};

/// The decimals of an average.
const AVERAGE_DECIMALS: u32 = 2;
/// The decimals of an amount.
const CENTS: u32 = 2;

/// What a company has of a license on some days of the window.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Whose part; each company's days do not overlap.
    pub company: Uuid,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub until: NaiveDate,
    /// Seats owned; none if it is not known.
    pub owned: Option<i64>,
    /// Seats in use; none if it is not known.
    pub in_use: Option<i64>,
    /// Whether the term runs, so that it costs.
    pub in_force: bool,
    /// What a year of it costs.
    pub annual_cost: Amounts,
}

/// The use of a license over some days. Days on which it is not known how many seats are in use count neither for the
/// peak nor for the average.
#[derive(Debug, Clone, PartialEq)]
pub struct Usage {
    /// The days of the window.
    pub days: i64,
    /// Those of them on which the seats in use are known.
    pub days_known: i64,
    /// The most seats in use on a day.
    pub peak: Option<i64>,
    /// The spans of days with the peak, both ends included.
    pub peak_days: Vec<(NaiveDate, NaiveDate)>,
    /// Seats in use on an average day.
    pub average: Option<Decimal>,
    /// Seats owned on an average day on which that is known.
    pub owned_average: Option<Decimal>,
    /// What the license costs over the window, day by day.
    pub cost: Amounts,
    /// The cost of the window divided by the seats in use on an average day; nothing if none are.
    pub cost_per_used_seat: Amounts,
}

/// The parts of a license over some days, both ends included, cut to them. `day` is the day whose owner is told.
#[must_use]
pub fn usage(
    tenant: Uuid,
    asset: Uuid,
    sees: Option<Vec<Uuid>>,
    from: NaiveDate,
    until: NaiveDate,
    day: NaiveDate,
) -> Statement {
    Statement {
        models: &["compliance", "register"],
        sql: include_str!("usage.sql").into(),
        parameters: vec![
            parameter(tenant),
            parameter(asset),
            parameter(sees),
            parameter(from),
            parameter(until),
            parameter(day),
        ],
        planned_anew: true,
    }
}

impl Part {
    /// Reads a row of [`usage`]; none where it says only that there is such an asset.
    ///
    /// # Errors
    /// If it is no row of it.
    pub fn of(row: &Row) -> Result<Option<Self>, tokio_postgres::Error> {
        let Some(from) = row.try_get("from_day")? else {
            return Ok(None);
        };
        Ok(Some(Self {
            company: row.try_get("company_id")?,
            from,
            until: row.try_get("until_day")?,
            owned: row.try_get("owned")?,
            in_use: row.try_get("in_use")?,
            in_force: row.try_get("in_force")?,
            annual_cost: json::amounts_of(&row.try_get("annual_cost")?),
        }))
    }
}

impl Usage {
    /// The use over the days from `from` to `until`, both included, of parts that lie within them.
    #[must_use]
    pub fn of(parts: &[Part], from: NaiveDate, until: NaiveDate) -> Self {
        let in_use = sums(parts, |part| part.in_use);
        let owned = sums(parts, |part| part.owned);
        let peak = in_use.iter().map(|span| span.value).max();
        let with_peak = in_use.iter().filter(|span| Some(span.value) == peak);
        let cost = cost(parts);
        let (seat_days, days_known) = added(&in_use);
        let per_seat = |amount: Decimal| {
            // Divided once, so that nothing is rounded twice.
            let seats = Decimal::from(seat_days);
            let per = amount.checked_mul(Decimal::from(days_known))?;
            per.checked_div(seats).map(cents)
        };
        Self {
            days: (until - from).num_days() + 1,
            days_known,
            peak,
            peak_days: with_peak.map(|span| (span.from, last(span))).collect(),
            average: average(seat_days, days_known),
            owned_average: {
                let (seat_days, days) = added(&owned);
                average(seat_days, days)
            },
            cost_per_used_seat: of_each(&cost, per_seat),
            cost: of_each(&cost, |amount| Some(cents(amount))),
        }
    }
}

/// The sum over all parts, on the days on which there is some and each is known.
fn sums(parts: &[Part], of: impl Fn(&Part) -> Option<i64>) -> Vec<Interval<i64>> {
    let changes = parts
        .iter()
        .flat_map(|part| [Some(part.from), part.until.succ_opt()]);
    intervals(changes.flatten(), |day| {
        let mut held = parts
            .iter()
            .filter(|part| part.from <= day && day <= part.until)
            .peekable();
        held.peek()?;
        held.map(&of).sum()
    })
}

/// The seat days of all spans, and their days.
fn added(spans: &[Interval<i64>]) -> (i64, i64) {
    spans.iter().fold((0, 0), |(seat_days, days), span| {
        let length = (last(span) - span.from).num_days() + 1;
        (seat_days + span.value * length, days + length)
    })
}

fn last(span: &Interval<i64>) -> NaiveDate {
    span.until.unwrap_or(span.from)
}

fn average(seat_days: i64, days: i64) -> Option<Decimal> {
    let average = Decimal::from(seat_days).checked_div(Decimal::from(days))?;
    Some(average.round_dp(AVERAGE_DECIMALS).normalize())
}

/// What the parts cost, each day an equal part of its calendar year, as `/v1/spend` has it.
fn cost(parts: &[Part]) -> Amounts {
    let mut cost = Amounts::default();
    for part in parts
        .iter()
        .filter(|part| part.in_force || part.owned > Some(0))
    {
        for year in part.from.year()..=part.until.year() {
            let bounds = (
                NaiveDate::from_ymd_opt(year, 1, 1),
                NaiveDate::from_ymd_opt(year, 12, 31),
            );
            let (Some(first), Some(end)) = bounds else {
                continue;
            };
            let all = Decimal::from((end - first).num_days() + 1);
            let days = Decimal::from((part.until.min(end) - part.from.max(first)).num_days() + 1);
            let accrued = |amount: Decimal| Some(amount.checked_mul(days)? / all);
            cost.add_all(&of_each(&part.annual_cost, accrued));
        }
    }
    cost
}

/// Each sum made another; those that can't be are left out.
fn of_each(amounts: &Amounts, to: impl Fn(Decimal) -> Option<Decimal>) -> Amounts {
    let sums = amounts.iter().filter_map(|sum| {
        Some(Money {
            amount: to(sum.amount)?,
            currency: sum.currency,
        })
    });
    sums.collect()
}

fn cents(amount: Decimal) -> Decimal {
    amount.round_dp(CENTS)
}
