//! What people do about alerts, and calendars that they open.

use domain::{
    Command,
    command::Review,
    ids::{AlertId, AssetId},
};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stage::{Rights, Stage, day};

/// A mail integration, and a PSA.
async fn systems(stage: &Stage) -> (Uuid, Uuid) {
    let mail = json!({
        "name": "Mail", "kind": "email",
        "settings": { "host": "mail.msp.example", "from": "a@msp.example", "to": "b@msp.example" }
    });
    let desk = json!({
        "name": "Desk", "kind": "zammad",
        "settings": { "url": "https://zammad.msp.example", "group": "Licenses" }
    });
    let mail = stage.post("/v1/integrations", mail).await.id();
    (mail, stage.post("/v1/integrations", desk).await.id())
}

/// An alert about the end of something that is no license.
async fn ending(stage: &Stage) -> AlertId {
    let body = json!({
        "name": "Certificate",
        "fields": [{ "name": "Name", "kind": "text" }, { "name": "Expiry Date", "kind": "date" }]
    });
    let type_id = stage.post("/v1/asset-types", body).await.made();
    let company = stage.company("Northwind").await;
    let values = json!({ "name": "www", "expiry_date": day(10) });
    let asset = AssetId(stage.license_of(type_id, company, values).await);
    let length = stage.log_length().await;
    let review = Command::ReviewAlerts {
        of: Review::Asset(asset),
        recorded_at: None,
    };
    stage.by_system(stage.tenant, review).await;
    let recorded = stage.recorded(length).await;
    assert_eq!(recorded[0].0, "AlertRaised", "{recorded:?}");
    let about = domain::alert::About::Asset(asset);
    AlertId::of(stage.tenant, domain::alert::Cause::Expiry, &about)
}

#[tokio::test]
async fn an_alert_is_acknowledged_put_off_and_woken_and_clears_itself() {
    let stage = Stage::new().await;
    let alert = ending(&stage).await;
    let path = format!("/v1/alerts/{}", alert.0);
    let done = stage
        .post(&format!("{path}/acknowledge"), json!({ "reason": "known" }))
        .await;
    assert_eq!(done.done().version(), 2);
    let again = stage
        .ask(Method::POST, &format!("{path}/acknowledge"))
        .send()
        .await;
    assert_eq!(again.done().version(), 2, "to say it again is no event");
    let snooze = format!("{path}/snooze");
    let stale = stage.ask(Method::POST, &snooze).header("if-match", "\"1\"");
    stale
        .json(&json!({ "until": day(3) }))
        .send()
        .await
        .problem(412, "stale");
    stage.post(&snooze, json!({ "until": day(3) })).await.done();
    stage.post(&snooze, json!({ "until": null })).await.done();
    stage
        .refuses(
            Method::POST,
            &snooze,
            [
                (json!({ "until": "soon" }), vec!["until"]),
                (json!({ "until": day(-1) }), vec!["until"]),
                (json!({ "until": day(367) }), vec!["until"]),
            ],
        )
        .await;
    let clear = format!("{path}/clear");
    stage.post(&clear, json!({})).await.problem(409, "conflict");
    assert_eq!(
        stage.event_types(alert.0).await,
        [
            "AlertRaised",
            "AlertAcknowledged",
            "AlertSnoozed",
            "AlertWoken"
        ]
    );
    let none = format!("/v1/alerts/{}/acknowledge", Uuid::now_v7());
    stage.post(&none, json!({})).await.problem(404, "not-found");
    let other = Rights {
        companies: Some(vec![stage.company("Fabrikam").await]),
        ..Rights::default()
    };
    let other = stage.token(other).await;
    let hidden = stage.ask(Method::POST, &clear).by(&other);
    hidden.send().await.problem(404, "not-found");
}

