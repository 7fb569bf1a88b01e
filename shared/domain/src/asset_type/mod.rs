//! Asset types: a tenant's own schemas.

mod builder;
mod decide;
mod field;
mod metric;
mod over_use;
mod role;
mod template;

pub use decide::{FieldDraft, FieldPatch, OptionDraft};
pub(crate) use decide::{add_field, archive, change_field, define, rename, retire_field};
pub use field::{Field, FieldKey, FieldKind, KindName, SelectOption};
pub use metric::{Agreement, Metric};
pub use over_use::OverUse;
pub use role::FieldRole;
pub use template::Template;

use std::collections::BTreeMap;

use crate::{alert::AlertOverrides, event::Event, ids::AssetTypeId, text};

/// How many fields a type may have.
pub const FIELDS_MAX: usize = 100;
/// How many options a select may offer.
pub const OPTIONS_MAX: usize = 200;

/// A schema, as its events made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetType {
    /// Also the id of its stream.
    pub id: AssetTypeId,
    /// Unique among the tenant's types.
    pub name: String,
    /// In the order in which they are shown. Retired fields stay: old values still have a meaning.
    pub fields: Vec<Field>,
    /// Options that were taken out, by field and label in their common spelling: assets that hold them keep
    /// their meaning.
    pub former_options: BTreeMap<(FieldKey, String), SelectOption>,
    /// What happens when more seats of its licenses are taken than are owned.
    pub over_use: OverUse,
    /// When something of its assets is worth an alert, where that is not as for all.
    pub alerts: AlertOverrides,
    /// No new assets are made of an archived type.
    pub archived: bool,
}

impl AssetType {
    /// The field with a key, unless it is retired.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields
            .iter()
            .find(|field| field.key.as_str() == key && !field.retired)
    }

    /// The field that has a role.
    #[must_use]
    pub fn field_with(&self, role: FieldRole) -> Option<&Field> {
        self.fields
            .iter()
            .find(|field| field.role == Some(role) && !field.retired)
    }

    /// The option of a field that a label names or, before it was taken out, named.
    #[must_use]
    pub fn option<'a>(&'a self, field: &'a Field, label: &str) -> Option<&'a SelectOption> {
        field.kind.option(label).or_else(|| {
            let former = (field.key.clone(), text::normalized(label));
            self.former_options.get(&former)
        })
    }

    /// The fields in use.
    pub fn live_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| !field.retired)
    }

    /// Whether its assets are licenses: what counts seats is one.
    #[must_use]
    pub fn is_license(&self) -> bool {
        self.field_with(FieldRole::TotalSeats).is_some()
    }

    pub(crate) fn evolve(&mut self, event: &Event) {
        match event {
            Event::AssetTypeRenamed { to, .. } => self.name.clone_from(to),
            Event::FieldAdded { field } => self.fields.push(field.clone()),
            Event::FieldChanged { from, to } => {
                for option in from.kind.options() {
                    let label = text::normalized(&option.label);
                    self.former_options
                        .insert((to.key.clone(), label), option.clone());
                }
                if let Some(field) = self.fields.iter_mut().find(|field| field.key == to.key) {
                    field.clone_from(to);
                }
            }
            Event::FieldRetired { key } => {
                if let Some(field) = self.fields.iter_mut().find(|field| field.key == *key) {
                    field.retired = true;
                }
            }
            Event::TypePolicySet { policy } => self.alerts.clone_from(policy),
            Event::OverUseSet { to, .. } => self.over_use = *to,
            Event::AssetTypeArchived => self.archived = true,
            _ => {}
        }
    }
}
