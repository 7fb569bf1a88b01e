//! The log as messages, and the relay that publishes them.

use std::sync::Arc;

use async_trait::async_trait;
use bus::{Backlog, BacklogError, Bus, Message, Relay, RelayConfig};
use bytes::Bytes;
use event_log::{Reader, Recorded};
use uuid::Uuid;

/// Events asked of the reader at once; it answers no more than this.
const READ_EVENTS: usize = 1_000;

/// The log, read as the messages that it is published as.
#[derive(Clone)]
pub struct LogBacklog {
    reader: Reader,
}

impl LogBacklog {
    /// Reads through a reader that sees the whole log, in the role *relay*.
    #[must_use]
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }
}

#[async_trait]
impl Backlog for LogBacklog {
    async fn read_after(&self, sequence: u64, limit: usize) -> Result<Vec<Message>, BacklogError> {
        let mut messages = Vec::new();
        let mut after = i64::try_from(sequence).map_err(BacklogError::new)?;
        // The reader answers so many at most, while a short page means to the relay that the log ends.
        while messages.len() < limit {
            let asked = READ_EVENTS.min(limit - messages.len());
            let page = self
                .reader
                .read_after(after, asked)
                .await
                .map_err(BacklogError::new)?;
            for recorded in &page {
                after = recorded.sequence;
                messages.push(message(recorded)?);
            }
            if page.len() < asked {
                break;
            }
        }
        Ok(messages)
    }

    async fn head(&self) -> Result<Option<(u64, Uuid)>, BacklogError> {
        let head = self.reader.head().await.map_err(BacklogError::new)?;
        head.map(|(sequence, id)| Ok((u64::try_from(sequence).map_err(BacklogError::new)?, id)))
            .transpose()
    }
}

fn message(recorded: &Recorded) -> Result<Message, BacklogError> {
    Ok(Message {
        sequence: u64::try_from(recorded.sequence).map_err(BacklogError::new)?,
        event_id: recorded.event_id,
        subject: contract::subject(recorded),
        body: Bytes::from(contract::cloud_event(recorded).map_err(BacklogError::new)?),
    })
}

/// The relay from the log to the bus. `Relay::run` it with `Writer::head` as its wake; several may run.
#[must_use]
pub fn relay(bus: Bus, reader: Reader, config: RelayConfig) -> Relay {
    Relay::new(bus, Arc::new(LogBacklog::new(reader)), config)
}
