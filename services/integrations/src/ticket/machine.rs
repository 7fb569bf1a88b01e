//! One ticket, from the wish for it to its end. Pure: what is known comes in, what is to be done next comes out.
//!
//! The caller commits what [`Progress::begin`] makes of a row *before* it calls the ticket system, and what
//! [`Progress::settle`] makes of it afterwards. Whatever is lost between two commits, the row then says that
//! something may have been done, and it is looked for before it is done again.

mod settle;
#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::alert::TicketNews;
use serde::{Deserialize, Serialize};

pub use settle::{Failure, Outcome};

/// How long an open ticket is believed to be as it was read: closes, merges and work of people are noticed after it.
pub const READ_EVERY: Duration = Duration::from_secs(10 * 60);
/// What was read this long ago, and since the wish changed, may be acted on: long enough for the call that follows.
pub const FRESH_FOR: Duration = Duration::from_secs(10);
/// Between two searches for a ticket that may have been made.
const SEARCH_EVERY: Duration = Duration::from_secs(5);
/// Of one ticket after a failure, doubled at each …
const BACKOFF_FIRST: Duration = Duration::from_secs(2);
/// … up to this.
const BACKOFF_MAX: Duration = Duration::from_secs(15 * 60);
/// After so many failures that say nothing of whether it helps to go on, a person should look.
const FAILURES_MAX: u32 = 30;
/// Tickets are merged into tickets that were merged; a ring of them ends here.
const MERGES_MAX: u32 = 5;

/// How far a ticket is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The first ticket is 1; each that follows one that a person closed is one more.
    pub generation: u32,
    /// Where it is.
    pub step: Step,
    /// Ids of further tickets with the same reference, to be closed.
    pub duplicates: Vec<String>,
    /// When it is looked whether there are such: after a ticket was made a second time.
    pub verify_at: Option<DateTime<Utc>>,
    /// The ticket before this one, which this one should name.
    pub earlier: Option<Known>,
    /// Failures since something last went well.
    pub failures: u32,
    /// Nothing is tried before it.
    pub not_before: Option<DateTime<Utc>>,
    /// Why it waits for a person.
    pub parked: Option<String>,
}

/// Where a ticket is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// It is to be made, and nothing was sent that could have made it.
    Intended {
        /// Whether one may be there all the same, of a time that we know nothing of.
        look_first: bool,
    },
    /// It may have been made.
    Attempted {
        /// When that was last begun or seen to be uncertain.
        at: DateTime<Utc>,
        /// When it was last looked for.
        searched_at: Option<DateTime<Utc>>,
    },
    /// It is there.
    Standing(Standing),
    /// Nothing more is done with it.
    Ended {
        /// How.
        how: End,
        /// It begins anew when more than this was asked for.
        asked: u32,
        /// Which it was, if it was made.
        ticket: Option<Known>,
    },
}

/// A ticket that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Which.
    pub ticket: Known,
    /// When it was last read, and not only made.
    pub read_at: Option<DateTime<Utc>>,
    /// When it was last made, found or read.
    pub seen_at: DateTime<Utc>,
    /// A person worked on it: it is theirs to close.
    pub taken_over: bool,
    /// A note that may have been written.
    pub saying: Option<Saying>,
    /// The close of it was begun.
    pub closing: bool,
    /// It was found, not made: it may be in any state until it is read.
    pub adopted: bool,
    /// How often it was merged into another.
    pub merges: u32,
    /// The ledger knows the ticket before this merge only.
    pub merge_untold: bool,
}

/// A note that may have been written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saying {
    /// By which it is found among the notes.
    pub marker: String,
    /// When it was begun.
    pub at: DateTime<Utc>,
    /// Whether it tells that the cause is gone.
    pub last: bool,
}

/// Which ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// By which the system is asked for it.
    pub id: String,
    /// What people call it.
    pub number: String,
    /// Where a person opens it.
    pub url: Option<String>,
}

/// How a ticket ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The cause went before it was made.
    NotMade,
    /// We closed it.
    Closed,
    /// It was told that the cause is gone; a person closes it.
    LeftToPerson,
    /// A person closed it.
    ClosedByPerson,
    /// A person threw it away.
    Deleted,
}

