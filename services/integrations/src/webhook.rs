//! Webhooks: events of the ledger, posted to an address of the account's choosing.
//!
//! As Standard Webhooks have it: three headers and a signature that any of its libraries verifies. The body is the
//! event's CloudEvent as it was stored, byte for byte, so that what is verified here can be compared with the ledger.
//! What is sent and when is decided elsewhere: [`schedule`] says when to try again and when to stop, the caller keeps
//! the state.

mod key;
pub mod schedule;
mod send;
mod signer;

pub use key::{Key, KeyError, KeyKind};
pub use send::{SendError, Sent, send};
pub use signer::{Signer, SignerError};
