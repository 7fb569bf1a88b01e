//! Calendars that can be subscribed to by an address: `/v1/calendar-feeds`.

use std::collections::BTreeSet;

use axum::response::{IntoResponse, Response};
use domain::{
    Command,
    ids::{CompanyId, FeedId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use web::{
    extract::{Path, RawJson},
    feed::FeedAddress,
    headers::{ETag, Entry},
    problem::{Kind, Problem, Problems},
};

use crate::{
    answer::{Answer, Done},
    bodies::{ById, Reason, optional},
    call::{Call, WriteHeaders},
    state::State,
};

pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(open_feed))
        .routes(routes!(close_feed))
}

/// A calendar to be opened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewFeed {
    /// What it is for, which the calendar is called by too.
    #[schema(example = "Renewals, service desk", max_length = 200)]
    label: String,
    /// The companies that it shows; left out or null, it shows all.
    #[schema(max_items = 200)]
    companies: Option<BTreeSet<Uuid>>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// A calendar that was opened.
#[derive(Debug, Serialize, ToSchema)]
struct Opened {
    /// The calendar, by which it is closed.
    id: Uuid,
    /// Its version now, for `If-Match`.
    #[schema(minimum = 1)]
    version: i32,
    /// The ledger's entry that a read has to have reached to show it, for `Seatledger-Min-Entry`.
    #[schema(minimum = 1)]
    entry: i64,
    /// Its address on this origin, which is never shown again. Whoever has it reads the calendar, without a token.
    #[schema(example = "/v1/calendar/AZ….….ics")]
    path: String,
}

/// Open a calendar of deadlines, expiries and renewals that calendar programs can subscribe to.
#[utoipa::path(
    post,
    path = "/v1/calendar-feeds",
    tag = "Calendar",
    params(WriteHeaders),
    request_body = NewFeed,
    responses((status = 201, description = "Opened; its address is shown here alone.", body = Opened), Problems),
    security(("token" = []))
)]
async fn open_feed(call: Call, body: RawJson<NewFeed>) -> Result<Response, Problem> {
    let NewFeed {
        label,
        companies,
        reason,
    } = body.value;
    let state = call.state.clone();
    let context = call.context(&body.bytes, reason)?;
    if context.idempotency.is_some() {
        return Err(Problem::new(Kind::BadHeader).with_error(
            "idempotency-key",
            "is not taken here: an address is shown once, and could not be answered again; close what you opened twice",
        ));
    }
    let id = FeedId(state.new_id());
    let mut secret = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(secret.as_mut()).map_err(|error| Problem::internal(&error))?;
    let address = FeedAddress::generate(id, *secret);
    let command = Command::OpenFeed {
        id,
        label,
        secret_sha256: address.secret_sha256(),
        companies: companies.map(|ids| ids.into_iter().map(CompanyId).collect()),
    };
    let done = state.execute(context, command).await?;
    let opened = Opened {
        id: id.0,
        version: done.version,
        entry: done.entry,
        path: address.path(),
    };
    let head = (done.status, ETag(done.version), Entry(done.entry));
    Ok((head.0, head.1, head.2, axum::Json(opened)).into_response())
}

/// Close a calendar: its address answers nobody from now on.
#[utoipa::path(
    delete,
    path = "/v1/calendar-feeds/{id}",
    tag = "Calendar",
    params(ById, WriteHeaders),
    request_body = Option<Reason>,
    responses((status = 200, description = "Closed.", body = Answer), Problems),
    security(("token" = []))
)]
async fn close_feed(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: Option<RawJson<Option<Reason>>>,
) -> Result<Done, Problem> {
    let (Reason { reason }, bytes) = optional(body);
    let command = Command::CloseFeed { id: FeedId(id) };
    call.submit(&bytes, reason, command).await
}
