//! Every answer that is not a success: RFC 9457 problem details.
//!
//! A type of our own rather than a crate's, because [`Kind`] is the point: a problem can only be made
//! from the documented list, so no handler invents a `type` that nobody described.

mod kind;
mod openapi;
mod pages;

use std::{error::Error, time::Duration};

use axum::response::{IntoResponse, Response};
use domain::access::Denied;
use http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use kind::Kind;
pub use openapi::{Problems, describe};
pub use pages::pages;

/// The media type of RFC 9457.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Why a request did not succeed, as the client will see it. Says nothing that is only for operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    kind: Kind,
    detail: Option<String>,
    errors: Vec<FieldError>,
    retry_after: Option<Duration>,
}

/// What is wrong with one field, parameter or header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// Where: a path into the body (`fields[3].kind`), or the name of a parameter or header.
    #[schema(example = "values.total_seats")]
    pub field: String,
    /// What is wrong, and how to mend it.
    #[schema(example = "must be a whole number of at least 0")]
    pub message: String,
}

/// The body of a problem, as sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
struct ProblemBody<'a> {
    /// A stable URI reference; the page behind it documents the problem.
    #[schema(example = "/problems/validation")]
    r#type: String,
    /// The same for every problem of the type.
    title: &'a str,
    /// The HTTP status, again.
    status: u16,
    /// What happened this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    /// Everything that is wrong with the input.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

impl Problem {
    /// A problem of this kind, without any detail.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            detail: None,
            errors: Vec::new(),
            retry_after: kind.retry_after(),
        }
    }

    /// The input breaks rules; all of them at once.
    #[must_use]
    pub fn validation(errors: impl IntoIterator<Item = impl Into<FieldError>>) -> Self {
        Self::new(Kind::Validation).with_errors(errors)
    }

    /// Something went wrong that the client can't mend. Logs the error with all its causes, here and
    /// only here, and tells the client nothing of it.
    #[must_use]
    pub fn internal(error: &(dyn Error + 'static)) -> Self {
        tracing::error!(error = %Causes(error), "a request failed");
        Self::new(Kind::Internal)
    }

    /// A server that we need (the database, say) does not answer. Logged like [`Problem::internal`].
    #[must_use]
    pub fn unavailable(error: &(dyn Error + 'static)) -> Self {
        tracing::warn!(error = %Causes(error), "a request met a server that is not available");
        Self::new(Kind::Unavailable)
    }

    /// Adds what happened this time. Never text from an error of a driver or of the database.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds what is wrong with which field.
    #[must_use]
    pub fn with_errors(mut self, errors: impl IntoIterator<Item = impl Into<FieldError>>) -> Self {
        self.errors.extend(errors.into_iter().map(Into::into));
        self
    }

    /// Adds one field that is wrong.
    #[must_use]
    pub fn with_error(self, field: impl Into<String>, message: impl Into<String>) -> Self {
        let (field, message) = (field.into(), message.into());
        self.with_errors([FieldError { field, message }])
    }

    /// When to try again, instead of the kind's usual wait. Sent in whole seconds, rounded up.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Which of the documented problems this is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What is wrong with which field.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// What happened this time.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if self.kind == Kind::Unauthorized {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"Seatledger\""),
            );
        }
        headers
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = ProblemBody {
            r#type: self.kind.uri(),
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            detail: self.detail.as_deref(),
            errors: &self.errors,
        };
        // Strings and a number always serialize; an empty body would still carry the status.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        (self.kind.status(), self.headers(), body).into_response()
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NotVisible => Self::new(Kind::NotFound),
            Denied::Forbidden(reason) => Self::new(Kind::Forbidden).with_detail(reason),
        }
    }
}

impl From<domain::FieldError> for FieldError {
    fn from(error: domain::FieldError) -> Self {
        Self {
            field: error.field,
            message: error.message,
        }
    }
}

/// An error and its sources in one line, each said once: for the log, and never for a client.
pub struct Causes<'a>(pub &'a (dyn Error + 'static));

impl std::fmt::Display for Causes<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            write!(formatter, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}
