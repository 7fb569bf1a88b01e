//! What a system keeps, the same for all.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::COMPANIES;

/// How long a call takes, in the simulator's time.
const CALL_TAKES: Duration = Duration::from_secs(1);

/// A ticket as the system keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ticket {
    /// Numbered from 1.
    pub id: u64,
    /// By which it is found again.
    pub reference: Option<String>,
    /// Whose it is.
    pub company: u64,
    /// One line.
    pub subject: String,
    /// The description.
    pub body: String,
    /// By the system's own number.
    pub priority: Option<u64>,
    /// Where it stands, merges and deletion aside.
    pub status: Status,
    /// The ticket that it became part of.
    pub merged_into: Option<u64>,
    /// Thrown away.
    pub deleted: bool,
    /// In a place that the account under test may not see.
    pub hidden: bool,
    /// Without the description.
    pub notes: Vec<Note>,
    /// Time entered by people.
    pub minutes: u64,
    /// Who made it.
    pub by: Author,
    /// From when searches see it.
    pub(crate) seen_from: Duration,
}

/// A note on a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Who wrote it.
    pub by: Author,
    /// What it says.
    pub text: String,
}

/// Where a ticket stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Status {
    /// As it was made.
    #[default]
    New,
    /// A person works on it.
    InProgress,
    /// Done.
    Closed,
}

/// Who did something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Author {
    /// The account under test.
    #[default]
    Us,
    /// Somebody of the service desk.
    Person,
    /// A rule of the system.
    Rule,
}

impl Author {
    /// The id that he has in all systems.
    pub(crate) fn id(self) -> u64 {
        match self {
            Self::Us => 7,
            Self::Person => 3,
            Self::Rule => 1,
        }
    }
}

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Such as `POST`.
    pub method: String,
    /// Without the query.
    pub path: String,
}

impl Ticket {
    pub(crate) fn note(&mut self, by: Author, text: &str) {
        let text = text.to_owned();
        self.notes.push(Note { by, text });
    }

    /// The id of a note; number 0 is the description's.
    pub(crate) fn note_id(&self, number: usize) -> u64 {
        self.id * 1_000 + u64::try_from(number).unwrap()
    }

    /// The description and the notes, each with its id.
    pub(crate) fn texts(&self) -> Vec<(u64, Author, &str)> {
        let notes = self.notes.iter().map(|note| (note.by, note.text.as_str()));
        let all = std::iter::once((self.by, self.body.as_str())).chain(notes);
        all.enumerate()
            .map(|(number, (by, text))| (self.note_id(number), by, text))
            .collect()
    }
}

pub(crate) struct Store {
    pub(crate) tickets: Vec<Ticket>,
    pub(crate) companies: BTreeSet<u64>,
    pub(crate) now: Duration,
    pub(crate) lag: Duration,
    pub(crate) ignores_filters: bool,
    pub(crate) terse_lists: bool,
    pub(crate) tokens: Vec<String>,
    pub(crate) tokens_given: u64,
    pub(crate) others_calls: u64,
    pub(crate) calls: Vec<Call>,
    pub(crate) refusals: Vec<String>,
}

impl Store {
    pub(crate) fn new() -> Self {
        Self {
            tickets: Vec::new(),
            companies: COMPANIES.into(),
            now: Duration::ZERO,
            lag: Duration::ZERO,
            ignores_filters: false,
            terse_lists: false,
            tokens: Vec::new(),
            tokens_given: 0,
            others_calls: 0,
            calls: Vec::new(),
            refusals: Vec::new(),
        }
    }

    pub(crate) fn called(&mut self, method: &str, path: &str) {
        self.now += CALL_TAKES;
        self.calls.push(Call {
            method: method.to_owned(),
            path: path.to_owned(),
        });
    }

    pub(crate) fn create(&mut self, ticket: Ticket) -> u64 {
        let id = u64::try_from(self.tickets.len()).unwrap() + 1;
        let seen_from = self.now + self.lag;
        self.tickets.push(Ticket {
            id,
            seen_from,
            ..ticket
        });
        id
    }

    /// A ticket that is not thrown away.
    pub(crate) fn ticket(&mut self, id: &str) -> Option<&mut Ticket> {
        let id: u64 = id.parse().ok()?;
        let mut tickets = self.tickets.iter_mut();
        tickets.find(|ticket| ticket.id == id && !ticket.deleted)
    }

    /// What a search for tickets answers.
    pub(crate) fn search(&self, rows_max: usize, wanted: impl Fn(&Ticket) -> bool) -> Vec<&Ticket> {
        let seen = self
            .tickets
            .iter()
            .filter(|ticket| ticket.seen_from <= self.now);
        seen.filter(|ticket| self.ignores_filters || wanted(ticket))
            .take(rows_max)
            .collect()
    }
}
