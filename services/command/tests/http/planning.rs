//! What is to be done at the end of a term.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stage::Stage;

async fn decisions(stage: &Stage, asset: Uuid) -> Vec<Value> {
    let events = stage.events(asset).await;
    let decided = events
        .iter()
        .filter(|event| event.event_type == "RenewalDecided");
    decided
        .map(|event| serde_json::from_str(&event.payload).unwrap())
        .collect()
}

#[tokio::test]
async fn a_renewal_is_decided_changed_and_left_open_again() {
    let stage = Stage::new().await;
    let id = stage
        .license(json!({ "total_seats": 100, "expiry_date": "2027-12-31" }))
        .await;
    let path = format!("/v1/assets/{id}/renewal-decision");
    let owner = Uuid::now_v7();
    let change = json!({
        "decision": "change", "quantity": 80, "owner": owner, "note": "agreed in the review",
        "reason": "budget"
    });
    stage.put(&path, change.clone()).await.done();
    stage.put(&path, change).await.done();
    let next = json!({ "decision": "lapse", "owner": null, "term_end": "2028-12-31" });
    stage.put(&path, next).await.done();
    let open = json!({ "decision": null });
    stage.put(&path, open.clone()).await.done();
    stage.put(&path, open).await.done();
    let expected = [
        json!({
            "term_end": "2027-12-31", "decision": { "change_to": 80 }, "owner": owner,
            "note": "agreed in the review"
        }),
        json!({ "term_end": "2028-12-31", "decision": "lapse", "owner": null, "note": null }),
        json!({ "term_end": "2027-12-31", "decision": null, "owner": null, "note": null }),
    ];
    assert_eq!(decisions(&stage, id).await, expected);
}

#[tokio::test]
async fn who_decides_sees_to_it_unless_another_is_named() {
    let stage = Stage::new().await;
    let id = stage
        .license(json!({ "total_seats": 100, "expiry_date": "2027-12-31" }))
        .await;
    let path = format!("/v1/assets/{id}/renewal-decision");
    stage
        .put(&path, json!({ "decision": "renew" }))
        .await
        .done();
    let events = stage.events(id).await;
    let metadata: Value = serde_json::from_str(&events.last().unwrap().metadata).unwrap();
    let acting = &metadata["principal"]["person"];
    assert!(acting.is_string(), "{metadata}");
    assert_eq!(decisions(&stage, id).await[0]["owner"], *acting);
    let nobody = json!({ "decision": "renew", "owner": null });
    stage.put(&path, nobody).await.done();
    assert_eq!(decisions(&stage, id).await[1]["owner"], Value::Null);
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_decision_is_said_at_once() {
    let stage = Stage::new().await;
    let id = stage.license(json!({ "total_seats": 100 })).await;
    let path = format!("/v1/assets/{id}/renewal-decision");
    let endless = json!({ "decision": "renew" });
    stage
        .refuses(Method::PUT, &path, [(endless, vec!["term_end"])])
        .await;
    let dated = json!({ "values": { "expiry_date": "2027-12-31" } });
    stage.patch(&format!("/v1/assets/{id}"), dated).await.done();
    let cases = [
        // A body that forgets the decision must not take one back.
        (json!({}), vec!["decision"]),
        (json!({ "note": "x" }), vec!["decision"]),
        (
            json!({ "decision": "maybe", "quantity": 1.5, "term_end": "soon", "note": "\u{7}" }),
            vec!["decision", "note", "quantity", "quantity", "term_end"],
        ),
        (json!({ "decision": "change" }), vec!["quantity"]),
        (
            json!({ "decision": "renew", "quantity": 5 }),
            vec!["quantity"],
        ),
        (json!({ "decision": "renew", "owner": "me" }), vec!["owner"]),
        (
            json!({ "decision": "renew", "until": "2027-01-01" }),
            vec!["until"],
        ),
    ];
    stage.refuses(Method::PUT, &path, cases).await;
    let nothing = format!("/v1/assets/{}/renewal-decision", Uuid::nil());
    stage
        .put(&nothing, json!({ "decision": null }))
        .await
        .problem(404, "not-found");
}
