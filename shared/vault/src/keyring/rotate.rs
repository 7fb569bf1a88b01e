//! From one primary to the next.

use super::lock::Lock;
use super::{KeyRing, KeyRingError, Progress, Rotated};
use crate::error::KeyState;
use crate::hsm::{KeyOrder, KeyVersion};

impl KeyRing {
    /// Makes a new version the primary and wraps everything under it; or finishes a rotation that was begun and not
    /// finished. Services may run meanwhile. However it is interrupted, nothing is lost, and the next run goes on.
    ///
    /// # Errors
    /// When the HSM or Postgres fails, or someone else changes the keys now.
    pub async fn rotate(
        &self,
        mut progress: impl FnMut(Progress) + Send,
    ) -> Result<Rotated, KeyRingError> {
        let lock = Lock::take(&self.store).await?;
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
}
