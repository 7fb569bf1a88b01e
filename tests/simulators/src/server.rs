//! Takes calls, lets them fail if they shall, and else has them answered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use chrono::{DateTime, Utc};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::ask::{Ask, Reply};
use crate::fault::Fault;
use crate::line::{Knife, Lines};
use crate::{Kind, Shared};

/// The longest request, in bytes.
const REQUEST_MAX: usize = 1024 * 1024;
/// Longer than any caller waits, and yet an end.
const STALL: Duration = Duration::from_secs(300);
/// A huge answer, in bytes.
const HUGE: usize = 3 * 1024 * 1024;

pub(crate) async fn start(shared: Arc<Shared>) -> (SocketAddr, JoinHandle<()>) {
    let lines = Lines(TcpListener::bind("127.0.0.1:0").await.unwrap());
    let address = lines.address();
    let app = Router::new().fallback(take).with_state(shared);
    let app = app.into_make_service_with_connect_info::<Knife>();
    let server = tokio::spawn(async move {
        axum::serve(lines, app).await.unwrap();
    });
    (address, server)
}

async fn take(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(knife): ConnectInfo<Knife>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, REQUEST_MAX).await else {
        return json(&shared.kind.error(413, "too long"));
    };
    let (method, path) = (head.method.to_string(), head.uri.path().to_owned());
    let ask = Ask::new(head, body);
    shared.store().called(&method, &path);
    let fault = if ask.is_for_token() {
        None
    } else {
        shared.faults().draw(ask.is_change())
    };
    let answer = || shared.kind.answer(&mut shared.store(), &ask);
    let kind = shared.kind;
    let Some(fault) = fault else {
        return json(&answer());
    };
    match fault {
        Fault::Stall => stalled().await,
        Fault::StallAfter => {
            answer();
            stalled().await
        }
        Fault::FailBefore => json(&kind.error(500, "out of memory")),
        Fault::FailAfter => {
            answer();
            json(&kind.error(500, "a rule that runs after saving failed"))
        }
        Fault::CutBefore => cut(&knife),
        Fault::CutAfter => {
            answer();
            cut(&knife)
        }
        Fault::BusySeconds(seconds) => busy(kind, &seconds.to_string()),
        Fault::BusyDate(seconds) => {
            let then = SystemTime::now() + Duration::from_secs(seconds);
            let then = DateTime::<Utc>::from(then).format("%a, %d %b %Y %H:%M:%S GMT");
            busy(kind, &then.to_string())
        }
        Fault::Unauthorized => json(&kind.error(401, "the session has ended")),
        Fault::Page(status) => page(status),
        Fault::PageAfter => {
            answer();
            page(200)
        }
        Fault::Truncated => {
            let Reply { status, body } = answer();
            let mut body = body.to_string().into_bytes();
            body.truncate(body.len() / 2);
            response(status, "application/json", body)
        }
        Fault::Huge => {
            let Reply { status, .. } = answer();
            let body = format!("{{\"padding\":\"{}\"}}", "a".repeat(HUGE));
            response(status, "application/json", body)
        }
    }
}

async fn stalled() -> Response {
    tokio::time::sleep(STALL).await;
    page(504)
}

fn cut(knife: &Knife) -> Response {
    knife.cut();
    page(200)
}

fn busy(kind: Kind, retry_after: &str) -> Response {
    let mut response = json(&kind.error(429, "too many requests"));
    let value = retry_after.parse().unwrap();
    response.headers_mut().insert("retry-after", value);
    response
}

fn page(status: u16) -> Response {
    let page = "<!DOCTYPE html><html><head><title>Be right back</title></head><body></body></html>";
    response(status, "text/html; charset=utf-8", page.to_owned())
}

fn json(reply: &Reply) -> Response {
    response(
        reply.status,
        "application/json; charset=utf-8",
        reply.body.to_string(),
    )
}

fn response(status: u16, content_type: &str, body: impl Into<Body>) -> Response {
    let response = Response::builder().status(status);
    let response = response.header("content-type", content_type);
    response.body(body.into()).unwrap()
}
