//! The query service over HTTP, on a log that tests write by hand and the read models beside it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod access;
mod assets;
mod compliance;
mod document;
mod expiries;
mod exports;
mod facts;
mod freshness;
mod history;
mod ledger;
mod lists;
mod prepare;
mod rebuilding;
mod stage;
