//! The stream as a subscription follows it: a consumer without acknowledgements, read by pulls.

use async_nats::jetstream;
use async_nats::jetstream::consumer::pull::{self, MessagesError};
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy};
use async_nats::jetstream::stream::ConsumerError;
use futures_util::StreamExt;

use crate::Bus;
use crate::limits::{
    ATTACH_BEHIND_MAX, CONSUMER_INACTIVE, PULL_BYTES, PULL_EXPIRES, PULL_HEARTBEAT, PULL_MESSAGES,
};
use crate::message::{Backlog, Message, Position};
use crate::standing::{LookError, Standing, look};
use crate::stream::event_id;

/// An open consumer. It may lose, repeat or stall; the subscription looks after that.
pub(super) struct Feed {
    bus: Bus,
    messages: pull::Stream,
    /// Checks in a row by which the log had news and this feed had not said a word.
    pub(super) silent_checks: u32,
}

/// The stream can't be followed, now or any longer.
#[derive(Debug, thiserror::Error)]
pub(super) enum FeedError {
    #[error("the stream can't be compared with the log")]
    Look(#[source] LookError),
    #[error("the stream is not fit to be followed: {0:?}")]
    Unfit(Standing),
    #[error("there is no consumer to be had")]
    Consumer(#[source] ConsumerError),
    #[error("the consumer can't be pulled from")]
    Pull(#[source] jetstream::consumer::StreamError),
    #[error("the consumer broke")]
    Broken(#[source] MessagesError),
    #[error("the consumer ended")]
    Ended,
    #[error("the consumer brought event {found} where {wanted} was due")]
    Hole { wanted: u64, found: u64 },
    #[error("the log has news and the consumer stays silent")]
    Silent,
    #[error("a message without an event's identity is in the stream")]
    Foreign,
}

impl Feed {
    /// Follows the stream after `from`, if the stream agrees with the log and is about as far.
    pub(super) async fn attach(
        bus: &Bus,
        backlog: &dyn Backlog,
        from: Position,
    ) -> Result<Self, FeedError> {
        let standing = look(bus, backlog).await.map_err(FeedError::Look)?;
        match standing {
            Standing::Agrees { state, .. }
                if state.last_sequence + ATTACH_BEHIND_MAX >= from.sequence => {}
            _ => return Err(FeedError::Unfit(standing)),
        }
        let config = pull::Config {
            deliver_policy: DeliverPolicy::ByStartSequence {
                start_sequence: from.sequence + 1,
            },
            ack_policy: AckPolicy::None,
            max_deliver: 1,
            memory_storage: true,
            num_replicas: 1,
            inactive_threshold: CONSUMER_INACTIVE,
            ..pull::Config::default()
        };
        let consumer = bus
            .context
            .create_consumer_on_stream(config, &bus.config.stream_name)
            .await
            .map_err(FeedError::Consumer)?;
        let messages = consumer
            .stream()
            .max_messages_per_batch(PULL_MESSAGES)
            .max_bytes_per_batch(PULL_BYTES)
            .expires(PULL_EXPIRES)
            .heartbeat(PULL_HEARTBEAT)
            .messages()
            .await
            .map_err(FeedError::Pull)?;
        Ok(Self {
            bus: bus.clone(),
            messages,
            silent_checks: 0,
        })
    }

    /// The next message, whichever it is. Dropping the call loses nothing.
    pub(super) async fn next(&mut self) -> Result<Message, FeedError> {
        let message = self
            .messages
            .next()
            .await
            .ok_or(FeedError::Ended)?
            .map_err(FeedError::Broken)?;
        self.silent_checks = 0;
        let sequence = message
            .info()
            .map_err(|_| FeedError::Foreign)?
            .stream_sequence;
        let event_id = message
            .headers
            .as_ref()
            .and_then(event_id)
            .ok_or(FeedError::Foreign)?;
        Ok(Message {
            sequence,
            event_id,
            subject: self.bus.own_subject(&message.subject).to_owned(),
            body: message.message.payload,
        })
    }
}
