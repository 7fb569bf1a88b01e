//! How calls to a system fare: when it is left alone, and for how long. Pure.

use std::time::Duration;

use chrono::{DateTime, Timelike, Utc};
use serde::{Deserialize, Serialize};

use crate::psa::PsaError;

/// Failures in a row after which a system is taken for down.
const DOWN_AFTER: u32 = 5;
/// Until it is tried again, doubled at each failure …
const PROBE_FIRST: Duration = Duration::from_secs(30);
/// … up to this.
const PROBE_MAX: Duration = Duration::from_secs(15 * 60);
/// Credentials that don't serve are tried again this seldom, lest the account be locked.
const REFUSED_PROBE: Duration = Duration::from_secs(15 * 60);
/// What is waited when a system asks for it and does not say how long.
const BUSY: Duration = Duration::from_secs(10);
/// The longest that a system is granted.
const BUSY_MAX: Duration = Duration::from_secs(60 * 60);

/// How calls fare.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Health {
    /// Since the last that went well.
    pub(crate) failures: u32,
    /// Nothing is tried before.
    pub(crate) open_until: Option<DateTime<Utc>>,
}

impl Health {
    /// After a call. Answers why nothing can go well until somebody acts, if so.
    pub(crate) fn after(
        &mut self,
        outcome: Result<(), &PsaError>,
        now: DateTime<Utc>,
    ) -> Option<String> {
        let error = match outcome {
            // It answered: whatever it says of one ticket says nothing of the others.
            Ok(()) | Err(PsaError::NotFound | PsaError::Refused(_)) => {
                *self = Self::default();
                return None;
            }
            Err(error) => error,
        };
        if let PsaError::Busy { retry_after } = error {
            let wait = retry_after.unwrap_or(BUSY).min(BUSY_MAX);
            self.open_until = Some(now + wait);
            return None;
        }
        self.failures = self.failures.saturating_add(1);
        if let PsaError::Unauthorized(_) = error {
            self.open_until = Some(now + REFUSED_PROBE);
            return Some(error.to_string());
        }
        let beyond = self.failures.checked_sub(DOWN_AFTER)?;
        let wait = 2_u32
            .checked_pow(beyond)
            .and_then(|times| PROBE_FIRST.checked_mul(times));
        self.open_until = Some(now + wait.map_or(PROBE_MAX, |wait| wait.min(PROBE_MAX)));
        None
    }
}

/// The calls of an hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Budget {
    pub(crate) hour: Option<DateTime<Utc>>,
    pub(crate) calls: u32,
}

impl Budget {
    /// When the next call may be made, if not now.
    pub(crate) fn wait(&self, now: DateTime<Utc>, max: u32) -> Option<DateTime<Utc>> {
        let hour = begun(now);
        let used_up = self.hour == Some(hour) && self.calls >= max;
        used_up.then(|| hour + Duration::from_secs(60 * 60))
    }

    pub(crate) fn count(&mut self, now: DateTime<Utc>) {
        let hour = begun(now);
        if self.hour != Some(hour) {
            *self = Self {
                hour: Some(hour),
                calls: 0,
            };
        }
        self.calls = self.calls.saturating_add(1);
    }
}

fn begun(now: DateTime<Utc>) -> DateTime<Utc> {
    let hour = now.with_minute(0).and_then(|hour| hour.with_second(0));
    hour.and_then(|hour| hour.with_nanosecond(0)).unwrap_or(now)
}

/// How many tickets are made at a time: bursts are short, so that nobody's queue is flooded in a second.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    tokens: f64,
    at: Option<tokio::time::Instant>,
}

/// Tickets made at once …
const BURST: f64 = 20.0;
/// … and then in each second.
const PER_SECOND: f64 = 1.0;

impl Default for Pace {
    fn default() -> Self {
        Self {
            tokens: BURST,
            at: None,
        }
    }
}

impl Pace {
    /// Takes the right to make one, or says how long to wait for it.
    pub(crate) fn take(&mut self) -> Result<(), Duration> {
        let now = tokio::time::Instant::now();
        let passed = self.at.map_or(Duration::ZERO, |at| now - at);
        self.at = Some(now);
        self.tokens = (self.tokens + passed.as_secs_f64() * PER_SECOND).min(BURST);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - self.tokens) / PER_SECOND))
    }
}
