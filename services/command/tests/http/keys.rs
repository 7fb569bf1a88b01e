//! Many keys of one license: added, shown, found by their equals, and destroyed for good.

use std::time::Duration;

use command::{Context, ORPHAN_AGE, sweep_secrets};
use domain::{
    Command,
    access::Principal,
    command::SecretName,
    ids::{AssetId, SecretId},
};
use event_log::Reader;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;
use vault::SecretStore;

use crate::stage::{Reply, Rights, Stage, pool};

const KEY: &str = "AAAAA-BBBBB-CCCCC";

async fn add(stage: &Stage, token: &str, license: Uuid, keys: Value) -> Reply {
    let path = format!("/v1/assets/{license}/keys");
    let ask = stage.ask(Method::POST, &path).by(token);
    ask.json(&json!({ "keys": keys, "reason": "from the vendor" }))
        .send()
        .await
}

#[track_caller]
fn made(reply: &Reply) -> Vec<Uuid> {
    assert_eq!(reply.status, 201, "{}", reply.text);
    let ids = reply.body["secret_ids"].as_array().unwrap();
    ids.iter()
        .map(|id| id.as_str().unwrap().parse().unwrap())
        .collect()
}

async fn reveal(stage: &Stage, token: &str, license: Uuid, key: Uuid) -> Reply {
    let path = format!("/v1/assets/{license}/keys/{key}/reveal");
    let ask = stage.ask(Method::POST, &path).by(token);
    ask.json(&json!({ "reason": "on the phone" })).send().await
}

async fn destroy(stage: &Stage, license: Uuid, key: Uuid) -> Reply {
    let path = format!("/v1/assets/{license}/keys/{key}");
    stage.delete(&path).await
}

async fn find(stage: &Stage, token: &str, value: &str) -> Reply {
    let ask = stage.ask(Method::POST, "/v1/assets/find-by-key").by(token);
    ask.json(&json!({ "value": value })).send().await
}

/// A second license beside the first, of this company.
async fn beside(stage: &Stage, license: Uuid, company: Uuid, values: Value) -> Reply {
    let mut all = json!({ "product_name": "Visio", "total_seats": 5 });
    let values = values.as_object().unwrap().clone();
    all.as_object_mut().unwrap().extend(values);
    let type_id = stage.type_of(license).await;
    let body = json!({ "type_id": type_id, "company_id": company, "values": all });
    stage.post("/v1/assets", body).await
}

async fn limited(stage: &Stage, company: Uuid) -> String {
    let rights = Rights {
        companies: Some(vec![company]),
        may_reveal: true,
        administer: false,
    };
    stage.token(rights).await
}

fn token_stream(token: &str) -> Uuid {
    web::token::TokenText::parse(token).unwrap().token().0
}

/// Asserts that the tenant's entries are 1..n without a gap.
async fn assert_gapless(stage: &Stage) {
    let reader = Reader::new(pool(&stage.database, "seatledger_projector"));
    let all = reader.read_after(0, 1_000).await.unwrap();
    let ours = all
        .iter()
        .filter(|event| event.tenant_id == stage.tenant.0)
        .map(|event| event.entry);
    let entries: Vec<i64> = ours.collect();
    let expected: Vec<i64> = (1..=i64::try_from(entries.len()).unwrap()).collect();
    assert_eq!(entries, expected);
}

