use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{Assignment, Purchase};
use crate::{
    ids::{AssignmentId, CompanyId, PurchaseId},
    money::{Amounts, Money},
    timeline::Timeline,
    words::{named, word_of},
};

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

/// Whose seats a count counts: a company's to which seats are allocated, or with none the license's own company's.
pub type CountedFor = Option<CompanyId>;

/// The seats of one license: what was bought, what was typed, who has them, what was counted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seats {
    /// In the order in which they were recorded.
    pub purchases: Vec<Purchase>,
    /// How many seats a purchase has from a day on at most, if not as many as were bought.
    pub reductions: BTreeMap<PurchaseId, Timeline<i64>>,
    /// Purchases whose end was recorded by itself: their seats are not carried over into the next term.
    pub ended: BTreeSet<PurchaseId>,
    /// What a typed total adds to the purchases, from the day for which it was typed. None: no total is typed.
    pub adjustments: Timeline<Option<i64>>,
    /// The counts of each source; a count of none means that it is no longer known.
    pub counts: BTreeMap<(CountedFor, InUseSource), Timeline<Option<i64>>>,
    /// Who holds seats.
    pub assignments: BTreeMap<AssignmentId, Assignment>,
    /// The seats that other companies have of it.
    pub allocations: BTreeMap<CompanyId, Timeline<i64>>,
}

impl Seats {
    pub(super) fn end(&mut self, id: PurchaseId, last_day: NaiveDate) {
        if let Some(purchase) = self.purchases.iter_mut().find(|purchase| purchase.id == id) {
            purchase.until = Some(last_day);
            self.ended.insert(id);
        }
    }

    /// The purchase with an id.
    #[must_use]
    pub fn purchase(&self, id: PurchaseId) -> Option<&Purchase> {
        self.purchases.iter().find(|purchase| purchase.id == id)
    }

    /// The seats of a purchase on a day, whether or not it holds on it. What was given back stays so: the least
    /// of what it was reduced to counts, in whatever order that was recorded.
    #[must_use]
    pub fn quantity(&self, purchase: &Purchase, day: NaiveDate) -> i64 {
        let reduced = self.reductions.get(&purchase.id).into_iter();
        let reduced = reduced
            .flat_map(Timeline::iter)
            .filter(|(since, _)| *since <= day)
            .map(|(_, seats)| *seats);
        reduced.fold(purchase.quantity, i64::min)
    }

    /// The purchases that hold on a day, each with its seats.
    pub fn held(&self, day: NaiveDate) -> impl Iterator<Item = (&Purchase, i64)> {
        self.purchases
            .iter()
            .filter(move |purchase| purchase.holds(day))
            .map(move |purchase| (purchase, self.quantity(purchase, day)))
    }

    /// Seats of the purchases of a day, expiry aside.
    #[must_use]
    pub fn purchased(&self, day: NaiveDate) -> i64 {
        self.held(day).map(|(_, seats)| seats).sum()
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
            .held(day)
            .filter(|(purchase, _)| purchase.until.is_some());
        Some(bounded.map(|(_, seats)| seats).sum())
    }

    /// Seats that may be given back on a day.
    #[must_use]
    pub fn reducible(&self, day: NaiveDate) -> i64 {
        let open = |purchase: &Purchase| purchase.reducible.is_some_and(|window| window.holds(day));
        let reducible = self.held(day).filter(|(purchase, _)| open(purchase));
        reducible.map(|(_, seats)| seats).sum()
    }

    /// What the purchases of a day that count cost a year, those that are paid once aside.
    #[must_use]
    pub fn yearly_cost(&self, day: NaiveDate, counts: impl Fn(&Purchase) -> bool) -> Amounts {
        let priced = self
            .held(day)
            .filter(|(purchase, _)| counts(purchase))
            .filter_map(|(purchase, seats)| Some((purchase.yearly_price()?, seats)));
        priced
            .map(|(price, seats)| Money {
                amount: price.amount * Decimal::from(seats),
                currency: price.currency,
            })
            .collect()
    }

