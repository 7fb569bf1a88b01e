//! Keys beside those in a license's fields.

use std::collections::BTreeSet;

use super::{Asset, Dated, inputs::line_given};
use crate::{
    asset::{KEYS_AT_ONCE_MAX, KEYS_MAX},
    decide::Setting,
    event::Event,
    ids::AssignmentId,
    refusal::{Refusal, Violations},
    value::SecretRef,
};

/// A key to be added, as it comes in: its value is sealed in the vault already.
#[derive(Debug, Clone)]
pub struct KeyDraft {
    /// The sealed value; version 0 stands for one that could not be, so that it is told with all that is wrong.
    pub secret: SecretRef,
    /// What it is for.
    pub label: Option<String>,
    /// The assignment that it belongs to.
    pub assignment: Option<AssignmentId>,
}

/// Adds keys, all of them or none.
pub(crate) fn add_keys(
    asset: &Asset,
    keys: &[KeyDraft],
    setting: &Setting,
) -> Result<Vec<Dated>, Refusal> {
    let mut found = Violations::default();
    if keys.is_empty() || keys.len() > KEYS_AT_ONCE_MAX {
        let message = format!(
            "there are {}: 1 to {KEYS_AT_ONCE_MAX} are expected",
            keys.len()
        );
        found.add("keys", message);
    }
    if asset.keys.len() + keys.len() > KEYS_MAX {
        found.add("keys", format!("a license has at most {KEYS_MAX}"));
    }
    let mut events = Vec::new();
    let mut bound: BTreeSet<AssignmentId> = asset
        .keys
        .values()
        .filter_map(|key| key.assignment)
        .collect();
    for (at, key) in keys.iter().enumerate().take(KEYS_AT_ONCE_MAX) {
        let path = format!("keys[{at}]");
        let same = |other: &KeyDraft| other.secret.secret_id == key.secret.secret_id;
        if keys[..at].iter().any(same) {
            found.add(path.clone(), "is the same secret as another: seal it again");
        }
        if key.secret.version < 1 {
            found.add(format!("{path}.value"), "is not sealed");
        }
        let label = line_given(&format!("{path}.label"), key.label.as_deref(), &mut found);
        if let Some(assignment) = key.assignment {
            let path = format!("{path}.assignment_id");
            if !asset.seats.assignments.contains_key(&assignment) {
                found.add(path, format!("the license has no assignment {assignment}"));
            } else if !bound.insert(assignment) {
                found.add(path, "has a key already: remove that first");
            }
        }
        let added = Event::KeyAdded {
            secret_id: key.secret.secret_id,
            secret_version: key.secret.version,
            label,
            assignment_id: key.assignment,
        };
        events.push((setting.today, added));
    }
    found.check()?;
    Ok(events)
}
