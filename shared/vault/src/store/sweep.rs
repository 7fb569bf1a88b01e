//! What ends a secret: shredding, and sweeping what no event names.

use std::time::Duration;

use uuid::Uuid;

use super::{SecretRef, SecretStore, StoreError, begin, failed_to};

const SHRED: &str =
    "delete from vault.secret_version where tenant_id = $1 and secret_id = any ($2)";
const SECRETS_AFTER: &str = include_str!("secrets_after.sql");
const OLDER_THAN: &str = include_str!("older_than.sql");
const DELETE_ORPHANS: &str = include_str!("delete_orphans.sql");

/// Rows that a sweep looks at in one step: few enough that no step holds its locks for long.
const SWEEP_PAGE_ROWS: i64 = 500;

impl SecretStore {
    /// Deletes all versions of a secret and their fingerprints, and answers how many versions there were; again it
    /// answers 0. The ledger stays as it is. Backups hold the rows until they expire, or until the version of the
    /// key-encryption key that wraps them there is destroyed.
    ///
    /// # Errors
    /// When Postgres fails; [`SecretStore::finish_shreds`] makes up for it.
    pub async fn shred(&self, tenant_id: Uuid, secret_id: Uuid) -> Result<u64, StoreError> {
        self.shred_all(tenant_id, &[secret_id]).await
    }

    /// Shreds what the ledger says is destroyed and is still here: a service was killed between the two, say. Answers
    /// how many versions there were. `destroyed` is given a page of the tenant's secrets that have rows and answers
    /// those that the ledger says are destroyed; when it fails, nothing of that page is deleted.
    ///
    /// # Errors
    /// When Postgres fails, or what `destroyed` failed with.
    pub async fn finish_shreds<E, D>(
        &self,
        tenant_id: Uuid,
        mut destroyed: impl FnMut(Vec<Uuid>) -> D,
    ) -> Result<u64, E>
    where
        E: From<StoreError>,
        D: Future<Output = Result<Vec<Uuid>, E>>,
    {
        let mut shredded = 0;
        let mut after = Uuid::nil();
        loop {
            let page = self.secrets_after(tenant_id, after).await?;
            let Some(last) = page.last() else {
                return Ok(shredded);
            };
            after = *last;
            let mut named = destroyed(page.clone()).await?;
            // Only what it was asked about.
            named.retain(|secret_id| page.contains(secret_id));
            shredded += self.shred_all(tenant_id, &named).await?;
        }
    }

    async fn shred_all(&self, tenant_id: Uuid, secrets: &[Uuid]) -> Result<u64, StoreError> {
        if secrets.is_empty() {
            return Ok(0);
        }
        let failed = failed_to("shred secrets");
        let mut client = self.pool.get().await.map_err(StoreError::Connect)?;
        let transaction = begin(&mut client, tenant_id).await?;
        let deleted = transaction
            .execute(SHRED, &[&tenant_id, &secrets])
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(deleted)
    }

    async fn secrets_after(&self, tenant_id: Uuid, after: Uuid) -> Result<Vec<Uuid>, StoreError> {
        let failed = failed_to("list secrets");
        let mut client = self.pool.get().await.map_err(StoreError::Connect)?;
        let transaction = begin(&mut client, tenant_id).await?;
        let rows = transaction
            .query(SECRETS_AFTER, &[&tenant_id, &after, &SWEEP_PAGE_ROWS])
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        rows.iter()
            .map(|row| row.try_get("secret_id").map_err(failed))
            .collect()
    }

    /// Deletes the tenant's rows older than `older_than` (by Postgres's clock) whose SecretStored event
    /// never came, and answers how many. `known` is given a page of candidates and answers those that
    /// the ledger knows; when it fails, nothing of that page is deleted.
    ///
    /// `older_than` has to be longer than a command may wait for its append.
    ///
    /// # Errors
    /// When Postgres fails, or what `known` failed with.
    pub async fn sweep_orphans<E, K>(
        &self,
        tenant_id: Uuid,
        older_than: Duration,
        mut known: impl FnMut(Vec<SecretRef>) -> K,
    ) -> Result<u64, E>
    where
        E: From<StoreError>,
        K: Future<Output = Result<Vec<SecretRef>, E>>,
    {
        let mut swept = 0;
        let mut after = SecretRef::NONE;
        loop {
            let page = self.older_than(tenant_id, older_than, after).await?;
            let Some(last) = page.last() else {
                return Ok(swept);
            };
            after = *last;
            let known = known(page.clone()).await?;
            let orphans: Vec<SecretRef> = page
                .into_iter()
                .filter(|candidate| !known.contains(candidate))
                .collect();
            swept += self.delete(tenant_id, &orphans).await?;
        }
    }

    async fn older_than(
        &self,
        tenant_id: Uuid,
        older_than: Duration,
        after: SecretRef,
    ) -> Result<Vec<SecretRef>, StoreError> {
        let failed = failed_to("look for orphans");
        let mut client = self.pool.get().await.map_err(StoreError::Connect)?;
        let transaction = begin(&mut client, tenant_id).await?;
        let rows = transaction
            .query(
                OLDER_THAN,
                &[
                    &tenant_id,
                    &older_than.as_secs_f64(),
                    &after.secret_id,
                    &after.version,
                    &SWEEP_PAGE_ROWS,
                ],
            )
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        rows.iter()
            .map(|row| SecretRef::in_row(row).map_err(failed))
            .collect()
    }

    /// Deletes versions that no event names: what was sealed for a command that was then refused. Answers how
    /// many there were.
    ///
    /// # Errors
    /// When Postgres fails; what is left is swept later.
    pub async fn delete(&self, tenant_id: Uuid, orphans: &[SecretRef]) -> Result<u64, StoreError> {
        let failed = failed_to("delete orphans");
        let (ids, versions): (Vec<Uuid>, Vec<i32>) = orphans
            .iter()
            .map(|orphan| (orphan.secret_id, orphan.version))
            .unzip();
        let mut client = self.pool.get().await.map_err(StoreError::Connect)?;
        let transaction = begin(&mut client, tenant_id).await?;
        let deleted = transaction
            .execute(DELETE_ORPHANS, &[&tenant_id, &ids, &versions])
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(deleted)
    }
}