/// What the alerts want of a ticket now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// A cause stands.
    pub open: bool,
    /// All causes that stand are acknowledged or snoozed: nothing is made or said.
    pub hushed: bool,
    /// Quiet hours: nothing is made or said before.
    pub held_until: Option<DateTime<Utc>>,
    /// The marker of a note that is due.
    pub say: Option<String>,
    /// The marker of the note that tells that no cause stands.
    pub farewell: String,
    /// How often it got worse, or somebody asked anew.
    pub asked: u32,
    /// When any of this last changed: what was read before says nothing about it.
    pub changed_at: Option<DateTime<Utc>>,
}

/// How long things take there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// How long a new ticket may stay unseen by a search.
    pub search_lag: Duration,
    /// How long a call that was begun may still have an effect.
    pub call_max: Duration,
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Look for tickets with the reference.
    Find,
    /// Make it.
    Create,
    /// Read it.
    Read {
        /// Its id.
        id: String,
    },
    /// Write a note.
    Comment {
        /// The ticket's id.
        id: String,
        /// By which the note is found.
        marker: String,
        /// Whether it tells that the cause is gone, to a person who works on it.
        last: bool,
    },
    /// Close it.
    Close {
        /// Its id.
        id: String,
        /// The ticket that it is a second one of; none if its cause is gone.
        duplicate_of: Option<String>,
    },
    /// Nothing before then; never, unless something changes.
    Wait(Option<DateTime<Utc>>),
}

/// What came of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    /// What the ledger is told.
    pub news: Vec<TicketNews>,
    /// A note that was due is said, or will never be.
    pub said: bool,
}

impl Progress {
    /// A ticket that is wished for. `look_first` if there may be one of an earlier time.
    #[must_use]
    pub fn new(look_first: bool) -> Self {
        Self {
            generation: 1,
            step: Step::Intended { look_first },
            duplicates: Vec::new(),
            verify_at: None,
            earlier: None,
            failures: 0,
            not_before: None,
            parked: None,
        }
    }

    /// What is to be done next. May move the row on where that needs nobody else.
    pub fn next(&mut self, wanted: &Wanted, waits: &Waits, now: DateTime<Utc>) -> Action {
        self.step_on(wanted);
        if self.parked.is_some() {
            return Action::Wait(None);
        }
        if let Some(until) = self.not_before.filter(|until| *until > now) {
            return Action::Wait(Some(until));
        }
        match &self.step {
            Step::Intended { look_first } if !wanted.hushed => match wanted.held_until {
                Some(until) if until > now => Action::Wait(Some(until)),
                _ if *look_first => Action::Find,
                _ => Action::Create,
            },
            Step::Intended { .. } => Action::Wait(None),
            Step::Attempted { at, searched_at } => {
                let settled = *at + waits.call_max + waits.search_lag;
                let next = searched_at.map_or(now, |searched| {
                    (searched + SEARCH_EVERY)
                        .min(settled.max(searched + TimeDelta::milliseconds(1)))
                });
                match next > now {
                    true => Action::Wait(Some(next)),
                    false => Action::Find,
                }
            }
            Step::Standing(standing) => self.next_standing(standing, wanted, waits, now),
            Step::Ended { .. } => match self.duplicate(now) {
                Some(action) => action,
                None => Action::Wait(self.verify_at),
            },
        }
    }

