//! Who writes and who reads.

use std::fmt;

/// A name as a mail program shows it: longer ones are typing errors, or attempts.
const NAME_LENGTH_MAX: usize = 200;
/// What the standard allows an address.
const ADDRESS_LENGTH_MAX: usize = 254;

/// A mail address, with the name that is shown for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    name: Option<String>,
    address: lettre::Address,
}

/// Why something is no mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// Not of the form `name@domain`.
    #[error("{0:?} is no mail address: write it as name@example.com")]
    Form(String),
    /// It would add a header.
    #[error("the name {0:?} holds a line break or another control character: remove it")]
    Control(String),
    /// Longer than a name is.
    #[error("the name is {0} characters long: at most {NAME_LENGTH_MAX} are allowed")]
    TooLong(usize),
}

impl Address {
    /// Reads an address such as `jane@example.com`, with a name to show or without.
    ///
    /// # Errors
    /// [`BadAddress`], quoting what came.
    pub fn parse(address: &str, name: Option<&str>) -> Result<Self, BadAddress> {
        let quoted = |text: &str| text.chars().take(80).collect::<String>();
        // lettre's own check, and a line of ours: quoted local parts may hold what a log or a header may not.
        let safe = address.len() <= ADDRESS_LENGTH_MAX
            && !address.contains(|c: char| c.is_control() || c.is_whitespace());
        let parsed = address.parse().ok().filter(|_| safe);
        let Some(parsed) = parsed else {
            return Err(BadAddress::Form(quoted(address)));
        };
        let name = name.map(str::trim).filter(|name| !name.is_empty());
        if let Some(name) = name {
            if name.contains(breaks) {
                return Err(BadAddress::Control(quoted(name)));
            }
            let length = name.chars().count();
            if length > NAME_LENGTH_MAX {
                return Err(BadAddress::TooLong(length));
            }
        }
        Ok(Self {
            name: name.map(str::to_owned),
            address: parsed,
        })
    }

    /// The part after the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.address.domain()
    }

    pub(super) fn bare(&self) -> &lettre::Address {
        &self.address
    }

    pub(super) fn mailbox(&self) -> lettre::message::Mailbox {
        lettre::message::Mailbox::new(self.name.clone(), self.address.clone())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

/// What ends a line somewhere, and every other control character.
pub(super) fn breaks(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}
