//! The log as it is published.

use async_trait::async_trait;
use bus::{Backlog, BacklogError, Message};
use event_log::{Reader, Recorded};
use uuid::Uuid;

/// The log as the messages that the relay publishes, for holes and for whoever is far behind.
pub struct LogBacklog {
    reader: Reader,
}

/// The reader's own bound on a page.
const PAGE_MAX: usize = 1_000;

impl LogBacklog {
    /// Reads through a reader that sees the whole log.
    #[must_use]
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }
}

#[async_trait]
impl Backlog for LogBacklog {
    async fn read_after(&self, sequence: u64, limit: usize) -> Result<Vec<Message>, BacklogError> {
        let mut after = i64::try_from(sequence).map_err(BacklogError::new)?;
        let mut messages = Vec::new();
        // A page that is shorter than asked for would say that the log ends there.
        while messages.len() < limit {
            let wanted = (limit - messages.len()).min(PAGE_MAX);
            let page = self
                .reader
                .read_after(after, wanted)
                .await
                .map_err(BacklogError::new)?;
            let ended = page.len() < wanted;
            after = page.last().map_or(after, |event| event.sequence);
            for event in &page {
                messages.push(message(event)?);
            }
            if ended {
                break;
            }
        }
        Ok(messages)
    }

    async fn head(&self) -> Result<Option<(u64, Uuid)>, BacklogError> {
        let head = self.reader.head().await.map_err(BacklogError::new)?;
        head.map(|(sequence, id)| Ok((u64::try_from(sequence)?, id)))
            .transpose()
            .map_err(|error: std::num::TryFromIntError| BacklogError::new(error))
    }
}

fn message(event: &Recorded) -> Result<Message, BacklogError> {
    Ok(Message {
        sequence: u64::try_from(event.sequence).map_err(BacklogError::new)?,
        event_id: event.event_id,
        subject: crate::subject(event),
        body: crate::cloud_event(event).map_err(BacklogError::new)?.into(),
    })
}
