use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stage::{Reply, Rights, Stage};

async fn bulk(stage: &Stage, operations: Value) -> Reply {
    stage
        .post("/v1/bulk", json!({ "operations": operations }))
        .await
        .done()
}

fn statuses(reply: &Reply) -> Vec<u64> {
    let results = reply.body["results"].as_array().unwrap();
    results
        .iter()
        .map(|result| result["status"].as_u64().unwrap())
        .collect()
}

#[tokio::test]
async fn each_operation_is_answered_as_its_own_route_would_and_none_holds_up_another() {
    let stage = Stage::new().await;
    let id = stage.license(json!({ "total_seats": 25 })).await;
    let path = format!("/v1/assets/{id}");
    let version = stage.event_types(id).await.len();
    let operations = json!([
        { "method": "PATCH", "path": path, "body": { "values": { "total_seats": 30 }, "reason": "five more" } },
        { "method": "PATCH", "path": path, "body": { "values": { "total_seats": -1, "colour": "red" } } },
        { "method": "PATCH", "path": path, "body": { "values": { "total_seats": 31 } }, "if_match": version },
        { "method": "PUT", "path": format!("{path}/tags/audit") },
        { "method": "POST", "path": format!("{path}/purchases"), "body": { "quantity": 2 } },
        { "method": "DELETE", "path": format!("/v1/documents/{id}"), "body": {} },
        { "method": "POST", "path": "/v1/assets/no-such-route", "body": {} },
        { "method": "POST", "path": "/v1/companies", "body": { "name": "Fabrikam" } },
        { "method": "POST", "path": "/v1/companies", "body": { "name": "fabrikam" } },
        { "method": "PATCH", "path": format!("/v1/assets/{}", Uuid::now_v7()), "body": { "values": {} } },
    ]);
    let reply = bulk(&stage, operations).await;
    assert_eq!(
        statuses(&reply),
        [200, 422, 412, 200, 201, 405, 405, 201, 409, 404],
        "{}",
        reply.text
    );
    assert_eq!(reply.body["succeeded"], 4);
    assert_eq!(reply.body["failed"], 6);
    let results = &reply.body["results"];
    assert_eq!(results[0]["body"]["id"], id.to_string());
    assert_eq!(results[1]["problem"]["type"], "/problems/validation");
    let fields: Vec<&str> = results[1]["problem"]["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields.len(), 2, "all that is wrong at once: {fields:?}");
    assert_eq!(results[2]["problem"]["type"], "/problems/stale");
    assert_eq!(
        results[5]["problem"]["type"],
        "/problems/method-not-allowed"
    );
    let entry = results[7]["body"]["entry"].as_i64().unwrap();
    assert_eq!(reply.body["entry"], entry, "the last of all");
    assert_eq!(reply.header("seatledger-entry"), entry.to_string());
}

#[tokio::test]
async fn what_stands_alone_or_is_no_write_is_refused_by_itself() {
    let stage = Stage::new().await;
    let operation =
        |method: &str, path: &str| json!({ "method": method, "path": path, "body": {} });
    let reveal = format!("/v1/assets/{}/secrets/license_key/reveal", Uuid::now_v7());
    for (method, path, field) in [
        ("POST", "/v1/bulk", "path"),
        ("POST", "/v1/imports", "path"),
        ("DELETE", "/v1/jobs/1", "path"),
        ("POST", reveal.as_str(), "path"),
        ("POST", "/v1/assets/find-by-key", "path"),
        ("POST", "/v1/companies?x=1", "path"),
        ("POST", "https://example.com/v1/companies", "path"),
        ("POST", "companies", "path"),
        ("GET", "/v1/companies", "method"),
        ("post", "/v1/companies", "method"),
    ] {
        let reply = bulk(&stage, json!([operation(method, path)])).await;
        let result = &reply.body["results"][0];
        assert_eq!(result["status"], 422, "{method} {path}: {result}");
        assert_eq!(
            result["problem"]["errors"][0]["field"], field,
            "{method} {path}"
        );
    }
    for operations in [
        json!([]),
        json!(vec![operation("PUT", "/v1/policy"); 1_001]),
    ] {
        let body = json!({ "operations": operations });
        let fields = stage.post("/v1/bulk", body).await.invalid_fields();
        assert_eq!(fields, ["operations"]);
    }
    let unknown = json!({ "operations": [{ "method": "PUT", "path": "/v1/policy", "boby": {} }] });
    stage
        .post("/v1/bulk", unknown)
        .await
        .problem(422, "validation");
}

#[tokio::test]
async fn operations_on_one_asset_see_each_others_effects_in_their_order() {
    let stage = Stage::new().await;
    let id = stage.license(json!({ "total_seats": 1 })).await;
    let path = format!("/v1/assets/{id}");
    let operations: Vec<Value> = (2..40)
        .map(|seats| json!({ "method": "PATCH", "path": path, "body": { "values": { "total_seats": seats, "notes": format!("n{seats}") } } }))
        .collect();
    let reply = bulk(&stage, json!(operations)).await;
    assert_eq!(reply.body["succeeded"], 38, "{}", reply.text);
    let seats: Vec<String> = stage
        .events(id)
        .await
        .into_iter()
        .filter(|event| event.event_type == "TotalSeatsAdjusted")
        .map(|event| event.payload)
        .collect();
    assert_eq!(seats.len(), 39);
    assert!(seats[38].contains(r#""from":38,"to":39"#), "{}", seats[38]);
}

#[tokio::test]
async fn a_thousand_assets_are_registered_once_however_often_the_request_is_sent() {
    let stage = Stage::new().await;
    let (type_id, company_id) = (stage.license_type().await, stage.company("Contoso").await);
    let operations: Vec<Value> = (0..1_000)
        .map(|at| {
            let values = json!({ "product_name": format!("Product {at}"), "total_seats": at });
            let body = json!({ "type_id": type_id, "company_id": company_id, "values": values });
            json!({ "method": "POST", "path": "/v1/assets", "body": body })
        })
        .collect();
    let body = json!({ "operations": operations });
    let send = || {
        stage
            .ask(Method::POST, "/v1/bulk")
            .header("idempotency-key", "monday")
            .json(&body)
            .send()
    };
    let first = send().await.done();
    assert_eq!(first.body["succeeded"], 1_000);
    let length = stage.log_length().await;
    let second = send().await.done();
    assert_eq!(second.text, first.text);
    assert_eq!(stage.log_length().await, length, "nothing was done twice");
    // The same key for something else is told of each operation that differs.
    let mut other = operations;
    other[0]["body"]["values"]["total_seats"] = json!(7);
    let reply = stage
        .ask(Method::POST, "/v1/bulk")
        .header("idempotency-key", "monday")
        .json(&json!({ "operations": other }))
        .send()
        .await
        .done();
    assert_eq!(
        reply.body["results"][0]["problem"]["type"],
        "/problems/key-reused"
    );
    assert_eq!(reply.body["succeeded"], 999);
}

#[tokio::test]
async fn a_bulk_may_no_more_than_its_token_and_keeps_secrets_to_itself() {
    let stage = Stage::new().await;
    let id = stage.license(json!({})).await;
    let path = format!("/v1/assets/{id}");
    let other = stage.company("Fabrikam").await;
    let limited = stage
        .token(Rights {
            companies: Some(vec![other]),
            ..Rights::default()
        })
        .await;
    let body = json!({ "operations": [
        { "method": "PATCH", "path": path, "body": { "values": { "license_key": "CANARY-KEY" } } },
        { "method": "PUT", "path": "/v1/policy", "body": {} },
    ] });
    let ask = stage.ask(Method::POST, "/v1/bulk").by(&limited);
    let reply = ask.json(&body).send().await.done();
    assert_eq!(statuses(&reply), [404, 403]);
    assert_eq!(stage.sealed().await, 0);
    let reply = stage.post("/v1/bulk", body).await.done();
    assert_eq!(statuses(&reply), [200, 200], "{}", reply.text);
    assert_eq!(stage.sealed().await, 1);
    assert!(!reply.text.contains("CANARY"), "{}", reply.text);
    let ask = stage.ask(Method::POST, "/v1/bulk").anonymous();
    let nothing = json!({ "operations": [] });
    ask.json(&nothing).send().await.problem(401, "unauthorized");
}
