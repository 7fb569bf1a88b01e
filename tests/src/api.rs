use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::Value as Json;

/// A client of the HTTP interface, with a token.
#[derive(Debug, Clone)]
pub struct Api {
    client: reqwest::Client,
    base: String,
    token: String,
    headers: Vec<(&'static str, String)>,
}

/// What a request was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
}

impl Answer {
    /// The body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or(Json::Null)
    }

    /// The body, of an answer that should be good.
    #[track_caller]
    #[must_use]
    pub fn good(self) -> Json {
        assert!(self.status.is_success(), "{}: {}", self.status, self.text);
        self.json()
    }

    /// The problem, of an answer that should be refused with a status.
    #[track_caller]
    #[must_use]
    pub fn refused(self, status: u16) -> Json {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        let kind = self.header("content-type").unwrap_or_default();
        assert_eq!(kind, "application/problem+json", "{}", self.text);
        self.json()
    }

    /// A header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    }

    /// The ledger's entry that the answer names.
    #[track_caller]
    #[must_use]
    pub fn entry(&self) -> i64 {
        let entry = self
            .header("seatledger-entry")
            .and_then(|entry| entry.parse().ok());
        entry.unwrap_or_else(|| panic!("no entry in {:?}", self.headers))
    }
}

impl Api {
    /// A client of a service.
    #[must_use]
    pub fn new(base: &str, token: &str) -> Self {
        Self {
            client: http_client(),
            base: base.trim_end_matches('/').to_owned(),
            token: token.to_owned(),
            headers: Vec::new(),
        }
    }

    /// The same with a header on each request.
    #[must_use]
    pub fn with(&self, name: &'static str, value: impl std::fmt::Display) -> Self {
        let mut api = self.clone();
        api.headers.push((name, value.to_string()));
        api
    }

    /// The same with another token.
    #[must_use]
    pub fn as_holder_of(&self, token: &str) -> Self {
        Self {
            token: token.to_owned(),
            ..self.clone()
        }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> reqwest::Result<Answer> {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.token);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Answer {
            status,
            headers,
            text: response.text().await?,
        })
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await.expect("an answer")
    }

    /// Creates, or does.
    pub async fn post(&self, path: &str, body: Json) -> Answer {
        self.send(Method::POST, path, Some(body.to_string().into_bytes()))
            .await
            .expect("an answer")
    }

    /// Changes.
    pub async fn patch(&self, path: &str, body: Json) -> Answer {
        self.send(Method::PATCH, path, Some(body.to_string().into_bytes()))
            .await
            .expect("an answer")
    }

    /// Puts.
    pub async fn put(&self, path: &str, body: Json) -> Answer {
        self.send(Method::PUT, path, Some(body.to_string().into_bytes()))
            .await
            .expect("an answer")
    }

    /// Reads what stands once an entry is visible.
    pub async fn get_at(&self, entry: i64, path: &str) -> Json {
        self.with("seatledger-min-entry", entry)
            .get(path)
            .await
            .good()
    }
}

/// A client for services on this machine. Where another crate of the build switches TLS on, a client can only be made
/// once a provider for it is installed.
#[must_use]
pub fn http_client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
