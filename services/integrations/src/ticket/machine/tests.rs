use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::psa::{Note, PsaError, Ticket, TicketState};

const WAITS: Waits = Waits {
    search_lag: Duration::from_secs(60),
    call_max: Duration::from_secs(25),
};
/// Rounds of a run without faults after which all must be well.
const CALM_ROUNDS: usize = 400;

/// What goes wrong with one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// Killed after the row was committed, before the call.
    KilledBefore,
    /// Killed after the call, before its answer was committed.
    KilledAfter,
    /// Done, and answered with an error.
    DoneAndFailed,
    /// Not done, and answered with an error that leaves it open.
    Failed,
    /// Done when the caller waits no longer.
    Stalled,
    Busy,
    Unreachable,
}

/// What happens besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Happening {
    Nothing,
    Waits(u16),
    /// The cause goes.
    Recovers,
    /// A group's: another cause of the same ticket.
    Returns,
    Worsens,
    Acknowledged(bool),
    Works,
    Closes,
    Deletes,
    Merges,
}

#[derive(Debug, Clone)]
struct Sim {
    now: DateTime<Utc>,
    tickets: Vec<SimTicket>,
    /// What lands later.
    late: Vec<(DateTime<Utc>, Late)>,
    lag: TimeDelta,
}

#[derive(Debug, Clone)]
enum Late {
    Create(String),
    Note(String, String),
    Close(String),
}

#[derive(Debug, Clone)]
struct SimTicket {
    reference: String,
    visible_at: DateTime<Utc>,
    shown: Ticket,
    closed_by_person: bool,
}

impl Sim {
    fn elapse(&mut self, by: TimeDelta) {
        let end = self.now + by;
        let (mut due, later): (Vec<_>, Vec<_>) =
            self.late.drain(..).partition(|(at, _)| *at <= end);
        self.late = later;
        due.sort_by_key(|(at, _)| *at);
        for (at, late) in due {
            self.now = at;
            self.land(late);
        }
        self.now = end;
    }

    fn land(&mut self, late: Late) {
        match late {
            Late::Create(reference) => {
                let id = (self.tickets.len() + 1).to_string();
                self.tickets.push(SimTicket {
                    reference,
                    visible_at: self.now + self.lag,
                    shown: Ticket {
                        number: format!("#{id}"),
                        id,
                        url: None,
                        state: TicketState::Open,
                        status: "new".to_owned(),
                        notes: Vec::new(),
                        has_time: false,
                    },
                    closed_by_person: false,
                });
            }
            Late::Note(id, text) => {
                if let Some(ticket) = self.get(&id) {
                    ticket.shown.notes.push(Note { ours: true, text });
                }
            }
            Late::Close(id) => {
                if let Some(ticket) = self.get(&id)
                    && ticket.shown.state == TicketState::Open
                {
                    ticket.shown.state = TicketState::Closed;
                }
            }
        }
    }

    fn get(&mut self, id: &str) -> Option<&mut SimTicket> {
        self.tickets.iter_mut().find(|ticket| ticket.shown.id == id)
    }

    fn open(&self) -> Vec<&SimTicket> {
        let open = |ticket: &&SimTicket| {
            ticket.shown.state == TicketState::Open && ticket.reference != "other"
        };
        self.tickets.iter().filter(open).collect()
    }

