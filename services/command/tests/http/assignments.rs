//! Seats given to users and devices: by name, on days, under the rule of the type.

use std::collections::BTreeSet;

use command::VaultDoor;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stage::{Reply, Rights, Stage, day, pool};

async fn stage() -> Stage {
    // No secret is stored here.
    Stage::with_vault(VaultDoor::closed()).await
}

async fn assign(stage: &Stage, license: Uuid, body: Value) -> Reply {
    let path = format!("/v1/assets/{license}/assignments");
    stage.post(&path, body).await
}

async fn release(stage: &Stage, license: Uuid, assignment: Uuid, body: Value) -> Reply {
    let path = format!("/v1/assets/{license}/assignments/{assignment}/release");
    stage.post(&path, body).await
}

async fn transfer(stage: &Stage, license: Uuid, assignment: Uuid, body: Value) -> Reply {
    let path = format!("/v1/assets/{license}/assignments/{assignment}/transfer");
    stage.post(&path, body).await
}

#[track_caller]
fn made(reply: &Reply) -> Vec<Uuid> {
    assert_eq!(reply.status, 201, "{}", reply.text);
    let ids = reply.body["assignment_ids"].as_array().unwrap();
    ids.iter()
        .map(|id| id.as_str().unwrap().parse().unwrap())
        .collect()
}

/// The holders that the events of a license name, in order.
async fn holders_in(stage: &Stage, license: Uuid) -> Vec<String> {
    let mut holders = Vec::new();
    for event in stage.events(license).await {
        let payload: Value = serde_json::from_str(&event.payload).unwrap();
        for assignment in payload["assignments"].as_array().into_iter().flatten() {
            let holder = assignment["holder"]["id"]
                .as_str()
                .unwrap_or_else(|| panic!("{}", event.payload));
            holders.push(holder.to_owned());
        }
    }
    holders
}

