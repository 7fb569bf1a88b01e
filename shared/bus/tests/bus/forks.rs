//! The log was set back beside a newer stream.

use bus::{Alarm, SubscriptionError};
use embedded::testing::nats;
use std::time::Duration;

use crate::stage::{Stage, own_name, until};

#[tokio::test]
async fn a_stream_ahead_of_the_log_raises_the_alarm_and_is_made_anew() {
    let stage = Stage::new(&nats().url, &own_name(), 100);
    let relay = stage.start_relay().await;
    stage.published().await;
    relay.stop().await;
    stage.log.set_back(80);
    let mut relay = stage.start_relay().await;
    until(&mut relay.health, |health| {
        health.alarm
            == Some(Alarm::Ahead {
                stream: 100,
                log: 80,
            })
    })
    .await;
    stage.published().await;
}

#[tokio::test]
async fn a_log_that_went_back_and_on_raises_the_alarm_even_when_it_is_longer() {
    let stage = Stage::new(&nats().url, &own_name(), 100);
    let relay = stage.start_relay().await;
    stage.published().await;
    relay.stop().await;
    stage.log.set_back(80);
    stage.log.append(60);
    let mut relay = stage.start_relay().await;
    until(&mut relay.health, |health| {
        health.alarm == Some(Alarm::Forked { sequence: 100 })
    })
    .await;
    stage.published().await;
}

#[tokio::test]
async fn a_log_set_back_under_a_running_relay_is_noticed() {
    for grown in [0, 20, 60] {
        let stage = Stage::new(&nats().url, &own_name(), 100);
        let mut relay = stage.start_relay().await;
        stage.published().await;
        stage.log.set_back(80);
        stage.log.append(grown);
        until(&mut relay.health, |health| health.alarm.is_some()).await;
        stage.published().await;
        relay.stop().await;
    }
}

#[tokio::test]
async fn a_message_that_no_relay_published_is_thrown_out_with_the_stream() {
    let stage = Stage::new(&nats().url, &own_name(), 10);
    let mut relay = stage.start_relay().await;
    stage.published().await;
    let subject = format!("{}.ledger.stranger", stage.config.stream_name);
    stage
        .jetstream()
        .await
        .publish(subject, "hello".into())
        .await
        .unwrap()
        .await
        .unwrap();
    until(&mut relay.health, |health| health.alarm.is_some()).await;
    stage.log.append(5);
    stage.published().await;
}

#[tokio::test]
async fn a_subscriber_whose_last_event_is_gone_is_told_so() {
    for grown in [0, 20, 60] {
        let stage = Stage::new(&nats().url, &own_name(), 100);
        let relay = stage.start_relay().await;
        let mut subscription = stage.subscribe(0).await;
        stage.read_to_end(&mut subscription).await;
        stage.log.set_back(80);
        stage.log.append(grown);
        let told = loop {
            match subscription.next_batch(100, Duration::ZERO).await {
                Ok(ghosts) => assert!(ghosts[0].sequence > 100, "{ghosts:?}"),
                Err(error) => break error,
            }
        };
        assert!(matches!(told, SubscriptionError::Diverged { .. }), "{told}");
        let mut anew = stage.subscribe(0).await;
        stage.published().await;
        stage.read_to_end(&mut anew).await;
        relay.stop().await;
    }
}

#[tokio::test]
async fn a_checkpoint_beyond_the_logs_end_is_refused() {
    let stage = Stage::new(&nats().url, &own_name(), 10);
    let mut subscription = stage.subscribe(11).await;
    let told = subscription
        .next_batch(100, Duration::ZERO)
        .await
        .unwrap_err();
    assert!(
        matches!(told, SubscriptionError::Diverged { sequence: 11 }),
        "{told}"
    );
}
