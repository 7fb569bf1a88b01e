//! Fingerprints for rows that were stored without one.

use uuid::Uuid;

use super::rewrap::patiently;
use super::{KeyRing, KeyRingError, Progress, Unopened};
use crate::aad::Aad;
use crate::envelope::Sealed;
use crate::error::VaultError;
use crate::fingerprint::{Fingerprint, FingerprintError};
use crate::store::SecretRef;

/// What a backfill of fingerprints did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backfilled {
    /// How many secret versions got one.
    pub backfilled: u64,
    /// Those that do not open, and so get none.
    pub unopened: Unopened,
}

impl KeyRing {
    /// Gives fingerprints to the secret versions that have none: those stored by an older release. It opens each, unlike
    /// a rotation, so it is a step of its own. However it is interrupted, the next run goes on; services may run, and
    /// others may do the same, meanwhile.
    ///
    /// # Errors
    /// When the HSM or Postgres fails.
    pub async fn backfill_fingerprints(
        &self,
        mut progress: impl FnMut(Progress) + Send,
    ) -> Result<Backfilled, KeyRingError> {
        let total = self.store.without_fingerprint().await?;
        let mut done = 0;
        let mut seen = || {
            done += 1;
            progress(Progress::Backfilling { done, total });
        };
        let mut backfilled = Backfilled::default();
        let mut after = Uuid::nil();
        loop {
            let tenants = self.store.tenants_without_fingerprint(after).await?;
            let Some(last) = tenants.iter().max() else {
                return Ok(backfilled);
            };
            after = *last;
            for tenant_id in &tenants {
                self.backfill_tenant(*tenant_id, &mut backfilled, &mut seen)
                    .await?;
            }
        }
    }

    async fn backfill_tenant(
        &self,
        tenant_id: Uuid,
        backfilled: &mut Backfilled,
        seen: &mut (impl FnMut() + Send),
    ) -> Result<(), KeyRingError> {
        let rows_max = i64::from(self.options.batch_rows.max(1));
        let mut after = SecretRef::NONE;
        loop {
            let page = self
                .store
                .rows_without_fingerprint(tenant_id, after, rows_max)
                .await?;
            if page.is_empty() {
                return Ok(());
            }
            let mut batch = Vec::with_capacity(page.len());
            for (place, sealed) in page {
                after = SecretRef {
                    secret_id: place.secret_id,
                    version: place.version,
                };
                match self.fingerprint_of(&place, &sealed).await? {
                    Some(fingerprint) => batch.push((after, fingerprint)),
                    None => backfilled.unopened.add(Some(after)),
                }
                seen();
            }
            backfilled.backfilled += self.store.set_fingerprints(tenant_id, &batch).await?;
        }
    }

    async fn fingerprint_of(
        &self,
        place: &Aad,
        sealed: &Sealed,
    ) -> Result<Option<Fingerprint>, KeyRingError> {
        let made = async {
            let plaintext = patiently(async || self.vault.open(place, sealed).await).await?;
            self.vault
                .fingerprint(&self.store, place.tenant_id, &plaintext)
                .await
        };
        match made.await {
            Ok(fingerprint) => Ok(Some(fingerprint)),
            // The row's fault, or its tenant's index key's: it holds up no other.
            Err(FingerprintError::Vault(VaultError::Tampered | VaultError::KeyMissing { .. })) => {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}
