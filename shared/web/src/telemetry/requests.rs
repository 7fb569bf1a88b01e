//! One span, one log line and one sample for each request.

use std::time::Instant;

use axum::{
    extract::{FromRequestParts, MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue, Method, request::Parts};
use metrics::histogram;
use tracing::Instrument;
use uuid::Uuid;

use crate::problem::Problem;

/// Names a request in the log, in the metadata of its events, and to the client.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Characters of a request id that is taken over from the client or a proxy.
const MAX_REQUEST_ID_CHARS: usize = 64;

/// The route of requests that match none: their own text would make a series for every typo.
const NO_ROUTE: &str = "none";

/// The id of the request at hand: the client's own if it is short and plain, else a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Without the shell (in a test, say) there is none yet.
        Ok(parts.extensions.get().cloned().unwrap_or_else(Self::new))
    }
}

impl RequestId {
    fn new() -> Self {
        Self(Uuid::now_v7().to_string())
    }

    fn of(request: &Request) -> Self {
        let is_plain = |id: &&str| {
            (1..=MAX_REQUEST_ID_CHARS).contains(&id.len())
                && id
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        let sent = request
            .headers()
            .get(REQUEST_ID)
            .and_then(|id| id.to_str().ok());
        sent.filter(is_plain)
            .map_or_else(Self::new, |id| Self(id.to_owned()))
    }
}

/// Gives the request its id and span, and counts and logs how it ended.
pub(crate) async fn observe(mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = RequestId::of(&request);
    let method = known(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| NO_ROUTE.to_owned(), |route| route.as_str().to_owned());
    request.extensions_mut().insert(id.clone());

    let span = tracing::info_span!("request", id = id.0, method, route);
    let mut response = next.run(request).instrument(span.clone()).await;

    let (status, took) = (response.status(), begun.elapsed());
    span.in_scope(|| {
        let seconds = took.as_secs_f64();
        tracing::debug!(status = status.as_u16(), seconds, "answered");
    });
    histogram!("http_request_duration_seconds", "method" => method, "route" => route, "status" => status.as_u16().to_string())
        .record(took);
    if let Ok(id) = HeaderValue::try_from(id.0) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The method as a label: anyone can invent more of them.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
