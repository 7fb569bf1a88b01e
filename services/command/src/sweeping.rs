//! Deletes sealed values that the ledger does not stand behind: their event never came, since a service was killed
//! between the two, say; or they were destroyed and a service was killed before it deleted them.
//!
//! The ledger alone is asked, value by value of the vault, so it is no matter what was killed when, or whether the
//! vault came back from an older backup. A tenant's values are swept with its first write and then once an hour at
//! most.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use domain::Event;
use event_log::{ReadError, Reader};
use tokio::{runtime::Handle, sync::Semaphore};
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
    /// One sweep at a time: after a start every tenant is due, and requests need the connections more.
    turn: Arc<Semaphore>,
}

impl Sweeper {
    pub(crate) fn new(log: Reader) -> Self {
        Self {
            log,
            swept: Mutex::default(),
            turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// The log, as a role that sees all of it.
    pub(crate) fn log(&self) -> &Reader {
        &self.log
    }

    /// Starts a sweep in the background, if the tenant's last is long enough ago.
    pub(crate) fn sweep_if_due(&self, store: &SecretStore, tenant: Uuid) {
        let Ok(turn) = Arc::clone(&self.turn).try_acquire_owned() else {
            return;
        };
        if !self.is_due(tenant, Instant::now()) {
            return;
        }
        let (log, store) = (self.log.clone(), store.clone());
        let runtime = Handle::current();
        // On a thread of its own: the compiler can't tell that a sweep with its callback may change threads.
        tokio::task::spawn_blocking(move || {
            let _turn = turn;
            match runtime.block_on(sweep_secrets(&store, &log, tenant, ORPHAN_AGE)) {
                Ok(0) => {}
                Ok(count) => {
                    tracing::info!(%tenant, count, "deleted sealed values that the ledger does not stand behind");
                }
                Err(error) => {
                    tracing::warn!(%tenant, %error, "sealed values that the ledger does not stand behind stay for now");
                }
            }
        });
    }

    /// Deletes the values of a secret that the ledger says are destroyed, and says whether it says so of any.
    pub(crate) async fn finish(
        &self,
        store: &SecretStore,
        tenant: Uuid,
        secret: Uuid,
    ) -> Result<bool, SweepError> {
        let history = History::read(&self.log, tenant, secret).await?;
        let destroyed = history.destroyed.into_iter().map(|version| SecretRef {
            secret_id: secret,
            version,
        });
        let destroyed: Vec<SecretRef> = destroyed.collect();
        if destroyed.is_empty() {
            return Ok(false);
        }
        for part in destroyed.chunks(PAGE) {
            store.delete(tenant, part).await?;
        }
        Ok(true)
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

/// Deletes a tenant's sealed values that are older than `age` and that no event of its ledger names, or that were
/// destroyed, and answers how many there were. `log` sees the whole log, as *relay* does.
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
        .sweep_orphans(tenant, age, |page| standing(log, tenant, page))
        .await
}

/// Those of the values that the ledger stands behind.
async fn standing(
    log: &Reader,
    tenant: Uuid,
    page: Vec<SecretRef>,
) -> Result<Vec<SecretRef>, SweepError> {
    let mut standing = Vec::new();
    for of_secret in page.chunk_by(|one, other| one.secret_id == other.secret_id) {
        let Some(SecretRef { secret_id, .. }) = of_secret.first() else {
            continue;
        };
        let history = History::read(log, tenant, *secret_id).await?;
        let stands =
            |value: &&SecretRef| history.is_unread || history.standing.contains(&value.version);
        standing.extend(of_secret.iter().filter(stands).copied());
    }
    Ok(standing)
}

/// What the ledger says of a secret's values.
#[derive(Default)]
struct History {
    /// Values that were stored and not destroyed since.
    standing: HashSet<i32>,
    /// Values that were destroyed.
    destroyed: Vec<i32>,
    /// Whether a newer release wrote of it, which may mean anything: then nothing of the secret is an orphan.
    is_unread: bool,
}

impl History {
    async fn read(log: &Reader, tenant: Uuid, secret: Uuid) -> Result<Self, ReadError> {
        let mut history = Self::default();
        let mut after = 0;
        loop {
            let events = log.read_stream(tenant, secret, after, PAGE).await?;
            for event in &events {
                after = event.version;
                match contract::fact(event).map(|fact| fact.event) {
                    Ok(Event::SecretStored { secret_version, .. }) => {
                        history.standing.insert(secret_version);
                    }
                    // An integration's secrets go by its own id, so this is its stream.
                    Ok(Event::IntegrationSecretStored { stored, .. })
                        if stored.secret_id.0 == secret =>
                    {
                        history.standing.insert(stored.version);
                    }
                    Ok(Event::SecretDestroyed | Event::IntegrationRemoved) => {
                        history.destroyed.extend(history.standing.drain());
                    }
                    Ok(_) => {}
                    Err(_) => history.is_unread = true,
                }
            }
            if events.len() < PAGE {
                return Ok(history);
            }
        }
    }
}
