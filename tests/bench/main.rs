//! What the whole system does on one machine, load generator and servers included.
//!
//! `cargo run -q -p embedded --bin with-servers -- cargo run -q --release -p tests --bin bench` prints a table for `RESULTS.md`. The append path alone has a
//! benchmark of its own: `cargo run --release -p event-log --example append`.
#![allow(clippy::print_stdout, reason = "it prints its figures")]

mod http;
mod peer;

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, Result};
use clap::Parser;
use serde_json::{Value as Json, json};
use tests::{Api, Product};

use http::{Connection, Measured, load, request};

#[derive(Debug, Parser)]
struct Options {
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Connections that send commands.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Events in the log before the read models are rebuilt.
    #[arg(long, default_value_t = 1_000_000)]
    events: i64,
}

/// A product with licenses to change.
struct Bench {
    product: Product,
    folder: tempfile::TempDir,
    address: SocketAddr,
    token: String,
    licenses: Vec<String>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let bench = Bench::prepare(options.connections).await?;
    let seconds = Duration::from_secs(options.seconds);
    println!("| what | figure |\n|---|---|");
    let idle = bench.resident_mb()?;

    let commands = bench
        .commands(options.connections, seconds, Duration::ZERO)
        .await?;
    show(
        "seat-count changes over HTTP, all connections busy",
        &commands,
    );
    println!(
        "| resident, before / after that load | {idle:.0} / {:.0} MB |",
        bench.resident_mb()?
    );
    bench.settle().await?;

    let rate = commands.per_second() / 2.0;
    let lag = bench.lag(options.connections, seconds, rate).await?;
    println!(
        "| acknowledged to visible at half that rate, answer of the read included | p50 {:.1} ms, p99 {:.1} ms |",
        lag.ms(0.5),
        lag.ms(0.99)
    );
    bench.settle().await?;

    for (name, path) in [
        ("one license", format!("/v1/assets/{}", bench.licenses[0])),
        ("100 licenses", "/v1/assets?limit=100".to_owned()),
        (
            "compliance, 100 pools",
            "/v1/compliance?limit=100".to_owned(),
        ),
    ] {
        let (token, path) = (bench.token.clone(), path);
        let read = move |_, _| request("GET", &path, &token, "", "");
        show(
            &format!("GET {name}, 8 connections"),
            &load(bench.address, 8, seconds, Duration::ZERO, read).await?,
        );
    }
    bench.beside_pgbench(options.seconds).await?;
    bench.fill(options.connections, options.events).await?;
    bench.rebuild().await
}

fn show(what: &str, measured: &Measured) {
    println!(
        "| {what} | {:.0}/s, p50 {:.2} ms, p99 {:.2} ms |",
        measured.per_second(),
        measured.ms(0.5),
        measured.ms(0.99)
    );
}

impl Bench {
    async fn prepare(licenses: usize) -> Result<Self> {
        let folder = Product::folder();
        let product = Product::start(folder.path()).await;
        let api = product.api();
        let ids = register(&api, licenses).await;
        let address = product
            .url
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .parse()?;
        Ok(Self {
            token: product.token(),
            product,
            folder,
            address,
            licenses: ids,
        })
    }

