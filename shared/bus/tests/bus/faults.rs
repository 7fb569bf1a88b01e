//! The server dies, forgets, or goes back in time.

use std::time::Duration;

use bus::{RelayState, Source};

use crate::server::Server;
use crate::stage::{Stage, eventually, own_name, until};

#[tokio::test]
async fn a_stream_deleted_while_the_relay_runs_is_filled_again() {
    let server = Server::start().await;
    let stage = Stage::new(&server.url(), &own_name(), 1_000);
    let relay = stage.start_relay().await;
    stage.published().await;
    let mut subscription = stage.follow(0).await;
    let jetstream = stage.jetstream().await;
    // Idle: nothing but the relay's own look can find it.
    jetstream
        .delete_stream(&stage.config.stream_name)
        .await
        .unwrap();
    stage.published().await;
    assert_eq!(
        stage.stream().await.cached_info().state.messages,
        stage.log.len()
    );
    // Under load.
    for round in 0..30 {
        stage.log.append(100);
        if round % 10 == 5 {
            stage.published().await;
            stage.log.append(100);
            jetstream
                .delete_stream(&stage.config.stream_name)
                .await
                .unwrap();
        }
        stage.read_to_end(&mut subscription).await;
    }
    stage.published().await;
    assert_eq!(relay.health.borrow().alarm, None);
}

#[tokio::test]
async fn a_stream_deleted_while_everything_is_stopped_is_filled_again() {
    let mut server = Server::start().await;
    let stage = Stage::new(&server.url(), &own_name(), 1_000);
    let relay = stage.start_relay().await;
    stage.published().await;
    relay.stop().await;
    server.kill().await;
    server.delete_store();
    server.run().await;
    let relay = stage.start_relay().await;
    stage.published().await;
    assert_eq!(stage.stream().await.cached_info().state.messages, 1_000);
    assert_eq!(relay.health.borrow().alarm, None);
}

#[tokio::test]
async fn a_server_put_back_to_an_older_copy_is_refilled() {
    let mut server = Server::start().await;
    let stage = Stage::new(&server.url(), &own_name(), 500);
    let relay = stage.start_relay().await;
    let mut subscription = stage.subscribe(0).await;
    stage.published().await;
    stage.read_to_end(&mut subscription).await;
    server.kill().await;
    let copy = server.copy_store();
    server.run().await;
    stage.log.append(700);
    stage.published().await;
    stage.read_to_end(&mut subscription).await;
    server.kill().await;
    server.put_store_back(&copy);
    server.run().await;
    // Nothing new happens in the log: the reconnected relay must find out by itself.
    stage.published().await;
    stage.log.append(50);
    stage.published().await;
    stage.read_to_end(&mut subscription).await;
    assert_eq!(relay.health.borrow().alarm, None);
}

#[tokio::test]
async fn while_the_server_is_away_the_log_is_read_and_afterwards_the_stream() {
    let mut server = Server::start().await;
    let stage = Stage::new(&server.url(), &own_name(), 100);
    let mut relay = stage.start_relay().await;
    stage.published().await;
    let mut subscription = stage.follow(0).await;
    for _ in 0..2 {
        server.kill().await;
        stage.log.append(300);
        stage.read_to_end(&mut subscription).await;
        until(&mut relay.health, |health| {
            matches!(health.state, RelayState::Retrying(_))
        })
        .await;
        server.run().await;
        stage.published().await;
        until(&mut relay.health, |health| {
            health.state == RelayState::Running
        })
        .await;
        eventually("the stream serves", async || {
            stage.log.append(1);
            stage.read_to_end(&mut subscription).await;
            subscription.source() == Source::Stream
        })
        .await;
    }
}

#[tokio::test]
async fn a_server_that_is_away_at_the_start_is_waited_for() {
    let mut server = Server::start().await;
    server.kill().await;
    let stage = Stage::new(&server.url(), &own_name(), 100);
    let _relay = stage.start_relay().await;
    let mut subscription = stage.subscribe(0).await;
    stage.read_to_end(&mut subscription).await;
    assert!(stage.bus().await.probe().await.is_err());
    server.run().await;
    stage.published().await;
    assert!(stage.bus().await.probe().await.is_ok());
}

