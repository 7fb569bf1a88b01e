//! What fuzzing found worth keeping, read again: `deploy/fuzz` keeps it up to date.
#![allow(
    clippy::unwrap_used,
    reason = "what fails in a test should fail the test"
)]

use base64::{Engine, prelude::BASE64_STANDARD};
use tests::parsers::PARSERS;

#[test]
fn no_parser_fails_on_what_is_kept_of_its_fuzzing() {
    for (name, parser) in PARSERS {
        let file = format!("{}/fuzz/corpus/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        let kept = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut inputs = 0;
        for line in kept.lines().filter(|line| !line.starts_with('#')) {
            parser(&BASE64_STANDARD.decode(line).unwrap());
            inputs += 1;
        }
        assert!(inputs > 0, "{file} is empty");
    }
}
