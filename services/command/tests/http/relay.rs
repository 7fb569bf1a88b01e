//! What is committed is published, in order, as CloudEvents under the ledger's subjects.

use std::time::Duration;

use bus::{Bus, BusConfig, RelayConfig, Subscription};
use contract::LogBacklog;
use embedded::testing;
use event_log::Reader;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::stage::{Stage, pool};

/// After this nothing will come any more.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn every_event_is_published_in_order_and_byte_for_byte() {
    let stage = Stage::new().await;
    let name = format!("command_{}", stage.tenant.0.simple());
    let config = BusConfig {
        stream_name: name.clone(),
        subject_prefix: Some(name),
        ..BusConfig::new(testing::nats().url)
    };
    let bus = Bus::connect(config).await.unwrap();
    let reader = Reader::new(pool(&stage.database, "seatledger_relay"));
    let relay = command::relay(bus.clone(), reader.clone(), RelayConfig::default());
    let stop = CancellationToken::new();
    let running = tokio::spawn(relay.run(stage.writer.head(), stop.clone()));
    stage
        .license(json!({ "total_seats": 5, "license_key": "AAAAA" }))
        .await;

    let expected = reader.read_after(0, 1_000).await.unwrap();
    let backlog = std::sync::Arc::new(LogBacklog::new(reader));
    let mut subscription = Subscription::from(bus, backlog, 0);
    let mut received = Vec::new();
    while received.len() < expected.len() {
        let batch =
            tokio::time::timeout(PATIENCE, subscription.next_batch(100, Duration::ZERO)).await;
        received.extend(batch.unwrap().unwrap());
    }
    for (message, event) in received.iter().zip(&expected) {
        assert_eq!(message.subject, contract::subject(event));
        assert_eq!(&contract::parse_cloud_event(&message.body).unwrap(), event);
    }
    let kinds: Vec<&str> = received
        .iter()
        .filter_map(|message| message.subject.split('.').nth(3))
        .collect();
    for kind in [
        "tenant",
        "token",
        "asset_type",
        "company",
        "asset",
        "secret",
    ] {
        assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
    }
    stop.cancel();
    running.await.unwrap();
}
