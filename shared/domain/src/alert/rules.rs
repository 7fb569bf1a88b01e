//! What is found of a pool, an asset and a token on a day. Pure: the same ledger and instant find the same.

use std::collections::BTreeSet;

use chrono::{DateTime, Months, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::{About, Cause, Cleared, FINDING_LICENSES_MAX, Finding, Kind, Wanted, quiet::instant};
use crate::{
    access::BUDGET_CAUSE,
    asset::{Asset, License, LicenseDay, RenewalDecision},
    asset_type::{AssetType, FieldRole},
    calendar::days_left,
    compliance::{PoolDay, PoolKey, Standing, Status, pool_days},
    expiry::Expiring,
    policy::{LEAD_DAYS_COUNT_MAX, LEAD_DAYS_MAX, Policy},
    product::Catalog,
    refusal::Violations,
    tenant::Token,
    timeline::Interval,
    value::Value,
};

/// How long something that ended, and is not in use, stays in mind. Older ends are history, of which a first import
/// brings many.
pub const EXPIRED_FOR_DAYS: i64 = 90;
/// How long a token's refused reveals stay in mind.
const REVEALS_FOR_HOURS: i64 = 24;
/// Terms of so many months or less renew themselves without a word: a reminder each month is noise.
const SILENT_TERM_MONTHS: u32 = 1;
/// The longest that a shortage may be waited out, in hours.
pub const LONGEST_SHORTAGE_HOURS: u32 = 24 * 90;
/// The longest that a surplus may be waited out, in days.
pub const LONGEST_SURPLUS_DAYS: u32 = 730;
/// The largest number of seats to be kept free.
const FREE_SEATS_MAX: i64 = 1_000_000;

/// When something is worth an alert: of the whole account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRules {
    /// Days before a deadline at which it is brought to mind, the longest first.
    pub lead_days: Vec<u32>,
    /// A shortage is told when it has lasted so many hours: who buys after they install is not disturbed.
    pub shortage_after_hours: u32,
    /// A surplus is told when it has lasted so many days.
    pub surplus_after_days: u32,
    /// Fewer free seats than this are told; never if none.
    pub min_free_seats: Option<i64>,
    /// Kinds that are never told.
    pub muted: BTreeSet<Kind>,
}

/// The same where a company, an asset type or a license says otherwise: what is none is as it is for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertOverrides {
    /// See [`AlertRules::lead_days`].
    pub lead_days: Option<Vec<u32>>,
    /// See [`AlertRules::shortage_after_hours`].
    pub shortage_after_hours: Option<u32>,
    /// See [`AlertRules::surplus_after_days`].
    pub surplus_after_days: Option<u32>,
    /// See [`AlertRules::min_free_seats`].
    pub min_free_seats: Option<i64>,
    /// See [`AlertRules::muted`].
    pub muted: Option<BTreeSet<Kind>>,
}

impl AlertRules {
    /// With what is said otherwise. Told from the least to the most particular: type, company, license.
    #[must_use]
    pub fn with(mut self, overrides: &AlertOverrides) -> Self {
        let AlertOverrides {
            lead_days,
            shortage_after_hours,
            surplus_after_days,
            min_free_seats,
            muted,
        } = overrides;
        if let Some(days) = lead_days {
            self.lead_days.clone_from(days);
        }
        if let Some(hours) = shortage_after_hours {
            self.shortage_after_hours = *hours;
        }
        if let Some(days) = surplus_after_days {
            self.surplus_after_days = *days;
        }
        if min_free_seats.is_some() {
            self.min_free_seats = *min_free_seats;
        }
        if let Some(kinds) = muted {
            self.muted.clone_from(kinds);
        }
        self
    }

    /// Of the reminders of a term, the one that was passed last. Those as long as the term don't apply, or it
    /// would be told of its end when it begins.
    fn passed(&self, days_to_deadline: i64, term_days: i64) -> Option<u32> {
        if days_to_deadline < 0 {
            return None;
        }
        let applies =
            |days: &&u32| i64::from(**days) >= days_to_deadline && i64::from(**days) < term_days;
        self.lead_days.iter().filter(applies).min().copied()
    }
}

impl AlertOverrides {
    /// With its reminders in order, each once.
    pub(crate) fn in_order(mut self) -> Self {
        if let Some(days) = &mut self.lead_days {
            days.sort_unstable_by(|one, other| other.cmp(one));
            days.dedup();
        }
        self
    }

