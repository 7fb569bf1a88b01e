use std::time::{Duration, Instant};

use crate::{facts::Account, stage::Stage};

#[tokio::test]
async fn a_read_waits_until_it_can_show_what_was_written() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let entry = stage
        .append(&account, vec![account.company("Contoso")], None)
        .await;
    assert!(
        stage
            .get(&token, "/v1/companies")
            .await
            .items("name")
            .is_empty()
    );
    let request = stage
        .request(&token, "/v1/companies")
        .header("seatledger-min-entry", entry);
    let waiting = tokio::spawn(crate::stage::Answer::of(request));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished());
    stage.follow().await;
    let answer = waiting.await.unwrap();
    assert_eq!(answer.items("name"), ["Contoso"]);
    assert_eq!(
        answer.header("seatledger-entry").unwrap(),
        entry.to_string()
    );
}

#[tokio::test]
async fn a_read_that_is_not_there_in_time_says_when_to_come_again() {
    let account = Account::new("Ours");
    let (stage, token) = Stage::with(&account).await;
    let begun = Instant::now();
    let answer = stage.get_at(&token, "/v1/companies", 1_000).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (503, "read-model-behind")
    );
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert!(
        (1..4).contains(&begun.elapsed().as_secs()),
        "{:?}",
        begun.elapsed()
    );
    let answer = stage.get(&token, "/v1/companies").await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_halted_read_model_says_so_at_once_and_still_shows_what_it_has() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let good = stage
        .record(&account, vec![account.company("Contoso")])
        .await;
    let bad = stage.append_unknown(&account, account.id("Contoso")).await;
    stage.follow().await;
    let begun = Instant::now();
    let answer = stage.get_at(&token, "/v1/companies", bad).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (503, "read-model-halted")
    );
    assert!(begun.elapsed() < Duration::from_secs(1));
    for answer in [
        stage.get_at(&token, "/v1/companies", good).await,
        stage.get(&token, "/v1/companies").await,
    ] {
        assert_eq!(answer.items("name"), ["Contoso"]);
    }
}

#[tokio::test]
async fn many_who_wait_keep_nobody_from_reading() {
    let account = Account::new("Ours");
    let (stage, token) = Stage::with(&account).await;
    let waiting: Vec<_> = (0..50)
        .map(|_| {
            stage
                .request(&token, "/v1/companies")
                .header("seatledger-min-entry", 1_000)
        })
        .map(|request| tokio::spawn(crate::stage::Answer::of(request)))
        .collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let begun = Instant::now();
    assert_eq!(stage.get(&token, "/v1/companies").await.status, 200);
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    for answer in waiting {
        assert_eq!(answer.await.unwrap().status, 503);
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_told_from_a_mistake_of_ours() {
    let account = Account::new("Ours");
    let mut stage = Stage::reading_from(|database| {
        let mut nowhere = database.config("seatledger_query");
        nowhere.dbname("there_is_no_such_database");
        nowhere
    })
    .await;
    stage.open(&account).await;
    let token = stage.token(&account, "all", None).await;
    let answer = stage.get(&token, "/v1/companies").await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (503, "unavailable")
    );
    assert!(answer.header("retry-after").is_some());
    assert!(!answer.text.contains("database_"), "{}", answer.text);
    // The log is another server, and is served all the same.
    assert_eq!(stage.get(&token, "/v1/ledger/entries").await.status, 200);
}
