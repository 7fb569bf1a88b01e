//! Which of an account's things an event may have changed the alerts of.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::Event;
use event_log::Recorded;
use uuid::Uuid;

/// More than this many assets at once are looked at in one sweep instead.
const ASSETS_MAX: usize = 2_000;

/// What events of one account may have changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Touched {
    /// Assets, with the instant of the latest event.
    pub(crate) assets: BTreeMap<Uuid, DateTime<Utc>>,
    /// Tokens, likewise.
    pub(crate) tokens: BTreeMap<Uuid, DateTime<Utc>>,
    /// All that there is.
    pub(crate) everything: bool,
    /// When something that was noticed is to be raised, at the earliest.
    pub(crate) due_at: Option<DateTime<Utc>>,
    /// The last entry.
    pub(crate) entry: i64,
}

impl Touched {
    /// Takes an event in. One that this release does not know, or can't read, may mean anything.
    pub(crate) fn take(&mut self, recorded: &Recorded) {
        self.entry = self.entry.max(recorded.entry);
        match contract::stream_kind(recorded) {
            "asset" => {
                self.assets.insert(recorded.stream_id, recorded.recorded_at);
                if self.assets.len() > ASSETS_MAX {
                    self.assets.clear();
                    self.everything = true;
                }
            }
            "token" if recorded.event_type == "RevealRefused" => {
                self.tokens.insert(recorded.stream_id, recorded.recorded_at);
            }
            "asset_type" | "catalog" | "policy" | "tenant" | "unknown" => self.everything = true,
            "company" if recorded.event_type == "CompanyPolicySet" => self.everything = true,
            "alert" if recorded.event_type == "FindingNoticed" => self.notice(recorded),
            _ => {}
        }
    }

    fn notice(&mut self, recorded: &Recorded) {
        let fact = contract::fact(recorded);
        if let Ok(fact) = fact
            && let Event::FindingNoticed { due_at, .. } = fact.event
        {
            self.due_at = Some(self.due_at.map_or(due_at, |known| known.min(due_at)));
        }
    }

    /// Whether there is anything to do.
    pub(crate) fn is_nothing(&self) -> bool {
        self.assets.is_empty()
            && self.tokens.is_empty()
            && !self.everything
            && self.due_at.is_none()
    }
}
