//! The domain's rules, told as: given these events, when this command, then that.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say so"
)]
#![allow(
    clippy::needless_pass_by_value,
    reason = "cases read better without borrows"
)]

mod access;
mod asset_types;
mod compliance;
mod hostile;
mod identities;
mod properties;
mod seats;
mod support;
mod terms;
mod values;
