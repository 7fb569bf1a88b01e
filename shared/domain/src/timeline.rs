//! A value that changes from day to day.

use chrono::NaiveDate;

/// What a value is on each day, told by facts that each hold from a day until the next fact's.
///
/// Facts arrive in the order in which they are recorded, back- and future-dated as they come. Of two facts for
/// the same day the one recorded later stands, which is all that a correction needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline<T> {
    /// Sorted by day, each day once.
    facts: Vec<(NaiveDate, T)>,
}

impl<T> Default for Timeline<T> {
    fn default() -> Self {
        Self { facts: Vec::new() }
    }
}

impl<T> Timeline<T> {
    /// Records that the value is `value` from `day` on, until the next fact's day.
    pub fn set(&mut self, day: NaiveDate, value: T) {
        match self.facts.binary_search_by_key(&day, |(from, _)| *from) {
            Ok(at) => self.facts[at].1 = value,
            Err(at) => self.facts.insert(at, (day, value)),
        }
    }

    /// The value on `day`; none before the first fact.
    #[must_use]
    pub fn at(&self, day: NaiveDate) -> Option<&T> {
        self.fact_at(day).map(|(_, value)| value)
    }

    /// The value on `day`, with the first fact reaching back to the beginning of time.
    #[must_use]
    pub fn at_or_first(&self, day: NaiveDate) -> Option<&T> {
        self.at(day)
            .or_else(|| self.facts.first().map(|(_, value)| value))
    }

    /// The fact that holds on `day`: its first day and its value.
    #[must_use]
    pub fn fact_at(&self, day: NaiveDate) -> Option<(NaiveDate, &T)> {
        let after = self.facts.partition_point(|(from, _)| *from <= day);
        after
            .checked_sub(1)
            .map(|at| (self.facts[at].0, &self.facts[at].1))
    }

    /// The first day after `day` on which a fact begins to hold.
    #[must_use]
    pub fn next_after(&self, day: NaiveDate) -> Option<NaiveDate> {
        let after = self.facts.partition_point(|(from, _)| *from <= day);
        self.facts.get(after).map(|(from, _)| *from)
    }

    /// Takes out the facts that begin to hold within `days`.
    pub(crate) fn remove(&mut self, days: std::ops::RangeInclusive<NaiveDate>) {
        self.facts.retain(|(from, _)| !days.contains(from));
    }

    /// The last fact, whether past or to come.
    #[must_use]
    pub fn last(&self) -> Option<(NaiveDate, &T)> {
        self.facts.last().map(|(day, value)| (*day, value))
    }

    /// The days on which a fact begins to hold, in order.
    pub fn days(&self) -> impl Iterator<Item = NaiveDate> + '_ {
        self.facts.iter().map(|(day, _)| *day)
    }

    /// The facts in order of their days.
    pub fn iter(&self) -> impl Iterator<Item = (NaiveDate, &T)> + '_ {
        self.facts.iter().map(|(day, value)| (*day, value))
    }

    /// Whether nothing was ever recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }
}

/// A span of days over which something stays the same. Both ends are included; no end means for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval<T> {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub until: Option<NaiveDate>,
    /// What holds on each of its days.
    pub value: T,
}

impl<T> Interval<T> {
    /// Whether `day` is one of its days.
    #[must_use]
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

/// The intervals of a function of the day that changes on none but `breakpoints`; days on which it is none
/// are left out, and neighbours that are equal are one.
pub fn intervals<T: PartialEq>(
    breakpoints: impl IntoIterator<Item = NaiveDate>,
    value_on: impl Fn(NaiveDate) -> Option<T>,
) -> Vec<Interval<T>> {
    let days: std::collections::BTreeSet<NaiveDate> = breakpoints.into_iter().collect();
    let mut found: Vec<Interval<T>> = Vec::new();
    let mut next = days.iter().skip(1).map(|day| day.pred_opt());
    for &from in &days {
        let until = next.next().flatten();
        let Some(value) = value_on(from) else {
            continue;
        };
        match found.last_mut() {
            Some(last)
                if last.until.and_then(|day| day.succ_opt()) == Some(from)
                    && last.value == value =>
            {
                last.until = until;
            }
            _ => found.push(Interval { from, until, value }),
        }
    }
    found
}
