//! An event of a newer release in a stream: what can't be read is not decided on.

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::stage::{Stage, pool};

#[tokio::test]
async fn a_stream_with_an_unknown_event_refuses_commands_and_the_others_go_on() {
    let stage = Stage::new().await;
    let asset = stage.license(json!({ "total_seats": 1 })).await;
    let path = format!("/v1/assets/{asset}");
    let owner = pool(&stage.database, "postgres").get().await.unwrap();
    let appended = owner
        .execute(
            include_str!("append_unknown.sql"),
            &[&stage.tenant.0, &asset, &Uuid::now_v7()],
        )
        .await
        .unwrap();
    assert_eq!(appended, 1);
    // A service that has the stream in memory, and one that reads it anew.
    for service in [&stage.service, &stage.second_service().await] {
        let change = json!({ "values": { "total_seats": 2 } });
        let ask = service
            .ask(Method::PATCH, &path)
            .by(&stage.admin)
            .json(&change);
        let refused = ask.send().await.problem(503, "upgrade-required");
        assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    }
    stage.company("Fabrikam").await;
}
