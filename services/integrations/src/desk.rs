//! What people see of integrations, and what they may do to what waits.

use chrono::{DateTime, Utc};
use deadpool_postgres::Pool;
use domain::{
    alert::Finding,
    ids::{AlertId, CompanyId, IntegrationId, TenantId},
};
use uuid::Uuid;

use crate::{
    store::{Store, StoreError, column, folded, kept, within},
    ticket::machine::Progress,
};

/// How much one page may hold.
pub const PAGE_MAX: i64 = 200;
/// What is asked for at most to be tried again at once.
pub const RETRIED_MAX: usize = 1_000;

/// Looks at integrations as *integration*, one account at a time.
#[derive(Clone)]
pub struct Desk {
    pool: Pool,
}

/// How an integration stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The last entry that was taken up.
    pub entry: i64,
    /// Why nothing is tried until somebody acts.
    pub paused_because: Option<String>,
    /// Alerts that were found in dry run.
    pub backlog: i64,
    /// Tickets that wait for a person.
    pub parked: i64,
    /// Webhooks and mails that wait for their turn.
    pub queued: i64,
    /// Webhooks and mails that were given up.
    pub given_up: i64,
}

/// An alert that would have been carried out, had the integration been on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BacklogItem {
    /// The alert.
    pub alert: AlertId,
    /// What was found.
    pub finding: Finding,
    /// When.
    pub raised_at: DateTime<Utc>,
}

/// What waits for a person, or was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// By which it is asked for again: a ticket's key, or a delivery's id.
    pub id: String,
    /// Whose.
    pub company: Option<CompanyId>,
    /// Why.
    pub why: String,
    /// The alert, where it is one ticket's.
    pub alert: Option<AlertId>,
    /// Since when nothing changed.
    pub since: DateTime<Utc>,
}

/// A webhook or a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id; a webhook's is the event's.
    pub id: Uuid,
    /// The entry that it carries.
    pub entry: i64,
    /// queued, sent or parked.
    pub state: String,
    /// Tries so far.
    pub attempts: i32,
    /// When it is tried next, while it is queued.
    pub next_at: DateTime<Utc>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When it was queued.
    pub created_at: DateTime<Utc>,
    /// When it was done or given up.
    pub ended_at: Option<DateTime<Utc>>,
}