#[tokio::test]
async fn killed_again_and_again_under_load_nothing_is_lost_or_doubled() {
    let mut server = Server::start().await;
    let stage = Stage::new(&server.url(), &own_name(), 0);
    let relay = stage.start_relay().await;
    let mut subscription = stage.subscribe(0).await;
    let log = stage.log.clone();
    let load = tokio::spawn(async move {
        for _ in 0..400 {
            log.append(25);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    let mut seen = Vec::new();
    let mut rounds = 0;
    while !load.is_finished() || subscription.position() < stage.log.len() {
        seen.extend(stage.read_to_end(&mut subscription).await);
        rounds += 1;
        if rounds % 40 == 20 && !load.is_finished() {
            server.kill().await;
            server.run().await;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(seen, stage.log.events());
    stage.published().await;
    assert_eq!(relay.health.borrow().alarm, None);
}

#[tokio::test]
async fn a_server_that_hangs_is_worked_around() {
    let server = Server::start().await;
    let stage = Stage::new(&server.url(), &own_name(), 100);
    let mut relay = stage.start_relay().await;
    stage.published().await;
    let mut subscription = stage.follow(0).await;
    server.freeze();
    for _ in 0..3 {
        stage.log.append(50);
        stage.read_to_end(&mut subscription).await;
    }
    until(&mut relay.health, |health| {
        matches!(health.state, RelayState::Retrying(_))
    })
    .await;
    server.thaw();
    stage.published().await;
    stage.read_to_end(&mut subscription).await;
}

/// Chance without a library: the same seed plays the same faults.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

#[tokio::test]
async fn whatever_happens_in_whatever_order_the_subscriber_sees_the_log() {
    for seed in [1, 2, 3, 4] {
        let mut chance = Chance(seed);
        let mut server = Server::start().await;
        let mut stage = Stage::new(&server.url(), &own_name(), 200);
        stage.config.max_bytes = 400_000;
        let mut relays = vec![stage.start_relay().await];
        let mut subscription = stage.subscribe(0).await;
        let mut copy = None;
        for _ in 0..40 {
            stage.log.append(chance.below(150) as usize);
            match chance.below(10) {
                0 => {
                    let _ = stage
                        .jetstream()
                        .await
                        .delete_stream(&stage.config.stream_name)
                        .await;
                }
                1 => {
                    server.kill().await;
                    copy = Some(server.copy_store());
                    server.run().await;
                }
                2 if copy.is_some() => {
                    server.kill().await;
                    server.put_store_back(copy.as_ref().unwrap());
                    server.run().await;
                }
                3 => relays.push(stage.start_relay().await),
                4 => {
                    if let Some(relay) = relays.pop() {
                        relay.kill().await;
                    }
                }
                5 => {
                    if let Ok(stream) = stage
                        .jetstream()
                        .await
                        .get_stream(&stage.config.stream_name)
                        .await
                    {
                        let last = stream.cached_info().state.last_sequence;
                        let _ = stream
                            .delete_message(last.saturating_sub(chance.below(20)))
                            .await;
                    }
                }
                6 => subscription = stage.subscribe(subscription.position()).await,
                7 => tokio::time::sleep(Duration::from_millis(chance.below(300))).await,
                8 => {
                    let call = subscription.next_batch(50, Duration::from_millis(chance.below(10)));
                    let _ =
                        tokio::time::timeout(Duration::from_millis(chance.below(50)), call).await;
                }
                _ => {
                    stage.read_to_end(&mut subscription).await;
                }
            }
        }
        stage.read_to_end(&mut subscription).await;
        let relay = stage.start_relay().await;
        stage.published().await;
        let alarms: Vec<_> = relays
            .iter()
            .chain([&relay])
            .filter_map(|relay| relay.health.borrow().alarm)
            .collect();
        assert_eq!(alarms, []);
    }
}
