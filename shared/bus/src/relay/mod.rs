//! Copies the log into the stream, in order, for ever.

mod agree;
mod health;
mod publish;
mod standby;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::connection::{Bus, Link};
use crate::limits::{
    BACKOFF_MAX, BACKOFF_MIN, INSPECT_EVERY, PAGE, PUBLISH_WINDOW, REFILL_EVENTS_MAX, RELAY_LINGER,
    RELAY_POLL,
};
use crate::message::{Backlog, BacklogError, Message, Position};
use crate::reading::{ReadError, read_on};
use crate::standing::LookError;
use crate::stream::StreamError;

use health::Reporter;
pub use health::{Alarm, RelayHealth, RelayState};

/// What may be tuned about a relay.
#[derive(Clone, Copy, Debug)]
pub struct RelayConfig {
    /// How many of the last events a stream made anew is filled with, at most.
    pub refill_events: u64,
    /// Publishes in flight, at most [`RelayConfig::default`]'s.
    pub window: usize,
    /// Pause between two reads when not behind.
    pub linger: Duration,
    /// Longest wait for a wake-up before the log is read all the same.
    pub poll: Duration,
}

impl Default for RelayConfig {
    fn default() -> Self {
        Self {
            refill_events: REFILL_EVENTS_MAX,
            window: PUBLISH_WINDOW,
            linger: RELAY_LINGER,
            poll: RELAY_POLL,
        }
    }
}

/// Copies the log into the stream. Several may run: one works, the others stand by.
pub struct Relay {
    bus: Bus,
    backlog: Arc<dyn Backlog>,
    config: RelayConfig,
    reporter: Reporter,
}

/// Why a session ended. Each is answered by a pause and a new session, which starts from what the
/// stream really holds.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error(transparent)]
    Log(#[from] BacklogError),
    /// The log is not what it was, which the next session compares with the stream.
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The stream's last sequence is not what was expected: another relay, or a stream that changed.
    #[error("the stream does not end with event {expected}")]
    Moved { expected: u64 },
    /// The server had this event already: another relay works on the same stream.
    #[error("another relay has published event {sequence}")]
    Raced { sequence: u64 },
    #[error("event {sequence} was not acknowledged")]
    Publish {
        sequence: u64,
        #[source]
        source: async_nats::jetstream::context::PublishError,
    },
    #[error("the connection to NATS is gone or new")]
    Link,
    /// In-order publishing can't go on, and leaving the event out would make a hole that nobody told of.
    #[error("event {sequence} of {bytes} bytes is larger than the server's limit of {limit}")]
    Oversized {
        sequence: u64,
        bytes: usize,
        limit: usize,
    },
    #[error("the stream could not be brought to agree with the log")]
    Unsettled,
}

impl From<LookError> for Trouble {
    fn from(error: LookError) -> Self {
        match error {
            LookError::Stream(error) => Self::Stream(error),
            LookError::Log(error) => Self::Log(error),
        }
    }
}

impl Relay {
    /// A relay from `backlog` to the stream of `bus`, which it makes if need be.
    pub fn new(bus: Bus, backlog: Arc<dyn Backlog>, config: RelayConfig) -> Self {
        Self {
            bus,
            backlog,
            config,
            reporter: Reporter::default(),
        }
    }

    /// What the relay is doing, kept current.
    pub fn health(&self) -> watch::Receiver<RelayHealth> {
        self.reporter.watch()
    }

    /// Runs until `stop`. `wake` carries the log's head as this process last saw it; it wakes the relay
    /// and is never trusted for more, and may close.
    pub async fn run(self, mut wake: watch::Receiver<i64>, stop: CancellationToken) {
        let stopped = stop.cancelled();
        tokio::select! {
            () = stopped => {}
            () = self.run_forever(&mut wake) => {}
        }
        self.reporter.stopped();
    }

    async fn run_forever(&self, wake: &mut watch::Receiver<i64>) {
        let mut pause = BACKOFF_MIN;
        loop {
            let started = Instant::now();
            let trouble = self.session(wake).await;
            self.reporter.trouble(&trouble);
            self.heard(wake);
            if matches!(trouble, Trouble::Raced { .. } | Trouble::Moved { .. }) {
                self.stand_by(wake).await;
                continue;
            }
            if started.elapsed() > BACKOFF_MAX {
                pause = BACKOFF_MIN;
            }
            let mut link = self.bus.link();
            link.mark_unchanged();
            // A new connection ends the pause early.
            let _ = tokio::time::timeout(pause, link.changed()).await;
            pause = (pause * 2).min(BACKOFF_MAX);
        }
    }

    /// From what the stream really holds, publishes what the log holds, until something is amiss.
    async fn session(&self, wake: &mut watch::Receiver<i64>) -> Trouble {
        match self.session_until_trouble(wake).await {
            Ok(never) => match never {},
            Err(trouble) => trouble,
        }
    }

    async fn session_until_trouble(
        &self,
        wake: &mut watch::Receiver<i64>,
    ) -> Result<std::convert::Infallible, Trouble> {
        let mut link = self.bus.link();
        if !link.borrow_and_update().up {
            return Err(Trouble::Link);
        }
        let mut position = self.agree().await?;
        self.reporter.published(position);
        let mut inspected = Instant::now();
        loop {
            wake.mark_unchanged();
            let read_at = Instant::now();
            let end = self.catch_up(position, &link, wake).await?;
            if end != position {
                position = end;
                inspected = Instant::now();
            }
            self.reporter.caught_up(position);
            if inspected.elapsed() > INSPECT_EVERY {
                self.inspect(position).await?;
                inspected = Instant::now();
            }
            tokio::select! {
                () = woken(wake) => {}
                () = tokio::time::sleep(self.config.poll) => {}
                _ = link.changed() => {}
            }
            tokio::time::sleep_until(read_at + self.config.linger).await;
        }
    }

    /// Publishes to the log's end. While one page is published, the next is read.
    async fn catch_up(
        &self,
        mut position: Position,
        link: &watch::Receiver<Link>,
        wake: &watch::Receiver<i64>,
    ) -> Result<Position, Trouble> {
        let mut page = self.read(position).await?;
        while let Some(last) = page.last().map(Position::of) {
            self.heard(wake);
            if link.has_changed().unwrap_or(true) {
                return Err(Trouble::Link);
            }
            if page.len() < PAGE {
                return self.publish(page, position).await;
            }
            let (published, next) = tokio::join!(self.publish(page, position), self.read(last));
            position = published?;
            page = next?;
        }
        Ok(position)
    }

    async fn read(&self, from: Position) -> Result<Vec<Message>, Trouble> {
        Ok(read_on(&*self.backlog, from, PAGE).await?.messages)
    }

    /// Takes note of how far the log is said to be.
    fn heard(&self, wake: &watch::Receiver<i64>) {
        self.reporter
            .head(u64::try_from(*wake.borrow()).unwrap_or(0));
    }

    /// Whether the stream still ends where this relay left it.
    async fn inspect(&self, position: Position) -> Result<(), Trouble> {
        match self.bus.stream_state().await? {
            Some(state) if state.last_sequence == position.sequence => Ok(()),
            _ => Err(Trouble::Moved {
                expected: position.sequence,
            }),
        }
    }
}

/// Waits for the next wake-up; for ever once nobody can send one.
async fn woken(wake: &mut watch::Receiver<i64>) {
    if wake.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}
