//! Integrations, their modes, their secrets and their keys.

use std::time::Duration;

use command::{ORPHAN_AGE, VaultDoor, sweep_secrets};
use event_log::Reader;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;
use vault::{Aad, SecretStore, Vault};

use crate::{
    leaks::occurrences,
    stage::{Rights, Stage, pool, vault},
};

const TOKEN: &str = "CANARY-1-23-4567890abcdef";

fn tracker() -> Value {
    json!({
        "name": "Our tickets", "kind": "request_tracker",
        "settings": { "url": "https://rt.msp.example", "queue": "Licenses" }
    })
}

fn webhook() -> Value {
    json!({ "name": "Ours", "kind": "webhook", "settings": { "url": "https://hook.msp.example/in" } })
}

/// A service, and the vault that it seals with: a process has one.
async fn staged() -> (Stage, Vault) {
    let vault = vault().await;
    let stage = Stage::with_vault(VaultDoor::open(vault.clone())).await;
    (stage, vault)
}

/// The value that the ledger names under this number, opened as whoever delivers does.
async fn opened(
    (stage, vault): (&Stage, &Vault),
    integration: Uuid,
    name: &str,
    version: i32,
) -> Option<String> {
    use secrecy::ExposeSecret;
    let store = SecretStore::new(pool(&stage.database, "seatledger_vault"));
    let aad = Aad {
        tenant_id: stage.tenant.0,
        asset_id: integration,
        secret_id: integration,
        field_key: name.to_owned(),
        version,
    };
    let sealed = store.get(&aad).await.unwrap()?;
    let value = vault.open(&aad, &sealed).await.ok()?;
    Some(value.expose_secret().to_owned())
}

/// The names and numbers of the secrets that the ledger names, in order.
async fn stored(stage: &Stage, integration: Uuid) -> Vec<(String, i32)> {
    let events = stage.events(integration).await.into_iter();
    let stored = events.filter(|event| event.event_type == "IntegrationSecretStored");
    stored
        .map(|event| {
            let payload: Value = serde_json::from_str(&event.payload).unwrap();
            let name = payload["secret"].as_str().unwrap().to_owned();
            let version = payload["stored"]["version"].as_i64().unwrap();
            (name, i32::try_from(version).unwrap())
        })
        .collect()
}

#[tokio::test]
async fn an_integration_is_added_in_dry_run_changed_turned_on_and_taken_away() {
    let stage = Stage::new().await;
    let added = stage.post("/v1/integrations", tracker()).await;
    assert_eq!((added.status.as_u16(), added.version()), (201, 1));
    assert_eq!(added.body["signing_key"], Value::Null);
    let path = format!("/v1/integrations/{}", added.id());
    let changed = json!({
        "settings": { "queue": "Software", "requestor": null }, "filter": { "kinds": ["expiring"] }
    });
    assert_eq!(stage.patch(&path, changed).await.done().version(), 2);
    let on = json!({ "mode": "on", "backlog": "summary" });
    let mode = format!("{path}/mode");
    let refused = stage.post(&mode, on.clone()).await;
    assert!(refused.text.contains("token"), "{}", refused.text);
    refused.problem(409, "conflict");
    let secret = json!({ "value": TOKEN });
    let set = stage
        .put(&format!("{path}/secrets/token"), secret)
        .await
        .done();
    assert_eq!(
        (&set.body["set"], &set.body["secret_version"]),
        (&json!(true), &json!(1))
    );
    stage.post(&mode, on).await.done();
    stage
        .refuses(
            Method::POST,
            &mode,
            [
                (json!({ "mode": "off" }), vec!["mode"]),
                (
                    json!({ "mode": "paused", "backlog": "each" }),
                    vec!["backlog"],
                ),
                (json!({ "mode": "on", "backlog": "all" }), vec!["backlog"]),
            ],
        )
        .await;
    stage
        .post(&format!("{path}/replay"), json!({ "after_entry": 0 }))
        .await
        .done();
    assert_eq!(stage.sealed().await, 1);
    stage.delete(&path).await.done();
    assert_eq!(stage.sealed().await, 0, "its secrets go with it");
    stage.delete(&path).await.problem(404, "not-found");
    assert_eq!(
        stage.event_types(added.id()).await,
        [
            "IntegrationAdded",
            "IntegrationChanged",
            "IntegrationSecretStored",
            "IntegrationModeSet",
            "ReplayAsked",
            "IntegrationRemoved"
        ]
    );
}

