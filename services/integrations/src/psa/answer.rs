//! What an answer over HTTP means: one reading for all ticket systems.
//!
//! Requests come from [`crate::http`], which bounds a call's time and follows no redirects; this bounds what is read
//! and what is quoted.

use std::time::Duration;

use chrono::DateTime;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::PsaError;
use crate::http::{self, Failure};

/// The longest answer that is read, in bytes: pages of tickets are far shorter.
pub(crate) const ANSWER_SIZE_MAX: usize = 1024 * 1024;
/// How much of what a system said is quoted in an error, in characters.
const QUOTE_LENGTH_MAX: usize = 300;
/// The longest wait that a system can ask of us; after it we ask again.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);

/// An answer, whole and within bounds, whatever its status.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
    /// What must not be quoted, though a strange server sent it back.
    secrets: Vec<String>,
}

/// Sends a request and reads its answer as JSON.
///
/// # Errors
/// [`PsaError`].
pub(crate) async fn json<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, PsaError> {
    send(request).await?.accepted()?.json()
}

/// Sends a request of whose answer only the success matters.
///
/// # Errors
/// [`PsaError`].
pub(crate) async fn done(request: RequestBuilder) -> Result<(), PsaError> {
    send(request).await?.accepted().map(drop)
}

/// Sends a request. Answers of any status are returned, so that an adapter can look at what its system says in its
/// own way before [`Answer::accepted`] judges it.
///
/// # Errors
/// [`PsaError::Unreachable`], [`PsaError::NoAnswer`], [`PsaError::Garbled`] for an answer without end.
pub(crate) async fn send(request: RequestBuilder) -> Result<Answer, PsaError> {
    let (client, request) = request.build_split();
    let request = request.map_err(Failure::from)?;
    let secrets = secrets(request.headers());
    let response = http::send(RequestBuilder::from_parts(client, request)).await?;
    Ok(Answer {
        status: response.status(),
        headers: response.headers().clone(),
        body: http::read_limited(response, ANSWER_SIZE_MAX).await?,
        secrets,
    })
}

impl From<Failure> for PsaError {
    fn from(failure: Failure) -> Self {
        let text = failure.to_string();
        match failure {
            Failure::Refused(why) => Self::Refused(why),
            Failure::Unreachable(why) => Self::Unreachable(why),
            Failure::NoAnswer(why) => Self::NoAnswer(why),
            Failure::TooLong { .. } => Self::Garbled(text),
        }
    }
}

