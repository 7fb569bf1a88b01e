//! Calendars that can be subscribed to. Their addresses are shown when they are opened, and never again.

use std::sync::Arc;

use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::access::Resource;
use read_models::{alerts::queries, register::queries::AfterName};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{
    extract::Query,
    paging::{Cursor, Filters, Limit, Page},
    problem::{Problem, Problems},
};

use crate::{
    export::{Cell, Lines},
    page::{self, Fetched, Listed},
    parameters::{Format, NewEnough},
    read::Reading,
    row::Columns,
};

/// A calendar that can be subscribed to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CalendarFeed {
    id: Uuid,
    /// What it is for.
    label: String,
    /// The companies that it shows; null means all.
    companies: Option<Vec<Uuid>>,
    /// Whether it answers nobody any more.
    closed: bool,
    created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Only those that are, or are not, closed.
    closed: Option<bool>,
    /// `csv` and `ndjson` answer all rows.
    #[serde(default, skip_serializing)]
    #[param(inline)]
    format: Format,
    #[serde(default, skip_serializing)]
    #[param(inline)]
    limit: Limit,
    #[serde(skip_serializing)]
    #[param(inline)]
    cursor: Option<Cursor>,
}

/// The calendars that can be subscribed to, by label, as far as the token sees all that they show.
#[utoipa::path(get, path = "/v1/calendar-feeds", operation_id = "list_calendar_feeds", tag = "Calendar",
    params(ListQuery, NewEnough), responses((status = OK, body = Page<CalendarFeed>), Problems), security(("token" = [])))]
pub(crate) async fn list(
    reading: Reading,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    reading.may_read(Resource::Companies)?;
    let list = Listed {
        name: "calendar-feeds",
        selection: Filters::of("calendar-feeds", &query),
        format: query.format,
        cursor: query.cursor.as_ref(),
        limit: query.limit,
    };
    let asked = Arc::new((reading, query.closed));
    let fetch = move |after: Option<AfterName>, limit| {
        let asked = Arc::clone(&asked);
        async move {
            let (reading, closed) = &*asked;
            let answered = reading.ask(|asked| {
                let sees = asked.companies.clone();
                queries::feeds(asked.tenant, sees, None, *closed, after.as_ref(), limit)
            });
            let answered = answered.await?;
            let items = answered.rows.iter().map(CalendarFeed::of);
            Ok(Fetched {
                items: items.collect::<Result<_, _>>()?,
                entry: answered.entry,
            })
        }
    };
    let keys = |last: &CalendarFeed| AfterName {
        name: last.label.clone(),
        id: last.id,
    };
    page::listed(list, fetch, keys, Lines::new(COLUMNS, cells)).await
}

impl CalendarFeed {
    fn of(row: &Row) -> Result<Self, Problem> {
        Ok(Self {
            id: row.read("feed_id")?,
            label: row.read("label")?,
            companies: row.read("companies")?,
            closed: row.read("closed")?,
            created_at: row.read("created_at")?,
        })
    }
}

/// The columns of an export: stable, since scripts hold on to them.
const COLUMNS: [&str; 5] = ["feed_id", "label", "companies", "closed", "created_at"];

fn cells<'a>(feed: &'a CalendarFeed, cells: &mut Vec<Cell<'a>>) {
    let companies = feed.companies.as_ref();
    let companies: Vec<String> = companies.map_or_else(Vec::new, |companies| {
        companies.iter().map(Uuid::to_string).collect()
    });
    cells.extend([
        Cell::plain(feed.id),
        Cell::text(&feed.label),
        Cell::list(&companies),
        Cell::plain(feed.closed),
        Cell::instant(feed.created_at),
    ]);
}
