//! The starting set of products goes into the ledger in events that any reader takes.
#![allow(
    clippy::unwrap_used,
    reason = "what fails in a test should fail the test"
)]

use contract::{decode, encode};
use domain::{Event, product::starting_set};

/// What an envelope may have, which is the event with who, when and where around it.
const ENVELOPE_BYTES_MAX: usize = 256 * 1024;

#[test]
fn the_largest_hundred_of_the_starting_set_are_far_below_what_an_event_may_have() {
    let mut products = starting_set();
    products.sort_by_key(|product| {
        let names = product.aliases.iter().map(|alias| alias.text().len());
        std::cmp::Reverse(product.name.len() + names.sum::<usize>())
    });
    products.truncate(100);
    let event = Event::ProductsAdded {
        source: Some("starting set".to_owned()),
        products,
    };
    let stored = encode(&event);
    let bytes = stored.payload.len();
    assert!(bytes * 2 < ENVELOPE_BYTES_MAX, "{bytes} bytes");
    let read = decode(stored.event_type, stored.schema_version, &stored.payload).unwrap();
    assert_eq!(read, event);
}
