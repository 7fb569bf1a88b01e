//! The headers that commands and reads carry, and those they are answered with.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    response::{IntoResponseParts, ResponseParts},
};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderName, HeaderValue, header, request::Parts};
use sha2::Sha256;

use crate::problem::{Kind, Problem};

/// Carries the ledger entry that a write produced, or that a read has reached.
pub const ENTRY: HeaderName = HeaderName::from_static("seatledger-entry");

/// Carries the ledger entry that a read must have reached.
pub const MIN_ENTRY: HeaderName = HeaderName::from_static("seatledger-min-entry");

/// Makes a command safe to repeat.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Characters of an idempotency key at most; a UUID has 36.
pub const MAX_IDEMPOTENCY_KEY_CHARS: usize = 128;

/// The version that the client decided on, from `If-Match: "<version>"`; `None` without the header.
///
/// `*` is refused, since it would ask for nothing, and so is a weak tag, which never matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub Option<i32>);

/// The client's name for this command: 1 to [`MAX_IDEMPOTENCY_KEY_CHARS`] visible ASCII characters, as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(pub Option<String>);

/// The entry of the ledger that what is read must have reached, from `Seatledger-Min-Entry`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinEntry(pub Option<i64>);

/// Answers with `ETag: "<version>"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ETag(pub i32);

/// Answers with `Seatledger-Entry: <entry>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry(pub i64);

