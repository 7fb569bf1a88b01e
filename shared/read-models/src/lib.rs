//! Read models: one room per question, with its tables, how events become its rows, and its queries.
//!
//! Each room's `table.sql` builds its schema `<model>_next`, `index.sql` what comes after the rows; once full it
//! is renamed to `<model>`. Rows are one definition with two drivers: [`Live`], batch by batch, and [`rebuild`],
//! which folds the whole log in memory. Both must come to the same rows.
#![warn(missing_docs)]

pub mod alerts;
pub mod catalog;
mod checkpoint;
pub mod compliance;
mod condition;
mod days;
mod entry;
mod error;
pub mod expiry;
pub mod holdings;
pub mod json;
mod live;
mod log;
mod migrate;
mod model;
pub mod query;
mod rebuild;
pub mod register;
mod rooms;
mod rows;
pub mod seats;
pub mod tags;
pub mod trail;
mod who;
mod world;

pub use condition::{Condition, conditions};
pub use entry::{Unreadable, UnreadablePart};
pub use error::Error;
pub use live::{Halted, Live};
pub use migrate::{MigrateError, migrate};
pub use model::Model;
pub use rebuild::{CONNECTIONS, OnStage, Rebuilt, Sources, Stage, rebuild};
pub use rows::Unfit;
