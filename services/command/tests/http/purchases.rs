use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

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

/// A license with a purchase of 25 seats, and the path of that purchase.
async fn bought(stage: &Stage, draft: Value) -> (Uuid, String) {
    let id = stage.license(json!({ "expiry_date": "2027-12-31" })).await;
    let mut body = json!({ "quantity": 25, "from": "2027-01-01" });
    let members = draft.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(members);
    let path = format!("/v1/assets/{id}/purchases");
    let bought = stage.post(&path, body).await;
    bought.made();
    let purchase = bought.body["purchase_id"].as_str().unwrap();
    (id, format!("{path}/{purchase}"))
}

#[tokio::test]
async fn a_purchase_says_what_its_price_is_for_and_when_seats_may_be_given_back() {
    let stage = Stage::new().await;
    let draft = json!({
        "unit_price": 22, "price_per": "month", "reducible_from": "2027-01-01", "reducible_until": "2027-01-07"
    });
    let (id, _) = bought(&stage, draft).await;
    let events = stage.events(id).await;
    let payload: Value = serde_json::from_str(&events.last().unwrap().payload).unwrap();
    assert_eq!(payload["purchase"]["price_per"], "month");
    assert_eq!(
        payload["purchase"]["reducible"],
        json!({ "from": "2027-01-01", "until": "2027-01-07" })
    );
    let path = format!("/v1/assets/{id}/purchases");
    let with = |members: Value| {
        let mut body = json!({ "quantity": 1, "from": "2027-02-01", "until": "2027-12-31" });
        body.as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        body
    };
    let cases = [
        (
            with(json!({ "price_per": "decade", "reducible_from": "x", "reducible_until": "y" })),
            vec![
                "price_per",
                "price_per",
                "reducible_from",
                "reducible_until",
            ],
        ),
        (with(json!({ "price_per": "year" })), vec!["price_per"]),
        (
            with(json!({ "reducible_from": "2027-01-31" })),
            vec!["reducible_from"],
        ),
        (
            with(json!({ "reducible_from": "2028-01-01" })),
            vec!["reducible_from"],
        ),
        (
            with(json!({ "reducible_until": "2027-01-31" })),
            vec!["reducible_until"],
        ),
    ];
    stage.refuses(Method::POST, &path, cases).await;
}

#[tokio::test]
async fn a_purchase_ends_with_the_term_or_on_a_day() {
    let stage = Stage::new().await;
    let (id, path) = bought(&stage, json!({ "until": "2028-06-30" })).await;
    let end = format!("{path}/end");
    let both = json!({ "with_term": true, "last_day": "2027-06-30" });
    let cases = [
        (both, vec!["with_term"]),
        (json!({ "last_day": "2028-07-01" }), vec!["last_day"]),
        (json!({ "last_day": "2026-12-30" }), vec!["last_day"]),
        (json!({ "last_day": 5 }), vec!["last_day"]),
        (json!({ "with_term": "yes" }), vec!["with_term"]),
    ];
    stage.refuses(Method::POST, &end, cases).await;
    let ended = json!({ "with_term": true, "reason": "nobody needs it" });
    stage.post(&end, ended.clone()).await.done();
    let events = stage.events(id).await;
    let last = events.last().unwrap();
    assert_eq!(
        (last.event_type.as_str(), last.effective_on.to_string()),
        ("PurchaseEnded", "2027-12-31".to_owned())
    );
    stage.post(&end, ended).await.done();
    assert_eq!(stage.events(id).await.len(), events.len());
}

#[tokio::test]
async fn seats_of_a_purchase_are_given_back() {
    let stage = Stage::new().await;
    let window = json!({ "reducible_until": "2027-01-07", "until": "2027-12-31" });
    let (id, path) = bought(&stage, window).await;
    let reduce = format!("{path}/reduce");
    let lawful = json!({ "quantity": 20, "from": "2027-01-05", "reason": "five left" });
    let reduced = stage.post(&reduce, lawful.clone()).await.done();
    assert_eq!(reduced.body["warnings"], json!([]));
    let length = stage.events(id).await.len();
    stage.post(&reduce, lawful).await.done();
    assert_eq!(stage.events(id).await.len(), length);
    let late = json!({ "quantity": 15, "from": "2027-06-01" });
    let warned = stage.post(&reduce, late).await.done();
    assert_eq!(warned.body["warnings"].as_array().unwrap().len(), 1);
    let cases = [
        (json!({}), vec!["quantity"]),
        (
            json!({ "quantity": 16, "from": "2027-06-01" }),
            vec!["quantity"],
        ),
        (
            json!({ "quantity": -1, "from": "2028-01-01" }),
            vec!["from", "quantity"],
        ),
        (
            json!({ "quantity": null, "from": "May" }),
            vec!["from", "quantity"],
        ),
    ];
    stage.refuses(Method::POST, &reduce, cases).await;
    let other = format!("/v1/assets/{id}/purchases/{}/reduce", Uuid::nil());
    let body = json!({ "quantity": 1 });
    stage.post(&other, body).await.problem(404, "not-found");
}
