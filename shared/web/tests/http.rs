//! Routes as a client meets them, inside the shell.
#![allow(
    clippy::unwrap_used,
    reason = "what fails in a test should fail the test"
)]

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use http::{HeaderMap, Request, StatusCode, header};
use serde::Deserialize;
use serde_json::Value;
use tower::ServiceExt;
use uuid::Uuid;
use web::{
    extract::{Json, MAX_BODY_BYTES, Path, Query},
    headers::{ETag, Entry},
    health::{self, Check, Health},
    paging::{Cursor, Limit},
    problem::{self, Kind, Problem},
    shell::{docs, shell},
    telemetry::{Metrics, RequestId},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body1 {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filters {
    #[serde(default)]
    limit: Limit,
    #[allow(dead_code)]
    cursor: Option<Cursor>,
}

fn router() -> Router {
    let routes = Router::new()
        .route("/echo", post(async |Json(body): Json<Body1>| body.name))
        .route(
            "/maybe",
            post(async |body: Option<Json<Body1>>| {
                body.map_or("nothing".to_owned(), |Json(body)| body.name)
            }),
        )
        .route(
            "/import",
            post(async |Json(body): Json<Body1>| body.name.len().to_string())
                .layer(DefaultBodyLimit::max(3 * MAX_BODY_BYTES)),
        )
        .route(
            "/list",
            get(async |Query(filters): Query<Filters>| filters.limit.get().to_string()),
        )
        .route(
            "/things/{id}",
            get(async |Path(id): Path<Uuid>| id.to_string()),
        )
        .route("/panic", get(panics))
        .route("/written", get(async || (ETag(3), Entry(42), "written")))
        .route("/request-id", get(async |RequestId(id): RequestId| id));
    let pages = docs(Router::new().route("/docs", get(async || "page")));
    shell(routes.merge(pages).merge(problem::pages()))
}

async fn panics() -> &'static str {
    panic!("the secret is hunter2")
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn problem(&self) -> Value {
        assert_eq!(
            self.headers[header::CONTENT_TYPE],
            problem::MEDIA_TYPE,
            "{}",
            self.text
        );
        let problem: Value = serde_json::from_str(&self.text).unwrap();
        assert_eq!(problem["status"], self.status);
        problem
    }
}

async fn send(router: Router, request: Request<Body>) -> Answer {
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let body = axum::body::to_bytes(body, 10 * MAX_BODY_BYTES)
        .await
        .unwrap();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        text: String::from_utf8(body.to_vec()).unwrap(),
    }
}

async fn fetch(path: &str) -> Answer {
    send(router(), Request::get(path).body(Body::empty()).unwrap()).await
}

async fn post_json(path: &str, body: impl Into<Body>) -> Answer {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    send(router(), request.body(body.into()).unwrap()).await
}

