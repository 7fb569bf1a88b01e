//! What a person does in the first hour, over HTTP, on a fresh start.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say so"
)]

use serde_json::{Value as Json, json};
use tests::{Api, Product, in_days, processes_of};

/// The usual form's twelve fields, typed in by hand without a word about roles.
fn twelve_fields() -> Json {
    let options = [
        "Per-user",
        "Per-device",
        "Site",
        "Concurrent",
        "Subscription",
    ];
    json!([
        {"name": "Product Name", "kind": "text", "required": true, "shown_in_list": true},
        {"name": "Vendor", "kind": "text"},
        {"name": "License Type", "kind": "select", "options": options},
        {"name": "License Key", "kind": "password"},
        {"name": "Total Seats", "kind": "number"},
        {"name": "Assigned Seats", "kind": "number"},
        {"name": "Purchase Date", "kind": "date"},
        {"name": "Expiry Date", "kind": "date"},
        {"name": "Auto-Renew", "kind": "boolean"},
        {"name": "Annual Cost", "kind": "number"},
        {"name": "Vendor Portal URL", "kind": "url"},
        {"name": "Notes", "kind": "rich_text"},
    ])
}

const KEY: &str = "AAAAA-BBBBB-PLANTED-CANARY";

async fn contoso(api: &Api, type_id: &Json) -> (String, i64) {
    let company = api
        .post("/v1/companies", json!({"name": "Contoso Dental"}))
        .await
        .good();
    let answer = api
        .post(
            "/v1/assets",
            json!({
                "type_id": type_id, "company_id": company["id"],
                "values": {
                    "product_name": "Microsoft 365 Business Premium", "vendor": "Microsoft",
                    "license_type": "Per-user", "license_key": KEY, "total_seats": 25,
                    "assigned_seats": 27, "expiry_date": in_days(45), "annual_cost": 6600,
                    "vendor_portal_url": "https://admin.microsoft.com", "notes": "<p>Annual</p>",
                },
                "tags": ["expiring-soon", "audit-required"],
            }),
        )
        .await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let entry = answer.entry();
    (answer.json()["id"].as_str().unwrap().to_owned(), entry)
}

#[tokio::test]
async fn the_first_hour() {
    let folder = Product::folder();
    let product = Product::start(folder.path()).await;
    let api = product.api();

    let by_hand = api
        .post(
            "/v1/asset-types",
            json!({"name": "Software License", "fields": twelve_fields()}),
        )
        .await
        .good();
    assert_eq!(by_hand["fields"][4]["key"], "total_seats");
    assert_eq!(by_hand["fields"][4]["role"], "total_seats");
    let template = json!({"template": "software-license", "name": "Licenses from the template"});
    let from_template = api.post("/v1/asset-types", template).await.good();
    assert_eq!(from_template["fields"].as_array().unwrap().len(), 12);

    let (id, entry) = contoso(&api, &by_hand["id"]).await;
    let pools = api.get_at(entry, "/v1/compliance").await;
    let pool = &pools["items"][0];
    assert_eq!(
        (&pool["status"], &pool["short"]),
        (&json!("under_licensed"), &json!(2)),
        "{pools}"
    );
    assert_eq!(pool["company"]["name"], "Contoso Dental");
    let expiries = api.get_at(entry, "/v1/expiries?within_days=60").await;
    assert_eq!(expiries["items"][0]["days_left"], 45, "{expiries}");
    let tags = api.get_at(entry, "/v1/tags").await;
    let counted =
        json!([{"tag": "audit-required", "count": 1}, {"tag": "expiring-soon", "count": 1}]);
    assert_eq!(tags["items"], counted, "{tags}");
    let tagged = api.get_at(entry, "/v1/assets?tag=audit-required").await;
    assert_eq!(tagged["items"].as_array().unwrap().len(), 1);

    let path = format!("/v1/assets/{id}");
    let before = api.get(&path).await;
    let etag = before.header("etag").unwrap();
    let shown = before.good();
    assert_eq!(shown["values"]["license_key"]["set"], true);
    assert_eq!(shown["values"]["total_seats"], 25);

    let raise = json!({"values": {"total_seats": 30}, "reason": "true-up after the audit"});
    let raised = api
        .with("if-match", &etag)
        .patch(&path, raise.clone())
        .await;
    let entry = raised.entry();
    let _ = raised.good();
    let pools = api.get_at(entry, "/v1/compliance").await;
    assert_eq!(pools["items"][0]["status"], "compliant", "{pools}");
    let history = api.get_at(entry, &format!("{path}/seat-history")).await;
    let change = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|change| change["from"] == 25 && change["to"] == 30)
        .unwrap_or_else(|| panic!("no change from 25 to 30 in {history}"));
    assert_eq!(change["reason"], "true-up after the audit");
    assert!(change["recorded_at"].is_string(), "{change}");
    let stale = api
        .with("if-match", &etag)
        .patch(&path, raise)
        .await
        .refused(412);
    assert!(stale["detail"].is_string(), "{stale}");

    let revealed = api
        .post(
            &format!("{path}/secrets/license_key/reveal"),
            json!({"reason": "reinstall"}),
        )
        .await;
    let entry = revealed.entry();
    assert_eq!(revealed.good()["value"], KEY);
    let trail = api
        .get_at(entry, &format!("/v1/audit-trail?asset={id}"))
        .await;
    let reveals = trail["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["type"] == "SecretRevealed");
    assert_eq!(reveals.count(), 1, "{trail}");

    let export = api.get("/v1/assets?format=csv").await;
    assert!(export.text.contains("Microsoft 365 Business Premium") && !export.text.contains(KEY));
    product.stop().await;
    assert_eq!(
        processes_of(folder.path()),
        Vec::<String>::new(),
        "Ctrl-C leaves no process"
    );
    let found = files_with(folder.path(), KEY.as_bytes());
    assert_eq!(
        found,
        Vec::<String>::new(),
        "the key's plaintext is in no file"
    );

    let again = Product::start(folder.path()).await;
    let pools = again.api().get_at(entry, "/v1/compliance").await;
    assert_eq!(
        pools["items"][0]["owned"], 30,
        "everything is found as it was"
    );
    again.stop().await;
}

/// The files below a folder that hold some bytes.
fn files_with(folder: &std::path::Path, wanted: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(&path, wanted));
        } else if path.is_file() {
            let bytes = std::fs::read(&path).unwrap_or_default();
            if bytes.windows(wanted.len()).any(|window| window == wanted) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}
