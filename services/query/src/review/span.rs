//! Which days a review looks at.

use chrono::{Datelike, Months, NaiveDate};
use domain::calendar::{YEAR_MAX, YEAR_MIN};
use serde::{Deserialize, Deserializer, de::Error};

/// Months of a quarter, and of what a review looks ahead.
const MONTHS: u32 = 3;

/// A quarter of a calendar year, such as `2026-Q4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quarter {
    year: i32,
    /// From 0.
    number: u32,
}

/// Days from one to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: NaiveDate,
    pub(super) until: NaiveDate,
}

impl Quarter {
    fn parse(text: &str) -> Option<Self> {
        let (year, number) = text.split_once('-')?;
        let digits = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
        let year = year
            .parse()
            .ok()
            .filter(|year| digits && (YEAR_MIN..=YEAR_MAX).contains(year))?;
        let number = ["Q1", "Q2", "Q3", "Q4"]
            .iter()
            .position(|word| *word == number)?;
        let number = u32::try_from(number).ok()?;
        Some(Self { year, number })
    }

    pub(super) fn of(day: NaiveDate) -> Self {
        Self {
            year: day.year(),
            number: day.month0() / MONTHS,
        }
    }

    pub(super) fn span(self) -> Span {
        let first = NaiveDate::from_ymd_opt(self.year, self.number * MONTHS + 1, 1);
        let from = first.unwrap_or_default();
        let until = last_of_months_from(from);
        Span { from, until }
    }
}

impl std::fmt::Display for Quarter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-Q{}", self.year, self.number + 1)
    }
}

impl Span {
    /// The quarter that it is, if it is one.
    pub(super) fn quarter(self) -> Option<Quarter> {
        Some(Quarter::of(self.from)).filter(|quarter| quarter.span() == self)
    }

    /// The day that it holds for: its last, or today while it runs.
    pub(super) fn as_of(self, today: NaiveDate) -> NaiveDate {
        self.until.min(today)
    }

    pub(super) fn day_before(self) -> NaiveDate {
        self.from.pred_opt().unwrap_or(self.from)
    }

    /// The last day of the three months after it: for a quarter, of the next one.
    pub(super) fn ahead_until(self) -> NaiveDate {
        self.until
            .succ_opt()
            .map_or(self.until, last_of_months_from)
    }
}

fn last_of_months_from(first: NaiveDate) -> NaiveDate {
    let after = first.checked_add_months(Months::new(MONTHS));
    after.and_then(|after| after.pred_opt()).unwrap_or(first)
}

impl<'de> Deserialize<'de> for Quarter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            D::Error::custom(
                "must be a year and a quarter, such as 2026-Q4, from 1900-Q1 to 9999-Q4",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_quarter_is_three_months_and_looks_three_months_ahead() {
        for (quarter, from, until, before, ahead) in [
            (
                "2026-Q4",
                "2026-10-01",
                "2026-12-31",
                "2026-09-30",
                "2027-03-31",
            ),
            (
                "2027-Q1",
                "2027-01-01",
                "2027-03-31",
                "2026-12-31",
                "2027-06-30",
            ),
            (
                "2028-Q1",
                "2028-01-01",
                "2028-03-31",
                "2027-12-31",
                "2028-06-30",
            ),
            (
                "9999-Q4",
                "9999-10-01",
                "9999-12-31",
                "9999-09-30",
                "+10000-03-31",
            ),
        ] {
            let parsed = Quarter::parse(quarter).unwrap();
            let span = parsed.span();
            assert_eq!(
                (span.from, span.until),
                (day(from), day(until)),
                "{quarter}"
            );
            assert_eq!(span.day_before(), day(before), "{quarter}");
            assert_eq!(span.ahead_until(), day(ahead), "{quarter}");
            assert_eq!(span.quarter(), Some(parsed), "{quarter}");
            assert_eq!(parsed.to_string(), quarter);
            assert_eq!(Quarter::of(span.until), parsed);
        }
    }

    #[test]
    fn what_is_no_quarter_is_none() {
        for text in [
            "", "2026", "2026-Q0", "2026-Q5", "2026-q1", "26-Q1", "1899-Q4", "+026-Q1", "2026-Q1 ",
            "Q1-2026",
        ] {
            assert_eq!(Quarter::parse(text), None, "{text}");
        }
        let odd = Span {
            from: day("2026-10-02"),
            until: day("2026-12-31"),
        };
        assert_eq!(odd.quarter(), None);
    }

    #[test]
    fn a_period_that_runs_holds_for_today_and_one_that_is_over_for_its_last_day() {
        let span = Quarter::parse("2026-Q4").unwrap().span();
        assert_eq!(span.as_of(day("2026-11-24")), day("2026-11-24"));
        assert_eq!(span.as_of(day("2027-02-01")), day("2026-12-31"));
    }
}
