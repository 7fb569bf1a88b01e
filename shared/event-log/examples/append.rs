//! What the appender costs over the bare statement, and gains over a transaction for each command.
//!
//! `cargo run -q -p embedded --bin with-servers -- cargo run -q --release -p event-log --example append`
//!
//! The three take turns in one run on one server, since machines are noisy: only ratios mean something.
//! The bare statement appends the batch size that the appender reached, without fence, row-level
//! security, deciding or answering, as superuser, over one connection.

#![allow(clippy::print_stdout, reason = "it is its output")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use embedded::Durability;
use embedded::testing::{self, PrivatePostgres};
use event_log::{
    Appender, AppenderConfig, Decider, Decision, Encoded, Facts, Needs, Outcome, Receipt, Recorded,
    Request, Role, Undecodable, Written,
};
use tokio_postgres::{Client, Config, NoTls};
use uuid::Uuid;

const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_secs(1);
const CALLERS: usize = 64;
const TENANTS: u128 = 4;
const STREAMS: u128 = 1_000;
const METADATA: &str =
    r#"{"principal":"01a20d51-376a-74c8-9b23-c5dca7d8f773","request":"a-request"}"#;

const PASSWORD: &str = "not a secret";

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Counts seats: one stream read, one event written.
struct Seats;

impl Decider for Seats {
    type Command = Uuid;
    type State = i64;
    type Event = i64;
    type Answer = i64;
    type Refusal = ();

    fn needs(&self, _: Uuid, asset: &Uuid, _: &Facts<'_, i64>) -> Needs {
        Needs {
            streams: vec![*asset],
            claims: Vec::new(),
        }
    }

    fn decide(
        &self,
        _: Uuid,
        asset: &Uuid,
        facts: &Facts<'_, i64>,
        _: DateTime<Utc>,
    ) -> Decision<Self> {
        let seats = facts.state(*asset).copied().unwrap_or_default() + 1;
        Decision::record(vec![(*asset, seats)], seats)
    }

    fn evolve(&self, state: &mut i64, event: &i64, _: DateTime<Utc>) {
        *state = *event;
    }

    fn encode(&self, event: &i64) -> Encoded {
        Encoded {
            event_type: "TotalSeatsAdjusted".into(),
            schema_version: 1,
            company_id: Some(Uuid::from_u128(7)),
            effective_on: NaiveDate::default(),
            payload: payload(*event),
        }
    }

    fn decode(&self, recorded: &Recorded) -> Result<i64, Undecodable> {
        Ok(i64::from(recorded.version))
    }

    fn receipt(&self, _: &i64, _: &Written) -> Receipt {
        Receipt {
            status: 200,
            body: "{}".to_owned(),
        }
    }
}

fn payload(seats: i64) -> String {
    format!(
        r#"{{"to":{seats},"delta":1,"reason":"counted again after the quarterly review","source":"typed","field":"total_seats"}}"#
    )
}

fn tenant(number: u128) -> Uuid {
    Uuid::from_u128(1_000_000 + number % TENANTS)
}

