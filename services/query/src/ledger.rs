//! The ledger itself, served exactly from the log.

mod head;
mod stream;

use axum::{Json, extract::State};
use chrono::{DateTime, NaiveDate, Utc};
use domain::access::{Action, Resource, may};
use event_log::Recorded;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{
    access::Authenticated,
    extract::Query,
    paging::{Cursor, Filters, Limit, Page},
    problem::{Problem, Problems},
};

pub(crate) use head::Head;
pub(crate) use stream::{__path_stream, places, stream};

use crate::{error, state::QueryState};

/// One event, as it was recorded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LedgerEntry {
    /// Its place in the ledger: 1, 2, 3 … without a gap.
    entry: i64,
    /// Its place in the log that all ledgers share.
    sequence: i64,
    /// Names it for ever.
    event_id: Uuid,
    /// What happened, in the past tense.
    #[schema(example = "TotalSeatsAdjusted")]
    r#type: String,
    /// The version of the payload's schema.
    schema_version: i16,
    /// The subject that it is about.
    stream_id: Uuid,
    /// Its place in the subject's stream.
    version: i32,
    /// The company that it concerns, if there is one.
    company_id: Option<Uuid>,
    /// The day that it is true for.
    effective_on: NaiveDate,
    /// When it was recorded, to the microsecond.
    #[serde(serialize_with = "microseconds")]
    recorded_at: DateTime<Utc>,
    /// What was recorded, byte for byte.
    #[schema(value_type = Object)]
    payload: Box<RawValue>,
    /// Who, why and through which request, byte for byte.
    #[schema(value_type = Object)]
    metadata: Box<RawValue>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EntriesQuery {
    /// Answers the entries after this one. Begins with the first without it.
    #[serde(default)]
    after: i64,
    #[serde(default)]
    #[param(inline)]
    limit: Limit,
    #[param(inline)]
    cursor: Option<Cursor>,
}

/// The ledger's entries in order, as they were recorded.
#[utoipa::path(get, path = "/v1/ledger/entries", operation_id = "list_ledger_entries", tag = "Ledger", params(EntriesQuery),
    responses((status = OK, body = Page<LedgerEntry>), Problems), security(("token" = [])))]
pub(crate) async fn entries(
    Authenticated(principal): Authenticated,
    State(state): State<QueryState>,
    Query(query): Query<EntriesQuery>,
) -> Result<Json<Page<LedgerEntry>>, Problem> {
    may(&principal, Action::Read, Resource::Ledger)?;
    let filters = Filters::of("ledger", &query.after);
    let after = match &query.cursor {
        Some(cursor) => cursor.keys(filters)?,
        None => query.after,
    };
    let tenant = principal.tenant.0;
    let more = query.limit.get() + 1;
    let read = state.log.read_tenant_after(tenant, after, more).await;
    let mut read = read.map_err(|error| error::of_log(&error))?;
    // The log answers a thousand at most, so the longest page is told by what comes after its last entry.
    if query.limit.get() == web::paging::MAX_LIMIT
        && read.len() == query.limit.get()
        && let Some(last) = read.last().map(|last| last.entry)
    {
        let next = state.log.read_tenant_after(tenant, last, 1).await;
        read.extend(next.map_err(|error| error::of_log(&error))?);
    }
    let items = read
        .into_iter()
        .map(LedgerEntry::of)
        .collect::<Result<_, _>>()?;
    Ok(Json(Page::of(
        items,
        query.limit,
        filters,
        |last: &LedgerEntry| last.entry,
    )))
}

impl LedgerEntry {
    fn of(recorded: Recorded) -> Result<Self, Problem> {
        // Taken over unread; the database has only let JSON in.
        let raw = |text| RawValue::from_string(text).map_err(|error| Problem::internal(&error));
        Ok(Self {
            entry: recorded.entry,
            sequence: recorded.sequence,
            event_id: recorded.event_id,
            r#type: recorded.event_type,
            schema_version: recorded.schema_version,
            stream_id: recorded.stream_id,
            version: recorded.version,
            company_id: recorded.company_id,
            effective_on: recorded.effective_on,
            recorded_at: recorded.recorded_at,
            payload: raw(recorded.payload)?,
            metadata: raw(recorded.metadata)?,
        })
    }
}

pub(crate) fn microseconds<S: Serializer>(
    at: &DateTime<Utc>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
}
