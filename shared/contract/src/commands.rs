//! The way back: what services find and do becomes commands.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{Command, Refusal, ids::TenantId};

/// The write side, as services reach it that find or do something by themselves. They act as Seatledger itself.
#[async_trait]
pub trait Commands: Send + Sync {
    /// Carries a command out, and answers the entry up to which the ledger reached when it was done.
    ///
    /// # Errors
    /// [`NotDone`].
    async fn submit(&self, tenant: TenantId, command: Command) -> Result<i64, NotDone>;

    /// The time of the decisions.
    fn now(&self) -> DateTime<Utc>;
}

/// A command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// It is not to be repeated.
    #[error("the command was refused: {0}")]
    Refused(Refusal),
    /// The log can't be reached or is busy, or whether it was done is not known. Commands of this kind may be
    /// repeated: what is recorded already is no event.
    #[error("the command could not be carried out for now: {0}")]
    Later(String),
}
