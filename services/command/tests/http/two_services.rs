//! Two services on one log: every decision is made on the whole truth.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;

use crate::stage::Stage;

/// Requests sent to each service at the same time.
const EACH: usize = 40;

#[tokio::test]
async fn two_services_race_on_one_log_and_every_answer_holds() {
    let stage = Stage::new().await;
    let second = stage.second_service().await;
    let asset = stage.license(json!({ "total_seats": 1 })).await;
    let path = format!("/v1/assets/{asset}");
    let mut sent = Vec::new();
    for at in 0..EACH {
        for (service, name) in [(&stage.service, "one"), (&second, "two")] {
            let tag = format!("{path}/tags/{name}-{at}");
            let ask = service.ask(Method::PUT, &tag).by(&stage.admin);
            sent.push(tokio::spawn(ask.send()));
        }
    }
    let mut versions = BTreeSet::new();
    let mut refused = 0;
    for reply in sent {
        let reply = reply.await.unwrap();
        if reply.status == 422 {
            refused += 1;
        } else {
            assert!(
                versions.insert(reply.done().version()),
                "no version is given twice"
            );
        }
    }
    assert_eq!(
        (versions.len(), refused),
        (50, 2 * EACH - 50),
        "an asset has fifty tags at most"
    );
    let events = stage.events(asset).await;
    let found: Vec<i32> = events.iter().map(|event| event.version).collect();
    assert_eq!(
        found,
        (1..=i32::try_from(events.len()).unwrap()).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_name_that_both_services_are_asked_for_is_given_once() {
    let stage = Stage::new().await;
    let second = stage.second_service().await;
    for round in 0..10 {
        let body = json!({ "name": format!("Contoso {round}") });
        let ask = |service: &crate::stage::Service| {
            service
                .ask(Method::POST, "/v1/companies")
                .by(&stage.admin)
                .json(&body)
                .send()
        };
        let (one, other) = tokio::join!(ask(&stage.service), ask(&second));
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409], "{} {}", one.text, other.text);
    }
}

#[tokio::test]
async fn a_version_that_one_service_made_is_stale_for_the_other() {
    let stage = Stage::new().await;
    let second = stage.second_service().await;
    let company = stage.company("Contoso").await;
    let path = format!("/v1/companies/{company}");
    let change = |service: &crate::stage::Service, name: &str, version: i64| {
        let ask = service
            .ask(Method::PATCH, &path)
            .by(&stage.admin)
            .header("if-match", &format!("\"{version}\""));
        ask.json(&json!({ "name": name })).send()
    };
    for round in 0..10 {
        let version = 1 + 2 * round;
        change(&second, &format!("A {round}"), version).await.done();
        change(&stage.service, &format!("B {round}"), version)
            .await
            .problem(412, "stale");
        change(&stage.service, &format!("C {round}"), version + 1)
            .await
            .done();
    }
}
