//! Webhooks and mails.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, ChildStdin, Stdio},
    sync::{Arc, Mutex},
};

use chrono::Utc;
use integrations::webhook::{Key, KeyKind};
use serde_json::{Value as Json, json};
use tests::python;

use crate::desk::{Desk, a_while, id_of, until};

/// A server in Python that prints a line for what it was given.
struct Server {
    process: Child,
    /// One of them ends when it is closed.
    _input: Option<ChildStdin>,
    first: String,
    lines: Arc<Mutex<Vec<Json>>>,
}

impl Server {
    fn start(script: &str, arguments: &[&str]) -> Self {
        let mut process = python()
            .arg(format!("{}/{script}", env!("CARGO_MANIFEST_DIR")))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        // It ends with the process.
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                kept.lock()
                    .unwrap()
                    .push(serde_json::from_str(&line).unwrap());
            }
        });
        Self {
            _input: process.stdin.take(),
            process,
            first,
            lines,
        }
    }

    /// Waits for so many lines.
    async fn lines(&self, count: usize) -> Vec<Json> {
        until(&format!("{count} arrive"), async || {
            let lines = self.lines.lock().unwrap().clone();
            (lines.len() >= count).then_some(lines)
        })
        .await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A shortage, and the entry before it.
async fn shortage(desk: &Desk) -> i64 {
    let company = json!({"name": "Contoso Dental"});
    let company = desk.api().post("/v1/companies", company).await;
    let entry = company.entry();
    let values = json!({"total_seats": 25, "assigned_seats": 27});
    desk.license(id_of(&company.good()), "Office", values).await;
    entry
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_arrives_signed_and_arrives_again_when_it_is_asked_for() {
    // The receiver's library goes by the real time.
    let desk = Desk::start(&Utc::now().to_rfc3339()).await;
    let (_alerts, _integrations) = (desk.inside.alerts().await, desk.inside.integrations());
    let body = json!({
        "name": "Our hook", "kind": "webhook", "filter": {"events": ["AlertRaised"]},
        "settings": {"url": "http://127.0.0.1:9/"},
    });
    let added = desk.api().post("/v1/integrations", body).await.good();
    let integration = id_of(&added);
    let nobodys = Key::generate(KeyKind::Pair).unwrap().public().unwrap();
    let secret = added["signing_key"].as_str().unwrap();
    let receiver = Server::start("tests/webhook_receiver.py", &[secret, &nobodys]);
    let url = format!("http://127.0.0.1:{}/hook", receiver.first.trim());
    let path = format!("/v1/integrations/{integration}");
    let changed = desk
        .api()
        .patch(&path, json!({"settings": {"url": url}}))
        .await;
    let _ = changed.good();
    desk.try_out(integration).await;
    desk.turn_on(integration, "each").await;

    let before = shortage(&desk).await;
    let arrived = receiver.lines(2).await;
    assert_eq!(arrived[0]["error"], Json::Null, "{arrived:?}");
    assert_eq!(arrived[0]["event"]["type"], "seatledger.Test");
    let event = &arrived[1]["event"];
    assert_eq!(arrived[1]["error"], Json::Null, "{arrived:?}");
    assert_eq!(event["type"], "seatledger.AlertRaised");
    assert_eq!(event["data"]["finding"]["kind"], "under_licensed");

    let path = format!("/v1/integrations/{integration}/replay");
    let replayed = desk.api().post(&path, json!({"after_entry": before})).await;
    let _ = replayed.good();
    let arrived = receiver.lines(3).await;
    assert_eq!(arrived[2]["error"], Json::Null, "{arrived:?}");
    assert_eq!(arrived[2]["event"], *event);
    a_while().await;
    assert_eq!(receiver.lines(3).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_mailed_once_where_each_is_wanted() {
    let desk = Desk::start("2026-06-01T10:00:00Z").await;
    let (_alerts, _integrations) = (desk.inside.alerts().await, desk.inside.integrations());
    let options = json!({"security": "none", "login": false}).to_string();
    let server = Server::start("../services/integrations/tests/mail/server.py", &[&options]);
    let port: Json = serde_json::from_str(&server.first).unwrap();
    let settings = json!({
        "host": "127.0.0.1", "port": port["port"].to_string(), "security": "none", "send": "each",
        "from": "seatledger@msp.example", "to": "licenses@msp.example",
    });
    let integration = desk.add("email", settings).await;
    desk.try_out(integration).await;
    desk.turn_on(integration, "each").await;

    shortage(&desk).await;
    let mails = server.lines(1).await;
    assert_eq!(mails[0]["to"], json!(["licenses@msp.example"]));
    let text = mails[0]["text"].as_str().unwrap();
    assert!(
        text.contains("Office") && text.contains("Contoso Dental"),
        "{text}"
    );
    let path = format!("/v1/integrations/{integration}/deliveries");
    let sent = until("it is known to be sent", async || {
        let deliveries = desk.list(&path).await;
        (deliveries.len() == 1 && deliveries[0]["state"] == "sent").then_some(deliveries)
    })
    .await;
    assert_eq!(sent[0]["attempts"], 1, "{sent:?}");
    a_while().await;
    assert_eq!(server.lines(1).await.len(), 1);
}
