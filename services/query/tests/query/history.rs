use serde_json::{Value as Json, json};

use crate::{
    facts::{Account, text},
    stage::Stage,
};

async fn word() -> (Stage, Account, String) {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let license = account.license("Contoso", "Word");
    let mut facts = vec![account.company("Contoso")];
    facts.extend(license.seats(25, 27));
    stage.record(&account, facts).await;
    let grown = vec![license.total("2026-11-24", Some(25), 30)];
    stage.append(&account, grown, Some("five new hires")).await;
    stage.follow().await;
    (stage, account, token)
}

#[tokio::test]
async fn the_history_of_seats_says_from_how_many_to_how_many_who_when_and_why() {
    let (stage, account, token) = word().await;
    let path = format!("/v1/assets/{}/seat-history", account.id("Word"));
    let history = stage.get(&token, &path).await;
    assert_eq!(history.items("kind"), ["total", "in_use", "total"]);
    let last = &history.json()["items"][2];
    assert_eq!((&last["from"], &last["to"]), (&json!(25), &json!(30)));
    assert_eq!(
        (&last["effective_on"], &last["reason"]),
        (&json!("2026-11-24"), &json!("five new hires"))
    );
    assert_eq!(
        last["actor"],
        json!({"kind": "person", "id": account.person.to_string(), "name": "Ada"})
    );
    assert!(
        last["recorded_at"]
            .as_str()
            .unwrap()
            .starts_with("2026-11-01T00:")
    );
    assert_eq!(stage.all_pages(&token, &path, 1).await.len(), 3);
}

#[tokio::test]
async fn who_was_erased_has_no_name_any_more() {
    let (stage, account, token) = word().await;
    let sql = "update access.person set erased_at = now() where person_id = $1";
    stage
        .superuser
        .execute(sql, &[&account.person])
        .await
        .unwrap();
    for target in [
        format!("/v1/assets/{}/seat-history", account.id("Word")),
        "/v1/audit-trail".into(),
    ] {
        let actors = stage.get(&token, &target).await.items("actor");
        assert!(
            actors.iter().all(|actor| actor["name"] == Json::Null),
            "{actors:?}"
        );
    }
}

#[tokio::test]
async fn the_timeline_of_an_asset_holds_every_change_in_order() {
    let (mut stage, account, token) = word().await;
    let license = account.license("Contoso", "Word");
    let revealed = domain::Event::SecretRevealed {
        asset_id: domain::ids::AssetId(license.asset),
        field: crate::facts::key("License Key"),
        secret_id: domain::ids::SecretId(account.id("secret")),
        secret_version: 1,
    };
    let mut reveal = license.fact("2026-11-24", revealed);
    reveal.stream = account.id("token");
    stage
        .record(
            &account,
            vec![
                license.set("2026-11-24", "Vendor", text("Microsoft")),
                reveal,
            ],
        )
        .await;
    let path = format!("/v1/assets/{}/timeline", license.asset);
    let timeline = stage.get(&token, &path).await;
    assert_eq!(
        timeline.items("type"),
        [
            "AssetRegistered",
            "FieldsChanged",
            "TotalSeatsAdjusted",
            "SeatsInUseCounted",
            "TotalSeatsAdjusted",
            "FieldsChanged",
            "SecretRevealed",
        ]
    );
    let entries: Vec<i64> = timeline
        .items("entry")
        .iter()
        .map(|entry| entry.as_i64().unwrap())
        .collect();
    assert!(entries.is_sorted());
    let adjusted = &timeline.json()["items"][4];
    assert_eq!(
        (&adjusted["details"]["from"], &adjusted["details"]["to"]),
        (&json!(25), &json!(30))
    );
    assert_eq!(adjusted["reason"], "five new hires");
    assert_eq!(stage.all_pages(&token, &path, 2).await.len(), 7);
}

#[tokio::test]
async fn the_audit_trail_is_filtered_and_goes_back_from_the_last() {
    let (stage, account, token) = word().await;
    let all = stage.all_pages(&token, "/v1/audit-trail", 3).await;
    let entries: Vec<i64> = all
        .iter()
        .map(|entry| entry["entry"].as_i64().unwrap())
        .collect();
    assert_eq!(
        entries,
        (1..=entries.len() as i64).rev().collect::<Vec<_>>()
    );
    let (asset, company, person) = (account.id("Word"), account.id("Contoso"), account.person);
    for (query, expected) in [
        ("type=TokenIssued".to_owned(), 1),
        ("type=TokenIssued&type=CompanyAdded".into(), 2),
        (format!("asset={asset}"), 5),
        (format!("asset={asset}&type=TotalSeatsAdjusted"), 2),
        (format!("company={company}"), 6),
        (format!("actor={person}"), all.len()),
        (format!("actor={asset}"), 0),
        ("q=SEATSadjusted".into(), 2),
        ("q=New%20Hires".into(), 1),
        ("q=old%20hires".into(), 0),
        ("q=%25".into(), 0),
        ("q=%20".into(), all.len()),
        ("from=2026-11-02".into(), 0),
        ("to=2026-10-31".into(), 0),
        ("from=2026-11-01&to=2026-11-01".into(), all.len()),
        (
            "from=2026-11-01T00:02:00Z&to=2026-11-01T00:03:00Z".into(),
            2,
        ),
    ] {
        let found = stage
            .get(&token, &format!("/v1/audit-trail?{query}"))
            .await
            .items("entry");
        assert_eq!(found.len(), expected, "{query}");
    }
}
