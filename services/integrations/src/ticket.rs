//! Tickets: one for each cause, and none twice.

pub mod machine;
