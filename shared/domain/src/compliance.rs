//! The license position: what a company owns of a product against what it uses.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};

use crate::{
    asset::{InUseSource, License, LicenseDay},
    asset_type::Metric,
    ids::CompanyId,
    money::Amounts,
    policy::Policy,
    product::ProductKey,
    timeline::{Interval, intervals},
    words::{named, word_of},
};

/// How far back peaks of concurrent use count, in days: the window vendors' audits commonly look at.
pub const PEAK_WINDOW_DAYS: u64 = 90;

/// What is judged together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PoolKey {
    /// Whose licenses.
    pub company: CompanyId,
    /// Of what.
    pub product: ProductKey,
    /// Counted how.
    pub metric: Metric,
}

/// How a pool stands on a day, thresholds aside. The gravest comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Short, and seats of a lapsed license are still in use.
    ///
    /// A lapsed license in use is not enough: as long as its siblings in force own as many seats as the whole
    /// pool uses, they cover its users too. Who renewed by a new license, and still counts users on the old
    /// one, owes nothing, and an alarm about that would teach people to pass over alarms. Only what the pool is
    /// short of is in use without a right to it.
    ExpiredInUse,
    /// More in use than owned.
    UnderLicensed,
    /// A count is missing.
    Unknown,
    /// More in use than owned, which is lawful until it is counted and billed on a day to come.
    TrueUpDue,
    /// As much owned as in use, or more.
    Covered,
    /// Nothing to count, and in force.
    Unlimited,
}

/// The answer that people get: [`Standing`] with the policy's thresholds applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// See [`Standing::ExpiredInUse`], also for why a lapsed license alone does not make a pool this.
    ExpiredInUse,
    /// See [`Standing::UnderLicensed`].
    UnderLicensed,
    /// See [`Standing::Unknown`].
    Unknown,
    /// See [`Standing::TrueUpDue`].
    TrueUpDue,
    /// So much is spare that it should be given back.
    OverLicensed,
    /// Neither short nor over-licensed.
    Compliant,
    /// See [`Standing::Unlimited`].
    Unlimited,
}

/// The position of a pool on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolDay {
    /// Seats owned; what is not known counts as nothing.
    pub owned: i64,
    /// Seats in use; what is not known counts as nothing.
    pub in_use: i64,
    /// Seats missing.
    pub short: i64,
    /// Seats left over; 0 while a count is missing.
    pub spare: i64,
    /// Whether a count is missing, so that the sums say less than the truth.
    pub incomplete: bool,
    /// What seats that are missing would cost a year, at the price of a seat of the license in force that has
    /// the most. Nothing if no price is known.
    pub short_cost: Amounts,
    /// What the spare seats cost a year, each at the price of its own license.
    pub spare_cost: Amounts,
    /// How many of the spare seats may be given back on this day; the others at their licenses' ends.
    pub recoverable_now: i64,
    /// What these cost a year.
    pub recoverable_now_cost: Amounts,
    /// The day of the oldest count that a person typed.
    pub oldest_typed: Option<NaiveDate>,
    /// The day of the oldest count that another system reported.
    pub oldest_synced: Option<NaiveDate>,
    /// How it stands.
    pub standing: Standing,
}

impl Standing {
    /// All standings with their words.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::ExpiredInUse, "expired_in_use"),
        (Self::UnderLicensed, "under_licensed"),
        (Self::Unknown, "unknown"),
        (Self::TrueUpDue, "true_up_due"),
        (Self::Covered, "covered"),
        (Self::Unlimited, "unlimited"),
    ];

    /// The word that stores it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        word_of(&Self::ALL, &self)
    }
}

impl Status {
    /// All statuses with their words in JSON.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::ExpiredInUse, "expired_in_use"),
        (Self::UnderLicensed, "under_licensed"),
        (Self::Unknown, "unknown"),
        (Self::TrueUpDue, "true_up_due"),
        (Self::OverLicensed, "over_licensed"),
        (Self::Compliant, "compliant"),
        (Self::Unlimited, "unlimited"),
    ];

    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        word_of(&Self::ALL, &self)
    }

    /// The status that a word names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        named(&Self::ALL, word)
    }
}

