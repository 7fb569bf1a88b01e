//! Carries alerts to outside systems: tickets in a PSA, webhooks, mail. Each integration has its own checkpoint and
//! its own pace, so that one that stalls holds up no other.

pub mod http;
pub mod mail;
pub mod psa;
pub mod ticket;
pub mod webhook;
pub mod wording;
