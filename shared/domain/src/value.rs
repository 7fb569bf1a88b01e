//! The values of fields, and how input becomes one.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    asset_type::{Field, FieldKind},
    calendar,
    ids::SecretId,
    money::{Currency, Money},
    text,
};

/// The largest number of seats; beyond it lies a typing error. Sums of a million licenses stay exact.
pub const SEATS_MAX: i64 = 100_000_000;
/// The largest magnitude of any other number: what an exact decimal with six places holds with ease.
pub const NUMBER_MAX: i64 = 1_000_000_000_000_000;

/// What a field of an asset holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text, text area, or the label of a select's option.
    Text(String),
    /// Sanitized HTML.
    RichText(String),
    /// An exact number.
    Number(Decimal),
    /// A day.
    Date(NaiveDate),
    /// Yes or no.
    Boolean(bool),
    /// The labels chosen, in the order of the options.
    Labels(Vec<String>),
    /// An `http` or `https` link.
    Url(String),
    /// An amount.
    Money(Money),
    /// A secret that lies in the vault.
    Secret(SecretRef),
}

impl Value {
    /// Bytes of the texts in it, which may be long.
    pub(crate) fn text_bytes(&self) -> usize {
        match self {
            Self::Text(text) | Self::RichText(text) | Self::Url(text) => text.len(),
            Self::Labels(labels) => labels.iter().map(String::len).sum(),
            Self::Number(_)
            | Self::Date(_)
            | Self::Boolean(_)
            | Self::Money(_)
            | Self::Secret(_) => 0,
        }
    }
}

/// Which secret a password field holds. Never its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretRef {
    /// The secret, which is also its stream.
    pub secret_id: SecretId,
    /// Which of its values.
    pub version: i32,
}

/// What a value of a password field may look like when it comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretInput {
    /// Sealed in the vault just now, to be stored under this reference.
    Sealed(SecretRef),
    /// What a read answered, sent back: nothing changes.
    Unchanged,
    /// Taken away.
    Cleared,
}

/// Why an input is no value of a field. The text completes a sentence that begins with the field.
pub type Unfit = String;

/// Reads a value of any kind but password. `null` and, since forms and CSV files cannot say null, an empty text
/// are no value.
///
/// # Errors
/// What is wrong, with the value and the remedy.
pub fn parse(
    field: &Field,
    input: &serde_json::Value,
    currency: Currency,
) -> Result<Option<Value>, Unfit> {
    use serde_json::Value as Json;
    if input.is_null() || input.as_str().is_some_and(|text| text.trim().is_empty()) {
        return Ok(None);
    }
    if field
        .role
        .is_some_and(crate::asset_type::FieldRole::is_money)
    {
        return money(input, currency).map(|money| Some(Value::Money(money)));
    }
    let value = match (&field.kind, input) {
        (FieldKind::Text, Json::String(given)) => Value::Text(
            text::line(given, text::LINE_LENGTH_MAX).map_err(|error| error.to_string())?,
        ),
        (FieldKind::Textarea, Json::String(given)) => Value::Text(
            text::body(given, text::BODY_LENGTH_MAX).map_err(|error| error.to_string())?,
        ),
        (FieldKind::RichText, Json::String(given)) => {
            let given =
                text::body(given, text::BODY_LENGTH_MAX).map_err(|error| error.to_string())?;
            // Sanitizing writes some characters out, so that the text may grow, reads others that were written as
            // references, and may leave nothing.
            // A carriage return that was a reference would be read as a line's end the next time.
            let clean = ammonia::clean(&given)
                .replace("\r\n", "\n")
                .replace('\r', "\n");
            match text::body(&clean, text::BODY_LENGTH_MAX) {
                Ok(clean) => Value::RichText(clean),
                Err(text::BadText::Empty) => {
                    return Err(
                        "holds nothing but tags that are not allowed: write < as &lt; where it is no tag"
                            .to_owned(),
                    );
                }
                Err(error) => return Err(error.to_string()),
            }
        }
        (FieldKind::Number { decimals, .. }, given) => {
            Value::Number(number(given, u32::from(*decimals), field.role)?)
        }
        (FieldKind::Date, Json::String(given)) => {
            Value::Date(calendar::parse_date(given.trim()).map_err(|error| error.to_string())?)
        }
        (FieldKind::Boolean, Json::Bool(given)) => Value::Boolean(*given),
        (FieldKind::Select { .. }, Json::String(given)) => Value::Text(label(&field.kind, given)?),
        (FieldKind::Multiselect { .. }, Json::Array(given)) => {
            Value::Labels(labels(&field.kind, given)?)
        }
        (FieldKind::Url, Json::String(given)) => Value::Url(link(given)?),
        (kind, given) => return Err(format!("is {}: {}", shown(given), expected(kind))),
    };
    Ok(Some(value))
}

fn expected(kind: &FieldKind) -> &'static str {
    match kind {
        FieldKind::Text | FieldKind::Textarea | FieldKind::RichText => "a text is expected",
        FieldKind::Number { .. } => "a number is expected",
        FieldKind::Date => "a date is expected, such as \"2027-01-31\"",
        FieldKind::Boolean => "true or false is expected",
        FieldKind::Select { .. } => "the label of one option is expected",
        FieldKind::Multiselect { .. } => "a list of options' labels is expected",
        FieldKind::Password => "a secret is expected",
        FieldKind::Url => "a link is expected, such as \"https://example.com/\"",
    }
}

