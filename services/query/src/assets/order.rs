//! The order that a list of assets is asked for in.

use read_models::register::queries::{AssetKey, AssetOrder, ValueKind};
use web::problem::{Kind, Problem};

use super::fields::{self, PREFIX};
use crate::asset_types::FieldInUse;

/// An order as it was written, before the types tell what the fields hold.
#[derive(Debug)]
pub(super) struct Named<'a> {
    descending: bool,
    by: By<'a>,
}

#[derive(Debug)]
enum By<'a> {
    Key(AssetKey),
    Field(&'a str),
}

impl<'a> Named<'a> {
    pub(super) fn of(text: Option<&'a str>) -> Result<Self, Problem> {
        let text = text.unwrap_or("name");
        let (descending, word) = text
            .strip_prefix('-')
            .map_or((false, text), |word| (true, word));
        if let Some(key) = word.strip_prefix(PREFIX).filter(|key| fields::is_key(key)) {
            let by = By::Field(key);
            return Ok(Self { descending, by });
        }
        let known = AssetKey::ALL.into_iter().find(|(_, name)| *name == word);
        let (key, _) = known.ok_or_else(|| {
            let words: Vec<_> = AssetKey::ALL.iter().map(|(_, word)| *word).collect();
            refused(&format!(
                "must be one of {} or field.<key>, with or without `-` in front",
                words.join(", ")
            ))
        })?;
        let by = By::Key(key);
        Ok(Self { descending, by })
    }

    pub(super) fn is_field(&self) -> bool {
        matches!(self.by, By::Field(_))
    }

    /// The order, if it needs to know no field.
    pub(super) fn plain(self) -> AssetOrder {
        let key = match self.by {
            By::Key(key) => key,
            By::Field(_) => AssetKey::default(),
        };
        AssetOrder {
            key,
            descending: self.descending,
        }
    }

    pub(super) fn of_fields(self, known: &[FieldInUse]) -> Result<AssetOrder, Problem> {
        let By::Field(field) = self.by else {
            return Ok(self.plain());
        };
        let readings = fields::readings(known, field).map_err(|message| refused(&message))?;
        let first = readings
            .first()
            .filter(|first| first.kind != ValueKind::Secret);
        let Some(first) = first else {
            return Err(refused("a secret has no order"));
        };
        Ok(AssetOrder {
            key: AssetKey::Field {
                field: field.to_owned(),
                kind: first.kind,
                dated: readings.iter().any(|reading| reading.dated),
            },
            descending: self.descending,
        })
    }
}

fn refused(message: &str) -> Problem {
    Problem::new(Kind::BadQuery).with_error("sort", message)
}
