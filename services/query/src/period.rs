//! Days from one to another.

use chrono::NaiveDate;
use web::problem::{Kind, Problem};

/// The longest period, in days: twenty years. Each license is counted year by year.
const PERIOD_DAYS_MAX: i64 = 7_305;

/// A period must not end before it begins, nor be too long.
pub(crate) fn check_period(from: NaiveDate, to: NaiveDate) -> Result<(), Problem> {
    let days = (to - from).num_days() + 1;
    let message = match days {
        ..1 => format!("must not lie before `from`, which is {from}"),
        1..=PERIOD_DAYS_MAX => return Ok(()),
        _ => format!("is too far from `from`: a period has {PERIOD_DAYS_MAX} days at most"),
    };
    Err(Problem::new(Kind::BadQuery).with_error("to", message))
}
