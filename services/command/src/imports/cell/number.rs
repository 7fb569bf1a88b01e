use serde_json::{Value as Json, json};

use super::{super::DecimalMark, Unfit, shown};

/// What parts thousands and can't be taken for anything else.
const BLANKS: [char; 5] = [' ', '\u{a0}', '\u{202f}', '\'', '’'];

/// A number with a point before its decimals and nothing between its thousands.
pub(super) fn read(text: &str, mark: Option<DecimalMark>) -> Result<String, Unfit> {
    let unfit = || format!("is {}: a number such as 1234.50 is expected", shown(text));
    let (sign, rest) = match text.strip_prefix(['-', '−']) {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, decimals, thousands) = match decimal_mark(rest, mark).ok_or_else(unfit)? {
        Mark::None => (rest, "", None),
        Mark::Decimal(mark) => {
            let (whole, decimals) = rest.split_once(mark).unwrap_or((rest, ""));
            let other = if mark == '.' { ',' } else { '.' };
            (whole, decimals, Some(other))
        }
        Mark::Thousands(mark) => (rest, "", Some(mark)),
        Mark::Either => {
            return Err(format!(
                "is {}, in which {:?} may separate thousands or decimals: write it without, as 1234 or 1.5, or \
                 say which mark is the decimal one, point or comma (`decimal_mark`)",
                shown(text),
                if rest.contains(',') { ',' } else { '.' }
            ));
        }
    };
    // `.5` is how some write 0.5.
    let whole = if whole.is_empty() && !decimals.is_empty() {
        "0"
    } else {
        whole
    };
    let whole = ungrouped(whole, thousands).ok_or_else(unfit)?;
    if !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(unfit());
    }
    Ok(match decimals {
        "" => format!("{sign}{whole}"),
        decimals => format!("{sign}{whole}.{decimals}"),
    })
}

/// An amount, with its currency if the cell names one.
pub(super) fn money(text: &str, mark: Option<DecimalMark>) -> Result<Json, Unfit> {
    let (amount, currency) = match currency_of(text) {
        Some(found) => found,
        None if text.contains('$') => {
            return Err(format!(
                "is {}, which does not say whose dollars: write it as 6600.00 USD, or without the sign for \
                 the account's own currency",
                shown(text)
            ));
        }
        None => return read(text, mark).map(|amount| json!(amount)),
    };
    let amount = read(amount.trim(), mark)?;
    Ok(json!({ "amount": amount, "currency": currency.to_uppercase() }))
}

/// An amount and the code or sign before or after it.
fn currency_of(text: &str) -> Option<(&str, &str)> {
    for (sign, code) in [("€", "EUR"), ("£", "GBP")] {
        if let Some(amount) = text.strip_prefix(sign).or(text.strip_suffix(sign)) {
            return Some((amount, code));
        }
    }
    let is_code = |code: &str| code.bytes().all(|byte| byte.is_ascii_alphabetic());
    let before = text.split_at_checked(3).filter(|(code, _)| is_code(code));
    let after = text
        .len()
        .checked_sub(3)
        .and_then(|at| text.split_at_checked(at))
        .filter(|(_, code)| is_code(code));
    before.map(|(code, amount)| (amount, code)).or(after)
}

enum Mark {
    None,
    Decimal(char),
    Thousands(char),
    /// Nothing tells which.
    Either,
}

/// What the points and commas of a number are; none if they make no sense.
fn decimal_mark(text: &str, said: Option<DecimalMark>) -> Option<Mark> {
    let said = said.map(|mark| match mark {
        DecimalMark::Point => '.',
        DecimalMark::Comma => ',',
    });
    let count = |mark| text.matches(mark).count();
    let last = text.chars().rev().find(|c| matches!(c, '.' | ','));
    Some(match (count('.'), count(','), last) {
        (0, 0, _) | (_, _, None) => Mark::None,
        (points, commas, Some(last)) if points > 0 && commas > 0 => {
            let once = if last == '.' { points } else { commas } == 1;
            let as_said = said.is_none_or(|said| said == last);
            return (once && as_said).then_some(Mark::Decimal(last));
        }
        (1, 0, Some(mark)) | (0, 1, Some(mark)) => match said {
            Some(said) if said == mark => Mark::Decimal(mark),
            Some(_) => Mark::Thousands(mark),
            None if may_part_thousands(text, mark) => Mark::Either,
            None => Mark::Decimal(mark),
        },
        (_, _, Some(mark)) if said == Some(mark) => return None,
        (_, _, Some(mark)) => Mark::Thousands(mark),
    })
}

/// Whether a number's only mark could stand between its thousands: three digits after it, one to three before
/// it, and those no zero.
fn may_part_thousands(text: &str, mark: char) -> bool {
    text.split_once(mark).is_some_and(|(before, after)| {
        after.len() == 3 && (1..=3).contains(&before.len()) && !before.starts_with('0')
    })
}

/// The digits of a whole number, whose thousands may be parted by `mark` or by blanks.
fn ungrouped(text: &str, mark: Option<char>) -> Option<String> {
    let parts = |c: char| Some(c) == mark || BLANKS.contains(&c);
    let groups: Vec<&str> = text.split(parts).collect();
    let (first, later) = groups.split_first()?;
    let digits =
        |group: &&str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    let fits = later.is_empty() || first.len() <= 3 && later.iter().all(|group| group.len() == 3);
    (fits && groups.iter().all(digits)).then(|| groups.concat())
}
