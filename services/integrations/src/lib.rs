//! Carries alerts to outside systems: tickets in a PSA, webhooks, mail. Each integration has its own checkpoint and
//! its own pace, so that one that stalls holds up no other.

pub mod connect;
pub mod context;
pub mod desk;
mod follow;
mod health;
mod hooks;
pub mod http;
pub mod mail;
mod migrate;
pub mod names;
mod post;
pub mod psa;
mod routes;
mod run;
mod store;
mod telling;
pub mod ticket;
mod trial;
pub mod webhook;
pub mod wording;

pub use context::Context;
pub use migrate::{MigrateError, migrate};
pub use routes::{DeskState, router};
pub use run::run;
pub use store::StoreError;
