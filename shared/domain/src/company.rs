//! Companies: the clients of the MSP, and the MSP itself.

use std::collections::BTreeSet;

use chrono_tz::Tz;

use crate::{alert::AlertOverrides, event::Event, ids::CompanyId, refusal::Violations, text};

/// How many ids of other systems one thing may have.
pub const EXTERNAL_IDS_MAX: usize = 20;

/// A company, as its events made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// Also the id of its stream.
    pub id: CompanyId,
    /// Unique among the tenant's companies.
    pub name: String,
    /// Whether it is the MSP itself.
    pub own: bool,
    /// Where it is, if elsewhere than the MSP.
    pub time_zone: Option<Tz>,
    /// What other systems call it.
    pub external_ids: BTreeSet<ExternalId>,
    /// When something of it is worth an alert, where that is not as for all.
    pub alerts: AlertOverrides,
    /// No longer looked after.
    pub archived: bool,
}

/// What another system calls a thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExternalId {
    /// The system, in lower case: `connectwise`, `halo`.
    pub system: String,
    /// The system's id, byte for byte.
    pub id: String,
}

impl ExternalId {
    /// Reads one, noting what is wrong.
    pub fn parse(field: &str, system: &str, id: &str, found: &mut Violations) -> Option<Self> {
        let system = found.keep(
            &format!("{field}.system"),
            text::line(system, text::TAG_LENGTH_MAX),
        );
        let id = found.keep(
            &format!("{field}.id"),
            text::line(id, text::NAME_LENGTH_MAX),
        );
        Some(Self {
            system: system?.to_lowercase(),
            id: id?,
        })
    }

    /// As the key of a claim: a system's name holds no line break, so the parts can't run together.
    #[must_use]
    pub fn claim_key(&self) -> String {
        format!("{}\n{}", self.system, self.id)
    }
}

impl Company {
    pub(crate) fn evolve(&mut self, event: &Event) {
        match event {
            Event::CompanyRenamed { to, .. } => self.name.clone_from(to),
            Event::CompanyTimeZoneChanged { to, .. } => self.time_zone = *to,
            Event::CompanyOwnChanged { to, .. } => self.own = *to,
            Event::CompanyPolicySet { policy } => self.alerts.clone_from(policy),
            Event::CompanyArchived => self.archived = true,
            Event::CompanyRestored => self.archived = false,
            Event::ExternalIdLinked { external_id } => {
                // A system has one id for a thing: a new one takes the old one's place.
                self.external_ids
                    .retain(|known| known.system != external_id.system);
                self.external_ids.insert(external_id.clone());
            }
            _ => {}
        }
    }
}
