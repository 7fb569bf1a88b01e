//! The subscription while the servers live.

use std::sync::Arc;
use std::time::Duration;

use bus::{Source, Subscription};
use embedded::testing::nats;
use futures_util::StreamExt;

use crate::log::MemoryLog;
use crate::stage::{Stage, batch, eventually, own_name};

#[tokio::test]
async fn each_event_comes_once_and_in_order_from_any_place() {
    let stage = Stage::new(&nats().url, &own_name(), 2_500);
    let _relay = stage.start_relay().await;
    for after in [0, 1, 499, 500, 2_400, 2_500] {
        let mut subscription = stage.follow(after).await;
        for _ in 0..10 {
            stage.log.append(7);
            stage.read_to_end(&mut subscription).await;
        }
        assert_eq!(subscription.source(), Source::Stream);
    }
}

#[tokio::test]
async fn a_batch_holds_no_more_than_was_asked_for() {
    let stage = Stage::new(&nats().url, &own_name(), 700);
    let _relay = stage.start_relay().await;
    let mut subscription = stage.subscribe(0).await;
    let mut largest = 0;
    while subscription.position() < 700 {
        let batch = subscription
            .next_batch(64, Duration::from_millis(1))
            .await
            .unwrap();
        assert!(!batch.is_empty());
        largest = largest.max(batch.len());
    }
    assert_eq!(largest, 64);
}

#[tokio::test]
async fn a_call_that_is_dropped_half_way_loses_nothing() {
    let stage = Stage::new(&nats().url, &own_name(), 0);
    let _relay = stage.start_relay().await;
    stage.published().await;
    let mut subscription = stage.follow(0).await;
    let mut seen = stage.log.events();
    for round in 0..200 {
        stage.log.append(5);
        let patience = Duration::from_micros(100 * (round % 30));
        let call = subscription.next_batch(1_000, Duration::from_millis(3));
        if let Ok(batch) = tokio::time::timeout(patience, call).await {
            seen.extend(batch.unwrap());
        }
    }
    seen.extend(stage.read_to_end(&mut subscription).await);
    assert_eq!(seen, stage.log.events());
}

#[tokio::test]
async fn messages_lost_from_the_stream_are_read_from_the_log() {
    let stage = Stage::new(&nats().url, &own_name(), 10);
    let _relay = stage.start_relay().await;
    stage.published().await;
    let mut subscription = stage.follow(0).await;
    let stream = stage.stream().await;
    for round in 0..10 {
        let first = stage.log.len() + 1;
        stage.log.append(20);
        stage.published().await;
        for lost in [first, first + 3 + round, first + 19] {
            stream.delete_message(lost).await.unwrap();
        }
        stage.read_to_end(&mut subscription).await;
    }
}

#[tokio::test]
async fn a_purged_stream_goes_on_where_it_was() {
    let stage = Stage::new(&nats().url, &own_name(), 100);
    let relay = stage.start_relay().await;
    stage.published().await;
    let mut subscription = stage.follow(50).await;
    stage.log.append(50);
    stage.published().await;
    stage.stream().await.purge().await.unwrap();
    stage.read_to_end(&mut subscription).await;
    relay.stop().await;
    let relay = stage.start_relay().await;
    stage.log.append(20);
    stage.published().await;
    stage.read_to_end(&mut subscription).await;
    assert_eq!(relay.health.borrow().alarm, None);
}

#[tokio::test]
async fn retention_smaller_than_the_backlog_costs_nobody_an_event() {
    let mut stage = Stage::new(&nats().url, &own_name(), 0);
    stage.config.max_bytes = 200_000;
    let _relay = stage.start_relay().await;
    stage.published().await;
    let mut slow = stage.follow(0).await;
    stage.log.append_sized(100, 1_000);
    assert!(!batch(&mut slow).await.is_empty());
    stage.log.append_sized(5_000, 1_000);
    stage.published().await;
    assert!(stage.stream().await.cached_info().state.first_sequence > 4_000);
    stage.read_to_end(&mut slow).await;
    let mut new = stage.subscribe(0).await;
    stage.read_to_end(&mut new).await;
}

#[tokio::test]
async fn without_a_relay_the_log_is_read_and_with_it_again_the_stream() {
    let stage = Stage::new(&nats().url, &own_name(), 100);
    let mut subscription = stage.subscribe(0).await;
    stage.read_to_end(&mut subscription).await;
    assert_eq!(subscription.source(), Source::Log);
    let relay = stage.start_relay().await;
    stage.published().await;
    eventually("the stream serves", async || {
        stage.log.append(1);
        stage.read_to_end(&mut subscription).await;
        subscription.source() == Source::Stream
    })
    .await;
    relay.stop().await;
    for _ in 0..5 {
        stage.log.append(1);
        stage.read_to_end(&mut subscription).await;
    }
}

#[tokio::test]
async fn a_consumer_that_went_away_silently_is_made_again() {
    let stage = Stage::new(&nats().url, &own_name(), 10);
    let _relay = stage.start_relay().await;
    stage.published().await;
    let mut subscription = stage.follow(0).await;
    let stream = stage.stream().await;
    for _ in 0..3 {
        let mut names = stream.consumer_names();
        while let Some(name) = names.next().await {
            stream.delete_consumer(&name.unwrap()).await.unwrap();
        }
        stage.log.append(10);
        stage.read_to_end(&mut subscription).await;
    }
}

#[tokio::test]
async fn the_stream_alone_carries_a_subscription_while_the_log_is_away() {
    let stage = Stage::new(&nats().url, &own_name(), 10);
    let _relay = stage.start_relay().await;
    stage.published().await;
    // The same events in a log of the subscription's own, which then breaks.
    let own_log = Arc::new(MemoryLog::with(10));
    let mut subscription = Subscription::from(stage.bus().await, own_log.clone(), 0);
    eventually("the stream is followed", async || {
        own_log.append(1);
        stage.log.append(1);
        while subscription.position() < own_log.len() {
            batch(&mut subscription).await;
        }
        subscription.source() == Source::Stream
    })
    .await;
    own_log.set_broken(true);
    let mut seen = stage.log.events();
    for _ in 0..40 {
        stage.log.append_sized(1_000, 1_000);
        while subscription.position() < stage.log.len() {
            if let Ok(batch) = subscription
                .next_batch(1_000, Duration::from_millis(2))
                .await
            {
                seen.extend(batch);
            }
        }
    }
    assert_eq!(subscription.source(), Source::Stream);
    assert_eq!(seen, stage.log.events());
}
