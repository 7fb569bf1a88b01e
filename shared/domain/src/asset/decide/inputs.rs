//! Parts of an input that stand beside the values.

use chrono::NaiveDate;
use serde_json::Value as Json;

use crate::{
    calendar,
    refusal::Violations,
    text,
    value::{self, SEATS_MAX},
};

pub(super) fn day_given(
    path: &str,
    given: Option<&str>,
    found: &mut Violations,
) -> Option<NaiveDate> {
    given.and_then(|text| found.keep(path, calendar::parse_date(text.trim())))
}

pub(super) fn line_given(
    path: &str,
    given: Option<&str>,
    found: &mut Violations,
) -> Option<String> {
    let given = given.filter(|text| !text.trim().is_empty())?;
    found.keep(path, text::line(given, text::NAME_LENGTH_MAX))
}

pub(super) fn seats_given(
    path: &str,
    given: &Json,
    least: i64,
    found: &mut Violations,
) -> Option<i64> {
    match given
        .as_i64()
        .or_else(|| given.as_str().and_then(|text| text.trim().parse().ok()))
    {
        Some(seats) if (least..=SEATS_MAX).contains(&seats) => Some(seats),
        _ => {
            let message = format!(
                "is {}: a whole number from {least} to {SEATS_MAX} is expected",
                value::shown(given)
            );
            found.add(path, message);
            None
        }
    }
}
