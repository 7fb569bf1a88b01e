//! Counts of the seats in use.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stage::{Rights, Stage};

#[tokio::test]
async fn a_count_is_recorded_with_who_counted_and_for_which_day() {
    let stage = Stage::new().await;
    let id = stage.license(json!({ "total_seats": 25 })).await;
    let path = format!("/v1/assets/{id}/counts");
    let before = stage.log_length().await;
    let synced =
        json!({ "source": "synced", "count": 20, "counted_on": "2026-03-01", "reason": "portal" });
    stage.post(&path, synced.clone()).await.done();
    let counted = |from: Value, to: Value, correction: bool| {
        let payload = json!({
            "source": "synced", "counted_for": null, "from": from, "to": to, "correction": correction
        });
        ("SeatsInUseCounted".to_owned(), payload)
    };
    let source = (
        "InUseSourceChanged".to_owned(),
        json!({ "from": "typed", "to": "synced" }),
    );
    assert_eq!(
        stage.recorded(before).await,
        [source, counted(json!(null), json!(20), false)],
        "the first who counts a license is who counts for it"
    );
    let length = stage.log_length().await;
    stage.post(&path, synced).await.done();
    assert_eq!(stage.log_length().await, length, "once for a day");
    // The same number on another day is news: somebody looked.
    let later = json!({ "source": "synced", "count": 20, "counted_on": "2026-04-01" });
    stage.post(&path, later).await.done();
    let mended = json!({ "source": "synced", "count": 21, "correction": true });
    stage.post(&path, mended).await.done();
    let unknown = json!({ "source": "synced", "count": null });
    stage.post(&path, unknown).await.done();
    assert_eq!(
        stage.recorded(length).await,
        [
            counted(json!(20), json!(20), false),
            counted(json!(20), json!(21), true),
            counted(json!(21), json!(null), false)
        ]
    );
    let events = stage.events(id).await;
    let days: Vec<String> = events
        .iter()
        .rev()
        .skip(1)
        .take(2)
        .map(|event| event.effective_on.to_string())
        .collect();
    assert_eq!(
        days,
        ["2026-04-01", "2026-04-01"],
        "a correction stands where the mistake stood"
    );
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_count_is_said_at_once() {
    let stage = Stage::new().await;
    let id = stage.license(json!({ "total_seats": 25 })).await;
    let path = format!("/v1/assets/{id}/counts");
    let stranger = Uuid::now_v7();
    let cases = [
        (json!({ "source": "synced" }), vec!["count"]),
        (json!({ "count": 1 }), vec!["source"]),
        (
            json!({ "source": "portal", "count": -1, "counted_on": "2026-02-30", "company_id": stranger }),
            vec!["company_id", "count", "counted_on", "source"],
        ),
        (json!({ "source": "named", "count": 1 }), vec!["source"]),
        (json!({ "source": "typed", "count": 1.5 }), vec!["count"]),
        (
            json!({ "source": "typed", "count": 1, "correction": "yes" }),
            vec!["correction"],
        ),
        (
            json!({ "source": "typed", "count": 1, "effective_on": "2026-01-01" }),
            vec!["effective_on"],
        ),
    ];
    stage.refuses(Method::POST, &path, cases).await;
    let nothing = format!("/v1/assets/{stranger}/counts");
    let body = json!({ "source": "typed", "count": 1 });
    stage.post(&nothing, body).await.problem(404, "not-found");
}

#[tokio::test]
async fn one_source_counts_for_a_license() {
    let stage = Stage::new().await;
    let id = stage
        .license(json!({ "total_seats": 25, "assigned_seats": 20 }))
        .await;
    let path = format!("/v1/assets/{id}/in-use-source");
    let before = stage.log_length().await;
    let body =
        json!({ "source": "named", "effective_on": "2027-01-01", "reason": "names are kept now" });
    stage.put(&path, body.clone()).await.done();
    stage.put(&path, body).await.done();
    let changed = json!({ "from": "typed", "to": "named" });
    assert_eq!(
        stage.recorded(before).await,
        [("InUseSourceChanged".to_owned(), changed)]
    );
    let cases = [
        (json!({}), vec!["source"]),
        (
            json!({ "source": "guess", "effective_on": "soon" }),
            vec!["effective_on", "source"],
        ),
    ];
    stage.refuses(Method::PUT, &path, cases).await;
}

/// A company with two licenses, and another with one.
struct Desk {
    stage: Stage,
    company: Uuid,
    one: Uuid,
    two: Uuid,
    elsewhere: Uuid,
}

impl Desk {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let type_id = stage.license_type().await;
        let company = stage.company("Contoso").await;
        let other = stage.company("Fabrikam").await;
        let values =
            |name: &str| json!({ "product_name": name, "total_seats": 25, "assigned_seats": 20 });
        Self {
            one: stage.license_of(type_id, company, values("Acrobat")).await,
            two: stage.license_of(type_id, company, values("Visio")).await,
            elsewhere: stage.license_of(type_id, other, values("Visio")).await,
            stage,
            company,
        }
    }

    fn path(&self) -> String {
        format!("/v1/companies/{}/count-sheet", self.company)
    }
}

