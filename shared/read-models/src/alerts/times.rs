//! When what happened to an alert: its rows tell it, its state does not hold it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{Event, alert::Cleared, ids::IntegrationId};

/// When an alert was raised and cleared, and when its tickets were made.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Times {
    /// Noticed or raised, whichever was last.
    pub(crate) begun_at: Option<DateTime<Utc>>,
    /// The current occurrence.
    pub(crate) raised_at: Option<DateTime<Utc>>,
    /// And why; none while it is not cleared.
    pub(crate) cleared: Option<(DateTime<Utc>, Cleared)>,
    /// When the current occurrence's tickets were made, and when something of them was last recorded.
    pub(crate) tickets: BTreeMap<IntegrationId, (DateTime<Utc>, DateTime<Utc>)>,
}

impl Times {
    /// Takes one more event, recorded at an instant. None for an event that is not an alert's.
    pub(crate) fn note(known: &mut Option<Box<Self>>, event: &Event, at: DateTime<Utc>) {
        match event {
            Event::FindingNoticed { .. } => {
                let times = known.get_or_insert_default();
                times.begun_at = Some(at);
                times.cleared = None;
            }
            Event::AlertRaised { .. } => {
                let times = known.get_or_insert_default();
                times.begun_at = Some(at);
                times.raised_at = Some(at);
                times.cleared = None;
                times.tickets.clear();
            }
            _ => {
                if let Some(times) = known {
                    times.changed(event, at);
                }
            }
        }
    }

    fn changed(&mut self, event: &Event, at: DateTime<Utc>) {
        match event {
            Event::AlertCleared { cleared } => self.cleared = Some((at, *cleared)),
            Event::TicketOpened { integration_id, .. } => {
                self.tickets.insert(*integration_id, (at, at));
            }
            Event::TicketChanged { integration_id, .. }
            | Event::TicketMerged { integration_id, .. }
            | Event::TicketCommented { integration_id, .. } => {
                if let Some((_, changed_at)) = self.tickets.get_mut(integration_id) {
                    *changed_at = at;
                }
            }
            _ => {}
        }
    }
}
