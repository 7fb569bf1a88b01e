//! Ticket systems (PSAs), all through one port.
//!
//! An adapter speaks one system's API and decides nothing: when a ticket is made, commented on or closed is the
//! ticket machine's to say.

mod answer;
pub mod autotask;
pub mod connectwise;
pub mod halo;
mod plain;
mod priorities;
pub mod request_tracker;
mod rows;
mod site;
pub mod zammad;

use std::time::Duration;

use async_trait::async_trait;
use url::Url;

pub use priorities::Priorities;

/// A ticket system, as the ticket machine sees it. One account of one MSP.
///
/// Adapters try each call once. Retries, budgets and the order of things are the caller's.
#[async_trait]
pub trait Psa: Send + Sync {
    /// What holds for this system.
    fn limits(&self) -> Limits;

    /// Whether the address, the credentials and the settings serve, told before a first ticket needs them. Changes
    /// nothing there.
    ///
    /// # Errors
    /// [`PsaError::Unauthorized`], or [`PsaError::Refused`] with what is wrong and the remedy.
    async fn check(&self) -> Result<(), PsaError>;

    /// The tickets that carry exactly this reference, the oldest first: closed, merged and deleted ones included as
    /// far as the system tells of them. An adapter compares the reference itself in what a search answers, and
    /// never goes by a subject.
    ///
    /// # Errors
    /// [`PsaError`].
    async fn find(&self, reference: &str) -> Result<Vec<Ticket>, PsaError>;

    /// Makes a ticket.
    ///
    /// # Errors
    /// [`PsaError`]; whether it was made all the same is told by [`PsaError::may_have_happened`].
    async fn create(&self, draft: &Draft) -> Result<Ticket, PsaError>;

    /// Writes a note on a ticket.
    ///
    /// # Errors
    /// [`PsaError`]; [`PsaError::NotFound`] for a ticket that is gone.
    async fn comment(&self, id: &str, text: &str) -> Result<(), PsaError>;

    /// A ticket as it stands, notes included.
    ///
    /// # Errors
    /// [`PsaError`]; [`PsaError::NotFound`] for a ticket that is gone.
    async fn read(&self, id: &str) -> Result<Ticket, PsaError>;

    /// Closes a ticket, with a note that says why.
    ///
    /// # Errors
    /// [`PsaError`]; [`PsaError::NotFound`] for a ticket that is gone.
    async fn close(&self, id: &str, text: &str) -> Result<(), PsaError>;
}

/// What holds for a ticket system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long a new ticket may stay unseen by [`Psa::find`]. Only after it does "not found" mean "not made".
    pub search_lag: Duration,
    /// Whether [`Psa::find`] sees every ticket with a reference. Where it doesn't, duplicates are detected, not
    /// prevented.
    pub finds_by_reference: bool,
    /// Calls that we allow ourselves an hour: well below the system's own limit, which others use too.
    pub calls_per_hour: u32,
    /// The longest subject, in characters.
    pub subject_length_max: usize,
}

/// A ticket to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// By which it is found again: ours alone, ASCII, at most 60 characters.
    pub reference: String,
    /// The company's id in that system, as linked by its external id.
    pub company: String,
    /// One line.
    pub subject: String,
    /// Plain text with line breaks, links back included.
    pub body: String,
    /// How urgent it is.
    pub urgency: Urgency,
}

/// How urgent a ticket is; an adapter maps it to the system's own priorities, where its settings name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// To be looked at in its time.
    Low,
    /// The usual.
    Normal,
    /// Money or law is at stake now.
    High,
}

/// A ticket as it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// By which it is asked for.
    pub id: String,
    /// What people call it, such as `#1234`.
    pub number: String,
    /// Where a person opens it.
    pub url: Option<Url>,
    /// Whether it is open.
    pub state: TicketState,
    /// The system's own word for that, such as `resolved`.
    pub status: String,
    /// Its notes, without the description it was made with, the oldest first.
    pub notes: Vec<Note>,
    /// Whether time was entered on it.
    pub has_time: bool,
}

/// Whether a ticket is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TicketState {
    /// Somebody may still work on it.
    Open,
    /// Resolved, rejected or the like.
    Closed,
    /// It became part of another.
    Merged {
        /// The other's id.
        into: String,
    },
    /// It was thrown away.
    Deleted,
}

/// A note on a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Whether our own account wrote it.
    pub ours: bool,
    /// What it says, as plain text.
    pub text: String,
}

/// A call to a ticket system failed. Never holds credentials; what the system said is cut to some hundred characters.
#[derive(Debug, thiserror::Error)]
pub enum PsaError {
    /// No connection, or one that broke before anything was sent.
    #[error("the ticket system cannot be reached: {0}")]
    Unreachable(String),
    /// Sent, and no whole answer came.
    #[error("the ticket system did not answer: {0}")]
    NoAnswer(String),
    /// It said to come later.
    #[error("the ticket system asks to wait")]
    Busy {
        /// For how long, if it says so.
        retry_after: Option<Duration>,
    },
    /// The credentials don't serve (401, 403).
    #[error("the ticket system refuses the credentials: {0}")]
    Unauthorized(String),
    /// There is no such ticket.
    #[error("the ticket system knows no such ticket")]
    NotFound,
    /// It does not accept what was sent; sending it again is no use.
    #[error("the ticket system refuses the request: {0}")]
    Refused(String),
    /// It failed (5xx).
    #[error("the ticket system failed with status {status}: {said}")]
    Failed {
        /// The HTTP status.
        status: u16,
        /// What it said.
        said: String,
    },
    /// It answered something that is not its API: an error page, a login form.
    #[error("the ticket system answered what it should not: {0}")]
    Garbled(String),
}

impl PsaError {
    /// Whether a change may have been made all the same, so that it must be looked for before it is tried again.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        matches!(
            self,
            Self::NoAnswer(_) | Self::Failed { .. } | Self::Garbled(_)
        )
    }
}
