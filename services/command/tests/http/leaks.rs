//! A planted secret is found nowhere but in the answer to its reveal.

use std::{
    io,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::stage::{Stage, pool};

const CANARY: &str = "CANARY-7F3Q9-ZXW11-PLAIN";

/// Everything that was logged.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl io::Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Logged {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_planted_secret_is_in_no_table_no_log_line_and_no_other_answer() {
    let logged = Logged::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(logged.clone())
        .init();
    let stage = Stage::new().await;
    let asset = stage.license(json!({ "license_key": CANARY })).await;
    let path = format!("/v1/assets/{asset}");
    let mut answers = Vec::new();
    for values in [
        json!({ "license_key": CANARY }),
        json!({ "license_key": [CANARY] }),
        json!({ "license_key": { "value": CANARY } }),
        json!({ "license_key": CANARY, "total_seats": -1 }),
        json!({ "license_key": CANARY.repeat(1_000) }),
    ] {
        answers.push(stage.patch(&path, json!({ "values": values })).await.text);
    }
    let second = format!("{CANARY}-2");
    for keys in [
        json!([{ "value": second, "label": "beside" }]),
        json!([{ "value": second }]),
        json!([{ "value": CANARY }, { "value": CANARY }]),
        json!([{ "value": CANARY.repeat(1_000) }]),
        json!([{ "value": [CANARY] }]),
        json!([CANARY]),
        json!(CANARY),
        json!([{ CANARY: CANARY }]),
    ] {
        let added = stage
            .post(&format!("{path}/keys"), json!({ "keys": keys }))
            .await;
        answers.push(added.text);
    }
    let added: Value = serde_json::from_str(&answers[5]).unwrap();
    let key = format!("{path}/keys/{}", added["secret_ids"][0].as_str().unwrap());
    for value in [json!(CANARY), json!(second), json!([CANARY])] {
        let found = stage
            .post("/v1/assets/find-by-key", json!({ "value": value }))
            .await;
        answers.push(found.text);
    }
    let shown = stage.post(&format!("{key}/reveal"), json!({})).await.done();
    assert_eq!(shown.body["value"], second);
    answers.push(stage.delete(&key).await.done().text);
    let revealed = stage
        .post(&format!("{path}/secrets/license_key/reveal"), json!({}))
        .await
        .done();
    assert_eq!(revealed.body["value"], CANARY);

    for answer in answers {
        assert!(!answer.contains(CANARY), "{answer}");
    }
    let text = String::from_utf8(logged.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("request"), "something was logged");
    // The HTTP client of this test logs nothing of bodies either.
    assert!(!text.contains(CANARY));
    assert_eq!(occurrences(&stage, CANARY).await, Vec::<String>::new());
}

/// The tables whose rows contain a text, as text or as bytes.
pub(crate) async fn occurrences(stage: &Stage, needle: &str) -> Vec<String> {
    let owner = pool(&stage.database, "postgres").get().await.unwrap();
    let tables = "select format('%I.%I', schemaname, tablename) from pg_tables
                  where schemaname not in ('pg_catalog', 'information_schema')";
    let hex: String = needle.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut found = Vec::new();
    let mut rows = 0;
    for row in owner.query(tables, &[]).await.unwrap() {
        let table: String = row.get(0);
        let count = format!(
            "select count(*), count(*) filter (where t::text like '%{needle}%' or t::text like '%{hex}%') from {table} t"
        );
        let counted = owner.query_one(&count, &[]).await.unwrap();
        rows += counted.get::<_, i64>(0);
        if counted.get::<_, i64>(1) > 0 {
            found.push(table);
        }
    }
    assert!(rows > 10, "the tables were read");
    found
}
