//! JSON bodies.

use axum::body::Bytes;
use axum::{
    body::{Body, HttpBody},
    extract::{FromRequest, OptionalFromRequest, Request},
    response::IntoResponse,
};
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use super::json_check::check;
use crate::problem::{Kind, Problem};

/// The largest body that a route takes unless it says otherwise, in bytes. Facts are at most 256 KiB;
/// a few of them, with names and white space, fit. Imports set a limit of their own.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// A JSON body. Unknown keys are refused if `T` says `#[serde(deny_unknown_fields)]`, which it should:
/// a mistyped key that is ignored looks like a change that was made.
///
/// `Option<Json<T>>` is `None` for an empty body.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

/// A JSON body with the bytes it came in, for the receipt of an idempotent command.
#[derive(Debug, Clone)]
pub struct RawJson<T> {
    /// What the body says.
    pub value: T,
    /// The body as sent; see [`crate::headers::body_hmac`].
    pub bytes: Bytes,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for RawJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(Kind::UnsupportedMediaType));
        }
        let bytes = read(request, state).await?;
        let value = parse(&bytes)?;
        Ok(Self { value, bytes })
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let raw = <RawJson<T> as FromRequest<S>>::from_request(request, state).await?;
        Ok(Self(raw.value))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for RawJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        if request.body().is_end_stream() {
            return Ok(None);
        }
        let json = is_json(request.headers());
        let bytes = read(request, state).await?;
        match (bytes.is_empty(), json) {
            (true, _) => Ok(None),
            (false, false) => Err(Problem::new(Kind::UnsupportedMediaType)),
            (false, true) => parse(&bytes).map(|value| Some(Self { value, bytes })),
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        let raw = <RawJson<T> as OptionalFromRequest<S>>::from_request(request, state).await?;
        Ok(raw.map(|raw| Self(raw.value)))
    }
}

/// `application/json` or another type with the `+json` suffix, whatever its parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(value)) = headers
        .get(header::CONTENT_TYPE)
        .map(|value| value.to_str())
    else {
        return false;
    };
    let essence = value
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

async fn read<S: Send + Sync>(request: Request<Body>, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state)
        .await
        .map_err(|rejection| {
            let kind = match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => Kind::BodyTooLarge,
                _ => Kind::MalformedBody,
            };
            Problem::new(kind)
        })
}

/// Checks what no type of ours would notice, then reads the body into its type.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    check(bytes)
        .map_err(|flaw| Problem::new(Kind::MalformedBody).with_error(flaw.path, flaw.message))?;
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let message = error.into_inner().to_string();
        Problem::new(Kind::Validation).with_error(field(path, &message), without_position(&message))
    })
}

/// The field that an error is about. serde reports a missing field at the object that lacks it.
fn field(path: String, message: &str) -> String {
    let missing = message
        .strip_prefix("missing field `")
        .and_then(|rest| rest.split('`').next());
    match missing {
        Some(name) if path == "." => name.to_owned(),
        Some(name) => format!("{path}.{name}"),
        None => path,
    }
}

/// The message without serde's ` at line 1 column 7`, which the path makes redundant.
fn without_position(message: &str) -> &str {
    message
        .rsplit_once(" at line ")
        .map_or(message, |(text, _)| text)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct NewType {
        name: String,
        fields: Vec<NewField>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct NewField {
        kind: String,
        #[allow(dead_code)]
        decimals: Option<u8>,
    }

    #[test]
    fn a_body_is_read_into_its_type() {
        let read: NewType = parse(br#"{"name":"Domain","fields":[{"kind":"date"}]}"#).unwrap();
        assert_eq!(
            (read.name.as_str(), read.fields[0].kind.as_str()),
            ("Domain", "date")
        );
    }

    #[test]
    fn what_is_wrong_with_a_body_is_said_with_its_place() {
        for (body, kind, field, said) in [
            ("", Kind::MalformedBody, "", "EOF"),
            ("{", Kind::MalformedBody, "", "EOF"),
            ("{} {}", Kind::MalformedBody, "", "trailing"),
            (
                r#"{"name":"a","name":"b"}"#,
                Kind::MalformedBody,
                "name",
                "twice",
            ),
            (
                r#"{"fields":[{"kind":"a\u0000"}]}"#,
                Kind::MalformedBody,
                "fields[0].kind",
                "NUL",
            ),
            (
                r#"{"name":"\ud800","fields":[]}"#,
                Kind::MalformedBody,
                "name",
                "hex escape",
            ),
            (
                r#"{"name":1,"fields":[]}"#,
                Kind::Validation,
                "name",
                "expected a string",
            ),
            (
                r#"{"name":"a"}"#,
                Kind::Validation,
                "fields",
                "missing field",
            ),
            (
                r#"{"name":"a","fields":[{}]}"#,
                Kind::Validation,
                "fields[0].kind",
                "missing field",
            ),
            (
                r#"{"name":"a","fields":[],"x":1}"#,
                Kind::Validation,
                "x",
                "unknown field `x`",
            ),
            (
                r#"{"name":"a","fields":[{"kind":"n","decimals":300}]}"#,
                Kind::Validation,
                "fields[0].decimals",
                "300",
            ),
            (r#"[]"#, Kind::Validation, "", ""),
        ] {
            let problem = parse::<NewType>(body.as_bytes()).unwrap_err();
            assert_eq!(problem.kind(), kind, "{body}");
            let error = &problem.errors()[0];
            assert!(error.field.ends_with(field), "{body}: {error:?}");
            assert!(error.message.contains(said), "{body}: {error:?}");
            assert!(
                !error.message.contains("column") || kind == Kind::MalformedBody,
                "{error:?}"
            );
        }
    }

    #[test]
    fn the_content_type_says_whether_it_is_json() {
        for (value, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/merge-patch+json", true),
            ("text/plain", false),
            ("text/json", false),
            ("application/x-www-form-urlencoded", false),
            ("multipart/form-data; x=application/json", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, value.parse().unwrap());
            assert_eq!(is_json(&headers), expected, "{value}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
