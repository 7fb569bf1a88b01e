//! What ends when, by day.

pub mod queries;
