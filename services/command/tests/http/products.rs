//! The catalog of products.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stage::{Rights, Stage};

async fn product(stage: &Stage, body: Value) -> Uuid {
    stage.post("/v1/products", body).await.made()
}

#[tokio::test]
async fn a_product_is_added_with_its_names_and_what_is_known_of_it() {
    let stage = Stage::new().await;
    let part = product(&stage, json!({ "name": "Exchange Online Plan 1" })).await;
    let body = json!({
        "name": "Microsoft 365 Business Basic", "names": ["M365 BB", "m365  bb", "microsoft 365 business basic"],
        "skus": ["CFQ7TTC0LH18"], "vendor": "Microsoft", "suite_of": [part], "installable": false,
        "installs_per_user": 5, "notice_days": 30, "downgrade_of": part, "reason": "in the price list"
    });
    let before = stage.log_length().await;
    let added = stage.post("/v1/products", body).await;
    let id = added.made();
    assert_eq!(added.version(), 2, "all products share one version");
    assert_eq!(added.header("etag"), "\"2\"");
    let facts = json!({
        "vendor": "Microsoft", "suite_of": [part], "installable": false, "installs_per_user": 5,
        "downgrade_of": part, "notice_days": 30
    });
    let expected = json!({
        "source": null,
        "products": [{
            "id": id, "name": "Microsoft 365 Business Basic",
            "aliases": [{ "name": "M365 BB" }, { "sku": "CFQ7TTC0LH18" }], "facts": facts, "merged_into": null
        }]
    });
    assert_eq!(
        stage.recorded(before).await,
        [("ProductsAdded".to_owned(), expected)]
    );
}

#[tokio::test]
async fn a_product_is_renamed_known_by_more_names_and_by_fewer() {
    let stage = Stage::new().await;
    let id = product(
        &stage,
        json!({ "name": "Acrobat", "names": ["Adobe Acrobat"], "skus": ["A-1"], "vendor": "Adobe" }),
    )
    .await;
    let path = format!("/v1/products/{id}");
    let before = stage.log_length().await;
    let body = json!({
        "name": "Acrobat Pro", "add_names": ["Acrobat Professional"], "add_skus": ["A-2"],
        "remove_names": ["adobe  acrobat"], "remove_skus": ["A-1", "never known"], "vendor": null,
        "notice_days": 60
    });
    let changed = stage.patch(&path, body.clone()).await.done();
    assert_eq!(changed.id(), id);
    let types: Vec<String> = stage
        .recorded(before)
        .await
        .into_iter()
        .map(|(event, _)| event)
        .collect();
    let expected = [
        "ProductRenamed",
        "AliasRemoved",
        "AliasRemoved",
        "AliasAdded",
        "AliasAdded",
        "ProductFactsSet",
    ];
    assert_eq!(types, expected);
    let length = stage.log_length().await;
    let again = stage.patch(&path, body).await.done();
    assert_eq!(
        (stage.log_length().await, again.version()),
        (length, changed.version()),
        "what is equal is no event"
    );
    // The old name is still its own, and the one that was taken away is free for another.
    let taken = json!({ "name": "ACROBAT" });
    stage
        .refuses(Method::POST, "/v1/products", [(taken, vec!["name"])])
        .await;
    product(&stage, json!({ "name": "Adobe Acrobat" })).await;
}