#[tokio::test]
async fn a_secret_is_sealed_and_stands_nowhere_in_plain_text() {
    let (stage, vault) = staged().await;
    let id = stage.post("/v1/integrations", tracker()).await.id();
    let path = format!("/v1/integrations/{id}/secrets/token");
    for value in [json!(TOKEN), json!(format!("{TOKEN}-2"))] {
        let set = stage.put(&path, json!({ "value": value })).await.done();
        assert!(!set.text.contains(TOKEN), "{}", set.text);
    }
    assert_eq!(
        stored(&stage, id).await,
        [("token".to_owned(), 1), ("token".to_owned(), 2)]
    );
    assert_eq!(
        opened((&stage, &vault), id, "token", 1).await.as_deref(),
        Some(TOKEN)
    );
    let second = opened((&stage, &vault), id, "token", 2).await.unwrap();
    assert!(second.ends_with("-2"));
    // Nor does it open as another.
    assert_eq!(opened((&stage, &vault), id, "password", 1).await, None);

    let length = stage.log_length().await;
    for (path, body) in [
        (&path, json!({ "value": [TOKEN] })),
        (&path, json!({ "value": TOKEN, TOKEN: 1 })),
        (&path, json!({ "value": " " })),
        (&path, json!({ "value": format!("{TOKEN}\n") })),
        (&path, json!({ "value": TOKEN.repeat(1_000) })),
        (&path, json!(TOKEN)),
        (
            &format!("/v1/integrations/{id}/secrets/password"),
            json!({ "value": TOKEN }),
        ),
    ] {
        let refused = stage.put(path, body).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert!(!refused.text.contains(TOKEN), "{}", refused.text);
    }
    let none = format!("/v1/integrations/{}/secrets/token", Uuid::now_v7());
    let none = stage.put(&none, json!({ "value": TOKEN })).await;
    none.problem(404, "not-found");
    assert_eq!(
        (stage.log_length().await, stage.sealed().await),
        (length, 2)
    );
    assert_eq!(occurrences(&stage, TOKEN).await, Vec::<String>::new());
    // Whoever has it in hand does not learn that it is an integration's.
    let found = stage
        .post("/v1/assets/find-by-key", json!({ "value": TOKEN }))
        .await;
    assert_eq!(found.done().body["asset_ids"], json!([]));
}

#[tokio::test]
async fn a_repeated_secret_is_stored_once() {
    let stage = Stage::new().await;
    let id = stage.post("/v1/integrations", tracker()).await.id();
    let path = format!("/v1/integrations/{id}/secrets/token");
    let body = json!({ "value": TOKEN });
    for _ in 0..2 {
        let ask = stage
            .ask(Method::PUT, &path)
            .header("idempotency-key", "once");
        let set = ask.json(&body).send().await.done();
        assert_eq!(set.body["secret_version"], 1);
    }
    let stale = stage.ask(Method::PUT, &path).header("if-match", "\"1\"");
    stale.json(&body).send().await.problem(412, "stale");
    assert_eq!(
        (stored(&stage, id).await.len(), stage.sealed().await),
        (1, 1)
    );
}

#[tokio::test]
async fn secrets_of_integrations_are_swept_when_the_integration_is_gone_and_not_before() {
    let (stage, vault) = staged().await;
    let license = stage.license(json!({ "license_key": "AAAAA-BBBBB" })).await;
    let id = stage.post("/v1/integrations", webhook()).await.id();
    let rotate = format!("/v1/integrations/{id}/rotate-key");
    stage.post(&rotate, json!({})).await.done();
    assert_eq!(stage.sealed().await, 4);
    let store = SecretStore::new(pool(&stage.database, "seatledger_vault"));
    let log = Reader::new(pool(&stage.database, "seatledger_relay"));
    let sweep = async |age| {
        let swept = sweep_secrets(&store, &log, stage.tenant.0, age).await;
        swept.unwrap()
    };
    assert_eq!(
        (sweep(ORPHAN_AGE).await, sweep(Duration::ZERO).await),
        (0, 0)
    );
    // One that a service was killed over, which no event names.
    let aad = Aad {
        tenant_id: stage.tenant.0,
        asset_id: id,
        secret_id: id,
        field_key: "signing_key".to_owned(),
        version: 9,
    };
    let sealed = vault.seal(&aad, &"orphan".into()).await.unwrap();
    store.put(&aad, &sealed).await.unwrap();
    assert_eq!(sweep(Duration::ZERO).await, 1);
    // Taken away by somebody who is killed before the secrets are.
    let removed = domain::Command::RemoveIntegration {
        id: domain::ids::IntegrationId(id),
    };
    stage.by_system(stage.tenant, removed).await;
    assert_eq!((sweep(Duration::ZERO).await, stage.sealed().await), (3, 1));
    let reveal = format!("/v1/assets/{license}/secrets/license_key/reveal");
    assert_eq!(
        stage.post(&reveal, json!({})).await.done().body["value"],
        "AAAAA-BBBBB"
    );
}

