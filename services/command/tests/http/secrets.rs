//! Password fields: sealed on the way in, revealed by one recorded way out.

use std::time::Duration;

use command::{Context, ORPHAN_AGE, sweep_secrets};
use domain::{
    Command,
    access::Principal,
    asset::AssetPatch,
    ids::{AssetId, SecretId},
};
use event_log::Reader;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;
use vault::SecretStore;

use crate::stage::{Reply, Rights, Stage, pool};

async fn reveal(stage: &Stage, token: &str, asset: Uuid) -> Reply {
    let path = format!("/v1/assets/{asset}/secrets/license_key/reveal");
    stage
        .ask(Method::POST, &path)
        .by(token)
        .json(&json!({ "reason": "on the phone" }))
        .send()
        .await
}

async fn set(stage: &Stage, asset: Uuid, value: Value) -> Reply {
    stage
        .patch(
            &format!("/v1/assets/{asset}"),
            json!({ "values": { "license_key": value } }),
        )
        .await
}

/// What a service that was killed between storing and appending leaves behind.
async fn orphan_after_the_latest(stage: &Stage, asset: Uuid) {
    let secret = SecretId::of_field(AssetId(asset), "license_key").0;
    let owner = pool(&stage.database, "postgres").get().await.unwrap();
    let copy = "insert into vault.secret_version
        select tenant_id, secret_id, version + 1, asset_id, field_key, key_version, wrap_nonce, wrapped_key, nonce, ciphertext
        from vault.secret_version where secret_id = $1 order by version desc limit 1";
    assert_eq!(owner.execute(copy, &[&secret]).await.unwrap(), 1);
}

fn token_stream(token: &str) -> Uuid {
    web::token::TokenText::parse(token).unwrap().token().0
}

#[tokio::test]
async fn a_secret_is_sealed_stored_and_revealed() {
    let stage = Stage::new().await;
    let asset = stage.license(json!({ "license_key": "AAAAA-BBBBB" })).await;
    let secret = SecretId::of_field(AssetId(asset), "license_key").0;
    assert_eq!(stage.event_types(secret).await, ["SecretStored"]);
    let version = stage.event_types(asset).await.len();

    let revealed = reveal(&stage, &stage.admin, asset).await.done();
    assert_eq!(revealed.body, json!({ "value": "AAAAA-BBBBB" }));
    assert_eq!(revealed.header("cache-control"), "no-store");
    assert_eq!(
        revealed.header("etag"),
        format!("\"{version}\""),
        "an editor's version stays good"
    );
    let events = stage.events(token_stream(&stage.admin)).await;
    let recorded = events.last().unwrap();
    assert_eq!(recorded.event_type, "SecretRevealed");
    assert_eq!(
        revealed.header("seatledger-entry"),
        recorded.entry.to_string()
    );
    assert!(
        recorded.metadata.contains("on the phone") && recorded.payload.contains(&asset.to_string())
    );
    assert!(!recorded.payload.contains("AAAAA"));
}

#[tokio::test]
async fn what_a_read_answers_changes_nothing_when_it_is_sent_back() {
    let stage = Stage::new().await;
    let asset = stage.license(json!({ "license_key": "AAAAA" })).await;
    let version = stage.event_types(asset).await.len();
    let as_read = json!({ "set": true, "secret_version": 1, "stored_at": "2026-11-24T12:00:00Z" });
    let unchanged = set(&stage, asset, as_read).await.done();
    assert_eq!(unchanged.version(), i64::try_from(version).unwrap());
    for odd in [
        json!({ "set": true, "value": "x" }),
        json!(["x"]),
        json!({}),
        json!(5),
        json!(true),
    ] {
        assert_eq!(
            set(&stage, asset, odd).await.invalid_fields(),
            ["values.license_key"]
        );
    }
    let long = set(&stage, asset, json!("x".repeat(16 * 1024 + 1))).await;
    assert!(
        long.text.contains("at most 16384") && long.text.len() < 1_000,
        "{}",
        long.text
    );
    assert_eq!(
        reveal(&stage, &stage.admin, asset).await.done().body["value"],
        "AAAAA"
    );
}

