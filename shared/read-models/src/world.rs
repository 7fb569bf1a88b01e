//! The state of subjects, folded from the log.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
};

use chrono::{DateTime, Utc};
use domain::{
    Event, Fact, Subject,
    asset::Asset,
    asset_type::{AssetType, FieldKey, FieldRole},
    ids::{CompanyId, TenantId},
    product::{Alias, Catalog},
    value::Value,
};
use lru::LruCache;
use uuid::Uuid;

use crate::{alerts, entry::Entry};

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
    /// Which company a purchase, an assignment or a key of an asset was recorded for, by its id: that stays so when the
    /// asset moves. Not of assignments from a company's allocation, which say themselves whose they are.
    pub(crate) recorded_for: BTreeMap<Uuid, CompanyId>,
    /// When what happened to an alert.
    pub(crate) alert_times: Option<Box<alerts::Times>>,
    /// The last entry of each product of a catalog, and when it was recorded.
    pub(crate) products_changed: BTreeMap<Uuid, (i64, DateTime<Utc>)>,
}

/// By what an asset is found when something changes that it depends on.
pub(crate) struct NamedAsset {
    pub(crate) type_id: Uuid,
    /// What all spellings of its product's name have in common.
    pub(crate) name_key: Option<String>,
    /// What all spellings of its part number have in common.
    pub(crate) sku_key: Option<String>,
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
            recorded_for: BTreeMap::new(),
            alert_times: None,
            products_changed: BTreeMap::new(),
        }
    }

    fn take(&mut self, entry: &Entry) {
        let recorded = &entry.recorded;
        self.subject.evolve(&entry.fact, recorded.recorded_at);
        if self.version == 0 {
            // It may have been asked for before it was there.
            self.created_at = recorded.recorded_at;
        }
        self.version = recorded.version;
        self.entry = recorded.entry;
        self.updated_at = recorded.recorded_at;
        self.note(&entry.fact);
    }

    /// What rows tell that states do not hold.
    fn note(&mut self, fact: &Fact) {
        let changed = (self.entry, self.updated_at);
        match &fact.event {
            Event::FieldsChanged { changes } => {
                for change in changes {
                    match change.to {
                        Some(Value::Secret(_)) => {
                            self.secrets_stored
                                .insert(change.field.clone(), self.updated_at);
                        }
                        None => {
                            self.secrets_stored.remove(&change.field);
                        }
                        Some(_) => {}
                    }
                }
            }
            Event::SeatsPurchased { purchase } => {
                self.recorded_for
                    .extend(fact.company.map(|company| (purchase.id.0, company)));
            }
            Event::SeatsAssigned { assignments, .. } => {
                let owned = assignments.iter().filter(|given| given.company.is_none());
                self.recorded_for
                    .extend(owned.filter_map(|given| Some((given.id.0, fact.company?))));
            }
            Event::KeyAdded { secret_id, .. } => {
                self.recorded_for
                    .extend(fact.company.map(|company| (secret_id.0, company)));
            }
            Event::KeyRemoved { secret_id } => {
                self.recorded_for.remove(&secret_id.0);
            }
            Event::ProductsAdded { products, .. } => {
                let added = products.iter().map(|product| (product.id.0, changed));
                self.products_changed.extend(added);
            }
            Event::ProductRenamed { product_id, .. }
            | Event::AliasAdded { product_id, .. }
            | Event::AliasRemoved { product_id, .. }
            | Event::ProductFactsSet { product_id, .. } => {
                self.products_changed.insert(product_id.0, changed);
            }
            Event::ProductMerged { product_id, into } => {
                self.products_changed.insert(product_id.0, changed);
                self.products_changed.insert(into.0, changed);
            }
            event => alerts::Times::note(&mut self.alert_times, event, self.updated_at),
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

    /// Whether it is at hand what a stream is, even if nothing has happened in it yet.
    pub(crate) fn knows(&mut self, stream: Stream) -> bool {
        // Not "contains": what is asked for is in use, and is not to be pushed out by what is read beside it.
        self.subjects.get(&stream).is_some()
    }

    /// Notes that nothing has happened in a stream yet, so that the log is not asked again.
    pub(crate) fn note_absent(&mut self, stream: Stream) {
        self.subjects
            .get_or_insert(stream, || Folded::begin(DateTime::UNIX_EPOCH));
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
        let folded = self.subjects.peek(&(tenant, stream))?;
        (folded.version > 0).then_some(folded)
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

    /// By what an asset is found when its type or the catalog changes.
    pub(crate) fn named_asset(&self, tenant: Uuid, asset: Uuid) -> Option<NamedAsset> {
        let Subject::Asset(found) = &self.get(tenant, asset)?.subject else {
            return None;
        };
        let asset_type = match self.get(tenant, found.type_id.0).map(|of| &of.subject) {
            Some(Subject::AssetType(asset_type)) => Some(asset_type),
            _ => None,
        };
        let text = |role| found.text_with(asset_type?, role);
        let key = |alias: Alias| alias.key().text().to_owned();
        Some(NamedAsset {
            type_id: found.type_id.0,
            name_key: text(FieldRole::Product).map(|name| key(Alias::Name(name.to_owned()))),
            sku_key: text(FieldRole::Sku).map(|sku| key(Alias::Sku(sku.to_owned()))),
        })
    }

    /// The products of a tenant; none at all if its catalog has none yet.
    pub(crate) fn catalog(&self, tenant: Uuid) -> &Catalog {
        let stream = TenantId(tenant).catalog_stream();
        match self.get(tenant, stream).map(|folded| &folded.subject) {
            Some(Subject::Catalog(catalog)) => catalog,
            _ => Catalog::empty(),
        }
    }

    /// The streams that the rows of a subject also depend on.
    pub(crate) fn related(&self, (tenant, stream): Stream) -> Vec<Stream> {
        match self.get(tenant, stream).map(|folded| &folded.subject) {
            Some(Subject::Asset(asset)) => vec![
                (tenant, asset.type_id.0),
                (tenant, TenantId(tenant).catalog_stream()),
            ],
            Some(Subject::Tenant(_)) => vec![(tenant, TenantId(tenant).policy_stream())],
            _ => Vec::new(),
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