#[tokio::test]
async fn tickets_and_reminders_are_asked_for_by_hand_and_cleared_by_hand() {
    let stage = Stage::new().await;
    let license = stage.license(json!({ "total_seats": 5 })).await;
    let (mail, desk) = systems(&stage).await;
    let path = format!("/v1/assets/{license}");
    let tickets = format!("{path}/tickets");
    let reminders = format!("{path}/reminders");
    let body = |system: Uuid| json!({ "integration_id": system, "note": "Ask the client" });
    let made = stage.post(&tickets, body(desk)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let alert = made.id();
    assert_eq!(
        stage.event_types(alert).await,
        ["AlertRaised", "TicketRequested"]
    );
    let reminded = stage.post(&reminders, body(mail)).await.id();
    assert_eq!(
        stage.event_types(reminded).await,
        ["AlertRaised", "TicketRequested"]
    );
    let all = stage.post(&reminders, json!({ "note": "Everybody" })).await;
    assert_eq!(stage.event_types(all.id()).await, ["AlertRaised"]);

    let none = Uuid::now_v7();
    for (path, body, field) in [
        (&tickets, body(mail), "integration_id"),
        (&tickets, body(none), "integration_id"),
        (&reminders, body(desk), "integration_id"),
        (&reminders, body(none), "integration_id"),
        (&reminders, json!({ "note": " " }), "note"),
    ] {
        let refused = stage.post(path, body).await;
        assert_eq!(refused.invalid_fields(), [field]);
    }
    let nowhere = format!("/v1/assets/{none}/tickets");
    stage
        .post(&nowhere, body(desk))
        .await
        .problem(404, "not-found");

    let clear = format!("/v1/alerts/{alert}/clear");
    stage.post(&clear, json!({})).await.done();
    let again = stage.post(&clear, json!({})).await;
    again.problem(409, "conflict");
    assert_eq!(
        stage.event_types(alert).await,
        ["AlertRaised", "TicketRequested", "AlertCleared"]
    );
}

#[tokio::test]
async fn companies_types_and_assets_may_have_it_otherwise_than_all() {
    let stage = Stage::new().await;
    let license = stage.license(json!({})).await;
    let type_id = stage.type_of(license).await;
    let company = stage.company("Northwind").await;
    let policy = json!({
        "lead_days": [30, 90, 30], "shortage_after_hours": 0, "min_free_seats": 2, "muted": ["expiring"],
        "reason": "they asked for it"
    });
    for (path, stream, event) in [
        (
            format!("/v1/companies/{company}/policy"),
            company,
            "CompanyPolicySet",
        ),
        (
            format!("/v1/asset-types/{type_id}/policy"),
            type_id,
            "TypePolicySet",
        ),
        (
            format!("/v1/assets/{license}/policy"),
            license,
            "AssetPolicySet",
        ),
    ] {
        let set = stage.put(&path, policy.clone()).await.done();
        let again = stage.put(&path, policy.clone()).await.done();
        assert_eq!(
            again.version(),
            set.version(),
            "an equal policy is no event"
        );
        let events = stage.events(stream).await;
        let last = events.last().unwrap();
        assert_eq!(last.event_type, event);
        let payload: Value = serde_json::from_str(&last.payload).unwrap();
        assert_eq!(payload["policy"]["lead_days"], json!([90, 30]));
        stage
            .refuses(
                Method::PUT,
                &path,
                [
                    (json!({ "muted": ["expiry"] }), vec!["muted"]),
                    (
                        json!({
                            "lead_days": [0], "shortage_after_hours": -1, "surplus_after_days": 731,
                            "min_free_seats": -1
                        }),
                        vec![
                            "lead_days",
                            "min_free_seats",
                            "shortage_after_hours",
                            "surplus_after_days",
                        ],
                    ),
                ],
            )
            .await;
        let stale = stage.ask(Method::PUT, &path).header("if-match", "\"99\"");
        stale.json(&json!({})).send().await.problem(412, "stale");
        stage.put(&path, json!({})).await.done();
        let none = path.replace(&stream.to_string(), &Uuid::now_v7().to_string());
        stage.put(&none, json!({})).await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn a_calendar_is_opened_at_an_address_that_is_shown_once_and_closed() {
    let stage = Stage::new().await;
    let company = stage.company("Northwind").await;
    let body = json!({ "label": "Renewals", "companies": [company] });
    let opened = stage.post("/v1/calendar-feeds", body.clone()).await;
    assert_eq!(opened.status, 201, "{}", opened.text);
    let path = opened.body["path"].as_str().unwrap();
    let file = path.strip_prefix("/v1/calendar/").unwrap();
    let secret = file.split('.').nth(1).unwrap();
    assert_eq!(
        crate::leaks::occurrences(&stage, secret).await,
        Vec::<String>::new()
    );
    let keyed = stage
        .ask(Method::POST, "/v1/calendar-feeds")
        .header("idempotency-key", "a");
    keyed.json(&body).send().await.problem(400, "bad-header");

    let limited = Rights {
        companies: Some(vec![company]),
        ..Rights::default()
    };
    let limited = stage.token(limited).await;
    let ask = |body: Value| {
        let ask = stage.ask(Method::POST, "/v1/calendar-feeds").by(&limited);
        ask.json(&body).send()
    };
    ask(json!({ "label": "All" }))
        .await
        .problem(403, "forbidden");
    let other = stage.company("Fabrikam").await;
    ask(json!({ "label": "Other", "companies": [other] }))
        .await
        .problem(404, "not-found");
    assert_eq!(ask(body).await.status, 201, "no more than they see");

    let close = format!("/v1/calendar-feeds/{}", opened.id());
    stage.delete(&close).await.done();
    stage.delete(&close).await.done();
    assert_eq!(
        stage.event_types(opened.id()).await,
        ["FeedOpened", "FeedClosed"]
    );
}
