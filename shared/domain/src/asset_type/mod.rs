//! Asset types: a tenant's own schemas.

mod decide;
mod field;
mod metric;
mod role;
mod template;

pub use decide::{FieldDraft, FieldPatch, OptionDraft};
pub(crate) use decide::{add_field, archive, change_field, define, rename, retire_field};
pub use field::{Field, FieldKey, FieldKind, KindName, SelectOption};
pub use metric::{Agreement, Metric};
pub use role::FieldRole;
pub use template::Template;

use crate::{event::Event, ids::AssetTypeId};

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
            Event::FieldChanged { to, .. } => {
                if let Some(field) = self.fields.iter_mut().find(|field| field.key == to.key) {
                    field.clone_from(to);
                }
            }
            Event::FieldRetired { key } => {
                if let Some(field) = self.fields.iter_mut().find(|field| field.key == *key) {
                    field.retired = true;
                }
            }
            Event::AssetTypeArchived => self.archived = true,
            _ => {}
        }
    }
}
