//! `POST /v1/bulk`: many writes in one request, each answered as its own route would answer it.
//!
//! An operation is a request to the routes of this very service, so no rule is stated twice. Operations that
//! could meet are carried out one after the other; what can't (see [`order`]) goes together, so that the log
//! takes many in one append.

mod operation;
mod order;
mod slots;

use std::time::{Duration, Instant};

use axum::{
    Extension, Router,
    extract::DefaultBodyLimit,
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use http::{HeaderMap, HeaderName, header};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{
    access::Authenticated,
    extract::{MAX_BODY_BYTES, RawJson},
    headers::{ENTRY, Entry, IdempotencyKey},
    problem::{Kind, Problem, Problems},
    telemetry::RequestId,
};

use crate::state::State;

pub(crate) use operation::Sender;
pub(crate) use slots::{Slot, Slots};

/// Operations of one request: a page of anything fits, and a second's work for the log.
pub(crate) const OPERATIONS_MAX: usize = 1_000;

/// The whole body: a thousand assets with some 8 KiB each.
const BODY_BYTES_MAX: usize = 8 << 20;

/// Operations of one request on their way at once: what one append gathers grows with it, and no other work of
/// the account waits behind more than these.
const IN_FLIGHT_MAX: usize = 64;

/// Requests that are being carried out at once: with 8 MiB each they are what a service has memory for.
const REQUESTS_MAX: usize = 16;

/// Those of one account, so that others find a place.
const REQUESTS_OF_TENANT_MAX: usize = 4;

/// No operation begins later than this, so that the answer to those that did comes within the time that a
/// request has (30 s).
const BEGIN_WITHIN: Duration = Duration::from_secs(20);

pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(carry_out_operations))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(Extension(Slots::new(REQUESTS_MAX, REQUESTS_OF_TENANT_MAX)))
}

/// The routes that an operation may name.
#[derive(Clone)]
pub(crate) struct Operations(pub(crate) Router);

/// Writes to be carried out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Bulk {
    /// In the order in which they are to be carried out.
    #[schema(min_items = 1, max_items = 1000)]
    operations: Vec<Operation>,
}

/// One write: method, path and body of its own route.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Operation {
    /// `POST`, `PUT`, `PATCH` or `DELETE`.
    #[schema(example = "PATCH")]
    method: String,
    /// The route's address.
    #[schema(example = "/v1/assets/0192f0c1-7a3e-7c55-9a3e-3f1c5b1c2d4e")]
    path: String,
    /// The route's body; left out where it has none.
    #[schema(value_type = Option<Object>, example = json!({ "values": { "total_seats": 30 } }))]
    body: Option<Box<RawValue>>,
    /// The version that the change was decided on: 412 if it is no longer the current one.
    #[schema(minimum = 1)]
    if_match: Option<i32>,
    /// The operation's own key; without one it is derived from the request's.
    #[schema(min_length = 1, max_length = 128)]
    idempotency_key: Option<String>,
}

/// What became of the operations.
#[derive(Serialize, ToSchema)]
struct Outcomes {
    /// Operations that were carried out.
    succeeded: usize,
    /// Operations that were not; each says why.
    failed: usize,
    /// The entry that a read has to have reached to show all of it, for `Seatledger-Min-Entry`; null if nothing was
    /// carried out.
    #[schema(minimum = 1)]
    entry: Option<i64>,
    /// One for each operation, in their order.
    results: Vec<Outcome>,
}

/// What became of one operation.
#[derive(Debug, Serialize, ToSchema)]
struct Outcome {
    /// As its own route would answer.
    #[schema(example = 200)]
    status: u16,
    /// What its route answers, if it was carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::answer::Answer>)]
    body: Option<Box<RawValue>>,
    /// Why it was not carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    problem: Option<Box<RawValue>>,
    /// When to try it again, if waiting helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u32>,
    #[serde(skip)]
    entry: Option<i64>,
}

/// Carry out up to 1,000 writes. Each is decided by the rules of its own route and answered for itself: one that is
/// refused holds up no other. Operations on the same asset or document, or on an external id, keep their order
/// and see each other's effects; every other operation (on companies, types, policies …) waits for all before it
/// and goes before all after it. Different assets may be recorded in any order. Reveals, imports, jobs and
/// another bulk can't be part of one.
///
/// With an `Idempotency-Key` the request is safe to repeat: what was carried out answers the same, the rest is
/// tried again.
#[utoipa::path(
    post,
    path = "/v1/bulk",
    tag = "Bulk",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes every operation safe to repeat for 24 hours.")),
    request_body = Bulk,
    responses((status = 200, description = "Each operation's result.", body = Outcomes), Problems),
    security(("token" = []))
)]
async fn carry_out_operations(
    Authenticated(principal): Authenticated,
    IdempotencyKey(key): IdempotencyKey,
    request: RequestId,
    Extension(Operations(router)): Extension<Operations>,
    Extension(slots): Extension<Slots>,
    headers: HeaderMap,
    body: RawJson<Bulk>,
) -> Result<(Entry, axum::Json<Outcomes>), Problem> {
    let operations = body.value.operations;
    if !(1..=OPERATIONS_MAX).contains(&operations.len()) {
        let message = format!(
            "holds {} operations: 1 to {OPERATIONS_MAX} are allowed",
            operations.len()
        );
        return Err(Problem::new(Kind::Validation).with_error("operations", message));
    }
    let _slot = slots.take(principal.tenant.0).ok_or_else(|| {
        Problem::new(Kind::Busy).with_detail("too many bulk requests are being carried out")
    })?;
    let sender = Sender::new(router, &headers, request, key);
    let results = carry_out(&sender, &operations).await;
    let succeeded = results
        .iter()
        .filter(|result| result.body.is_some())
        .count();
    let entry = results.iter().filter_map(|result| result.entry).max();
    let outcomes = Outcomes {
        succeeded,
        failed: results.len() - succeeded,
        entry,
        results,
    };
    Ok((Entry(entry.unwrap_or(0)), axum::Json(outcomes)))
}

async fn carry_out(sender: &Sender, operations: &[Operation]) -> Vec<Outcome> {
    let begun = Instant::now();
    let mut results = Vec::with_capacity(operations.len());
    for wave in order::waves(operations) {
        let sent = wave.map(|at| {
            let operation = &operations[at];
            async move {
                if begun.elapsed() >= BEGIN_WITHIN {
                    return Outcome::of(not_begun().into_response()).await;
                }
                sender.send(at, operation).await
            }
        });
        results.extend(
            stream::iter(sent)
                .buffered(IN_FLIGHT_MAX)
                .collect::<Vec<_>>()
                .await,
        );
    }
    results
}

fn not_begun() -> Problem {
    Problem::new(Kind::Timeout)
        .with_detail("not begun, since the operations before it took too long: send it again")
}

impl Outcome {
    /// What a route answered.
    async fn of(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers());
        let number = |name: &HeaderName| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok()?.parse::<i64>().ok())
        };
        let retry_after_seconds =
            number(&header::RETRY_AFTER).and_then(|seconds| u32::try_from(seconds).ok());
        let entry = number(&ENTRY).filter(|_| status.is_success());
        let json = axum::body::to_bytes(response.into_body(), MAX_BODY_BYTES)
            .await
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let (body, problem) = if status.is_success() {
            (json, None)
        } else {
            (None, json)
        };
        Self {
            status: status.as_u16(),
            body,
            problem,
            retry_after_seconds,
            entry,
        }
    }
}
