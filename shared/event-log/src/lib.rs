//! The append-only log in Postgres: group commit behind a fence, reads, roles and migrations. Knows no license.
//!
//! Every event has a *sequence*, gapless over the log, and an *entry*, gapless over its tenant's
//! ledger. An [`Appender`] decides commands on the whole truth: what it appends is committed only
//! if the log still ends with the event that the decisions were made on. A [`Decider`] says what
//! may happen; this crate only knows kinds, versions and JSON.
#![warn(missing_docs)]

#[cfg(test)]
extern crate self as event_log;
#[cfg(test)]
#[path = "../tests/it/toy.rs"]
#[allow(dead_code, reason = "the tests in their own folder use the rest of it")]
mod toy;

mod appender;
mod decider;
mod json;
mod leader;
mod migrate;
mod reader;
mod receipts;
mod recorded;
mod wall;

pub use appender::{
    Appender, AppenderConfig, Clock, EVENTS_PER_COMMAND_MAX, Idempotency, Outcome, Request,
    SubmitError,
};
pub use decider::{
    ClaimChange, ClaimKey, Decider, Decision, ENVELOPE_BYTES_MAX, Encoded, FactSource, Facts,
    Needs, Receipt, Undecodable, Written,
};
pub use leader::{LeadError, Leader};
pub use migrate::{MigrateError, Role, migrate, set_role_password};
pub use reader::{ReadError, Reader};
pub use receipts::sweep_receipts;
pub use recorded::Recorded;
pub use wall::breaches;
