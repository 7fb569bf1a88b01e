//! What an administrator of RT tells us.

use secrecy::SecretString;
use url::Url;

use super::super::{Priorities, PsaError};

/// How to reach an RT, and how it is set up for us.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where people open it, such as `https://rt.example.com/`.
    pub url: Url,
    /// The authentication token of the RT user that we are, made under Settings / Auth Tokens.
    pub token: SecretString,
    /// The queue that tickets are made in, by name.
    pub queue: String,
    /// The custom field of that queue's tickets that takes our reference, by name: "Enter one value", for us alone.
    pub reference_field: String,
    /// The custom field that takes the company's id, by name. Without it the text alone names the company.
    pub company_field: Option<String>,
    /// The address of the requestor; RT writes to whoever it is. Without it a ticket has none.
    pub requestor: Option<String>,
    /// The status that closes a ticket, usually `resolved`.
    pub closed_status: String,
    /// RT's priorities for ours: numbers, usually from 0 to 100. Without them RT gives the queue's own.
    pub priorities: Priorities,
}

impl Settings {
    /// That they could serve, which RT itself has still to say.
    pub(super) fn check(&self) -> Result<(), PsaError> {
        let mut wrong = Vec::new();
        for field in self.fields() {
            // Within RT's search language the name stands in quotes and braces, and cannot escape the latter.
            if field.is_empty() || field.contains(['{', '}', '\'', '"', '\\']) {
                wrong.push(format!(
                    "the custom field's name {field:?} cannot be searched for; rename it to letters, digits and _"
                ));
            }
        }
        if self.company_field.as_ref() == Some(&self.reference_field) {
            wrong.push(
                "the company and the reference have the same custom field; give each its own"
                    .to_owned(),
            );
        }
        for (name, value) in [
            ("queue", &self.queue),
            ("closed status", &self.closed_status),
        ] {
            if value.is_empty() {
                wrong.push(format!("the {name} is empty; give its name in RT"));
            }
        }
        if wrong.is_empty() {
            return Ok(());
        }
        Err(PsaError::Refused(wrong.join("; ")))
    }

    /// The custom fields that we write.
    pub(super) fn fields(&self) -> impl Iterator<Item = &String> {
        [Some(&self.reference_field), self.company_field.as_ref()]
            .into_iter()
            .flatten()
    }
}
