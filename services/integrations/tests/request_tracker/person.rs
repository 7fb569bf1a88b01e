//! A person who works with tickets, through the same interface that we use.

use embedded::testing::TestRequestTracker;
use integrations::http::{self, Client, Reach};
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

pub(crate) struct Person {
    client: Client,
    url: String,
    token: String,
}

impl Person {
    pub(crate) fn new(place: &TestRequestTracker) -> Self {
        Self {
            client: http::client(Reach::Anywhere).unwrap(),
            url: place.url.clone(),
            token: place.person.clone(),
        }
    }

    /// The id of a new ticket.
    pub(crate) async fn make(&self, queue: &str, subject: &str, fields: Value) -> String {
        let ticket = json!({
            "Queue": queue, "Subject": subject, "Content": "made by a person", "ContentType": "text/plain",
            "CustomFields": fields,
        });
        let made = self.call(Method::POST, "ticket", Some(ticket)).await;
        made["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn see(&self, id: &str) -> Value {
        self.call(Method::GET, &format!("ticket/{id}"), None).await
    }

    /// The values of a custom field.
    pub(crate) async fn field(&self, id: &str, name: &str) -> Value {
        let seen = self.see(id).await;
        let fields = seen["CustomFields"].as_array().unwrap();
        let field = fields.iter().find(|field| field["name"] == name);
        field.unwrap()["values"].clone()
    }

    /// All texts of a ticket, its description first.
    pub(crate) async fn texts(&self, id: &str) -> Vec<String> {
        let path = format!("ticket/{id}/attachments?fields=Content&orderby=id&per_page=100");
        let found = self.call(Method::GET, &path, None).await;
        let items = found["items"].as_array().unwrap();
        let text = |item: &Value| item["Content"].as_str().unwrap().to_owned();
        items.iter().map(text).collect()
    }

    /// Changes what a person would change in a form.
    pub(crate) async fn set(&self, id: &str, changes: Value) {
        self.call(Method::PUT, &format!("ticket/{id}"), Some(changes))
            .await;
    }

    pub(crate) async fn delete(&self, id: &str) {
        self.call(Method::DELETE, &format!("ticket/{id}"), None)
            .await;
    }

    /// Comments or replies.
    pub(crate) async fn say(&self, id: &str, how: &str, text: &str, content_type: &str) {
        let note = json!({"Content": text, "ContentType": content_type});
        self.call(Method::POST, &format!("ticket/{id}/{how}"), Some(note))
            .await;
    }

    /// Comments, many times in one call.
    pub(crate) async fn say_all(&self, id: &str, texts: &[String]) {
        let note = |text| json!({"id": id, "Content": text, "ContentType": "text/plain"});
        let notes: Vec<Value> = texts.iter().map(note).collect();
        self.call(Method::POST, "tickets/bulk/comment", Some(notes.into()))
            .await;
    }

    /// Comments with a text and a binary file.
    pub(crate) async fn comment_with_files(&self, id: &str, text: &str) {
        let note = json!({
            "Content": text, "ContentType": "text/plain",
            "Attachments": [
                {"FileName": "quote.txt", "FileType": "text/plain", "FileContent": "aGFsbG8="},
                {"FileName": "quote.bin", "FileType": "application/octet-stream", "FileContent": "AAH//g=="},
            ],
        });
        self.call(Method::POST, &format!("ticket/{id}/comment"), Some(note))
            .await;
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let url: Url = format!("{}/REST/2.0/{path}", self.url).parse().unwrap();
        let mut request = self
            .client
            .request(method, url)
            .unwrap()
            .header("authorization", format!("token {}", self.token));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = http::send(request).await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }
}