/// A stream of that tenant.
fn stream(number: u128) -> Uuid {
    Uuid::from_u128(2_000_000 + number % TENANTS + (number / TENANTS % STREAMS) * TENANTS)
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    // One that syncs to disk, as in production.
    let postgres = testing::private_postgres(Durability::Durable).await;
    let mut logs = Vec::new();
    for name in ["appender", "bare", "one_by_one"] {
        logs.push(log(&postgres, name).await?);
    }
    let mut connection = logs[0].clone();
    connection.user(Role::Command.name()).password(PASSWORD);
    let appender = Appender::start(Seats, AppenderConfig::new(connection), Arc::new(now));
    let bare = Bare::new(&logs[1]).await?;
    counter_rows(&logs[2]).await?;
    let mut ratios: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
    let mut batch = 64;
    for round in 0..=ROUNDS {
        let (appended, size) = append(&appender, &logs[0]).await?;
        let counted = one_by_one(&logs[2]).await?;
        let stated = bare.append(batch).await?;
        // The first round only warms up, and tells the batch size.
        if round == 0 {
            batch = size.round() as usize;
            continue;
        }
        println!(
            "bare {stated:>8.0}   appender {appended:>8.0} (batches of {size:.1})   a transaction each {counted:>8.0} events/s"
        );
        ratios[0].push(appended / stated);
        ratios[1].push(appended / counted);
    }
    println!(
        "median of the rounds: appender / bare statement of {batch} rows = {:.2}; appender / a transaction each = {:.1}",
        median(&mut ratios[0]),
        median(&mut ratios[1])
    );
    appender.stop().await;
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The example is its own `main`: here the clock may be read.
fn now() -> DateTime<Utc> {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .ok()
        .and_then(|since| DateTime::from_timestamp(since.as_secs() as i64, since.subsec_nanos()))
        .unwrap_or_default()
}

/// A migrated database; answers how its superuser connects.
async fn log(postgres: &PrivatePostgres, name: &str) -> Result<Config, Failure> {
    let client = connect(&postgres.superuser("postgres")).await;
    client
        .batch_execute(&format!("create database {name}"))
        .await?;
    let config = postgres.superuser(name);
    let mut client = connect(&config).await;
    event_log::migrate(&mut client).await?;
    event_log::set_role_password(&client, Role::Command, PASSWORD).await?;
    Ok(config)
}

async fn connect(config: &Config) -> Client {
    match config.connect(NoTls).await {
        Ok((client, connection)) => {
            tokio::spawn(connection);
            client
        }
        Err(error) => panic!("cannot connect: {error}"),
    }
}

/// Events a second and the mean batch.
async fn append(appender: &Appender<Seats>, log: &Config) -> Result<(f64, f64), Failure> {
    let watcher = connect(log).await;
    let before = statements(&watcher).await?;
    let started = Instant::now();
    let callers: Vec<_> = (0..CALLERS as u128)
        .map(|caller| {
            let appender = appender.clone();
            tokio::spawn(async move {
                let mut done = 0_u128;
                while started.elapsed() < ROUND {
                    let number = caller + done * CALLERS as u128;
                    let request = Request {
                        tenant: tenant(number),
                        command: stream(number),
                        metadata: METADATA.to_owned(),
                        idempotency: None,
                    };
                    let outcome = appender.submit(request).await?;
                    if !matches!(outcome, Outcome::Decided { answer: Ok(_), .. }) {
                        return Err("not carried out".into());
                    }
                    done += 1;
                }
                Ok::<u128, Failure>(done)
            })
        })
        .collect();
    let mut events = 0.0;
    for caller in callers {
        events += caller.await?? as f64;
    }
    let seconds = started.elapsed().as_secs_f64();
    let batches = statements(&watcher).await? - before;
    Ok((events / seconds, events / batches))
}

/// Statements that wrote the log: each is a transaction with an id of its own.
async fn statements(client: &Client) -> Result<f64, Failure> {
    let sql = "select pg_snapshot_xmax(pg_current_snapshot())::text::float8";
    Ok(client.query_one(sql, &[]).await?.try_get(0)?)
}

/// One connection that does nothing but send the statement.
struct Bare {
    client: Client,
    statement: tokio_postgres::Statement,
}

impl Bare {
    async fn new(log: &Config) -> Result<Self, Failure> {
        let client = connect(log).await;
        let statement = client
            .prepare(
                "insert into log.event (sequence, tenant_id, entry, stream_id, version, event_id, type,
                    schema_version, company_id, payload, metadata, effective_on, recorded_at)
                 select * from unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::uuid[], $5::integer[],
                    $6::uuid[], $7::text[], $8::smallint[], $9::uuid[], $10::json[], $11::json[], $12::date[],
                    $13::timestamptz[])",
            )
            .await?;
        Ok(Self { client, statement })
    }

    /// Events a second.
    async fn append(&self, batch: usize) -> Result<f64, Failure> {
        let sql = "select coalesce(max(sequence), 0) from log.event";
        let first: i64 = self.client.query_one(sql, &[]).await?.try_get(0)?;
        let mut sequence = first;
        let metadata: serde_json::Value = serde_json::from_str(METADATA)?;
        let started = Instant::now();
        while started.elapsed() < ROUND {
            let numbers: Vec<i64> = (0..batch as i64).map(|place| sequence + place).collect();
            let index = |number: &i64| *number as u128;
            let sequences: Vec<i64> = numbers.iter().map(|number| number + 1).collect();
            let tenants: Vec<Uuid> = numbers.iter().map(|n| tenant(index(n))).collect();
            let entries: Vec<i64> = numbers.iter().map(|n| n / TENANTS as i64 + 1).collect();
            let streams: Vec<Uuid> = numbers.iter().map(|n| stream(index(n))).collect();
            let versions: Vec<i32> = numbers
                .iter()
                .map(|n| (n / (TENANTS * STREAMS) as i64 + 1) as i32)
                .collect();
            let ids: Vec<Uuid> = numbers.iter().map(|_| Uuid::now_v7()).collect();
            let types = vec!["TotalSeatsAdjusted"; batch];
            let schemas = vec![1_i16; batch];
            let companies = vec![Some(Uuid::from_u128(7)); batch];
            let payloads: Vec<Raw> = numbers.iter().map(|n| Raw(payload(*n))).collect();
            let metadatas: Vec<Raw> = numbers.iter().map(|_| Raw(metadata.to_string())).collect();
            let days = vec![NaiveDate::default(); batch];
            let times = vec![now(); batch];
            let rows = self
                .client
                .execute(
                    &self.statement,
                    &[
                        &sequences, &tenants, &entries, &streams, &versions, &ids, &types,
                        &schemas, &companies, &payloads, &metadatas, &days, &times,
                    ],
                )
                .await?;
            sequence += rows as i64;
        }
        Ok((sequence - first) as f64 / started.elapsed().as_secs_f64())
    }
}

