//! The principal as an argument of a handler.

use axum::extract::{FromRef, FromRequestParts};
use domain::access::Principal;
use http::{HeaderMap, header, request::Parts};

use super::{AuthError, Authenticator};
use crate::problem::Problem;

/// Whoever sent the request, with a token that is valid. A handler that takes it answers 401 to all
/// others. Comes first among the arguments, so that a stranger learns nothing about bodies.
#[derive(Debug, Clone)]
pub struct Authenticated(pub Principal);

impl<S> FromRequestParts<S> for Authenticated
where
    S: Send + Sync,
    Authenticator: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let authenticator = Authenticator::from_ref(state);
        let principal = authenticator.authenticate(bearer(&parts.headers)?).await?;
        Ok(Self(principal))
    }
}

fn bearer(headers: &HeaderMap) -> Result<&str, AuthError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(AuthError::Missing);
    };
    let (scheme, token) = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .ok_or(AuthError::Missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(AuthError::Missing);
    }
    Ok(token.trim())
}
