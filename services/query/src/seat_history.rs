//! How an asset's seats came to be what they are.

use std::sync::Arc;

use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use domain::{access::Resource, ids::CompanyId};
use read_models::seats::queries;
use serde::{Deserialize, Serialize};
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
    parameters::{Format, NewEnough},
    people::{Actor, Holder, holders_of, name_people},
    read::Reading,
    row::Columns,
};

/// One change of seats.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeatChange {
    /// The ledger's entry.
    entry: i64,
    event_id: Uuid,
    /// What changed: `total`, `in_use`, `source`, `purchase`, `purchase_ended`, `reduced`, `renewal`, `assigned`,
    /// `released`, `allocated`, `transferred` or `received`.
    #[schema(example = "total")]
    kind: String,
    /// Seats before, on the first day that it concerns: the license's; of `in_use` those in use, of `assigned` and
    /// `released` those that assignments take, of `reduced` the purchase's, of `allocated` the company's.
    from: Option<i64>,
    /// Seats after.
    to: Option<i64>,
    /// The day that it is true for; of an ended purchase and of released seats, the last.
    effective_on: NaiveDate,
    #[serde(serialize_with = "microseconds")]
    recorded_at: DateTime<Utc>,
    /// Whether it mends what was recorded wrongly.
    correction: bool,
    /// Of `in_use`: who counted. Of `source`: whose count stands from then on.
    source: Option<String>,
    /// Of `source`: whose count stood before.
    from_source: Option<String>,
    /// Of `assigned`, `released`, `transferred` and `received`: the seats that went from hand to hand.
    quantity: Option<i64>,
    /// Of `assigned` and `released`: who has or had them, the first 20.
    holders: Vec<Holder>,
    /// The company to which seats are allocated or went, if it is another than the license's.
    for_company: Option<Uuid>,
    /// Of `transferred` the license that they went to, of `received` the one they came from.
    other_asset: Option<Uuid>,
    purchase_id: Option<Uuid>,
    /// Of a renewal: the last day of the old term.
    from_expiry: Option<NaiveDate>,
    /// Of a renewal: the last day of the new term.
    to_expiry: Option<NaiveDate>,
    actor: Actor,
    token_id: Option<Uuid>,
    reason: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// `csv` and `ndjson` answer all rows.
    #[serde(default)]
    #[param(inline)]
    format: Format,
    #[serde(default)]
    #[param(inline)]
    limit: Limit,
    #[param(inline)]
    cursor: Option<Cursor>,
}

/// Every change of an asset's seats, in the order in which they were recorded.
#[utoipa::path(get, path = "/v1/assets/{id}/seat-history", operation_id = "get_seat_history", tag = "Assets",
    params(("id" = Uuid, Path), ListQuery, NewEnough),
    responses((status = OK, body = Page<SeatChange>), Problems), security(("token" = [])))]
pub(crate) async fn list(
    reading: Reading,
    Path(id): Path<Uuid>,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let list = Listed {
        name: "seat-history",
        selection: Filters::of("seat-history", &id),
        format: query.format,
        cursor: query.cursor.as_ref(),
        limit: query.limit,
    };
    let reading = Arc::new(reading);
    let fetch = move |after, limit| {
        let reading = Arc::clone(&reading);
        async move { fetch(&reading, id, after, limit).await }
    };
    let keys = |last: &SeatChange| last.entry;
    page::listed(list, fetch, keys, Lines::new(COLUMNS, cells)).await
}

async fn fetch(
    reading: &Reading,
    id: Uuid,
    after: Option<i64>,
    limit: i64,
) -> Result<Fetched<SeatChange>, Problem> {
    let asked = reading.ask(|asked| {
        queries::history(
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
    reading.may_read(Resource::Asset(CompanyId(first.read("company_id")?)))?;
    let changes = answered
        .rows
        .iter()
        .filter_map(|row| SeatChange::of(row).transpose());
    let mut items = changes.collect::<Result<Vec<_>, _>>()?;
    let actors = items.iter_mut().map(|change| &mut change.actor);
    name_people(&reading.state, answered.context.tenant, actors).await?;
    let moved = items
        .iter()
        .filter(|change| ["assigned", "released"].contains(&change.kind.as_str()));
    let mut holders = holders_of(reading, moved.map(|change| change.entry).collect()).await?;
    for change in &mut items {
        change.holders = holders.remove(&change.entry).unwrap_or_default();
    }
    Ok(Fetched {
        items,
        entry: answered.entry,
    })
}

impl SeatChange {
    /// None for the row that only says that there is such an asset.
    fn of(row: &Row) -> Result<Option<Self>, Problem> {
        let Some(entry) = row.read("entry")? else {
            return Ok(None);
        };
        Ok(Some(Self {
            entry,
            event_id: row.read("event_id")?,
            kind: row.read("kind")?,
            from: row.read("from_count")?,
            to: row.read("to_count")?,
            effective_on: row.read("effective_on")?,
            recorded_at: row.read("recorded_at")?,
            correction: row.read("correction")?,
            source: row.read("source")?,
            from_source: row.read("from_source")?,
            quantity: row.read("quantity")?,
            holders: vec![],
            for_company: row.read("for_company")?,
            other_asset: row.read("other_asset")?,
            purchase_id: row.read("purchase_id")?,
            from_expiry: row.read("from_expiry")?,
            to_expiry: row.read("to_expiry")?,
            actor: Actor::of(row.read("actor_kind")?, row.read("actor")?),
            token_id: row.read("token_id")?,
            reason: row.read("reason")?,
        }))
    }
}

/// The columns of an export: stable, since scripts hold on to them.
const COLUMNS: [&str; 22] = [
    "entry",
    "event_id",
    "kind",
    "from",
    "to",
    "effective_on",
    "recorded_at",
    "correction",
    "source",
    "purchase_id",
    "from_expiry",
    "to_expiry",
    "actor_kind",
    "actor_id",
    "actor",
    "token_id",
    "reason",
    "from_source",
    "quantity",
    "holders",
    "for_company_id",
    "other_asset_id",
];

fn cells<'a>(change: &'a SeatChange, cells: &mut Vec<Cell<'a>>) {
    cells.extend([
        Cell::plain(change.entry),
        Cell::plain(change.event_id),
        Cell::text(&change.kind),
        Cell::maybe(change.from),
        Cell::maybe(change.to),
        Cell::plain(change.effective_on),
        Cell::instant(change.recorded_at),
        Cell::plain(change.correction),
        Cell::optional(change.source.as_deref()),
        Cell::maybe(change.purchase_id),
        Cell::maybe(change.from_expiry),
        Cell::maybe(change.to_expiry),
        Cell::text(&change.actor.kind),
        Cell::text(&change.actor.id),
        Cell::optional(change.actor.name.as_deref()),
        Cell::maybe(change.token_id),
        Cell::optional(change.reason.as_deref()),
        Cell::optional(change.from_source.as_deref()),
        Cell::maybe(change.quantity),
        Holder::cell(&change.holders),
        Cell::maybe(change.for_company),
        Cell::maybe(change.other_asset),
    ]);
}
