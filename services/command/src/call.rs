//! One HTTP request as a command's context.

use axum::extract::{FromRef, FromRequestParts, OriginalUri};
use domain::{Command, FieldError, access::Principal, text};
use event_log::Idempotency;
use http::{HeaderName, Method, request::Parts};
use utoipa::IntoParams;
use web::{
    access::Authenticated,
    headers::{IdempotencyKey, IfMatch, body_hmac},
    problem::Problem,
    telemetry::RequestId,
};

use crate::{
    answer::Done,
    state::{Context, State},
};

/// Carries the W3C trace context.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The longest trace context that is kept, in bytes: that of version 00.
const TRACEPARENT_BYTES_MAX: usize = 55;

/// Everything about a request but its body. Comes first among a handler's arguments: strangers are turned away
/// before anything else is looked at.
pub(crate) struct Call {
    pub(crate) state: State,
    pub(crate) principal: Principal,
    if_match: Option<i32>,
    key: Option<String>,
    request: String,
    trace: Option<String>,
    method: Method,
    target: String,
}

/// The headers of a write.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "describes headers that `Call` reads")]
pub(crate) struct WriteHeaders {
    /// The version that the change was decided on, as in `ETag`: 412 if it is no longer the current one.
    #[param(rename = "If-Match", example = "\"3\"")]
    if_match: Option<String>,
    /// Makes the request safe to repeat for 24 hours: the same key is answered the same.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 128)]
    idempotency_key: Option<String>,
}

impl Call {
    /// Carries a command out. `body` is what was sent, to recognize a repetition by.
    pub(crate) async fn submit(
        self,
        body: &[u8],
        reason: Option<String>,
        command: Command,
    ) -> Result<Done, Problem> {
        let state = self.state.clone();
        state.execute(self.context(body, reason)?, command).await
    }

    pub(crate) fn context(self, body: &[u8], reason: Option<String>) -> Result<Context, Problem> {
        let reason = reason_of(reason)?;
        let idempotency = self.key.map(|key| Idempotency {
            // The token, not the person: another token of theirs may have other rights.
            principal: self.principal.token.0,
            key,
            body_hmac: body_hmac(self.state.receipt_key(), &self.method, &self.target, body),
        });
        Ok(Context {
            principal: self.principal,
            if_match: self.if_match,
            reason,
            request: Some(self.request),
            trace: self.trace,
            idempotency,
        })
    }
}

pub(crate) fn reason_of(reason: Option<String>) -> Result<Option<String>, Problem> {
    let Some(reason) = reason.filter(|reason| !reason.trim().is_empty()) else {
        return Ok(None);
    };
    text::line(&reason, text::LINE_LENGTH_MAX)
        .map(Some)
        .map_err(|error| {
            Problem::validation([FieldError {
                field: "reason".to_owned(),
                message: error.to_string(),
            }])
        })
}

impl<S> FromRequestParts<S> for Call
where
    S: Send + Sync,
    State: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let state = State::from_ref(state);
        let Authenticated(principal) = Authenticated::from_request_parts(parts, &state).await?;
        let IfMatch(if_match) = IfMatch::from_request_parts(parts, &state).await?;
        let IdempotencyKey(key) = IdempotencyKey::from_request_parts(parts, &state).await?;
        let RequestId(request) = RequestId::from_request_parts(parts, &state).await?;
        let uri = parts
            .extensions
            .get::<OriginalUri>()
            .map_or(&parts.uri, |original| &original.0);
        let target = uri
            .path_and_query()
            .map_or_else(String::new, ToString::to_string);
        Ok(Self {
            state,
            principal,
            if_match,
            key,
            request,
            trace: trace_of(parts),
            method: parts.method.clone(),
            target,
        })
    }
}

fn trace_of(parts: &Parts) -> Option<String> {
    let header = parts.headers.get(TRACEPARENT)?.to_str().ok()?;
    let fits = header.len() <= TRACEPARENT_BYTES_MAX
        && header
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    fits.then(|| header.to_owned())
}