#[tokio::test]
async fn a_sheet_is_one_change_with_one_reason() {
    let desk = Desk::new().await;
    let (stage, path) = (&desk.stage, desk.path());
    let length = stage.log_length().await;
    let body = json!({
        "lines": [
            { "asset_id": desk.one, "in_use": 22, "total": 30 },
            { "asset_id": desk.two, "in_use": null }
        ],
        "reason": "counted in the review"
    });
    let send = || {
        let ask = stage
            .ask(Method::PUT, &path)
            .header("idempotency-key", "k1");
        ask.json(&body).send()
    };
    let written = send().await.done();
    assert_eq!(written.id(), desk.company);
    assert_eq!(written.version(), 1, "the company's own");
    assert_eq!(
        (&written.body["changed"], &written.body["unchanged"]),
        (&json!(2), &json!(0))
    );
    let recorded = stage.recorded(length).await;
    let types: Vec<&str> = recorded.iter().map(|(event, _)| event.as_str()).collect();
    assert_eq!(
        types,
        [
            "TotalSeatsAdjusted",
            "SeatsInUseCounted",
            "SeatsInUseCounted"
        ]
    );
    assert_eq!(
        (&recorded[1].1["to"], &recorded[2].1["to"]),
        (&json!(22), &json!(null))
    );
    let events = [stage.events(desk.one).await, stage.events(desk.two).await].concat();
    let new: Vec<_> = events
        .iter()
        .filter(|event| event.sequence > length)
        .collect();
    assert_eq!(new.len(), 3);
    assert!(
        new.iter()
            .all(|event| event.metadata.contains("counted in the review"))
    );
    assert!(new.iter().any(|event| event.entry == written.entry()));
    assert_eq!(
        send().await.text,
        written.text,
        "a repetition tells the same"
    );
    let after = stage.log_length().await;
    let again = stage.put(&path, body.clone()).await.done();
    assert_eq!(
        (&again.body["changed"], &again.body["unchanged"]),
        (&json!(0), &json!(2))
    );
    let nothing = json!({ "lines": [{ "asset_id": desk.one }] });
    let again = stage.put(&path, nothing).await.done();
    assert_eq!(again.body["unchanged"], 1, "what is not named stays");
    assert_eq!(stage.log_length().await, after);
}

