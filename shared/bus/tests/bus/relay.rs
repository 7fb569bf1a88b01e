//! The relay on its own.

use std::time::Duration;

use bus::RelayState;
use embedded::testing::nats;

use crate::stage::{Stage, eventually, own_name, until};

#[tokio::test]
async fn events_arrive_in_order_under_their_own_sequence() {
    let stage = Stage::new(&nats().url, &own_name(), 1_700);
    let relay = stage.start_relay().await;
    stage.published().await;
    for _ in 0..20 {
        stage.log.append(3);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    stage.published().await;
    let mut health = relay.health.clone();
    until(&mut health, |health| {
        health.state == RelayState::Running && health.lag() == 0 && health.published == 1_760
    })
    .await;
    relay.stop().await;
    assert_eq!(health.borrow().state, RelayState::Stopped);
}

#[tokio::test]
async fn an_empty_log_makes_an_empty_stream_that_begins_at_one() {
    let stage = Stage::new(&nats().url, &own_name(), 0);
    let _relay = stage.start_relay().await;
    stage.published().await;
    stage.log.append(1);
    stage.published().await;
    assert_eq!(stage.stream().await.cached_info().state.first_sequence, 1);
}

#[tokio::test]
async fn a_stream_made_anew_begins_so_that_the_last_events_fill_it() {
    let mut stage = Stage::new(&nats().url, &own_name(), 1_000);
    stage.relay_config.refill_events = 100;
    let _relay = stage.start_relay().await;
    stage.published().await;
    let state = stage.stream().await.cached_info().state.clone();
    assert_eq!(
        (state.first_sequence, state.last_sequence, state.messages),
        (901, 1_000, 100)
    );
}

#[tokio::test]
async fn a_stream_that_holds_fewer_bytes_is_not_filled_with_what_it_would_drop() {
    let mut stage = Stage::new(&nats().url, &own_name(), 0);
    stage.log.append_sized(2_000, 1_000);
    stage.config.max_bytes = 500_000;
    let _relay = stage.start_relay().await;
    stage.published().await;
    let state = stage.stream().await.cached_info().state.clone();
    assert!(state.bytes <= 500_000, "{} bytes", state.bytes);
    assert!(
        (1_400..1_800).contains(&state.first_sequence),
        "first is {}",
        state.first_sequence
    );
}

#[tokio::test]
async fn a_stream_too_far_behind_is_made_anew_at_the_logs_end() {
    let mut stage = Stage::new(&nats().url, &own_name(), 50);
    let relay = stage.start_relay().await;
    stage.published().await;
    relay.stop().await;
    stage.log.append(500);
    stage.relay_config.refill_events = 100;
    let relay = stage.start_relay().await;
    stage.published().await;
    assert_eq!(stage.stream().await.cached_info().state.first_sequence, 451);
    assert_eq!(relay.health.borrow().alarm, None);
}

#[tokio::test]
async fn a_relay_killed_in_the_middle_of_a_window_leaves_neither_hole_nor_double() {
    let stage = Stage::new(&nats().url, &own_name(), 0);
    for round in 0..8 {
        stage.log.append(3_000);
        let relay = stage.start_relay().await;
        let bus = stage.bus().await;
        eventually("something is published", async || {
            bus.stream_state()
                .await
                .ok()
                .flatten()
                .is_some_and(|state| state.last_sequence > round * 3_000)
        })
        .await;
        relay.kill().await;
    }
    let _relay = stage.start_relay().await;
    stage.published().await;
}

#[tokio::test]
async fn two_relays_do_no_harm_and_one_takes_over_from_the_other() {
    let stage = Stage::new(&nats().url, &own_name(), 4_000);
    let one = stage.start_relay().await;
    let two = stage.start_relay().await;
    for _ in 0..60 {
        stage.log.append(40);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stage.published().await;
    one.kill().await;
    stage.log.append(500);
    stage.published().await;
    assert_eq!(two.health.borrow().alarm, None);
}

#[tokio::test]
async fn an_event_above_the_servers_limit_stops_the_relay_loudly_and_is_not_left_out() {
    let stage = Stage::new(&nats().url, &own_name(), 10);
    stage.log.append_sized(1, 1_200_000);
    stage.log.append(10);
    let mut relay = stage.start_relay().await;
    until(
        &mut relay.health,
        |health| matches!(&health.state, RelayState::Stuck(reason) if reason.contains("event 11")),
    )
    .await;
    assert_eq!(
        stage
            .bus()
            .await
            .stream_state()
            .await
            .unwrap()
            .unwrap()
            .last_sequence,
        10
    );
}

#[tokio::test]
async fn a_log_that_can_not_be_read_is_waited_for() {
    let stage = Stage::new(&nats().url, &own_name(), 10);
    let mut relay = stage.start_relay().await;
    stage.published().await;
    stage.log.set_broken(true);
    until(&mut relay.health, |health| {
        matches!(health.state, RelayState::Retrying(_))
    })
    .await;
    stage.log.append(10);
    stage.log.set_broken(false);
    stage.published().await;
}

#[tokio::test]
async fn changed_settings_reach_a_stream_that_exists() {
    let mut stage = Stage::new(&nats().url, &own_name(), 10);
    let relay = stage.start_relay().await;
    stage.published().await;
    relay.stop().await;
    stage.config.max_bytes = 1_000_000;
    stage.config.max_age = Some(Duration::from_secs(60));
    let _relay = stage.start_relay().await;
    stage.log.append(1);
    stage.published().await;
    let config = stage.stream().await.cached_info().config.clone();
    assert_eq!(
        (config.max_bytes, config.max_age),
        (1_000_000, Duration::from_secs(60))
    );
}
