use std::collections::{BTreeMap, BTreeSet};

use event_log::Recorded;
use uuid::Uuid;

use crate::{Model, checkpoint::Progress, entry::Entry};

/// Events that follow each other, read as far as they can be.
pub(super) struct Batch {
    pub(super) first: i64,
    pub(super) last: (i64, Uuid),
    /// Without those of a tenant from the first on that can't be read.
    pub(super) entries: Vec<Entry>,
    pub(super) broken: BTreeMap<Uuid, Broken>,
    ids: Vec<Uuid>,
}

/// An event that can't be read.
pub(super) struct Broken {
    pub(super) sequence: i64,
    entry: i64,
    reason: String,
}

impl Batch {
    /// None if there are no events.
    pub(super) fn read(events: Vec<Recorded>) -> Option<Self> {
        let first = events.first()?.sequence;
        let last = events
            .last()
            .map(|event| (event.sequence, event.event_id))?;
        let mut batch = Self {
            first,
            last,
            entries: Vec::with_capacity(events.len()),
            broken: BTreeMap::new(),
            ids: events.iter().map(|event| event.event_id).collect(),
        };
        for event in events {
            let (tenant, sequence) = (event.tenant_id, event.sequence);
            if batch.broken.contains_key(&tenant) {
                continue;
            }
            match Entry::read(event) {
                Ok(entry) => batch.entries.push(entry),
                Err(error) => {
                    let entry = error.entry;
                    let reason = crate::Error::from(error).told();
                    batch.broken.insert(
                        tenant,
                        Broken {
                            sequence,
                            entry,
                            reason,
                        },
                    );
                }
            }
        }
        Some(batch)
    }

    pub(super) fn id_at(&self, sequence: i64) -> Option<Uuid> {
        self.ids
            .get(usize::try_from(sequence - self.first).ok()?)
            .copied()
    }

    pub(super) fn tenants(&self) -> BTreeSet<Uuid> {
        let readable = self.entries.iter().map(|entry| entry.recorded.tenant_id);
        readable.chain(self.broken.keys().copied()).collect()
    }

    pub(super) fn of_tenant(&self, tenant: Uuid) -> impl Iterator<Item = &Entry> {
        self.entries
            .iter()
            .filter(move |entry| entry.recorded.tenant_id == tenant)
    }

    /// The last event of a tenant that is there, readable or not; 0 if there is none.
    pub(super) fn last_of(&self, tenant: Uuid) -> i64 {
        let readable = self.of_tenant(tenant).map(|entry| entry.recorded.sequence);
        readable
            .chain(self.broken.get(&tenant).map(|broken| broken.sequence))
            .max()
            .unwrap_or(0)
    }
}

impl Broken {
    /// A tenant that stands before it.
    pub(super) fn progress(&self, model: Model, tenant: Uuid) -> Progress {
        Progress {
            model,
            tenant,
            entry: self.entry - 1,
            halted: Some(self.reason.clone()),
        }
    }
}
