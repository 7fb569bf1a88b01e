//! What tells a row's license from all others, in every run.

use std::collections::{BTreeMap, HashMap};

use domain::{
    asset_type::{AssetType, Field, FieldKind, FieldRole},
    ids::{AssetTypeId, CompanyId},
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

/// Fields that tell two purchases of one product apart, if a type has them.
const ORDERS: [&str; 4] = ["purchase_order", "order_number", "po_number", "order"];

/// Tells rows apart that bring no id.
#[derive(Debug)]
pub(super) struct Identities {
    asset_type: AssetTypeId,
    keys: Vec<String>,
    seen: HashMap<String, u32>,
}

impl Identities {
    pub(super) fn of(asset_type: &AssetType) -> Self {
        let fields = || asset_type.live_fields();
        let with = |role| fields().find(|field| field.role == Some(role));
        let mut keys: Vec<String> = ROLES
            .iter()
            .filter_map(|role| with(*role).map(|field| field.key.to_string()))
            .collect();
        if with(FieldRole::Product).is_none() {
            // Of another type than licenses, the first text is what people call it by.
            let first = fields().find(|field| field.kind == FieldKind::Text);
            keys.extend(first.map(|field| field.key.to_string()));
        }
        let is_order = |field: &&Field| {
            ORDERS.contains(&field.key.as_str()) && field.kind != FieldKind::Password
        };
        keys.extend(fields().filter(is_order).map(|field| field.key.to_string()));
        keys.dedup();
        Self {
            asset_type: asset_type.id,
            keys,
            seen: HashMap::new(),
        }
    }

    /// The fields that count, beside company and type.
    pub(super) fn keys(&self) -> &[String] {
        &self.keys
    }

    /// What tells a row's asset. Equal rows are assets of their own: the first, the second, and so on.
    /// `company` names whose they are, the same for all rows of one.
    pub(super) fn next(&mut self, company: &str, values: &BTreeMap<String, Json>) -> Likeness {
        let mut parts = vec![("type", self.asset_type.to_string())];
        // What a row leaves blank is no part of it, so that a field which the type gets later changes no id.
        parts.extend(self.keys.iter().filter_map(|key| {
            let value = match values.get(key)? {
                Json::String(value) => text::normalized(value),
                other => other.to_string(),
            };
            Some((key.as_str(), value))
        }));
        // Each with its length, so that neighbours can't run into each other.
        let parts: String = parts
            .iter()
            .map(|(key, part)| format!("{key}:{}:{part}", part.len()))
            .collect();
        let alike = format!("{}\n{parts}", text::normalized(company));
        let count = self.seen.entry(alike).or_default();
        *count += 1;
        Likeness {
            parts,
            count: *count,
        }
    }
}

/// What tells an asset from all others of its company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likeness {
    parts: String,
    count: u32,
}

impl Likeness {
    /// The id of the asset within [`SYSTEM`](super::SYSTEM). By the company's id, so that it outlives its name.
    #[must_use]
    pub fn external_id(&self, company: CompanyId) -> String {
        let alike = Uuid::new_v5(&NAMESPACE, format!("{company}\n{}", self.parts).as_bytes());
        match self.count {
            1 => alike.to_string(),
            more => format!("{alike}-{more}"),
        }
    }
}
