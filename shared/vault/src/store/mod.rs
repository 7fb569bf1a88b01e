//! Where sealed values are kept: one table, one tenant at a time.

mod migrate;

use std::time::Duration;

use deadpool_postgres::{Pool, PoolError, Transaction};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::aad::Aad;
use crate::envelope::{NONCE_BYTES, Sealed};

pub use migrate::{MigrateError, migrate};

const PUT: &str = include_str!("put.sql");
const GET: &str = include_str!("get.sql");
const REPLACE_WRAPPING: &str = include_str!("replace_wrapping.sql");
const DESTROY: &str = "delete from vault.secret_version where tenant_id = $1 and secret_id = $2";
const OLDER_THAN: &str = include_str!("older_than.sql");
const DELETE_ORPHANS: &str = include_str!("delete_orphans.sql");

/// Rows that a sweep looks at in one step: few enough that no step holds its locks for long.
const SWEEP_PAGE_ROWS: i64 = 500;

/// One version of one secret, within a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecretRef {
    /// The secret.
    pub secret_id: Uuid,
    /// Its version, from 1.
    pub version: i32,
}

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No connection could be had from the pool.
    #[error("no connection to the vault's table")]
    Connect(#[source] PoolError),
    /// This version of the secret is stored already; it is never replaced.
    #[error("version {version} of secret {secret_id} is stored already", version = .0.version, secret_id = .0.secret_id)]
    Exists(SecretRef),
    /// A statement or its commit failed; after `put`, whether the row is there is not known.
    #[error("cannot {operation} in the vault's table")]
    Query {
        /// What was asked, as a verb.
        operation: &'static str,
        /// What Postgres said.
        #[source]
        source: tokio_postgres::Error,
    },
    /// A stored row has a nonce of another length: it was not written by this store.
    #[error("the stored row of version {version} of secret {secret_id} is malformed", version = .0.version, secret_id = .0.secret_id)]
    Malformed(SecretRef),
}

/// Sealed secret versions in Postgres, through a pool of the role `seatledger_vault`. Row level
/// security keeps each call within its tenant.
#[derive(Clone, Debug)]
pub struct SecretStore {
    pool: Pool,
}

impl SecretStore {
    /// A store on a pool whose connections log in as `seatledger_vault`.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Stores and commits one secret version. Do it before its SecretStored event is appended: a row
    /// without its event is swept, an event without its row would be a lost secret.
    ///
    /// # Errors
    /// `Exists` when the version is there already.
    pub async fn put(&self, aad: &Aad, sealed: &Sealed) -> Result<(), StoreError> {
        let failed = |source: tokio_postgres::Error| {
            if source.code() == Some(&SqlState::UNIQUE_VIOLATION) {
                StoreError::Exists(SecretRef {
                    secret_id: aad.secret_id,
                    version: aad.version,
                })
            } else {
                failed_to("put a secret")(source)
            }
        };
        let mut client = self.pool.get().await.map_err(StoreError::Connect)?;
        let transaction = begin(&mut client, aad.tenant_id).await?;
        let statement = transaction.prepare_cached(PUT).await.map_err(failed)?;
        transaction
            .execute(
                &statement,
                &[
                    &aad.tenant_id,
                    &aad.secret_id,
                    &aad.version,
                    &aad.asset_id,
                    &aad.field_key,
                    &sealed.key_version,
                    &sealed.wrap_nonce.as_slice(),
                    &sealed.wrapped_key,
                    &sealed.nonce.as_slice(),
                    &sealed.ciphertext,
                ],
            )
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    /// The sealed value of one secret version, if it is there. `aad` comes from the ledger: where the
    /// row disagrees with it, the value does not open.
    ///
    /// # Errors
    /// When Postgres fails, or the row is malformed.
    pub async fn get(&self, aad: &Aad) -> Result<Option<Sealed>, StoreError> {
        let failed = failed_to("get a secret");
        let mut client = self.pool.get().await.map_err(StoreError::Connect)?;
        let transaction = begin(&mut client, aad.tenant_id).await?;
        let statement = transaction.prepare_cached(GET).await.map_err(failed)?;
        let row = transaction
            .query_opt(&statement, &[&aad.tenant_id, &aad.secret_id, &aad.version])
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        let Some(row) = row else { return Ok(None) };
        let nonce = |column: &str| -> Result<[u8; NONCE_BYTES], StoreError> {
            row.try_get::<_, &[u8]>(column)
                .map_err(failed)?
                .try_into()
                .map_err(|_| {
                    StoreError::Malformed(SecretRef {
                        secret_id: aad.secret_id,
                        version: aad.version,
                    })
                })
        };
        Ok(Some(Sealed {
            key_version: row.try_get("key_version").map_err(failed)?,
            wrap_nonce: nonce("wrap_nonce")?,
            wrapped_key: row.try_get("wrapped_key").map_err(failed)?,
            nonce: nonce("nonce")?,
            ciphertext: row.try_get("ciphertext").map_err(failed)?,
        }))
    }

    /// Stores the wrapping that [`Vault::rewrap`](crate::Vault::rewrap) made, if the row is still under the key version
    /// `from`. Answers whether it was.
    ///
    /// # Errors
    /// When Postgres fails.
    pub async fn replace_wrapping(
        &self,
        aad: &Aad,
        from: i32,
        sealed: &Sealed,
    ) -> Result<bool, StoreError> {
        let failed = failed_to("rewrap a secret");
        let mut client = self.pool.get().await.map_err(StoreError::Connect)?;
        let transaction = begin(&mut client, aad.tenant_id).await?;
        let replaced = transaction
            .execute(
                REPLACE_WRAPPING,
                &[
                    &aad.tenant_id,
                    &aad.secret_id,
                    &aad.version,
                    &from,
                    &sealed.key_version,
                    &sealed.wrap_nonce.as_slice(),
                    &sealed.wrapped_key,
                ],
            )
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(replaced == 1)
    }

    /// Deletes all versions of a secret, and answers how many there were. Backups hold them until
    /// they expire.
    ///
    /// # Errors
    /// When Postgres fails.
    pub async fn destroy(&self, tenant_id: Uuid, secret_id: Uuid) -> Result<u64, StoreError> {
        let failed = failed_to("destroy a secret");
        let mut client = self.pool.get().await.map_err(StoreError::Connect)?;
        let transaction = begin(&mut client, tenant_id).await?;
        let deleted = transaction
            .execute(DESTROY, &[&tenant_id, &secret_id])
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(deleted)
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
        let mut after = SecretRef {
            secret_id: Uuid::nil(),
            version: 0,
        };
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
            .map(|row| {
                Ok(SecretRef {
                    secret_id: row.try_get("secret_id").map_err(failed)?,
                    version: row.try_get("version").map_err(failed)?,
                })
            })
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

fn failed_to(operation: &'static str) -> impl Fn(tokio_postgres::Error) -> StoreError + Copy {
    move |source| StoreError::Query { operation, source }
}

/// Starts a transaction that sees one tenant. The setting ends with it, so a pooled connection
/// carries no tenant to its next user.
async fn begin(
    client: &mut deadpool_postgres::Client,
    tenant_id: Uuid,
) -> Result<Transaction<'_>, StoreError> {
    let failed = failed_to("choose the tenant");
    let transaction = client.transaction().await.map_err(failed)?;
    transaction
        .query_typed(
            "select set_config('app.tenant', $1, true)",
            &[(&tenant_id.to_string(), Type::TEXT)],
        )
        .await
        .map_err(failed)?;
    Ok(transaction)
}
