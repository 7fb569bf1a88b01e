//! What a company and its MSP talk about every quarter.

mod build;
mod document;
mod file;
mod pricing;
mod rows;
mod span;
#[cfg(test)]
mod tests;
mod told;
mod words;

use std::{sync::LazyLock, time::Duration};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use chrono::NaiveDate;
use domain::{access::Resource, ids::CompanyId};
use read_models::{
    compliance::queries::status,
    query::{Statement, parameter},
};
use reports::Paper;
use serde::Deserialize;
use tokio::time::{Instant, sleep};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{
    extract::{Path, Query},
    headers::Entry,
    problem::{Kind, Problem, Problems},
};

use self::{
    build::Asked,
    file::Press,
    rows::{Rows, Standing},
    span::{Quarter, Span},
    told::{Audience, Review},
};
use crate::{
    parameters::{Day, NewEnough},
    period::check_period,
    read::{Context, Reading},
};

/// All that a review is made of.
const MODELS: &[&str] = &[
    "compliance",
    "expiry",
    "holdings",
    "register",
    "seats",
    "alerts",
];

/// Licenses of a company, or events of one kind in the period. A hundred times what the largest client was seen to have;
/// it bounds what one review holds in memory.
const ROWS_MAX: usize = 20_000;

/// How long it is tried to find all read models at one entry, and the pause between two looks. Models that run
/// together always are; those that run alone are some milliseconds apart.
const EVEN_WITHIN: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(20);

static PRESS: LazyLock<Press> = LazyLock::new(Press::new);

/// What a review is answered as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReviewFormat {
    /// Its figures.
    #[default]
    Json,
    /// A workbook, with a sheet for each table.
    Xlsx,
    /// A document to print.
    Pdf,
}

/// The paper of a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum PaperSize {
    /// 210 × 297 mm.
    #[default]
    A4,
    /// 8.5 × 11 in.
    Letter,
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReviewQuery {
    /// The quarter; the one that runs today unless another period is named.
    #[param(value_type = Option<String>, example = "2026-Q4")]
    quarter: Option<Quarter>,
    /// The first day of another period, with `to`.
    #[param(inline)]
    from: Option<Day>,
    /// Its last day.
    #[param(inline)]
    to: Option<Day>,
    /// `json` answers its figures, `xlsx` a workbook, `pdf` a document.
    #[serde(default)]
    #[param(inline)]
    format: ReviewFormat,
    /// The paper of the PDF.
    #[serde(default)]
    #[param(inline)]
    paper: PaperSize,
    /// With `client`, all money is what the client pays, and there is none where no price is on record; with
    /// `internal` it is what the account pays.
    #[serde(default)]
    #[param(inline)]
    audience: Audience,
}

/// How a company stands with its licenses, what changed in a quarter, and what is to be decided.
///
/// It holds for the last day of the period, or for today while the period runs, and for one entry of the ledger: at the
/// same entry, on the same day, it is the same byte for byte. What is to be decided is what is open at that entry. The
/// terms ahead are those that end, or about which something must be decided, until three months after the period.
#[utoipa::path(get, path = "/v1/companies/{id}/review", operation_id = "get_review", tag = "Companies",
    params(("id" = Uuid, Path), ReviewQuery, NewEnough),
    responses((status = OK, content(
        (Review = "application/json"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (Vec<u8> = "application/pdf"),
    )), Problems), security(("token" = [])))]
pub(crate) async fn one(
    reading: Reading,
    Path(id): Path<Uuid>,
    Query(query): Query<ReviewQuery>,
) -> Result<Response, Problem> {
    reading.may_read(Resource::Company(CompanyId(id)))?;
    let span = query.span()?;
    let review = read(&reading, id, span, query.audience).await?;
    let entry = Entry(review.entry);
    if query.format == ReviewFormat::Json {
        return Ok((entry, Json(review)).into_response());
    }
    let paper = match query.paper {
        PaperSize::A4 => Paper::A4,
        PaperSize::Letter => Paper::Letter,
    };
    let document = document::document(&review, paper);
    let period = review
        .quarter
        .unwrap_or_else(|| format!("{}-{}", review.from, review.to));
    let name = format!("license-review-{period}");
    PRESS.render(document, query.format, &name, entry).await
}