#[tokio::test]
async fn a_webhook_gets_a_key_that_is_shown_once_and_takes_the_formers_place() {
    let (stage, vault) = staged().await;
    let ask = || {
        let ask = stage.ask(Method::POST, "/v1/integrations");
        ask.header("idempotency-key", "once").json(&webhook())
    };
    let added = ask().send().await;
    assert_eq!(added.status, 201, "{}", added.text);
    let first = added.body["signing_key"].as_str().unwrap().to_owned();
    assert!(first.starts_with("whsec_"), "{first}");
    let again = ask().send().await;
    assert_eq!((again.status.as_u16(), again.id()), (201, added.id()));
    assert_eq!(again.body["signing_key"], Value::Null, "{}", again.text);
    assert!(
        again.body["warnings"][0]
            .as_str()
            .unwrap()
            .contains("rotate-key")
    );

    let id = added.id();
    let rotate = format!("/v1/integrations/{id}/rotate-key");
    let keyed = stage
        .ask(Method::POST, &rotate)
        .header("idempotency-key", "a");
    keyed.send().await.problem(400, "bad-header");
    let stale = stage.ask(Method::POST, &rotate).header("if-match", "\"1\"");
    stale.send().await.problem(412, "stale");
    let good = stage.ask(Method::POST, &rotate).header("if-match", "\"2\"");
    let second = good.send().await.done();
    let second = second.body["signing_key"].as_str().unwrap().to_owned();
    assert_ne!(second, first);
    let pair = stage
        .post(&rotate, json!({ "kind": "key_pair" }))
        .await
        .done();
    assert_eq!(
        pair.body["signing_key"],
        Value::Null,
        "it never leaves the vault"
    );
    assert!(
        pair.body["public_key"]
            .as_str()
            .unwrap()
            .starts_with("whpk_")
    );
    let other = stage.post(&rotate, json!({})).await.done();
    assert!(other.body["public_key"].is_string(), "its kind stays");

    let stored = stored(&stage, id).await;
    let names: Vec<&str> = stored.iter().map(|(name, _)| name.as_str()).collect();
    let turn = ["previous_signing_key", "signing_key"];
    assert_eq!(names, [&["signing_key"][..], &turn, &turn, &turn].concat());
    let mut keys = Vec::new();
    for (name, version) in &stored {
        keys.push(opened((&stage, &vault), id, name, *version).await.unwrap());
    }
    assert_eq!(
        keys[..4],
        [&first, &first, &second, &second].map(String::clone)
    );
    assert!(keys[4].starts_with("whsk_") && keys[5] == keys[4]);
    for key in &keys {
        assert_eq!(occurrences(&stage, key).await, Vec::<String>::new());
    }

    let tracker = stage.post("/v1/integrations", tracker()).await.id();
    let none = format!("/v1/integrations/{tracker}/rotate-key");
    stage.post(&none, json!({})).await.problem(409, "conflict");
    let own = format!("/v1/integrations/{id}/secrets/signing_key");
    let refused = stage.put(&own, json!({ "value": "secret" })).await;
    assert_eq!(refused.invalid_fields(), ["value"]);
}

#[tokio::test]
async fn integrations_are_for_administrators() {
    let stage = Stage::new().await;
    let id = stage.post("/v1/integrations", webhook()).await.id();
    let writer = stage.token(Rights::default()).await;
    let length = stage.log_length().await;
    let path = format!("/v1/integrations/{id}");
    for (method, path, body) in [
        (Method::POST, "/v1/integrations".to_owned(), webhook()),
        (Method::PATCH, path.clone(), json!({ "name": "Mine" })),
        (Method::DELETE, path.clone(), json!({})),
        (
            Method::POST,
            format!("{path}/mode"),
            json!({ "mode": "on" }),
        ),
        (
            Method::POST,
            format!("{path}/replay"),
            json!({ "after_entry": 0 }),
        ),
        (Method::POST, format!("{path}/rotate-key"), json!({})),
        (
            Method::PUT,
            format!("{path}/secrets/signing_key"),
            json!({ "value": "whsec_x" }),
        ),
    ] {
        let ask = stage.ask(method, &path).by(&writer).json(&body);
        ask.send().await.problem(403, "forbidden");
    }
    assert_eq!(
        (stage.log_length().await, stage.sealed().await),
        (length, 1)
    );
}
