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
mod alerts;
mod asset_types;
mod assigning;
mod companies;
mod compliance;
mod counting;
mod hostile;
mod identities;
mod keys;
mod planning;
mod products;
mod properties;
mod purchases;
mod seats;
mod sharing;
mod support;
mod terms;
mod values;
