//! What several bodies have in common.

use serde::{Deserialize, Deserializer};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::extract::RawJson;

/// A body that says why, and nothing else.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    /// Why; shown in the history.
    #[schema(max_length = 2000)]
    pub(crate) reason: Option<String>,
}

/// What another system calls a thing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExternalId {
    /// The system.
    #[schema(example = "connectwise", max_length = 60)]
    pub(crate) system: String,
    /// The system's id.
    #[schema(example = "C-1042", max_length = 200)]
    pub(crate) id: String,
}

/// The thing that a path is about.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct ById {
    /// Its id.
    pub(crate) id: Uuid,
}

/// The thing that a path is about, by another system's id.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct ByExternalId {
    /// The other system.
    pub(crate) system: String,
    /// Its id there.
    pub(crate) id: String,
}

/// A body that may be left out or null, with its bytes.
pub(crate) fn optional<T: Default>(body: Option<RawJson<Option<T>>>) -> (T, axum::body::Bytes) {
    body.map_or_else(Default::default, |body| {
        (body.value.unwrap_or_default(), body.bytes)
    })
}

pub(crate) fn pairs(ids: Vec<ExternalId>) -> Vec<(String, String)> {
    ids.into_iter().map(|id| (id.system, id.id)).collect()
}

/// Tells what is null from what was not sent.
pub(crate) fn sent<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A part of a body that holds a secret. What does not fit is not repeated in the error, as serde would.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Quiet<T> {
    Fits(T),
    Unfit(serde::de::IgnoredAny),
}
