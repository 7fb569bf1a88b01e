//! Read models: one room per question, with its tables, how events become its rows, and its queries.
//!
//! Each room's `table.sql` builds its schema `<model>_next`, `index.sql` what comes after the rows; once full it
//! is renamed to `<model>`. Rows are one definition with two drivers: live, batch by batch, and the rebuild,
//! which folds the whole log in memory. Both must come to the same rows.
#![warn(missing_docs)]

pub mod compliance;
pub mod expiry;
pub mod register;
pub mod seats;
pub mod tags;
pub mod trail;