    fn call(
        &mut self,
        action: &Action,
        reference: &str,
        fault: Fault,
    ) -> Result<Outcome, PsaError> {
        let change = match action {
            Action::Create => Some(Late::Create(reference.to_owned())),
            Action::Comment { id, marker, .. } => Some(Late::Note(id.clone(), marker.clone())),
            Action::Close { id, .. } => Some(Late::Close(id.clone())),
            _ => None,
        };
        match fault {
            Fault::Busy => {
                return Err(PsaError::Busy {
                    retry_after: Some(Duration::from_secs(7)),
                });
            }
            Fault::Unreachable => return Err(PsaError::Unreachable(String::new())),
            Fault::Failed => {
                return Err(PsaError::Failed {
                    status: 500,
                    said: String::new(),
                });
            }
            Fault::Stalled => {
                self.elapse(TimeDelta::seconds(20));
                let lands = self.now + TimeDelta::seconds(5);
                self.late.extend(change.map(|change| (lands, change)));
                return Err(PsaError::NoAnswer(String::new()));
            }
            Fault::DoneAndFailed => {
                change.into_iter().for_each(|change| self.land(change));
                return Err(PsaError::Failed {
                    status: 500,
                    said: String::new(),
                });
            }
            Fault::None | Fault::KilledBefore | Fault::KilledAfter => {}
        }
        change.into_iter().for_each(|change| self.land(change));
        let now = self.now;
        match action {
            Action::Find => {
                let seen =
                    |ticket: &&SimTicket| ticket.reference == reference && ticket.visible_at <= now;
                let found = self
                    .tickets
                    .iter()
                    .filter(seen)
                    .map(|ticket| ticket.shown.clone());
                Ok(Outcome::Found(found.collect()))
            }
            Action::Create => {
                let made = self.tickets.last().ok_or(PsaError::NotFound)?;
                Ok(Outcome::Created(made.shown.clone()))
            }
            Action::Read { id } => {
                let ticket = self.get(id).ok_or(PsaError::NotFound)?;
                let worked =
                    ticket.shown.has_time || ticket.shown.notes.iter().any(|note| !note.ours);
                Ok(Outcome::Read(ticket.shown.clone(), worked))
            }
            Action::Comment { .. } | Action::Close { .. } | Action::Wait(_) => Ok(Outcome::Done),
        }
    }
}

/// The machine with its row and its caller.
struct Run {
    sim: Sim,
    row: Progress,
    wanted: Wanted,
    told: Vec<TicketNews>,
    strict: bool,
}

impl Run {
    fn new(lag: u16) -> Self {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap_or_default();
        Self {
            sim: Sim {
                now,
                tickets: Vec::new(),
                late: Vec::new(),
                lag: TimeDelta::seconds(i64::from(lag)),
            },
            row: Progress::new(false),
            wanted: Wanted {
                open: true,
                farewell: "it is solved".to_owned(),
                changed_at: Some(now),
                ..Wanted::default()
            },
            told: Vec::new(),
            strict: true,
        }
    }

    fn round(&mut self, fault: Fault) {
        let mut row = self.row.clone();
        let action = row.next(&self.wanted, &WAITS, self.sim.now);
        if let Action::Wait(until) = action {
            self.row = row;
            let wait = until.map_or(TimeDelta::seconds(30), |until| until - self.sim.now);
            self.sim.elapse(wait.max(TimeDelta::milliseconds(1)));
            return;
        }
        row.begin(&action, self.sim.now);
        self.row = row.clone();
        if fault == Fault::KilledBefore {
            return self.sim.elapse(TimeDelta::seconds(1));
        }
        let reference = format!("SL-{}", row.generation);
        let answer = self.sim.call(&action, &reference, fault);
        if fault != Fault::KilledAfter {
            let outcome = answer.unwrap_or_else(|error| Outcome::Failed(Failure::from(&error)));
            let effects = row.settle(&action, outcome, &self.wanted, &WAITS, self.sim.now, 0);
            if effects.said {
                self.wanted.say = None;
            }
            self.told.extend(effects.news);
            self.row = row;
        }
        self.sim.elapse(TimeDelta::milliseconds(50));
        if self.strict {
            assert!(
                self.sim.open().len() <= 1,
                "two open tickets: {:?} {:?}",
                self.sim,
                self.row
            );
        }
    }

