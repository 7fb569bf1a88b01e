//! How fast read models are rebuilt and followed: `with-servers` around
//! `cargo run --release -p read-models --example rebuild_speed -- <events>`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement, not a service"
)]
#![expect(clippy::cast_precision_loss, reason = "rates for people")]

#[allow(dead_code, reason = "shared with the tests")]
#[path = "../../tests/read_models/history.rs"]
mod history;
mod made_log;

use std::{sync::Arc, time::Instant};

use deadpool_postgres::{Manager, Pool};
use embedded::testing;
use event_log::Reader;
use read_models::{Live, Model, Sources, Stage, rebuild};
use tokio_postgres::{Client, Config, NoTls};

/// Events that are appended after the rebuild, to be followed.
const LIVE_EVENTS: i64 = 50_000;

async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn pool(config: Config) -> Pool {
    Pool::builder(Manager::new(config, NoTls))
        .max_size(read_models::CONNECTIONS)
        .build()
        .unwrap()
}

#[tokio::main]
async fn main() {
    let events: i64 = std::env::args()
        .nth(1)
        .map_or(1_000_000, |count| count.parse().unwrap());
    let database = testing::postgres().empty_database().await;
    let mut superuser = connect(&database.owner_config()).await;
    event_log::migrate(&mut superuser).await.unwrap();
    read_models::migrate(&mut superuser).await.unwrap();
    let mut log = made_log::MadeLog::default();
    log.append(&superuser, events).await;
    superuser
        .batch_execute("vacuum analyze log.event")
        .await
        .unwrap();
    let projector = pool(database.config("seatledger_projector"));
    let loader = pool(database.config("seatledger_loader"));
    let sources = Sources {
        log: loader.clone(),
        read: loader,
    };

    let began = Instant::now();
    let on_stage = Arc::new(move |stage| match stage {
        Stage::Folding { done, total } if done % 200_000 != 0 && done != total => {}
        Stage::Indexing { done, total } if done != 1 && done != total => {}
        stage => println!("{:6.1} s {stage:?}", began.elapsed().as_secs_f64()),
    });
    rebuild(&sources, &Model::ALL, on_stage).await.unwrap();
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "rebuilt {events} events in {seconds:.1} s: {:.0}/s",
        events as f64 / seconds
    );

    let mut live = Live::open(projector.clone(), projector.clone(), &Model::ALL)
        .await
        .unwrap();
    let reader = Reader::new(projector);
    for (hot, what) in [
        (None, "any license, any day"),
        (Some(1_000), "1,000 licenses, one day"),
    ] {
        log.hot = hot;
        log.append(&superuser, LIVE_EVENTS).await;
        for batch in [1, 10, 100, 1_000] {
            follow(&mut live, &reader, batch, what).await;
        }
        while live.position() < log.sequence {
            live.apply(reader.read_after(live.position(), 1_000).await.unwrap())
                .await
                .unwrap();
        }
    }
}

async fn follow(live: &mut Live, reader: &Reader, batch: usize, what: &str) {
    let began = Instant::now();
    let (from, mut batches) = (live.position(), 0);
    while began.elapsed().as_secs_f64() < 3.0 {
        let page = reader.read_after(live.position(), batch).await.unwrap();
        if page.is_empty() {
            break;
        }
        live.apply(page).await.unwrap();
        batches += 1;
    }
    let (count, seconds) = (live.position() - from, began.elapsed().as_secs_f64());
    println!(
        "live, {what}, batches of {batch}: {count} events in {seconds:.1} s, {:.0}/s, {:.2} ms a batch",
        count as f64 / seconds,
        seconds * 1_000.0 / f64::from(batches),
    );
}
