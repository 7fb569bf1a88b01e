//! How companies stand, by day.

pub mod queries;
