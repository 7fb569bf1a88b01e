//! The stored shapes of an asset type's fields.

use domain::{
    asset_type::{Agreement, Field, FieldKey, FieldKind, FieldRole, Metric, SelectOption},
    value::Value,
};
use serde::{Deserialize, Serialize};

use crate::{
    values::shape,
    wire::{Wire, Word},
};

impl Word for Metric {
    const EXPECTED: &'static str = "a license metric";

    fn text(&self) -> impl std::fmt::Display + '_ {
        self.as_str()
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl Word for Agreement {
    const EXPECTED: &'static str = "an agreement";

    fn text(&self) -> impl std::fmt::Display + '_ {
        self.as_str()
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

shape! {
    SelectOption as SelectOptionJson { label: String, metric: Option<Metric>, agreement: Option<Agreement> }
    Field as FieldJson {
        key: FieldKey,
        name: String,
        kind: FieldKind,
        role: Option<FieldRole>,
        required: bool,
        hint: Option<String>,
        default: Option<Value>,
        shown_in_list: bool,
        retired: bool,
    }
}

/// A kind by its word; one with settings is an object whose one key is the word.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum FieldKindJson {
    Text,
    Textarea,
    RichText,
    Number { unit: Option<String>, decimals: u8 },
    Date,
    Boolean,
    Select { options: Vec<SelectOptionJson> },
    Multiselect { options: Vec<SelectOptionJson> },
    Password,
    Url,
}

impl Wire for FieldKind {
    type Json = FieldKindJson;

    fn to_json(&self) -> FieldKindJson {
        match self {
            Self::Text => FieldKindJson::Text,
            Self::Textarea => FieldKindJson::Textarea,
            Self::RichText => FieldKindJson::RichText,
            Self::Number { unit, decimals } => FieldKindJson::Number {
                unit: unit.clone(),
                decimals: *decimals,
            },
            Self::Date => FieldKindJson::Date,
            Self::Boolean => FieldKindJson::Boolean,
            Self::Select { options } => FieldKindJson::Select {
                options: options.to_json(),
            },
            Self::Multiselect { options } => FieldKindJson::Multiselect {
                options: options.to_json(),
            },
            Self::Password => FieldKindJson::Password,
            Self::Url => FieldKindJson::Url,
        }
    }

    fn from_json(json: FieldKindJson) -> Self {
        match json {
            FieldKindJson::Text => Self::Text,
            FieldKindJson::Textarea => Self::Textarea,
            FieldKindJson::RichText => Self::RichText,
            FieldKindJson::Number { unit, decimals } => Self::Number { unit, decimals },
            FieldKindJson::Date => Self::Date,
            FieldKindJson::Boolean => Self::Boolean,
            FieldKindJson::Select { options } => Self::Select {
                options: Wire::from_json(options),
            },
            FieldKindJson::Multiselect { options } => Self::Multiselect {
                options: Wire::from_json(options),
            },
            FieldKindJson::Password => Self::Password,
            FieldKindJson::Url => Self::Url,
        }
    }
}
