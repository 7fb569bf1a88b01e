//! Who may do what, through every route.

use domain::{Command, ids::TokenId};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;
use web::token::TokenText;

use crate::stage::{Rights, Stage, operations};

/// One thing of each kind, in one tenant.
struct Things {
    type_id: Uuid,
    company: Uuid,
    asset: Uuid,
    purchase: Uuid,
    document: Uuid,
    job: Uuid,
    product: Uuid,
    /// A company and a product beside, to give to and to merge into.
    other: Uuid,
    merged_into: Uuid,
    /// Of the license; one for each route that ends it.
    assignments: [Uuid; 3],
    holder: Uuid,
    key: Uuid,
    /// An integration that has tickets, and a webhook.
    desk: Uuid,
    hook: Uuid,
    /// One that was asked for by hand.
    alert: Uuid,
    feed: Uuid,
}

impl Things {
    async fn of(stage: &Stage) -> Self {
        let values =
            json!({ "total_seats": 5, "license_key": "AAAAA-BBBBB", "expiry_date": "2027-01-31" });
        let asset = stage.license(values).await;
        let registered = &stage.events(asset).await[0];
        let payload: Value = serde_json::from_str(&registered.payload).unwrap();
        let id = |key: &str| payload[key].as_str().unwrap().parse().unwrap();
        let bought = stage
            .post(
                &format!("/v1/assets/{asset}/purchases"),
                json!({ "quantity": 1 }),
            )
            .await;
        let written = json!({ "company_id": id("company_id"), "title": "A", "body": "B" });
        let ids_in = |body: &Value| -> Vec<Uuid> {
            let ids = body.as_array().unwrap().iter();
            ids.map(|id| id.as_str().unwrap().parse().unwrap())
                .collect()
        };
        let assigned =
            json!({ "assignments": [{ "user": "a" }, { "user": "b" }, { "user": "c" }] });
        let assigned = stage
            .post(&format!("/v1/assets/{asset}/assignments"), assigned)
            .await;
        let added = json!({ "keys": [{ "value": "BBBBB-CCCCC" }] });
        let added = stage.post(&format!("/v1/assets/{asset}/keys"), added).await;
        let given = stage.events(asset).await;
        let given = given
            .iter()
            .find(|event| event.event_type == "SeatsAssigned");
        let given: Value = serde_json::from_str(&given.unwrap().payload).unwrap();
        let integration = async |kind: &str, settings: Value| {
            let body = json!({ "name": kind, "kind": kind, "settings": settings });
            stage.post("/v1/integrations", body).await.id()
        };
        let zammad = json!({ "url": "https://zammad.msp.example", "group": "Licenses" });
        let desk = integration("zammad", zammad).await;
        let hook = integration("webhook", json!({ "url": "https://hook.msp.example" })).await;
        let ticket = json!({ "integration_id": desk, "note": "A" });
        let alert = stage
            .post(&format!("/v1/assets/{asset}/tickets"), ticket)
            .await
            .id();
        let feed = json!({ "label": "A", "companies": [id("company_id")] });
        let feed = stage.post("/v1/calendar-feeds", feed).await.id();
        Self {
            desk,
            hook,
            alert,
            feed,
            type_id: id("type_id"),
            company: id("company_id"),
            asset,
            purchase: bought.body["purchase_id"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap(),
            document: stage.post("/v1/documents", written).await.made(),
            job: crate::imports::csv(stage, "dry_run=true", "company,product_name\n")
                .await
                .job(),
            product: stage
                .post("/v1/products", json!({ "name": "Acrobat" }))
                .await
                .made(),
            other: stage.company("Fabrikam Labs").await,
            merged_into: stage
                .post("/v1/products", json!({ "name": "Acrobat DC" }))
                .await
                .made(),
            assignments: ids_in(&assigned.body["assignment_ids"]).try_into().unwrap(),
            holder: given["assignments"][0]["holder"]["id"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap(),
            key: ids_in(&added.body["secret_ids"])[0],
        }
    }

    /// A good request to every route that names one of these things, in its path or its body.
    fn requests(&self) -> Vec<(Method, &'static str, String, Value)> {
        let Self {
            type_id,
            company,
            asset,
            purchase,
            document,
            job,
            product,
            other,
            merged_into,
            desk,
            hook,
            alert,
            feed,
            assignments,
            holder,
            key,
        } = self;
        let register =
            json!({ "type_id": type_id, "company_id": company, "values": { "product_name": "x" } });
        let in_type = |rest: &str| format!("/v1/asset-types/{type_id}{rest}");
        let in_product = |rest: &str| format!("/v1/products/{product}{rest}");
        let in_asset = |rest: &str| format!("/v1/assets/{asset}{rest}");
        let in_job = |rest: &str| format!("/v1/jobs/{job}{rest}");
        let nothing = json!({});
        vec![
            (
                Method::PATCH,
                "/v1/asset-types/{id}",
                in_type(""),
                json!({ "name": "Renamed" }),
            ),
            (
                Method::POST,
                "/v1/asset-types/{id}/fields",
                in_type("/fields"),
                json!({ "name": "SKU", "kind": "text" }),
            ),
            (
                Method::PATCH,
                "/v1/asset-types/{id}/fields/{key}",
                in_type("/fields/vendor"),
                json!({ "name": "Maker" }),
            ),
            (
                Method::DELETE,
                "/v1/asset-types/{id}/fields/{key}",
                in_type("/fields/vendor"),
                nothing.clone(),
            ),
            (
                Method::PATCH,
                "/v1/companies/{id}",
                format!("/v1/companies/{company}"),
                json!({ "name": "Renamed" }),
            ),
            (
                Method::POST,
                "/v1/assets",
                "/v1/assets".to_owned(),
                register.clone(),
            ),
            (
                Method::PUT,
                "/v1/assets/by-external-id/{system}/{id}",
                "/v1/assets/by-external-id/a/1".to_owned(),
                register,
            ),
            (
                Method::PATCH,
                "/v1/assets/{id}",
                in_asset(""),
                json!({ "values": { "total_seats": 6 } }),
            ),
            (
                Method::PATCH,
                "/v1/assets/{id}",
                in_asset(""),
                json!({ "values": { "license_key": "CCCCC" } }),
            ),
            (
                Method::PUT,
                "/v1/assets/{id}/tags/{tag}",
                in_asset("/tags/a"),
                nothing.clone(),
            ),
            (
                Method::DELETE,
                "/v1/assets/{id}/tags/{tag}",
                in_asset("/tags/a"),
                nothing.clone(),
            ),
            (
                Method::POST,
                "/v1/assets/{id}/purchases",
                in_asset("/purchases"),
                json!({ "quantity": 1 }),
            ),
            (
                Method::POST,
                "/v1/assets/{id}/purchases/{purchase_id}/end",
                in_asset(&format!("/purchases/{purchase}/end")),
                nothing.clone(),
            ),
            (
                Method::POST,
                "/v1/assets/{id}/purchases/{purchase_id}/reduce",
                in_asset(&format!("/purchases/{purchase}/reduce")),
                json!({ "quantity": 1 }),
            ),
            (
                Method::POST,
                "/v1/assets/{id}/counts",
                in_asset("/counts"),
                json!({ "source": "synced", "count": 1 }),
            ),
            (
                Method::PUT,
                "/v1/assets/{id}/in-use-source",
                in_asset("/in-use-source"),
                json!({ "source": "typed" }),
            ),
            (
                Method::PUT,
                "/v1/companies/{id}/count-sheet",
                format!("/v1/companies/{company}/count-sheet"),
                json!({ "lines": [{ "asset_id": asset, "in_use": 2 }] }),
            ),
            (
                Method::POST,
                "/v1/assets/{id}/allocations",
                in_asset("/allocations"),
                json!({ "company_id": other, "seats": 1 }),
            ),
            (
                Method::POST,
                "/v1/assets/{id}/transfer",
                in_asset("/transfer"),
                json!({ "company_id": other, "quantity": 1 }),
            ),
            (
                Method::PUT,
                "/v1/assets/{id}/renewal-decision",
                in_asset("/renewal-decision"),
                json!({ "decision": "renew" }),
            ),
            (
                Method::PATCH,
                "/v1/products/{id}",
                in_product(""),
                json!({ "vendor": "Adobe" }),
            ),
            (
                Method::POST,
                "/v1/products/{id}/aliases",
                in_product("/aliases"),
                json!({ "names": ["Acrobat Pro"] }),
            ),
            (
                Method::POST,
                "/v1/products/{id}/merge",
                in_product("/merge"),
                json!({ "into": merged_into }),
            ),
            (
                Method::POST,
                "/v1/assets/{id}/renew",
                in_asset("/renew"),
                json!({ "expiry_date": "2028-01-31" }),
            ),
            (
                Method::POST,
                "/v1/assets/{id}/secrets/{field_key}/reveal",
                in_asset("/secrets/license_key/reveal"),
                nothing.clone(),
            ),
            (
                Method::POST,
                "/v1/assets/{id}/assignments",
                in_asset("/assignments"),
                json!({ "user": "d" }),
            ),
            (
                Method::POST,
                "/v1/assets/{id}/assignments/release",
                in_asset("/assignments/release"),
                json!({ "assignment_ids": [assignments[0]] }),
            ),
            (
                Method::POST,
                "/v1/assets/{id}/assignments/{assignment_id}/release",
                in_asset(&format!("/assignments/{}/release", assignments[1])),
                nothing.clone(),
            ),
            (
                Method::POST,
                "/v1/assets/{id}/assignments/{assignment_id}/transfer",
                in_asset(&format!("/assignments/{}/transfer", assignments[2])),
                json!({ "device": "e" }),
            ),
            (
                Method::DELETE,
                "/v1/holders/{id}",
                format!("/v1/holders/{holder}"),
                nothing.clone(),
            ),
            (
                Method::POST,
                "/v1/assets/{id}/keys",
                in_asset("/keys"),
                json!({ "keys": [{ "value": "DDDDD-EEEEE" }] }),
            ),
            (
                Method::POST,
                "/v1/assets/{id}/keys/{secret_id}/reveal",
                in_asset(&format!("/keys/{key}/reveal")),
                nothing.clone(),
            ),
            (
                Method::DELETE,
                "/v1/assets/{id}/keys/{secret_id}",
                in_asset(&format!("/keys/{key}")),
                nothing.clone(),
            ),
            (
                Method::DELETE,
                "/v1/assets/{id}/secrets/{field_key}",
                in_asset("/secrets/license_key"),
                nothing.clone(),
            ),
            (
                Method::POST,
                "/v1/assets/{id}/move",
                in_asset("/move"),
                json!({ "company_id": company }),
            ),
            (
                Method::POST,
                "/v1/documents",
                "/v1/documents".to_owned(),
                json!({ "company_id": company, "title": "A", "body": "B" }),
            ),
            (
                Method::PUT,
                "/v1/documents/{id}",
                format!("/v1/documents/{document}"),
                json!({ "title": "A", "body": "C" }),
            ),
            (
                Method::POST,
                "/v1/documents/{id}/archive",
                format!("/v1/documents/{document}/archive"),
                nothing.clone(),
            ),
            (
                Method::PUT,
                "/v1/companies/{id}/policy",
                format!("/v1/companies/{company}/policy"),
                json!({ "lead_days": [30] }),
            ),
            (
                Method::PUT,
                "/v1/asset-types/{id}/policy",
                in_type("/policy"),
                json!({ "lead_days": [30] }),
            ),
            (
                Method::PUT,
                "/v1/assets/{id}/policy",
                in_asset("/policy"),
                json!({ "lead_days": [30] }),
            ),
            (
                Method::POST,
                "/v1/assets/{id}/tickets",
                in_asset("/tickets"),
                json!({ "integration_id": desk, "note": "A" }),
            ),
            (
                Method::POST,
                "/v1/assets/{id}/reminders",
                in_asset("/reminders"),
                json!({ "note": "A" }),
            ),
            (
                Method::POST,
                "/v1/alerts/{id}/acknowledge",
                format!("/v1/alerts/{alert}/acknowledge"),
                nothing.clone(),
            ),
            (
                Method::POST,
                "/v1/alerts/{id}/snooze",
                format!("/v1/alerts/{alert}/snooze"),
                json!({ "until": null }),
            ),
            (
                Method::POST,
                "/v1/alerts/{id}/clear",
                format!("/v1/alerts/{alert}/clear"),
                nothing.clone(),
            ),
            (
                Method::PATCH,
                "/v1/integrations/{id}",
                format!("/v1/integrations/{hook}"),
                json!({ "name": "B" }),
            ),
            (
                Method::PUT,
                "/v1/integrations/{id}/secrets/{name}",
                format!("/v1/integrations/{desk}/secrets/token"),
                json!({ "value": "a" }),
            ),
            (
                Method::POST,
                "/v1/integrations/{id}/rotate-key",
                format!("/v1/integrations/{hook}/rotate-key"),
                nothing.clone(),
            ),
            (
                Method::POST,
                "/v1/integrations/{id}/mode",
                format!("/v1/integrations/{hook}/mode"),
                json!({ "mode": "paused" }),
            ),
            (
                Method::POST,
                "/v1/integrations/{id}/replay",
                format!("/v1/integrations/{hook}/replay"),
                json!({ "after_entry": 0 }),
            ),
            (
                Method::DELETE,
                "/v1/integrations/{id}",
                format!("/v1/integrations/{hook}"),
                nothing.clone(),
            ),
            (
                Method::POST,
                "/v1/calendar-feeds",
                "/v1/calendar-feeds".to_owned(),
                json!({ "label": "A", "companies": [company] }),
            ),
            (
                Method::DELETE,
                "/v1/calendar-feeds/{id}",
                format!("/v1/calendar-feeds/{feed}"),
                nothing.clone(),
            ),
            (
                Method::POST,
                "/v1/assets/{id}/archive",
                in_asset("/archive"),
                nothing.clone(),
            ),
            (
                Method::POST,
                "/v1/assets/{id}/restore",
                in_asset("/restore"),
                nothing.clone(),
            ),
            (
                Method::POST,
                "/v1/companies/{id}/archive",
                format!("/v1/companies/{company}/archive"),
                nothing.clone(),
            ),
            (
                Method::POST,
                "/v1/companies/{id}/restore",
                format!("/v1/companies/{company}/restore"),
                nothing.clone(),
            ),
            (Method::GET, "/v1/jobs/{id}", in_job(""), nothing.clone()),
            (
                Method::GET,
                "/v1/jobs/{id}/events",
                in_job("/events"),
                nothing.clone(),
            ),
            (
                Method::GET,
                "/v1/jobs/{id}/faults",
                in_job("/faults"),
                nothing.clone(),
            ),
            (Method::DELETE, "/v1/jobs/{id}", in_job(""), nothing.clone()),
            (Method::DELETE, "/v1/asset-types/{id}", in_type(""), nothing),
        ]
    }
}

/// Routes that name nothing that exists.
const NAMELESS: [(&str, &str); 11] = [
    ("POST", "/v1/integrations"),
    ("POST", "/v1/assets/find-by-key"),
    ("POST", "/v1/products"),
    ("POST", "/v1/products/starting-set"),
    ("GET", "/v1/jobs"),
    ("POST", "/v1/imports"),
    ("POST", "/v1/bulk"),
    ("POST", "/v1/asset-types"),
    ("POST", "/v1/companies"),
    ("PUT", "/v1/companies/by-external-id/{system}/{id}"),
    ("PUT", "/v1/policy"),
];

#[tokio::test]
async fn another_tenants_ids_are_not_found_on_any_route() {
    let stage = Stage::new().await;
    let things = Things::of(&stage).await;
    let (_, stranger) = stage.open_account().await;
    let mut untried = operations();
    for (method, path) in NAMELESS {
        assert!(
            untried.remove(&(method.to_owned(), path.to_owned())),
            "{method} {path}"
        );
    }
    let length = stage.log_length().await;
    for (method, path, target, body) in things.requests() {
        let ask = stage.ask(method.clone(), &target).by(&stranger).json(&body);
        let reply = ask.send().await;
        assert_eq!(reply.status, 404, "{method} {path}: {}", reply.text);
        untried.remove(&(method.to_string(), path.to_owned()));
    }
    assert!(untried.is_empty(), "{untried:?}");
    assert_eq!(
        stage.log_length().await,
        length,
        "a stranger leaves no trace"
    );
    // The same requests do work for their owner, so it was the tenant that was refused.
    for (method, path, target, body) in things.requests() {
        let reply = stage.ask(method.clone(), &target).json(&body).send().await;
        assert!(reply.status.is_success(), "{method} {path}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_foreign_id_in_a_body_is_not_found_either() {
    let stage = Stage::new().await;
    let theirs = Things::of(&stage).await;
    let (tenant, mine) = stage.open_account().await;
    let post = |path: &str, body: Value| stage.ask(Method::POST, path).by(&mine).json(&body).send();
    let type_id = post("/v1/asset-types", json!({ "template": "software-license" }))
        .await
        .made();
    let company = post("/v1/companies", json!({ "name": "Mine" }))
        .await
        .made();
    let values = json!({ "product_name": "x", "license_key": "AAAAA" });
    for (type_id, company) in [(theirs.type_id, company), (type_id, theirs.company)] {
        let body = json!({ "type_id": type_id, "company_id": company, "values": values });
        post("/v1/assets", body).await.problem(404, "not-found");
    }
    let own = json!({ "type_id": type_id, "company_id": company, "values": values });
    let asset = post("/v1/assets", own).await.made();
    let elsewhere = json!({ "company_id": theirs.company });
    post(&format!("/v1/assets/{asset}/move"), elsewhere)
        .await
        .problem(404, "not-found");
    assert!(
        stage
            .events(asset)
            .await
            .iter()
            .all(|event| event.tenant_id == tenant.0)
    );
}

#[tokio::test]
async fn a_token_sees_only_the_companies_it_is_limited_to() {
    let stage = Stage::new().await;
    let things = Things::of(&stage).await;
    let other = stage.company("Fabrikam").await;
    let limited = stage
        .token(Rights {
            companies: Some(vec![other]),
            may_reveal: true,
            administer: false,
        })
        .await;
    for (method, path, target, body) in things.requests() {
        let of_all = [
            "/v1/asset-types",
            "/v1/products",
            "/v1/holders",
            "/v1/integrations",
        ];
        if of_all.iter().any(|shared| path.starts_with(shared)) {
            continue;
        }
        let reply = stage
            .ask(method.clone(), &target)
            .by(&limited)
            .json(&body)
            .send()
            .await;
        assert_eq!(reply.status, 404, "{method} {path}: {}", reply.text);
    }
    // What belongs to the whole account can be seen, and not changed.
    for (method, path, body) in [
        (
            Method::POST,
            "/v1/asset-types".to_owned(),
            json!({ "template": "software-license" }),
        ),
        (
            Method::PATCH,
            format!("/v1/asset-types/{}", things.type_id),
            json!({ "name": "x" }),
        ),
        (
            Method::POST,
            "/v1/companies".to_owned(),
            json!({ "name": "x" }),
        ),
        (Method::PUT, "/v1/policy".to_owned(), json!({})),
        (
            Method::DELETE,
            format!("/v1/holders/{}", things.holder),
            json!({}),
        ),
    ] {
        stage
            .ask(method, &path)
            .by(&limited)
            .json(&body)
            .send()
            .await
            .problem(403, "forbidden");
    }
    let body = json!({ "type_id": things.type_id, "company_id": other, "values": { "product_name": "x" } });
    stage
        .ask(Method::POST, "/v1/assets")
        .by(&limited)
        .json(&body)
        .send()
        .await
        .made();
}

#[tokio::test]
async fn only_a_valid_token_is_let_in() {
    let stage = Stage::new().await;
    let body = json!({ "name": "Contoso" });
    let mut flipped = stage.admin.clone();
    flipped.replace_range(30..31, if &flipped[30..31] == "A" { "B" } else { "A" });
    let unknown = TokenText::generate(TokenId(Uuid::now_v7()), [1; 32]);
    for token in ["", "slt_", "hunter2", &flipped, unknown.expose()] {
        let ask = stage
            .ask(Method::POST, "/v1/companies")
            .by(token)
            .json(&body);
        ask.send().await.problem(401, "unauthorized");
    }
    let ask = stage
        .ask(Method::POST, "/v1/companies")
        .anonymous()
        .json(&body);
    let reply = ask.send().await.problem(401, "unauthorized");
    assert!(reply.header("www-authenticate").starts_with("Bearer"));
    // A stranger learns nothing about bodies.
    let ask = stage
        .ask(Method::POST, "/v1/companies")
        .anonymous()
        .text("text/plain", "?");
    ask.send().await.problem(401, "unauthorized");
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_once() {
    let stage = Stage::new().await;
    let token = stage.token(Rights::default()).await;
    let ask = || {
        stage
            .ask(Method::PUT, "/v1/policy")
            .by(&token)
            .header("idempotency-key", "k1")
            .json(&json!({}))
    };
    ask().send().await.done();
    let id = TokenText::parse(&token).unwrap().token();
    stage
        .by_system(stage.tenant, Command::RevokeToken { id })
        .await;
    // Neither anew nor from a receipt, though the door remembers the token for a while.
    ask().send().await.problem(401, "unauthorized");
    let other = stage
        .ask(Method::PUT, "/v1/policy")
        .by(&token)
        .json(&json!({ "lead_days": [30] }));
    other.send().await.problem(401, "unauthorized");
}
