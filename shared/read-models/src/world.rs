//! The state of subjects, folded from the log.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
};

use chrono::{DateTime, Utc};
use domain::{
    Event, Subject,
    asset::Asset,
    asset_type::{AssetType, FieldKey},
    ids::TenantId,
    value::Value,
};
use lru::LruCache;
use uuid::Uuid;

use crate::entry::Entry;

/// Subjects that the live driver keeps in memory. An asset with a few years of history takes some 2 KB, so this
/// is some 40 MB at most; colder ones are folded from the log again.
const SUBJECTS_MAX: NonZeroUsize = NonZeroUsize::new(20_000).unwrap();

/// A stream of a tenant.
pub(crate) type Stream = (Uuid, Uuid);

/// A subject with what its rows tell beside its state.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Folded {
    pub(crate) subject: Subject,
    /// Of its stream.
    pub(crate) version: i32,
    /// Of its last event.
    pub(crate) entry: i64,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    /// When the secrets of an asset were stored.
    pub(crate) secrets_stored: BTreeMap<FieldKey, DateTime<Utc>>,
}

/// The subjects of all tenants by their streams.
pub(crate) struct World {
    subjects: LruCache<Stream, Folded>,
}

impl Folded {
    fn begin(recorded_at: DateTime<Utc>) -> Self {
        Self {
            subject: Subject::default(),
            version: 0,
            entry: 0,
            created_at: recorded_at,
            updated_at: recorded_at,
            secrets_stored: BTreeMap::new(),
        }
    }

    fn take(&mut self, entry: &Entry) {
        let recorded = &entry.recorded;
        self.subject.evolve(&entry.fact, recorded.recorded_at);
        self.version = recorded.version;
        self.entry = recorded.entry;
        self.updated_at = recorded.recorded_at;
        if let Event::FieldsChanged { changes } = &entry.fact.event {
            for change in changes {
                match change.to {
                    Some(Value::Secret(_)) => {
                        self.secrets_stored
                            .insert(change.field.clone(), recorded.recorded_at);
                    }
                    None => {
                        self.secrets_stored.remove(&change.field);
                    }
                    Some(_) => {}
                }
            }
        }
    }
}

impl World {
    /// Keeps what was used last; the rest can be had from the log.
    pub(crate) fn bounded() -> Self {
        Self {
            subjects: LruCache::new(SUBJECTS_MAX),
        }
    }

    /// Keeps everything, for a fold of the whole log.
    pub(crate) fn unbounded() -> Self {
        Self {
            subjects: LruCache::unbounded(),
        }
    }

    /// Takes one more event of a stream whose events before it have been taken.
    pub(crate) fn fold(&mut self, entry: &Entry) -> &Folded {
        let stream = (entry.recorded.tenant_id, entry.recorded.stream_id);
        let folded = self
            .subjects
            .get_or_insert_mut(stream, || Folded::begin(entry.recorded.recorded_at));
        folded.take(entry);
        folded
    }

    /// Which version of a stream is at hand; 0 if none.
    pub(crate) fn version(&mut self, stream: Stream) -> i32 {
        self.subjects
            .get(&stream)
            .map_or(0, |folded| folded.version)
    }

    /// Forgets streams, which will be read from the log when they are needed.
    pub(crate) fn forget(&mut self, streams: &BTreeSet<Stream>) {
        for stream in streams {
            self.subjects.pop(stream);
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.subjects.clear();
    }

    /// Everything at hand.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Stream, &Folded)> {
        self.subjects.iter()
    }

    pub(crate) fn get(&self, tenant: Uuid, stream: Uuid) -> Option<&Folded> {
        self.subjects.peek(&(tenant, stream))
    }

    /// An asset with its type.
    pub(crate) fn asset(&self, tenant: Uuid, asset: Uuid) -> Option<(&Folded, &Asset, &AssetType)> {
        let folded = self.get(tenant, asset)?;
        let Subject::Asset(asset) = &folded.subject else {
            return None;
        };
        let Subject::AssetType(asset_type) = &self.get(tenant, asset.type_id.0)?.subject else {
            return None;
        };
        Some((folded, asset, asset_type))
    }

    /// The streams that the rows of a subject also depend on.
    pub(crate) fn related(&self, (tenant, stream): Stream) -> Option<Stream> {
        match &self.get(tenant, stream)?.subject {
            Subject::Asset(asset) => Some((tenant, asset.type_id.0)),
            Subject::Tenant(_) => Some((tenant, TenantId(tenant).policy_stream())),
            _ => None,
        }
    }
}

/// Whether an event's stream has a state that rows are made of. Those of tokens have not, and are long.
pub(crate) fn has_state(event: &Event) -> bool {
    !matches!(
        event,
        Event::TokenIssued { .. }
            | Event::TokenRevoked
            | Event::SecretRevealed { .. }
            | Event::RevealRefused { .. }
    )
}
