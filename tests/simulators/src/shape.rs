//! What a body must look like: a field too many, one too few and one of another type are refused.

use serde_json::{Map, Value};

/// The type of a field.
#[derive(Clone, Copy)]
pub(crate) enum Type {
    Text,
    Number,
    Flag,
    Object,
    Any,
}

/// A field of an object.
pub(crate) struct Field {
    name: &'static str,
    of: Type,
    required: bool,
}

pub(crate) const fn must(name: &'static str, of: Type) -> Field {
    Field {
        name,
        of,
        required: true,
    }
}

pub(crate) const fn may(name: &'static str, of: Type) -> Field {
    Field {
        name,
        of,
        required: false,
    }
}

/// The object that a value is, with exactly these fields.
pub(crate) fn object<'a>(
    what: &str,
    value: &'a Value,
    fields: &[Field],
) -> Result<&'a Map<String, Value>, String> {
    let Value::Object(found) = value else {
        return Err(format!("{what} is no object"));
    };
    for name in found.keys() {
        if !fields.iter().any(|field| field.name == name) {
            return Err(format!("{what} has an unknown field {name}"));
        }
    }
    for field in fields {
        match found.get(field.name) {
            None if field.required => return Err(format!("{what} lacks {}", field.name)),
            Some(value) if !field.of.fits(value) => {
                return Err(format!(
                    "{what} has a {} of the wrong type: {value}",
                    field.name
                ));
            }
            _ => {}
        }
    }
    Ok(found)
}

/// The items of a value, which is a list of at least one.
pub(crate) fn list<'a>(what: &str, value: &'a Value) -> Result<&'a [Value], String> {
    match value {
        Value::Array(items) if !items.is_empty() => Ok(items),
        _ => Err(format!("{what} is no list of at least one")),
    }
}

/// A text of a length, not empty.
pub(crate) fn text<'a>(
    object: &'a Map<String, Value>,
    name: &str,
    length_max: usize,
) -> Result<&'a str, String> {
    let text = object.get(name).and_then(Value::as_str).unwrap_or_default();
    if text.trim().is_empty() {
        return Err(format!("{name} is empty"));
    }
    if text.chars().count() > length_max {
        return Err(format!("{name} is longer than {length_max} characters"));
    }
    Ok(text)
}

pub(crate) fn number(object: &Map<String, Value>, name: &str) -> Option<u64> {
    object.get(name).and_then(Value::as_u64)
}

impl Type {
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Number => value.is_u64(),
            Self::Flag => value.is_boolean(),
            Self::Object => value.is_object(),
            Self::Any => true,
        }
    }
}
