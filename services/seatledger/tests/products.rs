//! The catalog of products, filled from the command line on embedded servers of its own.
#![allow(
    clippy::unwrap_used,
    reason = "clippy takes only the test functions themselves for tests"
)]

use std::path::Path;
use std::process::{Command, Stdio};

use embedded::testing;

#[test]
fn a_new_account_has_the_starting_set_and_adopting_it_again_adds_nothing() {
    let folder = testing::folder().unwrap();
    let seatledger = |arguments: &[&str]| seatledger(folder.path(), arguments);
    let name = ["--name", "Northwind IT"];
    let admin = ["--admin-name", "Ada", "--admin-email", "ada@example.com"];
    let created = seatledger(&[&["tenant", "create"], &name[..], &admin].concat());
    let account = created.lines().next().unwrap();
    let account = account.strip_prefix("account ").unwrap();
    let adopted = seatledger(&["products", "adopt"]);
    let expected = format!("0 products were added to the catalog of account {account}");
    assert_eq!(adopted.trim(), expected, "they are there already");
}

/// Waits for the command, whose servers have stopped when it ends, and gives what it told.
fn seatledger(data_dir: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_seatledger"))
        .args(arguments)
        .env("SEATLEDGER_DATA_DIR", data_dir)
        .env("SOFTHSM2_CONF", data_dir.join("softhsm/softhsm2.conf"))
        .env("SEATLEDGER_LOG", "warn")
        .env_remove("PKCS11_MODULE")
        .env_remove("DATABASE_URL")
        .env_remove("NATS_URL")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    String::from_utf8(output.stdout).unwrap()
}
