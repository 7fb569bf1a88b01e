//! The principal as an argument of a handler.

use axum::{
    extract::{FromRef, FromRequestParts, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
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
        // Put there by `alongside`, which sees to it that nobody is answered who should not be.
        if let Some(presumed) = parts.extensions.get::<Presumed>() {
            return Ok(Self(presumed.0.clone()));
        }
        let authenticator = Authenticator::from_ref(state);
        let principal = authenticator.authenticate(bearer(&parts.headers)?).await?;
        Ok(Self(principal))
    }
}

/// Whoever sent the request, as long as that is confirmed before it is answered.
#[derive(Debug, Clone)]
struct Presumed(Principal);

/// A layer for services that only read: works on the request of a token that was seen before while the database is
/// asked whether it still is good, and answers once that is known. So a revoked token is refused at once, and that
/// costs no time. Other requests pass, and their handlers authenticate them.
pub async fn alongside(
    State(authenticator): State<Authenticator>,
    mut request: Request,
    next: Next,
) -> Response {
    let bearer = bearer(request.headers()).ok();
    let principal = match bearer.and_then(|bearer| authenticator.presume(bearer)) {
        None => return next.run(request).await,
        Some(Err(error)) => return Problem::from(error).into_response(),
        Some(Ok(principal)) => principal,
    };
    request.extensions_mut().insert(Presumed(principal.clone()));
    let (confirmed, response) = tokio::join!(authenticator.confirm(&principal), next.run(request));
    match confirmed {
        Ok(()) => response,
        Err(error) => Problem::from(error).into_response(),
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
