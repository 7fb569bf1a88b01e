//! The same request sent twice.

use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{Reply, Rights, Stage};

async fn add(stage: &Stage, token: &str, key: &str, body: &Value) -> Reply {
    stage
        .ask(Method::POST, "/v1/companies")
        .by(token)
        .header("idempotency-key", key)
        .json(body)
        .send()
        .await
}

#[tokio::test]
async fn the_same_key_is_answered_the_same_and_done_once() {
    let stage = Stage::new().await;
    let body = json!({ "name": "Contoso" });
    let first = add(&stage, &stage.admin, "k1", &body).await;
    let id = first.made();
    let length = stage.log_length().await;
    let second = add(&stage, &stage.admin, "k1", &body).await;
    assert_eq!((second.status, &second.text), (first.status, &first.text));
    for header in ["etag", "seatledger-entry", "content-type"] {
        assert_eq!(second.header(header), first.header(header), "{header}");
    }
    assert_eq!(stage.log_length().await, length);
    assert_eq!(stage.event_types(id).await, ["CompanyAdded"]);
}

#[tokio::test]
async fn a_key_belongs_to_one_request_of_one_token() {
    let stage = Stage::new().await;
    let body = json!({ "name": "Contoso" });
    add(&stage, &stage.admin, "k1", &body).await.made();
    add(&stage, &stage.admin, "k1", &json!({ "name": "Fabrikam" }))
        .await
        .problem(422, "key-reused");
    let elsewhere = stage
        .ask(Method::PUT, "/v1/companies/by-external-id/a/1")
        .header("idempotency-key", "k1");
    elsewhere
        .json(&body)
        .send()
        .await
        .problem(422, "key-reused");
    // Another token's request is its own, and finds the name taken.
    let other = stage.token(Rights::default()).await;
    add(&stage, &other, "k1", &body)
        .await
        .problem(409, "conflict");
    let too_long = "k".repeat(129);
    for key in ["", "two words", &too_long] {
        add(&stage, &stage.admin, key, &body)
            .await
            .problem(400, "bad-header");
    }
}

#[tokio::test]
async fn a_refusal_uses_no_key_up() {
    let stage = Stage::new().await;
    add(&stage, &stage.admin, "k1", &json!({ "name": "" }))
        .await
        .problem(422, "validation");
    add(&stage, &stage.admin, "k1", &json!({ "name": "Contoso" }))
        .await
        .made();
}

#[tokio::test]
async fn a_repeated_request_stores_no_second_secret() {
    let stage = Stage::new().await;
    let (type_id, company_id) = (stage.license_type().await, stage.company("Contoso").await);
    let values = json!({ "product_name": "Acrobat", "license_key": "AAAAA-BBBBB" });
    let body = json!({ "type_id": type_id, "company_id": company_id, "values": values });
    let send = || {
        stage
            .ask(Method::POST, "/v1/assets")
            .header("idempotency-key", "k1")
            .json(&body)
            .send()
    };
    let first = send().await;
    let id = first.made();
    assert_eq!(send().await.text, first.text);
    assert_eq!(stage.sealed().await, 1);
    let patch = json!({ "values": { "license_key": "CCCCC-DDDDD" } });
    let path = format!("/v1/assets/{id}");
    let send = || {
        stage
            .ask(Method::PATCH, &path)
            .header("idempotency-key", "k2")
            .json(&patch)
            .send()
    };
    let first = send().await.done();
    assert_eq!(send().await.text, first.text);
    assert_eq!(stage.sealed().await, 2);
}

#[tokio::test]
async fn two_at_once_with_one_key_are_done_once() {
    let stage = Stage::new().await;
    let body = json!({ "name": "Contoso" });
    let (one, other) = tokio::join!(
        add(&stage, &stage.admin, "k1", &body),
        add(&stage, &stage.admin, "k1", &body)
    );
    assert_eq!(one.made(), other.made());
    assert_eq!(stage.event_types(one.id()).await, ["CompanyAdded"]);
}