    /// Seat counts changed as fast as they are acknowledged, or with a pause after each.
    async fn commands(
        &self,
        connections: usize,
        time: Duration,
        pause: Duration,
    ) -> Result<Measured> {
        let (token, licenses) = (self.token.clone(), self.licenses.clone());
        let started = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)?
            .as_millis();
        let offset = u64::try_from(started % 1_000_000)?;
        let change = move |worker: usize, count: u64| {
            let body = json!({"values": {"total_seats": (offset + count) % 1_000_000}}).to_string();
            request(
                "PATCH",
                &format!("/v1/assets/{}", licenses[worker % licenses.len()]),
                &token,
                "",
                &body,
            )
        };
        load(self.address, connections, time, pause, change).await
    }

    /// How long after its acknowledgement a change can be read, while others go on at a given rate.
    async fn lag(&self, connections: usize, time: Duration, per_second: f64) -> Result<Measured> {
        let pause = Duration::from_secs_f64(connections as f64 / per_second);
        let background = self.commands(connections, time, pause);
        let probe = async {
            let begun = std::time::Instant::now();
            let mut connection = Connection::open(self.address).await?;
            let mut latency = hdrhistogram::Histogram::<u64>::new(3)?;
            let path = format!("/v1/assets/{}", self.licenses[0]);
            let mut used = 0;
            while begun.elapsed() < time {
                used += 1;
                let body = json!({"values": {"assigned_seats": used}}).to_string();
                let written = connection
                    .send(&request("PATCH", &path, &self.token, "", &body))
                    .await?;
                let acknowledged = std::time::Instant::now();
                let header = format!(
                    "Seatledger-Min-Entry: {}\r\n",
                    written.entry.context("no entry")?
                );
                connection
                    .send(&request("GET", &path, &self.token, &header, ""))
                    .await?;
                latency.record(u64::try_from(acknowledged.elapsed().as_micros())?)?;
                tokio::time::sleep(Duration::from_millis(7)).await;
            }
            Ok::<_, anyhow::Error>(Measured {
                latency,
                seconds: begun.elapsed().as_secs_f64(),
            })
        };
        let (_, lag) = tokio::try_join!(background, probe)?;
        Ok(lag)
    }

    /// One license over HTTP, and the same statements through pgbench, in turn.
    async fn beside_pgbench(&self, seconds: u64) -> Result<()> {
        const CLIENTS: usize = 4;
        let tenants = Product::command(self.folder.path(), &["tenant", "list"]).output()?;
        let tenants = String::from_utf8(tenants.stdout)?;
        let tenant = tenants
            .split_whitespace()
            .next()
            .context("no account")?
            .parse()?;
        let script = peer::one_license(tenant, self.licenses[0].parse()?);
        let (token, path) = (
            self.token.clone(),
            format!("/v1/assets/{}", self.licenses[0]),
        );
        let read = move |_, _| request("GET", &path, &token, "", "");
        let time = Duration::from_secs(seconds);
        let over_http = load(self.address, CLIENTS, time, Duration::ZERO, read).await?;
        let folder = self.folder.path().to_owned();
        let peer =
            tokio::task::spawn_blocking(move || peer::pgbench(&folder, &script, CLIENTS, seconds))
                .await??;
        show("GET one license, 4 connections", &over_http);
        show("the same statements through pgbench, 4 clients", &peer);
        println!(
            "| p99 over HTTP to p99 through pgbench | {:.2} |",
            over_http.ms(0.99) / peer.ms(0.99)
        );
        Ok(())
    }

    /// Waits until everything written can be read.
    async fn settle(&self) -> Result<()> {
        let api = self.product.api();
        let entry = api
            .post(
                "/v1/companies",
                json!({"name": format!("{:?}", std::time::Instant::now())}),
            )
            .await
            .entry();
        while !api
            .with("seatledger-min-entry", entry)
            .get("/v1/companies")
            .await
            .status
            .is_success()
        {}
        Ok(())
    }

    /// Changes seat counts until the log has so many events.
    async fn fill(&self, connections: usize, events: i64) -> Result<()> {
        loop {
            self.commands(connections, Duration::from_secs(5), Duration::ZERO)
                .await?;
            let probe = self
                .product
                .api()
                .post(
                    "/v1/companies",
                    json!({"name": format!("{:?}", std::time::Instant::now())}),
                )
                .await;
            if probe.entry() >= events {
                return Ok(());
            }
        }
    }

    async fn rebuild(self) -> Result<()> {
        self.settle().await?;
        let begun = std::time::Instant::now();
        let path = self.folder.path().to_owned();
        let output =
            tokio::task::spawn_blocking(move || Product::command(&path, &["rebuild"]).output())
                .await??;
        anyhow::ensure!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        println!(
            "| all read models rebuilt from that log | {:.1} s |",
            begun.elapsed().as_secs_f64()
        );
        self.product.stop().await;
        Ok(())
    }

    /// Memory of our process, without its servers.
    fn resident_mb(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.product.pid()))?;
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .context("no VmRSS")?;
        let kb: f64 = line
            .split_whitespace()
            .nth(1)
            .context("no number")?
            .parse()?;
        Ok(kb / 1_024.0)
    }
}

/// Licenses of ten companies.
async fn register(api: &Api, count: usize) -> Vec<String> {
    let asset_type: Json = api
        .post("/v1/asset-types", json!({"template": "software-license"}))
        .await
        .good();
    let mut companies = Vec::new();
    for at in 0..10 {
        companies.push(
            api.post("/v1/companies", json!({"name": format!("Company {at}")}))
                .await
                .good(),
        );
    }
    let mut ids = Vec::new();
    for at in 0..count {
        let values = json!({"product_name": format!("Product {}", at % 20), "vendor": "Vendor",
            "license_type": "Per-user", "total_seats": 25, "assigned_seats": 20});
        let body = json!({"type_id": asset_type["id"], "company_id": companies[at % 10]["id"], "values": values});
        let registered = api.post("/v1/assets", body).await.good();
        ids.push(registered["id"].as_str().unwrap_or_default().to_owned());
    }
    ids
}
