//! Cells that a spreadsheet won't run.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, even after blanks, and
//! some split a cell with line breaks before they look at quotes. An apostrophe in front makes it text. What
//! is defanged can be told from what is not, so an import takes exactly these apostrophes off again.

use std::borrow::Cow;

/// What begins a formula; the wide forms are what an East Asian keyboard types, and spreadsheets take them.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Blanks that are not white space to Unicode but not seen either.
const INVISIBLE: [char; 3] = ['\u{200b}', '\u{2060}', '\u{feff}'];

/// The text as a cell that is no formula.
#[must_use]
pub fn defang(text: &str) -> Cow<'_, str> {
    if !looks_at_all_dangerous(text) {
        return Cow::Borrowed(text);
    }
    let mut cell = String::with_capacity(text.len() + 2);
    if begins_dangerously(text) {
        cell.push('\'');
    }
    for (at, line) in lines(text).enumerate() {
        if at > 0 && is_dangerous_line(line) {
            cell.push('\'');
        }
        cell.push_str(line);
    }
    Cow::Owned(cell)
}

/// The text that [`defang`] made this cell of; any other cell as it is.
#[must_use]
pub fn refang(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len());
    for (at, line) in lines(cell).enumerate() {
        let bare = line
            .strip_prefix('\'')
            .filter(|rest| at > 0 && is_dangerous_line(rest));
        text.push_str(bare.unwrap_or(line));
    }
    match text
        .strip_prefix('\'')
        .filter(|rest| begins_dangerously(rest))
    {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

/// Most cells have nothing of the kind in them and are copied as they are.
fn looks_at_all_dangerous(text: &str) -> bool {
    begins_dangerously(text) || text.contains(['\n', '\r'])
}

fn begins_dangerously(text: &str) -> bool {
    let text = text.trim_start_matches('\'');
    text.starts_with(['\t', '\r', '\n']) || begins_a_formula(text)
}

fn is_dangerous_line(line: &str) -> bool {
    let line = line.trim_start_matches('\'');
    line.starts_with('\t') || begins_a_formula(line)
}

/// Apostrophes in front don't count for either side: so a text that has some of its own gets one more, and
/// loses that one again.
fn begins_a_formula(text: &str) -> bool {
    let blank = |c: char| c.is_whitespace() || INVISIBLE.contains(&c);
    text.trim_start_matches(blank).starts_with(FORMULA)
}

/// The lines, each with the break that ends it.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['\n', '\r'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_gets_an_apostrophe() {
        for (text, cell) in [
            ("Contoso", "Contoso"),
            ("a=b", "a=b"),
            ("it's", "it's"),
            ("'quoted'", "'quoted'"),
            ("", ""),
            ("=1+1", "'=1+1"),
            ("+49 30 1234", "'+49 30 1234"),
            ("-5", "'-5"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\rx", "'\rx"),
            ("  =1", "'  =1"),
            ("\u{a0}=1", "'\u{a0}=1"),
            ("\u{feff}=1", "'\u{feff}=1"),
            ("＝1", "'＝1"),
            ("one\ntwo", "one\ntwo"),
            ("one\n=two", "one\n'=two"),
            ("one\r\n@two", "one\r\n'@two"),
            ("\n=1", "'\n'=1"),
            ("'=1", "''=1"),
        ] {
            assert_eq!(defang(text), cell, "{text:?}");
            assert_eq!(refang(cell), text, "{cell:?}");
        }
    }

    proptest! {
        #[test]
        fn an_import_reads_what_was_exported(text in "[-=+@'\t\r\n \u{a0}a＝]{0,12}") {
            let cell = defang(&text).into_owned();
            prop_assert_eq!(refang(&cell), text);
            for line in lines(&cell) {
                prop_assert!(!begins_a_formula(line) || line.starts_with('\''), "{:?}", cell);
            }
        }
    }
}
