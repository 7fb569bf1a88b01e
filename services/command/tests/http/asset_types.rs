use reqwest::Method;
use serde_json::json;

use crate::stage::Stage;

#[tokio::test]
async fn a_type_made_by_hand_answers_the_keys_and_roles_of_its_fields() {
    let stage = Stage::new().await;
    let fields = json!([
        { "name": "Product Name", "kind": "text", "required": true },
        { "name": "License Type", "kind": "select", "options": ["Per-user", { "label": "Subscription" }, { "label": "House Rule", "metric": "site" }] },
        { "name": "License Key", "kind": "password" },
        { "name": "Total Seats", "kind": "number", "shown_in_list": true },
        { "name": "Expiry Date", "kind": "date", "role": null },
        { "name": "Favourite Colour", "kind": "text", "hint": "Any" },
    ]);
    let reply = stage
        .post(
            "/v1/asset-types",
            json!({ "name": "License", "fields": fields }),
        )
        .await;
    let id = reply.made();
    let told: Vec<(String, Option<String>, bool)> = reply.body["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| {
            let text = |key: &str| field[key].as_str().map(str::to_owned);
            (
                text("key").unwrap(),
                text("role"),
                field["role_inferred"].as_bool().unwrap(),
            )
        })
        .collect();
    let role = |role: &str| Some(role.to_owned());
    assert_eq!(
        told,
        [
            ("product_name".to_owned(), role("product"), true),
            ("license_type".to_owned(), role("license_metric"), true),
            ("license_key".to_owned(), role("license_key"), true),
            ("total_seats".to_owned(), role("total_seats"), true),
            ("expiry_date".to_owned(), None, false),
            ("favourite_colour".to_owned(), None, false),
        ]
    );
    assert_eq!((reply.version(), reply.header("etag")), (1, "\"1\""));
    assert_eq!(reply.header("seatledger-entry"), reply.entry().to_string());
    assert_eq!(stage.event_types(id).await, ["AssetTypeDefined"]);
}

#[tokio::test]
async fn the_template_has_twelve_fields() {
    let stage = Stage::new().await;
    let reply = stage
        .post("/v1/asset-types", json!({ "template": "software-license" }))
        .await;
    reply.made();
    assert_eq!(reply.body["fields"].as_array().unwrap().len(), 12);
    stage
        .post("/v1/asset-types", json!({ "template": "software-license" }))
        .await
        .problem(409, "conflict");
}

#[tokio::test]
async fn a_type_is_renamed_extended_changed_and_taken_out_of_use() {
    let stage = Stage::new().await;
    let id = stage.license_type().await;
    let path = format!("/v1/asset-types/{id}");
    let renamed = stage
        .patch(&path, json!({ "name": "Licenses", "reason": "plural" }))
        .await
        .done();
    assert_eq!(renamed.version(), 2);
    let added = stage
        .post(
            &format!("{path}/fields"),
            json!({ "name": "SKU", "kind": "text" }),
        )
        .await
        .done();
    assert_eq!(added.body["fields"][0]["role"], "sku");
    stage
        .patch(
            &format!("{path}/fields/sku"),
            json!({ "name": "Part Number", "role": null, "hint": "x" }),
        )
        .await
        .done();
    let again = stage
        .patch(
            &format!("{path}/fields/sku"),
            json!({ "name": "Part Number" }),
        )
        .await
        .done();
    assert_eq!(again.version(), 4, "an equal setting is no event");
    stage.delete(&format!("{path}/fields/sku")).await.done();
    stage.delete(&path).await.done();
    assert_eq!(
        stage.delete(&path).await.done().version(),
        6,
        "it is archived already"
    );
    assert_eq!(
        stage.event_types(id).await,
        [
            "AssetTypeDefined",
            "AssetTypeRenamed",
            "FieldAdded",
            "FieldChanged",
            "FieldRetired",
            "AssetTypeArchived"
        ]
    );
    stage
        .patch(&path, json!({ "name": "Again" }))
        .await
        .problem(409, "conflict");
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_type_is_said_at_once() {
    let stage = Stage::new().await;
    let fields = json!([
        { "name": "", "kind": "text" },
        { "name": "Seats", "kind": "numbers" },
        { "name": "License Type", "kind": "select", "options": ["Per-user", "Whatever"] },
        { "name": "When", "kind": "date", "role": "total_seats" },
    ]);
    let reply = stage
        .post("/v1/asset-types", json!({ "name": " ", "fields": fields }))
        .await;
    let invalid = reply.invalid_fields();
    for expected in ["name", "fields[0].name", "fields[1].kind", "fields[3].role"] {
        assert!(
            invalid.iter().any(|field| field == expected),
            "{expected} in {invalid:?}"
        );
    }
    assert!(
        invalid
            .iter()
            .any(|field| field.starts_with("fields[2].options")),
        "{invalid:?}"
    );
    for (body, field) in [
        (json!({ "name": "A", "colour": 1 }), "colour"),
        (json!({ "name": 1 }), "name"),
        (
            json!({ "name": "A", "fields": [{ "kind": "text" }] }),
            "fields[0].name",
        ),
        (
            json!({ "name": "A", "fields": [{ "name": "B", "kind": "select", "options": [1] }] }),
            "fields[0].options[0]",
        ),
        (json!({ "template": "warranty" }), "template"),
    ] {
        let invalid = stage.post("/v1/asset-types", body).await.invalid_fields();
        assert!(
            invalid.iter().any(|named| named == field),
            "{field} in {invalid:?}"
        );
    }
}

#[tokio::test]
async fn what_is_no_id_or_no_field_is_not_found() {
    let stage = Stage::new().await;
    let id = stage.license_type().await;
    for path in [
        "/v1/asset-types/7",
        "/v1/asset-types/00000000-0000-0000-0000-000000000007",
    ] {
        stage
            .patch(path, json!({ "name": "x" }))
            .await
            .problem(404, "not-found");
    }
    stage
        .delete(&format!("/v1/asset-types/{id}/fields/none"))
        .await
        .problem(404, "not-found");
    stage
        .ask(Method::GET, &format!("/v1/asset-types/{id}"))
        .send()
        .await
        .problem(405, "method-not-allowed");
}

#[tokio::test]
async fn a_type_has_a_rule_for_over_use() {
    let stage = Stage::new().await;
    let path = format!("/v1/asset-types/{}", stage.license_type().await);
    let before = stage.log_length().await;
    let both = json!({ "name": "Licenses", "over_use": "block", "reason": "audit" });
    stage.patch(&path, both.clone()).await.done();
    stage.patch(&path, both).await.done();
    stage.patch(&path, json!({})).await.done();
    let recorded = stage.recorded(before).await;
    assert_eq!(recorded.len(), 2, "{recorded:?}");
    assert_eq!(
        recorded[1],
        (
            "OverUseSet".to_owned(),
            json!({ "from": "allow", "to": "block" })
        )
    );
    let cases = [
        (
            json!({ "name": "", "over_use": "sometimes" }),
            vec!["name", "over_use"],
        ),
        (json!({ "over_use": true }), vec!["over_use"]),
    ];
    stage.refuses(Method::PATCH, &path, cases).await;
    let fields = json!([{ "name": "Domain", "kind": "text" }]);
    let body = json!({ "name": "Domain", "fields": fields });
    let no_license = stage.post("/v1/asset-types", body).await.made();
    let path = format!("/v1/asset-types/{no_license}");
    let seatless = [(json!({ "over_use": "warn" }), vec!["over_use"])];
    stage.refuses(Method::PATCH, &path, seatless).await;
}
