//! What the service keeps: how far it came in the log, and how each account's calendar stands.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use deadpool_postgres::Pool;
use domain::calendar;
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

/// The day on a calendar, just as a sweep tells it, or it would be swept again and again.
fn day_in(time_zone: &str, now: DateTime<Utc>) -> NaiveDate {
    // The domain has let no other than known zones in.
    let zone = calendar::parse_zone(time_zone).unwrap_or(Tz::UTC);
    calendar::day_of(now, zone)
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
        let zones = client
            .query(
                "select distinct time_zone from alert_watch.account order by time_zone",
                &[],
            )
            .await
            .map_err(own("find time zones"))?;
        let zones: Vec<String> = zones
            .iter()
            .map(|row| row.try_get(0))
            .collect::<Result<_, _>>()
            .map_err(own("find time zones"))?;
        let days: Vec<NaiveDate> = zones.iter().map(|zone| day_in(zone, now)).collect();
        let rows = client
            .query(
                include_str!("sql/due.sql"),
                &[&now, &zones, &days, &DUE_AT_ONCE_MAX],
            )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_on_each_calendar_at_its_own_midnight_whatever_postgres_knows_of_it() {
        for (time_zone, now, day) in [
            ("UTC", "2026-11-01T03:59:59Z", "2026-11-01"),
            // In summer time until that night.
            ("America/New_York", "2026-11-01T03:59:59Z", "2026-10-31"),
            ("America/New_York", "2026-11-01T04:00:00Z", "2026-11-01"),
            // A link that some systems' own tables leave out.
            ("US/Eastern", "2028-03-01T04:59:59Z", "2028-02-29"),
            ("no/such", "2026-11-01T03:59:59Z", "2026-11-01"),
        ] {
            let found = day_in(time_zone, now.parse().unwrap());
            assert_eq!(found, day.parse().unwrap(), "{time_zone} {now}");
        }
    }
}
