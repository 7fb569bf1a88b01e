//! Between the domain's events and what the log holds.

use domain::{Event, Fact, ids::CompanyId};
use event_log::Recorded;

use crate::{
    events::{event_type, from_payload, to_payload},
    upcast::{UPCASTS, upcast},
};

/// An event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The type's name in the log.
    pub event_type: &'static str,
    /// The version of the payload's shape.
    pub schema_version: i16,
    /// JSON.
    pub payload: String,
}

/// Why a stored event can't be read. An event that this release does not know is no damage: a newer one wrote
/// it.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The type is not known here.
    #[error("the event type {0:?} is not known")]
    UnknownType(String),
    /// The type is known, this version of its payload is not.
    #[error("version {schema_version} of the event type {event_type} is not known")]
    UnknownVersion {
        /// The type.
        event_type: String,
        /// The version.
        schema_version: i16,
    },
    /// The payload does not have the shape that its type and version promise.
    #[error("the payload of an event of type {event_type} is malformed")]
    Malformed {
        /// The type.
        event_type: String,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
}

/// The stored form of an event, in its type's current version.
#[must_use]
pub fn encode(event: &Event) -> Stored {
    let (event_type, schema_version, payload) = to_payload(event);
    // Structs of texts, numbers and lists always serialize; were one ever not to, the log refuses an empty
    // payload, since it is no JSON.
    Stored {
        event_type,
        schema_version,
        payload: payload.unwrap_or_default(),
    }
}

/// Reads a stored event of any version.
///
/// # Errors
/// [`DecodeError`].
pub fn decode(name: &str, schema_version: i16, payload: &str) -> Result<Event, DecodeError> {
    let current = event_type(name)
        .ok_or_else(|| DecodeError::UnknownType(name.to_owned()))?
        .schema_version;
    let upcast = (schema_version != current)
        .then(|| upcast(UPCASTS, name, schema_version, current, payload))
        .transpose()?;
    from_payload(name, upcast.as_deref().unwrap_or(payload))
        .ok_or_else(|| DecodeError::UnknownType(name.to_owned()))?
        .map_err(|source| DecodeError::Malformed {
            event_type: name.to_owned(),
            source,
        })
}

/// The fact that a recorded event states.
///
/// # Errors
/// [`DecodeError`].
pub fn fact(recorded: &Recorded) -> Result<Fact, DecodeError> {
    Ok(Fact {
        stream: recorded.stream_id,
        company: recorded.company_id.map(CompanyId),
        effective_on: recorded.effective_on,
        event: decode(
            &recorded.event_type,
            recorded.schema_version,
            &recorded.payload,
        )?,
    })
}
