//! The versions of the key-encryption key, and their rotation.
//!
//! # The life of a key-encryption key
//!
//! 1. **Pending.** [`KeyRing::rotate`] makes a key in the HSM, under a label that is no version's, and proves it: it
//!    has to decrypt what it encrypted. Only then, and no longer allowed to encrypt, does it get the label of the next
//!    version. For [`RotateOptions::settle`] nothing uses it, so that the key is visible everywhere (in each replica of
//!    an HSM, in each running service) before it is first used. A vault that meets a version which it has not seen
//!    looks it up in the HSM again.
//! 2. **Primary.** It may encrypt: of the versions that may, the newest is the primary. This stands in the HSM itself
//!    (`CKA_ENCRYPT`) and nowhere else. So the HSM enforces it, a restored database can't bring an older key back into
//!    use, and a command service needs neither a restart nor a look into a table. A running vault reads the keys again
//!    at least every 30 seconds, and at once when the HSM refuses the key that it knew.
//! 3. **Decrypt-only.** As soon as the next version is the primary, the HSM may encrypt no more under this one. From
//!    then on nothing new is wrapped under it, and everything that is gets wrapped anew, in batches. Which rows are
//!    left is read from the rows themselves: whatever moment the rotation is killed at, the next run goes on there.
//!    Only wrapped keys change; ciphertexts, fingerprints and the ledger don't.
//! 4. **Destroyed.** [`KeyRing::destroy`], once no row names the version. Postgres first closes it for ever, under a
//!    lock, so that a value sealed long ago can't be stored under it any more; then the key goes. What backups hold
//!    under it can't be opened from then on, shredded secrets included: that is how shredding reaches backups, and why
//!    destroying waits until no such backup is to be restored.
//!
//! `vault.key_version` records how far a rotation came, so that one which was killed is finished before another begins.

mod backfill;
mod error;

mod rewrap;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_postgres::ClientWrapper;

use crate::error::{KeyError, KeyState};
use crate::hsm::{KeyOrder, KeyVersion, SEEN_MAX};
use crate::store::{SecretRef, SecretStore, StoreError};
use crate::vault::Vault;

pub use backfill::Backfilled;
pub use error::KeyRingError;

/// Keeps two from changing the keys at once. A number of our own; nobody else may take it.
const KEYS_LOCK: i64 = 0x7661_756c_746b_6579;

/// How long to wait for the lock: longer than Postgres takes to notice that a killed holder is gone.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// Between tries to get it.
const LOCK_POLL: Duration = Duration::from_millis(100);

/// Beyond what a running vault may know of the keys, for clocks and replicas.
const SETTLE_MARGIN: Duration = Duration::from_secs(5);

/// Rows that are changed and committed together: few enough that no lock is held for long.
const BATCH_ROWS: u16 = 200;

/// Rows that don't open and are named; of more there is only a count.
const UNOPENED_NAMED_MAX: usize = 100;

/// Makes the keys in the token outlast a power cut.
type Flush = dyn Fn() -> io::Result<()> + Send + Sync;

/// How a rotation is done.
#[derive(Clone)]
pub struct RotateOptions {
    /// How long a new key is visible before it is used.
    pub settle: Duration,
    /// Rows that are changed and committed together, from 1.
    pub batch_rows: u16,
    /// Called when keys in the token were changed and before anything relies on it. A software token leaves its files
    /// to the system's cache, which a power cut empties; a true HSM needs nothing.
    pub flush: Arc<Flush>,
}

impl Default for RotateOptions {
    fn default() -> Self {
        Self {
            settle: SEEN_MAX + SETTLE_MARGIN,
            batch_rows: BATCH_ROWS,
            flush: Arc::new(|| Ok(())),
        }
    }
}

impl fmt::Debug for RotateOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RotateOptions")
            .field("settle", &self.settle)
            .field("batch_rows", &self.batch_rows)
            .finish_non_exhaustive()
    }
}

/// What a rotation has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A new version was made and proved; it is pending.
    Made {
        /// The version.
        version: i32,
    },
    /// A rotation that was begun earlier is taken up again.
    Resumed {
        /// The version that it leads to.
        version: i32,
    },
    /// The pending version is left to be seen everywhere.
    Settling {
        /// The version.
        version: i32,
        /// For how long.
        wait: Duration,
    },
    /// The version is the primary, and older ones only decrypt.
    Promoted {
        /// The version.
        version: i32,
    },
    /// Wrapped keys were looked at.
    Rewrapping {
        /// How many, in all passes.
        done: u64,
        /// How many were under older versions at the beginning.
        total: u64,
    },
    /// Secrets without a fingerprint were looked at.
    Backfilling {
        /// How many.
        done: u64,
        /// How many there were at the beginning.
        total: u64,
    },
}

/// What a rotation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The version that is now the primary.
    pub version: i32,
    /// Whether a rotation that was begun earlier was finished, instead of making a new key.
    pub resumed: bool,
    /// How many wrapped keys were wrapped anew.
    pub rewrapped: u64,
    /// Those that do not open, and so are left under their older version. Nothing destroys that while they name it.
    pub unopened: Unopened,
}

