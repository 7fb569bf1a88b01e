//! What a relay says about itself: to the health page, to the metrics, to the log of the process.

use tokio::sync::watch;

use super::Trouble;
use crate::errors::chain;
use crate::message::Position;
use crate::reading::ReadError;

/// What the relay is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelayState {
    /// It has not reached the stream yet.
    Starting,
    /// It publishes what comes.
    Running,
    /// Another relay publishes; this one takes over when it stops.
    StandingBy,
    /// NATS or the log is away; it tries again. The reason, for people.
    Retrying(String),
    /// An event can't be published and nothing behind it will be, until someone acts. The reason.
    Stuck(String),
    /// It was told to stop.
    Stopped,
}

/// The stream held what the log does not: its old content was thrown away and refilled from the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// The stream went further than the log, which therefore was set back.
    Ahead {
        /// Last sequence of the stream.
        stream: u64,
        /// Last sequence of the log.
        log: u64,
    },
    /// Stream and log held different events under one sequence.
    Forked {
        /// That sequence.
        sequence: u64,
    },
}

/// A relay's health.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayHealth {
    /// What it is doing.
    pub state: RelayState,
    /// The last sequence that the stream acknowledged.
    pub published: u64,
    /// The log's last sequence as far as this relay has heard.
    pub head: u64,
    /// The last fork that it met since it started: someone restored a backup.
    pub alarm: Option<Alarm>,
}

impl RelayHealth {
    /// Events committed and not yet published.
    pub fn lag(&self) -> u64 {
        self.head.saturating_sub(self.published)
    }
}

/// Tells watch channel, metrics and tracing.
pub(super) struct Reporter {
    sender: watch::Sender<RelayHealth>,
}

impl Default for Reporter {
    fn default() -> Self {
        let (sender, _) = watch::channel(RelayHealth {
            state: RelayState::Starting,
            published: 0,
            head: 0,
            alarm: None,
        });
        Self { sender }
    }
}

impl Reporter {
    pub(super) fn watch(&self) -> watch::Receiver<RelayHealth> {
        self.sender.subscribe()
    }

    pub(super) fn published(&self, position: Position) {
        self.update(|health| {
            health.published = position.sequence;
            health.head = health.head.max(position.sequence);
        });
    }

    pub(super) fn head(&self, head: u64) {
        self.update(|health| health.head = health.head.max(head));
    }

    /// The log ended at `position` when it was last read, whatever was heard of it before.
    pub(super) fn caught_up(&self, position: Position) {
        self.update(|health| {
            health.state = RelayState::Running;
            health.published = position.sequence;
            health.head = position.sequence;
        });
    }

    pub(super) fn standing_by(&self, published: u64) {
        self.update(|health| {
            health.state = RelayState::StandingBy;
            health.published = published;
            health.head = health.head.max(published);
        });
    }

    pub(super) fn stopped(&self) {
        self.update(|health| health.state = RelayState::Stopped);
    }

    pub(super) fn alarm(&self, alarm: Alarm) {
        tracing::error!(
            ?alarm,
            "the stream holds events that the log does not: was a backup restored? The stream is made anew from the log"
        );
        metrics::counter!("bus_relay_forks_total").increment(1);
        self.update(|health| {
            health.alarm = Some(alarm);
            // What was known of either end belonged to the other history.
            health.published = 0;
            health.head = 0;
        });
    }

    /// The causes are for the log alone: health pages are read by anyone, and a cause may name an address.
    pub(super) fn trouble(&self, trouble: &Trouble) {
        let reason = chain(trouble);
        let state = match trouble {
            Trouble::Moved { .. } | Trouble::Raced { .. } => {
                tracing::info!(reason, "the relay looks again at what the stream holds");
                RelayState::StandingBy
            }
            Trouble::Oversized { .. } | Trouble::Read(ReadError::OutOfOrder { .. }) => {
                tracing::error!(
                    reason,
                    "the relay is stuck: nothing behind this event is published"
                );
                RelayState::Stuck(trouble.to_string())
            }
            _ => {
                tracing::warn!(reason, "the relay tries again");
                RelayState::Retrying(trouble.to_string())
            }
        };
        metrics::counter!("bus_relay_troubles_total").increment(1);
        self.update(|health| health.state = state);
    }

    fn update(&self, change: impl FnOnce(&mut RelayHealth)) {
        self.sender.send_if_modified(|health| {
            let before = health.clone();
            change(health);
            *health != before
        });
        let health = self.sender.borrow();
        metrics::gauge!("bus_relay_published_sequence").set(health.published as f64);
        metrics::gauge!("bus_relay_lag_events").set(health.lag() as f64);
    }
}
