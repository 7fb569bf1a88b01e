//! What a rotation reads and writes: pages of rows, and how far each version of the key came.

use deadpool_postgres::{ClientWrapper, Object};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{SecretRef, SecretStore, StoreError, begin, failed_to, sealed_in, wrapped_in};
use crate::aad::Aad;
use crate::envelope::{Sealed, Wrapped};
use crate::fingerprint::Fingerprint;

const KEY_USAGE: &str = "select key_version, secrets, index_keys from vault.key_usage()";
const KEY_RECORDS: &str = "select version, promoted_at is not null as promoted, \
     rewrapped_at is not null as rewrapped, destroyed_at is not null as destroyed from vault.key_version";
const BEGIN_ROTATION: &str = include_str!("begin_rotation.sql");
const END_ROTATION: &str = "update vault.key_version set rewrapped_at = now() where version = $1";
const CONDEMN_KEY: &str = "select vault.condemn_key($1)";
const TENANTS_UNDER_OLDER_KEY: &str = "select vault.tenants_under_older_key($1, $2, $3)";
const TENANTS_WITHOUT_FINGERPRINT: &str = "select vault.tenants_without_fingerprint($1, $2)";
const WITHOUT_FINGERPRINT: &str = "select vault.without_fingerprint()";
const UNDER_OLDER_KEY: &str = include_str!("under_older_key.sql");
const REPLACE_WRAPPINGS: &str = include_str!("replace_wrappings.sql");
const REPLACE_INDEX_WRAPPING: &str = include_str!("replace_index_wrapping.sql");
const ROWS_WITHOUT_FINGERPRINT: &str = include_str!("rows_without_fingerprint.sql");
const SET_FINGERPRINTS: &str = include_str!("set_fingerprints.sql");

/// Tenants that are asked for at once.
const TENANTS_PAGE: i32 = 500;

/// What names a version of the key-encryption key, over all tenants.
#[derive(Clone, Copy)]
pub(crate) struct KeyUsage {
    pub(crate) version: i32,
    pub(crate) secrets: u64,
    pub(crate) index_keys: u64,
}

/// What is recorded of a version.
#[derive(Clone, Copy)]
pub(crate) struct KeyRecord {
    pub(crate) version: i32,
    /// A rotation is under way to one that is promoted and not rewrapped.
    pub(crate) promoted: bool,
    pub(crate) rewrapped: bool,
    pub(crate) destroyed: bool,
}

/// A data key that was wrapped anew.
pub(crate) struct Rewrapped {
    pub(crate) secret: SecretRef,
    /// The version that wrapped it before.
    pub(crate) from: i32,
    pub(crate) wrapped: Wrapped,
}

impl SecretStore {
    /// A connection that is not the pool's any more: what is locked on it is let go when it is dropped, however.
    pub(crate) async fn own_connection(&self) -> Result<ClientWrapper, StoreError> {
        let client = self.pool.get().await.map_err(StoreError::Connect)?;
        Ok(Object::take(client))
    }

    pub(crate) async fn key_usage(&self) -> Result<Vec<KeyUsage>, StoreError> {
        let failed = failed_to("count what each key wraps");
        let count = |row: &Row, column: &str| -> Result<u64, StoreError> {
            let count: i64 = row.try_get(column).map_err(failed)?;
            Ok(count.unsigned_abs())
        };
        self.query("count what each key wraps", KEY_USAGE, &[])
            .await?
            .iter()
            .map(|row| {
                Ok(KeyUsage {
                    version: row.try_get("key_version").map_err(failed)?,
                    secrets: count(row, "secrets")?,
                    index_keys: count(row, "index_keys")?,
                })
            })
            .collect()
    }