/// Secrets that don't open: altered, moved, or under a key that is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unopened {
    /// How many.
    pub count: u64,
    /// Which, the first hundred of them; index keys are only counted.
    pub secrets: Vec<SecretRef>,
}

impl Unopened {
    fn add(&mut self, secret: Option<SecretRef>) {
        self.count += 1;
        if self.secrets.len() < UNOPENED_NAMED_MAX {
            self.secrets.extend(secret);
        }
    }
}

/// A version of the key-encryption key, and what it wraps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyStatus {
    /// The version, from 1.
    pub version: i32,
    /// Where in its life it is.
    pub state: KeyState,
    /// Secret versions that it wraps, of all tenants.
    pub secrets: u64,
    /// Index keys that it wraps; each tenant has one at most.
    pub index_keys: u64,
}

/// How the vault stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The versions of the key-encryption key, oldest first.
    pub keys: Vec<KeyStatus>,
    /// Whether a rotation was begun and not finished.
    pub rotation_unfinished: bool,
    /// Secret versions that can't be found by their equals yet.
    pub without_fingerprint: u64,
}

/// Manages the versions of the key-encryption key. See the [module's description](self) for their life.
#[derive(Clone, Debug)]
pub struct KeyRing {
    vault: Vault,
    store: SecretStore,
    options: RotateOptions,
}

impl KeyRing {
    /// The keys of a token and the table of what they wrap. A token belongs to one database.
    #[must_use]
    pub fn new(vault: Vault, store: SecretStore, options: RotateOptions) -> Self {
        Self {
            vault,
            store,
            options,
        }
    }

    /// The versions, their state and what each wraps.
    ///
    /// # Errors
    /// When the HSM or Postgres fails.
    pub async fn status(&self) -> Result<Status, KeyRingError> {
        let held = self.order(KeyOrder::List).await?;
        let records = self.store.key_records().await?;
        let usage = self.store.key_usage().await?;
        let mut keys: Vec<KeyStatus> = held
            .iter()
            .map(|key| (key.version, key.state))
            .chain(
                records
                    .iter()
                    .filter(|record| record.destroyed)
                    .map(|record| (record.version, KeyState::Destroyed)),
            )
            .chain(usage.iter().map(|used| (used.version, KeyState::Missing)))
            .map(|(version, state)| KeyStatus {
                version,
                state,
                secrets: 0,
                index_keys: 0,
            })
            .collect();
        // The sort is stable: of several, what the HSM says stands first.
        keys.sort_by_key(|key| key.version);
        keys.dedup_by_key(|key| key.version);
        for key in &mut keys {
            if let Some(used) = usage.iter().find(|used| used.version == key.version) {
                (key.secrets, key.index_keys) = (used.secrets, used.index_keys);
            }
        }
        Ok(Status {
            keys,
            rotation_unfinished: self.unfinished(&held).await?.is_some(),
            without_fingerprint: self.store.without_fingerprint().await?,
        })
    }

    /// Makes a new version the primary and wraps everything under it; or finishes a rotation that was begun and not
    /// finished. Services may run meanwhile. However it is interrupted, nothing is lost, and the next run goes on.
    ///
    /// # Errors
    /// When the HSM or Postgres fails, or someone else changes the keys now.
    pub async fn rotate(
        &self,
        mut progress: impl FnMut(Progress) + Send,
    ) -> Result<Rotated, KeyRingError> {
        let lock = self.lock().await?;
        let held = self.order(KeyOrder::List).await?;
        let unfinished = self.unfinished(&held).await?;
        let version = match unfinished {
            Some(version) => {
                progress(Progress::Resumed { version });
                version
            }
            None => {
                let version = self.next_version(&held).await?;
                lock.still_held().await?;
                self.order(KeyOrder::Make(version)).await?;
                progress(Progress::Made { version });
                version
            }
        };
        self.flush()?;
        self.promote(version, &lock, &mut progress).await?;
        let (rewrapped, unopened) = self.rewrap_all(version, &mut progress).await?;
        self.store.end_rotation(version).await?;
        Ok(Rotated {
            version,
            resumed: unfinished.is_some(),
            rewrapped,
            unopened,
        })
    }

