//! Values that come in, read and compared with what an asset has.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::Value as Json;

use super::{
    Asset, Dated, EffectiveDays,
    dated::{as_seats, dated_event, expiry},
};
use crate::{
    asset_type::{AssetType, FIELDS_MAX, Field, FieldKey, FieldKind, FieldRole},
    decide::Setting,
    event::{Change, Event},
    refusal::Violations,
    text,
    value::{self, SecretInput, Value},
};

/// Values that were given, read and found fit. An inner none takes a value away.
pub(super) struct Given {
    pub(super) values: BTreeMap<FieldKey, Option<Value>>,
}

impl Given {
    pub(super) fn parse(
        asset_type: &AssetType,
        asset: &Asset,
        (values, secrets): (&BTreeMap<String, Json>, &BTreeMap<String, SecretInput>),
        setting: &Setting,
        found: &mut Violations,
    ) -> Self {
        let mut parsed = BTreeMap::new();
        if values.len() + secrets.len() > FIELDS_MAX {
            found.add(
                "values",
                format!("no type has more than {FIELDS_MAX} fields: there are too many values"),
            );
            return Self { values: parsed };
        }
        for (key, input) in values {
            let path = format!("values.{key}");
            match known_field(asset_type, key, &path, found) {
                Some(field) if field.kind == FieldKind::Password => {
                    if input.is_null() {
                        parsed.insert(field.key.clone(), None);
                    } else {
                        found.add(
                            path,
                            "is a secret, which is a text, or null to take it away",
                        );
                    }
                }
                Some(field) if asset.holds_label(field, input) => {}
                Some(field) => match value::parse(field, input, setting.currency) {
                    Ok(value) => {
                        parsed.insert(field.key.clone(), value);
                    }
                    Err(unfit) => found.add(path, unfit),
                },
                None => {}
            }
        }
        for (key, input) in secrets {
            let path = format!("values.{key}");
            let Some(field) = known_field(asset_type, key, &path, found) else {
                continue;
            };
            match input {
                _ if field.kind != FieldKind::Password => {
                    found.add(path, "is no password field: send the value again");
                }
                SecretInput::Sealed(secret) => {
                    parsed.insert(field.key.clone(), Some(Value::Secret(*secret)));
                }
                SecretInput::Cleared => {
                    parsed.insert(field.key.clone(), None);
                }
                SecretInput::Unchanged => {}
            }
        }
        Self { values: parsed }
    }

    /// What was given for the field that has a role: none if nothing was.
    pub(super) fn of_role(
        &self,
        asset_type: &AssetType,
        role: FieldRole,
    ) -> Option<&Option<Value>> {
        self.values.get(&asset_type.field_with(role)?.key)
    }

    pub(super) fn date(&self, asset_type: &AssetType, role: FieldRole) -> Option<NaiveDate> {
        self.of_role(asset_type, role).and_then(as_date)
    }

    /// What is different from the asset as it is.
    pub(super) fn events(
        &self,
        asset: &Asset,
        asset_type: &AssetType,
        days: &EffectiveDays,
    ) -> Vec<Dated> {
        let mut events = Vec::new();
        let mut changes: BTreeMap<NaiveDate, Vec<Change>> = BTreeMap::new();
        for (key, to) in &self.values {
            let Some(field) = asset_type.field(key.as_str()) else {
                continue;
            };
            match field.role.filter(|role| role.is_dated()) {
                Some(FieldRole::ExpiryDate) => {
                    let seats = self.of_role(asset_type, FieldRole::TotalSeats);
                    let seats = seats.map(|to| as_seats(to.as_ref()));
                    events.extend(expiry(asset, asset_type, as_date(to), seats, days));
                }
                Some(role) => {
                    events.extend(dated_event(asset, role, to.as_ref(), days));
                }
                None if asset.values.get(key) != to.as_ref() => {
                    let day = asset
                        .switches
                        .get(key)
                        .and_then(|switch| switch.fact_at(days.plain))
                        .filter(|_| days.correction)
                        .map_or(days.plain, |(since, _)| since);
                    changes.entry(day).or_default().push(Change {
                        field: key.clone(),
                        from: asset.values.get(key).cloned(),
                        to: to.clone(),
                    });
                }
                None => {}
            }
        }
        let plain = changes
            .into_iter()
            .flat_map(|(day, changes)| in_parts(changes).into_iter().map(move |part| (day, part)));
        plain
            .map(|(day, changes)| (day, Event::FieldsChanged { changes }))
            .chain(events)
            .collect()
    }
}

/// Changes in groups that each fit into an event, whose texts are kept as they were and as they are.
pub(super) fn in_parts(changes: Vec<Change>) -> Vec<Vec<Change>> {
    /// Bytes of text in one event: one long text with its old value, half of what an event may have, since
    /// quotes and line breaks take twice their length in JSON.
    const TEXT_BYTES_MAX: usize = 2 * text::BODY_LENGTH_MAX;
    let mut parts: Vec<Vec<Change>> = Vec::new();
    let mut room = 0;
    for change in changes {
        let size = change.text_bytes();
        match parts.last_mut() {
            Some(part) if size <= room => {
                room -= size;
                part.push(change);
            }
            _ => {
                room = TEXT_BYTES_MAX.saturating_sub(size);
                parts.push(vec![change]);
            }
        }
    }
    parts
}

pub(super) fn as_date(value: &Option<Value>) -> Option<NaiveDate> {
    match value {
        Some(Value::Date(date)) => Some(*date),
        _ => None,
    }
}

fn known_field<'a>(
    asset_type: &'a AssetType,
    key: &str,
    path: &str,
    found: &mut Violations,
) -> Option<&'a Field> {
    let field = asset_type.field(key);
    if field.is_none() {
        let known: Vec<&str> = asset_type
            .live_fields()
            .map(|field| field.key.as_str())
            .collect();
        found.add(
            path,
            format!(
                "is no field of {:?}: it has {}",
                asset_type.name,
                known.join(", ")
            ),
        );
    }
    field
}