impl Answer {
    /// The answer, if its status says that the request was met and it is no page for people.
    ///
    /// # Errors
    /// What the status means, with what the system said.
    pub(crate) fn accepted(self) -> Result<Self, PsaError> {
        match self.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Err(PsaError::Unauthorized(self.said()))
            }
            StatusCode::TOO_MANY_REQUESTS => Err(PsaError::Busy {
                retry_after: self.retry_after(),
            }),
            // Without a time it is no announced pause but a failure behind a proxy, and may come after the work.
            StatusCode::SERVICE_UNAVAILABLE if self.headers.contains_key(RETRY_AFTER) => {
                Err(PsaError::Busy {
                    retry_after: self.retry_after(),
                })
            }
            StatusCode::REQUEST_TIMEOUT => Err(PsaError::NoAnswer(self.said())),
            status if status.is_server_error() => Err(PsaError::Failed {
                status: status.as_u16(),
                said: self.said(),
            }),
            status if status.is_redirection() => Err(PsaError::Garbled(self.redirect())),
            // A page for people says "not found" too, where a proxy or another program answers. That must not count
            // as a ticket that is gone.
            _ if self.is_html() => Err(PsaError::Garbled(self.said())),
            StatusCode::NOT_FOUND | StatusCode::GONE => Err(PsaError::NotFound),
            status if status.is_client_error() => Err(PsaError::Refused(self.said())),
            _ => Ok(self),
        }
    }

    /// The body as JSON of the shape that is expected.
    ///
    /// # Errors
    /// [`PsaError::Garbled`].
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, PsaError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let text = format!("not the JSON that was expected: {error}");
            PsaError::Garbled(self.quote(&text))
        })
    }

    /// What the system said, for people: the message within its JSON, the title of its page, or the text itself.
    pub(crate) fn said(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        if self.is_html() {
            let title = title(&text).unwrap_or_default();
            return self.quote(&format!("a web page instead of an answer: {title}"));
        }
        let message = serde_json::from_slice(&self.body)
            .ok()
            .and_then(|body| message(&body));
        let said = message.unwrap_or_else(|| text.into_owned());
        if said.trim().is_empty() {
            return self.status.to_string();
        }
        self.quote(&said)
    }

    /// How long the system asks to wait, within bounds.
    fn retry_after(&self) -> Option<Duration> {
        let header = |name| self.headers.get(name)?.to_str().ok();
        let asked = header(RETRY_AFTER)?.trim();
        let wait = if let Ok(seconds) = asked.parse() {
            Duration::from_secs(seconds)
        } else {
            // The system's own clock: ours may be wrong.
            let now = DateTime::parse_from_rfc2822(header(DATE)?).ok()?;
            let then = DateTime::parse_from_rfc2822(asked).ok()?;
            (then - now).to_std().unwrap_or_default()
        };
        Some(wait.min(RETRY_AFTER_MAX))
    }

    fn redirect(&self) -> String {
        let location = self.headers.get(LOCATION).map(HeaderValue::as_bytes);
        let location = String::from_utf8_lossy(location.unwrap_or_default());
        // What follows may be a session or a token.
        let place = location.split(['?', '#']).next().unwrap_or_default();
        self.quote(&format!(
            "it redirects to {place}; correct the address, or what answers there"
        ))
    }

    fn is_html(&self) -> bool {
        let said = self.headers.get(CONTENT_TYPE);
        let said = said.and_then(|value| value.to_str().ok());
        match said.map(|text| text.trim_start().to_ascii_lowercase()) {
            Some(kind) => kind.starts_with("text/html") || kind.starts_with("application/xhtml"),
            None => self.body.trim_ascii_start().starts_with(b"<"),
        }
    }

    /// On one line, cut, without what must not be seen.
    fn quote(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            text = text.replace(secret, "…");
        }
        one_line(&text)
    }
}

/// Text of another system for an error: on one line, without control characters, cut.
pub(crate) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let line = words.join(" ");
    match line.char_indices().nth(QUOTE_LENGTH_MAX) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// The values of headers that are marked as sensitive, without their scheme.
fn secrets(headers: &HeaderMap) -> Vec<String> {
    let sensitive = headers.values().filter(|value| value.is_sensitive());
    sensitive
        .filter_map(|value| value.to_str().ok()?.split(' ').next_back())
        .filter(|secret| !secret.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Where the JSON of an error has its message: each system has its own word.
fn message(body: &Value) -> Option<String> {
    match body {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => {
            let texts: Vec<String> = items.iter().filter_map(message).collect();
            (!texts.is_empty()).then(|| texts.join("; "))
        }
        Value::Object(fields) => {
            let names = [
                "message",
                "Message",
                "error_description",
                "error_human",
                "error",
                "errors",
                "detail",
            ];
            let found: Vec<String> = names
                .iter()
                .filter_map(|name| message(fields.get(*name)?))
                .collect();
            (!found.is_empty()).then(|| found.join(": "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn title(page: &str) -> Option<&str> {
    // ASCII alone is lowered, so that places in both texts are the same.
    let lowered = page.to_ascii_lowercase();
    let start = lowered.find("<title>")? + "<title>".len();
    let end = start + lowered.get(start..)?.find("</title>")?;
    page.get(start..end)
}

#[cfg(test)]
mod tests;