#[tokio::test]
async fn keys_are_sealed_shown_once_it_is_recorded_and_destroyed_for_good() {
    let stage = Stage::new().await;
    let license = stage.license(json!({ "total_seats": 5 })).await;
    let keys = json!([{ "value": KEY, "label": "server 1" }, { "value": "multi\nline file" }]);
    let [first, second] = made(&add(&stage, &stage.admin, license, keys).await)[..] else {
        panic!("two keys");
    };
    assert_eq!(stage.sealed().await, 2);
    assert_eq!(stage.event_types(first).await, ["SecretStored"]);

    let shown = reveal(&stage, &stage.admin, license, second).await.done();
    assert_eq!(shown.body, json!({ "value": "multi\nline file" }));
    assert_eq!(shown.header("cache-control"), "no-store");
    let recorded = stage
        .events(token_stream(&stage.admin))
        .await
        .pop()
        .unwrap();
    assert_eq!(recorded.event_type, "SecretRevealed");
    assert_eq!(shown.header("seatledger-entry"), recorded.entry.to_string());
    assert!(recorded.payload.contains(&second.to_string()));
    assert!(recorded.metadata.contains("on the phone"));

    let gone = destroy(&stage, license, first).await.done();
    assert!(
        gone.text.contains("gone here now; backups"),
        "{}",
        gone.text
    );
    assert_eq!(stage.sealed().await, 1);
    let types = stage.event_types(first).await;
    assert_eq!(types, ["SecretStored", "SecretDestroyed"]);
    let shown = reveal(&stage, &stage.admin, license, first).await;
    shown.problem(404, "not-found");
    destroy(&stage, license, first)
        .await
        .problem(404, "not-found");
    assert_eq!(
        reveal(&stage, &stage.admin, license, second)
            .await
            .done()
            .body["value"],
        "multi\nline file"
    );
    // What was destroyed is no longer known, so it may be added again as another key.
    let again = json!([{ "value": KEY }]);
    let again = made(&add(&stage, &stage.admin, license, again).await)[0];
    assert_ne!(again, first);
    assert_gapless(&stage).await;
}

#[tokio::test]
async fn all_that_is_wrong_with_keys_is_told_at_once_and_none_is_stored() {
    let stage = Stage::new().await;
    let license = stage
        .license(json!({ "license_key": "IN-THE-FIELD" }))
        .await;
    made(&add(&stage, &stage.admin, license, json!([{ "value": KEY }])).await);
    let length = stage.log_length().await;
    let value = |at: usize| format!("keys[{at}].value");
    for (keys, fields) in [
        (json!([]), vec!["keys".to_owned()]),
        (json!("CANARY-1"), vec!["keys".to_owned()]),
        (json!(["CANARY-2"]), vec![value(0)]),
        (json!([{ "value": 6_178_311 }]), vec![value(0)]),
        (json!([{ "value": ["CANARY-3"] }]), vec![value(0)]),
        (
            json!([{ "value": "CANARY-4", "colour": "red" }]),
            vec![value(0)],
        ),
        (json!([{ "value": " " }, {}]), vec![value(0), value(1)]),
        (json!([{ "value": "CANARY".repeat(3_000) }]), vec![value(0)]),
        (
            json!([{ "value": "CANARY-5" }, { "value": "b" }, { "value": " CANARY-5\n" }]),
            vec![value(2)],
        ),
        (json!([{ "value": format!(" {KEY} ") }]), vec![value(0)]),
        (json!([{ "value": "IN-THE-FIELD" }]), vec![value(0)]),
        (
            json!([
                { "value": "CANARY-6", "label": "x".repeat(201) },
                { "value": "CANARY-7", "assignment_id": Uuid::now_v7() },
                { "value": "" },
            ]),
            vec![
                "keys[0].label".to_owned(),
                "keys[1].assignment_id".to_owned(),
                value(2),
            ],
        ),
    ] {
        let refused = add(&stage, &stage.admin, license, keys.clone()).await;
        assert!(
            !refused.text.contains("CANARY") && !refused.text.contains("6178311"),
            "{}",
            refused.text
        );
        assert_eq!(refused.invalid_fields(), fields, "{keys}");
    }
    let many: Vec<Value> = (0..201)
        .map(|at| json!({ "value": format!("key {at}") }))
        .collect();
    let refused = add(&stage, &stage.admin, license, json!(many)).await;
    assert_eq!(refused.invalid_fields(), ["keys"]);
    let stale = stage
        .ask(Method::POST, &format!("/v1/assets/{license}/keys"))
        .header("if-match", "\"99\"")
        .json(&json!({ "keys": [{ "value": "CANARY-8" }] }));
    stale.send().await.problem(412, "stale");
    let nowhere = Uuid::now_v7();
    add(
        &stage,
        &stage.admin,
        nowhere,
        json!([{ "value": "CANARY-9" }]),
    )
    .await
    .problem(404, "not-found");
    assert_eq!(stage.sealed().await, 2, "a refused key is forgotten");
    assert_eq!(stage.log_length().await, length);
}

