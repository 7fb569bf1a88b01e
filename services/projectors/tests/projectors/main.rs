//! The projector on a real Postgres and nats-server: whatever happens, the rows are those of a rebuild.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[allow(dead_code, reason = "shared with the read models' own tests")]
#[path = "../../../../shared/read-models/tests/read_models/history.rs"]
mod history;
#[allow(dead_code, reason = "shared with the read models' own tests")]
#[path = "../../../../shared/read-models/tests/read_models/stage.rs"]
mod stage;

use std::{sync::Arc, time::Duration};

use bus::{Bus, BusConfig, Relay, RelayConfig};
use contract::LogBacklog;
use embedded::testing;
use event_log::Reader;
use projectors::{Context, Health, Model, Standing, State, run};
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use history::{History, day, fact, id};
use stage::{Dump, Stage, assert_same};

/// A hang becomes a failure after this long. Nothing is measured by it.
const HANG: Duration = Duration::from_secs(40);

struct Projector {
    health: Health,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Projector {
    fn start(stage: &Stage, bus: &Bus, models: &[Model]) -> Self {
        let (health, stop) = (Health::new(), CancellationToken::new());
        let context = Context {
            bus: bus.clone(),
            log: stage.projector.clone(),
            read: stage.projector.clone(),
            sources: stage.sources(),
            models: models.to_vec(),
            health: health.clone(),
            stop: stop.clone(),
        };
        Self {
            health,
            stop,
            task: tokio::spawn(run(context)),
        }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }

    /// As kill -9 would: wherever it is.
    async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }

    async fn reach(&self, sequence: i64) {
        let reached = async {
            loop {
                let models = self.health.models();
                let there = |report: &projectors::ModelReport| {
                    report.position >= sequence && report.state == State::Following
                };
                if !models.is_empty() && models.iter().all(there) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        if tokio::time::timeout(HANG, reached).await.is_err() {
            panic!("{sequence} is not reached: {:?}", self.health.models());
        }
    }
}

async fn bus(url: String) -> Bus {
    let mut config = BusConfig::new(url);
    config.max_bytes = 64 * 1024 * 1024;
    Bus::connect(config).await.unwrap()
}

fn relay(stage: &Stage, bus: &Bus) -> CancellationToken {
    let backlog = Arc::new(LogBacklog::new(Reader::new(stage.projector.clone())));
    let relay = Relay::new(bus.clone(), backlog, RelayConfig::default());
    let stop = CancellationToken::new();
    let (sender, wake) = watch::channel(0);
    let running = stop.clone();
    tokio::spawn(async move {
        relay.run(wake, running).await;
        drop(sender);
    });
    stop
}

async fn assert_rebuilt_the_same(stage: &Stage) {
    let lived: Dump = stage.dump().await;
    stage.rebuild(&Model::ALL).await.unwrap();
    assert_same(&lived, &stage.dump().await, "live and rebuilt");
}

#[tokio::test(flavor = "multi_thread")]
async fn restarts_kills_and_a_lost_bus_change_nothing() {
    let mut stage = Stage::new().await;
    let mut nats = testing::private_nats().await;
    let bus = bus(nats.url()).await;
    let mut history = History::new(21, 3);
    stage.append_all(history.take(150)).await;
    let stop_relay = relay(&stage, &bus);
    // The first start builds all models, and takes up what is there.
    let projector = Projector::start(&stage, &bus, &Model::ALL);
    projector.reach(150).await;
    stage.append_all(history.take(150)).await;
    projector.kill().await;
    let projector = Projector::start(&stage, &bus, &Model::ALL);
    stage.append_all(history.take(100)).await;
    projector.reach(400).await;
    assert_eq!(projector.health.standing(), Standing::Ready);
    nats.kill().await;
    stage.append_all(history.take(100)).await;
    projector.reach(500).await;
    nats.start().await;
    for _ in 0..20 {
        stage.append_all(history.take(10)).await;
    }
    projector.reach(700).await;
    projector.stop().await;
    stop_relay.cancel();
    assert_rebuilt_the_same(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn models_can_run_apart_and_twice_and_a_rebuild_is_noticed() {
    let mut stage = Stage::built().await;
    let nats = testing::private_nats().await;
    let bus = bus(nats.url()).await;
    let stop_relay = relay(&stage, &bus);
    let (one, other) = Model::ALL.split_at(2);
    let projectors = [
        Projector::start(&stage, &bus, one),
        Projector::start(&stage, &bus, other),
        Projector::start(&stage, &bus, &Model::ALL),
    ];
    let mut history = History::new(22, 2);
    for round in 0..6 {
        stage.append_all(history.take(60)).await;
        if round == 2 {
            stage.rebuild(&Model::ALL).await.unwrap();
        }
    }
    for projector in &projectors {
        projector.reach(360).await;
    }
    for projector in projectors {
        projector.stop().await;
    }
    stop_relay.cancel();
    assert_rebuilt_the_same(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn read_models_of_a_log_that_was_set_back_are_built_anew() {
    let mut stage = Stage::built().await;
    let nats = testing::private_nats().await;
    let bus = bus(nats.url()).await;
    stage.append_all(History::new(23, 2).take(100)).await;
    let sql = "update read.checkpoint set sequence = 120, event_id = gen_random_uuid()";
    stage.superuser.batch_execute(sql).await.unwrap();
    let projector = Projector::start(&stage, &bus, &Model::ALL);
    projector.reach(100).await;
    projector.stop().await;
    let checkpoints =
        "select string_agg(distinct sequence || '/' || generation, ',') from read.checkpoint";
    assert_eq!(stage.value(checkpoints).await.unwrap(), "100/2");
    assert_rebuilt_the_same(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_halted_tenant_is_told_and_holds_up_no_other() {
    let mut stage = Stage::built().await;
    let nats = testing::private_nats().await;
    let bus = bus(nats.url()).await;
    let projector = Projector::start(&stage, &bus, &Model::ALL);
    let revoked = || fact(id("token"), day("2026-02-01"), domain::Event::TokenRevoked);
    stage
        .append(
            id("bad"),
            fact(
                id("bad token"),
                day("2026-02-01"),
                domain::Event::TokenRevoked,
            ),
        )
        .await;
    stage.append_unknown(id("bad"), id("stream")).await;
    for _ in 0..5 {
        stage.append(id("good"), revoked()).await;
    }
    projector.reach(7).await;
    let Standing::Degraded(reason) = projector.health.standing() else {
        panic!("degraded")
    };
    assert!(
        reason.contains("trail: tenants halted by an event: 1"),
        "{reason}"
    );
    assert!(!reason.contains(&id("bad").to_string()), "{reason}");
    let progress = "select string_agg(entry::text, ',' order by entry) from read.progress where model = 'trail'";
    assert_eq!(stage.value(progress).await.unwrap(), "1,5");
    projector.stop().await;
}
