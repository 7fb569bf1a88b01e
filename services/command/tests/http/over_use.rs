//! Two callers take the last seat at once, under each rule: the ledger tells what happened.

use command::VaultDoor;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stage::{Reply, Stage};

/// A license of ten seats with nine in use, under a rule.
async fn nearly_full(stage: &Stage, over_use: &str) -> Uuid {
    let values = json!({ "total_seats": 10, "assigned_seats": 9 });
    let license = stage.license(values).await;
    let registered: Value = serde_json::from_str(&stage.events(license).await[0].payload).unwrap();
    let path = format!(
        "/v1/asset-types/{}",
        registered["type_id"].as_str().unwrap()
    );
    stage
        .patch(&path, json!({ "over_use": over_use }))
        .await
        .done();
    license
}

/// Types that one more seat is in use than the caller has seen, on the version they saw.
async fn take(stage: &Stage, license: Uuid, seats: i64, version: i64) -> Reply {
    let body = json!({ "values": { "assigned_seats": seats } });
    stage
        .ask(Method::PATCH, &format!("/v1/assets/{license}"))
        .header("if-match", &format!("\"{version}\""))
        .json(&body)
        .send()
        .await
}

/// The counts that were typed, as from and to, with whether each is by another request.
async fn counts(stage: &Stage, license: Uuid) -> Vec<(Value, Value)> {
    let events = stage.events(license).await;
    let counted = events
        .iter()
        .filter(|event| event.event_type == "SeatsInUseCounted");
    counted
        .map(|event| {
            let payload: Value = serde_json::from_str(&event.payload).unwrap();
            (payload["from"].clone(), payload["to"].clone())
        })
        .collect()
}

#[tokio::test]
async fn two_who_type_the_last_seat_at_once_do_not_overwrite_each_other() {
    let after = "1 more seats are in use than are owned";
    // Each rule has a service of its own; the vault's library can be opened once, and no secret is stored here.
    for (over_use, status, warnings, steps) in [
        ("allow", 200, json!([]), vec![(10, 11)]),
        ("warn", 200, json!([after]), vec![(10, 11)]),
        ("block", 409, json!(null), vec![]),
    ] {
        let stage = Stage::with_vault(VaultDoor::closed()).await;
        let license = nearly_full(&stage, over_use).await;
        let version = i64::try_from(stage.events(license).await.len()).unwrap();
        let (one, other) = tokio::join!(
            take(&stage, license, 10, version),
            take(&stage, license, 10, version)
        );
        let (took, late) = if one.status == StatusCode::OK {
            (one, other)
        } else {
            (other, one)
        };
        let took = took.done();
        assert_eq!(
            took.body["warnings"],
            json!([]),
            "{over_use}: the last seat is there for one"
        );
        late.problem(412, "stale");
        // Who was late looks again, and sees that it is one too many.
        let again = take(&stage, license, 11, took.version()).await;
        assert_eq!(again.status, status, "{over_use}: {}", again.text);
        assert_eq!(again.body["warnings"], warnings, "{over_use}");
        if status == 409 {
            let detail = again.body["detail"].as_str().unwrap();
            assert!(
                detail.starts_with("takes 1 more seats than are owned"),
                "{detail}"
            );
        }
        let told = [(None, 9), (Some(9), 10)].into_iter();
        let told = told.chain(steps.into_iter().map(|(from, to)| (Some(from), to)));
        let told: Vec<(Value, Value)> = told.map(|(from, to)| (json!(from), json!(to))).collect();
        assert_eq!(counts(&stage, license).await, told, "{over_use}");
    }
}

#[tokio::test]
async fn counts_of_two_at_once_are_each_held_against_what_the_other_left() {
    for (over_use, succeed) in [("allow", 2), ("warn", 2), ("block", 0)] {
        let stage = Stage::with_vault(VaultDoor::closed()).await;
        let license = nearly_full(&stage, over_use).await;
        let path = format!("/v1/assets/{license}/counts");
        let count = |seats: i64| stage.post(&path, json!({ "source": "typed", "count": seats }));
        let (one, other) = tokio::join!(count(11), count(12));
        let replies = [one, other];
        let done = replies
            .iter()
            .filter(|reply| reply.status == StatusCode::OK);
        assert_eq!(done.count(), succeed, "{over_use}");
        for reply in &replies {
            let warned = reply.body["warnings"]
                .as_array()
                .is_some_and(|all| !all.is_empty());
            // A second count that is lower than the first takes no seat, and needs no warning.
            assert!(!warned || over_use == "warn", "{over_use}: {}", reply.text);
        }
        let told = counts(&stage, license).await;
        assert_eq!(told.len(), 1 + succeed, "{over_use}");
        for pair in told.windows(2) {
            assert_eq!(pair[0].1, pair[1].0, "{over_use}: each tells what it found");
        }
    }
}

#[tokio::test]
async fn of_two_who_are_given_the_last_seat_at_once_the_second_is_over() {
    for (over_use, statuses, told) in [
        ("allow", [201, 201], vec![json!(null), json!(null)]),
        ("warn", [201, 201], vec![json!(null), json!(1)]),
        ("block", [201, 409], vec![json!(null)]),
    ] {
        let stage = Stage::with_vault(VaultDoor::closed()).await;
        let license = stage.license(json!({ "total_seats": 1 })).await;
        let registered = &stage.events(license).await[0];
        let payload: Value = serde_json::from_str(&registered.payload).unwrap();
        let path = format!("/v1/asset-types/{}", payload["type_id"].as_str().unwrap());
        stage
            .patch(&path, json!({ "over_use": over_use }))
            .await
            .done();
        let path = format!("/v1/assets/{license}/assignments");
        let assign = |user: &str| stage.post(&path, json!({ "user": user }));
        let (one, other) = tokio::join!(assign("ada@example.com"), assign("bob@example.com"));
        let mut found = [one.status.as_u16(), other.status.as_u16()];
        found.sort_unstable();
        assert_eq!(found, statuses, "{over_use}: {} {}", one.text, other.text);
        let events = stage.events(license).await;
        let assigned = events
            .iter()
            .filter(|event| event.event_type == "SeatsAssigned");
        let over_by: Vec<Value> = assigned
            .map(|event| {
                let payload: Value = serde_json::from_str(&event.payload).unwrap();
                payload["over_by"].clone()
            })
            .collect();
        assert_eq!(
            over_by, told,
            "{over_use}: the ledger says who was over, and by how many"
        );
    }
}

#[tokio::test]
async fn what_was_synced_is_a_fact_under_every_rule() {
    for over_use in ["allow", "warn", "block"] {
        let stage = Stage::with_vault(VaultDoor::closed()).await;
        let license = nearly_full(&stage, over_use).await;
        let path = format!("/v1/assets/{license}/counts");
        let synced = stage
            .post(&path, json!({ "source": "synced", "count": 15 }))
            .await
            .done();
        assert_eq!(
            synced.body["warnings"],
            json!([
                "the seats in use are those of the source \"typed\": what was given as \"synced\" is shown beside it"
            ]),
            "{over_use}"
        );
    }
}
