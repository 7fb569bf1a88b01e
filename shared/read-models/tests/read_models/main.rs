//! Events in, rows out: on a real Postgres.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod faults;
mod generations;
mod history;
mod licenses;
mod rows;
mod same;
mod stage;
mod walls;
