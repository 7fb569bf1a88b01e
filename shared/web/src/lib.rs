//! What both HTTP services share: problem details, access, paging, headers, telemetry.
//!
//! Knows no license. A service builds its routes from the extractors here, so that every answer that
//! is not a success is a [`problem::Problem`], and wraps them once in [`shell::shell`].
#![warn(missing_docs)]

pub mod access;
pub mod defang;
pub mod extract;
pub mod feed;
pub mod headers;
pub mod health;
pub mod paging;
pub mod problem;
pub mod rate_limit;
pub mod shell;
pub mod telemetry;
pub mod token;
