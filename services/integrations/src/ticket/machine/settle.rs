//! What an answer means for a ticket.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::alert::{TicketNews, TicketRef, TicketStanding};

use super::{
    Action, BACKOFF_FIRST, BACKOFF_MAX, Effects, End, FAILURES_MAX, Known, MERGES_MAX, Progress,
    Standing, Step, Waits, Wanted,
};
use crate::psa::{PsaError, Ticket, TicketState};

/// What a call came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Of a search.
    Found(Vec<Ticket>),
    /// Of a create.
    Created(Ticket),
    /// Of a read; and whether a person worked on it.
    Read(Ticket, bool),
    /// Of a note or a close.
    Done,
    /// It failed.
    Failed(Failure),
}

/// What a failed call means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Nothing was done; it may be later.
    NotDone {
        /// Not before.
        retry_after: Option<Duration>,
    },
    /// It may have been done.
    Unknown {
        /// What was said.
        why: String,
    },
    /// There is no such ticket.
    NotFound,
    /// To be tried again only when somebody changed something.
    Refused {
        /// What was said.
        why: String,
    },
}

impl From<&PsaError> for Failure {
    fn from(error: &PsaError) -> Self {
        match error {
            PsaError::Busy { retry_after } => Self::NotDone {
                retry_after: *retry_after,
            },
            PsaError::Unreachable(_) | PsaError::Unauthorized(_) => {
                Self::NotDone { retry_after: None }
            }
            PsaError::NotFound => Self::NotFound,
            PsaError::Refused(_) => Self::Refused {
                why: error.to_string(),
            },
            PsaError::NoAnswer(_) | PsaError::Failed { .. } | PsaError::Garbled(_) => {
                Self::Unknown {
                    why: error.to_string(),
                }
            }
        }
    }
}

impl From<&Ticket> for Known {
    fn from(ticket: &Ticket) -> Self {
        Self {
            id: ticket.id.clone(),
            number: ticket.number.clone(),
            url: ticket.url.as_ref().map(ToString::to_string),
        }
    }
}

impl Known {
    /// As the ledger knows it.
    #[must_use]
    pub fn reference(&self) -> TicketRef {
        TicketRef {
            id: self.id.clone(),
            number: self.number.clone(),
            url: self.url.clone(),
        }
    }
}

impl Progress {
    /// What an answer makes of the row. `spread` (0 to 999) keeps rows that failed together from coming back
    /// together.
    pub fn settle(
        &mut self,
        action: &Action,
        outcome: Outcome,
        wanted: &Wanted,
        waits: &Waits,
        now: DateTime<Utc>,
        spread: u32,
    ) -> Effects {
        let mut effects = Effects::default();
        let outcome = match outcome {
            Outcome::Failed(failure) => {
                self.failed(action, failure, wanted, now, spread, &mut effects);
                return effects;
            }
            outcome => outcome,
        };
        // Finding nothing is no progress: a system that fails at each create and finds nothing would be tried for ever.
        if !matches!(&outcome, Outcome::Found(found) if found.is_empty()) {
            self.failures = 0;
        }
        self.not_before = None;
        match (action, outcome) {
            (Action::Find, Outcome::Found(found)) => {
                self.found(&found, wanted, waits, now, &mut effects);
            }
            (_, Outcome::Created(ticket)) => self.stands(&ticket, now, true, &mut effects),
            (_, Outcome::Read(ticket, worked)) => {
                self.read(&ticket, worked, wanted, now, &mut effects);
            }
            (Action::Comment { .. }, Outcome::Done) => self.said(wanted, &mut effects),
            (Action::Close { id, duplicate_of }, Outcome::Done) => {
                if duplicate_of.is_some() {
                    self.duplicates.retain(|other| other != id);
                } else if let Step::Standing(standing) = &self.step {
                    let ticket = standing.ticket.clone();
                    effects.stands(TicketStanding::Closed);
                    self.end(End::Closed, wanted, Some(ticket));
                }
            }
            _ => {}
        }
        effects
    }

