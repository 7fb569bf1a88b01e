//! Licenses as MSPs really have them: the cases in `cases/`, each told over HTTP, and the position that is
//! expected on given days.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say so"
)]

mod told;

use serde_json::{Value as Json, json};
use tests::{Api, Product};

use told::Told;

const CASES: [(&str, &str); 6] = [
    ("terms", include_str!("../../cases/terms.json")),
    ("purchases", include_str!("../../cases/purchases.json")),
    ("use", include_str!("../../cases/use.json")),
    ("pools", include_str!("../../cases/pools.json")),
    ("products", include_str!("../../cases/products.json")),
    ("sharing", include_str!("../../cases/sharing.json")),
];

/// The usual form, and what real licenses have beyond it.
async fn license_type(api: &Api) -> Json {
    let options = [
        "Per-user",
        "Per-device",
        "Per-core",
        "Site",
        "Concurrent",
        "Subscription",
        "Perpetual",
        "Trial",
        "OEM",
        "Usage-based",
    ];
    let body = json!({"name": "License", "fields": [
        {"name": "Product Name", "kind": "text", "required": true},
        {"name": "SKU", "kind": "text"},
        {"name": "License Type", "kind": "select", "options": options},
        {"name": "Total Seats", "kind": "number"},
        {"name": "Assigned Seats", "kind": "number"},
        {"name": "Expiry Date", "kind": "date"},
        {"name": "Auto-Renew", "kind": "boolean"},
        {"name": "Term Length", "kind": "number"},
        {"name": "True-up On", "kind": "date"},
        {"name": "Reassignable", "kind": "boolean"},
        {"name": "Annual Cost", "kind": "number"},
    ]});
    api.post("/v1/asset-types", body).await.good()["id"].clone()
}

#[tokio::test]
async fn every_case_has_the_position_that_is_expected_on_each_of_its_days() {
    let folder = Product::folder();
    let product = Product::start(folder.path()).await;
    let api = product.api();
    let license_type = license_type(&api).await;
    let mut failed = Vec::new();
    let mut number = 0;
    for (file, cases) in CASES {
        let cases: Vec<Json> = serde_json::from_str(cases).expect("the cases are JSON");
        for case in cases {
            number += 1;
            let name = format!("{file}: {}", case["case"].as_str().expect("a name"));
            let mut told = Told::new(&api, number, &license_type);
            let faults = told.tell(&case).await;
            failed.extend(
                faults
                    .into_iter()
                    .map(|fault| format!("{name}\n    {fault}")),
            );
        }
    }
    product.stop().await;
    assert!(number >= 40, "only {number} cases");
    assert!(
        failed.is_empty(),
        "{} faults:\n{}",
        failed.len(),
        failed.join("\n")
    );
}
