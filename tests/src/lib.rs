//! What the tests that need the whole system share: the binary, started as a person would, and a client of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say so"
)]

mod api;
mod inside;
pub mod parsers;
mod product;

pub use api::{Answer, Api, http_client};
pub use inside::{Inside, Part, bus};
pub use product::{Product, processes_of};

/// The day so many days from today, on the calendar of an account in UTC, as JSON has it.
#[must_use]
pub fn in_days(days: i64) -> String {
    (chrono::Utc::now().date_naive() + chrono::TimeDelta::days(days)).to_string()
}

/// Python with the clients of other languages that tests use; `deploy/test` fetches them.
///
/// # Panics
/// If `deploy/test` did not say where they are.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "tests are told by deploy/test where it put things"
)]
pub fn python() -> std::process::Command {
    let packages = std::env::var("SEATLEDGER_TEST_PYTHON")
        .expect("SEATLEDGER_TEST_PYTHON names the folder of Python's packages: run deploy/test");
    let mut command = std::process::Command::new("python3");
    command.env("PYTHONPATH", packages);
    command
}