fn named(name: &str) -> String {
    format!(r#"{{"name":"{name}"}}"#)
}

#[tokio::test]
async fn every_way_to_go_wrong_is_a_problem_of_its_own() {
    let big = named(&"x".repeat(MAX_BODY_BYTES));
    for (answer, kind, field) in [
        (fetch("/nowhere").await, Kind::NotFound, None),
        (fetch("/echo").await, Kind::MethodNotAllowed, None),
        (fetch("/things/1").await, Kind::NotFound, None),
        (fetch("/things/%00").await, Kind::NotFound, None),
        (fetch("/things/%ff").await, Kind::NotFound, None),
        (fetch("/list?limit=0").await, Kind::BadQuery, Some("limit")),
        (fetch("/list?limt=1").await, Kind::BadQuery, Some("limt")),
        (fetch("/panic").await, Kind::Internal, None),
        (fetch("/problems/nonsense").await, Kind::NotFound, None),
        (
            post_json("/echo", "{").await,
            Kind::MalformedBody,
            Some("."),
        ),
        (post_json("/echo", "").await, Kind::MalformedBody, Some(".")),
        (
            post_json("/echo", r#"{"nme":"a"}"#).await,
            Kind::Validation,
            Some("nme"),
        ),
        (
            post_json("/echo", r#"{"name":"a\u0000"}"#).await,
            Kind::MalformedBody,
            Some("name"),
        ),
        (post_json("/echo", big).await, Kind::BodyTooLarge, None),
        (
            post_json("/import", vec![b'x'; 4 * MAX_BODY_BYTES]).await,
            Kind::BodyTooLarge,
            None,
        ),
        (
            send(router(), Request::post("/echo").body("{}".into()).unwrap()).await,
            Kind::UnsupportedMediaType,
            None,
        ),
        (
            send(router(), Request::post("/maybe").body("x".into()).unwrap()).await,
            Kind::UnsupportedMediaType,
            None,
        ),
    ] {
        assert_eq!(
            answer.status,
            kind.status().as_u16(),
            "{kind:?}: {}",
            answer.text
        );
        let problem = answer.problem();
        assert_eq!(problem["type"], kind.uri(), "{problem}");
        assert_eq!(problem["errors"][0]["field"].as_str(), field, "{problem}");
    }
}

#[tokio::test]
async fn what_is_right_passes() {
    assert_eq!(post_json("/echo", r#"{"name":"a"}"#).await.text, "a");
    assert_eq!(post_json("/maybe", r#"{"name":"a"}"#).await.text, "a");
    assert_eq!(post_json("/maybe", "").await.text, "nothing");
    assert_eq!(
        send(
            router(),
            Request::post("/maybe").body(Body::empty()).unwrap()
        )
        .await
        .text,
        "nothing"
    );
    assert_eq!(
        post_json("/import", named(&"x".repeat(2 * MAX_BODY_BYTES)))
            .await
            .text,
        (2 * MAX_BODY_BYTES).to_string()
    );
    assert_eq!(fetch("/list").await.text, "100");
    assert_eq!(fetch("/list?limit=7&cursor=abc").await.text, "7");
}

#[tokio::test]
async fn a_panic_tells_the_client_nothing() {
    let answer = fetch("/panic").await;
    assert!(!answer.text.contains("hunter2"), "{}", answer.text);
    assert!(answer.problem().get("detail").is_none());
}

#[tokio::test]
async fn the_wrong_method_is_told_the_right_ones() {
    assert_eq!(fetch("/echo").await.headers[header::ALLOW], "POST");
}

#[tokio::test]
async fn answers_carry_version_and_entry() {
    let answer = fetch("/written").await;
    assert_eq!(answer.headers[header::ETAG], "\"3\"");
    assert_eq!(answer.headers["seatledger-entry"], "42");
}

#[tokio::test]
async fn every_answer_has_safe_headers_and_pages_may_run_their_own_scripts() {
    for path in ["/list", "/nowhere", "/panic"] {
        let headers = fetch(path).await.headers;
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store", "{path}");
        assert!(
            headers[header::CONTENT_SECURITY_POLICY]
                .to_str()
                .unwrap()
                .starts_with("default-src 'none'")
        );
    }
    let headers = fetch("/docs").await.headers;
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'self'") && !policy.contains("unsafe-eval"),
        "{policy}"
    );
    assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
}

#[tokio::test]
async fn a_request_id_is_taken_over_if_it_is_plain() {
    for (sent, kept) in [
        ("abc-1.2_3", true),
        ("", false),
        ("a b", false),
        ("a\"b", false),
        (&"x".repeat(64), true),
        (&"x".repeat(65), false),
    ] {
        let request = Request::get("/request-id").header("x-request-id", sent);
        let answer = send(router(), request.body(Body::empty()).unwrap()).await;
        assert_eq!(
            answer.headers["x-request-id"].to_str().unwrap(),
            answer.text
        );
        assert_eq!(answer.text == sent, kept, "{sent}");
        assert!(!answer.text.is_empty());
    }
}

#[tokio::test]
async fn each_kind_has_a_page_and_a_slug_of_its_own() {
    let list = fetch("/problems").await.text;
    for kind in Kind::ALL {
        let page = fetch(&kind.uri()).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains(kind.help()));
        assert!(list.contains(&page.text));
        assert_eq!(Kind::from_slug(kind.slug()), Some(*kind));
    }
}

#[test]
fn the_openapi_document_describes_the_problem_once() {
    let mut document = utoipa::openapi::OpenApi::default();
    problem::describe(&mut document);
    let components = serde_json::to_value(document.components).unwrap();
    let response = &components["responses"]["Problem"];
    assert_eq!(
        response["content"][problem::MEDIA_TYPE]["schema"]["$ref"],
        "#/components/schemas/Problem"
    );
    for kind in Kind::ALL {
        assert!(
            response["description"]
                .as_str()
                .unwrap()
                .contains(&kind.uri())
        );
    }
    let properties = components["schemas"]["Problem"]["properties"]
        .as_object()
        .unwrap();
    for name in ["type", "title", "status", "detail", "errors"] {
        assert!(properties.contains_key(name), "{name} in {properties:?}");
    }
    assert!(components["schemas"]["FieldError"].is_object());
    assert_eq!(components["securitySchemes"]["token"]["scheme"], "bearer");
}

#[test]
fn a_wait_is_sent_in_whole_seconds_rounded_up() {
    use axum::response::IntoResponse;
    for (milliseconds, seconds) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2"), (60_000, "60")] {
        let problem =
            Problem::new(Kind::RateLimited).with_retry_after(Duration::from_millis(milliseconds));
        assert_eq!(
            problem.into_response().headers()[header::RETRY_AFTER],
            seconds
        );
    }
}

struct Fixed(&'static str, Health);

#[async_trait]
impl Check for Fixed {
    fn name(&self) -> &str {
        self.0
    }

    async fn check(&self) -> Health {
        self.1.clone()
    }
}

#[tokio::test]
async fn readiness_is_that_of_the_gravest_check() {
    let ready = || Health::Ready;
    let degraded = || Health::Degraded("the HSM does not answer".to_owned());
    let not_ready = || Health::NotReady("no connection".to_owned());
    for (log, vault, code, status) in [
        (ready(), ready(), 200, "ready"),
        (ready(), degraded(), 200, "degraded"),
        (not_ready(), degraded(), 503, "not_ready"),
    ] {
        let checks: Vec<Arc<dyn Check>> =
            vec![Arc::new(Fixed("log", log)), Arc::new(Fixed("vault", vault))];
        let router = shell(health::routes(checks));
        let answer = send(router, Request::get("/readyz").body(Body::empty()).unwrap()).await;
        let report: Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!(
            (answer.status, report["status"].as_str().unwrap()),
            (code, status),
            "{report}"
        );
        assert_eq!(report["checks"][1]["name"], "vault");
        assert_eq!(
            report["checks"][0].get("reason").is_some(),
            report["checks"][0]["status"] != "ready"
        );
    }
    let alive = send(
        health::routes(Vec::new()),
        Request::get("/livez").body(Body::empty()).unwrap(),
    )
    .await;
    assert_eq!(alive.status, StatusCode::OK.as_u16());
}

#[tokio::test]
async fn requests_are_counted_by_route_and_never_by_what_was_typed() {
    let metrics = Metrics::install().unwrap();
    assert!(Metrics::install().is_err(), "once a process");
    fetch(&format!("/things/{}?secret=hunter2", Uuid::nil())).await;
    fetch("/typo/hunter2").await;
    let request = Request::builder()
        .method("HUNTER2")
        .uri("/list")
        .body(Body::empty())
        .unwrap();
    send(router(), request).await;
    let router: Router = metrics.routes();
    let answer = send(
        router,
        Request::get("/metrics").body(Body::empty()).unwrap(),
    )
    .await;
    let count = |labels: &str| {
        answer.text.contains(&format!(
            "http_request_duration_seconds_count{{{labels}}} 1"
        ))
    };
    assert!(
        count(r#"method="GET",route="/things/{id}",status="200""#),
        "{}",
        answer.text
    );
    assert!(
        count(r#"method="GET",route="none",status="404""#),
        "{}",
        answer.text
    );
    assert!(
        count(r#"method="other",route="/list",status="405""#),
        "{}",
        answer.text
    );
    assert!(answer.text.contains("_bucket{"), "{}", answer.text);
    assert!(
        !answer.text.to_lowercase().contains("hunter2"),
        "{}",
        answer.text
    );
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_names_the_request_but_nothing_that_was_typed_into_it() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _log = tracing::subscriber::set_default(subscriber);
    for (uri, body) in [
        ("/echo?hunter2=hunter2", named("hunter2")),
        ("/echo", r#"{"name":"x","hunter2":"hunter2"}"#.to_owned()),
        ("/echo", r#"{"name":"hunter2"#.to_owned()),
        ("/things/hunter2", "hunter2".to_owned()),
        ("/hunter2", String::new()),
    ] {
        for method in ["GET", "POST"] {
            let request = Request::builder()
                .method(method)
                .uri(uri)
                .header(header::AUTHORIZATION, "Bearer hunter2")
                .header(header::IF_MATCH, "hunter2")
                .header(header::CONTENT_TYPE, "application/json")
                .header("x-request-id", "named-by-the-client");
            send(router(), request.body(body.clone().into()).unwrap()).await;
        }
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("named-by-the-client") && log.contains("/things/{id}"),
        "{log}"
    );
    assert!(!log.contains("hunter2"), "{log}");
}