    /// Seats in use on a day by the count of one source that is not the assignments, of the license's own
    /// company.
    #[must_use]
    pub fn in_use(&self, source: InUseSource, day: NaiveDate) -> Option<i64> {
        self.count(None, source, day)?.1
    }

    /// The count that stands on a day, with the day for which it was made.
    #[must_use]
    pub fn count(
        &self,
        of: CountedFor,
        source: InUseSource,
        day: NaiveDate,
    ) -> Option<(NaiveDate, Option<i64>)> {
        let (since, count) = self.counts.get(&(of, source))?.fact_at(day)?;
        Some((since, *count))
    }

    /// The seats that other companies have on a day.
    pub fn allocated(&self, day: NaiveDate) -> impl Iterator<Item = (CompanyId, i64)> + '_ {
        let seats = move |(&company, seats): (&CompanyId, &Timeline<i64>)| {
            let seats = seats.at(day).copied().filter(|seats| *seats > 0)?;
            Some((company, seats))
        };
        self.allocations.iter().filter_map(seats)
    }

    /// The first day of the total that stands on `day`: from there a correction replaces it.
    pub(super) fn total_since(&self, day: NaiveDate) -> Option<NaiveDate> {
        let total = self.total(day);
        let points = self.bought_on().chain(self.adjustments.days());
        let mut before: Vec<NaiveDate> = points.filter(|&point| point <= day).collect();
        before.sort_unstable();
        before.dedup();
        let differs = before.iter().rposition(|&point| self.total(point) != total);
        let begun = before.get(differs.map_or(0, |at| at + 1)).copied();
        // A total typed since would stand over a correction from before it.
        begun.max(self.adjustments.fact_at(day).map(|(typed, _)| typed))
    }

    /// Seats of the last day of a term that the next term has too: all but those of purchases that were ended
    /// on it, and those given back from the next day on.
    pub(super) fn carried_over(&self, last_day: NaiveDate, next: NaiveDate) -> Option<i64> {
        let given_back = self.held(last_day).map(|(purchase, seats)| {
            if self.ended.contains(&purchase.id) && purchase.until == Some(last_day) {
                seats
            } else {
                seats - self.quantity(purchase, next)
            }
        });
        let given_back: i64 = given_back.sum();
        Some((self.total(last_day)? - given_back).max(0))
    }

    /// Whether something was recorded that begins on `day` and says how many seats there are from then on.
    pub(super) fn begin_on(&self, day: NaiveDate) -> bool {
        self.adjustments.days().any(|typed| typed == day)
            || self.purchases.iter().any(|purchase| purchase.from == day)
    }

    /// The days on which the total, its cost, an allocation or a count may change; assignments aside.
    pub(super) fn breakpoints(&self) -> impl Iterator<Item = NaiveDate> + '_ {
        self.owned_on()
            .chain(self.counted_on(|_| true))
            .chain(self.allocations.values().flat_map(Timeline::days))
    }

    /// The days on which the total or its cost may change.
    pub(super) fn owned_on(&self) -> impl Iterator<Item = NaiveDate> + '_ {
        self.bought_on().chain(self.adjustments.days())
    }

    /// The days on which a count may change, of those that are asked for.
    pub(super) fn counted_on<'a>(
        &'a self,
        wanted: impl Fn(CountedFor) -> bool + 'a,
    ) -> impl Iterator<Item = NaiveDate> + 'a {
        let counts = self.counts.iter();
        let wanted = counts.filter(move |((of, _), _)| wanted(*of));
        wanted.flat_map(|(_, count)| count.days())
    }

    /// The days on which the seats of a purchase may change, or what may be given back of them.
    fn bought_on(&self) -> impl Iterator<Item = NaiveDate> + '_ {
        let after = |day: Option<NaiveDate>| day.and_then(|day| day.succ_opt());
        let purchases = self.purchases.iter().flat_map(move |purchase| {
            [
                Some(purchase.from),
                after(purchase.until),
                purchase.reducible.map(|window| window.from),
                after(purchase.reducible.and_then(|window| window.until)),
            ]
        });
        purchases
            .flatten()
            .chain(self.reductions.values().flat_map(Timeline::days))
    }
}