    fn next_standing(
        &self,
        standing: &Standing,
        wanted: &Wanted,
        waits: &Waits,
        now: DateTime<Utc>,
    ) -> Action {
        if let Some(action) = self.duplicate(now) {
            return action;
        }
        let id = standing.ticket.id.clone();
        let is_fresh = standing.read_at.is_some_and(|read| {
            now - read <= span(FRESH_FOR) && wanted.changed_at.is_none_or(|changed| read >= changed)
        });
        let read = Action::Read { id: id.clone() };
        if let Some(saying) = &standing.saying {
            // It is looked for among the notes, and written again only when it can't come any more.
            let settled = saying.at + waits.call_max;
            let looked = standing.read_at.is_some_and(|read| read >= settled);
            return match (
                looked && is_fresh,
                standing.read_at.is_some_and(|read| read >= saying.at),
            ) {
                (true, _) => Action::Comment {
                    id,
                    marker: saying.marker.clone(),
                    last: saying.last,
                },
                (false, true) if now < settled => Action::Wait(Some(settled)),
                _ => read,
            };
        }
        let may_say = !wanted.hushed && wanted.held_until.is_none_or(|until| until <= now);
        let due = wanted.say.as_ref().filter(|_| may_say);
        let acts = !wanted.open || due.is_some();
        if acts && !is_fresh {
            return read;
        }
        match (wanted.open, due) {
            (false, _) if standing.taken_over => Action::Comment {
                id,
                marker: wanted.farewell.clone(),
                last: true,
            },
            (false, _) => Action::Close {
                id,
                duplicate_of: None,
            },
            (true, Some(marker)) => Action::Comment {
                id,
                marker: marker.clone(),
                last: false,
            },
            (true, None) => {
                let next = standing.seen_at + READ_EVERY;
                let is_unread =
                    standing.read_at.is_none() && (standing.adopted || standing.merge_untold);
                if next <= now || is_unread {
                    return read;
                }
                let held = wanted.held_until.filter(|_| wanted.say.is_some());
                let times = [Some(next), self.verify_at, held];
                Action::Wait(times.into_iter().flatten().filter(|at| *at > now).min())
            }
        }
    }

    /// What is to be done about second tickets.
    fn duplicate(&self, now: DateTime<Utc>) -> Option<Action> {
        let kept = match &self.step {
            Step::Standing(_) | Step::Ended { .. } => self.known(),
            Step::Intended { .. } | Step::Attempted { .. } => None,
        };
        if let Some(id) = self.duplicates.first() {
            return Some(Action::Close {
                id: id.clone(),
                duplicate_of: kept.map(|kept| kept.number.clone()),
            });
        }
        let due = self.verify_at.is_some_and(|at| at <= now);
        due.then_some(Action::Find)
    }

    /// What follows from what is wanted alone.
    fn step_on(&mut self, wanted: &Wanted) {
        match &self.step {
            Step::Intended { .. } if !wanted.open => {
                self.parked = None;
                self.end(End::NotMade, wanted, None);
            }
            Step::Ended { how, asked, ticket } if wanted.open => {
                // What a person closed stays closed until it gets worse, what was thrown away stays away. The rest
                // ended because no cause stood.
                match how {
                    End::Deleted => return,
                    End::ClosedByPerson if wanted.asked <= *asked => return,
                    _ => {}
                }
                if *how != End::NotMade {
                    self.generation += 1;
                    self.earlier.clone_from(ticket);
                }
                self.failures = 0;
                self.not_before = None;
                self.parked = None;
                self.step = Step::Intended { look_first: false };
            }
            _ => {}
        }
    }

    /// Before a call: what must be known of it should its answer be lost.
    pub fn begin(&mut self, action: &Action, now: DateTime<Utc>) {
        match (action, &mut self.step) {
            (Action::Create, step) => {
                *step = Step::Attempted {
                    at: now,
                    searched_at: None,
                };
            }
            (Action::Comment { marker, last, .. }, Step::Standing(standing)) => {
                standing.saying = Some(Saying {
                    marker: marker.clone(),
                    at: now,
                    last: *last,
                });
            }
            (
                Action::Close {
                    duplicate_of: None, ..
                },
                Step::Standing(standing),
            ) => {
                standing.closing = true;
            }
            _ => {}
        }
    }

    fn end(&mut self, how: End, wanted: &Wanted, ticket: Option<Known>) {
        self.step = Step::Ended {
            how,
            asked: wanted.asked,
            ticket,
        };
    }

    /// The ticket, as far as it is known.
    #[must_use]
    pub fn known(&self) -> Option<&Known> {
        match &self.step {
            Step::Standing(standing) => Some(&standing.ticket),
            Step::Ended { ticket, .. } => ticket.as_ref(),
            Step::Intended { .. } | Step::Attempted { .. } => self.earlier.as_ref(),
        }
    }

    /// A person asks to try again.
    pub fn retry(&mut self) {
        self.parked = None;
        self.not_before = None;
        self.failures = 0;
    }
}

fn span(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}
