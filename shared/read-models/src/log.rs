//! What the drivers read from the log beside the reader's pages.

use deadpool_postgres::{Object, Pool};
use event_log::{Reader, Recorded};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{
    error::{Doing, Error},
    world::Stream,
};

/// Streams that one query reads: with some ten events each it answers some megabytes.
const STREAMS_MAX: usize = 500;

/// The log, as a role that sees all tenants.
#[derive(Clone)]
pub(crate) struct Log {
    pool: Pool,
    pub(crate) reader: Reader,
}

/// A part of a stream: its events below a version and up to a sequence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) stream: Stream,
    pub(crate) below: i32,
    pub(crate) until: i64,
}

impl Log {
    pub(crate) fn new(pool: Pool) -> Self {
        Self {
            reader: Reader::new(pool.clone()),
            pool,
        }
    }

    /// The events of parts of streams, in the order of the log within each query's streams.
    pub(crate) async fn streams(&self, wanted: &[Wanted]) -> Result<Vec<Recorded>, Error> {
        let mut events = Vec::new();
        let client = self.client().await?;
        let statement = client
            .prepare_cached(include_str!("sql/streams.sql"))
            .await
            .doing("prepare reading streams")?;
        for wanted in wanted.chunks(STREAMS_MAX) {
            let tenants: Vec<Uuid> = wanted.iter().map(|part| part.stream.0).collect();
            let streams: Vec<Uuid> = wanted.iter().map(|part| part.stream.1).collect();
            let below: Vec<i32> = wanted.iter().map(|part| part.below).collect();
            let until: Vec<i64> = wanted.iter().map(|part| part.until).collect();
            let rows = client
                .query(&statement, &[&tenants, &streams, &below, &until])
                .await
                .doing("read streams")?;
            for row in &rows {
                events.push(recorded(row).doing("read an event of a stream")?);
            }
        }
        Ok(events)
    }

    /// The identity of the event at a place of the log; none if the log ends before it.
    pub(crate) async fn event_id(&self, sequence: i64) -> Result<Option<Uuid>, Error> {
        let sql = "select event_id from log.event where sequence = $1";
        let row = self
            .client()
            .await?
            .query_opt(sql, &[&sequence])
            .await
            .doing("look up an event")?;
        row.map(|row| row.try_get(0))
            .transpose()
            .doing("look up an event")
    }

    /// Where the log ends; 0 while it is empty.
    pub(crate) async fn head(&self) -> Result<i64, Error> {
        let sql = "select coalesce(max(sequence), 0) from log.event";
        let row = self
            .client()
            .await?
            .query_one(sql, &[])
            .await
            .doing("find the log's end")?;
        row.try_get(0).doing("find the log's end")
    }

    async fn client(&self) -> Result<Object, Error> {
        self.pool.get().await.map_err(|source| Error::Connect {
            database: "the log",
            source,
        })
    }
}

fn recorded(row: &Row) -> Result<Recorded, tokio_postgres::Error> {
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
        payload: row.try_get(9)?,
        metadata: row.try_get(10)?,
        effective_on: row.try_get(11)?,
        recorded_at: row.try_get(12)?,
    })
}
