use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{
    ids::PurchaseId,
    money::Money,
    timeline::Timeline,
    words::{named, word_of},
};

/// How many purchases a license may have: one a week for forty years. Each day is a sum over all of them.
pub const PURCHASES_MAX: usize = 2_000;

/// Seats bought together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// Its id.
    pub id: PurchaseId,
    /// How many seats.
    pub quantity: i64,
    /// The first day on which they are owned.
    pub from: NaiveDate,
    /// The last day. Without one they are owned as long as the license's term runs.
    pub until: Option<NaiveDate>,
    /// What one seat costs.
    pub unit_price: Option<Money>,
    /// The order's number.
    pub order: Option<String>,
    /// From whom.
    pub supplier: Option<String>,
}

impl Purchase {
    fn holds(&self, day: NaiveDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

/// Who counted the seats in use. One source counts for a license; the others are shown beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InUseSource {
    /// A person typed the number.
    Typed,
    /// The named assignments in force.
    Named,
    /// A vendor's portal or an agent reported it.
    Synced,
}

impl InUseSource {
    /// All sources with their words in JSON.
    pub const ALL: [(Self, &'static str); 3] = [
        (Self::Typed, "typed"),
        (Self::Named, "named"),
        (Self::Synced, "synced"),
    ];

    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        word_of(&Self::ALL, &self)
    }

    /// The source that a word names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        named(&Self::ALL, word)
    }
}

/// The seats of one license: what was bought, what was typed, what was counted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seats {
    /// In the order in which they were recorded.
    pub purchases: Vec<Purchase>,
    /// What a typed total adds to the purchases, from the day for which it was typed. None: no total is typed.
    pub adjustments: Timeline<Option<i64>>,
    /// The counts of each source; a count of none means that it is no longer known.
    pub in_use: BTreeMap<InUseSource, Timeline<Option<i64>>>,
}

impl Seats {
    pub(super) fn end(&mut self, id: PurchaseId, last_day: NaiveDate) {
        if let Some(purchase) = self.purchases.iter_mut().find(|purchase| purchase.id == id) {
            purchase.until = Some(last_day);
        }
    }

    /// Seats of the purchases of a day, expiry aside.
    #[must_use]
    pub fn purchased(&self, day: NaiveDate) -> i64 {
        self.purchases
            .iter()
            .filter(|purchase| purchase.holds(day))
            .map(|purchase| purchase.quantity)
            .sum()
    }

    /// The total of a day, expiry aside: what a person sees in the total's field. None if nothing tells it.
    #[must_use]
    pub fn total(&self, day: NaiveDate) -> Option<i64> {
        let typed = self.adjustments.at(day).copied().flatten();
        if typed.is_none() && !self.purchases.iter().any(|purchase| purchase.from <= day) {
            return None;
        }
        Some((self.purchased(day) + typed.unwrap_or(0)).max(0))
    }

    /// Seats owned on a day, given whether the license's term runs on it. A purchase that says how long it
    /// lasts does not need the term.
    #[must_use]
    pub fn owned(&self, day: NaiveDate, in_force: bool) -> Option<i64> {
        if in_force {
            return self.total(day);
        }
        // Past its term a license owns nothing else, whether or not it is known what it owned before.
        let bounded = self
            .purchases
            .iter()
            .filter(|purchase| purchase.until.is_some() && purchase.holds(day));
        Some(bounded.map(|purchase| purchase.quantity).sum())
    }

    /// Seats in use on a day by the count of one source.
    #[must_use]
    pub fn in_use(&self, source: InUseSource, day: NaiveDate) -> Option<i64> {
        self.in_use.get(&source)?.at(day).copied().flatten()
    }

    /// The first day of the total that stands on `day`: from there a correction replaces it.
    pub(super) fn total_since(&self, day: NaiveDate) -> Option<NaiveDate> {
        let total = self.total(day);
        let mut before: Vec<NaiveDate> = self.breakpoints().filter(|&point| point <= day).collect();
        before.sort_unstable();
        before.dedup();
        let differs = before.iter().rposition(|&point| self.total(point) != total);
        let begun = before.get(differs.map_or(0, |at| at + 1)).copied();
        // A total typed since would stand over a correction from before it.
        begun.max(self.adjustments.fact_at(day).map(|(typed, _)| typed))
    }

    /// Whether something was recorded that begins on `day` and says how many seats there are from then on.
    pub(super) fn begin_on(&self, day: NaiveDate) -> bool {
        self.adjustments.days().any(|typed| typed == day)
            || self.purchases.iter().any(|purchase| purchase.from == day)
    }

    /// The days on which the total or a count may change.
    pub(super) fn breakpoints(&self) -> impl Iterator<Item = NaiveDate> + '_ {
        let purchases = self.purchases.iter().flat_map(|purchase| {
            [
                Some(purchase.from),
                purchase.until.and_then(|day| day.succ_opt()),
            ]
        });
        purchases
            .flatten()
            .chain(self.adjustments.days())
            .chain(self.in_use.values().flat_map(Timeline::days))
    }
}
