//! Where sealed values are kept: one table, one tenant at a time.

mod equal;
mod migrate;
mod rotation;
mod sweep;

use deadpool_postgres::{Pool, PoolError, Transaction};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::aad::Aad;
use crate::envelope::{NONCE_BYTES, Sealed, Wrapped};
use crate::fingerprint::Fingerprint;

pub use equal::EqualSecret;
pub use migrate::{MigrateError, migrate};
pub(crate) use rotation::Rewrapped;

const PUT: &str = include_str!("put.sql");
const GET: &str = include_str!("get.sql");

/// One version of one secret, within a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecretRef {
    /// The secret.
    pub secret_id: Uuid,
    /// Its version, from 1.
    pub version: i32,
}

impl SecretRef {
    /// Before any that is stored, where paging begins.
    pub(crate) const NONE: Self = Self {
        secret_id: Uuid::nil(),
        version: 0,
    };

    fn in_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            secret_id: row.try_get("secret_id")?,
            version: row.try_get("version")?,
        })
    }
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

    /// Stores and commits one secret version with its fingerprint. Do it before its SecretStored event is appended: a
    /// row without its event is swept, an event without its row would be a lost secret.
    ///
    /// # Errors
    /// `Exists` when the version is there already. `Query` too when the key that wraps it was destroyed since it was
    /// sealed: seal it again.
    pub async fn put_with_fingerprint(
        &self,
        aad: &Aad,
        sealed: &Sealed,
        fingerprint: &Fingerprint,
    ) -> Result<(), StoreError> {
        self.insert(aad, sealed, Some(fingerprint)).await
    }

    /// As [`SecretStore::put_with_fingerprint`], for a value that is not to be found by its equals until
    /// [`KeyRing::backfill_fingerprints`](crate::KeyRing::backfill_fingerprints) has come by.
    ///
    /// # Errors
    /// As for [`SecretStore::put_with_fingerprint`].
    pub async fn put(&self, aad: &Aad, sealed: &Sealed) -> Result<(), StoreError> {
        self.insert(aad, sealed, None).await
    }

    async fn insert(
        &self,
        aad: &Aad,
        sealed: &Sealed,
        fingerprint: Option<&Fingerprint>,
    ) -> Result<(), StoreError> {
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
                    &fingerprint.map(|hash| hash.as_bytes().as_slice()),
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
        sealed_in(&row).map(Some)
    }
}

fn sealed_in(row: &Row) -> Result<Sealed, StoreError> {
    let failed = failed_to("read a secret's row");
    let nonce = |column: &str| -> Result<[u8; NONCE_BYTES], StoreError> {
        let nonce: &[u8] = row.try_get(column).map_err(failed)?;
        let malformed = SecretRef::in_row(row).map_err(failed)?;
        nonce
            .try_into()
            .map_err(|_| StoreError::Malformed(malformed))
    };
    Ok(Sealed {
        key_version: row.try_get("key_version").map_err(failed)?,
        wrap_nonce: nonce("wrap_nonce")?,
        wrapped_key: row.try_get("wrapped_key").map_err(failed)?,
        nonce: nonce("nonce")?,
        ciphertext: row.try_get("ciphertext").map_err(failed)?,
    })
}

/// A nonce of another length was not written by this store: with any other in its place the key does not open.
fn wrapped_in(row: &Row) -> Result<Wrapped, tokio_postgres::Error> {
    Ok(Wrapped {
        key_version: row.try_get("key_version")?,
        nonce: row
            .try_get::<_, &[u8]>("wrap_nonce")?
            .try_into()
            .unwrap_or_default(),
        ciphertext: row.try_get("wrapped_key")?,
    })
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
