//! One operation as a request to the routes of this service.

use axum::{
    Router,
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header};
use tower::ServiceExt;
use uuid::Uuid;
use web::{
    headers::IDEMPOTENCY_KEY,
    problem::{Kind, Problem},
    telemetry::RequestId,
};

use super::{Operation, Outcome};

/// Of our own making, so that no other use of v5 ids can meet ours.
const KEYS: Uuid = Uuid::from_u128(0x2b0c_9d1e_58a7_4f36_9c11_7d42_e0b6_53fa);

/// What an operation takes over from the request that it came with.
const PASSED_ON: [HeaderName; 2] = [
    header::AUTHORIZATION,
    HeaderName::from_static("traceparent"),
];

/// Sends operations in the name of whoever sent the whole request.
pub(crate) struct Sender {
    router: Router,
    headers: HeaderMap,
    request: RequestId,
    key: Option<String>,
}

impl Sender {
    pub(super) fn new(
        router: Router,
        headers: &HeaderMap,
        request: RequestId,
        key: Option<String>,
    ) -> Self {
        let passed_on = PASSED_ON
            .into_iter()
            .filter_map(|name| headers.get(&name).map(|value| (name, value.clone())));
        Self {
            router,
            headers: passed_on.collect(),
            request,
            key,
        }
    }

    /// Carries out the operation at this place of the list.
    pub(super) async fn send(&self, at: usize, operation: &Operation) -> Outcome {
        let response = match self.request(at, operation) {
            Ok(request) => match self.router.clone().oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            },
            Err(problem) => problem.into_response(),
        };
        Outcome::of(answered(response)).await
    }

    fn request(&self, at: usize, operation: &Operation) -> Result<Request<Body>, Problem> {
        let (method, uri) = target(operation)?;
        let body = match &operation.body {
            Some(body) => Body::from(body.get().to_owned()),
            None => Body::empty(),
        };
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers.clone();
        request.extensions_mut().insert(self.request.clone());
        let headers = request.headers_mut();
        if operation.body.is_some() {
            let json = HeaderValue::from_static("application/json");
            headers.insert(header::CONTENT_TYPE, json);
        }
        if let Some(version) = operation.if_match {
            let tag = HeaderValue::try_from(format!("\"{version}\""));
            headers.insert(header::IF_MATCH, tag.map_err(|_| wrong("if_match"))?);
        }
        if let Some(key) = self.key_of(at, operation) {
            let key = HeaderValue::try_from(key).map_err(|_| wrong("idempotency_key"))?;
            headers.insert(IDEMPOTENCY_KEY, key);
        }
        Ok(request)
    }

    /// The operation's own key, or one that follows from the request's and the place in the list.
    fn key_of(&self, at: usize, operation: &Operation) -> Option<String> {
        operation.idempotency_key.clone().or_else(|| {
            let key = self.key.as_ref()?;
            Some(Uuid::new_v5(&KEYS, format!("{at}\n{key}").as_bytes()).to_string())
        })
    }
}

/// Where an operation goes, if it may be one.
fn target(operation: &Operation) -> Result<(Method, Uri), Problem> {
    let invalid =
        |field: &str, message: String| Problem::new(Kind::Validation).with_error(field, message);
    let method = match operation.method.as_str() {
        "POST" => Method::POST,
        "PUT" => Method::PUT,
        "PATCH" => Method::PATCH,
        "DELETE" => Method::DELETE,
        other => {
            let message = format!("is {other:?}: POST, PUT, PATCH or DELETE is expected");
            return Err(invalid("method", message));
        }
    };
    let uri: Uri = operation
        .path
        .parse()
        .ok()
        .filter(|uri: &Uri| uri.authority().is_none() && uri.query().is_none())
        .filter(|uri| uri.path().starts_with("/v1/"))
        .ok_or_else(|| {
            let message = "must be the address of a route, such as /v1/assets, and nothing more";
            invalid("path", message.to_owned())
        })?;
    if stands_alone(uri.path()) {
        let message = "can't be part of a bulk: send it as a request of its own";
        return Err(invalid("path", message.to_owned()));
    }
    Ok((method, uri))
}

/// What is recorded each time that it is asked, or would carry a second list of its own.
fn stands_alone(path: &str) -> bool {
    let first = path.split('/').nth(2).unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit('/').next();
    matches!(first, "bulk" | "imports" | "jobs") || matches!(last, Some("reveal" | "find-by-key"))
}

fn wrong(field: &str) -> Problem {
    Problem::new(Kind::Validation).with_error(field, "is not of the form that a header takes")
}

/// What matches no route has no problem of its own yet.
fn answered(response: Response) -> Response {
    let untold = !response.headers().contains_key(header::CONTENT_TYPE);
    match response.status().as_u16() {
        404 if untold => Problem::new(Kind::NotFound)
            .with_detail("there is no such route")
            .into_response(),
        405 if untold => Problem::new(Kind::MethodNotAllowed).into_response(),
        _ => response,
    }
}
