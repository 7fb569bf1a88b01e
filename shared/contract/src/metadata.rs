//! Who did it, why, and through which request: stored beside each event.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What is stored beside an event's payload. People are named by id alone: their names stand in a table from
/// which they can be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// Who.
    pub principal: Principal,
    /// Why, in the person's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The HTTP request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// What this and other events belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<Uuid>,
    /// The event that led to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation: Option<Uuid>,
    /// The W3C trace context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

/// Who did it, and with which token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// In whose name: `{"person": "<id>"}`, `{"integration": "<name>"}` or `{"system": true}`, whose one member
    /// stands beside `token`.
    #[serde(flatten)]
    pub actor: Actor,
    /// The token; none at the command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Uuid>,
}

/// In whose name something was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A person of the MSP.
    Person(Uuid),
    /// A program, by its name.
    Integration(String),
    /// Seatledger itself; always true.
    System(bool),
}

/// Why a text is no metadata.
#[derive(Debug, thiserror::Error)]
#[error("the metadata is malformed")]
pub struct MetadataError(#[source] serde_json::Error);

impl Metadata {
    /// Metadata that says who, and nothing more.
    #[must_use]
    pub fn of(principal: Principal) -> Self {
        Self {
            principal,
            reason: None,
            request: None,
            correlation: None,
            causation: None,
            trace: None,
        }
    }

    /// As JSON.
    #[must_use]
    pub fn encode(&self) -> String {
        // Texts and ids always serialize; the log would refuse an empty text, since it is no JSON.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what [`Metadata::encode`] wrote, or a newer release, whose further members are passed over.
    ///
    /// # Errors
    /// If it is no metadata.
    pub fn parse(json: &str) -> Result<Self, MetadataError> {
        serde_json::from_str(json).map_err(MetadataError)
    }
}

impl From<&domain::access::Principal> for Principal {
    fn from(principal: &domain::access::Principal) -> Self {
        use domain::access::Actor as From;
        let (actor, token) = match &principal.actor {
            From::Person(person) => (Actor::Person(person.0), Some(principal.token.0)),
            From::Integration(name) => (Actor::Integration(name.clone()), Some(principal.token.0)),
            From::System => (Actor::System(true), None),
        };
        Self { actor, token }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_written_in_few_bytes_and_read_again() {
        let token = Uuid::from_u128(7);
        let of = |actor, token| Metadata::of(Principal { actor, token });
        let full = Metadata {
            reason: Some("new hire".to_owned()),
            request: Some("req-1".to_owned()),
            correlation: Some(Uuid::from_u128(8)),
            causation: Some(Uuid::from_u128(9)),
            trace: Some("00-1-2-01".to_owned()),
            ..of(Actor::Person(Uuid::from_u128(1)), Some(token))
        };
        for (metadata, expected) in [
            (
                of(Actor::System(true), None),
                r#"{"principal":{"system":true}}"#,
            ),
            (
                of(Actor::Integration("rmm".to_owned()), Some(token)),
                r#"{"principal":{"integration":"rmm","token":"00000000-0000-0000-0000-000000000007"}}"#,
            ),
            (
                full,
                r#"{"principal":{"person":"00000000-0000-0000-0000-000000000001","token":"00000000-0000-0000-0000-000000000007"},"reason":"new hire","request":"req-1","correlation":"00000000-0000-0000-0000-000000000008","causation":"00000000-0000-0000-0000-000000000009","trace":"00-1-2-01"}"#,
            ),
        ] {
            assert_eq!(metadata.encode(), expected);
            assert_eq!(Metadata::parse(expected).unwrap(), metadata);
        }
    }

    #[test]
    fn members_of_a_newer_release_are_passed_over() {
        let newer = r#"{"principal":{"system":true,"session":"s"},"weather":"fine"}"#;
        assert_eq!(
            Metadata::parse(newer).unwrap().principal.actor,
            Actor::System(true)
        );
        assert!(Metadata::parse(r#"{"principal":{}}"#).is_err());
    }
}
