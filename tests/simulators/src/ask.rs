//! A request and an answer, taken apart.

use std::collections::BTreeMap;

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// A request.
pub(crate) struct Ask {
    pub(crate) method: Method,
    /// The path's parts, decoded.
    path: Vec<String>,
    pub(crate) query: BTreeMap<String, String>,
    headers: HeaderMap,
    body: Bytes,
}

impl Ask {
    pub(crate) fn new(head: Parts, body: Bytes) -> Self {
        let path = head.uri.path().trim_start_matches('/').split('/');
        let decode = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
        let query = form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes());
        Self {
            path: path.map(decode).collect(),
            query: query.into_owned().collect(),
            method: head.method,
            headers: head.headers,
            body,
        }
    }

    /// Method and path, to be matched.
    pub(crate) fn route(&self) -> (&str, Vec<&str>) {
        let path = self.path.iter().map(String::as_str).collect();
        (self.method.as_str(), path)
    }

    /// A header that is given exactly once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(value)
    }

    /// The query's parameters, of which only those named are known.
    pub(crate) fn parameters(&self, known: &[&str]) -> Result<(), String> {
        let unknown = self
            .query
            .keys()
            .find(|name| !known.contains(&name.as_str()));
        unknown.map_or(Ok(()), |name| Err(format!("unknown parameter {name}")))
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// The body, which is declared as JSON and is.
    pub(crate) fn json(&self) -> Result<Value, String> {
        let declared = self.header("content-type").unwrap_or_default();
        if declared != "application/json" {
            return Err(format!(
                "the content type is {declared:?}, not application/json"
            ));
        }
        serde_json::from_slice(&self.body).map_err(|error| format!("not JSON: {error}"))
    }

    /// The body, which is declared as a form and is.
    pub(crate) fn form(&self) -> Result<BTreeMap<String, String>, String> {
        let declared = self.header("content-type").unwrap_or_default();
        if declared != "application/x-www-form-urlencoded" {
            return Err(format!("the content type is {declared:?}, not a form"));
        }
        Ok(form_urlencoded::parse(&self.body).into_owned().collect())
    }

    /// For an access token, not for tickets.
    pub(crate) fn is_for_token(&self) -> bool {
        self.path.iter().map(String::as_str).eq(["auth", "token"])
    }

    /// Whether something would be changed by it.
    pub(crate) fn is_change(&self) -> bool {
        let asks = self.path.last().is_some_and(|last| last == "query");
        self.method != Method::GET && !asks
    }
}

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Reply {
    pub(crate) fn new(status: u16, body: Value) -> Self {
        Self { status, body }
    }
}

/// An answer, or a refusal of the request.
pub(crate) type Answer = Result<Reply, Reply>;

pub(crate) fn ok(body: Value) -> Answer {
    Ok(Reply::new(200, body))
}

pub(crate) fn created(body: Value) -> Answer {
    Ok(Reply::new(201, body))
}
