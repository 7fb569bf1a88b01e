//! The process's metrics, for Prometheus.

use std::time::Duration;

use axum::{Router, extract::State, routing::get};
use http::header;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// How often samples are folded into their histograms. Without it they would pile up while nobody scrapes.
const UPKEEP: Duration = Duration::from_secs(5);

/// Bounds of all durations, in seconds: from what a cached read takes to what a client gives up at.
const SECONDS: &[f64] = &[
    0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
    10.0, 30.0,
];

/// The metrics of this process. Anyone may add to them through the `metrics` crate's macros; what ends in
/// `_seconds` gets buckets for durations.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

/// The metrics could not be set up; most likely they are already.
#[derive(Debug, thiserror::Error)]
#[error("the metrics could not be set up")]
pub struct MetricsError(#[from] BuildError);

impl Metrics {
    /// Begins to collect. Once a process, in `main`, within a tokio runtime.
    ///
    /// # Errors
    /// If the process collects already.
    pub fn install() -> Result<Self, MetricsError> {
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
            .install_recorder()?;
        tokio::spawn(keep_up(handle.clone()));
        Ok(Self(handle))
    }

    /// All metrics, in Prometheus' text format.
    #[must_use]
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// `GET /metrics`.
    pub fn routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        Router::new()
            .route("/metrics", get(scrape))
            .with_state(self.clone())
    }
}

async fn scrape(
    State(metrics): State<Metrics>,
) -> ([(header::HeaderName, &'static str); 1], String) {
    let text = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    (text, metrics.render())
}

async fn keep_up(handle: PrometheusHandle) {
    let mut ticks = tokio::time::interval(UPKEEP);
    loop {
        ticks.tick().await;
        handle.run_upkeep();
    }
}