#[tokio::test]
async fn a_name_that_is_nobodys_is_decided_in_one_call() {
    let stage = Stage::new().await;
    let id = product(&stage, json!({ "name": "Acrobat Pro" })).await;
    let path = format!("/v1/products/{id}/aliases");
    let before = stage.log_length().await;
    let body =
        json!({ "names": ["Acrobat (all users)"], "skus": ["65297934"], "reason": "asked them" });
    stage.post(&path, body.clone()).await.done();
    let alias = |alias: Value| {
        let payload = json!({ "product_id": id, "alias": alias });
        ("AliasAdded".to_owned(), payload)
    };
    assert_eq!(
        stage.recorded(before).await,
        [
            alias(json!({ "name": "Acrobat (all users)" })),
            alias(json!({ "sku": "65297934" }))
        ]
    );
    let length = stage.log_length().await;
    stage.post(&path, body).await.done();
    assert_eq!(stage.log_length().await, length);
    product(&stage, json!({ "name": "Other", "skus": ["X-1"] })).await;
    let cases = [
        (json!({}), vec!["names"]),
        (
            json!({ "names": ["fine", ""], "skus": ["x-1"] }),
            vec!["names[1]", "skus[0]"],
        ),
        (json!({ "names": ["fine", "OTHER"] }), vec!["names[1]"]),
    ];
    stage.refuses(Method::POST, &path, cases).await;
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_product_is_said_at_once() {
    let stage = Stage::new().await;
    let known = product(
        &stage,
        json!({ "name": "Known", "names": ["Well known"], "skus": ["K-1"] }),
    )
    .await;
    let suite = product(&stage, json!({ "name": "Suite", "suite_of": [known] })).await;
    let unknown = Uuid::now_v7();
    let wrong_facts = json!({
        "name": "x", "vendor": 5, "suite_of": [unknown], "installable": "yes", "installs_per_user": 0,
        "downgrade_of": "the newer one", "notice_days": 3651
    });
    let all = vec![
        "downgrade_of",
        "installable",
        "installs_per_user",
        "notice_days",
        "suite_of[0]",
        "vendor",
    ];
    let cases = [
        (json!({}), vec!["name"]),
        (json!({ "name": "" }), vec!["name"]),
        (
            json!({ "name": "x".repeat(201), "names": ["\u{7}"] }),
            vec!["name", "names[0]"],
        ),
        (json!({ "name": "x", "nmaes": [] }), vec!["nmaes"]),
        (json!({ "name": "x", "names": "y" }), vec!["names"]),
        (json!({ "name": "x", "names": ["y", 5] }), vec!["names[1]"]),
        (wrong_facts, all),
        (json!({ "name": "x", "suite_of": known }), vec!["suite_of"]),
        (
            json!({ "name": "known ", "names": ["new", "WELL KNOWN"], "skus": ["k-1"] }),
            vec!["name", "names[1]", "skus[0]"],
        ),
        (
            json!({ "name": "x", "names": vec!["n"; 501] }),
            vec!["names"],
        ),
        (
            json!({ "name": "x", "reason": "r".repeat(2_001) }),
            vec!["reason"],
        ),
    ];
    stage.refuses(Method::POST, "/v1/products", cases).await;
    let cases = [
        (json!({ "name": " " }), vec!["name"]),
        (json!({ "name": "Suite" }), vec!["name"]),
        (
            json!({ "remove_names": ["y", "KNOWN"] }),
            vec!["remove_names[1]"],
        ),
        (
            json!({ "add_names": ["suite"], "add_skus": [""] }),
            vec!["add_names[0]", "add_skus[0]"],
        ),
        (json!({ "downgrade_of": known }), vec!["downgrade_of"]),
        // A suite that holds itself would be counted for ever.
        (json!({ "suite_of": [known] }), vec!["suite_of[0]"]),
        (json!({ "suite_of": [suite] }), vec!["suite_of[0]"]),
        (json!({ "names": ["x"] }), vec!["names"]),
    ];
    stage
        .refuses(Method::PATCH, &format!("/v1/products/{known}"), cases)
        .await;
    for (method, path) in [
        (Method::PATCH, format!("/v1/products/{unknown}")),
        (Method::PATCH, "/v1/products/acrobat".to_owned()),
    ] {
        let ask = stage.ask(method, &path).json(&json!({ "vendor": "x" }));
        ask.send().await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn a_product_turns_out_to_be_another() {
    let stage = Stage::new().await;
    let one = product(&stage, json!({ "name": "M365 Premium" })).await;
    let other = product(&stage, json!({ "name": "Microsoft 365 Business Premium" })).await;
    let third = product(&stage, json!({ "name": "Third" })).await;
    let path = format!("/v1/products/{one}/merge");
    let cases = [
        (json!({}), vec!["into"]),
        (json!({ "into": one }), vec!["into"]),
        (json!({ "into": Uuid::now_v7() }), vec!["into"]),
    ];
    stage.refuses(Method::POST, &path, cases).await;
    let before = stage.log_length().await;
    stage.post(&path, json!({ "into": other })).await.done();
    let merged = json!({ "product_id": one, "into": other });
    assert_eq!(
        stage.recorded(before).await,
        [("ProductMerged".to_owned(), merged)]
    );
    let length = stage.log_length().await;
    stage.post(&path, json!({ "into": other })).await.done();
    assert_eq!(stage.log_length().await, length, "it is that already");
    stage
        .post(&path, json!({ "into": third }))
        .await
        .problem(409, "conflict");
    // Not in a circle either.
    let back = format!("/v1/products/{other}/merge");
    stage
        .refuses(
            Method::POST,
            &back,
            [(json!({ "into": one }), vec!["into"])],
        )
        .await;
    // Its name is the other's now.
    let taken = json!({ "name": "m365 premium" });
    stage
        .refuses(Method::POST, "/v1/products", [(taken, vec!["name"])])
        .await;
    let nothing = format!("/v1/products/{}/merge", Uuid::now_v7());
    stage
        .post(&nothing, json!({ "into": other }))
        .await
        .problem(404, "not-found");
}

#[tokio::test]
async fn the_starting_set_fills_what_the_catalog_lacks() {
    let stage = Stage::new().await;
    let mine = json!({ "name": "Microsoft 365 Business Premium", "vendor": "ours" });
    product(&stage, mine).await;
    let adopt = || {
        let ask = stage.ask(Method::POST, "/v1/products/starting-set");
        ask.header("idempotency-key", "k1").send()
    };
    let first = adopt().await.done();
    let adopted = first.body["adopted"].as_u64().unwrap();
    assert!(adopted > 100, "{adopted}");
    let length = stage.log_length().await;
    assert_eq!(
        adopt().await.text,
        first.text,
        "a repetition tells the same"
    );
    let again = stage
        .post(
            "/v1/products/starting-set",
            json!({ "reason": "once more" }),
        )
        .await
        .done();
    assert_eq!(again.body["adopted"], 0);
    assert_eq!(stage.log_length().await, length);
}

#[tokio::test]
async fn a_product_is_changed_on_the_version_that_was_seen() {
    let stage = Stage::new().await;
    let added = stage
        .post("/v1/products", json!({ "name": "Acrobat" }))
        .await;
    let path = format!("/v1/products/{}", added.made());
    let change = |body: Value| {
        stage
            .ask(Method::PATCH, &path)
            .header("if-match", added.header("etag"))
            .json(&body)
            .send()
    };
    change(json!({ "vendor": "Adobe" })).await.done();
    change(json!({ "vendor": "Other" }))
        .await
        .problem(412, "stale");
}

#[tokio::test]
async fn the_catalog_is_changed_by_tokens_of_all_companies_alone() {
    let stage = Stage::new().await;
    let id = product(&stage, json!({ "name": "Acrobat" })).await;
    let company = stage.company("Contoso").await;
    let limited = stage
        .token(Rights {
            companies: Some(vec![company]),
            ..Rights::default()
        })
        .await;
    let unlimited = stage.token(Rights::default()).await;
    let length = stage.log_length().await;
    let requests = [
        (
            Method::POST,
            "/v1/products".to_owned(),
            json!({ "name": "x" }),
        ),
        (
            Method::PATCH,
            format!("/v1/products/{id}"),
            json!({ "vendor": "x" }),
        ),
        (
            Method::POST,
            format!("/v1/products/{id}/aliases"),
            json!({ "names": ["y"] }),
        ),
        (
            Method::POST,
            format!("/v1/products/{id}/merge"),
            json!({ "into": id }),
        ),
        (
            Method::POST,
            "/v1/products/starting-set".to_owned(),
            json!({}),
        ),
    ];
    for (method, path, body) in &requests {
        let ask = stage.ask(method.clone(), path).by(&limited).json(body);
        ask.send().await.problem(403, "forbidden");
    }
    assert_eq!(stage.log_length().await, length);
    let ask = stage
        .ask(Method::PATCH, &format!("/v1/products/{id}"))
        .by(&unlimited);
    ask.json(&json!({ "vendor": "Adobe" })).send().await.done();
}
