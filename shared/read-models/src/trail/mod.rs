//! Who did what, when and why.

pub mod queries;
