//! Tickets, webhooks and mails as an MSP sees them: over HTTP, with the whole system behind it, and with a real Request
//! Tracker, a real receiver of webhooks and a real mail server outside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say so"
)]

mod desk;
mod first_import;
mod life;
mod messages;
mod people;
mod person;
mod setting_up;
