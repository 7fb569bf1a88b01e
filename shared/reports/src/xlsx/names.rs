//! What sheets may be called.

use crate::plain;

/// The longest name that spreadsheets open.
const UNITS_MAX: usize = 31;
/// Room for ` (123)` behind a name that was taken.
const UNITS_OF_NUMBER: usize = 6;
/// What a table without a usable caption is called.
const NAMELESS: &str = "Table";
/// Spreadsheets keep this name for themselves.
const RESERVED: &str = "history";

/// The names in use, in small letters: spreadsheets take names that differ in case alone for the same.
pub(super) struct Names {
    taken: Vec<String>,
}

impl Names {
    pub(super) fn beside(taken: &str) -> Self {
        Self {
            taken: vec![taken.to_lowercase(), RESERVED.to_owned()],
        }
    }

    /// A name like the caption that no other sheet has.
    pub(super) fn name(&mut self, caption: &str) -> String {
        let whole = fitting(caption, UNITS_MAX);
        let mut name = whole.clone();
        let mut number = 2;
        while self.taken.contains(&name.to_lowercase()) {
            let short = fitting(&whole, UNITS_MAX - UNITS_OF_NUMBER);
            name = format!("{short} ({number})");
            number += 1;
        }
        self.taken.push(name.to_lowercase());
        name
    }
}

fn fitting(caption: &str, units_max: usize) -> String {
    let mut units = 0;
    let kept: String = plain::line(caption, units_max)
        .chars()
        .map(|letter| match letter {
            '[' | ']' | ':' | '*' | '?' | '/' | '\\' => '-',
            letter => letter,
        })
        .take_while(|letter| {
            units += letter.len_utf16();
            units <= units_max
        })
        .collect();
    let kept = kept.trim_matches(|letter: char| letter == '\'' || letter.is_whitespace());
    if kept.is_empty() {
        NAMELESS.to_owned()
    } else {
        kept.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_fit_for_spreadsheets_and_differ() {
        let mut names = Names::beside("Summary");
        for (caption, name) in [
            ("Spare seats", "Spare seats"),
            ("spare SEATS", "spare SEATS (2)"),
            ("summary", "summary (2)"),
            ("History", "History (2)"),
            ("In use: [all]/none?", "In use- -all--none-"),
            ("''", "Table"),
            ("", "Table (2)"),
            (
                "Renewals in the next quarter by vendor",
                "Renewals in the next quarter b…",
            ),
            (
                "Renewals in the next quarter by product",
                "Renewals in the next qua… (2)",
            ),
            (
                "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀",
                "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀",
            ),
        ] {
            assert_eq!(names.name(caption), name);
        }
    }
}
