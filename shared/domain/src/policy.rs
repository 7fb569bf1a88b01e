//! What a tenant decides about thresholds, reminders and its calendar.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::{
    alert::{AlertOverrides, AlertRules, Kind, QuietHours},
    asset::InUseSource,
    money::Currency,
    refusal::Violations,
};

/// The longest time ahead for a reminder.
pub const LEAD_DAYS_MAX: u32 = 730;
/// How many reminders one deadline may have.
pub const LEAD_DAYS_COUNT_MAX: usize = 10;

/// The longest time that a count may be trusted.
pub const STALE_AFTER_DAYS_MAX: u32 = 3_650;

/// A tenant's policy. What is not set has the default of [`Policy::default`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Fewer spare seats than this are never worth a finding.
    pub min_spare_seats: i64,
    /// Per cent of the owned seats that must be spare before a pool is over-licensed.
    pub spare_ratio_percent: i64,
    /// Days after which a count that another system reported is stale.
    pub stale_after_days: u32,
    /// Days after which a count that a person typed is stale; never if none.
    pub typed_stale_after_days: Option<u32>,
    /// Days before a deadline at which it is brought to mind, longest first.
    pub lead_days: Vec<u32>,
    /// A shortage is told when it has lasted so many hours.
    pub shortage_after_hours: u32,
    /// A surplus is told when it has lasted so many days.
    pub surplus_after_days: u32,
    /// Fewer free seats than this are told; never if none.
    pub min_free_seats: Option<i64>,
    /// Kinds of alerts that are never told.
    pub muted: BTreeSet<Kind>,
    /// Hours in which nobody is disturbed.
    pub quiet_hours: Option<QuietHours>,
    /// Overrides the time zone the tenant was created with.
    pub time_zone: Option<Tz>,
    /// Overrides the currency the tenant was created with.
    pub currency: Option<Currency>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            min_spare_seats: 2,
            spare_ratio_percent: 20,
            // Portals are read monthly: a month and some days.
            stale_after_days: 35,
            typed_stale_after_days: None,
            lead_days: vec![60],
            // Who buys after they install is not disturbed.
            shortage_after_hours: 24,
            surplus_after_days: 30,
            min_free_seats: None,
            muted: BTreeSet::new(),
            quiet_hours: None,
            time_zone: None,
            currency: None,
        }
    }
}

impl Policy {
    /// Whether `spare` of `owned` seats are enough to call a pool over-licensed.
    #[must_use]
    pub fn is_over_licensed(&self, owned: i64, spare: i64) -> bool {
        spare >= self.min_spare_seats
            && spare * 100 >= owned * self.spare_ratio_percent
            && spare > 0
    }

    /// Whether a count that was made on a day is too old to be relied on.
    #[must_use]
    pub fn is_stale(&self, source: InUseSource, counted_on: NaiveDate, day: NaiveDate) -> bool {
        let after = match source {
            InUseSource::Typed => self.typed_stale_after_days,
            InUseSource::Synced => Some(self.stale_after_days),
            // Assignments are what they are until somebody ends them.
            InUseSource::Named => None,
        };
        after.is_some_and(|days| (day - counted_on).num_days() > i64::from(days))
    }

    /// The longest lead time, in days.
    #[must_use]
    pub fn longest_lead(&self) -> u32 {
        self.lead_days.iter().copied().max().unwrap_or(0)
    }

    /// When something is worth an alert.
    #[must_use]
    pub fn alert_rules(&self) -> AlertRules {
        AlertRules {
            lead_days: self.lead_days.clone(),
            shortage_after_hours: self.shortage_after_hours,
            surplus_after_days: self.surplus_after_days,
            min_free_seats: self.min_free_seats,
            muted: self.muted.clone(),
        }
    }

    /// With its reminders in order, each once.
    pub(crate) fn in_order(mut self) -> Self {
        self.lead_days.sort_unstable_by(|one, other| other.cmp(one));
        self.lead_days.dedup();
        self
    }

    pub(crate) fn violations(&self, found: &mut Violations) {
        if !(0..=1_000_000).contains(&self.min_spare_seats) {
            found.add("min_spare_seats", "must be between 0 and 1,000,000");
        }
        if !(0..=100).contains(&self.spare_ratio_percent) {
            found.add("spare_ratio_percent", "must be between 0 and 100");
        }
        for (field, days) in [
            ("stale_after_days", Some(self.stale_after_days)),
            ("typed_stale_after_days", self.typed_stale_after_days),
        ] {
            if days.is_some_and(|days| !(1..=STALE_AFTER_DAYS_MAX).contains(&days)) {
                found.add(
                    field,
                    format!("must be between 1 and {STALE_AFTER_DAYS_MAX}"),
                );
            }
        }
        AlertOverrides {
            lead_days: Some(self.lead_days.clone()),
            shortage_after_hours: Some(self.shortage_after_hours),
            surplus_after_days: Some(self.surplus_after_days),
            min_free_seats: self.min_free_seats,
            muted: None,
        }
        .violations(found);
    }
}
