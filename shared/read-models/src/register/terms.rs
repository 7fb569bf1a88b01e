//! What an asset or a company is found by: words of its texts, and facts such as a field's value. One index holds
//! the terms of all tenants, so each begins with a mark of its own tenant: a search costs no more because of what
//! others have.

use std::{collections::BTreeSet, fmt::Write};

use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Letters of a word that count; nobody types more.
const WORD_CHARS_MAX: usize = 64;
/// Letters of a value that a term spells out; of a longer one it has a hash of the whole.
const VALUE_CHARS_MAX: usize = 64;
/// Bytes of that hash.
const HASH_BYTES: usize = 8;
/// Terms of one thing: a few pages of text have so many words.
pub(crate) const TERMS_MAX: usize = 2_000;

/// The terms of one thing, or those that are searched for.
#[derive(Debug)]
pub(crate) struct Terms {
    mark: String,
    terms: BTreeSet<String>,
}

impl Terms {
    pub(crate) fn of(tenant: Uuid) -> Self {
        Self {
            mark: mark(tenant),
            terms: BTreeSet::new(),
        }
    }

    /// Adds the words of a text.
    pub(crate) fn text(&mut self, text: &str) {
        for word in words(text) {
            self.add(&word);
        }
    }

    /// Adds the value of a field as the API answers it: of several labels each, of money the amount.
    pub(crate) fn value(&mut self, field: &str, value: &Json) {
        match value {
            Json::String(text) => self.add(&of_value(field, text)),
            Json::Number(number) => self.add(&of_value(field, &number.to_string())),
            Json::Bool(yes) => self.add(&of_value(field, if *yes { "true" } else { "false" })),
            Json::Array(labels) => labels.iter().for_each(|label| self.value(field, label)),
            Json::Object(parts) => {
                if let Some(amount) = parts.get("amount") {
                    self.value(field, amount);
                }
            }
            Json::Null => {}
        }
    }

    pub(crate) fn tag(&mut self, tag: &str) {
        self.add(&of_tag(tag));
    }

    pub(crate) fn company(&mut self, company: Uuid) {
        self.add(&of_company(company));
    }

    pub(crate) fn asset_type(&mut self, asset_type: Uuid) {
        self.add(&of_type(asset_type));
    }

    fn add(&mut self, term: &str) {
        if self.terms.len() < TERMS_MAX {
            self.terms.insert(format!("{}{term}", self.mark));
        }
    }

    pub(crate) fn into_vec(self) -> Vec<String> {
        self.terms.into_iter().collect()
    }
}

/// The end of the id: what is random of it, whichever version it has. Were two tenants to share a mark, a search
/// would only cost more, since the rows' tenant is compared as well.
pub(crate) fn mark(tenant: Uuid) -> String {
    let id = tenant.simple().to_string();
    id[id.len() - 8..].to_owned()
}

/// The words of a text in lower case: runs of letters and digits of whatever script.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> {
    let lower = text.to_lowercase();
    let words: Vec<String> = lower
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(WORD_CHARS_MAX).collect())
        .collect();
    words.into_iter()
}

// No word begins with any of these signs.

pub(crate) fn of_value(field: &str, value: &str) -> String {
    let value = value.to_lowercase();
    let mut term: String = format!("={field}=");
    term.extend(value.chars().take(VALUE_CHARS_MAX));
    if value.chars().nth(VALUE_CHARS_MAX).is_some() {
        for byte in Sha256::digest(&value).iter().take(HASH_BYTES) {
            // Into a string nothing fails.
            let _ = write!(term, "{byte:02x}");
        }
    }
    term
}

pub(crate) fn of_tag(tag: &str) -> String {
    format!("#{tag}")
}

pub(crate) fn of_company(company: Uuid) -> String {
    format!("@{company}")
}

pub(crate) fn of_type(asset_type: Uuid) -> String {
    format!(":{asset_type}")
}

/// A term as the database reads it in a question.
pub(crate) fn quoted(mark: &str, term: &str) -> String {
    let term = term.replace('\\', "\\\\").replace('\'', "''");
    format!("'{mark}{term}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_runs_of_letters_and_digits_in_lower_case() {
        for (text, expected) in [
            ("", &[][..]),
            (" - ", &[]),
            ("Microsoft 365 E3", &["microsoft", "365", "e3"]),
            ("PO-77/123_b", &["po", "77", "123", "b"]),
            ("C++ & Straße", &["c", "straße"]),
            ("会计 软件", &["会计", "软件"]),
        ] {
            assert_eq!(words(text).collect::<Vec<_>>(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_long_value_is_told_from_another_that_begins_alike() {
        let long = "a".repeat(VALUE_CHARS_MAX);
        assert_eq!(of_value("notes", &long), format!("=notes={long}"));
        let (one, other) = (format!("{long}1"), format!("{long}2"));
        assert_ne!(of_value("notes", &one), of_value("notes", &other));
        assert_eq!(
            of_value("notes", &one),
            of_value("notes", &one.to_uppercase())
        );
    }

    #[test]
    fn a_term_is_quoted_for_the_database() {
        assert_eq!(
            quoted("0a", "=name=it's \\ this"),
            r"'0a=name=it''s \\ this'"
        );
    }
}
