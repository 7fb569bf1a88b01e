//! The rules that every text from outside meets at the door.

use unicode_normalization::UnicodeNormalization;

/// Names of companies, types, fields, options: what fits on a line of a screen.
pub const NAME_LENGTH_MAX: usize = 200;
/// A tag, which is shown as a small label.
pub const TAG_LENGTH_MAX: usize = 60;
/// A line of text in a field.
pub const LINE_LENGTH_MAX: usize = 2_000;
/// A text area, a rich text, a document: well below the largest event (256 KiB), with room for its old value.
pub const BODY_LENGTH_MAX: usize = 60_000;

/// Why a text is not acceptable.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadText {
    /// Nothing that can be seen.
    #[error("must not be empty")]
    Empty,
    /// Longer than allowed; lengths are in bytes of UTF-8.
    #[error("is {length} bytes long: at most {max} are allowed")]
    TooLong {
        /// Its length.
        length: usize,
        /// What is allowed.
        max: usize,
    },
    /// NUL and other control characters break logs, terminals and databases; those that turn the direction of
    /// writing show a line as another than it is.
    #[error("contains the control character U+{0:04X}: remove it")]
    Control(u32),
}

/// One line: trimmed, not empty, without control characters.
///
/// # Errors
/// [`BadText`].
pub fn line(text: &str, max: usize) -> Result<String, BadText> {
    checked(text.trim(), max, |c| !c.is_control() && !misleads(c))
}

/// Several lines: not empty; tabs and line breaks may stand in it.
///
/// # Errors
/// [`BadText`].
pub fn body(text: &str, max: usize) -> Result<String, BadText> {
    checked(text, max, |c| {
        !c.is_control() || matches!(c, '\n' | '\r' | '\t')
    })
}

/// Whether a character breaks a line, or turns the direction of writing for what follows it.
fn misleads(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether nobody can see a character: white space, joiners, marks of direction and of byte order.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
        )
}

fn checked(text: &str, max: usize, allowed: impl Fn(char) -> bool) -> Result<String, BadText> {
    if text.chars().all(is_invisible) {
        return Err(BadText::Empty);
    }
    if text.len() > max {
        return Err(BadText::TooLong {
            length: text.len(),
            max,
        });
    }
    match text.chars().find(|&c| !allowed(c)) {
        Some(c) => Err(BadText::Control(u32::from(c))),
        None => Ok(text.to_owned()),
    }
}

/// What two spellings of one name have in common: case, white space, and whether an accent is a character of its
/// own do not count.
#[must_use]
pub fn normalized(name: &str) -> String {
    let words: Vec<String> = name
        .split_whitespace()
        .map(|word| word.to_lowercase().nfc().collect())
        .collect();
    words.join(" ")
}

/// The snake case of a name, for keys: `Auto-Renew` becomes `auto_renew`.
#[must_use]
pub fn snake_case(name: &str) -> String {
    let spaced: String = name
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect::<String>()
        .to_lowercase();
    spaced.split_whitespace().collect::<Vec<_>>().join("_")
}
