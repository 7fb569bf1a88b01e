//! The schema `integration`, of one integration at a time.

use contract::{DecodeError, decode, encode};
use deadpool_postgres::{Object, Pool, PoolError, Transaction};
use domain::{
    Event, Subject,
    alert::Finding,
    ids::{IntegrationId, TenantId},
    integration::Integration,
};
use event_log::{ReadError, Reader, Recorded};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use tokio_postgres::{Row, types::FromSql};

use crate::context::LookupError;

/// Events read in one page.
pub(crate) const PAGE: usize = 500;

/// The database, or what stands in it, is not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No connection could be had.
    #[error("no connection to the database of integrations")]
    Connect(#[source] PoolError),
    /// A statement failed.
    #[error("cannot read or write what integrations keep")]
    Query(#[from] tokio_postgres::Error),
    /// What was kept can't be read.
    #[error("cannot read what integrations kept")]
    Kept(#[from] serde_json::Error),
    /// An event can't be read.
    #[error("cannot read an event of the ledger")]
    Event(#[from] DecodeError),
    /// The log can't be read.
    #[error(transparent)]
    Log(#[from] ReadError),
    /// A name or a secret can't be looked up.
    #[error(transparent)]
    Lookup(#[from] LookupError),
}

/// One integration's rows.
#[derive(Clone)]
pub(crate) struct Store {
    pub(crate) pool: Pool,
    pub(crate) tenant: TenantId,
    pub(crate) id: IntegrationId,
}

/// How far an integration has come.
#[derive(Debug, Clone)]
pub(crate) struct Subscriber {
    pub(crate) entry: i64,
    pub(crate) version: i32,
    pub(crate) health: Json,
    pub(crate) paused_because: Option<String>,
    pub(crate) calls_hour: Option<chrono::DateTime<chrono::Utc>>,
    pub(crate) calls: i32,
    pub(crate) digest_day: Option<chrono::NaiveDate>,
}

/// A finding as it is kept: as the log would hold it.
#[derive(Serialize, Deserialize)]
struct Kept {
    version: i16,
    raised: Json,
}

pub(crate) fn keep(finding: &Finding) -> Result<Json, StoreError> {
    let stored = encode(&Event::AlertRaised {
        finding: finding.clone(),
        occurrence: 1,
    });
    Ok(serde_json::to_value(Kept {
        version: stored.schema_version,
        raised: serde_json::from_str(&stored.payload)?,
    })?)
}

pub(crate) fn kept(json: Json) -> Result<Option<Finding>, StoreError> {
    let kept: Kept = serde_json::from_value(json)?;
    let event = decode("AlertRaised", kept.version, &kept.raised.to_string())?;
    Ok(match event {
        Event::AlertRaised { finding, .. } => Some(finding),
        _ => None,
    })
}

pub(crate) fn column<'r, T: FromSql<'r>>(row: &'r Row, name: &str) -> Result<T, StoreError> {
    Ok(row.try_get(name)?)
}

pub(crate) async fn client(pool: &Pool) -> Result<Object, StoreError> {
    pool.get().await.map_err(StoreError::Connect)
}

/// A transaction that sees one account.
pub(crate) async fn within(
    client: &mut Object,
    tenant: TenantId,
) -> Result<Transaction<'_>, StoreError> {
    let transaction = client.transaction().await?;
    let statement = transaction
        .prepare_cached("select set_config('app.tenant', $1, true)")
        .await?;
    transaction
        .execute(&statement, &[&tenant.to_string()])
        .await?;
    Ok(transaction)
}

impl Store {
    pub(crate) async fn client(&self) -> Result<Object, StoreError> {
        client(&self.pool).await
    }

    pub(crate) async fn subscriber(&self) -> Result<Option<Subscriber>, StoreError> {
        let mut client = self.client().await?;
        let tx = within(&mut client, self.tenant).await?;
        let statement = tx
            .prepare_cached(include_str!("store/subscriber.sql"))
            .await?;
        let row = tx
            .query_opt(&statement, &[&self.tenant.0, &self.id.0])
            .await?;
        tx.commit().await?;
        row.map(|row| {
            Ok(Subscriber {
                entry: column(&row, "entry")?,
                version: column(&row, "version")?,
                health: column(&row, "health")?,
                paused_because: column(&row, "paused_because")?,
                calls_hour: column(&row, "calls_hour")?,
                calls: column(&row, "calls")?,
                digest_day: column(&row, "digest_day")?,
            })
        })
        .transpose()
    }

    /// The integration's own stream.
    pub(crate) async fn stream(&self, after: i32) -> Result<Vec<Recorded>, StoreError> {
        let reader = Reader::new(self.pool.clone());
        let mut all = Vec::new();
        let mut after = after;
        loop {
            let page = reader
                .read_stream(self.tenant.0, self.id.0, after, PAGE)
                .await?;
            let ended = page.len() < PAGE;
            after = page.last().map_or(after, |event| event.version);
            all.extend(page);
            if ended {
                return Ok(all);
            }
        }
    }
}

/// An integration as some events of its stream made it.
pub(crate) fn folded(events: &[Recorded]) -> Result<Option<Integration>, StoreError> {
    let mut subject = Subject::default();
    for event in events {
        subject.evolve(&contract::fact(event)?, event.recorded_at);
    }
    Ok(match subject {
        Subject::Integration(integration) => Some(*integration),
        _ => None,
    })
}
