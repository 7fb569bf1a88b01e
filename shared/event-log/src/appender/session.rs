//! The append task's connection, and what it writes.

use chrono::{DateTime, Utc};
use futures_util::future::join;
use tokio::task::JoinHandle;
use tokio::time::Duration;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, Statement};
use uuid::Uuid;

use super::draft::Writing;
use super::memory::Head;
use super::trouble::{Trouble, bounded};
use crate::json::JsonText;

/// How long to wait for a connection.
const CONNECT_WAIT: Duration = Duration::from_secs(5);

/// How long to wait for an answer. The server gives up before (5 s a statement, of which 2 s for a
/// lock), so a longer silence is a connection that is cut.
pub(super) const STATEMENT_WAIT: Duration = Duration::from_secs(8);

/// The lock that writers take in turn after one of them lost a race. A number of our own.
const LOG_LOCK: i64 = 0x6c6f_675f_6c6f;

/// What may be known of an event whoever its tenant is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) sequence: i64,
    pub(super) event_id: Uuid,
    pub(super) tenant_id: Uuid,
    pub(super) entry: i64,
    pub(super) stream_id: Uuid,
    pub(super) recorded_at: DateTime<Utc>,
}

pub(super) struct Statements {
    pub(super) append: Statement,
    pub(super) append_all: Statement,
    pub(super) cover: Statement,
    pub(super) lock: Statement,
    pub(super) head: Statement,
    pub(super) head_is: Statement,
    pub(super) headers: Statement,
    pub(super) streams: Statement,
    pub(super) claims: Statement,
    pub(super) receipts: Statement,
    pub(super) entries: Statement,
}

/// A connection of the command role.
pub(super) struct Session {
    pub(super) client: Client,
    driver: JoinHandle<()>,
    pub(super) statements: Statements,
    /// The tenants that the session may see, sorted; none if that is not certain.
    covered: Option<Vec<Uuid>>,
    locked: bool,
}

impl Drop for Session {
    fn drop(&mut self) {
        // Left alone, it would wait for answers of a peer that may be gone.
        self.driver.abort();
    }
}

impl Session {
    pub(super) async fn open(config: &Config) -> Result<Self, Trouble> {
        bounded(CONNECT_WAIT, async {
            let (client, connection) = config.connect(NoTls).await?;
            let driver = tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::warn!(%error, "the append connection ended");
                }
            });
            client
                .batch_execute(include_str!("../sql/session.sql"))
                .await?;
            let statements = prepare(&client).await?;
            Ok(Self {
                client,
                driver,
                statements,
                covered: None,
                locked: false,
            })
        })
        .await
    }

    /// Returns when the connection has ended.
    pub(super) async fn ended(&mut self) {
        // However the driver ended, the connection is no more.
        let _ = (&mut self.driver).await;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    pub(super) async fn head(&self) -> Result<Head, Trouble> {
        bounded(STATEMENT_WAIT, async {
            let row = self.client.query_opt(&self.statements.head, &[]).await?;
            row.map_or(Ok(Head::default()), |row| {
                Ok(Head {
                    sequence: row.try_get(0)?,
                    event_id: row.try_get(1)?,
                    recorded_at: row.try_get(2)?,
                })
            })
        })
        .await
    }

    /// Whether the log ends with this event at this moment.
    pub(super) async fn head_is(&self, head: Head) -> Result<bool, Trouble> {
        bounded(STATEMENT_WAIT, async {
            let parameters: [&(dyn ToSql + Sync); 2] = [&head.sequence, &head.event_id];
            let row = self
                .client
                .query_one(&self.statements.head_is, &parameters)
                .await?;
            row.try_get(0)
        })
        .await
    }

    pub(super) async fn headers_after(
        &self,
        sequence: i64,
        most: i32,
    ) -> Result<Vec<Header>, Trouble> {
        bounded(STATEMENT_WAIT, async {
            let rows = self
                .client
                .query(&self.statements.headers, &[&sequence, &most])
                .await?;
            rows.iter()
                .map(|row| {
                    Ok(Header {
                        sequence: row.try_get(0)?,
                        event_id: row.try_get(1)?,
                        tenant_id: row.try_get(2)?,
                        entry: row.try_get(3)?,
                        stream_id: row.try_get(4)?,
                        recorded_at: row.try_get(6)?,
                    })
                })
                .collect()
        })
        .await
    }

    /// Begins a transaction that holds the log's lock.
    pub(super) async fn lock(&mut self) -> Result<(), Trouble> {
        self.locked = true;
        bounded(STATEMENT_WAIT, async {
            let (begun, locked) = join(
                self.client.batch_execute("begin"),
                self.client.execute(&self.statements.lock, &[&LOG_LOCK]),
            )
            .await;
            begun.and(locked)
        })
        .await?;
        Ok(())
    }

    /// Ends the transaction that holds the lock, if there is one.
    pub(super) async fn unlock(&mut self) -> Result<(), Trouble> {
        if !self.locked {
            return Ok(());
        }
        self.locked = false;
        // A setting made in the transaction goes with it.
        self.covered = None;
        bounded(STATEMENT_WAIT, self.client.batch_execute("rollback")).await
    }

    /// Appends behind the head; answers whether the log still ended there. Nothing is believed but
    /// the number of rows: a commit answers the same when there is nothing left to commit.
    pub(super) async fn append(
        &mut self,
        tenants: &[Uuid],
        writing: &Writing,
        head: Head,
    ) -> Result<bool, Trouble> {
        let cover = self.covering(tenants);
        let locked = std::mem::take(&mut self.locked);
        let appended = bounded(STATEMENT_WAIT, async {
            let ((cover, appended), ended) = join(
                join(self.cover(cover.as_deref()), self.write(writing, head)),
                async {
                    if locked {
                        self.client.batch_execute("commit").await?;
                    }
                    Ok::<_, tokio_postgres::Error>(())
                },
            )
            .await;
            cover?;
            let appended = appended?;
            ended?;
            Ok(appended)
        })
        .await;
        self.settle_cover(appended.is_ok(), tenants);
        Ok(appended? == writing.rows.count())
    }

    /// The setting that these tenants need, if it is not in force already.
    pub(super) fn covering(&self, tenants: &[Uuid]) -> Option<String> {
        if self.covered.as_deref() == Some(tenants) {
            return None;
        }
        let names: Vec<String> = tenants.iter().map(Uuid::to_string).collect();
        Some(names.join(","))
    }

    pub(super) fn settle_cover(&mut self, done: bool, tenants: &[Uuid]) {
        if !done {
            self.covered = None;
        } else if self.covered.as_deref() != Some(tenants) {
            self.covered = Some(tenants.to_vec());
        }
    }

    pub(super) async fn cover(&self, setting: Option<&str>) -> Result<(), tokio_postgres::Error> {
        if let Some(setting) = setting {
            self.client
                .execute(&self.statements.cover, &[&setting])
                .await?;
        }
        Ok(())
    }

    async fn write(&self, writing: &Writing, head: Head) -> Result<i64, tokio_postgres::Error> {
        let rows = &writing.rows;
        let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![
            &head.sequence,
            &head.event_id,
            &writing.recorded_at,
            &rows.tenant_id,
            &rows.entry,
            &rows.stream_id,
            &rows.version,
            &rows.event_id,
            &rows.event_type,
            &rows.schema_version,
            &rows.company_id,
            &rows.payload,
            &rows.metadata,
            &rows.effective_on,
        ];
        if writing.bare() {
            let appended = self
                .client
                .execute(&self.statements.append, &parameters)
                .await?;
            return Ok(i64::try_from(appended).unwrap_or(i64::MAX));
        }
        let beside = Beside::of(writing);
        parameters.extend(beside.parameters());
        self.client
            .query_one(&self.statements.append_all, &parameters)
            .await?
            .try_get(0)
    }
}