    pub(crate) async fn key_records(&self) -> Result<Vec<KeyRecord>, StoreError> {
        let failed = failed_to("read how far rotations came");
        self.query("read how far rotations came", KEY_RECORDS, &[])
            .await?
            .iter()
            .map(|row| {
                Ok(KeyRecord {
                    version: row.try_get("version").map_err(failed)?,
                    promoted: row.try_get("promoted").map_err(failed)?,
                    rewrapped: row.try_get("rewrapped").map_err(failed)?,
                    destroyed: row.try_get("destroyed").map_err(failed)?,
                })
            })
            .collect()
    }

    pub(crate) async fn begin_rotation(&self, version: i32) -> Result<(), StoreError> {
        self.query("record a rotation", BEGIN_ROTATION, &[&version])
            .await
            .map(|_| ())
    }

    pub(crate) async fn end_rotation(&self, version: i32) -> Result<(), StoreError> {
        self.query("record a rotation's end", END_ROTATION, &[&version])
            .await
            .map(|_| ())
    }

    /// Closes a version for ever if no row names it; answers how many do.
    pub(crate) async fn condemn_key(&self, version: i32) -> Result<u64, StoreError> {
        self.count("close a key", CONDEMN_KEY, &[&version]).await
    }

    pub(crate) async fn without_fingerprint(&self) -> Result<u64, StoreError> {
        self.count("count fingerprints", WITHOUT_FINGERPRINT, &[])
            .await
    }

    pub(crate) async fn tenants_under_older_key(
        &self,
        newest: i32,
        after: Uuid,
    ) -> Result<Vec<Uuid>, StoreError> {
        self.tenants(TENANTS_UNDER_OLDER_KEY, &[&newest, &after, &TENANTS_PAGE])
            .await
    }

    pub(crate) async fn tenants_without_fingerprint(
        &self,
        after: Uuid,
    ) -> Result<Vec<Uuid>, StoreError> {
        self.tenants(TENANTS_WITHOUT_FINGERPRINT, &[&after, &TENANTS_PAGE])
            .await
    }

    /// A page of a tenant's wrapped data keys, with the place that each row claims.
    pub(crate) async fn under_older_key(
        &self,
        tenant_id: Uuid,
        newest: i32,
        after: SecretRef,
        rows_max: i64,
    ) -> Result<Vec<(Aad, Wrapped)>, StoreError> {
        let failed = failed_to("list what an older key wraps");
        let mut client = self.pool.get().await.map_err(StoreError::Connect)?;
        let transaction = begin(&mut client, tenant_id).await?;
        let rows = transaction
            .query(
                UNDER_OLDER_KEY,
                &[
                    &tenant_id,
                    &newest,
                    &after.secret_id,
                    &after.version,
                    &rows_max,
                ],
            )
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        rows.iter()
            .map(|row| {
                Ok((
                    place_in(row, tenant_id).map_err(failed)?,
                    wrapped_in(row).map_err(failed)?,
                ))
            })
            .collect()
    }

    /// Stores and commits new wrappings together, each if the row is still under the version that it was made from.
    /// Answers how many were.
    pub(crate) async fn replace_wrappings(
        &self,
        tenant_id: Uuid,
        rewrapped: &[Rewrapped],
    ) -> Result<u64, StoreError> {
        let each = rewrapped.iter();
        let secrets: Vec<Uuid> = each.clone().map(|row| row.secret.secret_id).collect();
        let versions: Vec<i32> = each.clone().map(|row| row.secret.version).collect();
        let from: Vec<i32> = each.clone().map(|row| row.from).collect();
        let to: Vec<i32> = each.clone().map(|row| row.wrapped.key_version).collect();
        let nonces: Vec<&[u8]> = each
            .clone()
            .map(|row| row.wrapped.nonce.as_slice())
            .collect();
        let keys: Vec<&[u8]> = each.map(|row| row.wrapped.ciphertext.as_slice()).collect();
        self.change(
            "rewrap secrets",
            tenant_id,
            REPLACE_WRAPPINGS,
            &[&tenant_id, &secrets, &versions, &from, &to, &nonces, &keys],
        )
        .await
    }

