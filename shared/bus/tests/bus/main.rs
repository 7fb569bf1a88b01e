//! Relay and subscription on real servers, with a log in memory that can be set back, forked and broken.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "everything here is test code, which clippy sees only inside test functions"
)]

mod faults;
mod forks;
mod log;
mod relay;
mod server;
mod stage;
mod subscription;
