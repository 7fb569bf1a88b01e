//! `/livez` and `/readyz`.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use axum::{Json, Router, extract::State, routing::get};
use futures_util::future::join_all;
use http::StatusCode;
use serde::Serialize;

/// How long a check may take; load balancers ask every few seconds and wait little longer.
const CHECK_LIMIT: Duration = Duration::from_secs(2);

/// Something that the service needs.
#[async_trait]
pub trait Check: Send + Sync {
    /// What is checked: `log`, `bus`, `vault`, or a read model's name.
    fn name(&self) -> &str;

    /// How it is now; given up after two seconds, as not ready. Reasons are shown without
    /// authentication: they name what is wrong, never an address, a value or a tenant's data.
    async fn check(&self) -> Health;
}

/// How something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It works.
    Ready,
    /// Some of it does not work, but the service should go on to get requests.
    Degraded(String),
    /// Requests should go elsewhere.
    NotReady(String),
}

type Checks = Arc<[Arc<dyn Check>]>;

#[derive(Debug, Serialize)]
struct Report {
    status: &'static str,
    checks: Vec<ReportedCheck>,
}

#[derive(Debug, Serialize)]
struct ReportedCheck {
    name: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// `GET /livez`: 200 while the process answers at all. `GET /readyz`: each check's outcome as JSON; 200
/// while all are ready or degraded, else 503.
pub fn routes<S: Clone + Send + Sync + 'static>(checks: Vec<Arc<dyn Check>>) -> Router<S> {
    Router::new()
        .route("/livez", get(async || "alive\n"))
        .route("/readyz", get(readyz))
        .with_state(Checks::from(checks))
}

async fn readyz(State(checks): State<Checks>) -> (StatusCode, Json<Report>) {
    let outcomes = join_all(
        checks
            .iter()
            .map(|check| outcome(check.as_ref(), CHECK_LIMIT)),
    )
    .await;
    let worst = outcomes.iter().map(Health::gravity).max().unwrap_or(0);
    let checks = checks
        .iter()
        .zip(outcomes)
        .map(|(check, health)| ReportedCheck::new(check.name(), health))
        .collect();
    let (code, status) = match worst {
        0 => (StatusCode::OK, "ready"),
        1 => (StatusCode::OK, "degraded"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "not_ready"),
    };
    (code, Json(Report { status, checks }))
}

async fn outcome(check: &dyn Check, limit: Duration) -> Health {
    tokio::time::timeout(limit, check.check())
        .await
        .unwrap_or_else(|_| Health::NotReady(format!("no answer within {limit:?}")))
}

impl Health {
    fn gravity(&self) -> u8 {
        match self {
            Self::Ready => 0,
            Self::Degraded(_) => 1,
            Self::NotReady(_) => 2,
        }
    }
}

impl ReportedCheck {
    fn new(name: &str, health: Health) -> Self {
        let (status, reason) = match health {
            Health::Ready => ("ready", None),
            Health::Degraded(reason) => ("degraded", Some(reason)),
            Health::NotReady(reason) => ("not_ready", Some(reason)),
        };
        Self {
            name: name.to_owned(),
            status,
            reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Hangs;

    #[async_trait]
    impl Check for Hangs {
        fn name(&self) -> &str {
            "hangs"
        }

        async fn check(&self) -> Health {
            std::future::pending().await
        }
    }

    #[tokio::test]
    async fn a_check_that_hangs_is_not_ready() {
        let health = outcome(&Hangs, Duration::from_millis(1)).await;
        assert_eq!(health, Health::NotReady("no answer within 1ms".to_owned()));
    }
}
