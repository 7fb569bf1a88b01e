//! Rows as lines of a CSV file.

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;
use web::problem::Problem;

use super::{Writer, defang};

/// One cell.
pub(crate) enum Cell<'a> {
    /// Text from outside, which no spreadsheet may run.
    Text(Cow<'a, str>),
    /// A number, a day, an id: written by us alone.
    Plain(String),
    /// Nothing.
    Empty,
}

/// Writes items as lines: the names of the columns, then the cells of each item.
pub(crate) struct Lines<F> {
    columns: Vec<String>,
    cells: F,
}

impl<F> Lines<F> {
    /// `cells` puts one cell into each column.
    pub(crate) fn new<N: Into<String>>(columns: impl IntoIterator<Item = N>, cells: F) -> Self {
        let columns = columns.into_iter().map(Into::into).collect();
        Self { columns, cells }
    }

    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    pub(super) fn cells<T>(&self, item: &T) -> Vec<CellText>
    where
        F: for<'a> Fn(&'a T, &mut Vec<Cell<'a>>),
    {
        let mut cells = Vec::with_capacity(self.columns.len());
        (self.cells)(item, &mut cells);
        cells.iter().map(Cell::written).collect()
    }
}

/// A cell as it is written, whatever the file.
pub(super) enum CellText {
    /// As a text, which is no formula.
    Text(String),
    /// As a number, where the file knows numbers.
    Plain(String),
    Empty,
}

impl CellText {
    fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Text(text) | Self::Plain(text) => text.into_bytes(),
            Self::Empty => Vec::new(),
        }
    }
}

impl<T, F> Writer<T> for Lines<F>
where
    F: for<'a> Fn(&'a T, &mut Vec<Cell<'a>>) + Send + 'static,
{
    const KIND: (&'static str, &'static str) = ("text/csv; charset=utf-8; header=present", "csv");

    fn head(&mut self) -> Vec<u8> {
        let names = self.columns.iter().map(|name| defang(name));
        write([names
            .map(|name| name.into_owned().into_bytes())
            .collect::<Vec<_>>()])
        .unwrap_or_default()
    }

    fn rows(&mut self, items: &[T]) -> Result<Vec<u8>, Problem> {
        let lines = items.iter().map(|item| {
            let cells = self.cells(item).into_iter();
            cells.map(CellText::into_bytes).collect::<Vec<_>>()
        });
        write(lines).map_err(|error| Problem::internal(&error))
    }
}

fn write(lines: impl IntoIterator<Item = Vec<Vec<u8>>>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for line in lines {
        writer.write_record(line)?;
    }
    writer.flush()?;
    writer
        .into_inner()
        .map_err(|error| error.into_error().into())
}

impl<'a> Cell<'a> {
    pub(crate) fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    pub(crate) fn optional(text: Option<&'a str>) -> Self {
        text.map_or(Self::Empty, Self::text)
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "mostly numbers and ids, which read better as they are"
    )]
    pub(crate) fn plain(value: impl ToString) -> Self {
        Self::Plain(value.to_string())
    }

    /// An instant of the ledger, to the microsecond.
    pub(crate) fn instant(at: DateTime<Utc>) -> Self {
        Self::Plain(at.to_rfc3339_opts(SecondsFormat::Micros, true))
    }

    pub(crate) fn maybe(value: Option<impl ToString>) -> Self {
        value.map_or(Self::Empty, Self::plain)
    }

    /// Several texts, with semicolons between them; as JSON if there is one inside, or if it would be taken for JSON.
    pub(crate) fn list(texts: &[String]) -> Self {
        let joined = texts.join("; ");
        let is_plain = !texts.iter().any(|text| text.contains(';')) && !joined.starts_with('[');
        let text = match is_plain {
            true => joined,
            false => Value::from(texts).to_string(),
        };
        match text.is_empty() {
            true => Self::Empty,
            false => Self::Text(text.into()),
        }
    }

    /// A number of a field, written exactly.
    pub(crate) fn number(exact: &str) -> Self {
        Self::Plain(unambiguous(exact))
    }

    /// A field's value, as the API answers it.
    pub(crate) fn of_value(value: &Value) -> Self {
        match value {
            Value::Null => Self::Empty,
            Value::Bool(yes) => Self::plain(yes),
            Value::Number(number) => Self::plain(number),
            Value::String(text) => Self::Text(text.clone().into()),
            Value::Array(labels) => {
                let labels = labels.iter().filter_map(Value::as_str);
                Self::list(&labels.map(str::to_owned).collect::<Vec<_>>())
            }
            Value::Object(parts) => match (parts.get("amount"), parts.get("currency")) {
                (Some(Value::String(amount)), Some(Value::String(currency))) => {
                    Self::Text(format!("{} {currency}", unambiguous(amount)).into())
                }
                // A secret: that there is one is all that leaves.
                _ => Self::plain("set"),
            },
        }
    }

    fn written(&self) -> CellText {
        match self {
            Self::Text(text) => CellText::Text(defang(text).into_owned()),
            Self::Plain(text) => CellText::Plain(text.clone()),
            Self::Empty => CellText::Empty,
        }
    }
}

/// A number whose point can't be taken for one between thousands, as in 1.234: of decimals, three at the end are
/// followed by a zero.
fn unambiguous(number: &str) -> String {
    const GROUP_DIGITS: usize = 3;
    match number.split_once('.') {
        Some((_, decimals)) if decimals.len() == GROUP_DIGITS => format!("{number}0"),
        _ => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cell_means_one_thing_only_to_who_reads_it() {
        for (value, cell) in [
            (json!(25), "25"),
            (
                json!({"amount": "6600.00", "currency": "USD"}),
                "6600.00 USD",
            ),
            (json!({"amount": "1.234", "currency": "EUR"}), "1.2340 EUR"),
            (json!(["Site", "Per-user"]), "Site; Per-user"),
            (json!(["One; two", "Site"]), r#"["One; two","Site"]"#),
            (json!(["[\"Site\"]"]), r#"["[\"Site\"]"]"#),
            (json!("1.234"), "1.234"),
        ] {
            let written = Cell::of_value(&value).written().into_bytes();
            assert_eq!(String::from_utf8_lossy(&written), cell, "{value}");
        }
        for (exact, cell) in [("1.5", "1.5"), ("1.234", "1.2340"), ("-1.2345", "-1.2345")] {
            let written = Cell::number(exact).written().into_bytes();
            assert_eq!(String::from_utf8_lossy(&written), cell);
        }
    }
}
