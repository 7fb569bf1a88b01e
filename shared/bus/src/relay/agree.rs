//! Bringing the stream to agree with the log.

use std::mem::discriminant;

use super::health::Alarm;
use super::{Relay, Trouble};
use crate::limits::{AGREE_ROUNDS, MESSAGE_OVERHEAD_BYTES, SECOND_LOOK, SIZE_SAMPLE};
use crate::message::Position;
use crate::standing::{Standing, look};

impl Relay {
    /// Where to go on: the last event that the stream holds, which is the log's. A stream that is missing
    /// is made; one with another history than the log's is thrown away, loudly, and made anew.
    pub(super) async fn agree(&self) -> Result<Position, Trouble> {
        for _ in 0..AGREE_ROUNDS {
            if let Some(stream) = self.bus.stream().await? {
                self.bus.apply_settings(&stream).await?;
            }
            let standing = look(&self.bus, &*self.backlog).await?;
            match standing {
                Standing::Agrees {
                    behind, position, ..
                } if behind <= self.config.refill_events => {
                    return Ok(position);
                }
                Standing::Missing => self.make().await?,
                _ => self.make_anew(standing).await?,
            }
        }
        Err(Trouble::Unsettled)
    }

    /// Throws the stream away if a second look shows the same: the first may have met another relay in
    /// the middle of doing this very thing.
    async fn make_anew(&self, standing: Standing) -> Result<(), Trouble> {
        tokio::time::sleep(SECOND_LOOK).await;
        let again = look(&self.bus, &*self.backlog).await?;
        if discriminant(&again) != discriminant(&standing) {
            return Ok(());
        }
        match again {
            Standing::Ahead { stream, log } => self.reporter.alarm(Alarm::Ahead { stream, log }),
            Standing::Forked { sequence } => self.reporter.alarm(Alarm::Forked { sequence }),
            Standing::Agrees { behind, .. } if behind > self.config.refill_events => {
                tracing::warn!(
                    behind,
                    "the stream is too far behind: it is made anew from the log's end"
                );
            }
            Standing::Agrees { .. } | Standing::Missing => return Ok(()),
        }
        self.bus.delete_stream().await?;
        self.make().await
    }

    /// Makes the stream so that the log's last events will be published into it.
    async fn make(&self) -> Result<(), Trouble> {
        let head = self
            .backlog
            .head()
            .await?
            .map_or(0, |(sequence, _)| sequence);
        let first = head - self.refill_events(head).await?.min(head) + 1;
        tracing::info!(stream = %self.bus.config.stream_name, first, head, "the stream is made");
        Ok(self.bus.make_stream(first).await?)
    }

    /// How many of the log's last events the stream will hold, guessed from the size of the newest: what
    /// does not fit is not worth publishing.
    async fn refill_events(&self, head: u64) -> Result<u64, Trouble> {
        let from = head.saturating_sub(SIZE_SAMPLE as u64);
        let sample = self.backlog.read_after(from, SIZE_SAMPLE).await?;
        let bytes: u64 = sample
            .iter()
            .map(|message| {
                (message.body.len() + message.subject.len()) as u64 + MESSAGE_OVERHEAD_BYTES
            })
            .sum();
        let mean = bytes / (sample.len() as u64).max(1);
        let fitting = self.bus.config.max_bytes / mean.max(1);
        Ok(self.config.refill_events.min(fitting.max(1)))
    }
}
