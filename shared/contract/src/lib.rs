//! What is stored and sent: the events' JSON, upcasts, subjects and envelopes.
//!
//! Every name here is a promise: logs that were written years ago and subscribers that nobody remembers hold
//! on to it. So the stored shapes stand apart from the domain's types, each has a golden fixture that is never
//! edited, and a changed shape is a new schema version with an upcast from the one before.
#![warn(missing_docs)]

mod backlog;
mod cloud_event;
mod codec;
mod commands;
mod events;
mod fields;
mod metadata;
mod subject;
mod upcast;
mod values;
mod wire;

pub use backlog::LogBacklog;
pub use cloud_event::{EnvelopeError, cloud_event, parse_cloud_event};
pub use codec::{DecodeError, Stored, decode, encode, fact};
pub use commands::{Commands, NotDone};
pub use events::{EVENT_TYPES, EventType};
pub use metadata::{Actor, Metadata, MetadataError, Principal};
pub use subject::{stream_kind, subject};
