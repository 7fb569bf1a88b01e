//! Reads the log through the stream: in order, without a gap, whatever happens to the stream.

mod feed;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::Bus;
use crate::errors::chain;
use crate::limits::{ATTACH_EVERY, LOG_POLL, PAGE, PAGE_MAX, SILENT_CHECKS_MAX, STALL_CHECK};
use crate::message::{Backlog, BacklogError, Message, Position};
use crate::reading::{ReadError, read_on};

use feed::{Feed, FeedError};

/// Where a subscription gets its events from at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// From the log itself: far behind, or the stream can't serve.
    Log,
    /// From the stream.
    Stream,
}

/// The next batch could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SubscriptionError {
    /// The log was needed and could not be read. Ask again later.
    #[error(transparent)]
    Log(#[from] BacklogError),
    /// The log does not hold the event that this subscription handed out last: the log was set back.
    /// What was built from this subscription must be built anew; asking again answers the same.
    #[error("the log no longer holds event {sequence} as it was delivered: it was set back")]
    Diverged {
        /// The event that was delivered and is gone.
        sequence: u64,
    },
    /// The log answered events with a gap or out of order, which it must never do.
    #[error("the log answered event {found} where {wanted} was due")]
    OutOfOrder {
        /// The event that was due.
        wanted: u64,
        /// The one that came.
        found: u64,
    },
}

impl From<ReadError> for SubscriptionError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Log(error) => Self::Log(error),
            ReadError::WentBack { sequence } => Self::Diverged { sequence },
            ReadError::OutOfOrder { wanted, found } => Self::OutOfOrder { wanted, found },
        }
    }
}

/// Events after a place in the log, in order and each once. NATS being away, slow or wrong is never an
/// error here: the log is read instead.
pub struct Subscription {
    bus: Bus,
    backlog: Arc<dyn Backlog>,
    /// The last event that was handed out.
    delivered: Position,
    /// Gathered and not yet handed out: what follows `delivered`. Kept here, so that a call which is
    /// dropped half-way loses nothing.
    ready: VecDeque<Message>,
    feed: Option<Feed>,
    attach_at: Instant,
    /// When something new came last, or the log was found to hold nothing new.
    current_at: Instant,
}

impl Subscription {
    /// Events after `after`, 0 for all. Nothing is read before the first batch is asked for.
    pub fn from(bus: Bus, backlog: Arc<dyn Backlog>, after: u64) -> Self {
        let now = Instant::now();
        Self {
            bus,
            backlog,
            delivered: Position {
                sequence: after,
                event_id: None,
            },
            ready: VecDeque::new(),
            feed: None,
            attach_at: now,
            current_at: now,
        }
    }

    /// The last event that was handed out.
    pub fn position(&self) -> u64 {
        self.delivered.sequence
    }

    /// Where events come from at the moment.
    pub fn source(&self) -> Source {
        if self.feed.is_some() {
            Source::Stream
        } else {
            Source::Log
        }
    }

    /// Waits for events, and once there is one, `linger` for more, up to `max` (at least 1). Never
    /// answers an empty batch. Dropping the call loses nothing.
    ///
    /// # Errors
    /// [`SubscriptionError::Log`] passes; [`SubscriptionError::Diverged`] stays.
    pub async fn next_batch(
        &mut self,
        max: usize,
        linger: Duration,
    ) -> Result<Vec<Message>, SubscriptionError> {
        let max = max.max(1);
        while self.ready.is_empty() {
            match &mut self.feed {
                None => self.read_log(max).await?,
                Some(_) => self.follow(max, linger).await?,
            }
        }
        let count = self.ready.len().min(max);
        let batch: Vec<Message> = self.ready.drain(..count).collect();
        if let Some(last) = batch.last() {
            self.delivered = Position::of(last);
        }
        Ok(batch)
    }

    /// The last event that was gathered, handed out or not.
    fn gathered(&self) -> Position {
        self.ready.back().map_or(self.delivered, Position::of)
    }

    /// Follows the stream until there is something, or until the stream turns out not to serve.
    async fn follow(&mut self, max: usize, linger: Duration) -> Result<(), SubscriptionError> {
        let mut until = self.current_at + STALL_CHECK;
        while self.ready.len() < max {
            let Some(feed) = &mut self.feed else {
                return Ok(());
            };
            match timeout_at(until, feed.next()).await {
                Ok(Ok(message)) => {
                    let waited = self.ready.is_empty();
                    self.take(message);
                    if waited && !self.ready.is_empty() {
                        until = self.current_at + linger;
                    }
                }
                Ok(Err(error)) => self.leave_stream(&error),
                Err(_) if self.ready.is_empty() => return self.compare(max).await,
                Err(_) => return Ok(()),
            }
        }
        Ok(())
    }

    /// Takes what is next, skips what was there, and leaves the stream over a hole: the log has it.
    fn take(&mut self, message: Message) {
        let wanted = self.gathered().sequence + 1;
        if message.sequence == wanted {
            self.ready.push_back(message);
            self.current_at = Instant::now();
        } else if message.sequence > wanted {
            metrics::counter!("bus_subscription_holes_total").increment(1);
            self.leave_stream(&FeedError::Hole {
                wanted,
                found: message.sequence,
            });
        }
    }

    /// The stream has been silent: asks the log. What it has is taken from it, and a stream that stays
    /// silent beside it is left.
    async fn compare(&mut self, max: usize) -> Result<(), SubscriptionError> {
        self.current_at = Instant::now();
        if self.read_page(max).await? == 0 {
            return Ok(());
        }
        let Some(feed) = &mut self.feed else {
            return Ok(());
        };
        feed.silent_checks += 1;
        if feed.silent_checks >= SILENT_CHECKS_MAX || !self.bus.connected() {
            metrics::counter!("bus_subscription_stalls_total").increment(1);
            self.leave_stream(&FeedError::Silent);
        }
        Ok(())
    }

    /// Reads the log while the stream does not serve, and goes over to the stream near the log's end.
    async fn read_log(&mut self, max: usize) -> Result<(), SubscriptionError> {
        let limit = page_limit(max);
        let count = self.read_page(max).await?;
        if count == limit {
            return Ok(());
        }
        let now = Instant::now();
        if now >= self.attach_at && self.bus.connected() {
            self.attach_at = now + ATTACH_EVERY;
            match Feed::attach(&self.bus, &*self.backlog, self.gathered()).await {
                Ok(feed) => {
                    self.current_at = Instant::now();
                    self.feed = Some(feed);
                }
                Err(error) => tracing::debug!(
                    reason = chain(&error),
                    "the stream can't be followed yet: reading the log"
                ),
            }
        } else if count == 0 {
            tokio::time::sleep(LOG_POLL).await;
        }
        Ok(())
    }

    /// Gathers a page of the log and answers its length.
    async fn read_page(&mut self, max: usize) -> Result<usize, SubscriptionError> {
        let page = read_on(&*self.backlog, self.gathered(), page_limit(max)).await?;
        if self.ready.is_empty() {
            self.delivered = page.from;
        }
        let count = page.messages.len();
        self.ready.extend(page.messages);
        Ok(count)
    }

    fn leave_stream(&mut self, reason: &FeedError) {
        tracing::info!(
            reason = chain(reason),
            after = self.gathered().sequence,
            "the stream is left for the log"
        );
        self.feed = None;
    }
}

fn page_limit(max: usize) -> usize {
    max.clamp(PAGE, PAGE_MAX)
}
