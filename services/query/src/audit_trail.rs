//! Who did what, when and why: of the whole account, or of one asset.

use std::sync::Arc;

use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use contract::EVENT_TYPES;
use domain::{access::Resource, ids::CompanyId};
use read_models::trail::queries::{self, Entries};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio_postgres::Row;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{
    extract::{Path, Query},
    paging::{Cursor, Filters, Limit, Page},
    problem::{Kind, Problem, Problems},
};

use crate::{
    export::{Cell, Lines},
    ledger::microseconds,
    page::{self, Fetched, Listed},
    parameters::{Format, Moment, NewEnough, filter},
    people::{Actor, Holder, holders_of, name_people},
    read::{Context, Reading},
    row::Columns,
};

/// Characters that can be searched for: every entry that the other filters leave is held against them.
const SEARCH_CHARS_MAX: usize = 200;

/// Something that was done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrailEntry {
    /// The ledger's entry.
    entry: i64,
    event_id: Uuid,
    #[serde(serialize_with = "microseconds")]
    recorded_at: DateTime<Utc>,
    /// The day that it is true for.
    effective_on: NaiveDate,
    /// What happened, in the past tense.
    #[schema(example = "FieldsChanged")]
    r#type: String,
    /// The subject that it is about.
    stream_id: Uuid,
    version: i32,
    company_id: Option<Uuid>,
    /// The asset that it concerns, also where another subject's stream tells of it.
    asset_id: Option<Uuid>,
    actor: Actor,
    token_id: Option<Uuid>,
    /// The HTTP request's id.
    request: Option<String>,
    reason: Option<String>,
    /// Who was given seats, or gave them back: the first 20.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    holders: Vec<Holder>,
    /// What was recorded: where something changed, `from` and `to`.
    #[schema(value_type = Object)]
    details: Box<RawValue>,
}

#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Done by one of these: the id of a person, the name of an integration, or `system`.
    #[serde(default)]
    actor: Vec<String>,
    /// About one of these companies.
    #[serde(default)]
    company: Vec<Uuid>,
    /// About one of these assets.
    #[serde(default)]
    asset: Vec<Uuid>,
    /// Of one of these types of events.
    #[serde(default)]
    r#type: Vec<String>,
    /// Recorded on this day or at this instant, or later.
    #[param(value_type = Option<String>, example = "2026-01-31")]
    from: Option<Moment>,
    /// Recorded on this day or at this instant, or earlier.
    #[param(value_type = Option<String>, example = "2026-12-31")]
    to: Option<Moment>,
    /// With this in the type or the reason, whatever the case; 200 characters at most.
    q: Option<String>,
    /// `csv` and `ndjson` answer all entries.
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

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TimelineQuery {
    /// `csv` and `ndjson` answer all entries.
    #[serde(default)]
    #[param(inline)]
    format: Format,
    #[serde(default)]
    #[param(inline)]
    limit: Limit,
    #[param(inline)]
    cursor: Option<Cursor>,
}

/// All that was done, the last first. A token that is limited to companies sees what concerns these.
#[utoipa::path(get, path = "/v1/audit-trail", operation_id = "list_audit_trail", tag = "Audit trail", params(ListQuery, NewEnough),
    responses((status = OK, body = Page<TrailEntry>), Problems), security(("token" = [])))]
pub(crate) async fn list(
    reading: Reading,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    reading.may_read(Resource::Companies)?;
    let is_known = |name: &String| EVENT_TYPES.iter().any(|known| known.name == name);
    if let Some(unknown) = query.r#type.iter().find(|name| !is_known(name)) {
        let message = format!("{unknown:?} is no type of events");
        return Err(Problem::new(Kind::BadQuery).with_error("type", message));
    }
    if query
        .search()
        .is_some_and(|text| text.chars().count() > SEARCH_CHARS_MAX)
    {
        let message = format!("must have {SEARCH_CHARS_MAX} characters at most");
        return Err(Problem::new(Kind::BadQuery).with_error("q", message));
    }
    let list = Listed {
        name: "audit-trail",
        selection: Filters::of("audit-trail", &query),
        format: query.format,
        cursor: query.cursor.as_ref(),
        limit: query.limit,
    };
    let asked = Arc::new((reading, query.clone()));
    let fetch = move |after, limit| {
        let asked = Arc::clone(&asked);
        async move { fetch(&asked.0, &asked.1, after, limit).await }
    };
    let keys = |last: &TrailEntry| last.entry;
    page::listed(list, fetch, keys, Lines::new(COLUMNS, cells)).await
}

/// All that happened to one asset, in the order in which it was recorded; reveals of its secrets included.
#[utoipa::path(get, path = "/v1/assets/{id}/timeline", operation_id = "get_timeline", tag = "Assets",
    params(("id" = Uuid, Path), TimelineQuery, NewEnough),
    responses((status = OK, body = Page<TrailEntry>), Problems), security(("token" = [])))]
