//! JetStream: publish in order, subscribe from a checkpoint, repair holes. Knows no license.
//!
//! The log in Postgres is the truth and this stream its copy, which may be lost, cut or set back at any
//! moment. What makes that harmless: the log's sequences have no gap, so JetStream's own sequence *is*
//! the event's. A [`Relay`] copies the log into the stream and resumes from what the stream really
//! holds; a [`Subscription`] reads the stream and repairs from the log whatever the stream lacks.
//! Both reach the log through one port, the [`Backlog`].
#![warn(missing_docs)]

mod connection;
mod errors;
mod limits;
mod message;
mod reading;
mod relay;
mod standing;
mod stream;
mod subscription;

pub use connection::{Bus, BusConfig, ConnectError, Credentials, Link};
pub use limits::REFILL_EVENTS_MAX;
pub use message::{Backlog, BacklogError, Message, Position};
pub use relay::{Alarm, Relay, RelayConfig, RelayHealth, RelayState};
pub use stream::{StreamError, StreamState};
pub use subscription::{Source, Subscription, SubscriptionError};
