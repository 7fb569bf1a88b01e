//! The parameters in the path.

use axum::extract::{FromRequestParts, rejection::PathRejection};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::{Kind, Problem};

/// The parameters of the route's path. What can't be read names nothing that exists: 404.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<S, T> FromRequestParts<S> for Path<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // Postgres can't hold a NUL, so no id or name with one exists.
        if parts.uri.path().contains("%00") {
            return Err(Problem::new(Kind::NotFound));
        }
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(_)) => {
                Err(Problem::new(Kind::NotFound))
            }
            // The route has no such parameters: a mistake of ours.
            Err(other) => Err(Problem::internal(&other)),
        }
    }
}
