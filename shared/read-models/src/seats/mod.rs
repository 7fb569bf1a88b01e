//! Every change of seats.

pub mod queries;
