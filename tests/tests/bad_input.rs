//! Bad input gets a clear problem, and nothing is half done.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say so"
)]

use reqwest::Method;
use serde_json::{Value as Json, json};
use tests::{Product, in_days};

/// The fields that a problem names.
fn fields(problem: &Json) -> Vec<&str> {
    let errors = problem["errors"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    errors
        .iter()
        .filter_map(|error| error["field"].as_str())
        .collect()
}

#[tokio::test]
async fn bad_input_is_refused_in_whole_and_told_in_full() {
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
    let asset = |values: Json| json!({"type_id": type_id, "company_id": company, "values": values});
    let good = api
        .post(
            "/v1/assets",
            asset(json!({"product_name": "Visio", "total_seats": 5, "assigned_seats": 1})),
        )
        .await
        .good();
    let path = format!("/v1/assets/{}", good["id"].as_str().unwrap());
    let entries = api.get("/v1/ledger/entries?after=0").await.good()["items"]
        .as_array()
        .unwrap()
        .len();

    for (values, field) in [
        (json!({"serial": "x"}), "values.serial"),
        (json!({"total_seats": "many"}), "values.total_seats"),
        (json!({"total_seats": -1}), "values.total_seats"),
        (json!({"total_seats": 2.5}), "values.total_seats"),
        (json!({"total_seats": 1e308}), "values.total_seats"),
        (
            json!({"purchase_date": in_days(10), "expiry_date": in_days(5)}),
            "values.expiry_date",
        ),
        (json!({"license_type": "Per-cat"}), "values.license_type"),
        (
            json!({"vendor_portal_url": "javascript:alert(1)"}),
            "values.vendor_portal_url",
        ),
        (json!({"expiry_date": "0000-01-01"}), "values.expiry_date"),
        (json!({"auto_renew": "maybe"}), "values.auto_renew"),
        (json!({"license_key": 17}), "values.license_key"),
    ] {
        let problem = api
            .patch(&path, json!({"values": values}))
            .await
            .refused(422);
        assert_eq!(fields(&problem), [field], "{problem}");
    }
    let all = json!({"total_seats": -1, "assigned_seats": 1.5, "serial": "x", "vendor": 7});
    let problem = api.patch(&path, json!({"values": all})).await.refused(422);
    assert_eq!(fields(&problem).len(), 4, "all at once: {problem}");

    let nul = "{\"values\": {\"vendor\": \"a\\u0000b\"}}";
    for (body, status) in [
        (nul.as_bytes().to_vec(), 400),
        (b"{\"values\": ".to_vec(), 400),
        (b"{\"values\": {}, \"valeus\": {}}".to_vec(), 422),
        (
            format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000)).into_bytes(),
            400,
        ),
        (b"{\"reason\": \"\\ud800\"}".to_vec(), 400),
        (vec![b' '; 10 * 1024 * 1024], 413),
    ] {
        match api.send(Method::PATCH, &path, Some(body)).await {
            Ok(answer) => {
                let _ = answer.refused(status);
            }
            // The server may hang up on a body that is too large before it was sent in whole.
            Err(error) => assert_eq!(status, 413, "{error}"),
        }
    }

    let _ = api
        .as_holder_of("slt_nonsense")
        .get("/v1/assets")
        .await
        .refused(401);
    let missing = uuid::Uuid::from_u128(77);
    let _ = api.get(&format!("/v1/assets/{missing}")).await.refused(404);
    let _ = api.get("/v1/assets/not-an-id").await.refused(404);
    let _ = api.get("/v1/assets?limit=5000").await.refused(400);
    let _ = api.get("/v1/nothing").await.refused(404);
    let _ = api
        .with("if-match", "garbage")
        .patch(&path, json!({"values": {}}))
        .await;

    let after = api.get("/v1/ledger/entries?after=0").await.good()["items"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(after, entries, "nothing was half done");
    product.stop().await;
}

#[tokio::test]
async fn another_accounts_things_do_not_exist() {
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
    let body = json!({"type_id": type_id, "company_id": company,
        "values": {"product_name": "Visio", "license_key": "AAAAA"}});
    let written = api.post("/v1/assets", body).await;
    let entry = written.entry();
    let id = written.good()["id"].as_str().unwrap().to_owned();
    let _ = api.get_at(entry, &format!("/v1/assets/{id}")).await;

    let arguments = [
        "tenant",
        "create",
        "--name",
        "Other MSP",
        "--admin-name",
        "Eve",
        "--admin-email",
        "eve@example.com",
    ];
    let output = Product::command(folder.path(), &arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let token = text
        .split_whitespace()
        .find(|word| word.starts_with("slt_"))
        .unwrap();
    let other = api.as_holder_of(token);

    let company = company.as_str().unwrap();
    let type_id = type_id.as_str().unwrap();
    for path in [
        format!("/v1/assets/{id}"),
        format!("/v1/assets/{id}/seat-history"),
        format!("/v1/assets/{id}/timeline"),
        format!("/v1/companies/{company}"),
        format!("/v1/asset-types/{type_id}"),
    ] {
        let _ = other.get(&path).await.refused(404);
    }
    let _ = other
        .patch(
            &format!("/v1/assets/{id}"),
            json!({"values": {"total_seats": 1}}),
        )
        .await
        .refused(404);
    let _ = other
        .post(
            &format!("/v1/assets/{id}/secrets/license_key/reveal"),
            json!({}),
        )
        .await
        .refused(404);
    let _ = other
        .post(&format!("/v1/assets/{id}/archive"), json!({}))
        .await
        .refused(404);
    for list in [
        "/v1/assets",
        "/v1/companies",
        "/v1/asset-types",
        "/v1/compliance",
        "/v1/expiries",
        "/v1/tags",
    ] {
        assert_eq!(other.get(list).await.good()["items"], json!([]), "{list}");
    }
    product.stop().await;
}
