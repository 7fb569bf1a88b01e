//! What is known of each tenant between two requests.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use lru::LruCache;
use read_models::query::Settings;
use uuid::Uuid;

/// Tenants whose settings are remembered; beyond, a request costs a second round trip.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// The settings with which each tenant's last question was asked. Never believed: every answer carries the
/// settings of its moment, and is asked for again if they are others. It only saves the round trip that
/// would ask for them first.
#[derive(Clone)]
pub(crate) struct Tenants {
    remembered: Arc<Mutex<LruCache<Uuid, Settings>>>,
}

impl Default for Tenants {
    fn default() -> Self {
        Self {
            remembered: Arc::new(Mutex::new(LruCache::new(REMEMBERED))),
        }
    }
}

impl Tenants {
    pub(crate) fn recall(&self, tenant: Uuid) -> Settings {
        let mut remembered = self
            .remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        remembered.get(&tenant).cloned().unwrap_or_default()
    }

    pub(crate) fn remember(&self, tenant: Uuid, settings: Settings) {
        let mut remembered = self
            .remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        remembered.put(tenant, settings);
    }
}
