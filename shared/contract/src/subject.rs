//! The NATS subject under which an event is published.

use std::fmt::Write;

use event_log::Recorded;

use crate::events::event_type;

/// `ledger.<tenant>.<company>.<stream kind>.<event type in snake case>`, with `_` where there is no company.
///
/// An event that this release does not know is published all the same, under the stream kind `unknown`: a
/// relay that held it back would hold back everything after it.
#[must_use]
pub fn subject(recorded: &Recorded) -> String {
    let mut subject = format!("ledger.{}.", recorded.tenant_id);
    // Writing to a string never fails.
    let _ = match recorded.company_id {
        Some(company) => write!(subject, "{company}."),
        None => write!(subject, "_."),
    };
    subject.push_str(stream_kind(recorded));
    subject.push('.');
    push_snake_case(&mut subject, &recorded.event_type);
    subject
}

/// The kind of the event's stream, in snake case; `unknown` for an event that this release does not know.
///
/// Both companies and assets are linked to ids of other systems. A company's own events concern itself, so its
/// stream is its company's id; an asset's never is.
#[must_use]
pub fn stream_kind(recorded: &Recorded) -> &'static str {
    if recorded.event_type == "ExternalIdLinked" && recorded.company_id == Some(recorded.stream_id)
    {
        return "company";
    }
    event_type(&recorded.event_type).map_or("unknown", |known| known.stream_kind)
}

/// Type names are words that each begin with one capital letter.
fn push_snake_case(out: &mut String, name: &str) {
    for (at, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && at > 0 {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
}
