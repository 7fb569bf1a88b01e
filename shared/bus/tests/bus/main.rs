//! Relay and subscription on real servers, with a log in memory that can be set back, forked and broken.

mod faults;
mod forks;
mod log;
mod relay;
mod server;
mod stage;
mod subscription;
