//! Whoever gets webhooks verifies them with a library of the standard, not with ours.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say so"
)]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Stdio};

use chrono::{DateTime, TimeDelta, Utc};
use contract::cloud_event;
use event_log::Recorded;
use integrations::http::{Client, Reach, client};
use integrations::webhook::{Key, KeyKind, SendError, Signer, send};
use serde_json::{Value as Json, json};
use tests::python;
use uuid::Uuid;

struct Receiver {
    process: Child,
    lines: BufReader<ChildStdout>,
    url: url::Url,
    client: Client,
}

impl Receiver {
    /// One that holds these keys of ours, or rather its half of them.
    fn holding(shared: &Key, pair: &Key) -> Self {
        let mut process = python()
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/webhook_receiver.py"
            ))
            .args([shared.secret().as_str(), &pair.public().unwrap()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap());
        let mut port = String::new();
        lines.read_line(&mut port).unwrap();
        let server = format!("127.0.0.1:{}", port.trim());
        let allow = vec![server.parse().unwrap()];
        Self {
            process,
            lines,
            url: format!("http://{server}/hook").parse().unwrap(),
            client: client(Reach::PublicOnly { allow }).unwrap(),
        }
    }

    async fn post(
        &mut self,
        keys: &[&Key],
        at: DateTime<Utc>,
        event: &Recorded,
    ) -> (Json, Result<u16, SendError>) {
        let keys = keys.iter().map(|key| Key::parse(&key.secret()).unwrap());
        let signer = Signer::new(keys.collect()).unwrap();
        let body = cloud_event(event).unwrap();
        let sent = send(&self.client, &self.url, &signer, event.event_id, at, body).await;
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        let said = serde_json::from_str(&line).unwrap();
        (said, sent.map(|sent| sent.status))
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn event() -> Recorded {
    Recorded {
        sequence: 7,
        tenant_id: Uuid::from_u128(1),
        entry: 3,
        stream_id: Uuid::from_u128(2),
        version: 1,
        event_id: Uuid::from_u128(3),
        event_type: "alert_raised".into(),
        schema_version: 1,
        company_id: Some(Uuid::from_u128(4)),
        payload: r#"{"subject":  "Größe \u00e9 ☃", "price": 12.50}"#.into(),
        metadata: "{}".into(),
        effective_on: "2026-03-01".parse().unwrap(),
        recorded_at: "2026-03-01T12:00:00Z".parse().unwrap(),
    }
}

fn new(kind: KeyKind) -> Key {
    Key::generate(kind).unwrap()
}

#[tokio::test]
async fn webhooks_are_verified_by_the_reference_library() {
    let (shared, pair) = (new(KeyKind::Shared), new(KeyKind::Pair));
    let (newer, newer_pair) = (new(KeyKind::Shared), new(KeyKind::Pair));
    let mut receiver = Receiver::holding(&shared, &pair);
    let (now, event) = (Utc::now(), event());
    let late = now - TimeDelta::minutes(6);
    let no_match = Some("No matching signature found");
    for (name, keys, at, error, by_public_key) in [
        ("a shared secret", vec![&shared], now, None, false),
        ("a pair of keys", vec![&pair], now, no_match, true),
        ("both", vec![&shared, &pair], now, None, true),
        (
            "while both are replaced",
            vec![&newer, &newer_pair, &shared, &pair],
            now,
            None,
            true,
        ),
        (
            "once they are replaced",
            vec![&newer, &newer_pair],
            now,
            no_match,
            false,
        ),
        (
            "with an earlier attempt's time",
            vec![&shared],
            late,
            Some("Message timestamp too old"),
            false,
        ),
    ] {
        let (said, sent) = receiver.post(&keys, at, &event).await;
        assert_eq!(said["error"], json!(error), "{name}: {said}");
        assert_eq!(said["by_public_key"], json!(by_public_key), "{name}");
        match error {
            None => {
                assert_eq!(sent, Ok(204), "{name}");
                let stored: Json = serde_json::from_str(&event.payload).unwrap();
                assert_eq!(said["event"]["specversion"], "1.0");
                assert_eq!(said["event"]["id"], json!(event.event_id));
                assert_eq!(said["event"]["data"], stored);
            }
            Some(_) => {
                let refused = matches!(sent, Err(SendError::Failed { status: 401, .. }));
                assert!(refused, "{name}: {sent:?}");
            }
        }
    }
}
