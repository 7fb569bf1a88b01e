//! Wrapping everything under the primary.

use std::time::Duration;

use uuid::Uuid;

use super::{KeyRing, KeyRingError, Progress, Unopened};
use crate::aad::KeyPlace;
use crate::envelope::Wrapped;
use crate::error::VaultError;
use crate::store::{Rewrapped, SecretRef};

/// A value that was sealed just before its key was retired may be stored after a pass went by. The next pass takes it
/// along; more than a few would mean that something else is wrong.
const PASSES_MAX: u32 = 8;

/// How often one key is tried while the HSM is busy or away. Callers with a user behind them come first.
const TRIES_MAX: u32 = 10;

/// Between two tries, unless the vault asks for more.
const RETRY_WAIT: Duration = Duration::from_millis(200);

/// What a pass came to.
#[derive(Default)]
struct Pass {
    rewrapped: u64,
    unopened: Unopened,
}

impl KeyRing {
    /// Answers how many keys were wrapped anew, and which don't open.
    pub(super) async fn rewrap_all(
        &self,
        version: i32,
        progress: &mut (impl FnMut(Progress) + Send),
    ) -> Result<(u64, Unopened), KeyRingError> {
        let total = self
            .store
            .key_usage()
            .await?
            .iter()
            .filter(|used| used.version < version)
            .map(|used| used.secrets + used.index_keys)
            .sum();
        let mut done = 0;
        let mut seen = || {
            done += 1;
            progress(Progress::Rewrapping { done, total });
        };
        let mut rewrapped = 0;
        let mut unopened = Unopened::default();
        for _ in 0..PASSES_MAX {
            let pass = self.pass(version, &mut seen).await?;
            rewrapped += pass.rewrapped;
            unopened = pass.unopened;
            if pass.rewrapped == 0 {
                break;
            }
        }
        Ok((rewrapped, unopened))
    }

    async fn pass(
        &self,
        version: i32,
        seen: &mut (impl FnMut() + Send),
    ) -> Result<Pass, KeyRingError> {
        let mut pass = Pass::default();
        let mut after = Uuid::nil();
        loop {
            let tenants = self.store.tenants_under_older_key(version, after).await?;
            let Some(last) = tenants.iter().max() else {
                return Ok(pass);
            };
            after = *last;
            for tenant_id in &tenants {
                self.rewrap_index_key(*tenant_id, version, &mut pass, seen)
                    .await?;
                self.rewrap_secrets(*tenant_id, version, &mut pass, seen)
                    .await?;
            }
        }
    }

    async fn rewrap_index_key(
        &self,
        tenant_id: Uuid,
        version: i32,
        pass: &mut Pass,
        seen: &mut (impl FnMut() + Send),
    ) -> Result<(), KeyRingError> {
        let Some(stored) = self.store.index_key(tenant_id).await? else {
            return Ok(());
        };
        if stored.key_version >= version {
            return Ok(());
        }
        let from = stored.key_version;
        match self
            .rewrap_key(KeyPlace::Index(tenant_id), stored, version)
            .await?
        {
            Some(wrapped) => {
                pass.rewrapped += self
                    .store
                    .replace_index_wrapping(tenant_id, from, &wrapped)
                    .await?;
            }
            None => pass.unopened.add(None),
        }
        seen();
        Ok(())
    }

    async fn rewrap_secrets(
        &self,
        tenant_id: Uuid,
        version: i32,
        pass: &mut Pass,
        seen: &mut (impl FnMut() + Send),
    ) -> Result<(), KeyRingError> {
        let rows_max = i64::from(self.options.batch_rows.max(1));
        let mut after = SecretRef::NONE;
        loop {
            let page = self
                .store
                .under_older_key(tenant_id, version, after, rows_max)
                .await?;
            if page.is_empty() {
                return Ok(());
            }
            let mut batch = Vec::with_capacity(page.len());
            for (place, stored) in page {
                after = SecretRef {
                    secret_id: place.secret_id,
                    version: place.version,
                };
                let from = stored.key_version;
                match self
                    .rewrap_key(KeyPlace::Secret(place), stored, version)
                    .await?
                {
                    Some(wrapped) => batch.push(Rewrapped {
                        secret: after,
                        from,
                        wrapped,
                    }),
                    None => pass.unopened.add(Some(after)),
                }
                seen();
            }
            pass.rewrapped += self.store.replace_wrappings(tenant_id, &batch).await?;
        }
    }

    /// None where the key does not open: that is the row's fault, and holds up no other.
    async fn rewrap_key(
        &self,
        place: KeyPlace,
        stored: Wrapped,
        version: i32,
    ) -> Result<Option<Wrapped>, KeyRingError> {
        let rewrap = async || self.vault.rewrap_key(place.clone(), stored.clone()).await;
        match patiently(rewrap).await {
            Ok(wrapped) if wrapped.key_version == version => Ok(Some(wrapped)),
            Ok(wrapped) => Err(KeyRingError::NotPrimary {
                wanted: version,
                used: wrapped.key_version,
            }),
            Err(VaultError::Tampered | VaultError::KeyMissing { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Tries again while the HSM is busy or away, a bounded number of times.
pub(super) async fn patiently<T>(
    mut work: impl AsyncFnMut() -> Result<T, VaultError>,
) -> Result<T, VaultError> {
    let mut tries = 1;
    loop {
        let wait = match work().await {
            Err(VaultError::Busy) if tries < TRIES_MAX => RETRY_WAIT,
            Err(VaultError::Unavailable { retry_after }) if tries < TRIES_MAX => retry_after,
            done => return done,
        };
        tries += 1;
        tokio::time::sleep(wait).await;
    }
}
