//! The log against a real Postgres.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod batches;
mod claims;
mod lost_answers;
mod racing;
mod reading;
mod receipts;
mod setup;
mod toy;
mod wall;
