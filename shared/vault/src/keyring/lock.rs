//! One at a time changes the keys.

use std::time::{Duration, Instant};

use deadpool_postgres::ClientWrapper;

use super::KeyRingError;
use crate::store::{SecretStore, StoreError};

/// Keeps two from changing the keys at once. A number of our own; nobody else may take it.
const KEYS_LOCK: i64 = 0x7661_756c_746b_6579;

/// How long to wait for the lock: longer than Postgres takes to notice that a killed holder is gone.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// Between tries to get it.
const LOCK_POLL: Duration = Duration::from_millis(100);

/// The lock on the keys. It ends with its connection, so with the process too.
pub(super) struct Lock {
    connection: ClientWrapper,
}

impl Lock {
    /// Waits for it, a bounded time.
    pub(super) async fn take(store: &SecretStore) -> Result<Self, KeyRingError> {
        let lock = Self {
            connection: store.own_connection().await?,
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

    async fn is_taken(&self) -> Result<bool, KeyRingError> {
        self.ask("select pg_try_advisory_lock($1)", "lock the keys")
            .await
    }

    /// Whoever lost the connection lost the lock, and another may be changing the keys.
    pub(super) async fn still_held(&self) -> Result<(), KeyRingError> {
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
