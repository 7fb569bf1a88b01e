//! The command service through real HTTP, on a real Postgres and a real HSM module.
#![allow(
    clippy::unwrap_used,
    reason = "what fails in a test should fail the test"
)]

mod access;
mod alerts;
mod asset_types;
mod assets;
mod assignments;
mod bulk;
mod companies;
mod counting;
mod documents;
mod imports;
mod integrations;
mod jobs;
mod keys;
mod leaks;
mod openapi;
mod outage;
mod over_use;
mod planning;
mod policy;
mod port;
mod products;
mod purchases;
mod relay;
mod repeating;
mod secrets;
mod sharing;
mod stage;
mod two_services;
mod upgrade;