#[tokio::test]
async fn a_sheet_with_one_bad_line_changes_nothing() {
    let desk = Desk::new().await;
    let (stage, path) = (&desk.stage, desk.path());
    let Desk {
        one,
        two,
        elsewhere,
        ..
    } = desk;
    let version = stage.event_types(two).await.len();
    let good = json!({ "asset_id": one, "in_use": 1 });
    let unknown = Uuid::now_v7();
    let cases = [
        (json!({}), vec!["lines"]),
        (json!({ "lines": [] }), vec!["lines"]),
        (json!({ "lines": vec![good.clone(); 501] }), vec!["lines"]),
        (
            json!({ "lines": [good, { "in_use": 1 }] }),
            vec!["lines[1].asset_id"],
        ),
        (
            json!({ "lines": [good, { "asset_id": two, "inuse": 1 }] }),
            vec!["lines[1].inuse"],
        ),
        (
            json!({
                "effective_on": "today",
                "lines": [
                    good, { "asset_id": elsewhere, "in_use": 1 }, { "asset_id": unknown, "in_use": 1 }, good,
                    { "asset_id": two, "in_use": -1, "total": "many" }
                ]
            }),
            vec![
                "effective_on",
                "lines[1].asset_id",
                "lines[2].asset_id",
                "lines[3].asset_id",
                "lines[4].in_use",
                "lines[4].total",
            ],
        ),
        (
            json!({ "lines": [good, { "asset_id": two, "in_use": 1, "version": version - 1 }] }),
            vec!["lines[1].version"],
        ),
    ];
    stage.refuses(Method::PUT, &path, cases).await;
    let fits = json!({ "lines": [good, { "asset_id": two, "in_use": 1, "version": version }] });
    stage.put(&path, fits).await.done();
    let archived = format!("/v1/assets/{two}/archive");
    stage.post(&archived, json!({})).await.done();
    let body = json!({ "lines": [good, { "asset_id": two, "in_use": 2 }] });
    stage
        .refuses(Method::PUT, &path, [(body, vec!["lines[1].asset_id"])])
        .await;
    let nowhere = format!("/v1/companies/{unknown}/count-sheet");
    stage
        .put(&nowhere, json!({ "lines": [good] }))
        .await
        .problem(404, "not-found");
    let ask = stage.ask(Method::PUT, &path).header("if-match", "\"7\"");
    let stale = ask.json(&json!({ "lines": [good] })).send().await;
    stale.problem(412, "stale");
}

#[tokio::test]
async fn a_sheet_knows_the_rule_for_over_use_of_each_line() {
    let desk = Desk::new().await;
    let (stage, path) = (&desk.stage, desk.path());
    let registered: Value = serde_json::from_str(&stage.events(desk.one).await[0].payload).unwrap();
    let type_path = format!(
        "/v1/asset-types/{}",
        registered["type_id"].as_str().unwrap()
    );
    let sheet = |in_use: i64| json!({ "lines": [{ "asset_id": desk.two, "in_use": 5 }, { "asset_id": desk.one, "in_use": in_use }] });
    stage
        .patch(&type_path, json!({ "over_use": "warn" }))
        .await
        .done();
    let warned = stage.put(&path, sheet(26)).await.done();
    assert_eq!(
        warned.body["warnings"],
        json!(["lines[1]: 1 more seats are in use than are owned"])
    );
    stage
        .patch(&type_path, json!({ "over_use": "block" }))
        .await
        .done();
    stage
        .refuses(Method::PUT, &path, [(sheet(27), vec!["lines[1].in_use"])])
        .await;
    // To take some back is never forbidden.
    stage.put(&path, sheet(25)).await.done();
}

#[tokio::test]
async fn a_sheet_of_a_company_that_is_not_seen_is_not_found() {
    let desk = Desk::new().await;
    let stage = &desk.stage;
    let limited = stage
        .token(Rights {
            companies: Some(vec![desk.company]),
            ..Rights::default()
        })
        .await;
    let put = |path: String, asset: Uuid| {
        let body = json!({ "lines": [{ "asset_id": asset, "in_use": 7 }] });
        let ask = stage.ask(Method::PUT, &path).by(&limited).json(&body);
        ask.send()
    };
    put(desk.path(), desk.one).await.done();
    let unseen = put(desk.path(), desk.elsewhere).await;
    assert_eq!(unseen.invalid_fields(), ["lines[0].asset_id"]);
    let registered: Value =
        serde_json::from_str(&stage.events(desk.elsewhere).await[0].payload).unwrap();
    let other = registered["company_id"].as_str().unwrap();
    put(format!("/v1/companies/{other}/count-sheet"), desk.elsewhere)
        .await
        .problem(404, "not-found");
}