    /// Destroys a decrypt-only version, once whatever is left under it is wrapped anew; again it does nothing. It can't
    /// be undone: what backups hold under it can't be opened afterwards.
    ///
    /// # Errors
    /// `InUse` while rows are under it that don't open; that it is not decrypt-only; when the HSM or Postgres fails.
    pub async fn destroy(&self, version: i32) -> Result<(), KeyRingError> {
        let _lock = self.lock().await?;
        let held = self.order(KeyOrder::List).await?;
        let key = held.iter().find(|key| key.version == version);
        let destroyed = self
            .store
            .key_records()
            .await?
            .iter()
            .any(|record| record.version == version && record.destroyed);
        match key {
            None if destroyed => return Ok(()),
            None => return Err(KeyError::Missing { version }.into()),
            Some(key) if key.state != KeyState::DecryptOnly || key.may_encrypt => {
                let (state, operation) = (key.state, "destroy it");
                return Err(KeyError::State {
                    version,
                    state,
                    operation,
                }
                .into());
            }
            Some(_) => {}
        }
        let mut rows = self.store.condemn_key(version).await?;
        if rows > 0 {
            // What was sealed before a rotation and stored only after it went by.
            let primary = newest(&held, KeyState::Primary).unwrap_or(version);
            self.rewrap_all(primary, &mut |_| ()).await?;
            rows = self.store.condemn_key(version).await?;
        }
        if rows > 0 {
            return Err(KeyRingError::InUse { version, rows });
        }
        self.order(KeyOrder::Destroy(version)).await?;
        self.flush()
    }

    /// Makes a pending version the primary, and the primary's predecessors decrypt-only.
    async fn promote(
        &self,
        version: i32,
        lock: &Lock,
        progress: &mut (impl FnMut(Progress) + Send),
    ) -> Result<(), KeyRingError> {
        let held = self.order(KeyOrder::List).await?;
        let pending = |key: &KeyVersion| key.version == version && key.state == KeyState::Pending;
        if held.iter().any(pending) {
            let wait = self.options.settle;
            progress(Progress::Settling { version, wait });
            tokio::time::sleep(wait).await;
        }
        lock.still_held().await?;
        // First, so that a kill behind it leaves a rotation that is known to be unfinished.
        self.store.begin_rotation(version).await?;
        let held = self.order(KeyOrder::Promote(version)).await?;
        // A power cut that took this and left what follows would leave no key that may encrypt.
        self.flush()?;
        for older in held
            .iter()
            .filter(|key| key.version < version && key.may_encrypt)
        {
            self.order(KeyOrder::Retire(older.version)).await?;
        }
        self.flush()?;
        progress(Progress::Promoted { version });
        Ok(())
    }

    /// The version that a rotation which was begun and not finished leads to.
    async fn unfinished(&self, held: &[KeyVersion]) -> Result<Option<i32>, KeyRingError> {
        if let Some(pending) = newest(held, KeyState::Pending) {
            return Ok(Some(pending));
        }
        let primary = newest(held, KeyState::Primary);
        let begun =
            self.store.key_records().await?.iter().any(|record| {
                Some(record.version) == primary && record.promoted && !record.rewrapped
            });
        Ok(primary.filter(|_| begun))
    }

    /// A number that nothing bears or ever bore: under a label used twice, a lost key's rows would look altered.
    async fn next_version(&self, held: &[KeyVersion]) -> Result<i32, KeyRingError> {
        let records = self.store.key_records().await?;
        let usage = self.store.key_usage().await?;
        let newest = held
            .iter()
            .map(|key| key.version)
            .chain(records.iter().map(|record| record.version))
            .chain(usage.iter().map(|used| used.version))
            .max();
        newest
            .unwrap_or(0)
            .checked_add(1)
            .ok_or(KeyRingError::NoNumberLeft)
    }

    async fn order(&self, order: KeyOrder) -> Result<Vec<KeyVersion>, KeyRingError> {
        Ok(self.vault.hsm.order(order).await??)
    }

    fn flush(&self) -> Result<(), KeyRingError> {
        (self.options.flush)().map_err(KeyRingError::Flush)
    }

    async fn lock(&self) -> Result<Lock, KeyRingError> {
        let lock = Lock {
            connection: self.store.own_connection().await?,
        };
        let asked = Instant::now();
        while !lock.is_taken().await? {
            if asked.elapsed() >= LOCK_WAIT {
                return Err(KeyRingError::Locked);
            }
            tokio::time::sleep(LOCK_POLL).await;
        }
        Ok(lock)
    }
}

fn newest(held: &[KeyVersion], state: KeyState) -> Option<i32> {
    held.iter()
        .filter(|key| key.state == state)
        .map(|key| key.version)
        .max()
}

/// The lock on the keys. It ends with its connection, so with the process too.
struct Lock {
    connection: ClientWrapper,
}

impl Lock {
    async fn is_taken(&self) -> Result<bool, KeyRingError> {
        self.ask("select pg_try_advisory_lock($1)", "lock the keys")
            .await
    }

    /// Whoever lost the connection lost the lock, and another may be changing the keys.
    async fn still_held(&self) -> Result<(), KeyRingError> {
        self.ask("select $1::bigint is not null", "keep the keys locked")
            .await
            .map(|_| ())
    }

    async fn ask(&self, statement: &str, operation: &'static str) -> Result<bool, KeyRingError> {
        let failed = |source| StoreError::Query { operation, source };
        let row = self
            .connection
            .query_one(statement, &[&KEYS_LOCK])
            .await
            .map_err(failed)?;
        Ok(row.try_get(0).map_err(failed)?)
    }
}
