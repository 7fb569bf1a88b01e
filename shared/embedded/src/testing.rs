//! Servers for tests: shared ones from `with-servers`, private ones to kill.
//!
//! Tests run as `cargo t -p <crate>` (see `.cargo/config.toml`), which starts one Postgres, one
//! nats-server and one SoftHSM token, says in the environment where they are, and stops them in the end.
//! Whatever goes wrong here panics with its remedy, since no test could go on.

mod database;
mod private;
mod request_tracker;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::account::Account;
use crate::binaries::Given;
use crate::error::Error;

pub use database::{TestDatabase, TestPostgres};
pub use private::{PrivateNats, PrivatePostgres, private_nats, private_postgres};
pub use request_tracker::{
    Offer, PrivateRequestTracker, REQUEST_TRACKER, TestRequestTracker,
    offer as offer_request_tracker, private_request_tracker, request_tracker,
};

/// The folder of the shared Postgres's socket.
pub const POSTGRES: &str = "SEATLEDGER_TEST_POSTGRES";
/// The URL of the shared nats-server, with user and password.
pub const NATS: &str = "SEATLEDGER_TEST_NATS";
/// The label of the shared token.
pub const HSM_LABEL: &str = "SEATLEDGER_TEST_HSM_LABEL";
/// The file with the shared token's user PIN.
pub const HSM_PIN_FILE: &str = "SEATLEDGER_TEST_HSM_PIN_FILE";
/// SoftHSM's module.
pub const HSM_MODULE: &str = "PKCS11_MODULE";
/// The same for a start: whoever has a true HSM sets the one above to its module.
pub const SOFTHSM_MODULE: &str = "SEATLEDGER_SOFTHSM_MODULE";
/// SoftHSM's configuration, read by its module.
pub const HSM_CONF: &str = "SOFTHSM2_CONF";
/// The folder of Postgres's programs.
pub const POSTGRES_BIN: &str = "SEATLEDGER_POSTGRES_BIN";
/// The program nats-server.
pub const NATS_SERVER: &str = "SEATLEDGER_NATS_SERVER";
/// The program softhsm2-util.
pub const SOFTHSM_UTIL: &str = "SEATLEDGER_SOFTHSM_UTIL";

/// The shared nats-server; keep apart from other tests by a stream name of your own.
#[derive(Debug, Clone)]
pub struct TestNats {
    /// Its URL, with user and password.
    pub url: String,
}

/// The shared SoftHSM token; keep apart from other tests by key labels of your own.
#[derive(Debug, Clone)]
pub struct TestHsm {
    /// The PKCS#11 module.
    pub module: PathBuf,
    /// The token's label.
    pub token_label: String,
    /// The user PIN.
    pub pin: String,
    /// The file with it.
    pub pin_file: PathBuf,
}

/// The shared Postgres.
///
/// # Panics
/// Without the servers of `with-servers`.
pub fn postgres() -> TestPostgres {
    TestPostgres::new(setting(POSTGRES).into())
}

/// The shared nats-server.
///
/// # Panics
/// Without the servers of `with-servers`.
pub fn nats() -> TestNats {
    TestNats { url: setting(NATS) }
}

/// The shared token.
///
/// # Panics
/// Without the servers of `with-servers`.
pub fn hsm() -> TestHsm {
    let pin_file: PathBuf = setting(HSM_PIN_FILE).into();
    let pin = std::fs::read_to_string(&pin_file)
        .unwrap_or_else(|error| panic!("{HSM_PIN_FILE}: {error}"));
    TestHsm {
        module: setting(HSM_MODULE).into(),
        token_label: setting(HSM_LABEL),
        pin: pin.trim_end().to_owned(),
        pin_file,
    }
}

/// The programs that `with-servers` found, for servers of a test's own.
///
/// # Panics
/// Without the servers of `with-servers`.
pub fn programs() -> Given {
    Given {
        postgres_bin: Some(setting(POSTGRES_BIN).into()),
        nats_server: Some(setting(NATS_SERVER).into()),
        softhsm_module: Some(setting(HSM_MODULE).into()),
        softhsm_util: Some(setting(SOFTHSM_UTIL).into()),
    }
}

/// A new folder for embedded servers, gone when dropped. Their account can pass through it, which it
/// could not through what `tempfile` makes by default.
///
/// # Errors
/// That it can't be made.
pub fn folder() -> Result<TempDir, Error> {
    let account = Account::current()?;
    // The system's folder for temporary files may itself be private to root.
    let candidates = [std::env::temp_dir(), "/tmp".into(), "/var/tmp".into()];
    let [first, ..] = &candidates;
    let below = candidates
        .iter()
        .find(|below| account.reach(&below.join("any")).is_ok())
        .unwrap_or(first);
    tempfile::Builder::new()
        .prefix("seatledger-test-")
        .permissions(Permissions::from_mode(0o711))
        .tempdir_in(below)
        .map_err(Error::file("create a folder in", below))
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests have no main of their own that could read it"
)]
fn setting(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run the tests through `cargo t`, which starts their servers")
    })
}

/// The value, or a panic with the error and what caused it.
#[track_caller]
fn must<T, E: std::error::Error>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        panic!("{text}")
    })
}
