//! Work that one process at a time does.

use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Object, Pool, PoolError};
use tokio::time::timeout;

/// A server that does not answer for so long has not kept the lock for us, as far as anybody knows.
const ANSWER_WAIT: Duration = Duration::from_secs(5);

/// Why it is not known who leads.
#[derive(Debug, thiserror::Error)]
pub enum LeadError {
    /// No connection could be had.
    #[error("no connection to ask who does the work")]
    Connect(#[source] PoolError),
    /// The lock could not be asked for.
    #[error("cannot ask who does the work")]
    Query(#[source] tokio_postgres::Error),
}

/// The right to do some work, as long as this value lives and its connection does. It keeps two processes from
/// doing the same at once in all but rare moments; what they do must bear those.
pub struct Leader {
    session: ClientWrapper,
}

impl Leader {
    /// The right, if no other process has it. The lock is one of the session: it is lost with the connection.
    ///
    /// # Errors
    /// If the database can't be asked.
    pub async fn try_lead(pool: &Pool, work: &str) -> Result<Option<Self>, LeadError> {
        let session = pool.get().await.map_err(LeadError::Connect)?;
        let asked = session
            .query_one(
                "select pg_try_advisory_lock(hashtextextended($1, 0))",
                &[&work],
            )
            .await
            .map_err(LeadError::Query)?;
        let leads = asked.try_get(0).map_err(LeadError::Query)?;
        // Out of the pool, or the lock would outlive its holder within it.
        Ok(if leads {
            Some(Self {
                session: Object::take(session),
            })
        } else {
            None
        })
    }

    /// Whether the connection, and with it the right, is still there.
    pub async fn still_leads(&self) -> bool {
        let asked = self.session.simple_query("select 1");
        matches!(timeout(ANSWER_WAIT, asked).await, Ok(Ok(_)))
    }
}