/// The columns of what is written beside the events.
#[derive(Default)]
struct Beside<'a> {
    taken: (Vec<Uuid>, Vec<&'a str>, Vec<&'a str>, Vec<Uuid>),
    released: (Vec<Uuid>, Vec<&'a str>, Vec<&'a str>),
    receipts: (Vec<Uuid>, Vec<Uuid>, Vec<&'a str>),
    kept: (Vec<&'a [u8]>, Vec<i16>, Vec<JsonText<&'a str>>),
}

impl<'a> Beside<'a> {
    fn of(writing: &'a Writing) -> Self {
        let mut beside = Self::default();
        for ((tenant, id), owner) in writing.claims_taken() {
            beside.taken.0.push(*tenant);
            beside.taken.1.push(&id.scope);
            beside.taken.2.push(&id.key);
            beside.taken.3.push(owner);
        }
        for (tenant, id) in writing.claims_released() {
            beside.released.0.push(*tenant);
            beside.released.1.push(&id.scope);
            beside.released.2.push(&id.key);
        }
        for ((tenant, principal, key), kept) in writing.receipts_new() {
            beside.receipts.0.push(*tenant);
            beside.receipts.1.push(*principal);
            beside.receipts.2.push(key);
            beside.kept.0.push(&kept.body_hmac);
            beside.kept.1.push(kept.receipt.status);
            beside.kept.2.push(JsonText(&kept.receipt.body));
        }
        beside
    }

    fn parameters(&self) -> [&(dyn ToSql + Sync); 13] {
        [
            &self.taken.0,
            &self.taken.1,
            &self.taken.2,
            &self.taken.3,
            &self.released.0,
            &self.released.1,
            &self.released.2,
            &self.receipts.0,
            &self.receipts.1,
            &self.receipts.2,
            &self.kept.0,
            &self.kept.1,
            &self.kept.2,
        ]
    }
}

async fn prepare(client: &Client) -> Result<Statements, tokio_postgres::Error> {
    Ok(Statements {
        append: client.prepare(include_str!("../sql/append.sql")).await?,
        append_all: client
            .prepare(include_str!("../sql/append_all.sql"))
            .await?,
        cover: client
            .prepare("select set_config('app.tenants', $1, false)")
            .await?,
        lock: client.prepare("select pg_advisory_xact_lock($1)").await?,
        head: client
            .prepare("select sequence, event_id, recorded_at from log.head()")
            .await?,
        head_is: client.prepare("select log.head_is($1, $2)").await?,
        headers: client
            .prepare(include_str!("../sql/headers_after.sql"))
            .await?,
        streams: client
            .prepare(include_str!("../sql/load_streams.sql"))
            .await?,
        claims: client
            .prepare(include_str!("../sql/load_claims.sql"))
            .await?,
        receipts: client
            .prepare(include_str!("../sql/load_receipts.sql"))
            .await?,
        entries: client
            .prepare(include_str!("../sql/load_entries.sql"))
            .await?,
    })
}