    fn happen(&mut self, happening: Happening) {
        let open =
            self.sim.tickets.iter_mut().rfind(|ticket| {
                ticket.shown.state == TicketState::Open && ticket.reference != "other"
            });
        match happening {
            Happening::Nothing => {}
            Happening::Waits(seconds) => self.sim.elapse(TimeDelta::seconds(i64::from(seconds))),
            Happening::Recovers => self.wanted.open = false,
            Happening::Returns => {
                self.wanted.open = true;
                self.wanted.asked += 1;
            }
            Happening::Worsens => {
                self.wanted.asked += 1;
                self.wanted.hushed = false;
                self.wanted.say = Some(format!("worse{}", self.wanted.asked));
            }
            Happening::Acknowledged(hushed) => self.wanted.hushed = hushed,
            Happening::Works => {
                if let Some(ticket) = open {
                    ticket.shown.notes.push(Note {
                        ours: false,
                        text: "I look into it".to_owned(),
                    });
                }
            }
            Happening::Closes => {
                if let Some(ticket) = open {
                    ticket.shown.state = TicketState::Closed;
                    ticket.closed_by_person = true;
                }
            }
            Happening::Deletes => {
                if let Some(ticket) = open {
                    ticket.shown.state = TicketState::Deleted;
                }
            }
            Happening::Merges => {
                if let Some(ticket) = open {
                    ticket.shown.state = TicketState::Merged {
                        into: "other".to_owned(),
                    };
                    let mut other = ticket.clone();
                    other.reference = "other".to_owned();
                    other.shown.id = "other".to_owned();
                    other.shown.state = TicketState::Open;
                    self.sim.tickets.retain(|ticket| ticket.shown.id != "other");
                    self.sim.tickets.push(other);
                }
            }
        }
        if !matches!(happening, Happening::Waits(_) | Happening::Nothing) {
            self.wanted.changed_at = Some(self.sim.now);
        }
    }

    fn calm(&mut self) {
        for _ in 0..CALM_ROUNDS {
            self.round(Fault::None);
        }
    }
}

fn faults() -> impl Strategy<Value = Fault> {
    prop_oneof![
        3 => Just(Fault::None),
        1 => Just(Fault::KilledBefore),
        1 => Just(Fault::KilledAfter),
        1 => Just(Fault::DoneAndFailed),
        1 => Just(Fault::Failed),
        1 => Just(Fault::Stalled),
        1 => Just(Fault::Busy),
        1 => Just(Fault::Unreachable),
    ]
}

fn of_alerts() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => Just(Happening::Nothing),
        2 => (0_u16..900).prop_map(Happening::Waits),
        1 => Just(Happening::Recovers),
        1 => Just(Happening::Worsens),
        1 => any::<bool>().prop_map(Happening::Acknowledged),
    ]
}

