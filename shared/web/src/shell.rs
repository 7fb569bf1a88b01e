//! What stands around every route of a service.

use std::{any::Any, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    extract::MAX_BODY_BYTES,
    problem::{Kind, Problem},
    telemetry::observe,
};

/// How long a request may take until its answer begins; what streams afterwards is not cut off. Reading a
/// slow body counts, so nobody holds a connection open by sending a byte a minute.
const REQUEST_LIMIT: Duration = Duration::from_secs(30);

/// For answers that are data: a browser may neither run nor frame nor sniff nor keep them.
const API_HEADERS: &[(&str, &str)] = &[
    ("cache-control", "no-store"),
    (
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'",
    ),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

/// For the pages of the documentation: their own scripts and styles, and nothing from elsewhere. The
/// viewer sets styles on elements, hence `unsafe-inline` for these; and its icons are `data:` images.
const DOCS_HEADERS: &[(&str, &str)] = &[
    ("cache-control", "no-cache"),
    (
        "content-security-policy",
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
         object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
];

/// Wraps a service's routes: request ids, log, metrics, safe headers, problems for what matches no route
/// or panics, a time limit and the body limit ([`MAX_BODY_BYTES`], which a route may raise with
/// `DefaultBodyLimit` of its own). Applied once, after all routes are merged.
pub fn shell<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn(limit_time))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(api_headers))
        .layer(from_fn(observe))
}

/// Marks routes as pages of documentation, which may run their own scripts. Inside [`shell`].
pub fn docs<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router.layer(from_fn(docs_headers))
}

async fn no_route() -> Problem {
    Problem::new(Kind::NotFound)
}

async fn no_method() -> Problem {
    Problem::new(Kind::MethodNotAllowed)
}

async fn limit_time(request: Request, next: Next) -> Response {
    answer_within(REQUEST_LIMIT, next.run(request)).await
}

async fn answer_within(limit: Duration, answer: impl Future<Output = Response>) -> Response {
    tokio::time::timeout(limit, answer)
        .await
        .unwrap_or_else(|_| Problem::new(Kind::Timeout).into_response())
}

async fn api_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    add_missing(response.headers_mut(), API_HEADERS);
    response
}

async fn docs_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    add_missing(response.headers_mut(), DOCS_HEADERS);
    response
}

/// What is nearer to the handler knows better: it is not overwritten.
fn add_missing(headers: &mut HeaderMap, defaults: &[(&'static str, &'static str)]) {
    for (name, value) in defaults {
        headers
            .entry(HeaderName::from_static(name))
            .or_insert(HeaderValue::from_static(value));
    }
}

/// The panic's own text goes to the log through the panic hook, and to nobody else.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    Problem::new(Kind::Internal).into_response()
}

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;

    #[tokio::test]
    async fn what_takes_too_long_is_given_up() {
        let never = std::future::pending();
        let answer = answer_within(Duration::from_millis(1), never).await;
        assert_eq!(answer.status(), Kind::Timeout.status());
        assert_eq!(answer.headers()[header::RETRY_AFTER], "1");
    }
}
