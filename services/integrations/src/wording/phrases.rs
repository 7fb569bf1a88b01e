//! The small change of texts: numbers, days, money, names.

use chrono::NaiveDate;
use domain::money::{Amounts, Money};

use super::SUBJECT_LENGTH_MAX;

/// A name in a text, in characters. Names are shorter; a line of an import that became a name need not be.
const NAME_SHOWN_MAX: usize = 200;
/// What a person wrote by hand, in characters: a long paragraph, and not a document.
const NOTE_SHOWN_MAX: usize = 4_000;

/// A number of things: "1 seat", "1,200 seats".
#[must_use]
pub fn count(number: i64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

/// "1 seat is", "12 seats are".
pub(super) fn are(number: i64, noun: &str) -> String {
    let verb = if number == 1 { "is" } else { "are" };
    format!("{} {verb}", count(number, noun))
}

/// 1,200.
pub(super) fn grouped(number: i64) -> String {
    in_thousands(&number.to_string())
}

/// 2026-12-24, which is read in the same way everywhere.
#[must_use]
pub fn day(date: NaiveDate) -> String {
    date.format("%Y-%m-%d").to_string()
}

/// A day as seen from another: "today", "in 1 day", "3 days ago".
#[must_use]
pub fn relative(date: NaiveDate, today: NaiveDate) -> String {
    match (date - today).num_days() {
        0 => "today".to_owned(),
        days if days > 0 => format!("in {}", count(days, "day")),
        days => format!("{} ago", count(-days, "day")),
    }
}

/// Sums of money, "USD 1,200.00 + EUR 90.00"; nothing for none. Parts of a cent are shown where there are any.
#[must_use]
pub fn amounts(amounts: &Amounts) -> String {
    let each: Vec<String> = amounts.iter().map(money).collect();
    each.join(" + ")
}

fn money(money: Money) -> String {
    let mut amount = money.amount.normalize();
    if amount.scale() < 2 {
        amount.rescale(2);
    }
    let amount = amount.to_string();
    let (whole, cents) = amount.split_once('.').unwrap_or((&amount, "00"));
    format!("{} {}.{cents}", money.currency, in_thousands(whole))
}

fn in_thousands(digits: &str) -> String {
    let (sign, digits) = digits
        .strip_prefix('-')
        .map_or(("", digits), |digits| ("-", digits));
    let mut text = sign.to_owned();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A name as one line of at most 200 characters: no line break, no control character, nothing that turns the
/// direction of writing or hides.
#[must_use]
pub fn one_line(name: &str) -> String {
    let shown: String = name
        .chars()
        .filter(|c| !is_hidden(*c))
        .map(|c| if breaks(c) { ' ' } else { c })
        .collect();
    let line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return "(no name)".to_owned();
    }
    shortened(&line, NAME_SHOWN_MAX)
}

/// What a person wrote, with its line breaks, without what [`one_line`] takes away; at most 4,000 characters.
#[must_use]
pub fn paragraphs(text: &str) -> String {
    let text = text
        .replace("\r\n", "\n")
        .replace(['\r', '\u{2028}', '\u{2029}', '\u{85}'], "\n");
    let mut shown: String = text
        .chars()
        .filter(|c| !is_hidden(*c))
        .map(|c| if breaks(c) && c != '\n' { ' ' } else { c })
        .take(NOTE_SHOWN_MAX + 1)
        .collect();
    if let Some((end, _)) = shown.char_indices().nth(NOTE_SHOWN_MAX) {
        shown.truncate(end);
        shown.push('…');
    }
    shown.trim().to_owned()
}

fn breaks(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Marks of direction, and what takes no room. The joiners U+200C and U+200D stay: scripts and emoji need them.
fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

/// At most so many characters, with an ellipsis in the middle: both ends of a name tell it apart from its neighbours.
#[must_use]
pub fn shortened(text: &str, max: usize) -> String {
    let length = text.chars().count();
    if length <= max {
        return text.to_owned();
    }
    let kept = max.saturating_sub(1);
    let tail = kept / 2;
    let head: String = text.chars().take(kept - tail).collect();
    let tail: String = text.chars().skip(length - tail).collect();
    let text = format!("{}…{}", head.trim_end(), tail.trim_start());
    text.chars().take(max).collect()
}

/// Makes a subject of two names, shortening the longer first, until it fits.
pub(super) fn fitted(
    company: Option<&str>,
    thing: &str,
    make: impl Fn(Option<&str>, &str) -> String,
) -> String {
    let whole = make(company, thing);
    if whole.chars().count() <= SUBJECT_LENGTH_MAX {
        return whole;
    }
    let frame = make(company.map(|_| ""), "").chars().count();
    let room = SUBJECT_LENGTH_MAX.saturating_sub(frame);
    let company_length = company.map_or(0, |company| company.chars().count());
    let thing_length = thing.chars().count();
    let half = room / 2;
    let for_company = company_length.min(half.max(room.saturating_sub(thing_length)));
    let company = company.map(|company| shortened(company, for_company));
    let thing = shortened(thing, room - for_company);
    make(company.as_deref(), &thing)
        .chars()
        .take(SUBJECT_LENGTH_MAX)
        .collect()
}

/// With a capital letter at its start.
pub(super) fn capital(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest
        .next()
        .map(|c| c.to_uppercase().to_string())
        .unwrap_or_default();
    first + rest.as_str()
}
