//! The query service over HTTP, on a log that tests write by hand and the read models beside it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod access;
mod alerts;
mod assets;
mod calendar;
mod compliance;
mod costs;
mod document;
mod expiries;
mod exports;
mod facts;
mod freshness;
mod held;
mod held_parts;
mod history;
mod ledger;
mod lists;
mod prepare;
mod products;
mod rebuilding;
mod review;
mod stage;
