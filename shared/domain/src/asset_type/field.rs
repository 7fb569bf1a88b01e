use super::{Agreement, FieldRole, Metric};
use crate::{
    value::Value,
    words::{named, word_of},
};

/// A field's name in JSON: the snake case of its first name. It never changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldKey(String);

impl FieldKey {
    /// The key of a field that is named `name` when it is added; none if the name has no letter or digit.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let key = crate::text::snake_case(name);
        (!key.is_empty()).then_some(Self(key))
    }

    /// A key that was made earlier.
    #[must_use]
    pub fn from_stored(key: String) -> Self {
        Self(key)
    }

    /// As it stands in JSON.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for FieldKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for FieldKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One field of an asset type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name in JSON.
    pub key: FieldKey,
    /// Its name for people.
    pub name: String,
    /// What its values are.
    pub kind: FieldKind,
    /// What it means, whatever it is called.
    pub role: Option<FieldRole>,
    /// Whether an asset must have a value.
    pub required: bool,
    /// A line of help for who fills it in.
    pub hint: Option<String>,
    /// The value of a new asset that names none.
    pub default: Option<Value>,
    /// Whether lists show it as a column.
    pub shown_in_list: bool,
    /// Taken out of use; its values stay in the ledger.
    pub retired: bool,
}

/// What a field's values are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    /// One line.
    Text,
    /// Several lines, plain.
    Textarea,
    /// HTML, sanitized on the way in.
    RichText,
    /// A decimal number.
    Number {
        /// Shown after the number.
        unit: Option<String>,
        /// How many decimals a value may have.
        decimals: u8,
    },
    /// A day.
    Date,
    /// Yes or no.
    Boolean,
    /// One of the options.
    Select {
        /// What may be chosen.
        options: Vec<SelectOption>,
    },
    /// Any of the options.
    Multiselect {
        /// What may be chosen.
        options: Vec<SelectOption>,
    },
    /// A secret: sealed in the vault, shown only by a recorded reveal.
    Password,
    /// An `http` or `https` link.
    Url,
}

/// The names of the kinds, without their settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KindName {
    /// [`FieldKind::Text`].
    Text,
    /// [`FieldKind::Textarea`].
    Textarea,
    /// [`FieldKind::RichText`].
    RichText,
    /// [`FieldKind::Number`].
    Number,
    /// [`FieldKind::Date`].
    Date,
    /// [`FieldKind::Boolean`].
    Boolean,
    /// [`FieldKind::Select`].
    Select,
    /// [`FieldKind::Multiselect`].
    Multiselect,
    /// [`FieldKind::Password`].
    Password,
    /// [`FieldKind::Url`].
    Url,
}

impl KindName {
    /// All kinds with the words that name them in JSON.
    pub const ALL: [(Self, &'static str); 10] = [
        (Self::Text, "text"),
        (Self::Textarea, "textarea"),
        (Self::RichText, "rich_text"),
        (Self::Number, "number"),
        (Self::Date, "date"),
        (Self::Boolean, "boolean"),
        (Self::Select, "select"),
        (Self::Multiselect, "multiselect"),
        (Self::Password, "password"),
        (Self::Url, "url"),
    ];

    /// The kind that a word names. People write `Rich Text` and `URL`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let word = crate::text::snake_case(word);
        let word = if word == "richtext" {
            "rich_text"
        } else {
            &word
        };
        named(&Self::ALL, word)
    }

    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        word_of(&Self::ALL, &self)
    }
}

impl FieldKind {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> KindName {
        match self {
            Self::Text => KindName::Text,
            Self::Textarea => KindName::Textarea,
            Self::RichText => KindName::RichText,
            Self::Number { .. } => KindName::Number,
            Self::Date => KindName::Date,
            Self::Boolean => KindName::Boolean,
            Self::Select { .. } => KindName::Select,
            Self::Multiselect { .. } => KindName::Multiselect,
            Self::Password => KindName::Password,
            Self::Url => KindName::Url,
        }
    }

    /// What may be chosen; nothing for kinds without choices.
    #[must_use]
    pub fn options(&self) -> &[SelectOption] {
        match self {
            Self::Select { options } | Self::Multiselect { options } => options,
            _ => &[],
        }
    }

    /// The option with a label, whatever its case.
    #[must_use]
    pub fn option(&self, label: &str) -> Option<&SelectOption> {
        let wanted = crate::text::normalized(label);
        self.options()
            .iter()
            .find(|option| crate::text::normalized(&option.label) == wanted)
    }
}

/// One choice of a select.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectOption {
    /// What people see, and the value that is kept.
    pub label: String,
    /// For a field with the license-metric role: how seats are counted.
    pub metric: Option<Metric>,
    /// For a field with the license-metric or agreement role: on what terms seats are owned.
    pub agreement: Option<Agreement>,
}
