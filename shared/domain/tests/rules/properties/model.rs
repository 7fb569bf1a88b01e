//! The most naive model of a license there is: what each day of a small calendar holds, as arrays of days.

use super::{nth, steps::Step};
use chrono::{Days, NaiveDate};
use domain::{Command, ids::AssignmentId};
use uuid::Uuid;

/// The days of the model: the calendar, and what begins on it and lasts.
const DAYS: usize = 120;
/// The day on which everything is recorded: 1 June of a calendar that begins on 1 May.
const TODAY: usize = 31;

/// What is told of some days, each holding until the next.
type Marks<T> = [Option<T>; DAYS];

fn at<T: Copy>(marks: &Marks<T>, on: usize) -> Option<T> {
    marks[..=on].iter().rev().find_map(|mark| *mark)
}

fn since<T: Copy>(marks: &Marks<T>, on: usize) -> Option<usize> {
    (0..=on).rev().find(|&on| marks[on].is_some())
}

struct Bought {
    id: Uuid,
    from: usize,
    until: Option<usize>,
    ended: bool,
    seats: [i64; DAYS],
}

impl Bought {
    fn held(&self, on: usize) -> i64 {
        if self.from <= on && self.until.is_none_or(|until| on <= until) {
            self.seats[on]
        } else {
            0
        }
    }
}

struct Assigned {
    id: Uuid,
    /// The company to which the seats are allocated.
    of: Option<usize>,
    /// Whether it holds on a day.
    holds: [bool; DAYS],
    quantity: i64,
}