/// What a receipt keeps of a request, to tell a repetition from another request with the same key. Keyed,
/// so that the receipts say nothing about bodies that can be guessed. `target` is path and query.
#[must_use]
pub fn body_hmac(key: &[u8; 32], method: &http::Method, target: &str, body: &[u8]) -> [u8; 32] {
    // HMAC fills a short key with zeros up to its block; doing it here leaves nothing that could fail.
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    for part in [method.as_str().as_bytes(), target.as_bytes(), body] {
        // The lengths keep a byte from wandering from one part into the next.
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        single(parts, &header::IF_MATCH)?
            .map(version)
            .transpose()
            .map(Self)
    }
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let key = single(parts, &IDEMPOTENCY_KEY)?;
        let is_key = |key: &&str| {
            (1..=MAX_IDEMPOTENCY_KEY_CHARS).contains(&key.len())
                && key.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let wrong = format!("must be 1 to {MAX_IDEMPOTENCY_KEY_CHARS} visible ASCII characters");
        match key {
            Some(key) if !is_key(&key) => Err(bad(&IDEMPOTENCY_KEY, wrong)),
            key => Ok(Self(key.map(str::to_owned))),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for MinEntry {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let entry =
            |text| number(text).ok_or_else(|| bad(&MIN_ENTRY, "must be the number of an entry"));
        single(parts, &MIN_ENTRY)?.map(entry).transpose().map(Self)
    }
}

impl IntoResponseParts for ETag {
    type Error = Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Infallible> {
        if let Ok(tag) = HeaderValue::try_from(format!("\"{}\"", self.0)) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        Ok(response)
    }
}

impl IntoResponseParts for Entry {
    type Error = Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Infallible> {
        response
            .headers_mut()
            .insert(ENTRY, HeaderValue::from(self.0));
        Ok(response)
    }
}

fn version(text: &str) -> Result<i32, Problem> {
    let wrong = |message: &str| bad(&header::IF_MATCH, message);
    if text == "*" {
        return Err(wrong(
            "`*` is not supported: name the version that was read",
        ));
    }
    if text.starts_with("W/") {
        return Err(wrong(
            "a weak tag matches nothing: send the `ETag` as it was answered",
        ));
    }
    text.strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .and_then(number)
        .and_then(|version| i32::try_from(version).ok())
        .filter(|&version| version > 0)
        .ok_or_else(|| wrong("must be one version in quotes, as in `If-Match: \"3\"`"))
}

/// A whole number without sign or ornament.
fn number(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// The header's one value; a repeated one would leave open which of them counts.
fn single<'a>(parts: &'a Parts, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let mut values = parts.headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(bad(name, "must be sent once"));
    }
    value
        .to_str()
        .map(|text| Some(text.trim()))
        .map_err(|_| bad(name, "must be visible ASCII characters"))
}

fn bad(name: &HeaderName, message: impl Into<String>) -> Problem {
    Problem::new(Kind::BadHeader).with_error(name.as_str(), message)
}

#[cfg(test)]
mod tests {
    use http::{Method, Request};

    use super::*;

    async fn read<T: FromRequestParts<(), Rejection = Problem>>(
        name: HeaderName,
        values: &[&str],
    ) -> Result<T, String> {
        let mut request = Request::builder();
        for value in values {
            request = request.header(&name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        T::from_request_parts(&mut parts, &())
            .await
            .map_err(|problem| {
                assert_eq!(problem.kind(), Kind::BadHeader);
                assert_eq!(problem.errors()[0].field, name.as_str());
                problem.errors()[0].message.clone()
            })
    }

    #[tokio::test]
    async fn if_match_names_one_version_in_quotes() {
        for (values, expected) in [
            (&[][..], Ok(None)),
            (&["\"1\""], Ok(Some(1))),
            (&[" \"2147483647\" "], Ok(Some(i32::MAX))),
            (&["\"0\""], Err("one version")),
            (&["\"2147483648\""], Err("one version")),
            (&["\"99999999999999999999\""], Err("one version")),
            (&["\"-1\""], Err("one version")),
            (&["\"+1\""], Err("one version")),
            (&["3"], Err("one version")),
            (&["\"3"], Err("one version")),
            (&["\""], Err("one version")),
            (&["\"\""], Err("one version")),
            (&[""], Err("one version")),
            (&["\"1\", \"2\""], Err("one version")),
            (&["W/\"3\""], Err("weak")),
            (&["*"], Err("not supported")),
            (&["\"1\"", "\"1\""], Err("once")),
            (&["é"], Err("ASCII")),
        ] {
            let read = read::<IfMatch>(header::IF_MATCH, values).await;
            match (read, expected) {
                (Ok(IfMatch(read)), Ok(expected)) => assert_eq!(read, expected, "{values:?}"),
                (Err(message), Err(said)) => {
                    assert!(message.contains(said), "{values:?}: {message}");
                }
                (read, _) => panic!("{values:?}: {read:?}"),
            }
        }
    }

    #[tokio::test]
    async fn an_idempotency_key_is_short_and_visible() {
        let (longest, too_long) = ("k".repeat(128), "k".repeat(129));
        for (values, ok) in [
            (&[][..], true),
            (&["018f2a7e-0000-7000-8000-000000000000"], true),
            (&["~!\"quoted\""], true),
            (&[longest.as_str()], true),
            (&[too_long.as_str()], false),
            (&[""], false),
            (&["a b"], false),
            (&["a\tb"], false),
            (&["é"], false),
            (&["a", "b"], false),
        ] {
            let read = read::<IdempotencyKey>(IDEMPOTENCY_KEY, values).await;
            assert_eq!(read.is_ok(), ok, "{values:?}: {read:?}");
            if let Ok(IdempotencyKey(key)) = read {
                assert_eq!(key.as_deref(), values.first().copied());
            }
        }
    }

    #[tokio::test]
    async fn min_entry_is_a_whole_number() {
        for (values, expected) in [
            (&[][..], Some(None)),
            (&["0"], Some(Some(0))),
            (&["9223372036854775807"], Some(Some(i64::MAX))),
            (&["9223372036854775808"], None),
            (&["-1"], None),
            (&["1e3"], None),
            (&[""], None),
        ] {
            let read = read::<MinEntry>(MIN_ENTRY, values).await.ok();
            assert_eq!(read.map(|min| min.0), expected, "{values:?}");
        }
    }

    #[test]
    fn a_body_hmac_depends_on_every_part() {
        let key = [7; 32];
        let hmac = body_hmac(&key, &Method::POST, "/v1/assets", b"{}");
        assert_eq!(hmac, body_hmac(&key, &Method::POST, "/v1/assets", b"{}"));
        for other in [
            body_hmac(&[8; 32], &Method::POST, "/v1/assets", b"{}"),
            body_hmac(&key, &Method::PUT, "/v1/assets", b"{}"),
            body_hmac(&key, &Method::POST, "/v1/asset", b"s{}"),
            body_hmac(&key, &Method::POST, "/v1/assets", b"{} "),
        ] {
            assert_ne!(hmac, other);
        }
    }
}
