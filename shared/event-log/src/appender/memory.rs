use std::collections::HashMap;

use chrono::{DateTime, Utc};
use lru::LruCache;
use uuid::Uuid;

use super::session::Header;
use crate::{Decider, Recorded, Undecodable};

/// Tenants whose last entry stays in memory: 40 bytes each.
const TENANTS_CACHED: usize = 100_000;

/// A stream by its tenant and id: another tenant's stream of the same id is another stream.
pub(super) type StreamKey = (Uuid, Uuid);

/// The last event of the log, as far as this writer knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// 0: the log is empty.
    pub(super) sequence: i64,
    pub(super) event_id: Uuid,
    pub(super) recorded_at: DateTime<Utc>,
}

/// What a stream's events come to.
pub(super) enum Known<S> {
    /// Version 0: it has none.
    Folded { state: S, version: i32 },
    /// One of them is of a newer release.
    Undecodable(Undecodable),
}

impl<S: Default> Default for Known<S> {
    fn default() -> Self {
        Self::Folded {
            state: S::default(),
            version: 0,
        }
    }
}

impl<S> Known<S> {
    /// Adds a stored event.
    pub(super) fn fold<D: Decider<State = S>>(&mut self, decider: &D, recorded: &Recorded) {
        let Self::Folded { state, version } = self else {
            return;
        };
        match decider.decode(recorded) {
            Ok(event) => {
                decider.evolve(state, &event, recorded.recorded_at);
                *version = recorded.version;
            }
            Err(undecodable) => *self = Self::Undecodable(undecodable),
        }
    }
}

/// The log as the writer remembers it: always the truth at `head`, for what is in it.
pub(super) struct Memory<S> {
    pub(super) head: Head,
    // Neither evicts by itself: what a batch has read must stay until it is written. See `trim`.
    streams: LruCache<StreamKey, Known<S>>,
    entries: LruCache<Uuid, i64>,
    streams_cached: usize,
}

impl<S: Default> Memory<S> {
    pub(super) fn new(streams_cached: usize) -> Self {
        Self {
            head: Head::default(),
            streams: LruCache::unbounded(),
            entries: LruCache::unbounded(),
            streams_cached,
        }
    }

    /// Forgets everything but where the log ends.
    pub(super) fn reset(&mut self, head: Head) {
        self.streams.clear();
        self.entries.clear();
        self.head = head;
    }

    /// Moves on to an event that another writer appended.
    pub(super) fn advance(&mut self, header: &Header) {
        self.head = Head {
            sequence: header.sequence,
            event_id: header.event_id,
            recorded_at: header.recorded_at,
        };
        self.streams.pop(&(header.tenant_id, header.stream_id));
        if let Some(entry) = self.entries.get_mut(&header.tenant_id) {
            *entry = header.entry;
        }
    }

    /// Whether the stream was read; if so, it counts as used.
    pub(super) fn has_stream(&mut self, key: &StreamKey) -> bool {
        self.streams.get(key).is_some()
    }

    pub(super) fn stream(&self, key: &StreamKey) -> Option<&Known<S>> {
        self.streams.peek(key)
    }

    /// The stream to write to; one that was not read is new.
    pub(super) fn stream_mut(&mut self, key: StreamKey) -> &mut Known<S> {
        self.streams.get_or_insert_mut(key, Known::default)
    }

    pub(super) fn learn_streams(&mut self, streams: HashMap<StreamKey, Known<S>>) {
        for (key, known) in streams {
            self.streams.put(key, known);
        }
    }

    pub(super) fn forget_stream(&mut self, key: &StreamKey) {
        self.streams.pop(key);
    }

    /// The tenant's last entry, if it was read.
    pub(super) fn entry(&mut self, tenant: Uuid) -> Option<i64> {
        self.entries.get(&tenant).copied()
    }

    pub(super) fn set_entry(&mut self, tenant: Uuid, entry: i64) {
        self.entries.put(tenant, entry);
    }

    /// Lets go of what was used longest ago, between batches.
    pub(super) fn trim(&mut self) {
        while self.streams.len() > self.streams_cached {
            self.streams.pop_lru();
        }
        while self.entries.len() > TENANTS_CACHED {
            self.entries.pop_lru();
        }
    }
}
