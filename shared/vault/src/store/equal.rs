//! Index keys, and the secrets that equal each other.

use uuid::Uuid;

use super::{SecretRef, SecretStore, StoreError, begin, failed_to, wrapped_in};
use crate::envelope::Wrapped;
use crate::fingerprint::Fingerprint;

const INDEX_KEY: &str =
    "select key_version, wrap_nonce, wrapped_key from vault.index_key where tenant_id = $1";
const PUT_INDEX_KEY: &str = include_str!("put_index_key.sql");
const FIND_EQUAL: &str = include_str!("find_equal.sql");

/// Rows that one search answers. A key that stands in more places than these is found in enough of them.
const EQUALS_MAX: i64 = 1_000;

/// A secret version that has the fingerprint that was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EqualSecret {
    /// The secret and its version, which may be an older one.
    pub secret: SecretRef,
    /// The asset that it is a field of.
    pub asset_id: Uuid,
}

impl SecretStore {
    /// The stored secret versions of a tenant with this fingerprint, at most 1,000. Whether one is still in force, and
    /// who may know of it, the ledger tells.
    ///
    /// # Errors
    /// When Postgres fails.
    pub async fn find_equal(
        &self,
        tenant_id: Uuid,
        fingerprint: &Fingerprint,
    ) -> Result<Vec<EqualSecret>, StoreError> {
        let failed = failed_to("look for equal secrets");
        let mut client = self.pool.get().await.map_err(StoreError::Connect)?;
        let transaction = begin(&mut client, tenant_id).await?;
        let statement = transaction
            .prepare_cached(FIND_EQUAL)
            .await
            .map_err(failed)?;
        let rows = transaction
            .query(
                &statement,
                &[&tenant_id, &fingerprint.as_bytes().as_slice(), &EQUALS_MAX],
            )
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        rows.iter()
            .map(|row| {
                Ok(EqualSecret {
                    secret: SecretRef::in_row(row).map_err(failed)?,
                    asset_id: row.try_get("asset_id").map_err(failed)?,
                })
            })
            .collect()
    }

    pub(crate) async fn index_key(&self, tenant_id: Uuid) -> Result<Option<Wrapped>, StoreError> {
        let failed = failed_to("get an index key");
        let mut client = self.pool.get().await.map_err(StoreError::Connect)?;
        let transaction = begin(&mut client, tenant_id).await?;
        let row = transaction
            .query_opt(INDEX_KEY, &[&tenant_id])
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        row.map(|row| wrapped_in(&row).map_err(failed)).transpose()
    }

    /// Stores and commits a tenant's index key, unless there is one. Answers the one that stands.
    pub(crate) async fn put_index_key(
        &self,
        tenant_id: Uuid,
        wrapped: &Wrapped,
    ) -> Result<Wrapped, StoreError> {
        let failed = failed_to("put an index key");
        let mut client = self.pool.get().await.map_err(StoreError::Connect)?;
        let transaction = begin(&mut client, tenant_id).await?;
        transaction
            .execute(
                PUT_INDEX_KEY,
                &[
                    &tenant_id,
                    &wrapped.key_version,
                    &wrapped.nonce.as_slice(),
                    &wrapped.ciphertext,
                ],
            )
            .await
            .map_err(failed)?;
        let row = transaction
            .query_one(INDEX_KEY, &[&tenant_id])
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        wrapped_in(&row).map_err(failed)
    }
}
