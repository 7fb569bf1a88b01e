use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode};
use url::Url;
use uuid::Uuid;

use super::signer::Signer;
use crate::http::{self, Client, Failure};

/// CloudEvents' structured mode.
const CONTENT: &str = "application/cloudevents+json";
/// What is kept of an answer, for whoever looks for the reason: a sentence or two, not a page.
const SAID_LENGTH_MAX: usize = 1024;
/// Parts of an address from this length on may be tokens, and are not repeated if an answer repeats them.
const TOKEN_LENGTH_MIN: usize = 8;

/// The receiver has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// 200 to 299.
    pub status: u16,
    /// From the first byte sent to the answer's head.
    pub took: Duration,
}

/// The receiver did not take it. Texts say what it answered, cut to 1 KiB, and never the address, which may carry a
/// token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// 410: it wants no more of these; stop.
    #[error("the receiver wants no more webhooks (status 410)")]
    Gone {
        /// What it said.
        said: String,
    },
    /// 429 or 503: it asks to wait.
    #[error("the receiver asks to wait (status {status}){}", after(.said))]
    Busy {
        /// The HTTP status.
        status: u16,
        /// For how long, if it says so.
        retry_after: Option<Duration>,
        /// What it said.
        said: String,
    },
    /// Any other answer but success.
    #[error("the receiver answered with status {status}{}{}", hint(*.status), after(.said))]
    Failed {
        /// The HTTP status.
        status: u16,
        /// What it said.
        said: String,
    },
    /// The address may not be called, or no answer came.
    #[error(transparent)]
    Unanswered(Failure),
}

impl SendError {
    /// Whether nothing is to be sent there any more.
    #[must_use]
    pub fn ends_it(&self) -> bool {
        matches!(self, Self::Gone { .. })
    }

    /// How long the receiver asked to be left alone.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// Posts one event to one endpoint, once. `client` should reach public addresses only; `id` is the event's, `at` the
/// time now, `body` its CloudEvent.
///
/// # Errors
/// [`SendError`].
pub async fn send(
    client: &Client,
    endpoint: &Url,
    signer: &Signer,
    id: Uuid,
    at: DateTime<Utc>,
    body: Vec<u8>,
) -> Result<Sent, SendError> {
    let request = client
        .request(Method::POST, endpoint.clone())
        .map_err(SendError::Unanswered)?
        .header(CONTENT_TYPE, CONTENT)
        .header("webhook-id", id.to_string())
        .header("webhook-timestamp", at.timestamp())
        .header("webhook-signature", signer.sign(id, at, &body))
        .body(body);
    let began = Instant::now();
    let answer = http::send(request).await.map_err(SendError::Unanswered)?;
    let took = began.elapsed();
    let status = answer.status();
    let retry_after = http::retry_after(answer.headers());
    // Read also when it is not needed, so that the connection serves the next one.
    let said = said(
        &http::read_start(answer, SAID_LENGTH_MAX + endpoint.as_str().len()).await,
        endpoint,
    );
    let number = status.as_u16();
    match status {
        _ if status.is_success() => Ok(Sent {
            status: number,
            took,
        }),
        StatusCode::GONE => Err(SendError::Gone { said }),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Err(SendError::Busy {
            status: number,
            retry_after,
            said,
        }),
        _ => Err(SendError::Failed {
            status: number,
            said,
        }),
    }
}

/// An answer as it may be kept and shown: on one line, cut, and without what stands in the address. Web servers like
/// to repeat that ("Cannot POST /hooks/…").
fn said(answer: &str, endpoint: &Url) -> String {
    let mut said = answer.to_owned();
    let query = endpoint.query().unwrap_or_default();
    let mut tokens: Vec<&str> = [query]
        .into_iter()
        .chain(endpoint.path().split('/'))
        .chain(query.split(['&', '=']))
        .filter(|token| token.len() >= TOKEN_LENGTH_MIN)
        .collect();
    // The longest first, which may contain others.
    tokens.sort_by_key(|token| std::cmp::Reverse(token.len()));
    for token in tokens {
        said = said.replace(token, "…");
    }
    let mut said = said
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    said.truncate(said.floor_char_boundary(SAID_LENGTH_MAX));
    said
}

fn after(said: &str) -> String {
    if said.is_empty() {
        String::new()
    } else {
        format!(": {said}")
    }
}

fn hint(status: u16) -> &'static str {
    match status {
        300..=399 => " (redirects are not followed; set the address to where it leads)",
        401 | 403 => " (it must let requests through and verify their signature)",
        404 | 405 => " (is the address right?)",
        _ => "",
    }
}
