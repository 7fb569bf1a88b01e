//! Watches the log and each account's calendar, and has recorded what should be acted on.
//!
//! The read models *propose* what to look at: they know which licenses belong together, and on which days something
//! changes. The ledger *decides*: a review is a command, so it rests on the whole truth, and of two instances that
//! review the same, the second finds nothing to record. What is overlooked by one event is seen by the next sweep of
//! the calendar, so nothing depends on this service having been awake.
#![warn(missing_docs)]

mod accounts;
mod calendar;
mod context;
mod error;
mod follow;
mod health;
mod migrate;
mod review;
mod run;
mod touched;

pub use context::Context;
pub use health::Health;
pub use migrate::{MigrateError, migrate};
pub use run::run;
