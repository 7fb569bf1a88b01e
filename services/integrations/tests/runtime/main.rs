//! The whole service but its surroundings: a real log, the real rules, the real bus; ticket systems that fail as
//! they like.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what fails in a test should fail the test"
)]

mod chance;
mod hooks;
mod ledger;
#[path = "../support/receiver.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod receiver;
mod seeds;
mod stage;
mod system;
mod tickets;
