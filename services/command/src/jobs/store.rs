//! Where jobs are kept: three tables, one account at a time.

use std::sync::Arc;

use deadpool_postgres::{Client, Pool, PoolError, Transaction};
use domain::ids::{TenantId, TokenId};
use tokio::sync::Notify;
use uuid::Uuid;
use web::problem::Problem;

use super::{BATCH_ROWS, FAULTS_SHOWN, KEPT_DAYS, KEPT_MAX, LEASE, OPEN_MAX, job::Job};
use crate::imports::{Batch, RowError};

const COLUMNS: &str = include_str!("sql/columns.sql");
const INSERT_CHUNK: &str =
    "insert into job.chunk (tenant_id, job_id, number, content) values ($1, $2, $3, $4)";
const CHUNK: &str =
    "select content from job.chunk where tenant_id = $1 and job_id = $2 and number = $3";
const FAULTS: &str = "select line, errors::text from job.fault \
                      where tenant_id = $1 and job_id = $2 and line > $3 order by line limit $4";
const OPEN: &str = "select count(*) from job.import \
                    where tenant_id = $1 and state in ('queued', 'running')";
/// Of two uploads of an account at once the second waits here until the first is counted, or the role's timeout of
/// locks. Two numbers: all other locks of this kind have one, and can't be met.
const LOCK_ACCOUNT: &str =
    "select pg_advisory_xact_lock(hashtext('job.import'), hashtext($1::uuid::text))";
const RENEW: &str = "update job.import set lease_until = now() + make_interval(secs => $4) \
                     where tenant_id = $1 and job_id = $2 and runner = $3 and state = 'running'";

/// The jobs of all accounts.
#[derive(Clone)]
pub(crate) struct Jobs {
    pool: Pool,
    /// Wakes the runner of this process.
    pub(super) queued: Arc<Notify>,
}

/// A job in the hands of a runner.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) tenant: TenantId,
    pub(super) job: Uuid,
    pub(super) runner: Uuid,
}

/// A job that is to be kept.
pub(super) struct NewJob {
    pub(super) tenant: TenantId,
    pub(super) job: Uuid,
    pub(super) token: TokenId,
    pub(super) request_hmac: Vec<u8>,
    pub(super) settings: String,
    pub(super) file_key: Option<String>,
    pub(super) rows: i32,
    pub(super) chunks: Vec<Vec<u8>>,
}

/// Why jobs can't be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("no connection to the jobs")]
    Connect(#[source] PoolError),
    #[error("cannot {operation} in the jobs")]
    Query {
        operation: &'static str,
        #[source]
        source: tokio_postgres::Error,
    },
    #[error("a job can't be read")]
    Malformed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The account has as many open jobs as it may.
    #[error("{OPEN_MAX} imports wait or run already")]
    TooMany,
}

fn failed_to(operation: &'static str) -> impl Fn(tokio_postgres::Error) -> StoreError + Copy {
    move |source| StoreError::Query { operation, source }
}

impl Jobs {
    /// `pool` logs in as *command*.
    pub(crate) fn new(pool: Pool) -> Self {
        Self {
            pool,
            queued: Arc::default(),
        }
    }

    async fn client(&self) -> Result<Client, StoreError> {
        self.pool.get().await.map_err(StoreError::Connect)
    }

    /// Keeps a job with its file, unless the account has too many, and forgets old ones.
    pub(super) async fn insert(&self, new: &NewJob) -> Result<(), StoreError> {
        let failed = failed_to("keep an import");
        let mut client = self.client().await?;
        let transaction = begin(&mut client, new.tenant).await?;
        let tenant = new.tenant.0;
        // Before the file is written in vain, and again when no other upload can come between.
        refuse_one_more(&transaction, new.tenant).await?;
        let statement = transaction.prepare(INSERT_CHUNK).await.map_err(failed)?;
        for (number, content) in (0i32..).zip(&new.chunks) {
            transaction
                .execute(&statement, &[&tenant, &new.job, &number, content])
                .await
                .map_err(failed)?;
        }
        transaction
            .query_one(LOCK_ACCOUNT, &[&tenant])
            .await
            .map_err(failed)?;
        refuse_one_more(&transaction, new.tenant).await?;
        transaction
            .execute(
                include_str!("sql/forget_old.sql"),
                &[&tenant, &KEPT_DAYS, &KEPT_MAX],
            )
            .await
            .map_err(failed)?;
        transaction
            .execute(
                include_str!("sql/insert_job.sql"),
                &[
                    &tenant,
                    &new.job,
                    &new.token.0,
                    &new.request_hmac,
                    &new.settings,
                    &new.file_key,
                    &new.rows,
                ],
            )
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        self.queued.notify_one();
        Ok(())
    }

