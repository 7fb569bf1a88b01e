//! How seats grew to what they are today.

use chrono::NaiveDate;

use super::{Counts, Terms};
use crate::demo::{
    certificates::day_in,
    chance::Chance,
    holdings::{Holding, Tale, Term},
};

/// Days between two counts of the seats in use.
const QUARTER: i64 = 91;
/// Days since the peak of a license that had one: within the window in which peaks count.
const PEAK_AGO: i64 = 40;

/// The seats owned, from the first day on; nothing if nobody knows, or if they were bought in parts.
pub(super) fn owned(
    holding: &Holding,
    terms: &Terms,
    today: NaiveDate,
    chance: &mut Chance,
) -> Counts {
    let Some(seats) = holding
        .owned
        .filter(|_| !matches!(holding.tale, Tale::Lots(_)))
    else {
        return Vec::new();
    };
    // Most companies grew, a few shrank.
    let step = match chance.one_in(7) {
        true => -chance.between(5, 12),
        false => chance.between(8, 18),
    };
    let days = match holding.term {
        Term::Annual { .. } | Term::Fixed { .. } => yearly(terms, today, chance),
        Term::Monthly => monthly(terms.first(), today, chance),
        // What is kept for good is bought at once.
        Term::Perpetual { .. } => vec![terms.first()],
    };
    let steps_left = |at: usize| i64::try_from(days.len() - 1 - at).unwrap_or(0);
    let level = |at: usize| (seats * (100 - step * steps_left(at)).max(40) / 100).max(1);
    let mut counts: Counts = Vec::new();
    for (at, &day) in days.iter().enumerate() {
        // The last is exact, a single seat or none included.
        let seats = if at + 1 == days.len() {
            seats
        } else {
            level(at)
        };
        if counts.last().is_none_or(|(_, before)| *before != seats) {
            counts.push((day, seats));
        }
    }
    counts
}

/// The first days of the terms, and a day within one of them.
fn yearly(terms: &Terms, today: NaiveDate, chance: &mut Chance) -> Vec<NaiveDate> {
    let mut days = terms.starts().to_vec();
    let between = day_in(terms.first(), chance.between(60, 300));
    if between < today {
        days.push(between);
    }
    days.sort_unstable();
    days.dedup();
    days
}

fn monthly(first: NaiveDate, today: NaiveDate, chance: &mut Chance) -> Vec<NaiveDate> {
    let mut days = vec![first];
    let mut day = first;
    loop {
        day = day_in(day, chance.between(90, 190));
        if day >= today || days.len() == 4 {
            return days;
        }
        days.push(day);
    }
}

/// The seats in use, from the first day on; nothing if nobody counted.
pub(super) fn used(
    holding: &Holding,
    owned: &Counts,
    first: NaiveDate,
    today: NaiveDate,
    chance: &mut Chance,
) -> Counts {
    let Some(seats) = holding.used else {
        return Vec::new();
    };
    let last = day_in(today, -chance.between(3, 20));
    let mut days: Vec<NaiveDate> = Vec::new();
    let mut day = first;
    while day < last {
        days.push(day);
        day = day_in(day, QUARTER + chance.between(-6, 6));
    }
    let short = holding.owned.is_some_and(|owned| seats > owned);
    let span = (last - first).num_days().max(1);
    let mut counts: Counts = Vec::new();
    for day in days {
        let passed = (day - first).num_days() * 100 / span;
        let level = match (seats, holding.owned) {
            // What is unused today was used once.
            (0, Some(owned)) => owned * 70 * (100 - passed) / 10_000,
            _ => seats * (64 + 36 * passed / 100 + chance.between(-2, 2)) / 100,
        };
        // A shortage is new: until lately there were seats enough.
        let grown = short && passed > 85;
        let ceiling = seats_on(owned, day).filter(|_| !grown).unwrap_or(i64::MAX);
        counts.push((day, level.clamp(0, ceiling.max(0))));
    }
    counts.push((last, seats));
    if let Tale::Peak(peak) = holding.tale {
        let day = day_in(today, -PEAK_AGO);
        counts.retain(|(day, _)| day_in(today, -PEAK_AGO) > *day || *day == last);
        counts.insert(counts.len() - 1, (day, peak));
        counts.insert(counts.len() - 1, (day_in(day, 1), seats));
    }
    counts.dedup_by_key(|(_, seats)| *seats);
    counts
}

fn seats_on(owned: &Counts, day: NaiveDate) -> Option<i64> {
    let since = owned.iter().rev().find(|(since, _)| *since <= day);
    since.map(|(_, seats)| *seats)
}
