//! Deadlines, expiries and renewals as a calendar: for tokens, and at the secret address of a feed.

mod event;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::access::Resource;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use read_models::{
    expiry::queries::{self, AfterExpiry, Expiries},
    query::{Statement, parameter},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use tokio_postgres::Row;
use utoipa::IntoParams;
use uuid::Uuid;
use web::{
    extract::{Path, Query},
    feed::FeedAddress,
    headers::Entry,
    problem::{Problem, Problems},
};

use self::event::{Ending, calendar};
use crate::{
    parameters::{NewEnough, filter},
    read::Reading,
    row::Columns,
    state::QueryState,
};

/// Days of the past and of the future that a calendar shows.
const PAST_DAYS: i64 = 90;
const FUTURE_DAYS: i32 = 730;
/// A deadline may lie so many days before the end that it is of: what ended its notice long ago still ends.
const NOTICE_DAYS_MAX: i64 = 366;
/// Ends of one calendar: each makes two events at most, and programs read some thousands.
const ENDS_MAX: i64 = 2_500;
const MEDIA_TYPE: &str = "text/calendar; charset=utf-8";

#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CalendarQuery {
    /// Of one of these companies.
    #[serde(default)]
    company: Vec<Uuid>,
}

/// The file that an address names.
#[derive(Deserialize)]
pub(crate) struct FilePath {
    file: String,
}

/// What ends, as an iCalendar file: all-day events on deadlines and last days, from 90 days ago to two years ahead.
#[utoipa::path(get, path = "/v1/expiries.ics", operation_id = "get_expiries_calendar", tag = "Calendar",
    params(CalendarQuery, NewEnough),
    responses((status = OK, content_type = "text/calendar", body = String,
        headers(("ETag" = String, description = "The same as long as the calendar is."))), Problems),
    security(("token" = [])))]
pub(crate) async fn of_token(
    reading: Reading,
    Query(query): Query<CalendarQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(&reading, "Licenses", query.company, &headers).await
}

/// The calendar of a feed, at the address that was shown when it was opened. It needs no token: the address is the
/// secret.
#[utoipa::path(get, path = "/v1/calendar/{file}", operation_id = "get_calendar_feed", tag = "Calendar",
    params(("file" = String, Path, description = "The secret part of the address.")),
    responses((status = OK, content_type = "text/calendar", body = String,
        headers(("ETag" = String, description = "The same as long as the calendar is."))), Problems),
    security(()))]
pub(crate) async fn of_feed(
    State(state): State<QueryState>,
    Path(FilePath { file }): Path<FilePath>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let none = || Problem::from(web::access::FeedError::None);
    let address = FeedAddress::parse(&file).ok_or_else(none)?;
    let feed = state.feeds.open(&address).await?;
    let reading = Reading::by(feed.principal, state);
    answer(&reading, &feed.label, Vec::new(), &headers).await
}

async fn answer(
    reading: &Reading,
    name: &str,
    companies: Vec<Uuid>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    reading.may_read(Resource::Companies)?;
    let (ends, entry) = ends(reading, companies).await?;
    let text = calendar(name, &ends.shown, ends.is_cut);
    let tag = tag_of(&text);
    let told = [
        (header::ETAG, tag.clone()),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache"),
        ),
    ];
    let known = headers.get_all(header::IF_NONE_MATCH).iter();
    if known.into_iter().any(|known| names(known, &tag)) {
        return Ok((StatusCode::NOT_MODIFIED, entry, told).into_response());
    }
    let media_type = [(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))];
    Ok((entry, told, media_type, text).into_response())
}

/// What a calendar shows.
struct Ends {
    shown: Vec<Ending>,
    /// Whether there is more than it shows.
    is_cut: bool,
}

