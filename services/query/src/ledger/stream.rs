//! The ledger as it grows.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use domain::access::{Action, Resource, may};
use futures_util::{Stream, stream};
use http::{HeaderMap, HeaderName, header};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use utoipa::IntoParams;
use uuid::Uuid;
use web::{
    access::Authenticated,
    extract::Query,
    problem::{Kind, Problem, Problems},
};

use super::LedgerEntry;
use crate::{error, state::QueryState};

/// Streams that are open at once. Each costs the log a read whenever anything happens.
pub(crate) const STREAMS_MAX: usize = 256;

/// Entries that one stream holds in memory at a time; with the largest envelopes some 25 MiB.
const BATCH_MAX: usize = 100;

/// A comment as often as this tells proxies that the connection lives, and the server that the client does.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamQuery {
    /// Begins after this entry. `Last-Event-ID` counts more, since a client that reconnects sends both.
    after: Option<i64>,
}

/// Each entry as a server-sent event, as soon as it is recorded: `id` is the entry, `event` the type, `data`
/// what `/v1/ledger/entries` shows. Goes on after `Last-Event-ID` without a gap; without it, with what comes
/// from now on.
#[utoipa::path(get, path = "/v1/ledger/stream", operation_id = "follow_ledger", tag = "Ledger",
    params(StreamQuery, ("Last-Event-ID" = Option<i64>, Header, description = "The last entry that was received.")),
    responses((status = OK, content_type = "text/event-stream", body = LedgerEntry), Problems),
    security(("token" = [])))]
pub(crate) async fn stream(
    Authenticated(principal): Authenticated,
    State(state): State<QueryState>,
    headers: HeaderMap,
    Query(query): Query<StreamQuery>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    may(&principal, Action::Read, Resource::Ledger)?;
    let place = Arc::clone(&state.streams).try_acquire_owned();
    let place =
        place.map_err(|_| Problem::new(Kind::Busy).with_detail("too many streams are open"))?;
    let tenant = principal.tenant.0;
    let after = match last_event_id(&headers)?.or(query.after) {
        Some(after) => after,
        None => state
            .log
            .last_entry(tenant)
            .await
            .map_err(|error| error::of_log(&error))?,
    };
    let follower = Follower {
        tenant,
        after,
        bearer: bearer(&headers),
        head: state.head.follow(),
        waiting: VecDeque::new(),
        state,
        _place: place,
    };
    let events = stream::unfold(follower, async |mut follower| {
        let event = follower.next().await?;
        Some((Ok(event), follower))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// One open stream.
struct Follower {
    state: QueryState,
    tenant: Uuid,
    after: i64,
    bearer: String,
    head: watch::Receiver<i64>,
    waiting: VecDeque<LedgerEntry>,
    _place: OwnedSemaphorePermit,
}

impl Follower {
    /// The next entry. None ends the stream: the client comes again with the last entry that it got, and is
    /// told then what is wrong.
    async fn next(&mut self) -> Option<Event> {
        while self.waiting.is_empty() && !self.state.stop.is_cancelled() {
            // Marked as seen before the log is read: what is recorded meanwhile wakes it again.
            self.head.borrow_and_update();
            let read = self
                .state
                .log
                .read_tenant_after(self.tenant, self.after, BATCH_MAX)
                .await;
            let read = read.inspect_err(|error| drop(error::of_log(error))).ok()?;
            // Asked after the read: if its token was revoked by then, nothing of it is sent. And a revocation is
            // itself an event, so it wakes the stream that it ends.
            self.state
                .authenticator
                .authenticate(&self.bearer)
                .await
                .ok()?;
            self.waiting = read
                .into_iter()
                .map(LedgerEntry::of)
                .collect::<Result<_, _>>()
                .ok()?;
            if self.waiting.is_empty() {
                tokio::select! {
                    () = self.state.stop.cancelled() => return None,
                    grown = self.head.changed() => grown.ok()?,
                }
            }
        }
        let entry = self.waiting.pop_front()?;
        self.after = entry.entry;
        let event = Event::default()
            .id(entry.entry.to_string())
            .event(&entry.r#type);
        event.json_data(&entry).ok()
    }
}

pub(crate) fn places() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(STREAMS_MAX))
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get(LAST_EVENT_ID) else {
        return Ok(None);
    };
    let entry = value
        .to_str()
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .filter(|&entry| entry >= 0);
    let wrong = || {
        Problem::new(Kind::BadHeader)
            .with_error(LAST_EVENT_ID.as_str(), "must be the number of an entry")
    };
    entry.map(Some).ok_or_else(wrong)
}

/// What was authenticated a moment ago, to be asked again whether it is still good.
fn bearer(headers: &HeaderMap) -> String {
    let value = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    value
        .and_then(|text| text.split_once(' '))
        .map_or_else(String::new, |(_, token)| token.trim().to_owned())
}
