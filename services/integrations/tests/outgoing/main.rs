//! What goes out over HTTP, to real servers on this machine.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what fails in a test should fail the test"
)]

mod answers;
mod names;
mod reach;
#[path = "../support/receiver.rs"]
mod receiver;
mod webhooks;