#[tokio::test]
async fn two_hundred_keys_are_added_at_once_and_a_repeated_request_adds_none_twice() {
    let stage = Stage::new().await;
    let license = stage.license(json!({ "total_seats": 500 })).await;
    let many: Vec<Value> = (0..200)
        .map(|at| json!({ "value": format!("KEY-{at:05}"), "label": format!("machine {at}") }))
        .collect();
    let path = format!("/v1/assets/{license}/keys");
    let send = || {
        stage
            .ask(Method::POST, &path)
            .header("idempotency-key", "k1")
            .json(&json!({ "keys": many }))
            .send()
    };
    let (first, again) = (send().await, send().await);
    assert_eq!(made(&first).len(), 200);
    assert_eq!(first.text, again.text);
    assert_eq!(stage.sealed().await, 200);
}

#[tokio::test]
async fn a_key_belongs_to_one_seat() {
    let stage = Stage::new().await;
    let license = stage.license(json!({ "total_seats": 5 })).await;
    let path = format!("/v1/assets/{license}/assignments");
    let seat = stage.post(&path, json!({ "device": "FRONT-DESK" })).await;
    let seat = seat.body["assignment_ids"][0].clone();
    let bound = json!([{ "value": KEY, "assignment_id": seat }]);
    let key = made(&add(&stage, &stage.admin, license, bound).await)[0];
    let second = json!([{ "value": "another", "assignment_id": seat }]);
    let refused = add(&stage, &stage.admin, license, second.clone()).await;
    assert_eq!(refused.invalid_fields(), ["keys[0].assignment_id"]);
    destroy(&stage, license, key).await.done();
    made(&add(&stage, &stage.admin, license, second).await);
}

#[tokio::test]
async fn a_key_that_another_license_holds_is_a_warning_which_names_only_what_one_sees() {
    let stage = Stage::new().await;
    let license = stage.license(json!({ "license_key": KEY })).await;
    let company = stage.company("Fabrikam").await;
    let told = |reply: &Reply, path: &str| {
        let warning = format!("{path}: the same key is stored for license {license}");
        let warnings = reply.body["warnings"].as_array().unwrap();
        warnings.contains(&json!(warning))
    };
    let spaced = format!("  {KEY}\n");
    let other = beside(&stage, license, company, json!({ "license_key": spaced })).await;
    assert!(told(&other, "values.license_key"), "{}", other.text);
    let other = other.made();
    // Two fields of one license that hold the same are told.
    let twice = json!({ "keys": [{ "value": "PLAIN-KEY-0001" }] });
    let twice = stage.post(&format!("/v1/assets/{other}/keys"), twice).await;
    let twice = made(&twice)[0];
    let again = json!({ "values": { "license_key": "PLAIN-KEY-0001" } });
    let again = stage.patch(&format!("/v1/assets/{other}"), again).await;
    assert!(again.text.contains("this license has the same key already"));
    destroy(&stage, other, twice).await.done();
    let back = json!({ "values": { "license_key": KEY } });
    stage
        .patch(&format!("/v1/assets/{other}"), back)
        .await
        .done();
    // The same value in its own field again is no news.
    let same = json!({ "values": { "license_key": KEY } });
    let same = stage
        .patch(&format!("/v1/assets/{license}"), same)
        .await
        .done();
    assert!(!told(&same, "values.license_key"), "{}", same.text);

    let third = beside(&stage, license, company, json!({})).await.made();
    let keys = json!([{ "value": "something else" }, { "value": KEY }]);
    let added = add(&stage, &stage.admin, third, keys.clone()).await;
    assert!(added.text.contains(&other.to_string()), "{}", added.text);
    let keys = made(&added);

    // A token that sees one company is told of that one's licenses alone.
    let elsewhere = stage.company("Adatum").await;
    let fourth = beside(&stage, license, elsewhere, json!({})).await.made();
    let only_there = limited(&stage, elsewhere).await;
    let unseen = add(&stage, &only_there, fourth, json!([{ "value": KEY }])).await;
    assert_eq!(unseen.body["warnings"], json!([]), "{}", unseen.text);

    // What is destroyed, replaced or taken away is held no more.
    destroy(&stage, third, keys[1]).await.done();
    for id in [license, other] {
        let cleared = json!({ "values": { "license_key": null } });
        stage
            .patch(&format!("/v1/assets/{id}"), cleared)
            .await
            .done();
    }
    let only_here = limited(&stage, company).await;
    let free = add(&stage, &only_here, other, json!([{ "value": KEY }])).await;
    assert_eq!(free.body["warnings"], json!([]), "{}", free.text);
}