impl PoolDay {
    /// Whether a count is too old to be relied on.
    #[must_use]
    pub fn is_stale(&self, policy: &Policy, day: NaiveDate) -> bool {
        let stale = |source, counted_on: Option<NaiveDate>| {
            counted_on.is_some_and(|counted_on| policy.is_stale(source, counted_on, day))
        };
        stale(InUseSource::Typed, self.oldest_typed)
            || stale(InUseSource::Synced, self.oldest_synced)
    }

    /// The status under a policy.
    #[must_use]
    pub fn status(&self, policy: &Policy) -> Status {
        match self.standing {
            Standing::ExpiredInUse => Status::ExpiredInUse,
            Standing::UnderLicensed => Status::UnderLicensed,
            Standing::Unknown => Status::Unknown,
            Standing::TrueUpDue => Status::TrueUpDue,
            Standing::Unlimited => Status::Unlimited,
            Standing::Covered if policy.is_over_licensed(self.owned, self.spare) => {
                Status::OverLicensed
            }
            Standing::Covered => Status::Compliant,
        }
    }
}

/// The pools that a license is or was part of: one for each company that had it, or seats of it.
#[must_use]
pub fn pools_of(license: &License<'_>) -> BTreeSet<PoolKey> {
    let key = |company| PoolKey {
        company,
        product: license.product_key(),
        metric: license.metric,
    };
    license.companies().into_iter().map(key).collect()
}

/// The days of a pool: the positions of its licenses' days added up. Days of a license that belong to another
/// company are passed over.
#[must_use]
pub fn pool_days(key: &PoolKey, licenses: &[Vec<Interval<LicenseDay>>]) -> Vec<Interval<PoolDay>> {
    let own: Vec<Vec<&Interval<LicenseDay>>> = licenses
        .iter()
        .map(|days| {
            days.iter()
                .filter(|day| day.value.company == key.company)
                .collect()
        })
        .collect();
    let changes = own
        .iter()
        .flatten()
        .flat_map(|day| [Some(day.from), day.until.and_then(|d| d.succ_opt())]);
    let changes: BTreeSet<NaiveDate> = changes.flatten().collect();
    let held = |day| -> Vec<&LicenseDay> { own.iter().filter_map(|days| on(days, day)).collect() };
    if key.metric != Metric::Concurrent {
        return intervals(changes, |day| {
            let held = held(day);
            Some(Sum::of(&held)?.judge(key.metric, &[]).priced(&held))
        });
    }
    let sums = intervals(changes.iter().copied(), |day| Sum::of(&held(day)));
    // A peak leaves the window on a day of its own.
    let leaves = sums
        .iter()
        .filter_map(|sum| sum.until?.checked_add_days(Days::new(PEAK_WINDOW_DAYS)));
    let points: Vec<NaiveDate> = changes.iter().copied().chain(leaves).collect();
    intervals(points, |day| {
        let held = held(day);
        Some(
            Sum::of(&held)?
                .judge(key.metric, &window(&sums, day))
                .priced(&held),
        )
    })
}

/// What a license is on a day, of its days in their order.
fn on<'a>(days: &[&'a Interval<LicenseDay>], day: NaiveDate) -> Option<&'a LicenseDay> {
    let at = days
        .partition_point(|interval| interval.from <= day)
        .checked_sub(1)?;
    days[at].holds(day).then_some(&days[at].value)
}

/// What a pool's licenses add up to on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sum {
    owned: i64,
    in_use: i64,
    lapsed_in_use: i64,
    owned_missing: bool,
    in_use_missing: bool,
    in_force: bool,
    trues_up: bool,
    oldest_typed: Option<NaiveDate>,
    oldest_synced: Option<NaiveDate>,
}

/// The sums of the days whose peaks count on `day`, the day's own among them.
fn window(sums: &[Interval<Sum>], day: NaiveDate) -> Vec<&Sum> {
    let first = day
        .checked_sub_days(Days::new(PEAK_WINDOW_DAYS - 1))
        .unwrap_or(NaiveDate::MIN);
    let begin = sums.partition_point(|sum| sum.until.is_some_and(|until| until < first));
    let end = sums.partition_point(|sum| sum.from <= day);
    let within = sums.get(begin..end).unwrap_or_default();
    within.iter().map(|sum| &sum.value).collect()
}