    fn found(
        &mut self,
        found: &[Ticket],
        wanted: &Wanted,
        waits: &Waits,
        now: DateTime<Utc>,
        effects: &mut Effects,
    ) {
        let is_open = |ticket: &&Ticket| ticket.state == TicketState::Open;
        if let Step::Standing(Standing { ticket, .. })
        | Step::Ended {
            ticket: Some(ticket),
            ..
        } = &self.step
        {
            let kept = ticket.id.clone();
            self.verify_at = None;
            let others = found
                .iter()
                .filter(is_open)
                .filter(|other| other.id != kept);
            self.duplicates = others.map(|other| other.id.clone()).collect();
            return;
        }
        // The oldest that is open; else the oldest, by which is learnt what became of it.
        let kept = found.iter().find(is_open).or_else(|| found.first());
        if let Some(kept) = kept {
            let others = found
                .iter()
                .filter(is_open)
                .filter(|other| other.id != kept.id);
            self.duplicates = others.map(|other| other.id.clone()).collect();
            self.stands(kept, now, false, effects);
            return;
        }
        match &mut self.step {
            Step::Intended { look_first } => *look_first = false,
            Step::Attempted { at, searched_at } => {
                if now >= *at + waits.call_max + waits.search_lag {
                    // Not made, as far as anybody can know: whether that was so is looked at later.
                    self.step = Step::Intended { look_first: false };
                    self.verify_at = Some(now + waits.call_max + waits.search_lag);
                    if !wanted.open {
                        self.end(End::NotMade, wanted, None);
                    }
                } else {
                    *searched_at = Some(now);
                }
            }
            Step::Standing(_) | Step::Ended { .. } => self.verify_at = None,
        }
    }

    /// There is a ticket now.
    fn stands(&mut self, ticket: &Ticket, now: DateTime<Utc>, made: bool, effects: &mut Effects) {
        let known = Known::from(ticket);
        effects.news.push(TicketNews::Opened(known.reference()));
        // Another that was made by an attempt before is looked for when it must be visible.
        self.step = Step::Standing(Standing {
            ticket: known,
            read_at: None,
            seen_at: now,
            adopted: !made,
            taken_over: false,
            saying: None,
            closing: false,
            merges: 0,
            merge_untold: false,
        });
    }

    fn read(
        &mut self,
        ticket: &Ticket,
        worked: bool,
        wanted: &Wanted,
        now: DateTime<Utc>,
        effects: &mut Effects,
    ) {
        let Step::Standing(standing) = &mut self.step else {
            return;
        };
        standing.read_at = Some(now);
        standing.seen_at = now;
        if let TicketState::Merged { into } = &ticket.state
            && standing.merges < MERGES_MAX
            && *into != standing.ticket.id
        {
            // The other is somebody's own: it is told, and not closed.
            standing.ticket = Known {
                id: into.clone(),
                number: into.clone(),
                url: None,
            };
            standing.merges += 1;
            standing.merge_untold = true;
            standing.taken_over = true;
            standing.read_at = None;
            return;
        }
        standing.ticket = Known::from(ticket);
        if std::mem::take(&mut standing.merge_untold) {
            effects
                .news
                .push(TicketNews::Merged(standing.ticket.reference()));
        }
        let heard = standing.saying.as_ref().is_some_and(|saying| {
            let marker = saying.marker.as_str();
            ticket.notes.iter().any(|note| note.text.contains(marker))
        });
        if worked && !standing.taken_over {
            standing.taken_over = true;
            if ticket.state == TicketState::Open {
                effects.stands(TicketStanding::TakenOver);
            }
        }
        let known = standing.ticket.clone();
        let closing = standing.closing;
        if heard {
            self.said(wanted, effects);
        }
        match &ticket.state {
            TicketState::Open => {}
            TicketState::Deleted => self.deleted(wanted, effects),
            TicketState::Closed | TicketState::Merged { .. } => {
                let (how, standing) = match wanted.open && !closing {
                    true => (End::ClosedByPerson, TicketStanding::ClosedByPerson),
                    false => (End::Closed, TicketStanding::Closed),
                };
                effects.stands(standing);
                self.end(how, wanted, Some(known));
            }
        }
    }

