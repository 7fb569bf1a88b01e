//! What travels, and the port through which the log is read.

use async_trait::async_trait;
use bytes::Bytes;
use uuid::Uuid;

/// One event of the log as it is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Number of the event in the log and of the message in the stream: 1, 2, 3 … without a gap.
    pub sequence: u64,
    /// Identity of the event. Two events with one sequence are told apart by it.
    pub event_id: Uuid,
    /// `ledger.` and what follows; without the connection's subject prefix.
    pub subject: String,
    /// The envelope, exactly as published.
    pub body: Bytes,
}

/// A place in the log: the event of that sequence and its identity. `event_id` is `None` where the
/// identity is not known or where there is no event, as before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The last event that was handled; 0 before the first.
    pub sequence: u64,
    /// The identity of that event, if known.
    pub event_id: Option<Uuid>,
}

impl Position {
    pub(crate) fn of(message: &Message) -> Self {
        Self {
            sequence: message.sequence,
            event_id: Some(message.event_id),
        }
    }
}

/// The log as messages: the truth from which the stream is filled and repaired.
///
/// Read it from the primary only: a replica that lags looks like a log that went back in time.
#[async_trait]
pub trait Backlog: Send + Sync {
    /// Events after `sequence`, in order and without a gap, `limit` at most. A page that holds fewer
    /// means that the log ended there (an implementation must not cut pages by size).
    async fn read_after(&self, sequence: u64, limit: usize) -> Result<Vec<Message>, BacklogError>;

    /// Sequence and identity of the log's last event; `None` while the log is empty.
    async fn head(&self) -> Result<Option<(u64, Uuid)>, BacklogError>;
}

/// The log could not be read. Worth another try: it says nothing about what the log holds.
#[derive(Debug, thiserror::Error)]
#[error("the log could not be read")]
pub struct BacklogError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

impl BacklogError {
    /// Wraps whatever the log's own reader failed with.
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}