    pub(crate) fn violations(&self, found: &mut Violations) {
        if let Some(days) = &self.lead_days {
            lead_days_violations(days, found);
        }
        let too_long = |given: Option<u32>, max| given.is_some_and(|given| given > max);
        if too_long(self.shortage_after_hours, LONGEST_SHORTAGE_HOURS) {
            found.add(
                "shortage_after_hours",
                format!("must be between 0 and {LONGEST_SHORTAGE_HOURS}"),
            );
        }
        if too_long(self.surplus_after_days, LONGEST_SURPLUS_DAYS) {
            found.add(
                "surplus_after_days",
                format!("must be between 0 and {LONGEST_SURPLUS_DAYS}"),
            );
        }
        if self
            .min_free_seats
            .is_some_and(|seats| !(0..=FREE_SEATS_MAX).contains(&seats))
        {
            found.add("min_free_seats", "must be between 0 and 1,000,000");
        }
    }
}

/// What is wrong with reminders.
pub(crate) fn lead_days_violations(days: &[u32], found: &mut Violations) {
    if days.len() > LEAD_DAYS_COUNT_MAX {
        found.add(
            "lead_days",
            format!("at most {LEAD_DAYS_COUNT_MAX} are allowed"),
        );
    }
    if let Some(wrong) = days.iter().find(|days| !(1..=LEAD_DAYS_MAX).contains(days)) {
        found.add(
            "lead_days",
            format!("{wrong} is not allowed: each must be between 1 and {LEAD_DAYS_MAX}"),
        );
    }
}

/// What a review rests on besides the ledger.
#[derive(Debug, Clone, Copy)]
pub struct Reviewing<'a> {
    /// The instant.
    pub now: DateTime<Utc>,
    /// The account's day at it.
    pub today: NaiveDate,
    /// The account's calendar.
    pub zone: Tz,
    /// The account's policy.
    pub policy: &'a Policy,
    /// When that was recorded which made the review necessary; none for the calendar.
    pub recorded_at: Option<DateTime<Utc>>,
}

/// What is found for one cause, or why nothing is.
pub type Found = (Cause, Result<Wanted, Cleared>);

impl Reviewing<'_> {
    fn midnight(&self, day: NaiveDate) -> DateTime<Utc> {
        instant(day.and_time(NaiveTime::MIN), self.zone)
    }

    fn at_once(&self, finding: Finding) -> Wanted {
        Wanted {
            finding,
            due_at: self.now,
            after: TimeDelta::zero(),
        }
    }
}