impl Sum {
    /// None on days on which the pool has no license.
    fn of(held: &[&LicenseDay]) -> Option<Self> {
        if held.is_empty() {
            return None;
        }
        let oldest = |source| {
            held.iter()
                .filter(|license| license.source == source && license.in_use.is_some())
                .filter_map(|license| license.counted_on)
                .min()
        };
        let in_use = |license: &&LicenseDay| license.in_use.unwrap_or(0);
        Some(Self {
            owned: held.iter().map(|license| license.owned.unwrap_or(0)).sum(),
            in_use: held.iter().map(in_use).sum(),
            lapsed_in_use: held
                .iter()
                .filter(|license| !license.in_force)
                .map(in_use)
                .sum(),
            owned_missing: held.iter().any(|license| license.owned.is_none()),
            in_use_missing: held.iter().any(|license| license.in_use.is_none()),
            in_force: held.iter().any(|license| license.in_force),
            trues_up: held
                .iter()
                .any(|license| license.in_force && license.trues_up),
            oldest_typed: oldest(InUseSource::Typed),
            oldest_synced: oldest(InUseSource::Synced),
        })
    }

    fn judge(self, metric: Metric, window: &[&Self]) -> PoolDay {
        match metric {
            Metric::Site if self.in_force => self.position(Standing::Unlimited, 0, 0, false),
            Metric::Usage => self.position(Standing::Covered, 0, 0, false),
            Metric::Concurrent => {
                let peak = window.iter().map(|day| day.in_use).max().unwrap_or(0);
                let exceeded = window
                    .iter()
                    .filter(|day| day.in_use > day.owned && day.in_use > self.owned);
                let short = exceeded
                    .map(|day| day.in_use - self.owned)
                    .max()
                    .unwrap_or(0);
                self.count(short, self.owned - peak)
            }
            Metric::PerUser | Metric::PerDevice | Metric::PerCore | Metric::Site => {
                self.count((self.in_use - self.owned).max(0), self.owned - self.in_use)
            }
        }
    }

    fn count(self, short: i64, spare: i64) -> PoolDay {
        let incomplete = self.owned_missing || self.in_use_missing;
        let standing = match short {
            _ if self.owned_missing => Standing::Unknown,
            1.. if self.trues_up => Standing::TrueUpDue,
            1.. if self.lapsed_in_use > 0 => Standing::ExpiredInUse,
            1.. => Standing::UnderLicensed,
            _ if incomplete => Standing::Unknown,
            _ => Standing::Covered,
        };
        let short = if self.owned_missing { 0 } else { short };
        let spare = if incomplete { 0 } else { spare.max(0) };
        self.position(standing, short, spare, incomplete)
    }

    fn position(self, standing: Standing, short: i64, spare: i64, incomplete: bool) -> PoolDay {
        PoolDay {
            owned: self.owned,
            in_use: self.in_use,
            short,
            spare,
            incomplete,
            short_cost: Amounts::default(),
            spare_cost: Amounts::default(),
            recoverable_now: 0,
            recoverable_now_cost: Amounts::default(),
            oldest_typed: self.oldest_typed,
            oldest_synced: self.oldest_synced,
            standing,
        }
    }
}

impl PoolDay {
    /// With what the missing and the spare seats cost.
    fn priced(mut self, held: &[&LicenseDay]) -> Self {
        let priced = |license: &&&LicenseDay| {
            license.total.unwrap_or(0) > 0 && !license.annual_cost.is_empty()
        };
        let cost = |license: &LicenseDay, seats| {
            let total = license.total.unwrap_or(0);
            license.annual_cost.share(seats, total)
        };
        if self.short > 0 {
            let main = held
                .iter()
                .filter(priced)
                .max_by_key(|license| (license.in_force, license.total));
            self.short_cost = main.map_or_else(Amounts::default, |main| cost(main, self.short));
        }
        // What can be given back now comes first.
        let mut spare: Vec<&&LicenseDay> = held.iter().collect();
        spare.sort_by_key(|license| std::cmp::Reverse(license.reducible));
        let mut left = self.spare;
        for license in spare {
            let own = license.owned.unwrap_or(0) - license.in_use.unwrap_or(0);
            let seats = own.clamp(0, left);
            let now = license.reducible.clamp(0, seats);
            left -= seats;
            self.recoverable_now += now;
            self.spare_cost.add_all(&cost(license, seats));
            self.recoverable_now_cost.add_all(&cost(license, now));
        }
        self
    }
}
