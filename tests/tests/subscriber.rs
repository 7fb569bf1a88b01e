//! Whoever wants to can follow a ledger with a NATS client of another language.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say so"
)]

use serde_json::{Value as Json, json};
use tests::{Product, python};

#[tokio::test]
async fn a_python_client_sees_cloud_events_in_order() {
    let folder = Product::folder();
    let product = Product::start(folder.path()).await;
    let api = product.api();
    let type_id = api
        .post("/v1/asset-types", json!({"template": "software-license"}))
        .await
        .good()["id"]
        .clone();
    let company = api
        .post("/v1/companies", json!({"name": "Contoso Dental"}))
        .await
        .good()["id"]
        .clone();
    let values = json!({"product_name": "Visio", "total_seats": 5});
    let body = json!({"type_id": type_id, "company_id": company, "values": values});
    let last = api.post("/v1/assets", body).await.entry();
    // One account's entries are the log's sequences as long as it is the only one.
    let noted = std::fs::read_to_string(folder.path().join("run/servers.env")).unwrap();
    let url = noted
        .lines()
        .find_map(|line| line.strip_prefix("NATS_URL="))
        .unwrap();

    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/subscriber.py");
    let output = python()
        .arg(script)
        .arg(url)
        .arg(last.to_string())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines = String::from_utf8(output.stdout).unwrap();
    let messages: Vec<Json> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let entries = api.get("/v1/ledger/entries?after=0").await.good();
    for (at, message) in messages.iter().enumerate() {
        let (event, entry) = (&message["event"], &entries["items"][at]);
        assert_eq!(
            message["sequence"],
            json!(at + 1),
            "JetStream's sequence is the event's"
        );
        assert_eq!(
            (&event["specversion"], &event["datacontenttype"]),
            (&json!("1.0"), &json!("application/json"))
        );
        assert_eq!(event["id"], entry["event_id"]);
        assert_eq!(event["data"], entry["payload"]);
        assert!(
            message["subject"].as_str().unwrap().starts_with("ledger."),
            "{message}"
        );
    }
    let registered = messages.iter().find(|message| {
        let subject = message["subject"].as_str().unwrap();
        subject.ends_with(".asset.asset_registered") && subject.contains(company.as_str().unwrap())
    });
    assert!(
        registered.is_some(),
        "the subject names company, kind and type"
    );
    product.stop().await;
}