impl ReviewQuery {
    /// The period, if the query names one.
    fn span(&self) -> Result<Option<Span>, Problem> {
        let bad = |field, message| Err(Problem::new(Kind::BadQuery).with_error(field, message));
        match (self.quarter, self.from, self.to) {
            (None, None, None) => Ok(None),
            (Some(quarter), None, None) => Ok(Some(quarter.span())),
            (Some(_), _, _) => bad(
                "quarter",
                "can't stand beside `from` and `to`: name one or the other",
            ),
            (None, Some(_), None) => {
                bad("to", "must be named with `from`: a period has a last day")
            }
            (None, None, Some(_)) => {
                bad("from", "must be named with `to`: a period has a first day")
            }
            (None, Some(Day(from)), Some(Day(until))) => {
                check_period(from, until)?;
                Ok(Some(Span { from, until }))
            }
        }
    }
}

/// Reads the rows of one entry.
async fn read(
    reading: &Reading,
    company: Uuid,
    span: Option<Span>,
    audience: Audience,
) -> Result<Review, Problem> {
    let deadline = Instant::now() + EVEN_WITHIN;
    loop {
        let question =
            |context: &Context| statement(context, company, span_of(span, context.today), audience);
        let (row, answered) = reading.ask_one(question).await?;
        let today = answered.context.today;
        let span = span_of(span, today);
        check_begun(span, today)?;
        let standing = Standing::of(&row)?;
        if standing.even {
            let rows = Rows::of(&row)?;
            check_size(&rows)?;
            let asked = Asked {
                company,
                audience,
                span,
                as_of: span.as_of(today),
                entry: standing.entry,
            };
            return Ok(build::review(asked, &rows));
        }
        if standing.halted {
            return Err(Problem::new(Kind::ReadModelHalted));
        }
        if Instant::now() + LOOK_EVERY > deadline {
            return Err(Problem::new(Kind::ReadModelBehind));
        }
        sleep(LOOK_EVERY).await;
    }
}

fn span_of(span: Option<Span>, today: NaiveDate) -> Span {
    span.unwrap_or_else(|| Quarter::of(today).span())
}

fn check_begun(span: Span, today: NaiveDate) -> Result<(), Problem> {
    if span.from <= today {
        return Ok(());
    }
    let message = format!(
        "begins on {}, and today is {today}: name a period that has begun",
        span.from
    );
    let field = if span.quarter().is_some() {
        "quarter"
    } else {
        "from"
    };
    Err(Problem::new(Kind::BadQuery).with_error(field, message))
}

fn check_size(rows: &Rows) -> Result<(), Problem> {
    if rows.longest() <= ROWS_MAX {
        return Ok(());
    }
    Err(Problem::new(Kind::BadQuery).with_detail(format!(
        "the company has more than {ROWS_MAX} licenses, or changes in the period, which no review tells: name a shorter \
         period, or export the lists"
    )))
}

fn statement(context: &Context, company: Uuid, span: Span, audience: Audience) -> Statement {
    let settings = &context.settings;
    let most = i64::try_from(ROWS_MAX)
        .unwrap_or(i64::MAX)
        .saturating_add(1);
    let models: Vec<String> = MODELS.iter().map(|model| (*model).to_owned()).collect();
    Statement {
        models: MODELS,
        sql: include_str!("review/review.sql")
            .replace("{status:pool}", &status("pool", "$7::bigint", "$8::bigint"))
            .into(),
        parameters: vec![
            parameter(context.tenant),
            parameter(company),
            parameter(context.companies.clone()),
            parameter(span.as_of(context.today)),
            parameter(span.day_before()),
            parameter(span.ahead_until()),
            parameter(settings.min_spare_seats),
            parameter(settings.spare_ratio_percent),
            parameter(settings.stale_after_days),
            parameter(settings.typed_stale_after_days),
            parameter(audience == Audience::Internal),
            parameter(most),
            parameter(models),
        ],
        planned_anew: true,
    }
}
