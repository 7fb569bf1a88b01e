//! Which tags stand on what.

pub mod queries;
