//! When a webhook is tried again, and when an endpoint is left alone. Pure: whoever calls keeps the state and the
//! clock.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Before each attempt after the first: soon at first, for what was only a moment's trouble, then over three days, a
/// weekend included, for what somebody has to repair.
const DELAYS: [Duration; 12] = [
    Duration::from_secs(5),
    minutes(1),
    minutes(5),
    minutes(30),
    minutes(2 * 60),
    minutes(5 * 60),
    LONGEST,
    LONGEST,
    LONGEST,
    LONGEST,
    LONGEST,
    LONGEST,
];
const LONGEST: Duration = minutes(10 * 60);

/// Attempts at one delivery, the first included.
pub const ATTEMPTS_MAX: u32 = 1 + DELAYS.len() as u32;
/// From the first attempt at a delivery to its last, if none is late.
pub const TRIED_FOR_MAX: Duration = minutes(72 * 60);

/// Each delay is spread from this share of itself …
const SPREAD_FROM_PERMILLE: u32 = 900;
/// … over so much more, so that what failed together does not come back together. Three days stay three days.
const SPREAD_PERMILLE: u32 = 150;

/// Failures in a row from which an endpoint is taken for down. Deliveries then wait, and one at a time shows whether
/// it is back.
const DOWN_AFTER: u32 = 5;
/// Until the first such attempt, doubled at each failure …
const PROBE_FIRST: Duration = Duration::from_secs(30);
/// … up to this, after which what waited goes out at the latest.
const PROBE_MAX: Duration = minutes(15);
/// How long an endpoint may take nothing at all before it is disabled: as long as one delivery is tried.
pub const FAILING_MAX: Duration = TRIED_FOR_MAX;

/// When a delivery is tried again after its `failed`-th failure (from 1 on), or nothing if it is given up.
///
/// The same delivery gets the same times, whoever asks. Attempts are counted, not days: while *we* are down, nothing
/// is given up that was never tried. `asked` is what the receiver wants to wait, at most 10 hours of which are
/// granted.
#[must_use]
pub fn next_attempt(
    delivery: Uuid,
    failed: u32,
    now: DateTime<Utc>,
    asked: Option<Duration>,
) -> Option<DateTime<Utc>> {
    let at = usize::try_from(failed.saturating_sub(1)).ok()?;
    let own = *DELAYS.get(at)? * (SPREAD_FROM_PERMILLE + spread(delivery, failed)) / 1000;
    Some(now + own.max(asked.unwrap_or_default().min(LONGEST)))
}

/// From nothing to [`SPREAD_PERMILLE`]: drawn from the delivery's id, by FNV-1a, which is enough to tell them apart.
fn spread(delivery: Uuid, failed: u32) -> u32 {
    let bytes = delivery
        .as_bytes()
        .iter()
        .copied()
        .chain(failed.to_le_bytes());
    let hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    hash % (SPREAD_PERMILLE + 1)
}

/// How an endpoint fares, over all its deliveries. Starts well.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Since the last success.
    pub failures_in_row: u32,
    /// When the first of them was.
    pub failing_since: Option<DateTime<Utc>>,
    /// When the last of them was.
    pub failed_at: Option<DateTime<Utc>>,
    /// It said that it wants nothing any more.
    pub gone: bool,
}

/// What may be sent to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Circuit {
    /// All that is due.
    Closed,
    /// Nothing before this time, and then a single delivery. What waits does not use up its attempts.
    Open {
        /// When to try.
        probe_at: DateTime<Utc>,
    },
    /// Nothing until a person turns it on again: an alarm is due.
    Disabled(Disabled),
}

/// Why an endpoint is disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disabled {
    /// It answered 410.
    Gone,
    /// It took nothing for three days.
    Failing {
        /// The first failure after the last success.
        since: DateTime<Utc>,
    },
}

impl Health {
    /// After a success. An endpoint that takes one delivery is well.
    #[must_use]
    pub fn succeeded(self) -> Self {
        Self::default()
    }

    /// After a failure at `now`; `gone` if the endpoint said that it wants nothing any more.
    #[must_use]
    pub fn failed(self, now: DateTime<Utc>, gone: bool) -> Self {
        Self {
            failures_in_row: self.failures_in_row.saturating_add(1),
            failing_since: self.failing_since.or(Some(now)),
            failed_at: Some(now),
            gone: self.gone || gone,
        }
    }

    /// What follows from it. Days without anything to send are no failures: it needs attempts to be disabled.
    #[must_use]
    pub fn circuit(&self) -> Circuit {
        if self.gone {
            return Circuit::Disabled(Disabled::Gone);
        }
        let (Some(since), Some(failed_at)) = (self.failing_since, self.failed_at) else {
            return Circuit::Closed;
        };
        let Some(beyond) = self.failures_in_row.checked_sub(DOWN_AFTER) else {
            return Circuit::Closed;
        };
        if (failed_at - since).to_std().unwrap_or_default() >= FAILING_MAX {
            return Circuit::Disabled(Disabled::Failing { since });
        }
        let wait = 2_u32
            .checked_pow(beyond)
            .and_then(|times| PROBE_FIRST.checked_mul(times))
            .map_or(PROBE_MAX, |wait| wait.min(PROBE_MAX));
        Circuit::Open {
            probe_at: failed_at + wait,
        }
    }
}

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

#[cfg(test)]
mod tests;
