use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value as Json, json};

use crate::{
    facts::Account,
    stage::{Stage, recorded_at},
};

/// Reads events until there are so many, or the stream ends: (id, event, data).
async fn events(response: reqwest::Response, count: usize) -> Vec<(i64, String, Json)> {
    let mut body = response.bytes_stream();
    let (mut text, mut events) = (String::new(), Vec::new());
    let read = async {
        while events.len() < count {
            let Some(Ok(bytes)) = body.next().await else {
                return;
            };
            text.push_str(std::str::from_utf8(&bytes).unwrap());
            while let Some((block, rest)) = text.split_once("\n\n") {
                let part = |name: &str| {
                    block
                        .lines()
                        .find_map(|line| line.strip_prefix(name).map(str::trim))
                };
                if let Some(id) = part("id:") {
                    let data = serde_json::from_str(part("data:").unwrap()).unwrap();
                    events.push((
                        id.parse().unwrap(),
                        part("event:").unwrap().to_owned(),
                        data,
                    ));
                }
                text = rest.to_owned();
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), read)
        .await
        .unwrap();
    events
}

#[tokio::test]
async fn the_ledger_is_answered_byte_for_byte_and_page_by_page() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let last = stage
        .append(
            &account,
            vec![account.company("Contoso")],
            Some("new client"),
        )
        .await;
    let page = stage.get(&token, "/v1/ledger/entries").await;
    let entries = page.items("entry");
    assert_eq!(entries, (1..=last).map(Json::from).collect::<Vec<_>>());
    let entry = &page.json()["items"][usize::try_from(last).unwrap() - 1];
    assert_eq!(entry["type"], "CompanyAdded");
    assert_eq!(
        entry["payload"],
        json!({"name": "Contoso", "own": false, "time_zone": null})
    );
    assert_eq!(entry["metadata"]["reason"], "new client");
    let at = recorded_at(last).to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    assert_eq!(entry["recorded_at"], at);
    assert!(
        page.text
            .contains(r#""payload":{"name":"Contoso","own":false,"time_zone":null}"#)
    );
    assert_eq!(
        stage.all_pages(&token, "/v1/ledger/entries", 2).await.len(),
        entries.len()
    );
    let after = stage
        .get(&token, &format!("/v1/ledger/entries?after={}", last - 1))
        .await;
    assert_eq!(after.items("entry"), [last]);
}

#[tokio::test]
async fn the_stream_tells_what_is_recorded_and_goes_on_where_it_broke_off() {
    let (account, other) = (Account::new("Ours"), Account::new("Theirs"));
    let (mut stage, token) = Stage::with(&account).await;
    stage.open(&other).await;
    let before = stage
        .append(&account, vec![account.company("Contoso")], None)
        .await;

    let live = stage
        .request(&token, "/v1/ledger/stream")
        .send()
        .await
        .unwrap();
    assert_eq!(live.headers()["content-type"], "text/event-stream");
    stage
        .append(&other, vec![other.company("Foreign")], None)
        .await;
    stage
        .append(
            &account,
            vec![account.company("Fabrikam"), account.company("Adatum")],
            None,
        )
        .await;
    let got = events(live, 2).await;
    let ids: Vec<i64> = got.iter().map(|event| event.0).collect();
    assert_eq!(ids, [before + 1, before + 2]);
    assert_eq!(
        (got[0].1.as_str(), &got[0].2["payload"]["name"]),
        ("CompanyAdded", &json!("Fabrikam"))
    );
    assert_eq!(got[0].2["entry"], before + 1);

    let resumed = stage
        .request(&token, "/v1/ledger/stream")
        .header("last-event-id", before - 1);
    let got = events(resumed.send().await.unwrap(), 3).await;
    assert_eq!(
        got.iter().map(|event| event.0).collect::<Vec<_>>(),
        [before, before + 1, before + 2]
    );

    let whole = stage
        .request(&token, "/v1/ledger/stream?after=0")
        .send()
        .await
        .unwrap();
    let got = events(whole, usize::try_from(before + 2).unwrap()).await;
    assert_eq!(
        got.iter().map(|event| event.0).collect::<Vec<_>>(),
        (1..=before + 2).collect::<Vec<_>>()
    );

    let wrong = stage
        .request(&token, "/v1/ledger/stream")
        .header("last-event-id", "x");
    assert_eq!(
        crate::stage::Answer::of(wrong).await.problem(),
        "bad-header"
    );
}

#[tokio::test]
async fn a_stream_ends_when_its_token_is_revoked() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let live = stage
        .request(&token, "/v1/ledger/stream")
        .send()
        .await
        .unwrap();
    stage.revoke(&account, "all").await;
    assert!(events(live, 1).await.is_empty());
}