    /// As [`SecretStore::replace_wrappings`], for the tenant's index key.
    pub(crate) async fn replace_index_wrapping(
        &self,
        tenant_id: Uuid,
        from: i32,
        wrapped: &Wrapped,
    ) -> Result<u64, StoreError> {
        self.change(
            "rewrap an index key",
            tenant_id,
            REPLACE_INDEX_WRAPPING,
            &[
                &tenant_id,
                &from,
                &wrapped.key_version,
                &wrapped.nonce.as_slice(),
                &wrapped.ciphertext,
            ],
        )
        .await
    }

    /// A page of a tenant's secrets, with the place that each row claims.
    pub(crate) async fn rows_without_fingerprint(
        &self,
        tenant_id: Uuid,
        after: SecretRef,
        rows_max: i64,
    ) -> Result<Vec<(Aad, Sealed)>, StoreError> {
        let failed = failed_to("list secrets without a fingerprint");
        let mut client = self.pool.get().await.map_err(StoreError::Connect)?;
        let transaction = begin(&mut client, tenant_id).await?;
        let rows = transaction
            .query(
                ROWS_WITHOUT_FINGERPRINT,
                &[&tenant_id, &after.secret_id, &after.version, &rows_max],
            )
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        rows.iter()
            .map(|row| Ok((place_in(row, tenant_id).map_err(failed)?, sealed_in(row)?)))
            .collect()
    }

    /// Stores and commits fingerprints where there are none. Answers how many.
    pub(crate) async fn set_fingerprints(
        &self,
        tenant_id: Uuid,
        fingerprints: &[(SecretRef, Fingerprint)],
    ) -> Result<u64, StoreError> {
        let each = fingerprints.iter();
        let secrets: Vec<Uuid> = each.clone().map(|(secret, _)| secret.secret_id).collect();
        let versions: Vec<i32> = each.clone().map(|(secret, _)| secret.version).collect();
        let hashes: Vec<&[u8]> = each.map(|(_, hash)| hash.as_bytes().as_slice()).collect();
        self.change(
            "store fingerprints",
            tenant_id,
            SET_FINGERPRINTS,
            &[&tenant_id, &secrets, &versions, &hashes],
        )
        .await
    }

    async fn change(
        &self,
        operation: &'static str,
        tenant_id: Uuid,
        statement: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, StoreError> {
        let failed = failed_to(operation);
        let mut client = self.pool.get().await.map_err(StoreError::Connect)?;
        let transaction = begin(&mut client, tenant_id).await?;
        let statement = transaction
            .prepare_cached(statement)
            .await
            .map_err(failed)?;
        let changed = transaction
            .execute(&statement, parameters)
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(changed)
    }

    /// What concerns no tenant, or only by its id.
    async fn query(
        &self,
        operation: &'static str,
        statement: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let client = self.pool.get().await.map_err(StoreError::Connect)?;
        client
            .query(statement, parameters)
            .await
            .map_err(failed_to(operation))
    }

    async fn count(
        &self,
        operation: &'static str,
        statement: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, StoreError> {
        let client = self.pool.get().await.map_err(StoreError::Connect)?;
        let row = client
            .query_one(statement, parameters)
            .await
            .map_err(failed_to(operation))?;
        let count: i64 = row.try_get(0).map_err(failed_to(operation))?;
        Ok(count.unsigned_abs())
    }

    async fn tenants(
        &self,
        statement: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Uuid>, StoreError> {
        let operation = "list whose rows are left";
        self.query(operation, statement, parameters)
            .await?
            .iter()
            .map(|row| row.try_get(0).map_err(failed_to(operation)))
            .collect()
    }
}

/// The row itself says what it is bound to. If it lies, its key does not open, and so is not wrapped anew.
fn place_in(row: &Row, tenant_id: Uuid) -> Result<Aad, tokio_postgres::Error> {
    Ok(Aad {
        tenant_id,
        asset_id: row.try_get("asset_id")?,
        secret_id: row.try_get("secret_id")?,
        field_key: row.try_get("field_key")?,
        version: row.try_get("version")?,
    })
}