impl Desk {
    /// Through a pool that logs in as *integration*.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    fn store(&self, tenant: TenantId, id: IntegrationId) -> Store {
        Store {
            pool: self.pool.clone(),
            tenant,
            id,
        }
    }

    /// How an integration stands; none if there is no such integration.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn standing(
        &self,
        tenant: TenantId,
        id: IntegrationId,
    ) -> Result<Option<Standing>, StoreError> {
        let store = self.store(tenant, id);
        let mut client = store.client().await?;
        let tx = within(&mut client, tenant).await?;
        let statement = tx.prepare_cached(include_str!("desk/standing.sql")).await?;
        let row = tx.query_opt(&statement, &[&tenant.0, &id.0]).await?;
        tx.commit().await?;
        drop(client);
        let Some(row) = row else {
            let known = folded(&store.stream(0).await?)?;
            let known = known.filter(|known| !known.removed);
            return Ok(known.map(|_| Standing::default()));
        };
        Ok(Some(Standing {
            entry: column(&row, "entry")?,
            paused_because: column(&row, "paused_because")?,
            backlog: column(&row, "backlog")?,
            parked: column(&row, "parked")?,
            queued: column(&row, "queued")?,
            given_up: column(&row, "given_up")?,
        }))
    }

    /// What was found in dry run and still stands, a page after an alert.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn backlog(
        &self,
        tenant: TenantId,
        id: IntegrationId,
        after: Option<AlertId>,
        limit: i64,
    ) -> Result<Vec<BacklogItem>, StoreError> {
        let store = self.store(tenant, id);
        let after = after.map_or(Uuid::nil(), |alert| alert.0);
        let mut client = store.client().await?;
        let tx = within(&mut client, tenant).await?;
        let statement = tx.prepare_cached(include_str!("desk/backlog.sql")).await?;
        let rows = tx
            .query(
                &statement,
                &[&tenant.0, &id.0, &after, &limit.clamp(1, PAGE_MAX)],
            )
            .await?;
        tx.commit().await?;
        let mut items = Vec::with_capacity(rows.len());
        for row in &rows {
            if let Some(finding) = kept(column(row, "finding")?)? {
                items.push(BacklogItem {
                    alert: AlertId(column(row, "alert_id")?),
                    finding,
                    raised_at: column(row, "raised_at")?,
                });
            }
        }
        Ok(items)
    }

    /// What waits for a person or was given up, tickets and deliveries, a page after an id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn parked(
        &self,
        tenant: TenantId,
        id: IntegrationId,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<Parked>, StoreError> {
        let store = self.store(tenant, id);
        let mut client = store.client().await?;
        let tx = within(&mut client, tenant).await?;
        let statement = tx.prepare_cached(include_str!("desk/parked.sql")).await?;
        let after = after.unwrap_or_default();
        let rows = tx
            .query(
                &statement,
                &[&tenant.0, &id.0, &after, &limit.clamp(1, PAGE_MAX)],
            )
            .await?;
        tx.commit().await?;
        rows.iter()
            .map(|row| {
                let company: Option<Uuid> = column(row, "company_id")?;
                let alert: Option<Uuid> = column(row, "alert_id")?;
                Ok(Parked {
                    id: column(row, "id")?,
                    company: company.map(CompanyId),
                    why: column(row, "why")?,
                    alert: alert.map(AlertId),
                    since: column(row, "since")?,
                })
            })
            .collect()
    }

    /// Tries again what waits or was given up; of more than [`RETRIED_MAX`] the first. Answers how many there were.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn retry(
        &self,
        tenant: TenantId,
        id: IntegrationId,
        ids: &[String],
        now: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        let store = self.store(tenant, id);
        let ids: Vec<&str> = ids.iter().take(RETRIED_MAX).map(String::as_str).collect();
        let mut client = store.client().await?;
        let tx = within(&mut client, tenant).await?;
        let parked = tx
            .prepare_cached(include_str!("desk/parked_tickets.sql"))
            .await?;
        let rows = tx.query(&parked, &[&tenant.0, &id.0, &ids]).await?;
        let retried = tx
            .prepare_cached(include_str!("desk/retry_ticket.sql"))
            .await?;
        let mut count = 0;
        for row in &rows {
            let key: String = column(row, "key")?;
            let mut progress: Progress = serde_json::from_value(column(row, "progress")?)?;
            progress.retry();
            let progress = serde_json::to_value(progress)?;
            count += tx
                .execute(&retried, &[&tenant.0, &id.0, &key, &progress, &now])
                .await?;
        }
        let ids: Vec<Uuid> = ids
            .iter()
            .filter_map(|id| Uuid::parse_str(id).ok())
            .collect();
        let again = tx
            .prepare_cached(include_str!("desk/retry_deliveries.sql"))
            .await?;
        count += tx.execute(&again, &[&tenant.0, &id.0, &ids, &now]).await?;
        tx.commit().await?;
        Ok(count)
    }

    /// Webhooks or mails, the newest first, a page before an instant.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn deliveries(
        &self,
        tenant: TenantId,
        id: IntegrationId,
        before: Option<(DateTime<Utc>, Uuid)>,
        limit: i64,
    ) -> Result<Vec<Delivery>, StoreError> {
        let store = self.store(tenant, id);
        let (before, before_id) = before.unzip();
        let mut client = store.client().await?;
        let tx = within(&mut client, tenant).await?;
        let statement = tx
            .prepare_cached(include_str!("desk/deliveries.sql"))
            .await?;
        let limit = limit.clamp(1, PAGE_MAX);
        let rows = tx
            .query(&statement, &[&tenant.0, &id.0, &before, &before_id, &limit])
            .await?;
        tx.commit().await?;
        rows.iter()
            .map(|row| {
                Ok(Delivery {
                    id: column(row, "delivery_id")?,
                    entry: column(row, "entry")?,
                    state: column(row, "state")?,
                    attempts: column(row, "attempts")?,
                    next_at: column(row, "next_at")?,
                    last_error: column(row, "last_error")?,
                    created_at: column(row, "created_at")?,
                    ended_at: column(row, "ended_at")?,
                })
            })
            .collect()
    }
}
