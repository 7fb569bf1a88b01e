//! What the service keeps: how far it came in the log, and how each account's calendar stands.

use chrono::{DateTime, NaiveDate, Utc};
use deadpool_postgres::Pool;
use uuid::Uuid;

use crate::error::Trouble;

/// How many accounts are swept at one look; the others at the next.
const DUE_AT_ONCE_MAX: i64 = 100;

/// The schema `alert_watch`.
#[derive(Clone)]
pub(crate) struct Accounts {
    pool: Pool,
}

/// An account of which everything is to be looked at.
#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) tenant: Uuid,
    /// What [`Accounts::swept`] is to be told.
    pub(crate) wanted: i64,
    /// Whether rules or names changed, so that what the calendar knows nothing of may be otherwise.
    pub(crate) everything: bool,
    /// Whether a day has begun too, so that not only what is due is to be looked at.
    pub(crate) whole: bool,
}

/// How an account stood when all of it was looked at.
#[derive(Debug)]
pub(crate) struct Swept {
    /// When that began.
    pub(crate) began_at: DateTime<Utc>,
    /// The day on the account's calendar.
    pub(crate) on: NaiveDate,
    /// That calendar's time zone.
    pub(crate) time_zone: String,
    /// When something that was noticed is to be raised.
    pub(crate) due_at: Option<DateTime<Utc>>,
}

fn own(operation: &'static str) -> impl Fn(tokio_postgres::Error) -> Trouble {
    move |source| Trouble::Own { operation, source }
}

impl Accounts {
    pub(crate) fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// The last event whose effect is recorded; 0 before the first.
    pub(crate) async fn checkpoint(&self) -> Result<i64, Trouble> {
        let client = self.pool.get().await?;
        let rows = client
            .query("select sequence from alert_watch.checkpoint", &[])
            .await
            .map_err(own("read how far it came"))?;
        match rows.first() {
            Some(row) => row.try_get(0).map_err(own("read how far it came")),
            None => Ok(0),
        }
    }

    /// Notes how far it came.
    pub(crate) async fn come_to(&self, sequence: i64, event_id: Uuid) -> Result<(), Trouble> {
        let client = self.pool.get().await?;
        client
            .execute(include_str!("sql/come_to.sql"), &[&sequence, &event_id])
            .await
            .map(|_| ())
            .map_err(own("note how far it came"))
    }

    /// Makes the account known, has all of it looked at if `everything`, and part of it when `due_at` has come.
    pub(crate) async fn note(
        &self,
        tenant: Uuid,
        everything: bool,
        due_at: Option<DateTime<Utc>>,
    ) -> Result<(), Trouble> {
        let client = self.pool.get().await?;
        client
            .execute(
                include_str!("sql/note.sql"),
                &[&tenant, &everything, &due_at],
            )
            .await
            .map(|_| ())
            .map_err(own("note an account"))
    }

    /// Accounts of which all is to be looked at: a new day has begun there, something is due, or was asked for.
    pub(crate) async fn due(&self, now: DateTime<Utc>) -> Result<Vec<Due>, Trouble> {
        let client = self.pool.get().await?;
        let rows = client
            .query(include_str!("sql/due.sql"), &[&now, &DUE_AT_ONCE_MAX])
            .await
            .map_err(own("find due accounts"))?;
        rows.iter()
            .map(|row| {
                Ok(Due {
                    tenant: row.try_get(0)?,
                    wanted: row.try_get(1)?,
                    everything: row.try_get(2)?,
                    whole: row.try_get(3)?,
                })
            })
            .collect::<Result<_, _>>()
            .map_err(own("find due accounts"))
    }

    /// Notes that all of an account was looked at.
    pub(crate) async fn swept(&self, due: &Due, sweep: &Swept) -> Result<(), Trouble> {
        let client = self.pool.get().await?;
        client
            .execute(
                include_str!("sql/swept.sql"),
                &[
                    &due.tenant,
                    &due.wanted,
                    &sweep.on,
                    &sweep.time_zone,
                    &sweep.due_at,
                    &sweep.began_at,
                ],
            )
            .await
            .map(|_| ())
            .map_err(own("note that an account was looked at"))
    }

    /// Leaves an account alone for a while, after trouble.
    pub(crate) async fn put_off(&self, tenant: Uuid, until: DateTime<Utc>) -> Result<(), Trouble> {
        let client = self.pool.get().await?;
        client
            .execute(
                "update alert_watch.account set not_before = $2 where tenant_id = $1",
                &[&tenant, &until],
            )
            .await
            .map(|_| ())
            .map_err(own("put an account off"))
    }
}