    pub(crate) async fn find(
        &self,
        tenant: TenantId,
        job: Uuid,
    ) -> Result<Option<Job>, StoreError> {
        let sql = format!("{COLUMNS} where tenant_id = $1 and job_id = $2");
        Ok(self.jobs(tenant, &sql, &[&tenant.0, &job]).await?.pop())
    }

    /// The newest first.
    pub(super) async fn list(&self, tenant: TenantId) -> Result<Vec<Job>, StoreError> {
        let sql = format!(
            "{COLUMNS} where tenant_id = $1 order by created_at desc, job_id limit {}",
            KEPT_MAX + OPEN_MAX
        );
        self.jobs(tenant, &sql, &[&tenant.0]).await
    }

    async fn jobs(
        &self,
        tenant: TenantId,
        sql: &str,
        parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    ) -> Result<Vec<Job>, StoreError> {
        let failed = failed_to("look");
        let mut client = self.client().await?;
        let transaction = begin(&mut client, tenant).await?;
        let rows = transaction.query(sql, parameters).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        let jobs = rows.iter().map(Job::read);
        jobs.collect::<Result<_, _>>()
            .map_err(StoreError::Malformed)
    }

    /// A page of the rows that did not land.
    pub(super) async fn faults(
        &self,
        tenant: TenantId,
        job: Uuid,
        after_line: i64,
    ) -> Result<Vec<RowError>, StoreError> {
        let failed = failed_to("read faults");
        let mut client = self.client().await?;
        let transaction = begin(&mut client, tenant).await?;
        let rows = transaction
            .query(FAULTS, &[&tenant.0, &job, &after_line, &FAULTS_SHOWN])
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        let fault = |row: &tokio_postgres::Row| serde_json::from_str(row.get(1));
        rows.iter()
            .map(fault)
            .collect::<Result<_, _>>()
            .map_err(|error| StoreError::Malformed(Box::new(error)))
    }

    /// Has a job end: at once if it waits, with its batch if it runs.
    pub(super) async fn cancel(&self, tenant: TenantId, job: Uuid) -> Result<(), StoreError> {
        self.change(tenant, include_str!("sql/cancel.sql"), &[&tenant.0, &job])
            .await
    }

    /// The next job that waits, for a runner to work on.
    pub(super) async fn take(&self, runner: Uuid) -> Result<Option<Held>, StoreError> {
        let client = self.client().await?;
        let taken = client
            .query_opt(
                "select account, job from job.take($1, $2)",
                &[&runner, &seconds(LEASE)],
            )
            .await
            .map_err(failed_to("take a job"))?;
        Ok(taken.map(|row| Held {
            tenant: TenantId(row.get(0)),
            job: row.get(1),
            runner,
        }))
    }

    pub(super) async fn chunk(
        &self,
        held: &Held,
        number: i32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let failed = failed_to("read a file");
        let mut client = self.client().await?;
        let transaction = begin(&mut client, held.tenant).await?;
        let row = transaction
            .query_opt(CHUNK, &[&held.tenant.0, &held.job, &number])
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        row.map(|row| row.try_get(0)).transpose().map_err(failed)
    }