pub(crate) async fn timeline(
    reading: Reading,
    Path(id): Path<Uuid>,
    Query(query): Query<TimelineQuery>,
) -> Result<Response, Problem> {
    let list = Listed {
        name: "timeline",
        selection: Filters::of("timeline", &id),
        format: query.format,
        cursor: query.cursor.as_ref(),
        limit: query.limit,
    };
    let reading = Arc::new(reading);
    let fetch = move |after, limit| {
        let reading = Arc::clone(&reading);
        async move { timeline_page(&reading, id, after, limit).await }
    };
    let keys = |last: &TrailEntry| last.entry;
    page::listed(list, fetch, keys, Lines::new(COLUMNS, cells)).await
}

async fn timeline_page(
    reading: &Reading,
    id: Uuid,
    after: Option<i64>,
    limit: i64,
) -> Result<Fetched<TrailEntry>, Problem> {
    let asked = reading.ask(|asked| {
        queries::timeline(
            asked.tenant,
            id,
            asked.companies.clone(),
            asked.today,
            after,
            limit,
        )
    });
    let answered = asked.await?;
    let first = answered
        .rows
        .first()
        .ok_or_else(|| Problem::new(Kind::NotFound))?;
    reading.may_read(Resource::Asset(CompanyId(first.read("owner_id")?)))?;
    let items = named(reading, &answered.context, &answered.rows).await?;
    Ok(Fetched {
        items,
        entry: answered.entry,
    })
}

async fn fetch(
    reading: &Reading,
    query: &ListQuery,
    after: Option<i64>,
    limit: i64,
) -> Result<Fetched<TrailEntry>, Problem> {
    let asked = reading.ask(|asked| {
        let entries = Entries {
            actors: filter(query.actor.clone()),
            companies: filter(query.company.clone()),
            assets: filter(query.asset.clone()),
            types: filter(query.r#type.clone()),
            from: query.from.map(|from| from.begin(asked.zone)),
            before: query.to.map(|to| to.end(asked.zone)),
            search: query.search().map(str::to_owned),
        };
        queries::entries(asked.tenant, asked.companies.clone(), entries, after, limit)
    });
    let answered = asked.await?;
    let items = named(reading, &answered.context, &answered.rows).await?;
    Ok(Fetched {
        items,
        entry: answered.entry,
    })
}

async fn named(
    reading: &Reading,
    asked: &Context,
    rows: &[Row],
) -> Result<Vec<TrailEntry>, Problem> {
    let entries = rows
        .iter()
        .filter_map(|row| TrailEntry::of(row).transpose());
    let mut entries = entries.collect::<Result<Vec<_>, _>>()?;
    name_people(
        &reading.state,
        asked.tenant,
        entries.iter_mut().map(|entry| &mut entry.actor),
    )
    .await?;
    let moved = entries
        .iter()
        .filter(|entry| ["SeatsAssigned", "SeatsReleased"].contains(&entry.r#type.as_str()));
    let mut holders = holders_of(reading, moved.map(|entry| entry.entry).collect()).await?;
    for entry in &mut entries {
        entry.holders = holders.remove(&entry.entry).unwrap_or_default();
    }
    Ok(entries)
}

impl ListQuery {
    /// What is searched for; nothing but spaces is nothing.
    fn search(&self) -> Option<&str> {
        let text = self.q.as_deref().map(str::trim);
        text.filter(|text| !text.is_empty())
    }
}

impl TrailEntry {
    /// None for the row that only says that there is such an asset.
    fn of(row: &Row) -> Result<Option<Self>, Problem> {
        let Some(entry) = row.read("entry")? else {
            return Ok(None);
        };
        Ok(Some(Self {
            entry,
            event_id: row.read("event_id")?,
            recorded_at: row.read("recorded_at")?,
            effective_on: row.read("effective_on")?,
            r#type: row.read("event_type")?,
            stream_id: row.read("stream_id")?,
            version: row.read("version")?,
            company_id: row.read("company_id")?,
            asset_id: row.read("asset_id")?,
            actor: Actor::of(row.read("actor_kind")?, row.read("actor")?),
            token_id: row.read("token_id")?,
            request: row.read("request")?,
            reason: row.read("reason")?,
            holders: vec![],
            details: row.json("payload")?,
        }))
    }
}

/// The columns of an export: stable, since scripts hold on to them.
const COLUMNS: [&str; 17] = [
    "entry",
    "event_id",
    "recorded_at",
    "effective_on",
    "type",
    "stream_id",
    "version",
    "company_id",
    "asset_id",
    "actor_kind",
    "actor_id",
    "actor",
    "token_id",
    "request",
    "reason",
    "details",
    "holders",
];

fn cells<'a>(entry: &'a TrailEntry, cells: &mut Vec<Cell<'a>>) {
    cells.extend([
        Cell::plain(entry.entry),
        Cell::plain(entry.event_id),
        Cell::instant(entry.recorded_at),
        Cell::plain(entry.effective_on),
        Cell::text(&entry.r#type),
        Cell::plain(entry.stream_id),
        Cell::plain(entry.version),
        Cell::maybe(entry.company_id),
        Cell::maybe(entry.asset_id),
        Cell::text(&entry.actor.kind),
        Cell::text(&entry.actor.id),
        Cell::optional(entry.actor.name.as_deref()),
        Cell::maybe(entry.token_id),
        Cell::optional(entry.request.as_deref()),
        Cell::optional(entry.reason.as_deref()),
        Cell::text(entry.details.get()),
        Holder::cell(&entry.holders),
    ]);
}