#[tokio::test]
async fn a_repeated_request_does_not_warn_of_what_it_wrote_itself() {
    let stage = Stage::new().await;
    let license = stage.license(json!({ "license_key": KEY })).await;
    let company = stage.company("Fabrikam").await;
    let type_id = stage.type_of(license).await;
    let values = json!({ "product_name": "Visio", "license_key": KEY });
    let body = json!({ "type_id": type_id, "company_id": company, "values": values });
    let send = || {
        let ask = stage.ask(Method::POST, "/v1/assets");
        ask.header("idempotency-key", "k1").json(&body).send()
    };
    let (first, again) = (send().await, send().await);
    first.made();
    assert!(first.text.contains(&license.to_string()), "{}", first.text);
    assert_eq!(first.text, again.text);
}

#[tokio::test]
async fn what_is_short_enough_to_be_guessed_is_told_only_to_who_may_reveal() {
    let stage = Stage::new().await;
    let license = stage.license(json!({ "license_key": "1234" })).await;
    let company = stage.company("Fabrikam").await;
    let other = beside(&stage, license, company, json!({})).await.made();
    let writer = stage.token(Rights::default()).await;
    let guess = add(&stage, &writer, other, json!([{ "value": "1234" }])).await;
    assert_eq!(guess.body["warnings"], json!([]), "{}", guess.text);
    destroy(&stage, other, made(&guess)[0]).await.done();
    let guess = add(&stage, &writer, license, json!([{ "value": "1234" }])).await;
    assert_eq!(guess.body["warnings"], json!([]), "{}", guess.text);
    destroy(&stage, license, made(&guess)[0]).await.done();
    let told = add(&stage, &stage.admin, other, json!([{ "value": "1234" }])).await;
    assert!(told.text.contains(&license.to_string()), "{}", told.text);
}

