//! What tells a row's license from all others, in every run.

use std::collections::{BTreeMap, HashMap};

use domain::{
    asset_type::{Field, FieldKind, FieldRole},
    text,
};
use serde_json::Value as Json;
use uuid::Uuid;

/// Of our own making, so that no other use of v5 ids can meet ours.
const NAMESPACE: Uuid = Uuid::from_u128(0x6c1f_54a2_93d7_4c0b_b8a6_1f0e_52d9_7c31);

/// What of a license hardly ever changes. Seats, costs and expiries do, and must find the same license again.
const ROLES: [FieldRole; 4] = [
    FieldRole::Product,
    FieldRole::Vendor,
    FieldRole::LicenseMetric,
    FieldRole::PurchaseDate,
];

/// Derives external ids for rows that bring none.
#[derive(Debug)]
pub(super) struct Identities {
    keys: Vec<String>,
    seen: HashMap<Uuid, u32>,
}

impl Identities {
    pub(super) fn of(fields: &[Field]) -> Self {
        let with = |role| fields.iter().find(|field| field.role == Some(role));
        let mut keys: Vec<String> = ROLES
            .iter()
            .filter_map(|role| with(*role).map(|field| field.key.to_string()))
            .collect();
        if with(FieldRole::Product).is_none() {
            // Of another type than licenses, the first text is what people call it by.
            let first = fields.iter().find(|field| field.kind == FieldKind::Text);
            keys.extend(first.map(|field| field.key.to_string()));
        }
        Self {
            keys,
            seen: HashMap::new(),
        }
    }

    /// The id of a row's license. Equal rows are licenses of their own: the first, the second, and so on.
    pub(super) fn next(&mut self, company: &str, values: &BTreeMap<String, Json>) -> String {
        let mut parts = vec![text::normalized(company)];
        parts.extend(self.keys.iter().map(|key| match values.get(key) {
            Some(Json::String(value)) => text::normalized(value),
            Some(other) => other.to_string(),
            None => String::new(),
        }));
        // Each with its length, so that neighbours can't run into each other.
        let joined: String = parts
            .iter()
            .map(|part| format!("{}:{part}", part.len()))
            .collect();
        let alike = Uuid::new_v5(&NAMESPACE, joined.as_bytes());
        let count = self.seen.entry(alike).or_default();
        *count += 1;
        match count {
            1 => alike.to_string(),
            more => format!("{alike}-{more}"),
        }
    }
}
