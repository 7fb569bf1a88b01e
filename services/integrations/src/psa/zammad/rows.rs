//! What Zammad answers, as far as it is read.

use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
pub(super) struct Row {
    pub(super) id: u64,
    pub(super) number: String,
    pub(super) state: String,
    pub(super) state_id: u64,
    /// The time entered so far: a decimal, as number or text, or nothing.
    #[serde(default)]
    pub(super) time_unit: Value,
    /// The reference is among what administrators added.
    #[serde(flatten)]
    pub(super) rest: Map<String, Value>,
}

impl Row {
    pub(super) fn has_time(&self) -> bool {
        let spent = match &self.time_unit {
            Value::String(text) => text.parse().ok(),
            other => other.as_f64(),
        };
        spent.is_some_and(|spent: f64| spent > 0.0)
    }
}

#[derive(Deserialize)]
pub(super) struct Organization {
    #[serde(default)]
    pub(super) member_ids: Vec<u64>,
    #[serde(default)]
    pub(super) secondary_member_ids: Vec<u64>,
}

#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) active: bool,
}

#[derive(Deserialize)]
pub(super) struct StateKind {
    pub(super) state_type: String,
}

#[derive(Deserialize)]
pub(super) struct Links {
    pub(super) links: Vec<Link>,
}

#[derive(Deserialize)]
pub(super) struct Link {
    pub(super) link_type: String,
    pub(super) link_object: String,
    pub(super) link_object_value: u64,
}

#[derive(Deserialize)]
pub(super) struct Article {
    pub(super) id: u64,
    pub(super) body: String,
    pub(super) content_type: String,
    pub(super) sender: String,
    pub(super) created_by_id: u64,
}

#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: u64,
}
