//! How fast lists are read: many licenses of one MSP account, written into the log as commands would have, read
//! models built from it, and the query service before them.
//!
//! `cargo run -q -p embedded --bin with-servers -- cargo run -q --release -p tests --bin bench-lists` prints a table
//! for `RESULTS.md`.
#![allow(clippy::print_stdout, reason = "it prints its figures")]

#[allow(dead_code, reason = "the other benchmark writes too")]
#[path = "../http.rs"]
mod http;
mod made;
mod served;

use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Parser;

use http::{load, request};
use made::Made;
use served::Served;

#[derive(Debug, Parser)]
struct Options {
    /// Licenses, over a company for each hundred.
    #[arg(long, default_value_t = 100_000)]
    licenses: usize,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Connections that read at the same time.
    #[arg(long, default_value_t = 1)]
    connections: usize,
    /// Only what has this in its name.
    #[arg(long)]
    only: Option<String>,
    /// Answers requests until it is killed, instead of measuring.
    #[arg(long)]
    serve: bool,
}

/// A question, spelled for the count of the request: what is asked again is another company, word or place.
struct Question {
    name: &'static str,
    path: Box<dyn Fn(u64) -> String + Send + Sync>,
}

fn question(name: &'static str, path: impl Fn(u64) -> String + Send + Sync + 'static) -> Question {
    let path = Box::new(path);
    Question { name, path }
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let made = Made::new(options.licenses);
    let served = Served::start(&made).await?;
    if options.serve {
        println!("{} {}", served.address, served.token);
        std::future::pending::<()>().await;
    }
    println!(
        "| {} licenses, {} connections | p50 | p99 |\n|---|---|---|",
        options.licenses, options.connections
    );
    let wanted = |question: &Question| {
        let only = options.only.as_deref();
        only.is_none_or(|only| question.name.contains(only))
    };
    for question in questions(&made).into_iter().filter(wanted) {
        let (token, path) = (served.token.clone(), question.path);
        let read = move |worker: usize, count: u64| {
            let path = path(count * 31 + worker as u64 * 7);
            request("GET", &path, &token, "", "")
        };
        let seconds = Duration::from_secs(options.seconds);
        let measured = load(
            served.address,
            options.connections,
            seconds,
            Duration::ZERO,
            read,
        )
        .await?;
        println!(
            "| {} | {:.1} ms | {:.1} ms |",
            question.name,
            measured.ms(0.5),
            measured.ms(0.99)
        );
    }
    for format in ["csv", "xlsx"] {
        export(&served, format).await?;
    }
    Ok(())
}

fn questions(made: &Made) -> Vec<Question> {
    let companies = made.companies();
    let company = move |at: u64| companies[usize::try_from(at).unwrap_or(0) % companies.len()];
    let other = company.clone();
    let licenses = made.licenses();
    let license = move |at: u64| licenses[usize::try_from(at).unwrap_or(0) % licenses.len()];
    vec![
        question("one license", move |at| {
            format!("/v1/assets/{}", license(at))
        }),
        question("page of list", |_| "/v1/assets".into()),
        question("page of list, newest change first", |_| {
            "/v1/assets?sort=-updated_at".into()
        }),
        question("page of list by company", |_| {
            "/v1/assets?sort=company".into()
        }),
        question("page of list by vendor", |_| {
            "/v1/assets?sort=vendor".into()
        }),
        question("page of list by expiry", |_| {
            "/v1/assets?sort=expiry_date".into()
        }),
        question("page of list by seats owned", |_| {
            "/v1/assets?sort=-owned".into()
        }),
        question("page of list by a field", |_| {
            "/v1/assets?sort=field.order_number".into()
        }),
        question("filter company and status", move |at| {
            format!("/v1/assets?company={}&status=under_licensed", company(at))
        }),
        question("filter status, common", |_| {
            "/v1/assets?status=under_licensed".into()
        }),
        question("filter status, rare", |_| {
            "/v1/assets?status=expired_in_use".into()
        }),
        question("filter product", |at| {
            format!(
                "/v1/assets?product={}",
                made::product(at).replace(' ', "%20")
            )
        }),
        question("filter vendor", |at| {
            format!("/v1/assets?vendor={}", made::vendor(at))
        }),
        question("filter tag", |at| format!("/v1/assets?tag=tag-{}", at % 9)),
        question("filter expires within 30 days", |_| {
            "/v1/assets?expires_within_days=30".into()
        }),
        question("filter field, one of 100,000", |at| {
            format!("/v1/assets?field.order_number=PO-{}", at % 90_000)
        }),
        question("filter field, one in ten", |at| {
            format!("/v1/assets?field.vendor={}", made::vendor(at))
        }),
        question("filter field, a range that most meet", |_| {
            "/v1/assets?field.total_seats[gte]=15".into()
        }),
        question("filter field, a range that none meets", |_| {
            "/v1/assets?field.total_seats[gte]=100000".into()
        }),
        question("search two words", |at| {
            let product = made::product(at).to_lowercase();
            let mut words = product.split(' ');
            let (first, second) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
            format!("/v1/assets?q={first}%20{second}")
        }),
        question("search a word of one in ten", |at| {
            format!("/v1/assets?q={}", made::vendor(at))
        }),
        question("search a word of all", |_| "/v1/assets?q=reseller".into()),
        question("search a company and a word", |at| {
            format!("/v1/assets?q=company%20{:04}%20office", at % 1_000)
        }),
        question("search a prefix of few", |at| {
            format!("/v1/assets?q=po-{}", 100 + at % 900)
        }),
        question("search a prefix of many", |at| {
            format!("/v1/assets?q={}", &made::vendor(at)[..2])
        }),
        question("count all", |_| "/v1/assets?count=true&limit=1".into()),
        question("compliance page", |_| "/v1/compliance".into()),
        question("compliance page of a company", move |at| {
            format!("/v1/compliance?company={}", other(at))
        }),
        question("compliance page of a status", |_| {
            "/v1/compliance?status=over_licensed".into()
        }),
        question("compliance by license", |_| {
            "/v1/compliance?group_by=license".into()
        }),
        question("compliance by company", |_| {
            "/v1/compliance?group_by=company".into()
        }),
        question("compliance summary", |_| "/v1/compliance/summary".into()),
        question("expiries", |_| "/v1/expiries".into()),
        question("expiries within 30 days", |_| {
            "/v1/expiries?within_days=30".into()
        }),
        question("companies", |_| "/v1/companies".into()),
        question("vendors", |_| "/v1/vendors".into()),
        question("tags", |_| "/v1/tags".into()),
    ]
}

/// All rows as a file, and what our process grew by meanwhile.
async fn export(served: &Served, format: &str) -> Result<()> {
    let began = std::time::Instant::now();
    let url = format!("http://{}/v1/assets?format={format}", served.address);
    let (before, mut most, mut bytes) = (resident_mb()?, 0.0_f64, 0);
    let mut answer = tests::http_client()
        .get(url)
        .bearer_auth(&served.token)
        .send()
        .await?;
    ensure!(answer.status().is_success(), "{}", answer.status());
    while let Some(chunk) = answer.chunk().await? {
        bytes += chunk.len();
        most = most.max(resident_mb()?);
    }
    println!(
        "| export as {format}: {:.0} MB in {:.1} s, resident {before:.0} to {most:.0} MB | | |",
        bytes as f64 / 1e6,
        began.elapsed().as_secs_f64()
    );
    Ok(())
}

fn resident_mb() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kb = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(kb.unwrap_or("0").parse::<f64>()? / 1_024.0)
}
