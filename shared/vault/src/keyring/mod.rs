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
//!    lock, so that a value sealed long ago can't be stored under it any more; [`RotateOptions::drain`] later the key
//!    goes. What backups hold under it can't be opened from then on, shredded secrets included: that is how shredding
//!    reaches backups, and why destroying waits until no such backup is to be restored.
//!
//! Services of a release that knows no rotation must be gone before the first: when the key that they connected under is
//! destroyed, they take that for another token, and keep away from it until they are restarted.
//!
//! `vault.key_version` records how far a rotation came, so that one which was killed is finished before another begins.

mod backfill;
mod error;
mod lock;
mod report;
mod rewrap;
mod rotate;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{KeyError, KeyState};
use crate::hsm::{KeyOrder, KeyVersion, SEEN_MAX};
use crate::store::SecretStore;
use crate::vault::Vault;

use self::lock::Lock;

pub use backfill::Backfilled;
pub use error::KeyRingError;
pub use report::{KeyStatus, Progress, Rotated, Status, Unopened};

/// Beyond what a running vault may know of the keys, for clocks and replicas.
const SETTLE_MARGIN: Duration = Duration::from_secs(5);

/// Longer than a service holds a row before it opens it: a connection, a call into the HSM, and then some.
const DRAIN: Duration = Duration::from_secs(10);

/// Rows that are changed and committed together: few enough that no lock is held for long.
const BATCH_ROWS: u16 = 200;

/// Makes the keys in the token outlast a power cut.
type Flush = dyn Fn() -> io::Result<()> + Send + Sync;

/// How a rotation is done.
#[derive(Clone)]
pub struct RotateOptions {
    /// How long a new key is visible before it is used.
    pub settle: Duration,
    /// How long a key is kept after no row names it, for whoever read a row before that and opens it only now.
    pub drain: Duration,
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
            drain: DRAIN,
            batch_rows: BATCH_ROWS,
            flush: Arc::new(|| Ok(())),
        }
    }
}

impl fmt::Debug for RotateOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RotateOptions")
            .field("settle", &self.settle)
            .field("drain", &self.drain)
            .field("batch_rows", &self.batch_rows)
            .finish_non_exhaustive()
    }
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

    /// Destroys a decrypt-only version, once whatever is left under it is wrapped anew; again it does nothing. It can't
    /// be undone: what backups hold under it can't be opened afterwards.
    ///
    /// # Errors
    /// `InUse` while rows are under it that don't open; `NotRotatedHere` unless this database saw a whole rotation to the
    /// primary; that it is not decrypt-only; when the HSM or Postgres fails.
    pub async fn destroy(&self, version: i32) -> Result<(), KeyRingError> {
        let lock = Lock::take(&self.store).await?;
        let held = self.order(KeyOrder::List).await?;
        let key = held.iter().find(|key| key.version == version);
        let records = self.store.key_records().await?;
        let destroyed = records
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
        // Another database has no rows under the version either, and knows nothing of those in the token's own.
        let primary = newest(&held, KeyState::Primary).unwrap_or(version);
        if !records
            .iter()
            .any(|record| record.version == primary && record.rewrapped)
        {
            return Err(KeyRingError::NotRotatedHere { primary });
        }
        let mut rows = self.store.condemn_key(version).await?;
        if rows > 0 {
            // What was sealed before a rotation and stored only after it went by.
            self.rewrap_all(primary, &mut |_| ()).await?;
            rows = self.store.condemn_key(version).await?;
        }
        if rows > 0 {
            return Err(KeyRingError::InUse { version, rows });
        }
        tokio::time::sleep(self.options.drain).await;
        lock.still_held().await?;
        self.order(KeyOrder::Destroy(version)).await?;
        self.flush()
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

    async fn order(&self, order: KeyOrder) -> Result<Vec<KeyVersion>, KeyRingError> {
        Ok(self.vault.hsm.order(order).await??)
    }

    fn flush(&self) -> Result<(), KeyRingError> {
        (self.options.flush)().map_err(KeyRingError::Flush)
    }
}

fn newest(held: &[KeyVersion], state: KeyState) -> Option<i32> {
    held.iter()
        .filter(|key| key.state == state)
        .map(|key| key.version)
        .max()
}
