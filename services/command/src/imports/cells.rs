//! The cells of a row.

use std::collections::BTreeMap;

use domain::{FieldError, asset_type::FieldKind};
use secrecy::SecretString;
use serde_json::Value as Json;

use super::{
    CELL_BYTES_MAX, Options, Record, cell,
    columns::{Column, Meaning},
    refang,
};

/// What our own exports write in place of a secret.
const SECRET_IS_SET: &str = "set";

/// The cells of a row, read by what their columns mean.
#[derive(Default)]
pub(super) struct Cells {
    pub(super) company: String,
    pub(super) external_id: String,
    pub(super) asset_id: String,
    pub(super) tags: Vec<String>,
    pub(super) values: BTreeMap<String, Json>,
    pub(super) secrets: Vec<(String, SecretString)>,
    pub(super) errors: Vec<FieldError>,
    /// A secret that only says that there is one.
    pub(super) secret_is_set: bool,
}

impl Cells {
    pub(super) fn of(columns: &[Column], record: &Record, options: &Options) -> Self {
        let mut cells = Self::default();
        for (place, (column, text)) in columns.iter().zip(&record.cells).enumerate() {
            let fault = record.faults.iter().find(|(at, _)| *at == place);
            let read = match fault {
                Some((_, why)) => Err(why.clone()),
                None if text.len() > CELL_BYTES_MAX => Err(format!(
                    "is longer than {} KiB: is a quote missing?",
                    CELL_BYTES_MAX >> 10
                )),
                None => cells.take(column, text, options),
            };
            if let Err(message) = read {
                cells.errors.push(FieldError {
                    field: column.name.clone(),
                    message,
                });
            }
        }
        cells
    }

    fn take(&mut self, column: &Column, text: &str, options: &Options) -> Result<(), String> {
        let trimmed = text.trim();
        // A blank cell names nothing, so it changes nothing.
        if trimmed.is_empty() {
            return Ok(());
        }
        match &column.meaning {
            Meaning::Company => self.company = refang(trimmed),
            Meaning::ExternalId => self.external_id = refang(trimmed),
            Meaning::AssetId => self.asset_id = trimmed.to_owned(),
            Meaning::Tags => self.tags = cell::list(&refang(trimmed)),
            Meaning::Field(field) if field.kind == FieldKind::Password => {
                if trimmed == SECRET_IS_SET {
                    self.secret_is_set = true;
                } else {
                    let secret = SecretString::from(trimmed.to_owned());
                    self.secrets.push((field.key.to_string(), secret));
                }
            }
            Meaning::Field(field) => {
                let value = cell::read(field, &refang(text), options)?;
                self.values.insert(field.key.to_string(), value);
            }
            Meaning::Nothing => {}
        }
        Ok(())
    }
}
