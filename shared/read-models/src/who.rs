//! Who did something, as rows name them.

use contract::{Actor, Principal};

/// The kind of an actor, and the id or the name that tells which.
pub(crate) fn actor(principal: &Principal) -> (&'static str, String) {
    match &principal.actor {
        Actor::Person(person) => ("person", person.to_string()),
        Actor::Integration(name) => ("integration", name.clone()),
        Actor::System(_) => ("system", "system".to_owned()),
    }
}