    /// Notes what became of the next rows. Answers whether the job is to be cancelled; none if it is held by
    /// somebody else now.
    pub(super) async fn checkpoint(
        &self,
        held: &Held,
        done_before: i32,
        rows: usize,
        batch: &Batch,
    ) -> Result<Option<bool>, StoreError> {
        let failed = failed_to("note progress");
        let mut client = self.client().await?;
        let transaction = begin(&mut client, held.tenant).await?;
        let count = |count: u64| i32::try_from(count).unwrap_or(i32::MAX);
        let rows = i32::try_from(rows.min(BATCH_ROWS)).unwrap_or(i32::MAX);
        let cancelling = transaction
            .query_opt(
                include_str!("sql/checkpoint.sql"),
                &[
                    &held.tenant.0,
                    &held.job,
                    &held.runner,
                    &done_before,
                    &rows,
                    &count(batch.new),
                    &count(batch.changed),
                    &count(batch.unchanged),
                    &count(batch.failed.len() as u64),
                    &count(batch.companies),
                    &LEASE.as_secs_f64(),
                ],
            )
            .await
            .map_err(failed)?;
        let Some(cancelling) = cancelling else {
            return Ok(None);
        };
        let line = |error: &RowError| i64::try_from(error.line).unwrap_or(i64::MAX);
        let lines: Vec<i64> = batch.failed.iter().map(line).collect();
        let errors: Result<Vec<String>, _> =
            batch.failed.iter().map(serde_json::to_string).collect();
        let errors = errors.map_err(|error| StoreError::Malformed(Box::new(error)))?;
        if !lines.is_empty() {
            transaction
                .execute(
                    include_str!("sql/insert_faults.sql"),
                    &[&held.tenant.0, &held.job, &lines, &errors],
                )
                .await
                .map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(Some(cancelling.get(0)))
    }

    /// Holds a job for longer.
    pub(super) async fn renew(&self, held: &Held) -> Result<(), StoreError> {
        let lease = LEASE.as_secs_f64();
        self.change(
            held.tenant,
            RENEW,
            &[&held.tenant.0, &held.job, &held.runner, &lease],
        )
        .await
    }

    /// Ends a job.
    pub(super) async fn end(
        &self,
        held: &Held,
        state: &str,
        why: Option<&str>,
    ) -> Result<(), StoreError> {
        self.change(
            held.tenant,
            include_str!("sql/end.sql"),
            &[&held.tenant.0, &held.job, &held.runner, &state, &why],
        )
        .await
    }

    /// Lets go of a job, which nobody takes for so many seconds.
    pub(super) async fn put_back(
        &self,
        held: &Held,
        why: Option<&str>,
        seconds: f64,
    ) -> Result<(), StoreError> {
        self.change(
            held.tenant,
            include_str!("sql/put_back.sql"),
            &[&held.tenant.0, &held.job, &held.runner, &why, &seconds],
        )
        .await
    }

    /// Forgets how far a dry run came.
    pub(super) async fn begin_anew(&self, held: &Held) -> Result<(), StoreError> {
        self.change(
            held.tenant,
            include_str!("sql/begin_anew.sql"),
            &[&held.tenant.0, &held.job, &held.runner],
        )
        .await
    }

    async fn change(
        &self,
        tenant: TenantId,
        sql: &str,
        parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    ) -> Result<(), StoreError> {
        let failed = failed_to("change a job");
        let mut client = self.client().await?;
        let transaction = begin(&mut client, tenant).await?;
        transaction.execute(sql, parameters).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }
}

/// Starts a transaction that sees one account.
async fn begin(client: &mut Client, tenant: TenantId) -> Result<Transaction<'_>, StoreError> {
    let failed = failed_to("choose the account");
    let transaction = client.transaction().await.map_err(failed)?;
    transaction
        .query(
            "select set_config('app.tenants', $1, true)",
            &[&tenant.0.to_string()],
        )
        .await
        .map_err(failed)?;
    Ok(transaction)
}

/// Refuses another job if the account has as many open ones as it may.
async fn refuse_one_more(
    transaction: &Transaction<'_>,
    tenant: TenantId,
) -> Result<(), StoreError> {
    let open = transaction
        .query_one(OPEN, &[&tenant.0])
        .await
        .map_err(failed_to("count imports"))?;
    if open.get::<_, i64>(0) >= OPEN_MAX {
        return Err(StoreError::TooMany);
    }
    Ok(())
}

fn seconds(duration: std::time::Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::TooMany => Self::new(web::problem::Kind::RateLimited)
                .with_detail(format!("{error}: wait for one to end, or cancel it")),
            StoreError::Connect(_) | StoreError::Query { .. } => Self::unavailable(&error),
            StoreError::Malformed(_) => Self::internal(&error),
        }
    }
}
