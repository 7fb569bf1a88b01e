//! Whether a count is too old, by the policy of the moment at which it is read.

use chrono::NaiveDate;
use domain::{asset::InUseSource, policy::Policy};
use read_models::query::Settings;

/// Whether a count that stands on a day was made too long before it.
pub(crate) fn is_stale(
    settings: &Settings,
    source: InUseSource,
    counted_on: Option<NaiveDate>,
    day: NaiveDate,
) -> bool {
    let days = |days: i32| u32::try_from(days).unwrap_or(u32::MAX);
    let policy = Policy {
        stale_after_days: days(settings.stale_after_days),
        typed_stale_after_days: settings.typed_stale_after_days.map(days),
        ..Policy::default()
    };
    counted_on.is_some_and(|counted_on| policy.is_stale(source, counted_on, day))
}