/// What a source says of whose seats.
type Count = (Option<usize>, &'static str);

/// What a company has of the license on a day: total, owned, in use.
pub(crate) type Share = (Option<i64>, Option<i64>, Option<i64>);

pub(crate) struct Model {
    bought: Vec<Bought>,
    typed: Marks<Option<i64>>,
    counts: Vec<(Count, Marks<Option<i64>>)>,
    source: Marks<&'static str>,
    assigned: Vec<Assigned>,
    allocated: Vec<Marks<i64>>,
    owner: [usize; DAYS],
    owner_told: [bool; DAYS],
    tracked: [bool; DAYS],
    in_force: [bool; DAYS],
    end: Option<usize>,
    /// The first day of which an end was told.
    end_told: Option<usize>,
}

impl Model {
    pub(crate) fn new(end: Option<usize>, companies: usize) -> Self {
        Self {
            bought: vec![],
            typed: [None; DAYS],
            counts: vec![],
            source: [None; DAYS],
            assigned: vec![],
            allocated: vec![[None; DAYS]; companies],
            owner: [0; DAYS],
            owner_told: std::array::from_fn(|on| on == 0),
            tracked: [true; DAYS],
            in_force: std::array::from_fn(|on| end.is_none_or(|end| on <= end)),
            end,
            end_told: end.map(|_| 0),
        }
    }

    fn purchased(&self, on: usize) -> i64 {
        self.bought.iter().map(|bought| bought.held(on)).sum()
    }

    fn total(&self, on: usize) -> Option<i64> {
        let typed = at(&self.typed, on).flatten();
        let ever = self.bought.iter().any(|bought| bought.from <= on);
        (ever || typed.is_some()).then(|| (self.purchased(on) + typed.unwrap_or(0)).max(0))
    }

    fn owned(&self, on: usize) -> Option<i64> {
        if self.in_force[on] {
            return self.total(on);
        }
        let bounded = self.bought.iter().filter(|bought| bought.until.is_some());
        Some(bounded.map(|bought| bought.held(on)).sum())
    }

    fn counted(&self, count: Count) -> Option<&Marks<Option<i64>>> {
        self.counts
            .iter()
            .find(|(known, _)| *known == count)
            .map(|(_, marks)| marks)
    }

    fn in_use(&self, company: usize, on: usize) -> Option<i64> {
        let of = (self.owner[on] != company).then_some(company);
        match at(&self.source, on).unwrap_or("typed") {
            "named" => {
                let theirs = |assigned: &&Assigned| {
                    assigned.of == Some(company) || (of.is_none() && assigned.of.is_none())
                };
                let held = self
                    .assigned
                    .iter()
                    .filter(theirs)
                    .filter(|assigned| assigned.holds[on]);
                Some(held.map(|assigned| assigned.quantity).sum())
            }
            source => at(self.counted((of, source))?, on).flatten(),
        }
    }

    /// What a company has on a day; none if nothing.
    pub(crate) fn share(&self, company: usize, on: usize) -> Option<Share> {
        if !self.tracked[on] {
            return None;
        }
        let in_use = self.in_use(company, on);
        if self.owner[on] == company {
            let others = (0..self.allocated.len()).filter(|&other| other != company);
            let given: i64 = others
                .filter_map(|other| at(&self.allocated[other], on))
                .sum();
            let owned = self.owned(on).map(|owned| {
                if self.in_force[on] {
                    owned - given
                } else {
                    owned
                }
            });
            let in_use = in_use.or((given > 0).then_some(0));
            return Some((self.total(on).map(|total| total - given), owned, in_use));
        }
        let seats = at(&self.allocated[company], on)?;
        let owned = if self.in_force[on] { seats } else { 0 };
        (seats > 0 || in_use.unwrap_or(0) > 0).then_some((Some(seats), Some(owned), in_use))
    }

    pub(crate) fn license_owned(&self, on: usize) -> Option<i64> {
        self.owned(on)
    }

    fn type_total(&mut self, on: usize, to: Option<i64>) {
        if self.total(on) != to {
            self.typed[on] = Some(to.map(|to| to - self.purchased(on)));
        }
    }

    /// The first of the days up to `on` on which the total is what it is then.
    fn total_since(&self, on: usize) -> usize {
        let bought = self.bought.iter().map(|bought| bought.from);
        let typed = (0..DAYS).filter(|&on| self.typed[on].is_some());
        let Some(first) = bought.chain(typed).min().filter(|first| *first <= on) else {
            return on;
        };
        let mut since_day = on;
        while since_day > first && self.total(since_day - 1) == self.total(on) {
            since_day -= 1;
        }
        since_day.max(since(&self.typed, on).unwrap_or(0))
    }

    fn count(&mut self, count: Count, on: usize, to: Option<i64>, correction: bool, again: bool) {
        let known = self.counted(count).copied().unwrap_or([None; DAYS]);
        let on = since(&known, on).filter(|_| correction).unwrap_or(on);
        let standing = at(&known, on);
        let unchanged = standing.flatten() == to;
        if unchanged && (!again || standing.is_none() || known[on].is_some()) {
            return;
        }
        if again {
            self.first_source(count.1, on);
        }
        let mut known = known;
        known[on] = Some(to);
        self.counts.retain(|(other, _)| *other != count);
        self.counts.push((count, known));
    }

    fn first_source(&mut self, source: &'static str, on: usize) {
        let others = self.counts.iter().any(|((_, known), _)| *known != source)
            || (source != "named" && !self.assigned.is_empty())
            || self.source.iter().flatten().any(|known| *known != source);
        if !others && at(&self.source, on).unwrap_or("typed") != source {
            self.source[on] = Some(source);
        }
    }

    fn renew(&mut self, to: usize, quantity: Option<i64>) {
        let Some(end) = self.end else { return };
        let next = end + 1;
        // Nor does an end last that was mended after it had passed.
        self.in_force[next..=to].fill(true);
        self.in_force[to + 1..].fill(false);
        self.end = Some(to);
        self.end_told = self.end_told.min(Some(next));
        if quantity.is_some() {
            return self.type_total(next, quantity);
        }
        if self.typed[next].is_some() || self.bought.iter().any(|bought| bought.from == next) {
            return;
        }
        let Some(total) = self.total(end) else { return };
        let given_back = self
            .bought
            .iter()
            .filter(|bought| bought.held(end) > 0)
            .map(|bought| {
                if bought.ended && bought.until == Some(end) {
                    bought.seats[end]
                } else {
                    bought.seats[end] - bought.seats[next]
                }
            });
        let given_back: i64 = given_back.sum();
        self.type_total(next, Some((total - given_back).max(0)));
    }

    /// What a step does that was not refused. Transfers are another test's.
    pub(crate) fn follow(&mut self, step: &Step, id: Uuid, command: &Command) {
        match *step {
            Step::Total { on, to, correction } => {
                let on = on as usize;
                let on = if correction { self.total_since(on) } else { on };
                self.type_total(on, to);
            }
            Step::Typed { on, to, correction } => {
                self.count((None, "typed"), on as usize, to, correction, false);
            }
            Step::Count {
                on,
                to,
                synced,
                of,
                correction,
            } => {
                let of = of.filter(|of| self.owner[on as usize] != *of);
                let source = if synced { "synced" } else { "typed" };
                self.count((of, source), on as usize, to, correction, true);
            }
            Step::Source { on, word } => {
                if at(&self.source, on as usize).unwrap_or("typed") != word {
                    self.source[on as usize] = Some(word);
                }
            }
            Step::Buy {
                from,
                days,
                quantity,
            } => self.bought.push(Bought {
                id,
                from: from as usize,
                until: days.map(|days| (from + days) as usize),
                ended: false,
                seats: [quantity; DAYS],
            }),
            Step::End { on, .. } => {
                for bought in self.bought.iter_mut().filter(|bought| bought.id == id) {
                    bought.ended |= bought.until != Some(on as usize);
                    bought.until = Some(on as usize);
                }
            }
            Step::Reduce { on, to, .. } => {
                for bought in self.bought.iter_mut().filter(|bought| bought.id == id) {
                    for seats in &mut bought.seats[on as usize..] {
                        *seats = to.min(*seats);
                    }
                }
            }
            Step::Expiry { to } => self.move_end(to.map(|to| to as usize)),
            Step::Renew { to, quantity } => self.renew(to as usize, quantity),
            Step::Assign {
                from,
                days,
                quantity,
                of,
                ..
            } => {
                let of = of.filter(|of| self.owner[from as usize] != *of);
                self.first_source("named", from as usize);
                let until = days.map_or(DAYS as u64, |days| from + days);
                let holds = std::array::from_fn(|on| (from..=until).contains(&(on as u64)));
                self.assigned.push(Assigned {
                    id,
                    of,
                    holds,
                    quantity,
                });
            }
            Step::Release { on, .. } => {
                for assigned in self
                    .assigned
                    .iter_mut()
                    .filter(|assigned| assigned.id == id)
                {
                    assigned.holds[on as usize + 1..].fill(false);
                }
            }
            Step::Pass { on, .. } => self.pass(id, on as usize, command),
            Step::Allocate { on, to, company } => {
                if at(&self.allocated[company], on as usize).unwrap_or(0) != to {
                    self.allocated[company][on as usize] = Some(to);
                }
            }
            Step::Move { on, company } => self.move_to(on as usize, company),
            Step::Transfer { .. } => {}
            Step::Archive => self.tracked[TODAY..].fill(false),
            Step::Restore => self.tracked[TODAY..].fill(true),
        }
    }

    fn move_end(&mut self, to: Option<usize>) {
        match (self.end, to) {
            (from, to) if from == to => {}
            (Some(from), Some(to)) if to > from => self.renew(to, None),
            (_, to) => {
                // The first end of all is told of all days before too, a later one from today on.
                let first = if self.end_told.is_some_and(|told| told != TODAY) {
                    TODAY
                } else {
                    0
                };
                for on in first..DAYS {
                    self.in_force[on] = to.is_none_or(|to| on <= to);
                }
                self.end = to;
                self.end_told = self.end_told.or(Some(TODAY));
            }
        }
    }

    fn pass(&mut self, id: Uuid, on: usize, command: &Command) {
        let Some(known) = self.assigned.iter_mut().find(|assigned| assigned.id == id) else {
            return;
        };
        let Command::PassSeat {
            new: AssignmentId(new),
            ..
        } = command
        else {
            return;
        };
        let mut holds = known.holds;
        known.holds[on..].fill(false);
        holds[..on].fill(false);
        let (of, quantity) = (known.of, known.quantity);
        self.assigned.push(Assigned {
            id: *new,
            of,
            holds,
            quantity,
        });
    }

    fn move_to(&mut self, on: usize, company: usize) {
        if self.owner[on] == company {
            return;
        }
        self.owner_told[on] = true;
        let next = (on + 1..DAYS)
            .find(|&on| self.owner_told[on])
            .unwrap_or(DAYS);
        self.owner[on..next].fill(company);
    }
}

/// A day of the model.
pub(crate) fn date(on: usize) -> NaiveDate {
    nth(0) + Days::new(on as u64)
}
