//! Deletes sealed values whose event never came: of a service that was killed between the two, say.
//!
//! Only writes of secrets leave any behind, so it is enough to sweep a tenant's when the tenant writes one.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use domain::Event;
use event_log::{ReadError, Reader};
use tokio::runtime::Handle;
use uuid::Uuid;
use vault::{SecretRef, SecretStore, StoreError};

/// Older than this without an event, a value is an orphan: a command waits for half a minute at most.
pub const ORPHAN_AGE: Duration = Duration::from_secs(60 * 60);

/// How often one tenant's values are looked through. Each look reads the whole list.
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

/// Tenants whose last sweep is remembered; beyond it all are forgotten, and swept once more than needed.
const TENANTS_MAX: usize = 10_000;

/// Events of one secret that are read at once. A secret has one event a value.
const PAGE: usize = 1_000;

/// Why a sweep stopped. What it did not come to is swept later.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The vault's table can't be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger can't be asked which values it names.
    #[error(transparent)]
    Log(#[from] ReadError),
}

/// Sweeps a tenant's values now and then.
pub(crate) struct Sweeper {
    log: Reader,
    swept: Mutex<HashMap<Uuid, Instant>>,
}

impl Sweeper {
    pub(crate) fn new(log: Reader) -> Self {
        Self {
            log,
            swept: Mutex::default(),
        }
    }

    /// Starts a sweep in the background, if the tenant's last is long enough ago.
    pub(crate) fn sweep_if_due(&self, store: &SecretStore, tenant: Uuid) {
        if !self.is_due(tenant, Instant::now()) {
            return;
        }
        let (log, store) = (self.log.clone(), store.clone());
        let runtime = Handle::current();
        // On a thread of its own: the compiler can't tell that a sweep with its callback may change threads.
        tokio::task::spawn_blocking(move || {
            match runtime.block_on(sweep_secrets(&store, &log, tenant, ORPHAN_AGE)) {
                Ok(0) => {}
                Ok(count) => {
                    tracing::info!(%tenant, count, "deleted sealed values that no event names");
                }
                Err(error) => {
                    tracing::warn!(%tenant, %error, "sealed values without an event stay for now");
                }
            }
        });
    }

    fn is_due(&self, tenant: Uuid, now: Instant) -> bool {
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        if swept
            .get(&tenant)
            .is_some_and(|at| now.saturating_duration_since(*at) < SWEEP_EVERY)
        {
            return false;
        }
        if swept.len() >= TENANTS_MAX {
            swept.clear();
        }
        swept.insert(tenant, now);
        true
    }
}

/// Deletes a tenant's sealed values that are older than `age` and that no event of its ledger names, and answers
/// how many there were. `log` sees the whole log, as *relay* does.
///
/// # Errors
/// [`SweepError`]; what is not deleted is swept another time.
pub async fn sweep_secrets(
    store: &SecretStore,
    log: &Reader,
    tenant: Uuid,
    age: Duration,
) -> Result<u64, SweepError> {
    store
        .sweep_orphans(tenant, age, |page| named(log, tenant, page))
        .await
}

/// Those of the values that the ledger names.
async fn named(
    log: &Reader,
    tenant: Uuid,
    page: Vec<SecretRef>,
) -> Result<Vec<SecretRef>, SweepError> {
    let mut known = Vec::new();
    for secret in &page {
        if known.contains(secret) {
            continue;
        }
        let mut after = 0;
        loop {
            let events = log
                .read_stream(tenant, secret.secret_id, after, PAGE)
                .await?;
            for event in &events {
                after = event.version;
                match contract::fact(event).map(|fact| fact.event) {
                    Ok(Event::SecretStored { secret_version, .. }) => {
                        known.push(SecretRef {
                            secret_id: secret.secret_id,
                            version: secret_version,
                        });
                    }
                    Ok(_) => {}
                    // What a newer release wrote may name anything: then nothing of the secret is an orphan.
                    Err(_) => known.push(*secret),
                }
            }
            if events.len() < PAGE {
                break;
            }
        }
    }
    Ok(known)
}