/// An input as a message shows it: short, whatever was sent.
pub(crate) fn shown(input: &serde_json::Value) -> String {
    const SHOWN_MAX: usize = 60;
    match input {
        serde_json::Value::Object(_) => "an object".to_owned(),
        serde_json::Value::Array(_) => "a list".to_owned(),
        other => {
            let text = other.to_string();
            match text.char_indices().nth(SHOWN_MAX) {
                Some((end, _)) => format!("{}…", &text[..end]),
                None => text,
            }
        }
    }
}

fn decimal(input: &serde_json::Value) -> Result<Decimal, Unfit> {
    let text = match input {
        serde_json::Value::Number(number) => number.to_string(),
        serde_json::Value::String(text) => text.trim().to_owned(),
        other => return Err(format!("is {}: a number is expected", shown(other))),
    };
    let read = if text.contains(['e', 'E']) {
        Decimal::from_scientific(&text)
    } else {
        // The plain reading would round what it cannot hold.
        Decimal::from_str_exact(&text)
    };
    let number =
        read.map_err(|_| format!("is {}: no number that can be kept exactly", shown(input)))?;
    Ok(number.normalize())
}

fn number(
    input: &serde_json::Value,
    decimals: u32,
    role: Option<crate::asset_type::FieldRole>,
) -> Result<Decimal, Unfit> {
    let number = decimal(input)?;
    if number.scale() > decimals {
        return Err(match decimals {
            0 => format!("is {number}: a whole number is expected"),
            _ => format!("is {number}: at most {decimals} decimals are allowed"),
        });
    }
    let (least, most) = match role {
        Some(role) if role.is_dated() => (0, SEATS_MAX),
        Some(crate::asset_type::FieldRole::TermLength) => (1, 1_200),
        Some(crate::asset_type::FieldRole::NoticeDays) => (0, 3_650),
        _ => (-NUMBER_MAX, NUMBER_MAX),
    };
    if number < Decimal::from(least) || number > Decimal::from(most) {
        return Err(format!(
            "is {number}: it must lie between {least} and {most}"
        ));
    }
    Ok(number)
}

/// Reads an amount: `{"amount": "6600.00", "currency": "USD"}`, or a bare number in the given currency.
///
/// # Errors
/// What is wrong, with the value and the remedy.
pub fn money(input: &serde_json::Value, currency: Currency) -> Result<Money, Unfit> {
    let (amount, currency) = match input {
        serde_json::Value::Object(parts) => {
            if let Some(other) = parts
                .keys()
                .find(|key| !matches!(key.as_str(), "amount" | "currency"))
            {
                return Err(format!(
                    "has an unknown part {other:?}: an amount and a currency are expected"
                ));
            }
            let amount = parts.get("amount").ok_or("has no amount")?;
            let code = parts
                .get("currency")
                .and_then(serde_json::Value::as_str)
                .ok_or("has no currency")?;
            (
                amount,
                Currency::parse(code).map_err(|error| error.to_string())?,
            )
        }
        bare => (bare, currency),
    };
    let mut amount = decimal(amount)?;
    if amount.scale() > Money::DECIMALS_MAX {
        return Err(format!(
            "is {amount}: at most {} decimals are allowed",
            Money::DECIMALS_MAX
        ));
    }
    if amount < Decimal::ZERO || amount > Decimal::from(Money::AMOUNT_MAX) {
        return Err(format!(
            "is {amount}: it must lie between 0 and {}",
            Money::AMOUNT_MAX
        ));
    }
    // As people write it: 6600.00.
    amount.rescale(amount.scale().max(2));
    Ok(Money { amount, currency })
}

fn label(kind: &FieldKind, given: &str) -> Result<String, Unfit> {
    kind.option(given)
        .map(|option| option.label.clone())
        .ok_or_else(|| {
            let choices: Vec<&str> = kind
                .options()
                .iter()
                .map(|option| option.label.as_str())
                .collect();
            let given: String = given.chars().take(60).collect();
            format!("is {given:?}: choose one of {}", choices.join(", "))
        })
}

fn labels(kind: &FieldKind, given: &[serde_json::Value]) -> Result<Vec<String>, Unfit> {
    let mut chosen = BTreeSet::new();
    for item in given {
        let given = item
            .as_str()
            .ok_or_else(|| format!("holds {}: labels are expected", shown(item)))?;
        chosen.insert(label(kind, given)?);
    }
    let in_order = kind
        .options()
        .iter()
        .filter(|option| chosen.contains(&option.label));
    Ok(in_order.map(|option| option.label.clone()).collect())
}

fn link(given: &str) -> Result<String, Unfit> {
    let given = text::line(given, text::LINE_LENGTH_MAX).map_err(|error| error.to_string())?;
    match url::Url::parse(&given) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.host().is_some() => {
            Ok(url.to_string())
        }
        Ok(url) => Err(format!(
            "begins with {:?}: only http and https links are kept",
            url.scheme()
        )),
        Err(_) => Err("is no link: write it in full, such as https://example.com/".to_owned()),
    }
}
