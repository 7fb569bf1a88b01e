//! Days. A day is the tenant's day: instants become days here and nowhere else.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;

/// The first year a date may have: older ones are typing errors or a system's "unknown".
pub const YEAR_MIN: i32 = 1900;
/// The last year a date may have; "never" is often written as the end of 9999.
pub const YEAR_MAX: i32 = 9999;

/// The day it is at `now` in a time zone.
#[must_use]
pub fn day_of(now: DateTime<Utc>, zone: Tz) -> NaiveDate {
    now.with_timezone(&zone).date_naive()
}

/// Whole days from `today` to `day`: 0 today, negative in the past.
#[must_use]
pub fn days_left(today: NaiveDate, day: NaiveDate) -> i64 {
    (day - today).num_days()
}

/// Why a text is no date.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is no date: write it as year-month-day, such as 2027-01-31, from 1900 to 9999")]
pub struct NotADate(String);

/// Reads an ISO date such as `2027-01-31`.
///
/// # Errors
/// If it is written otherwise, does not exist, or lies outside [`YEAR_MIN`] to [`YEAR_MAX`].
pub fn parse_date(text: &str) -> Result<NaiveDate, NotADate> {
    let not_a_date = || NotADate(text.chars().take(24).collect());
    if text.len() != 10 {
        return Err(not_a_date());
    }
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| not_a_date())?;
    if (YEAR_MIN..=YEAR_MAX).contains(&date.year()) {
        Ok(date)
    } else {
        Err(not_a_date())
    }
}

/// Reads an IANA time zone name such as `Europe/Berlin`.
///
/// # Errors
/// If there is none of that name.
pub fn parse_zone(name: &str) -> Result<Tz, NotAZone> {
    name.parse()
        .map_err(|_| NotAZone(name.chars().take(40).collect()))
}

/// Why a text is no time zone.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is no time zone: use an IANA name such as America/New_York")]
pub struct NotAZone(String);

/// The end of the `count`th term of `months` after one that ended on `day`. Counted from the first end, so
/// that the 31st comes back after a February.
#[must_use]
pub fn months_later(day: NaiveDate, months: u32, count: u32) -> NaiveDate {
    let later = day.checked_add_months(chrono::Months::new(months.saturating_mul(count)));
    later.unwrap_or(NaiveDate::MAX)
}