/// JSON by its text, as the crate sends it.
#[derive(Debug)]
struct Raw(String);

impl tokio_postgres::types::ToSql for Raw {
    fn to_sql(
        &self,
        _: &tokio_postgres::types::Type,
        out: &mut tokio_postgres::types::private::BytesMut,
    ) -> Result<tokio_postgres::types::IsNull, Failure> {
        out.extend_from_slice(self.0.as_bytes());
        Ok(tokio_postgres::types::IsNull::No)
    }

    fn accepts(ty: &tokio_postgres::types::Type) -> bool {
        *ty == tokio_postgres::types::Type::JSON
    }

    tokio_postgres::types::to_sql_checked!();
}

async fn counter_rows(log: &Config) -> Result<(), Failure> {
    let sql = "create table public.counter (sequence bigint not null); insert into public.counter values (0)";
    connect(log).await.batch_execute(sql).await?;
    Ok(())
}

/// The usual way: a transaction for each command, which takes its number from a row. Events a second.
async fn one_by_one(log: &Config) -> Result<f64, Failure> {
    let mut clients = Vec::new();
    for _ in 0..CALLERS {
        clients.push(connect(log).await);
    }
    let started = Instant::now();
    let callers: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            tokio::spawn(async move {
                let number = client
                    .prepare("update public.counter set sequence = sequence + 1 returning sequence")
                    .await?;
                let insert = client
                    .prepare(
                        "insert into log.event values ($1, $2, $1, $3, 1, $4, 'TotalSeatsAdjusted', 1, $5, $6, $7, $8, $9)",
                    )
                    .await?;
                let mut done = 0_u64;
                while started.elapsed() < ROUND {
                    let transaction = client.transaction().await?;
                    let sequence: i64 = transaction.query_one(&number, &[]).await?.try_get(0)?;
                    let (payload, metadata) = (Raw(payload(sequence)), Raw(METADATA.to_owned()));
                    let company = Some(Uuid::from_u128(7));
                    transaction
                        .execute(
                            &insert,
                            &[
                                &sequence, &tenant(sequence as u128), &Uuid::now_v7(), &Uuid::now_v7(), &company,
                                &payload, &metadata, &NaiveDate::default(), &now(),
                            ],
                        )
                        .await?;
                    transaction.commit().await?;
                    done += 1;
                }
                Ok::<u64, Failure>(done)
            })
        })
        .collect();
    let mut events = 0;
    for caller in callers {
        events += caller.await??;
    }
    Ok(events as f64 / started.elapsed().as_secs_f64())
}
