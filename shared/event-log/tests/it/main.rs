//! The log against a real Postgres.

mod batches;
mod claims;
mod lost_answers;
mod racing;
mod reading;
mod receipts;
mod setup;
mod toy;
mod wall;
