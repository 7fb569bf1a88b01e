use deadpool_postgres::{Object, Pool, PoolError};
use futures_util::future::{join, join3};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};
use uuid::Uuid;

use crate::Recorded;
use crate::json::JsonText;

/// The most events that one read answers, whatever was asked for: with the largest envelopes it
/// keeps an answer at some 250 MiB, with usual ones at some 2 MiB.
const READ_EVENTS_MAX: usize = 1_000;

/// Why the log could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No connection could be had.
    #[error("no connection to the log")]
    Connect(#[source] PoolError),
    /// The statement failed.
    #[error("cannot read the log")]
    Query(#[source] tokio_postgres::Error),
}

/// Reads the log as whoever its pool logs in as.
#[derive(Clone)]
pub struct Reader {
    pool: Pool,
}

impl Reader {
    /// Reads through this pool.
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Events of all tenants after a sequence, in order; at most 1,000. For roles that see the whole log.
    ///
    /// # Errors
    /// If the database can't be reached or refuses.
    pub async fn read_after(
        &self,
        sequence: i64,
        limit: usize,
    ) -> Result<Vec<Recorded>, ReadError> {
        let client = self.client().await?;
        let statement = prepared(&client, include_str!("sql/read_after.sql")).await?;
        client
            .query(&statement, &[&sequence, &bounded(limit)])
            .await
            .map_err(ReadError::Query)?
            .iter()
            .map(recorded)
            .collect::<Result<_, _>>()
            .map_err(ReadError::Query)
    }

    /// One tenant's events after an entry, in order; at most 1,000.
    ///
    /// # Errors
    /// If the database can't be reached or refuses.
    pub async fn read_tenant_after(
        &self,
        tenant: Uuid,
        entry: i64,
        limit: usize,
    ) -> Result<Vec<Recorded>, ReadError> {
        let sql = include_str!("sql/read_tenant_after.sql");
        self.within(tenant, sql, &[&tenant, &entry, &bounded(limit)])
            .await
    }

    /// One stream's events after a version, in order; at most 1,000.
    ///
    /// # Errors
    /// If the database can't be reached or refuses.
    pub async fn read_stream(
        &self,
        tenant: Uuid,
        stream: Uuid,
        version: i32,
        limit: usize,
    ) -> Result<Vec<Recorded>, ReadError> {
        let sql = include_str!("sql/read_stream.sql");
        self.within(tenant, sql, &[&tenant, &stream, &version, &bounded(limit)])
            .await
    }

    /// One tenant's events by their sequences, in order: what a read model points to.
    ///
    /// # Errors
    /// If the database can't be reached or refuses.
    pub async fn read_sequences(
        &self,
        tenant: Uuid,
        sequences: &[i64],
    ) -> Result<Vec<Recorded>, ReadError> {
        let sql = include_str!("sql/read_sequences.sql");
        self.within(tenant, sql, &[&tenant, &sequences]).await
    }

    /// A tenant's last entry; 0 if it has none.
    ///
    /// # Errors
    /// If the database can't be reached or refuses.
    pub async fn last_entry(&self, tenant: Uuid) -> Result<i64, ReadError> {
        let client = self.client().await?;
        let sql = include_str!("sql/last_entry.sql");
        let rows = isolated(&client, tenant, sql, &[&tenant]).await?;
        rows.first()
            .map_or(Ok(0), |row| row.try_get(0))
            .map_err(ReadError::Query)
    }

    /// The log's last event, by sequence and id; none if there is none.
    ///
    /// # Errors
    /// If the database can't be reached or refuses.
    pub async fn head(&self) -> Result<Option<(i64, Uuid)>, ReadError> {
        let client = self.client().await?;
        let statement = prepared(&client, "select sequence, event_id from log.head()").await?;
        client
            .query_opt(&statement, &[])
            .await
            .map_err(ReadError::Query)?
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .transpose()
            .map_err(ReadError::Query)
    }

    async fn within(
        &self,
        tenant: Uuid,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Recorded>, ReadError> {
        let client = self.client().await?;
        isolated(&client, tenant, sql, parameters)
            .await?
            .iter()
            .map(recorded)
            .collect::<Result<_, _>>()
            .map_err(ReadError::Query)
    }

    async fn client(&self) -> Result<Object, ReadError> {
        self.pool.get().await.map_err(ReadError::Connect)
    }
}

async fn prepared(client: &Object, sql: &str) -> Result<Statement, ReadError> {
    client.prepare_cached(sql).await.map_err(ReadError::Query)
}

/// Runs a query in a transaction that sees one tenant. All four messages leave at once: it is one
/// round trip, and a caller that goes away can't leave the transaction open.
async fn isolated(
    client: &Object,
    tenant: Uuid,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>, ReadError> {
    let set_tenant = prepared(client, "select set_config('app.tenant', $1, true)").await?;
    let statement = prepared(client, sql).await?;
    let tenant = tenant.to_string();
    let set_parameters: [&(dyn ToSql + Sync); 1] = [&tenant];
    let ((begun, set), rows, ended) = join3(
        join(
            client.batch_execute("begin read only"),
            client.execute(&set_tenant, &set_parameters),
        ),
        client.query(&statement, parameters),
        client.batch_execute("commit"),
    )
    .await;
    begun
        .and(set)
        .and(rows)
        .and_then(|rows| ended.map(|()| rows))
        .map_err(ReadError::Query)
}

fn bounded(limit: usize) -> i64 {
    i64::try_from(limit.min(READ_EVENTS_MAX)).unwrap_or(i64::MAX)
}

/// Reads a row with the columns of [`Recorded`], in its order.
pub(crate) fn recorded(row: &Row) -> Result<Recorded, tokio_postgres::Error> {
    Ok(Recorded {
        sequence: row.try_get(0)?,
        tenant_id: row.try_get(1)?,
        entry: row.try_get(2)?,
        stream_id: row.try_get(3)?,
        version: row.try_get(4)?,
        event_id: row.try_get(5)?,
        event_type: row.try_get(6)?,
        schema_version: row.try_get(7)?,
        company_id: row.try_get(8)?,
        payload: row.try_get::<_, JsonText<String>>(9)?.0,
        metadata: row.try_get::<_, JsonText<String>>(10)?.0,
        effective_on: row.try_get(11)?,
        recorded_at: row.try_get(12)?,
    })
}