async fn ends(reading: &Reading, companies: Vec<Uuid>) -> Result<(Ends, Entry), Problem> {
    let asked = reading.ask(|asked| {
        let from = asked.today - TimeDelta::days(PAST_DAYS + NOTICE_DAYS_MAX);
        let expiries = Expiries {
            tenant: asked.tenant,
            sees: asked.companies.clone(),
            day: asked.today,
            companies: filter(companies.clone()),
            within_days: Some(FUTURE_DAYS),
            // Or what ended long ago would take the place of what is to come.
            not_before: Some(first_day(asked.today)),
        };
        let after = AfterExpiry {
            deadline: from,
            asset_id: Uuid::nil(),
        };
        queries::expiries(expiries, Some(&after), ENDS_MAX + 1)
    });
    let answered = asked.await?;
    let mut entry = answered.entry;
    let today = answered.context.today;
    let is_cut = i64::try_from(answered.rows.len()).is_ok_and(|found| found > ENDS_MAX);
    let rows = answered
        .rows
        .iter()
        .take(usize::try_from(ENDS_MAX).unwrap_or(0));
    let mut shown = rows.map(Ending::of).collect::<Result<Vec<_>, _>>()?;
    let first = first_day(today);
    if !shown.is_empty() {
        let detailed = reading.ask(|asked| details(asked.tenant, &shown)).await?;
        let mut by_asset: HashMap<Uuid, Detail> = HashMap::new();
        for row in &detailed.rows {
            by_asset.insert(row.read("asset_id")?, Detail::of(row)?);
        }
        for end in &mut shown {
            if let Some(detail) = by_asset.remove(&end.asset_id) {
                end.changed_at = detail.changed_at;
                end.version = detail.version;
                end.decision = detail.decision;
            }
        }
        entry.0 = entry.0.min(detailed.entry.0);
    }
    shown.iter_mut().for_each(|end| end.first = Some(first));
    Ok((Ends { shown, is_cut }, entry))
}

fn first_day(today: NaiveDate) -> NaiveDate {
    today - TimeDelta::days(PAST_DAYS)
}

/// What is known of an ending beside its days.
struct Detail {
    changed_at: DateTime<Utc>,
    version: i32,
    decision: Option<String>,
}

impl Detail {
    fn of(row: &Row) -> Result<Self, Problem> {
        Ok(Self {
            changed_at: row.read("updated_at")?,
            version: row.read("version")?,
            decision: row.read("decision")?,
        })
    }
}

fn details(tenant: Uuid, ends: &[Ending]) -> Statement {
    let assets: Vec<Uuid> = ends.iter().map(|end| end.asset_id).collect();
    let days: Vec<NaiveDate> = ends.iter().map(|end| end.expiry_date).collect();
    Statement {
        models: &["register", "holdings"],
        sql: include_str!("calendar.sql").into(),
        parameters: vec![parameter(tenant), parameter(assets), parameter(days)],
        planned_anew: false,
    }
}

impl Ending {
    fn of(row: &Row) -> Result<Self, Problem> {
        Ok(Self {
            asset_id: row.read("asset_id")?,
            name: row.read("name")?,
            company: row.read("company_name")?,
            product: row.read("product")?,
            vendor: row.read("vendor")?,
            expiry_date: row.read("expiry_date")?,
            deadline: row.read("deadline")?,
            auto_renew: row.read("auto_renew")?,
            presumed: row.read("presumed")?,
            decision: None,
            changed_at: DateTime::UNIX_EPOCH,
            version: 0,
            first: None,
        })
    }
}

/// Of what the calendar says, so that a program that has it already is told no more than that.
fn tag_of(text: &str) -> HeaderValue {
    let digest = Sha256::digest(text.as_bytes());
    let short: String = digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    HeaderValue::try_from(format!("\"{short}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Whether `If-None-Match` names the tag, be it as a weak one, as some proxies make of it.
fn names(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let Ok(known) = known.to_str() else {
        return false;
    };
    let mut tags = known
        .split(',')
        .map(|known| known.trim().trim_start_matches("W/"));
    tags.any(|known| known == "*" || known.as_bytes() == tag.as_bytes())
}
