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
    // The library's own reading is lenient: it takes signs and single digits.
    let written = |(at, byte): (usize, u8)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    if text.len() != 10 || !text.bytes().enumerate().all(written) {
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

/// The first end, among those of terms of `months` (at least one) that follow the one that ended on `first`,
/// that is not before `day`; `first` itself if it is not.
#[must_use]
pub fn term_end_from(first: NaiveDate, months: u32, day: NaiveDate) -> NaiveDate {
    if day <= first {
        return first;
    }
    let months = months.max(1);
    // Start one term before the answer at most, so that no loop runs through the centuries.
    let apart = i64::from(day.year() - first.year()) * 12 + i64::from(day.month0())
        - i64::from(first.month0());
    let near = u32::try_from(apart / i64::from(months)).unwrap_or(0);
    (near.saturating_sub(1)..=near.saturating_add(1))
        .map(|count| months_later(first, months, count))
        .find(|end| *end >= day)
        .unwrap_or(NaiveDate::MAX)
}

/// The end of the `count`th term of `months` after one that ended on `day`. Counted from the first end, so
/// that the 31st comes back after a February.
#[must_use]
pub fn months_later(day: NaiveDate, months: u32, count: u32) -> NaiveDate {
    let later = day.checked_add_months(chrono::Months::new(months.saturating_mul(count)));
    later.unwrap_or(NaiveDate::MAX)
}
