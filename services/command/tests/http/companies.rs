use serde_json::json;

use crate::stage::Stage;

#[tokio::test]
async fn a_company_is_added_changed_and_archived() {
    let stage = Stage::new().await;
    let body = json!({
        "name": "Contoso Dental", "own": false, "time_zone": "Europe/Berlin",
        "external_ids": [{ "system": "ConnectWise", "id": "C-1" }], "reason": "signed"
    });
    let id = stage.post("/v1/companies", body).await.made();
    let path = format!("/v1/companies/{id}");
    let changed = stage
        .patch(&path, json!({ "name": "Contoso", "time_zone": null, "external_ids": [{ "system": "halo", "id": "7" }] }))
        .await
        .done();
    assert_eq!(changed.version(), 5);
    assert_eq!(
        stage
            .patch(&path, json!({ "name": "Contoso" }))
            .await
            .done()
            .version(),
        5
    );
    stage
        .ask(reqwest::Method::POST, &format!("{path}/archive"))
        .send()
        .await
        .done();
    // A body that is null says as little as none.
    stage
        .post(&format!("{path}/archive"), json!(null))
        .await
        .done();
    assert_eq!(
        stage.event_types(id).await,
        [
            "CompanyAdded",
            "ExternalIdLinked",
            "CompanyRenamed",
            "CompanyTimeZoneChanged",
            "ExternalIdLinked",
            "CompanyArchived"
        ]
    );
    let first = &stage.events(id).await[0];
    assert_eq!(first.company_id, Some(id));
    let metadata: serde_json::Value = serde_json::from_str(&first.metadata).unwrap();
    assert_eq!(metadata["reason"], "signed");
    assert!(
        metadata["principal"]["person"].is_string() && metadata["principal"]["token"].is_string(),
        "{metadata}"
    );
    assert!(metadata["request"].is_string());
}

#[tokio::test]
async fn names_and_external_ids_are_unique() {
    let stage = Stage::new().await;
    let id = json!({ "system": "halo", "id": "7" });
    stage
        .post(
            "/v1/companies",
            json!({ "name": "Contoso", "external_ids": [id] }),
        )
        .await
        .made();
    stage
        .post("/v1/companies", json!({ "name": " contoso " }))
        .await
        .problem(409, "conflict");
    stage
        .post(
            "/v1/companies",
            json!({ "name": "Other", "external_ids": [id] }),
        )
        .await
        .problem(409, "conflict");
    let other = stage.company("Other").await;
    stage
        .patch(
            &format!("/v1/companies/{other}"),
            json!({ "name": "CONTOSO" }),
        )
        .await
        .problem(409, "conflict");
}

#[tokio::test]
async fn a_put_by_external_id_adds_and_then_changes() {
    let stage = Stage::new().await;
    let path = "/v1/companies/by-external-id/halo/A%2F7";
    let id = stage.put(path, json!({ "name": "Contoso" })).await.made();
    let again = stage.put(path, json!({ "name": "Contoso" })).await.done();
    assert_eq!((again.id(), again.version()), (id, 2));
    let renamed = stage
        .put(path, json!({ "name": "Contoso Dental" }))
        .await
        .done();
    assert_eq!((renamed.id(), renamed.version()), (id, 3));
    let external = &stage.events(id).await[1];
    assert!(external.payload.contains("A/7"), "{}", external.payload);
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_company_is_said_at_once() {
    let stage = Stage::new().await;
    let body = json!({ "name": "", "time_zone": "Mars/Olympus", "external_ids": [{ "system": "", "id": "\t" }] });
    let invalid = stage.post("/v1/companies", body).await.invalid_fields();
    assert_eq!(
        invalid,
        [
            "external_ids[0].id",
            "external_ids[0].system",
            "name",
            "time_zone"
        ]
    );
    let long = "x".repeat(201);
    assert_eq!(
        stage
            .post("/v1/companies", json!({ "name": long }))
            .await
            .invalid_fields(),
        ["name"]
    );
    let reason = "x".repeat(2_001);
    let body = json!({ "name": "Contoso", "reason": reason });
    assert_eq!(
        stage.post("/v1/companies", body).await.invalid_fields(),
        ["reason"]
    );
}
