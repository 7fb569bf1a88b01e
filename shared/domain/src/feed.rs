//! Calendars that can be subscribed to by an address that is known to its holder alone.

use std::collections::BTreeSet;

use crate::{event::Event, ids::CompanyId};

/// A calendar feed, as its events made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// What it is for.
    pub label: String,
    /// The companies it shows; none means all.
    pub companies: Option<BTreeSet<CompanyId>>,
    /// No longer served.
    pub closed: bool,
}

impl Feed {
    pub(crate) fn evolve(&mut self, event: &Event) {
        if *event == Event::FeedClosed {
            self.closed = true;
        }
    }
}