/// Kinds and names of the seat holders that are kept.
async fn names(stage: &Stage) -> Vec<(String, String)> {
    let owner = pool(&stage.database, "postgres").get().await.unwrap();
    let all = "select kind, name from access.seat_holder order by kind, name";
    let rows = owner.query(all, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test]
async fn a_seat_is_given_passed_on_and_taken_back_and_no_event_says_whose_it_was() {
    let stage = stage().await;
    let license = stage.license(json!({ "total_seats": 5 })).await;
    let body =
        json!({ "user": " Ada  Lovelace ", "note": "since the move", "reason": "new at the desk" });
    let given = made(&assign(&stage, license, body).await);
    let [ada] = given[..] else {
        panic!("{given:?}");
    };
    let body = json!({ "device": "FRONT-DESK-01", "quantity": 2 });
    let desk = made(&assign(&stage, license, body).await)[0];
    let body = json!({ "user": "Grace Hopper", "from": day(1), "reason": "Ada leaves" });
    let grace = made(&transfer(&stage, license, ada, body).await)[0];
    release(&stage, license, desk, json!({ "reason": "broken" }))
        .await
        .done();
    let version = stage.events(license).await.len();
    let again = release(&stage, license, desk, json!({})).await.done();
    assert_eq!(
        again.version(),
        i64::try_from(version).unwrap(),
        "nothing to do"
    );
    let path = format!("/v1/assets/{license}/assignments/release");
    let body = json!({ "assignment_ids": [grace, desk], "last_day": day(40) });
    stage.post(&path, body).await.done();

    let types = stage.event_types(license).await;
    let of_seats: Vec<&str> = types
        .iter()
        .map(String::as_str)
        .filter(|name| matches!(*name, "SeatsAssigned" | "SeatsReleased"))
        .collect();
    let (given, back) = ("SeatsAssigned", "SeatsReleased");
    assert_eq!(of_seats, [given, given, back, given, back, back]);
    for event in stage.events(license).await {
        for name in ["Ada", "Lovelace", "FRONT", "Grace"] {
            assert!(!event.payload.contains(name), "{}", event.payload);
        }
    }
    let kept = [
        ("device", "FRONT-DESK-01"),
        ("user", "Ada  Lovelace"),
        ("user", "Grace Hopper"),
    ];
    let kept = kept.map(|(kind, name)| (kind.to_owned(), name.to_owned()));
    assert_eq!(names(&stage).await, kept);
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once_where_it_stands() {
    let stage = stage().await;
    let license = stage.license(json!({ "total_seats": 5 })).await;
    let elsewhere = stage.company("Fabrikam").await;
    made(&assign(&stage, license, json!({ "user": "ada" })).await);
    let length = stage.log_length().await;
    for (body, fields) in [
        (json!({}), vec!["user"]),
        (json!({ "user": "a", "device": "b" }), vec!["user"]),
        (json!({ "user": " " }), vec!["user"]),
        (json!({ "device": "a\u{0}b" }), vec!["."]),
        (json!({ "device": "a\u{7}b" }), vec!["device"]),
        (json!({ "other": "x".repeat(201) }), vec!["other"]),
        (json!({ "user": "ADA" }), vec!["user"]),
        (
            json!({ "user": "", "quantity": 0, "from": "2026-13-01", "note": "a\u{7}" }),
            vec!["from", "note", "quantity", "user"],
        ),
        (
            json!({ "user": "b", "from": day(2), "until": day(1) }),
            vec!["until"],
        ),
        (
            json!({ "user": "b", "company_id": elsewhere }),
            vec!["company_id"],
        ),
        (json!({ "assignments": [] }), vec!["assignments"]),
        (
            json!({ "assignments": [{ "user": "b" }], "user": "c" }),
            vec!["assignments"],
        ),
        (
            json!({ "assignments": [
                { "user": "b" }, { "device": "b" }, { "user": " B " }, {}, { "user": "Ada" },
                { "user": "c", "quantity": -1 }, { "other": "" }, { "user": "d", "company_id": elsewhere },
            ] }),
            vec![
                "assignments[2].user",
                "assignments[3]",
                "assignments[4].user",
                "assignments[5].quantity",
                "assignments[6].other",
                "assignments[7].company_id",
            ],
        ),
    ] {
        let reply = assign(&stage, license, body.clone()).await;
        if fields == ["."] {
            reply.problem(400, "malformed-body");
            continue;
        }
        assert_eq!(reply.invalid_fields(), fields, "{body}");
    }
    let many: Vec<Value> = (0..1_001)
        .map(|at| json!({ "user": format!("user {at}") }))
        .collect();
    let refused = assign(&stage, license, json!({ "assignments": many })).await;
    assert_eq!(refused.invalid_fields(), ["assignments"]);
    assert_eq!(stage.log_length().await, length, "all of it or nothing");
    let kept = names(&stage).await;
    // What is refused by the ledger alone may leave a name; what is no name leaves none.
    assert!(kept.iter().all(|(_, name)| name.len() < 20), "{kept:?}");
}

#[tokio::test]
async fn a_name_in_any_spelling_is_one_holder_and_may_hold_seats_of_many_licenses() {
    let stage = stage().await;
    let one = stage.license(json!({ "total_seats": 5 })).await;
    let company = stage.company("Fabrikam").await;
    let type_id = stage.type_of(one).await;
    let body = json!({ "type_id": type_id, "company_id": company,
                       "values": { "product_name": "Visio", "total_seats": 5 } });
    let other = stage.post("/v1/assets", body).await.made();
    made(&assign(&stage, one, json!({ "user": "Ada Lovelace" })).await);
    made(&assign(&stage, other, json!({ "user": "  ada\u{a0}LOVELACE" })).await);
    made(&assign(&stage, other, json!({ "device": "Ada Lovelace" })).await);
    let (first, then) = (
        holders_in(&stage, one).await,
        holders_in(&stage, other).await,
    );
    assert_eq!(first[0], then[0]);
    assert_ne!(
        then[0], then[1],
        "a device of the same name is something else"
    );
}

#[tokio::test]
async fn a_thousand_seats_are_given_and_taken_back_in_one_request_each() {
    let stage = stage().await;
    let license = stage.license(json!({ "total_seats": 5_000 })).await;
    let list = |from: usize| -> Vec<Value> {
        (from..from + 1_000)
            .map(|at| json!({ "user": format!("user-{at}@contoso.example"), "note": "from the directory" }))
            .collect()
    };
    let all = json!({ "assignments": list(0), "reason": "first import" });
    let ids = made(&assign(&stage, license, all).await);
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 1_000);
    assert_eq!(holders_in(&stage, license).await.len(), 1_000);
    assert_eq!(names(&stage).await.len(), 1_000);

    // One who holds a seat already, and all others are told nothing of it.
    let refused = assign(&stage, license, json!({ "assignments": list(999) })).await;
    assert_eq!(refused.invalid_fields(), ["assignments[0].user"]);

    let path = format!("/v1/assets/{license}/assignments/release");
    let unknown = Uuid::now_v7();
    let mut with_unknown = ids.clone();
    with_unknown[7] = unknown;
    let refused = stage
        .post(&path, json!({ "assignment_ids": with_unknown }))
        .await;
    assert_eq!(refused.invalid_fields(), ["assignment_ids[7]"]);
    stage
        .post(&path, json!({ "assignment_ids": ids }))
        .await
        .done();
    made(&assign(&stage, license, json!({ "assignments": list(1_000) })).await);
}

#[tokio::test]
async fn two_requests_that_name_the_same_people_at_once_find_the_same_holders() {
    let stage = stage().await;
    let license = stage.license(json!({ "total_seats": 5_000 })).await;
    let names_at_once = |until: &str| -> Vec<Value> {
        (0..200)
            .map(|at| json!({ "user": format!("user {at}"), "from": until, "until": until }))
            .collect()
    };
    let days = [day(1), day(2), day(3), day(4)];
    let requests = days.iter().map(|day| {
        let body = json!({ "assignments": names_at_once(day) });
        assign(&stage, license, body)
    });
    for reply in futures_util::future::join_all(requests).await {
        assert_eq!(made(&reply).len(), 200);
    }
    let holders = holders_in(&stage, license).await;
    assert_eq!(holders.len(), 800);
    assert_eq!(holders.iter().collect::<BTreeSet<_>>().len(), 200);
}

#[tokio::test]
async fn a_release_before_the_first_day_takes_the_seat_back_or_says_when_it_begins() {
    let stage = stage().await;
    let license = stage.license(json!({ "total_seats": 5 })).await;
    let body = json!({ "user": "Ada", "from": day(10) });
    let later = made(&assign(&stage, license, body.clone()).await)[0];
    let early = release(&stage, license, later, json!({ "last_day": day(8) })).await;
    let early = early.problem(422, "validation");
    assert_eq!(early.body["errors"][0]["field"], "last_day");
    let message = early.body["errors"][0]["message"].as_str().unwrap();
    assert!(
        message.contains(&format!("begins on {} only", day(10))),
        "{message}"
    );
    release(&stage, license, later, json!({ "last_day": day(9) }))
        .await
        .done();
    // It never held, so it stands in nobody's way.
    made(&assign(&stage, license, json!({ "user": "Ada" })).await);
    let none = Uuid::now_v7();
    release(&stage, license, none, json!({}))
        .await
        .problem(404, "not-found");
    for (from, until) in [(-1, None), (5, Some(3))] {
        let ada = made(
            &assign(
                &stage,
                license,
                json!({ "device": format!("d{from}"), "until": until.map(day) }),
            )
            .await,
        )[0];
        let body = json!({ "user": "Grace", "from": day(from) });
        let reply = transfer(&stage, license, ada, body).await;
        assert_eq!(reply.invalid_fields(), ["from"]);
    }
}

#[tokio::test]
async fn the_last_seat_taken_by_two_at_once_is_refused_told_or_left_by_the_types_rule() {
    for (over_use, statuses, warned) in [
        ("allow", [201, 201], false),
        ("warn", [201, 201], true),
        ("block", [201, 409], false),
    ] {
        let stage = stage().await;
        let license = stage.license(json!({ "total_seats": 3 })).await;
        let path = format!("/v1/asset-types/{}", stage.type_of(license).await);
        stage
            .patch(&path, json!({ "over_use": over_use }))
            .await
            .done();
        let two = json!({ "assignments": [{ "user": "Ada" }, { "user": "Grace" }] });
        made(&assign(&stage, license, two).await);
        let (one, other) = tokio::join!(
            assign(&stage, license, json!({ "user": "Edsger" })),
            assign(&stage, license, json!({ "device": "KIOSK" })),
        );
        let mut answered = [&one, &other].map(|reply| reply.status.as_u16());
        answered.sort_unstable();
        assert_eq!(
            answered, statuses,
            "{over_use}: {} {}",
            one.text, other.text
        );
        let told = [&one, &other]
            .iter()
            .any(|reply| reply.text.contains("1 more seats are in use"));
        assert_eq!(told, warned, "{over_use}: {} {}", one.text, other.text);
        let held = holders_in(&stage, license).await.len();
        assert_eq!(held, if over_use == "block" { 3 } else { 4 });
        let over: Vec<Value> = stage
            .events(license)
            .await
            .iter()
            .filter(|event| event.event_type == "SeatsAssigned")
            .map(|event| serde_json::from_str::<Value>(&event.payload).unwrap()["over_by"].clone())
            .collect();
        let recorded = over.iter().filter(|over_by| **over_by == 1).count();
        assert_eq!(recorded, usize::from(over_use == "warn"), "{over:?}");
    }
}

#[tokio::test]
async fn a_seat_that_can_not_be_given_to_another_stays_taken() {
    for (values, again) in [
        (json!({}), 201),
        (json!({ "reassignable": false }), 409),
        (json!({ "agreement": "OEM" }), 409),
    ] {
        let stage = stage().await;
        let license = stage.license(json!({ "total_seats": 1 })).await;
        let type_path = format!("/v1/asset-types/{}", stage.type_of(license).await);
        for field in [
            json!({ "name": "Reassignable", "kind": "boolean", "role": "reassignable" }),
            json!({ "name": "Agreement", "kind": "select", "role": "agreement", "options": ["OEM", "Perpetual"] }),
        ] {
            let added = stage.post(&format!("{type_path}/fields"), field).await;
            assert!(added.status.is_success(), "{}", added.text);
        }
        let rule = json!({ "over_use": "block" });
        stage.patch(&type_path, rule).await.done();
        let changed = json!({ "values": values });
        stage
            .patch(&format!("/v1/assets/{license}"), changed)
            .await
            .done();
        let body = json!({ "device": "OLD-PC", "from": day(-10) });
        let old = made(&assign(&stage, license, body).await)[0];
        let passed = transfer(&stage, license, old, json!({ "device": "NEW-PC" })).await;
        assert_eq!(passed.status, again, "{values}: {}", passed.text);
        if again == 409 {
            let body = json!({ "last_day": day(-1) });
            release(&stage, license, old, body).await.done();
            let new = assign(&stage, license, json!({ "device": "NEW-PC" })).await;
            new.problem(409, "conflict");
            // The one that had it may have it again.
            made(&assign(&stage, license, json!({ "device": "old-pc" })).await);
        }
    }
}

#[tokio::test]
async fn an_erased_name_is_gone_and_the_ledger_keeps_its_id() {
    let stage = stage().await;
    let license = stage.license(json!({ "total_seats": 5 })).await;
    let ada = made(&assign(&stage, license, json!({ "user": "Ada" })).await)[0];
    let holder = holders_in(&stage, license).await.remove(0);
    let path = format!("/v1/holders/{holder}");
    let (_, stranger) = stage.open_account().await;
    let limited = stage.token(Rights::default()).await;
    for (token, status, slug) in [(&stranger, 404, "not-found"), (&limited, 403, "forbidden")] {
        let asked = stage.ask(Method::DELETE, &path).by(token).send().await;
        asked.problem(status, slug);
    }
    let length = stage.log_length().await;
    let erased = stage.delete(&path).await.done();
    assert!(
        erased.text.contains("backups") && !erased.text.contains("Ada"),
        "{}",
        erased.text
    );
    stage.delete(&path).await.problem(404, "not-found");
    assert_eq!(names(&stage).await, vec![]);
    assert_eq!(stage.log_length().await, length);
    // Their seat is theirs still, whoever they were; the name is another's from now on.
    release(&stage, license, ada, json!({ "last_day": day(-1) }))
        .await
        .done();
    made(&assign(&stage, license, json!({ "user": "Ada" })).await);
    let holders = holders_in(&stage, license).await;
    assert_ne!(holders[0], holders[1]);
}

#[tokio::test]
async fn a_name_is_kept_only_for_who_may_give_seats_and_shown_to_nobody_else() {
    let stage = stage().await;
    let license = stage.license(json!({ "total_seats": 5 })).await;
    let (_, stranger) = stage.open_account().await;
    let path = format!("/v1/assets/{license}/assignments");
    let elsewhere = stage.company("Fabrikam").await;
    let limited = Rights {
        companies: Some(vec![elsewhere]),
        ..Rights::default()
    };
    let limited = stage.token(limited).await;
    for token in [&stranger, &limited] {
        let asked = stage.ask(Method::POST, &path).by(token);
        let reply = asked.json(&json!({ "user": "CANARY" })).send().await;
        reply.problem(404, "not-found");
    }
    let mixed = json!({ "assignments": [{ "user": "CANARY" }, { "user": "" }] });
    assert_eq!(
        assign(&stage, license, mixed).await.invalid_fields(),
        ["assignments[1].user"]
    );
    assert_eq!(names(&stage).await, vec![]);

    made(&assign(&stage, license, json!({ "user": "CANARY" })).await);
    assert_eq!(
        crate::leaks::occurrences(&stage, "CANARY").await,
        ["access.seat_holder"]
    );
}

#[tokio::test]
async fn a_repeated_request_gives_no_seat_twice() {
    let stage = stage().await;
    let license = stage.license(json!({ "total_seats": 5 })).await;
    let path = format!("/v1/assets/{license}/assignments");
    let send = || {
        stage
            .ask(Method::POST, &path)
            .header("idempotency-key", "k1")
            .json(&json!({ "user": "Ada" }))
            .send()
    };
    let (first, again) = (send().await, send().await);
    assert_eq!(made(&first), made(&again));
    assert_eq!(first.text, again.text);
    assert_eq!(holders_in(&stage, license).await.len(), 1);
}
