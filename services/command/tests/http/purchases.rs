use serde_json::json;

use crate::stage::Stage;

#[tokio::test]
async fn seats_are_bought_ended_and_the_term_renewed() {
    let stage = Stage::new().await;
    let id = stage.license(json!({ "expiry_date": "2027-12-31" })).await;
    let body = json!({
        "quantity": 25, "from": "2027-01-01", "unit_price": { "amount": "22.00", "currency": "USD" }, "order": "PO-7",
        "supplier": "Example Distribution", "reason": "new hires"
    });
    let bought = stage
        .post(&format!("/v1/assets/{id}/purchases"), body)
        .await;
    assert_eq!(bought.made(), id, "the asset is what was written");
    let purchase = bought.body["purchase_id"].as_str().unwrap().to_owned();
    let end = format!("/v1/assets/{id}/purchases/{purchase}/end");
    stage
        .post(&end, json!({ "last_day": "2027-06-30" }))
        .await
        .done();
    let renewal = json!({ "expiry_date": "2028-12-31", "quantity": 30, "cost": 6600 });
    stage
        .post(&format!("/v1/assets/{id}/renew"), renewal)
        .await
        .done();
    let types = stage.event_types(id).await;
    for expected in [
        "SeatsPurchased",
        "PurchaseEnded",
        "TermRenewed",
        "TotalSeatsAdjusted",
        "CostChanged",
    ] {
        assert!(
            types.iter().any(|found| found == expected),
            "{expected} in {types:?}"
        );
    }
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_purchase_is_said_at_once() {
    let stage = Stage::new().await;
    let id = stage.license(json!({ "expiry_date": "2027-12-31" })).await;
    let path = format!("/v1/assets/{id}/purchases");
    let body =
        json!({ "quantity": 1.5, "from": "yesterday", "until": "2027-02-30", "unit_price": -1 });
    let invalid = stage.post(&path, body).await.invalid_fields();
    assert_eq!(invalid, ["from", "quantity", "unit_price", "until"]);
    let turned = json!({ "quantity": 1, "from": "2027-02-02", "until": "2027-02-01" });
    assert_eq!(stage.post(&path, turned).await.invalid_fields(), ["until"]);
    for quantity in [json!(0), json!(-5), json!("many"), json!(1e30), json!(null)] {
        assert_eq!(
            stage
                .post(&path, json!({ "quantity": quantity }))
                .await
                .invalid_fields(),
            ["quantity"]
        );
    }
    stage
        .post(&format!("{path}/{}/end", uuid::Uuid::nil()), json!({}))
        .await
        .problem(404, "not-found");
    let renewal = json!({ "expiry_date": "soon", "quantity": -1 });
    let invalid = stage
        .post(&format!("/v1/assets/{id}/renew"), renewal)
        .await
        .invalid_fields();
    assert_eq!(invalid, ["expiry_date", "quantity"]);
}

#[tokio::test]
async fn only_licenses_have_seats() {
    let stage = Stage::new().await;
    let company_id = stage.company("Contoso").await;
    let fields = json!([{ "name": "Domain", "kind": "text" }]);
    let type_id = stage
        .post(
            "/v1/asset-types",
            json!({ "name": "Domain", "fields": fields }),
        )
        .await
        .made();
    let id = stage
        .post(
            "/v1/assets",
            json!({ "type_id": type_id, "company_id": company_id }),
        )
        .await
        .made();
    stage
        .post(
            &format!("/v1/assets/{id}/purchases"),
            json!({ "quantity": 1 }),
        )
        .await
        .problem(409, "conflict");
}