#[tokio::test]
async fn licenses_are_found_by_their_key_and_each_that_is_found_is_recorded_as_revealed() {
    let stage = Stage::new().await;
    let license = stage.license(json!({ "license_key": KEY })).await;
    let company = stage.company("Fabrikam").await;
    let other = beside(&stage, license, company, json!({})).await.made();
    made(&add(&stage, &stage.admin, other, json!([{ "value": KEY }])).await);
    let length = stage.log_length().await;
    let none = find(&stage, &stage.admin, "no such key").await.done();
    assert_eq!(none.body, json!({ "asset_ids": [], "more": false }));
    assert_eq!(stage.log_length().await, length);

    let found = find(&stage, &stage.admin, KEY).await.done();
    let mut ids: Vec<String> = serde_json::from_value(found.body["asset_ids"].clone()).unwrap();
    ids.sort();
    let mut expected = [license, other].map(|id| id.to_string());
    expected.sort();
    assert_eq!(ids, expected);
    assert_eq!(found.header("cache-control"), "no-store");
    let events = stage.events(token_stream(&stage.admin)).await;
    let revealed = events
        .iter()
        .filter(|event| event.event_type == "SecretRevealed");
    assert_eq!(revealed.count(), 2);
    assert_eq!(stage.log_length().await, length + 2);

    let there = limited(&stage, company).await;
    let found = find(&stage, &there, KEY).await.done();
    assert_eq!(found.body["asset_ids"], json!([other]));
    let without = stage.token(Rights::default()).await;
    find(&stage, &without, KEY).await.problem(403, "forbidden");
    let (_, stranger) = stage.open_account().await;
    let found = find(&stage, &stranger, KEY).await.done();
    assert_eq!(found.body["asset_ids"], json!([]));
    for odd in [
        json!({}),
        json!({ "value": 5 }),
        json!("CANARY"),
        json!({ "value": " " }),
    ] {
        let reply = stage.post("/v1/assets/find-by-key", odd).await;
        assert!(!reply.text.contains("CANARY"), "{}", reply.text);
        reply.problem(422, "validation");
    }
}

#[tokio::test]
async fn guessing_by_asking_for_licenses_is_stopped_as_revealing_is() {
    let stage = Stage::new().await;
    let license = stage.license(json!({ "license_key": KEY })).await;
    let guesser = stage
        .token(Rights {
            may_reveal: true,
            ..Rights::default()
        })
        .await;
    for at in 0..10 {
        find(&stage, &guesser, &format!("{at:04}")).await.done();
    }
    let stopped = find(&stage, &guesser, KEY).await;
    let stopped = stopped.problem(429, "reveal-budget");
    let wait: u64 = stopped.header("retry-after").parse().unwrap();
    assert!((1..=180).contains(&wait), "{wait}");
    // What was revealed counts as well.
    let path = format!("/v1/assets/{license}/secrets/license_key/reveal");
    for _ in 0..10 {
        stage.post(&path, json!({})).await.done();
    }
    find(&stage, &stage.admin, KEY)
        .await
        .problem(429, "reveal-budget");
}

#[tokio::test]
async fn a_field_is_destroyed_with_all_its_values_and_may_be_set_anew() {
    let stage = Stage::new().await;
    let license = stage.license(json!({ "license_key": "first" })).await;
    let path = format!("/v1/assets/{license}");
    let set = async |value: &str| {
        let body = json!({ "values": { "license_key": value } });
        stage.patch(&path, body).await.done();
    };
    set("second").await;
    assert_eq!(stage.sealed().await, 2);
    let field = format!("{path}/secrets/license_key");
    stage.delete(&field).await.done();
    assert_eq!(stage.sealed().await, 0);
    stage.delete(&field).await.problem(404, "not-found");
    let reveal = format!("{field}/reveal");
    stage
        .post(&reveal, json!({}))
        .await
        .problem(404, "not-found");
    set("third").await;
    let shown = stage.post(&reveal, json!({})).await.done();
    assert_eq!(shown.body["value"], "third");
    let log = Reader::new(pool(&stage.database, "seatledger_relay"));
    let store = SecretStore::new(pool(&stage.database, "seatledger_vault"));
    let swept = sweep_secrets(&store, &log, stage.tenant.0, Duration::ZERO).await;
    assert_eq!((swept.unwrap(), stage.sealed().await), (0, 1));
    assert_gapless(&stage).await;
}

/// What a service that was killed after it recorded that a secret is destroyed leaves behind.
async fn killed_while_destroying(stage: &Stage, license: Uuid, of: SecretName) {
    let context = Context::of(Principal::system(stage.tenant));
    let id = AssetId(license);
    let command = Command::DestroySecret { id, of };
    stage.state.execute(context, command).await.unwrap();
}