#[tokio::test]
async fn a_secret_is_changed_cleared_and_set_again() {
    let stage = Stage::new().await;
    let asset = stage.license(json!({})).await;
    reveal(&stage, &stage.admin, asset)
        .await
        .problem(404, "not-found");
    for (value, then) in [
        (json!("first"), Some("first")),
        (json!("second"), Some("second")),
        (json!(null), None),
        (json!("third\nline"), Some("third\nline")),
        (json!(""), None),
        (json!("fourth 🔑"), Some("fourth 🔑")),
    ] {
        set(&stage, asset, value).await.done();
        let revealed = reveal(&stage, &stage.admin, asset).await;
        match then {
            Some(value) => assert_eq!(revealed.done().body["value"], value),
            None => drop(revealed.problem(404, "not-found")),
        }
    }
    let secret = SecretId::of_field(AssetId(asset), "license_key").0;
    assert_eq!(stage.event_types(secret).await, ["SecretStored"; 4]);
}

#[tokio::test]
async fn a_row_without_an_event_does_not_stand_in_the_way() {
    let stage = Stage::new().await;
    let asset = stage.license(json!({})).await;
    let secret = SecretId::of_field(AssetId(asset), "license_key").0;
    set(&stage, asset, json!("first")).await.done();
    orphan_after_the_latest(&stage, asset).await;
    set(&stage, asset, json!("second")).await.done();
    assert_eq!(
        reveal(&stage, &stage.admin, asset).await.done().body["value"],
        "second"
    );
    assert!(
        stage.events(secret).await[1]
            .payload
            .contains(r#""secret_version":3"#)
    );
}

#[tokio::test]
async fn a_ciphertext_in_another_place_does_not_open() {
    let stage = Stage::new().await;
    let asset = stage.license(json!({ "license_key": "first" })).await;
    set(&stage, asset, json!("second")).await.done();
    let owner = pool(&stage.database, "postgres").get().await.unwrap();
    owner
        .batch_execute(
            "alter table vault.secret_version disable trigger all;
             update vault.secret_version later set wrap_nonce = earlier.wrap_nonce, wrapped_key = earlier.wrapped_key,
                 nonce = earlier.nonce, ciphertext = earlier.ciphertext
             from vault.secret_version earlier
             where later.version = 2 and earlier.version = 1",
        )
        .await
        .unwrap();
    let refused = reveal(&stage, &stage.admin, asset)
        .await
        .problem(500, "internal");
    assert!(!refused.text.contains("first"));
    // Recorded first, then opened: a record without a reveal may be, never the other way.
    let recorded = stage
        .events(token_stream(&stage.admin))
        .await
        .pop()
        .unwrap();
    assert_eq!(recorded.event_type, "SecretRevealed");
    // One bad row takes nothing else down.
    set(&stage, asset, json!("third")).await.done();
    assert_eq!(
        reveal(&stage, &stage.admin, asset).await.done().body["value"],
        "third"
    );
}

#[tokio::test]
async fn a_refused_write_leaves_no_secret_behind() {
    let stage = Stage::new().await;
    let asset = stage.license(json!({})).await;
    let path = format!("/v1/assets/{asset}");
    let mixed = json!({ "values": { "license_key": "AAAAA", "total_seats": -1 } });
    assert_eq!(
        stage.patch(&path, mixed).await.invalid_fields(),
        ["values.total_seats"]
    );
    let good = json!({ "values": { "license_key": "AAAAA" } });
    let stale = stage
        .ask(Method::PATCH, &path)
        .header("if-match", "\"99\"")
        .json(&good);
    stale.send().await.problem(412, "stale");
    assert_eq!(stage.sealed().await, 0);
}

#[tokio::test]
async fn a_token_without_the_right_reveals_nothing_and_the_attempt_is_recorded() {
    let stage = Stage::new().await;
    let asset = stage.license(json!({ "license_key": "AAAAA" })).await;
    let token = stage
        .token(Rights {
            administer: true,
            ..Rights::default()
        })
        .await;
    let refused = reveal(&stage, &token, asset)
        .await
        .problem(403, "forbidden");
    assert!(!refused.text.contains("AAAAA"));
    let recorded = stage.events(token_stream(&token)).await.pop().unwrap();
    assert_eq!(recorded.event_type, "RevealRefused");
    assert!(
        recorded.payload.contains(r#""cause":"not_permitted""#),
        "{}",
        recorded.payload
    );
}

#[tokio::test]
async fn a_token_reveals_ten_a_minute_and_twenty_an_hour() {
    let stage = Stage::new().await;
    let asset = stage.license(json!({ "license_key": "AAAAA" })).await;
    let ten = async || {
        for _ in 0..10 {
            reveal(&stage, &stage.admin, asset).await.done();
        }
    };
    ten().await;
    let refused = reveal(&stage, &stage.admin, asset)
        .await
        .problem(429, "reveal-budget");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let recorded = stage
        .events(token_stream(&stage.admin))
        .await
        .pop()
        .unwrap();
    assert!(
        recorded.payload.contains(r#""cause":"budget""#),
        "{}",
        recorded.payload
    );
    stage.pass(61);
    ten().await;
    stage.pass(61);
    let refused = reveal(&stage, &stage.admin, asset)
        .await
        .problem(429, "reveal-budget");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((3_000..=3_600).contains(&wait), "{wait}");
    // Another token has a budget of its own.
    let other = stage
        .token(Rights {
            may_reveal: true,
            ..Rights::default()
        })
        .await;
    reveal(&stage, &other, asset).await.done();
    stage.pass(3_600);
    reveal(&stage, &stage.admin, asset).await.done();
}

#[tokio::test]
async fn a_reveal_takes_no_idempotency_key() {
    let stage = Stage::new().await;
    let asset = stage.license(json!({ "license_key": "AAAAA" })).await;
    let path = format!("/v1/assets/{asset}/secrets/license_key/reveal");
    let ask = stage
        .ask(Method::POST, &path)
        .header("idempotency-key", "k1");
    ask.send().await.problem(400, "bad-header");
    for path in ["secrets/none/reveal", "secrets/product_name/reveal"] {
        stage
            .post(&format!("/v1/assets/{asset}/{path}"), json!({}))
            .await
            .problem(404, "not-found");
    }
}

#[tokio::test]
async fn what_comes_in_another_way_than_by_http_is_sealed_the_same() {
    let stage = Stage::new().await;
    let asset = stage.license(json!({})).await;
    let patch = AssetPatch {
        values: [("license_key".to_owned(), json!("AAAAA"))].into(),
        ..AssetPatch::default()
    };
    let context = Context::of(Principal::system(stage.tenant));
    let done = stage
        .state
        .execute(
            context,
            Command::ChangeAsset {
                id: AssetId(asset),
                patch,
            },
        )
        .await
        .unwrap();
    assert_eq!((done.status.as_u16(), stage.sealed().await), (200, 1));
    assert_eq!(
        reveal(&stage, &stage.admin, asset).await.done().body["value"],
        "AAAAA"
    );
}

#[tokio::test]
async fn a_sealed_value_that_no_event_names_is_swept_and_no_other() {
    let stage = Stage::new().await;
    let asset = stage.license(json!({ "license_key": "first" })).await;
    set(&stage, asset, json!("second")).await.done();
    orphan_after_the_latest(&stage, asset).await;
    let store = SecretStore::new(pool(&stage.database, "seatledger_vault"));
    let log = Reader::new(pool(&stage.database, "seatledger_relay"));
    let sweep = async |age| {
        sweep_secrets(&store, &log, stage.tenant.0, age)
            .await
            .unwrap()
    };
    assert_eq!(sweep(ORPHAN_AGE).await, 0, "it may still get its event");
    assert_eq!(sweep(Duration::ZERO).await, 1);
    assert_eq!((sweep(Duration::ZERO).await, stage.sealed().await), (0, 2));
    assert_eq!(
        reveal(&stage, &stage.admin, asset).await.done().body["value"],
        "second"
    );
}
