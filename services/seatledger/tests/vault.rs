//! `seatledger vault`, on embedded servers of its own.
#![allow(
    clippy::unwrap_used,
    reason = "clippy takes only the test functions themselves for tests"
)]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use embedded::testing;

#[test]
fn keys_are_rotated_and_destroyed_from_the_command_line() {
    let folder = testing::folder().unwrap();
    let vault = |arguments: &[&str]| vault(folder.path(), arguments);
    assert_eq!(rows(&vault(&["status"])), [["1", "primary", "0", "0"]]);

    let rotated = told(&vault(&["rotate", "--settle-seconds", "0"]));
    assert!(
        rotated.contains("version 2 is made and proved"),
        "{rotated}"
    );
    assert!(
        rotated.contains("version 2 is the primary; 0 keys were wrapped anew"),
        "{rotated}"
    );
    let both = [["1", "decrypt-only", "0", "0"], ["2", "primary", "0", "0"]];
    assert_eq!(rows(&vault(&["status"])), both);

    let asked = told(&vault(&["destroy-old"]));
    assert!(asked.contains("nothing is destroyed yet"), "{asked}");
    assert_eq!(rows(&vault(&["status"])), both);
    let destroyed = told(&vault(&["destroy-old", "--yes"]));
    assert!(
        destroyed.ends_with("version 1 is destroyed\n"),
        "{destroyed}"
    );
    assert_eq!(
        rows(&vault(&["status"])),
        [["1", "destroyed", "0", "0"], ["2", "primary", "0", "0"]]
    );
    let nothing = told(&vault(&["destroy-old", "--yes"]));
    assert!(nothing.contains("nothing to destroy"), "{nothing}");
    let backfilled = told(&vault(&["backfill"]));
    assert!(
        backfilled.contains("0 secrets can now be found"),
        "{backfilled}"
    );

    let refused = vault(&["rotate", "--settle-seconds", "86400"]);
    assert!(!refused.status.success());
}

/// Waits for the command, whose servers have stopped when it ends.
fn vault(data_dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_seatledger"))
        .arg("vault")
        .args(arguments)
        .env("SEATLEDGER_DATA_DIR", data_dir)
        .env("SOFTHSM2_CONF", data_dir.join("softhsm/softhsm2.conf"))
        .env("SEATLEDGER_LOG", "warn")
        .env_remove("PKCS11_MODULE")
        .env_remove("DATABASE_URL")
        .env_remove("NATS_URL")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn told(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The rows of the table, behind its heading.
fn rows(output: &Output) -> Vec<Vec<String>> {
    told(output)
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().map(str::to_owned).collect())
        .collect()
}
