use domain::integration::{Backlog, Mode};
use std::time::Duration;

use crate::{
    receiver::{Answer, Receiver},
    stage::{Stage, a_while, short, until},
};

#[tokio::test]
async fn what_happens_is_posted_with_the_events_id_and_tried_again() {
    let stage = Stage::new(1).await;
    let _running = stage.run();
    let receiver = Receiver::start().await;
    let msp = stage
        .msp("webhook", &[("url", receiver.url.as_str())], 1)
        .await;
    stage.raise(&msp, &short(&msp, "before", 1), 1).await;
    stage.turn_on(&msp, Backlog::Skip).await;
    receiver.next(Answer::status(500));
    until("it is on", async || {
        (stage.integration(&msp).await.mode == Mode::On).then_some(())
    })
    .await;
    a_while().await;
    let alert = stage.raise(&msp, &short(&msp, "visio", 3), 1).await;
    until("a first try", async || {
        (!receiver.received().is_empty()).then_some(())
    })
    .await;
    stage.clock.advance(Duration::from_secs(10));
    let received = until("a second try", async || {
        let received = receiver.received();
        let of_alert: Vec<_> = received
            .into_iter()
            .filter(|one| String::from_utf8_lossy(&one.body).contains(&alert.to_string()))
            .collect();
        (!of_alert.is_empty()).then_some(of_alert)
    })
    .await;
    let body: serde_json::Value = serde_json::from_slice(&received[0].body).unwrap();
    assert_eq!(body["type"], "seatledger.AlertRaised");
    assert_eq!(
        received[0].headers["webhook-id"],
        body["id"].as_str().unwrap()
    );
    until("a delivery that is sent", async || {
        let deliveries = stage
            .desk
            .deliveries(msp.tenant, msp.integration, None, 10)
            .await
            .unwrap();
        deliveries
            .iter()
            .all(|one| one.state == "sent")
            .then_some(())
    })
    .await;
}
