//! What a cell says, by the kind of its field.

mod date;
mod number;

use domain::{
    asset_type::{Field, FieldKind, FieldRole},
    money::Currency,
    value,
};
use serde_json::{Value as Json, json};

use super::Options;

/// Characters of a cell that a message shows.
const SHOWN_CHARS: usize = 60;

/// What is wrong with a cell. The text completes a sentence that begins with the column.
pub(super) type Unfit = String;

/// Reads a cell that is not blank and no secret.
pub(super) fn read(field: &Field, cell: &str, options: &Options) -> Result<Json, Unfit> {
    let trimmed = cell.trim();
    let value = match &field.kind {
        FieldKind::Number { .. } if field.role.is_some_and(FieldRole::is_money) => {
            number::money(trimmed, options.decimal_mark)?
        }
        FieldKind::Number { .. } => json!(number::read(trimmed, options.decimal_mark)?),
        FieldKind::Date => json!(date::read(trimmed, options.dates)?),
        FieldKind::Boolean => json!(boolean(trimmed)?),
        FieldKind::Multiselect { .. } => json!(list(trimmed)),
        FieldKind::Textarea | FieldKind::RichText => json!(cell),
        FieldKind::Text | FieldKind::Select { .. } | FieldKind::Url | FieldKind::Password => {
            json!(trimmed)
        }
    };
    // The ledger would say so too, but only of rows in which everything else is right. Its currency does not
    // matter to whether an amount is one.
    value::parse(field, &value, Currency::USD)?;
    Ok(value)
}

/// Several texts, with semicolons between them; or as JSON, which is how exports write those that have one inside.
pub(super) fn list(cell: &str) -> Vec<String> {
    if cell.starts_with('[')
        && let Ok(texts) = serde_json::from_str(cell)
    {
        return texts;
    }
    let texts = cell.split(';').map(str::trim);
    let named = texts.filter(|text| !text.is_empty());
    named.map(str::to_owned).collect()
}

fn boolean(text: &str) -> Result<bool, Unfit> {
    match text.to_lowercase().as_str() {
        "yes" | "y" | "true" | "x" | "1" => Ok(true),
        "no" | "n" | "false" | "0" => Ok(false),
        _ => Err(format!("is {}: write yes or no", shown(text))),
    }
}

/// A cell as a message shows it.
fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
