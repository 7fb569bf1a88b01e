//! A person who works with tickets in Request Tracker.

use embedded::testing::TestRequestTracker;
use reqwest::{Client, Method};
use serde_json::{Value as Json, json};
use tests::http_client;

pub(crate) struct Person {
    client: Client,
    place: TestRequestTracker,
}

impl Person {
    pub(crate) fn new(place: &TestRequestTracker) -> Self {
        Self {
            client: http_client(),
            place: place.clone(),
        }
    }

    /// The ids and statuses of a company's tickets, the oldest first.
    pub(crate) async fn tickets_of(&self, company: &str) -> Vec<(String, String)> {
        let query: String = url::form_urlencoded::byte_serialize(
            format!("'CF.{{company}}' = '{company}'").as_bytes(),
        )
        .collect();
        let path = format!("tickets?query={query}&fields=Status&orderby=id&per_page=100");
        let found = self.call(Method::GET, &path, None).await;
        let items = found["items"].as_array().unwrap().iter();
        let text = |value: &Json| match value {
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        let found = items.map(|item| (text(&item["id"]), text(&item["Status"])));
        found.collect()
    }

    /// A ticket as it stands.
    pub(crate) async fn see(&self, id: &str) -> Json {
        self.call(Method::GET, &format!("ticket/{id}"), None).await
    }

    /// All texts of a ticket, its description first.
    pub(crate) async fn texts(&self, id: &str) -> Vec<String> {
        let path = format!("ticket/{id}/attachments?fields=Content&orderby=id&per_page=100");
        let found = self.call(Method::GET, &path, None).await;
        let items = found["items"].as_array().unwrap().iter();
        let text = |item: &Json| item["Content"].as_str().unwrap_or_default().to_owned();
        items.map(text).collect()
    }

    pub(crate) async fn comments(&self, id: &str, text: &str) {
        let note = json!({"Content": text, "ContentType": "text/plain"});
        self.call(Method::POST, &format!("ticket/{id}/comment"), Some(note))
            .await;
    }

    pub(crate) async fn resolves(&self, id: &str) {
        let changes = json!({"Status": "resolved"});
        self.call(Method::PUT, &format!("ticket/{id}"), Some(changes))
            .await;
    }

    async fn call(&self, method: Method, path: &str, body: Option<Json>) -> Json {
        let url = format!("{}/REST/2.0/{path}", self.place.url);
        let mut request = self.client.request(method, url);
        request = request.header("authorization", format!("token {}", self.place.person));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }
}