    fn deleted(&mut self, wanted: &Wanted, effects: &mut Effects) {
        let ticket = match &self.step {
            Step::Standing(standing) => Some(standing.ticket.clone()),
            _ => None,
        };
        effects.stands(TicketStanding::Deleted);
        self.end(End::Deleted, wanted, ticket);
    }

    /// A note was written.
    fn said(&mut self, wanted: &Wanted, effects: &mut Effects) {
        let Step::Standing(standing) = &mut self.step else {
            return;
        };
        let Some(saying) = standing.saying.take() else {
            return;
        };
        if saying.last {
            let ticket = standing.ticket.clone();
            effects
                .news
                .push(TicketNews::Commented("told that it is solved".to_owned()));
            self.end(End::LeftToPerson, wanted, Some(ticket));
        } else {
            effects.said = true;
            effects
                .news
                .push(TicketNews::Commented("told how it stands".to_owned()));
        }
    }

    fn failed(
        &mut self,
        action: &Action,
        failure: Failure,
        wanted: &Wanted,
        now: DateTime<Utc>,
        spread: u32,
        effects: &mut Effects,
    ) {
        self.failures = self.failures.saturating_add(1);
        let own = backoff(self.failures, spread);
        self.not_before = Some(now + own);
        // What is known not to have been done was never begun.
        let undo = |progress: &mut Self| match (action, &mut progress.step) {
            (Action::Create, step) => *step = Step::Intended { look_first: false },
            (Action::Comment { .. }, Step::Standing(standing)) => standing.saying = None,
            _ => {}
        };
        match failure {
            Failure::NotDone { retry_after } => {
                undo(self);
                let asked = retry_after.unwrap_or_default().min(BACKOFF_MAX * 4);
                self.not_before = Some(now + own.max(asked));
            }
            Failure::Unknown { why } => match (action, &mut self.step) {
                (Action::Create, Step::Attempted { at, .. }) => {
                    // From here on it is known that nobody waits for an answer.
                    *at = now;
                    if self.failures >= FAILURES_MAX {
                        self.park(why, effects);
                    }
                }
                (_, Step::Standing(standing)) => standing.read_at = None,
                _ => {}
            },
            Failure::NotFound => match action {
                Action::Close {
                    id,
                    duplicate_of: Some(_),
                } => self.duplicates.retain(|other| other != id),
                Action::Create | Action::Find => {
                    undo(self);
                    self.park(
                        "the ticket system's address answers 404".to_owned(),
                        effects,
                    );
                }
                _ => self.deleted(wanted, effects),
            },
            Failure::Refused { why } => {
                undo(self);
                match action {
                    Action::Comment { last: false, .. } => {
                        // A note is not worth a stop: the ticket is there, and what follows may be taken.
                        effects.said = true;
                        effects.news.push(TicketNews::Failed(why));
                        self.not_before = None;
                    }
                    _ => self.park(why, effects),
                }
            }
        }
    }

    fn park(&mut self, why: String, effects: &mut Effects) {
        effects.news.push(TicketNews::Failed(why.clone()));
        self.parked = Some(why);
    }
}

impl Effects {
    fn stands(&mut self, standing: TicketStanding) {
        self.news.push(TicketNews::Stands(standing));
    }
}

fn backoff(failures: u32, spread: u32) -> Duration {
    let doubled = 2_u32
        .checked_pow(failures.saturating_sub(1))
        .and_then(|times| BACKOFF_FIRST.checked_mul(times));
    let own = doubled.map_or(BACKOFF_MAX, |own| own.min(BACKOFF_MAX));
    own * (800 + spread.min(999) * 4 / 10) / 1_000
}