fn of_all() -> impl Strategy<Value = Happening> {
    prop_oneof![
        8 => of_alerts(),
        1 => Just(Happening::Returns),
        1 => Just(Happening::Works),
        1 => Just(Happening::Closes),
        1 => Just(Happening::Deletes),
        1 => Just(Happening::Merges),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// However calls fail and whenever we are killed.
    #[test]
    fn a_cause_has_one_open_ticket_and_a_gone_one_none(
        lag in 0_u16..=60,
        rounds in prop::collection::vec((faults(), of_alerts()), 0..60),
    ) {
        let mut run = Run::new(lag);
        for (fault, happening) in rounds {
            run.happen(happening);
            run.round(fault);
        }
        run.row.retry();
        run.calm();
        if run.wanted.open && !run.wanted.hushed {
            prop_assert_eq!(run.sim.open().len(), 1, "{:?} {:?}", run.sim, run.row);
            prop_assert_eq!(&run.wanted.say, &None);
        }
        if !run.wanted.open {
            prop_assert_eq!(run.sim.open().len(), 0, "{:?} {:?}", run.sim, run.row);
        }
        let mut notes: Vec<_> = run.sim.tickets.iter().flat_map(|ticket| &ticket.shown.notes).collect();
        let all = notes.len();
        notes.sort_by(|one, other| one.text.cmp(&other.text));
        notes.dedup();
        prop_assert_eq!(all, notes.len(), "a note was written twice");
    }

    /// Whatever people do with it besides.
    #[test]
    fn what_people_did_stays_and_is_never_doubled(
        lag in 0_u16..=60,
        rounds in prop::collection::vec((faults(), of_all()), 0..60),
    ) {
        let mut run = Run::new(lag);
        for (fault, happening) in rounds {
            run.happen(happening);
            run.round(fault);
        }
        run.row.retry();
        run.calm();
        let worked = |ticket: &&SimTicket| ticket.shown.notes.iter().any(|note| !note.ours);
        if !run.wanted.open {
            let left = run.sim.open();
            prop_assert_eq!(left.len(), left.iter().copied().filter(|ticket| worked(ticket)).count());
        }
        if let Step::Ended { how: End::ClosedByPerson, .. } = run.row.step {
            prop_assert_eq!(run.sim.open().len(), 0);
        }
    }
}

#[test]
fn a_ticket_that_a_person_works_on_is_told_and_left_open() {
    let mut run = Run::new(0);
    run.round(Fault::None);
    run.happen(Happening::Works);
    run.happen(Happening::Recovers);
    run.calm();
    assert_eq!(run.sim.open().len(), 1);
    assert_eq!(run.sim.tickets[0].shown.notes.len(), 2);
    let standing = &run.told[1];
    assert_eq!(
        standing,
        &TicketNews::Stands(domain::alert::TicketStanding::TakenOver)
    );
}

#[test]
fn closed_by_a_person_it_is_made_anew_only_when_it_gets_worse() {
    let mut run = Run::new(0);
    run.round(Fault::None);
    run.happen(Happening::Closes);
    run.calm();
    assert_eq!(run.sim.tickets.len(), 1);
    run.happen(Happening::Worsens);
    run.calm();
    assert_eq!(run.sim.tickets.len(), 2);
    assert_eq!(run.sim.open().len(), 1);
    assert_eq!(run.row.generation, 2);
    assert_eq!(
        run.row.earlier.as_ref().map(|earlier| earlier.id.as_str()),
        Some("1")
    );
}

#[test]
fn one_that_was_thrown_away_is_not_made_again() {
    let mut run = Run::new(0);
    run.round(Fault::None);
    run.happen(Happening::Deletes);
    run.calm();
    run.happen(Happening::Worsens);
    run.calm();
    assert_eq!(run.sim.tickets.len(), 1);
    assert!(matches!(
        run.row.step,
        Step::Ended {
            how: End::Deleted,
            ..
        }
    ));
}

#[test]
fn of_several_with_the_reference_the_oldest_is_kept() {
    let mut run = Run::new(0);
    run.sim.land(Late::Create("SL-1".to_owned()));
    run.sim.land(Late::Create("SL-1".to_owned()));
    run.strict = false;
    run.row = Progress::new(true);
    run.calm();
    let open = run.sim.open();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].shown.id, "1");
}

#[test]
fn a_merged_one_is_followed_and_not_closed() {
    let mut run = Run::new(0);
    run.round(Fault::None);
    run.happen(Happening::Merges);
    run.calm();
    run.happen(Happening::Recovers);
    run.calm();
    let other = run.sim.get("other").map(|other| other.shown.clone());
    let other = other.expect("it is there");
    assert_eq!(other.state, TicketState::Open);
    assert_eq!(other.notes.len(), 1);
}

#[test]
fn what_is_acknowledged_is_neither_made_nor_written_on_but_closed() {
    let mut run = Run::new(0);
    run.happen(Happening::Acknowledged(true));
    run.calm();
    assert!(run.sim.tickets.is_empty());
    run.happen(Happening::Worsens);
    run.round(Fault::None);
    run.happen(Happening::Acknowledged(true));
    run.happen(Happening::Recovers);
    run.calm();
    assert_eq!(run.sim.tickets.len(), 1);
    assert!(run.sim.open().is_empty());
}