/// What is found of a pool, from all its licenses, and how it stands today.
#[must_use]
pub fn pool_findings(
    key: &PoolKey,
    licenses: &[License<'_>],
    rules: &AlertRules,
    at: &Reviewing<'_>,
) -> (Vec<Found>, Option<PoolDay>) {
    let shares: Vec<Vec<Interval<LicenseDay>>> = licenses.iter().map(License::days).collect();
    let days = pool_days(key, &shares);
    let today = days.iter().find(|day| day.holds(at.today));
    let found = |cause| {
        let wanted = today.and_then(|today| match cause {
            Cause::Shortage => shortage(key, &days, &today.value, &shares, rules, at),
            Cause::Surplus => surplus(key, &days, &today.value, rules, at),
            Cause::TrueUp => true_up(key, &today.value, licenses, rules, at),
            Cause::FreeSeats => few_free(key, &days, &today.value, rules, at),
            _ => None,
        });
        let wanted = wanted.map(|mut wanted| {
            let concerned = licenses.iter().map(|license| license.asset.id);
            wanted.finding.licenses = concerned.take(FINDING_LICENSES_MAX).collect();
            wanted
        });
        (cause, unless_muted(wanted, rules).ok_or(Cleared::Gone))
    };
    let all = Cause::OF_POOL.into_iter().map(found).collect();
    (all, today.map(|day| day.value.clone()))
}

fn unless_muted(wanted: Option<Wanted>, rules: &AlertRules) -> Option<Wanted> {
    wanted.filter(|wanted| !rules.muted.contains(&wanted.finding.kind))
}

fn of_pool(kind: Kind, key: &PoolKey, day: &PoolDay, seats: i64) -> Finding {
    Finding {
        seats: Some(seats),
        owned: Some(day.owned),
        in_use: Some(day.in_use),
        ..Finding::new(kind, About::Pool(key.clone()), Some(key.company))
    }
}

/// The first of the days on which it was so without a break until today.
fn since(
    days: &[Interval<PoolDay>],
    today: NaiveDate,
    holds: impl Fn(&PoolDay) -> bool,
) -> Option<NaiveDate> {
    let mut first: Option<NaiveDate> = None;
    for day in days.iter().rev().filter(|day| day.from <= today) {
        let follows = first.is_none_or(|first| day.until == first.pred_opt());
        if !follows || !holds(&day.value) {
            break;
        }
        first = Some(day.from);
    }
    first
}

fn is_short(day: &PoolDay) -> bool {
    matches!(
        day.standing,
        Standing::UnderLicensed | Standing::ExpiredInUse
    )
}

/// A shortage that a lapse made is told with the license that lapsed. What was short before is told here.
fn shortage(
    key: &PoolKey,
    days: &[Interval<PoolDay>],
    day: &PoolDay,
    shares: &[Vec<Interval<LicenseDay>>],
    rules: &AlertRules,
    at: &Reviewing<'_>,
) -> Option<Wanted> {
    if !is_short(day) {
        return None;
    }
    let held = shares
        .iter()
        .flatten()
        .filter(|share| share.holds(at.today));
    let lapsed: i64 = held
        .map(|share| &share.value)
        .filter(|share| share.company == key.company && !share.in_force)
        .filter(|share| share.in_use.unwrap_or(0) > 0)
        .map(|share| share.total.or(share.in_use).unwrap_or(0))
        .sum();
    let missing = day.short - lapsed.max(0);
    if missing <= 0 {
        return None;
    }
    let since = since(days, at.today, is_short)?;
    // What somebody just wrote may be put right by what they write next, whatever day it is for.
    let noticed = at
        .recorded_at
        .map_or(at.midnight(since), |at_| at_.max(at.midnight(since)));
    let after = TimeDelta::hours(i64::from(rules.shortage_after_hours));
    Some(Wanted {
        finding: Finding {
            since: Some(since),
            ..of_pool(Kind::UnderLicensed, key, day, missing)
        },
        due_at: noticed + after,
        after,
    })
}

fn surplus(
    key: &PoolKey,
    days: &[Interval<PoolDay>],
    day: &PoolDay,
    rules: &AlertRules,
    at: &Reviewing<'_>,
) -> Option<Wanted> {
    let is_over = |day: &PoolDay| day.status(at.policy) == Status::OverLicensed;
    let since = since(days, at.today, is_over)?;
    if days_left(since, at.today) < i64::from(rules.surplus_after_days) {
        return None;
    }
    Some(at.at_once(Finding {
        since: Some(since),
        ..of_pool(Kind::OverLicensed, key, day, day.spare)
    }))
}

fn true_up(
    key: &PoolKey,
    day: &PoolDay,
    licenses: &[License<'_>],
    rules: &AlertRules,
    at: &Reviewing<'_>,
) -> Option<Wanted> {
    if day.standing != Standing::TrueUpDue {
        return None;
    }
    let days = licenses.iter().filter_map(|license| license.true_up_on);
    let due = days.filter(|due| *due >= at.today).min()?;
    let lead = rules.passed(days_left(at.today, due), i64::MAX)?;
    Some(at.at_once(Finding {
        term: Some(due),
        deadline: Some(due),
        lead_days: Some(lead),
        ..of_pool(Kind::TrueUpDue, key, day, day.short)
    }))
}

fn few_free(
    key: &PoolKey,
    days: &[Interval<PoolDay>],
    day: &PoolDay,
    rules: &AlertRules,
    at: &Reviewing<'_>,
) -> Option<Wanted> {
    let min = rules.min_free_seats?;
    let is_low = |day: &PoolDay| {
        // What is short is told as such.
        day.standing == Standing::Covered && day.owned > 0 && day.spare < min
    };
    let since = since(days, at.today, is_low)?;
    Some(at.at_once(Finding {
        since: Some(since),
        ..of_pool(Kind::FewFreeSeats, key, day, day.spare)
    }))
}

/// What is found of an asset that ends. `pool` is how the pool of its owner stands today, if it is a license.
#[must_use]
pub fn asset_findings(
    asset: &Asset,
    asset_type: &AssetType,
    catalog: &Catalog,
    pool: Option<(&PoolDay, &LicenseDay)>,
    rules: &AlertRules,
    at: &Reviewing<'_>,
) -> Vec<Found> {
    let ending = Ending {
        asset,
        term: Expiring::of(asset, asset_type, catalog),
        maintained_until: match asset.value_with(asset_type, FieldRole::MaintenanceUntil) {
            Some(Value::Date(day)) => Some(*day),
            _ => None,
        },
        pool,
        rules,
        at,
    };
    let found = |cause| {
        let wanted = match cause {
            Cause::Expiry => ending.expiry(),
            Cause::Maintenance => ending.maintenance().ok_or(Cleared::Gone),
            _ => ending.presumed().ok_or(Cleared::Gone),
        };
        let wanted = wanted.and_then(|finding| {
            unless_muted(Some(at.at_once(finding)), rules).ok_or(Cleared::Gone)
        });
        (cause, wanted)
    };
    Cause::OF_ASSET.into_iter().map(found).collect()
}

struct Ending<'a> {
    asset: &'a Asset,
    term: Expiring<'a>,
    maintained_until: Option<NaiveDate>,
    pool: Option<(&'a PoolDay, &'a LicenseDay)>,
    rules: &'a AlertRules,
    at: &'a Reviewing<'a>,
}

impl Ending<'_> {
    fn finding(&self, kind: Kind, term: NaiveDate) -> Finding {
        Finding {
            term: Some(term),
            owned: self.pool.and_then(|(_, own)| own.total),
            in_use: self.pool.and_then(|(_, own)| own.in_use),
            licenses: BTreeSet::from([self.asset.id]),
            ..Finding::new(
                kind,
                About::Asset(self.asset.id),
                Some(self.asset.company_on(self.at.today)),
            )
        }
    }

    /// The end of the term that runs today, or that ran last.
    fn end(&self) -> Option<NaiveDate> {
        Some(self.term.on(self.at.today)?.expiry_on(self.at.today))
    }

    fn term_days(&self, end: NaiveDate) -> i64 {
        let began = end.checked_sub_months(Months::new(self.term.term_months));
        began.map_or(i64::MAX, |began| (end - began).num_days())
    }

    fn expiry(&self) -> Result<Finding, Cleared> {
        if self.term.perpetual {
            return Err(Cleared::Gone);
        }
        let end = self.end().ok_or(Cleared::Gone)?;
        let decided = self.asset.renewals.get(&end).map(|plan| plan.decision);
        if self.at.today > end {
            return self.past(end, decided).ok_or(Cleared::Gone);
        }
        let renews = self.term.renews_itself(end);
        if renews && self.term.term_months <= SILENT_TERM_MONTHS {
            return Err(Cleared::Gone);
        }
        let deadline = self.term.deadline(end);
        let lead = self
            .rules
            .passed(days_left(self.at.today, deadline), self.term_days(end))
            .ok_or(Cleared::Gone)?;
        // On the last day there is no time left to rely on it.
        if decided.is_some() && self.at.today < deadline {
            return Err(Cleared::Decided);
        }
        let kind = match renews {
            true => Kind::RenewalNotice,
            false => Kind::Expiring,
        };
        Ok(Finding {
            deadline: Some(deadline),
            lead_days: Some(lead),
            ..self.finding(kind, end)
        })
    }

    /// What has ended. Users whom other licenses of the pool cover are no concern, nor is the end then.
    fn past(&self, end: NaiveDate, decided: Option<RenewalDecision>) -> Option<Finding> {
        let in_use = self.pool.and_then(|(_, own)| own.in_use).unwrap_or(0);
        if let Some((pool, own)) = self.pool {
            if pool.standing == Standing::ExpiredInUse && in_use > 0 && !own.in_force {
                return Some(Finding {
                    since: end.succ_opt(),
                    seats: Some(pool.short.min(in_use)),
                    ..self.finding(Kind::ExpiredInUse, end)
                });
            }
            if pool.owned > 0 && pool.short == 0 {
                return None;
            }
        }
        let is_over = decided == Some(RenewalDecision::Lapse);
        let is_recent = days_left(end, self.at.today) <= EXPIRED_FOR_DAYS;
        (is_recent && !is_over).then(|| Finding {
            since: end.succ_opt(),
            ..self.finding(Kind::Expired, end)
        })
    }

    fn maintenance(&self) -> Option<Finding> {
        let of_term = self.term.perpetual.then(|| self.end()).flatten();
        let end = of_term.or(self.maintained_until)?;
        if self.asset.tracked.at_or_first(self.at.today) == Some(&false) {
            return None;
        }
        let lead = self
            .rules
            .passed(days_left(self.at.today, end), self.term_days(end))?;
        if self.asset.renewals.contains_key(&end) && self.at.today < end {
            return None;
        }
        Some(Finding {
            deadline: Some(end),
            lead_days: Some(lead),
            ..self.finding(Kind::MaintenanceEnding, end)
        })
    }

    fn presumed(&self) -> Option<Finding> {
        let day = self.term.on(self.at.today)?;
        let presumed = day
            .rolls_months
            .is_some_and(|months| months > SILENT_TERM_MONTHS)
            && self.at.today > day.expiry_date
            && !self.term.perpetual;
        presumed.then(|| Finding {
            since: day.expiry_date.succ_opt(),
            ..self.finding(Kind::ConfirmRenewal, day.expiry_date)
        })
    }
}

/// What is found of a token.
#[must_use]
pub fn token_findings(token: &Token, rules: &AlertRules, at: &Reviewing<'_>) -> Vec<Found> {
    let refused = token.refusals.get(BUDGET_CAUSE).copied();
    let recent = refused.filter(|refused| at.now - *refused < TimeDelta::hours(REVEALS_FOR_HOURS));
    let wanted = recent.map(|refused| {
        let day = refused.with_timezone(&at.zone).date_naive();
        at.at_once(Finding {
            since: Some(day),
            ..Finding::new(Kind::RevealBudget, About::Token(token.id), None)
        })
    });
    vec![(
        Cause::Reveals,
        unless_muted(wanted, rules).ok_or(Cleared::Gone),
    )]
}
