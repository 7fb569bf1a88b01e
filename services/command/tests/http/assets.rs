use reqwest::Method;
use serde_json::json;

use crate::stage::Stage;

#[tokio::test]
async fn a_license_is_registered_and_its_seats_change() {
    let stage = Stage::new().await;
    let (type_id, company_id) = (
        stage.license_type().await,
        stage.company("Contoso Dental").await,
    );
    let values = json!({
        "product_name": "Microsoft 365 Business Premium", "license_type": "per-user", "total_seats": 25,
        "assigned_seats": 27, "expiry_date": "2027-01-08", "annual_cost": { "amount": "6600.00", "currency": "USD" },
        "vendor_portal_url": "https://admin.example.com", "auto_renew": true,
    });
    let body = json!({
        "type_id": type_id, "company_id": company_id, "values": values, "tags": ["expiring-soon", "audit-required"],
        "external_ids": [{ "system": "rmm", "id": "9" }], "reason": "inventory"
    });
    let id = stage.post("/v1/assets", body).await.made();
    let path = format!("/v1/assets/{id}");
    let changed = stage
        .patch(
            &path,
            json!({ "values": { "total_seats": 30 }, "reason": "five more" }),
        )
        .await
        .done();
    let adjusted = stage.events(id).await.pop().unwrap();
    assert_eq!(
        adjusted.payload,
        r#"{"from":25,"to":30,"delta":30,"correction":false}"#
    );
    assert_eq!(adjusted.company_id, Some(company_id));
    assert!(
        adjusted.metadata.contains(r#""reason":"five more""#),
        "{}",
        adjusted.metadata
    );
    let again = stage
        .patch(&path, json!({ "values": { "total_seats": 30 } }))
        .await
        .done();
    assert_eq!(
        (again.version(), again.entry()),
        (changed.version(), changed.entry()),
        "an equal value is no event"
    );
    let dated = json!({ "values": { "assigned_seats": 20 }, "effective_on": "2026-02-01", "correction": false });
    stage.patch(&path, dated).await.done();
    assert_eq!(
        stage
            .events(id)
            .await
            .pop()
            .unwrap()
            .effective_on
            .to_string(),
        "2026-02-01"
    );
}

#[tokio::test]
async fn an_asset_is_tagged_moved_archived_and_restored() {
    let stage = Stage::new().await;
    let id = stage.license(json!({})).await;
    let path = format!("/v1/assets/{id}");
    let before = stage.event_types(id).await.len();
    let tag = format!("{path}/tags/audit%20required");
    stage.ask(Method::PUT, &tag).send().await.done();
    stage.ask(Method::PUT, &tag).send().await.done();
    stage.delete(&tag).await.done();
    stage.delete(&tag).await.done();
    let other = stage.company("Fabrikam").await;
    stage
        .post(
            &format!("{path}/move"),
            json!({ "company_id": other, "reason": "sold" }),
        )
        .await
        .done();
    stage
        .ask(Method::POST, &format!("{path}/archive"))
        .send()
        .await
        .done();
    stage
        .patch(&path, json!({ "values": { "total_seats": 1 } }))
        .await
        .problem(409, "conflict");
    stage
        .post(&format!("{path}/restore"), json!({ "reason": "back" }))
        .await
        .done();
    assert_eq!(
        stage.event_types(id).await[before..],
        [
            "TagAdded",
            "TagRemoved",
            "MovedToCompany",
            "AssetArchived",
            "AssetRestored"
        ]
    );
    assert!(
        stage.events(id).await[before]
            .payload
            .contains("audit required")
    );
}

#[tokio::test]
async fn a_put_by_external_id_registers_and_then_changes() {
    let stage = Stage::new().await;
    let (type_id, company_id) = (stage.license_type().await, stage.company("Contoso").await);
    let path = "/v1/assets/by-external-id/rmm/9";
    let body = |seats| {
        json!({
            "type_id": type_id, "company_id": company_id,
            "values": { "product_name": "Acrobat", "total_seats": seats, "license_key": "KEY-1" }, "tags": ["a"]
        })
    };
    let first = stage.put(path, body(5)).await;
    let id = first.made();
    let second = stage.put(path, body(6)).await.done();
    assert_eq!(second.id(), id);
    let types = stage.event_types(id).await;
    assert_eq!(
        types
            .iter()
            .filter(|name| *name == "TotalSeatsAdjusted")
            .count(),
        2,
        "{types:?}"
    );
    assert_eq!(
        types.iter().filter(|name| *name == "TagAdded").count(),
        1,
        "{types:?}"
    );
}

#[tokio::test]
async fn everything_that_is_wrong_with_an_asset_is_said_at_once_and_nothing_is_done() {
    let stage = Stage::new().await;
    let (type_id, company_id) = (stage.license_type().await, stage.company("Contoso").await);
    let values = json!({
        "license_type": "Per-planet", "total_seats": -5, "assigned_seats": 2.5, "purchase_date": "2027-01-01",
        "expiry_date": "2026-12-31", "vendor_portal_url": "javascript:alert(1)", "colour": "red", "auto_renew": "yes",
        "annual_cost": "much", "vendor": 7, "license_key": ["AAAAA-BBBBB"],
    });
    let body = json!({
        "type_id": type_id, "company_id": company_id, "values": values, "tags": ["a,b"], "effective_on": "31.12.2026",
        "external_ids": [{ "system": "", "id": "1" }]
    });
    let length = stage.log_length().await;
    let reply = stage.post("/v1/assets", body.clone()).await;
    assert!(!reply.text.contains("AAAAA"), "{}", reply.text);
    assert_eq!(
        reply.invalid_fields(),
        [
            "effective_on",
            "external_ids[0].system",
            "tags[0]",
            "values.annual_cost",
            "values.assigned_seats",
            "values.auto_renew",
            "values.colour",
            "values.expiry_date",
            "values.license_key",
            "values.license_type",
            "values.product_name",
            "values.total_seats",
            "values.vendor",
            "values.vendor_portal_url",
        ]
    );
    assert_eq!(stage.log_length().await, length);
    assert_eq!(stage.sealed().await, 0);
}

#[tokio::test]
async fn a_stale_version_is_refused() {
    let stage = Stage::new().await;
    let id = stage.license(json!({ "total_seats": 1 })).await;
    let path = format!("/v1/assets/{id}");
    let version = stage.event_types(id).await.len();
    let patch = |seats: i64, tag: String| {
        let body = json!({ "values": { "total_seats": seats } });
        stage
            .ask(Method::PATCH, &path)
            .header("if-match", &tag)
            .json(&body)
            .send()
    };
    let fresh = patch(2, format!("\"{version}\"")).await.done();
    assert_eq!(fresh.header("etag"), format!("\"{}\"", version + 1));
    let stale = patch(3, format!("\"{version}\""))
        .await
        .problem(412, "stale");
    assert!(
        stale.body["detail"]
            .as_str()
            .unwrap()
            .contains(&(version + 1).to_string()),
        "{}",
        stale.text
    );
    patch(3, "*".to_owned()).await.problem(400, "bad-header");
    for (method, rest, body) in [
        (Method::POST, "/archive", json!({})),
        (
            Method::POST,
            "/move",
            json!({ "company_id": stage.company("Fabrikam").await }),
        ),
        (Method::POST, "/purchases", json!({ "quantity": 1 })),
        (Method::PUT, "/tags/a", json!({})),
    ] {
        let ask = stage
            .ask(method, &format!("{path}{rest}"))
            .header("if-match", "\"1\"");
        ask.json(&body).send().await.problem(412, "stale");
    }
}

#[tokio::test]
async fn what_is_no_body_is_a_clear_problem() {
    let stage = Stage::new().await;
    let send = |content_type: &str, body: String| {
        stage
            .ask(Method::POST, "/v1/assets")
            .text(content_type, body)
            .send()
    };
    let json = "application/json";
    send("text/plain", "{}".to_owned())
        .await
        .problem(415, "unsupported-media-type");
    send(json, "{".to_owned())
        .await
        .problem(400, "malformed-body");
    send(json, r#"{"values":{"a":"\u0000"}}"#.to_owned())
        .await
        .problem(400, "malformed-body");
    send(json, "[".repeat(200))
        .await
        .problem(400, "malformed-body");
    send(json, format!("\"{}\"", "x".repeat(10 * 1024 * 1024)))
        .await
        .problem(413, "body-too-large");
}
