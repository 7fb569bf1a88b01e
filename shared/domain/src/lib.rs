//! What may happen and what it means. Pure: no I/O, no clock, no randomness.
//!
//! [`decide`] answers what a command does to the facts it is given, [`Subject::evolve`] what a fact means for
//! the state of its stream, and the rules ([`compliance`], [`expiry`], [`access`]) what the state says about a
//! day. Time, ids and sealed secrets arrive *in* the command.
#![warn(missing_docs)]

pub mod access;
pub mod alert;
pub mod asset;
pub mod asset_type;
pub mod calendar;
pub mod company;
pub mod compliance;
mod decide;
pub mod document;
mod event;
pub mod expiry;
pub mod feed;
pub mod ids;
pub mod integration;
pub mod money;
pub mod policy;
pub mod product;
mod refusal;
mod subject;
pub mod tenant;
pub mod text;
pub mod timeline;
pub mod value;
mod words;

pub mod command;
pub use command::{Answer, Command, Decided, Detail, Facts, Needs, Order};
pub use decide::{decide, needs};
pub use event::{Change, Event, Fact};
pub use refusal::{FieldError, Refusal, Violations};
pub use subject::Subject;
