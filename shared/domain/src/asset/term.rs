use chrono::{Datelike, NaiveDate};

use crate::timeline::Timeline;

/// The terms that an asset runs, told by their last days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Term {
    /// The last day of the term that runs on a day; none if it runs for ever.
    pub expiry: Timeline<Option<NaiveDate>>,
    /// The latest renewal: the first day of its term, and its last day as it was then.
    pub renewed: Option<(NaiveDate, NaiveDate)>,
}

/// A fact about the term that runs on a day, or about the one that follows it without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TermEnd {
    /// The day from which it is so.
    pub since: NaiveDate,
    /// The last day; none if it runs for ever.
    pub expiry: Option<NaiveDate>,
}

impl Term {
    pub(super) fn renew(&mut self, first_day: NaiveDate, old_end: NaiveDate, last_day: NaiveDate) {
        self.change(first_day, Some(old_end), Some(last_day));
        self.renewed = Some((first_day, last_day));
    }

    /// An end takes the place of another from `day` on, also of what was recorded of the other for later days:
    /// of a term that was to follow, or of an end that was mended only after it had passed.
    pub(super) fn change(
        &mut self,
        day: NaiveDate,
        old_end: Option<NaiveDate>,
        new_end: Option<NaiveDate>,
    ) {
        let told = self.expiry.iter().filter(|(_, end)| **end == old_end);
        if let Some(told) = told.map(|(day, _)| day).last() {
            self.expiry.remove(day..=told);
        }
        self.expiry.set(day, new_end);
    }

    /// The end of the terms that run on from `day` without a gap: who renews early sees the new end at once.
    #[must_use]
    pub fn end_from(&self, day: NaiveDate) -> Option<TermEnd> {
        let (since, &expiry) = self.expiry.fact_at(day)?;
        let mut end = TermEnd { since, expiry };
        while let Some(next) = end.expiry.and_then(|expiry| expiry.succ_opt()) {
            match self.expiry.fact_at(next) {
                Some((since, &later))
                    if since > end.since && later.is_none_or(|later| later >= next) =>
                {
                    end = TermEnd {
                        since,
                        expiry: later,
                    };
                }
                _ => break,
            }
        }
        Some(end)
    }

    /// The length of the latest renewed term in months.
    pub(crate) fn renewed_months(&self) -> Option<u32> {
        let (first, _) = self.renewed?;
        let (_, &last) = self.expiry.last()?;
        months_between(first, last?)
    }
}

/// Whole months from the first to the last day of a term, rounded; at least one.
pub(super) fn months_between(first: NaiveDate, last: NaiveDate) -> Option<u32> {
    let end = last.succ_opt()?;
    let months = (end.year() - first.year()) * 12 + end.month0() as i32 - first.month0() as i32;
    let days_over = end.day() as i32 - first.day() as i32;
    let rounded = months + i32::from(days_over > 15) - i32::from(days_over < -15);
    u32::try_from(rounded.max(1)).ok().filter(|_| end > first)
}
