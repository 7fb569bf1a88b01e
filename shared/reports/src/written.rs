//! How numbers, amounts and days are written in words for people: English, exact, never by a locale of the machine.

use chrono::NaiveDate;
use domain::money::{Currency, Money};
use rust_decimal::Decimal;

use crate::document::{Kind, Period, Table, Value};

/// Nothing is known or nothing applies.
const NOTHING: &str = "–";
/// A hyphen is too short to be seen before a number.
const MINUS: char = '−';
/// Currencies that are not counted in hundredths, by ISO 4217; all others have two decimals.
const WHOLE: [&str; 16] = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
    "VUV", "XAF", "XOF",
];
const THOUSANDTHS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

/// How the values of one column are written, so that they agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// The decimals of all its numbers.
    pub(crate) decimals: u32,
    /// The currency of all its amounts, if it is one: it is then told once, in the header.
    pub(crate) currency: Option<Currency>,
}

impl Style {
    /// The style in which a column of a table is written.
    pub(crate) fn of_column(table: &Table, at: usize) -> Self {
        let cells = table.rows.iter().chain(&table.totals);
        let mut decimals = 0;
        let mut currencies: Vec<Currency> = Vec::new();
        for value in cells.filter_map(|row| row.get(at)) {
            decimals = decimals.max(decimals_of(value));
            if let Value::Money(money) = value
                && !currencies.contains(&money.currency)
            {
                currencies.push(money.currency);
            }
        }
        Self {
            decimals,
            currency: match currencies.as_slice() {
                [only] => Some(*only),
                _ => None,
            },
        }
    }

    /// The style of a value that stands alone.
    pub(crate) fn of(value: &Value) -> Self {
        Self {
            decimals: decimals_of(value),
            currency: None,
        }
    }

    /// The column's header, with the currency where it is one for all.
    pub(crate) fn header(&self, header: &str, kind: Kind) -> String {
        match self.currency {
            Some(currency) if kind == Kind::Money => format!("{header} ({currency})"),
            _ => header.to_owned(),
        }
    }

    /// A value in words.
    pub(crate) fn write(&self, value: &Value) -> String {
        match value {
            Value::Empty => NOTHING.to_owned(),
            Value::Text(text) => text.clone(),
            Value::Number(number) => grouped(*number, self.decimals),
            Value::Money(money) if self.currency.is_some() => grouped(money.amount, self.decimals),
            Value::Money(money) => {
                format!(
                    "{} {}",
                    money.currency,
                    grouped(money.amount, self.decimals)
                )
            }
            Value::Date(day) => day_short(*day),
        }
    }
}

/// The decimals that a value needs to be told exactly.
fn decimals_of(value: &Value) -> u32 {
    match value {
        Value::Number(number) => number.normalize().scale(),
        Value::Money(money) => decimals_of_money(money),
        Value::Empty | Value::Text(_) | Value::Date(_) => 0,
    }
}

fn decimals_of_money(money: &Money) -> u32 {
    let code = money.currency.code();
    let usual = if WHOLE.contains(&code) {
        0
    } else if THOUSANDTHS.contains(&code) {
        3
    } else {
        2
    };
    money.amount.normalize().scale().max(usual)
}

/// `31 Mar 2026`: no country reads it as another day.
pub(crate) fn day_short(day: NaiveDate) -> String {
    day.format("%-d %b %Y").to_string()
}

/// `31 March 2026`.
pub(crate) fn day_long(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

/// `1 Jan – 31 Mar 2026`, with the first year where it is another.
pub(crate) fn period(period: Period) -> String {
    use chrono::Datelike;
    let from = if period.from.year() == period.until.year() {
        period.from.format("%-d %b").to_string()
    } else {
        day_short(period.from)
    };
    format!("{from} – {}", day_short(period.until))
}

/// `−1,234.50`: thousands apart, with exactly so many decimals.
pub(crate) fn grouped(number: Decimal, decimals: u32) -> String {
    let digits = format!("{:.*}", decimals as usize, number.abs());
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let mut written = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number.is_sign_negative() && !number.is_zero() {
        written.push(MINUS);
    }
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    if !fraction.is_empty() {
        written.push('.');
        written.push_str(fraction);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn money(amount: &str, currency: &str) -> Value {
        Value::Money(Money {
            amount: decimal(amount),
            currency: Currency::parse(currency).unwrap(),
        })
    }

    #[test]
    fn numbers_are_grouped_by_thousands_and_keep_every_decimal() {
        for (number, decimals, written) in [
            ("0", 0, "0"),
            ("999", 0, "999"),
            ("1000", 0, "1,000"),
            ("-1234567.5", 2, "−1,234,567.50"),
            ("-0", 0, "0"),
            ("-0.00", 2, "0.00"),
            ("0.000001", 6, "0.000001"),
            ("1000000000000", 2, "1,000,000,000,000.00"),
        ] {
            assert_eq!(grouped(decimal(number), decimals), written, "{number}");
        }
    }

    #[test]
    fn a_value_alone_is_written_with_what_it_needs() {
        for (value, written) in [
            (money("12", "EUR"), "EUR 12.00"),
            (money("12.000", "USD"), "USD 12.00"),
            (money("0.0035", "USD"), "USD 0.0035"),
            (money("12000", "JPY"), "JPY 12,000"),
            (money("1.5", "KWD"), "KWD 1.500"),
            (Value::Number(decimal("12.50")), "12.5"),
            (Value::Empty, "–"),
            (Value::from("unlimited"), "unlimited"),
            (
                Value::from(NaiveDate::from_ymd_opt(2028, 2, 29)),
                "29 Feb 2028",
            ),
        ] {
            assert_eq!(Style::of(&value).write(&value), written);
        }
    }

    #[test]
    fn a_period_names_the_first_year_only_where_it_is_another() {
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
        for (from, until, written) in [
            (day(2026, 1, 1), day(2026, 3, 31), "1 Jan – 31 Mar 2026"),
            (
                day(2025, 12, 1),
                day(2026, 2, 28),
                "1 Dec 2025 – 28 Feb 2026",
            ),
        ] {
            assert_eq!(period(Period { from, until }), written);
        }
    }
}