#[tokio::test]
async fn what_is_destroyed_in_the_ledger_alone_is_finished_by_the_sweep_or_by_asking_again() {
    let stage = Stage::new().await;
    let license = stage.license(json!({ "license_key": "first" })).await;
    let keys = json!([{ "value": KEY }, { "value": "kept" }]);
    let keys = made(&add(&stage, &stage.admin, license, keys).await);
    let key = SecretName::Key(SecretId(keys[0]));
    killed_while_destroying(&stage, license, key).await;
    let field = SecretName::Field("license_key".to_owned());
    killed_while_destroying(&stage, license, field).await;
    assert_eq!(stage.sealed().await, 3);
    reveal(&stage, &stage.admin, license, keys[0])
        .await
        .problem(404, "not-found");
    destroy(&stage, license, keys[0])
        .await
        .problem(404, "not-found");
    assert_eq!(stage.sealed().await, 2, "asking again finishes it");

    let path = format!("/v1/assets/{license}");
    let again = json!({ "values": { "license_key": "second" } });
    stage.patch(&path, again).await.done();
    let log = Reader::new(pool(&stage.database, "seatledger_relay"));
    let store = SecretStore::new(pool(&stage.database, "seatledger_vault"));
    let sweep = async |age| {
        let swept = sweep_secrets(&store, &log, stage.tenant.0, age).await;
        swept.unwrap()
    };
    assert_eq!(sweep(ORPHAN_AGE).await, 0);
    assert_eq!(sweep(Duration::ZERO).await, 1, "the first value alone");
    let shown = stage
        .post(&format!("{path}/secrets/license_key/reveal"), json!({}))
        .await
        .done();
    assert_eq!(shown.body["value"], "second");
    let shown = reveal(&stage, &stage.admin, license, keys[1]).await.done();
    assert_eq!(shown.body["value"], "kept");
}

#[tokio::test]
async fn who_gets_a_license_gets_none_of_its_old_keys() {
    let stage = Stage::new().await;
    let license = stage
        .license(json!({ "total_seats": 10, "license_key": "FIELD-KEY-OLD" }))
        .await;
    let key = made(&add(&stage, &stage.admin, license, json!([{ "value": KEY }])).await)[0];
    let company = stage.company("Fabrikam").await;
    let owner = limited(&stage, company).await;
    let path = format!("/v1/assets/{license}");

    let part = json!({ "company_id": company, "quantity": 4 });
    let given = stage.post(&format!("{path}/transfer"), part).await;
    let new: Uuid = given.body["new_asset_id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let field = |license: Uuid| format!("/v1/assets/{license}/secrets/license_key/reveal");
    let ask = async |path: String| stage.ask(Method::POST, &path).by(&owner).send().await;
    ask(field(new)).await.problem(404, "not-found");
    reveal(&stage, &owner, new, key)
        .await
        .problem(404, "not-found");
    reveal(&stage, &stage.admin, new, key)
        .await
        .problem(404, "not-found");

    let moved = json!({ "company_id": company });
    stage.post(&format!("{path}/move"), moved).await.done();
    ask(field(license)).await.problem(404, "not-found");
    reveal(&stage, &owner, license, key)
        .await
        .problem(404, "not-found");
    let found = find(&stage, &owner, KEY).await.done();
    assert_eq!(found.body["asset_ids"], json!([]));
    // Nor does the owner learn of it by adding the same, or destroy what they can't see.
    let added = add(&stage, &owner, license, json!([{ "value": KEY }])).await;
    assert_eq!(added.body["warnings"], json!([]), "{}", added.text);
    let own = made(&added)[0];
    let target = format!("{path}/keys/{key}");
    let refused = stage.ask(Method::DELETE, &target).by(&owner).send().await;
    refused.problem(404, "not-found");
    let shown = reveal(&stage, &owner, license, own).await.done();
    assert_eq!(shown.body["value"], KEY);
    // Who sees both companies still shows it.
    let shown = reveal(&stage, &stage.admin, license, key).await.done();
    assert_eq!(shown.body["value"], KEY);
}
