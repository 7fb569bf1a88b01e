use chrono::{Months, NaiveDate};

use crate::demo::{
    certificates::day_in,
    chance::Chance,
    holdings::{Holding, Tale, Term},
};

/// The terms of a license, the current one last.
#[derive(Debug)]
pub(super) struct Terms {
    starts: Vec<NaiveDate>,
    /// Empty for what is kept for good.
    ends: Vec<NaiveDate>,
    months: u32,
}

impl Terms {
    pub(super) fn of(holding: &Holding, today: NaiveDate, chance: &mut Chance) -> Self {
        match holding.term {
            Term::Annual { ends_in } | Term::Fixed { ends_in } => {
                let count = match holding.tale {
                    // Their parts were bought over two years.
                    Tale::Lots(_) => 3,
                    _ => u32::try_from(chance.between(1, 5).min(3)).unwrap_or(1),
                };
                Self::before(day_in(today, ends_in + 1), 12, count)
            }
            // Only the first month is on record: the others began by themselves.
            Term::Monthly => {
                let start = day_in(today, -chance.between(200, 790));
                let after = start.checked_add_months(Months::new(1)).unwrap_or(today);
                Self {
                    starts: vec![start],
                    ends: vec![day_in(after, -1)],
                    months: 1,
                }
            }
            Term::Perpetual { .. } => Self {
                starts: vec![day_in(today, -chance.between(400, 1_100))],
                ends: Vec::new(),
                months: 0,
            },
        }
    }

    /// So many terms that end before a day.
    fn before(end: NaiveDate, months: u32, count: u32) -> Self {
        let back = |terms: u32| {
            end.checked_sub_months(Months::new(months * terms))
                .unwrap_or(end)
        };
        let starts: Vec<NaiveDate> = (1..=count).rev().map(back).collect();
        let ends = (0..count).rev().map(|terms| day_in(back(terms), -1));
        Self {
            ends: ends.collect(),
            starts,
            months,
        }
    }

    pub(super) fn starts(&self) -> &[NaiveDate] {
        &self.starts
    }

    pub(super) fn ends(&self) -> &[NaiveDate] {
        &self.ends
    }

    pub(super) fn is_perpetual(&self) -> bool {
        self.ends.is_empty()
    }

    /// The day on which it was bought.
    pub(super) fn first(&self) -> NaiveDate {
        self.starts.first().copied().unwrap_or_default()
    }

    /// The first and last day of the term after the current one.
    pub(super) fn next(&self) -> Option<(NaiveDate, NaiveDate)> {
        let first = self.ends.last()?.succ_opt()?;
        let after = first.checked_add_months(Months::new(self.months))?;
        Some((first, after.pred_opt()?))
    }
}
