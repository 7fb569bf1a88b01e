//! One program for all parsers: `FUZZ_PARSER` names the one that gets the bytes.
#![no_main]

use std::sync::LazyLock;

use tests::parsers::PARSERS;

static PARSER: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let wanted = std::env::var("FUZZ_PARSER").unwrap_or_default();
    let found = PARSERS.iter().find(|(name, _)| *name == wanted);
    match found {
        Some((_, parser)) => *parser,
        None => panic!("FUZZ_PARSER names none of the parsers: {wanted:?}"),
    }
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| PARSER(data));
