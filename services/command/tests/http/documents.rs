use serde_json::json;

use crate::stage::Stage;

#[tokio::test]
async fn a_document_is_written_revised_and_put_away() {
    let stage = Stage::new().await;
    let company = stage.company("Contoso").await;
    let body = json!({ "company_id": company, "title": "Audit", "body": "# Findings\n\nNone." });
    let id = stage.post("/v1/documents", body).await.made();
    let path = format!("/v1/documents/{id}");
    let revised = json!({ "title": "Audit", "body": "Two seats short." });
    assert_eq!(stage.put(&path, revised.clone()).await.done().version(), 2);
    assert_eq!(
        stage.put(&path, revised.clone()).await.done().version(),
        2,
        "an equal text is no event"
    );
    stage
        .post(&format!("{path}/archive"), json!({ "reason": "done" }))
        .await
        .done();
    stage.put(&path, revised).await.problem(409, "conflict");
    assert_eq!(
        stage.event_types(id).await,
        ["DocumentWritten", "DocumentRevised", "DocumentArchived"]
    );
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_document_is_said_at_once() {
    let stage = Stage::new().await;
    let company = stage.company("Contoso").await;
    let body = json!({ "company_id": company, "title": "", "body": "x".repeat(60_001) });
    assert_eq!(
        stage.post("/v1/documents", body).await.invalid_fields(),
        ["body", "title"]
    );
    let nowhere = json!({ "company_id": uuid::Uuid::nil(), "title": "A", "body": "B" });
    stage
        .post("/v1/documents", nowhere)
        .await
        .problem(404, "not-found");
}
