//! Tickets: one for each cause, and none twice.

pub mod machine;
pub(crate) mod row;
mod text;
pub(crate) mod work;
