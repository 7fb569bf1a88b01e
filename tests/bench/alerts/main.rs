//! How soon an alert arrives: from a command over HTTP to a webhook's endpoint, through the log, the read models, the
//! rules, the log again and the signature. Open loop: commands are sent when they are due, whatever became of others.
//!
//! `cargo run -q --release -p tests --bin bench-alerts` prints a line for `RESULTS.md`.
#![allow(clippy::print_stdout, reason = "it prints its figures")]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use axum::{Router, body::Bytes, http::StatusCode, routing::post};
use clap::Parser;
use hdrhistogram::Histogram;
use serde_json::{Value as Json, json};
use tests::{Api, Product};

/// What has not arrived so long after the last command never will.
const LATE: Duration = Duration::from_secs(30);
/// Licenses that one bulk makes.
const BULK: usize = 100;

#[derive(Debug, Parser)]
struct Options {
    /// Alerts a second.
    #[arg(long, default_value_t = 100)]
    rate: u64,
    /// Alerts in all, each of a license and product of its own.
    #[arg(long, default_value_t = 3_000)]
    alerts: usize,
    /// The first ones, which are not counted: connections and caches are made by them.
    #[arg(long, default_value_t = 300)]
    warm_up: usize,
}

type Arrivals = Arc<Mutex<HashMap<String, Instant>>>;

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let arrivals = Arrivals::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let kept = Arc::clone(&arrivals);
    let endpoint = Router::new().route("/", post(move |body: Bytes| arrived(kept.clone(), body)));
    tokio::spawn(async move { axum::serve(listener, endpoint).await });

    let folder = Product::folder();
    let allow = format!("--webhook-allow={address}");
    let product = Product::start_with(folder.path(), &[&allow]).await;
    let token = std::fs::read_to_string(folder.path().join("admin-token"))?;
    let api = Arc::new(Api::new(&product.url, token.trim()));
    let licenses = prepare(&api, &format!("http://{address}/"), options.alerts).await?;

    let mut sent = HashMap::new();
    let began = Instant::now();
    for (at, license) in licenses.iter().enumerate() {
        let due = began + Duration::from_micros(1_000_000 * at as u64 / options.rate);
        tokio::time::sleep_until(due.into()).await;
        let (api, path) = (Arc::clone(&api), format!("/v1/assets/{license}"));
        // From when it was due: a stall delays what follows, and that counts.
        sent.insert(license.clone(), due);
        tokio::spawn(async move {
            let _ = api
                .patch(&path, json!({"values": {"assigned_seats": 7}}))
                .await;
        });
    }
    let last = Instant::now();
    while last.elapsed() < LATE && count(&arrivals) < licenses.len() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let arrivals = arrivals.lock().unwrap_or_else(PoisonError::into_inner);
    let mut took = Histogram::<u64>::new(3)?;
    for license in licenses.iter().skip(options.warm_up) {
        if let Some(arrived) = arrivals.get(license) {
            took.record((*arrived - sent[license]).as_micros().try_into()?)?;
        }
    }
    let milliseconds = |quantile| took.value_at_quantile(quantile) as f64 / 1_000.0;
    println!(
        "{} alerts at {}/s, {} arrived: p50 {:.0} ms, p90 {:.0} ms, p99 {:.0} ms, most {:.0} ms",
        licenses.len(),
        options.rate,
        arrivals.len(),
        milliseconds(0.5),
        milliseconds(0.9),
        milliseconds(0.99),
        took.max() as f64 / 1_000.0
    );
    ensure!(arrivals.len() == licenses.len(), "not all arrived");
    Ok(())
}

async fn arrived(arrivals: Arrivals, body: Bytes) -> StatusCode {
    let at = Instant::now();
    let event: Json = serde_json::from_slice(&body).unwrap_or_default();
    if let Some(license) = event["data"]["finding"]["licenses"][0].as_str() {
        let mut kept = arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        kept.entry(license.to_owned()).or_insert(at);
    }
    StatusCode::NO_CONTENT
}

fn count(arrivals: &Arrivals) -> usize {
    arrivals
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .len()
}

fn id(answer: &Json) -> Result<String> {
    let id = answer["id"].as_str();
    Ok(id.with_context(|| format!("no id in {answer}"))?.to_owned())
}

/// Licenses with seats to spare, and who is to be told when they are short.
async fn prepare(api: &Api, endpoint: &str, count: usize) -> Result<Vec<String>> {
    let policy = json!({"shortage_after_hours": 0});
    let _ = api.put("/v1/policy", policy).await.good();
    let hook = json!({
        "name": "Benchmark", "kind": "webhook", "settings": {"url": endpoint},
        "filter": {"events": ["AlertRaised"]},
    });
    let hook = id(&api.post("/v1/integrations", hook).await.good())?;
    let on = json!({"mode": "on", "backlog": "skip"});
    let path = format!("/v1/integrations/{hook}/mode");
    let _ = api.post(&path, on).await.good();
    let template = json!({"template": "software-license"});
    let license_type = id(&api.post("/v1/asset-types", template).await.good())?;
    let company = id(&api
        .post("/v1/companies", json!({"name": "Contoso"}))
        .await
        .good())?;
    let mut licenses = Vec::with_capacity(count);
    for begin in (0..count).step_by(BULK) {
        let operations: Vec<Json> = (begin..(begin + BULK).min(count))
            .map(|number| {
                json!({"method": "POST", "path": "/v1/assets", "body": {
                    "type_id": license_type, "company_id": company,
                    "values": {"product_name": format!("Product {number}"), "total_seats": 5, "assigned_seats": 5},
                }})
            })
            .collect();
        let answer = api
            .post("/v1/bulk", json!({"operations": operations}))
            .await
            .good();
        let results = answer["results"].as_array().context("no results")?;
        for result in results {
            licenses.push(id(&result["body"])?);
        }
    }
    // Until what was made is visible, and looked at.
    tokio::time::sleep(Duration::from_secs(5)).await;
    Ok(licenses)
}
