//! Takes up an account's ledger: alerts become rows, rows get tickets, and the place in the ledger moves with them,
//! all in one transaction.

mod assign;

use chrono::{DateTime, Utc};
use deadpool_postgres::Transaction;
use domain::{
    Event,
    alert::Kind,
    ids::{AlertId, CompanyId},
    integration::{Backlog, Integration, IntegrationKind, Mode},
};
use event_log::Recorded;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::{
    context::Names,
    store::{PAGE, Store, StoreError, column, keep, kept, within},
};

pub(crate) use assign::release;

/// What of the ledger concerns tickets and mail.
const OF_ALERTS: [&str; 8] = [
    "AlertRaised",
    "AlertChanged",
    "AlertCleared",
    "AlertAcknowledged",
    "AlertSnoozed",
    "AlertWoken",
    "TicketRequested",
    "ExternalIdLinked",
];
/// A ticket that was asked for by hand may turn out to be for another system, as the next event says.
const BY_HAND_WAITS_SECS: i64 = 2;

/// Follows the ledger for one integration.
pub(crate) struct Follower<'a> {
    pub(crate) store: &'a Store,
    pub(crate) names: &'a dyn Names,
    pub(crate) integration: &'a Integration,
    pub(crate) now: DateTime<Utc>,
    /// Whether tickets may be there of a time that we know nothing of.
    pub(crate) look_first: bool,
}

impl Follower<'_> {
    /// Takes up a page of the ledger after `after`, up to `until` at most. Answers how far it came; that it is there
    /// where it was means that nothing is left, or that somebody else was quicker.
    pub(crate) async fn page(&self, after: i64, until: Option<i64>) -> Result<i64, StoreError> {
        let is_hook = self.integration.config.kind == IntegrationKind::Webhook;
        let wanted: Vec<String> = match is_hook {
            true => self
                .integration
                .config
                .filter
                .events
                .iter()
                .cloned()
                .collect(),
            false => OF_ALERTS.iter().map(ToString::to_string).collect(),
        };
        let mut client = self.store.client().await?;
        let tx = within(&mut client, self.store.tenant).await?;
        let head = tx.prepare_cached(include_str!("follow/head.sql")).await?;
        let head: i64 = tx
            .query_one(&head, &[&self.store.tenant.0])
            .await?
            .try_get(0)?;
        let last = until.map_or(head, |until| until.min(head));
        if last <= after {
            tx.commit().await?;
            return Ok(after);
        }
        let events = tx.prepare_cached(include_str!("follow/events.sql")).await?;
        let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
        let events = tx
            .query(
                &events,
                &[&self.store.tenant.0, &after, &last, &wanted, &limit],
            )
            .await?;
        let events = events.iter().map(recorded).collect::<Result<Vec<_>, _>>()?;
        let reached = match events.last() {
            Some(event) if events.len() >= PAGE => event.entry,
            _ => last,
        };
        let advanced = tx
            .prepare_cached(include_str!("follow/advance.sql"))
            .await?;
        let advanced = tx
            .execute(
                &advanced,
                &[&self.store.tenant.0, &self.store.id.0, &after, &reached],
            )
            .await?;
        if advanced == 0 {
            return Ok(after);
        }
        for event in &events {
            if is_hook {
                self.queue_hook(&tx, event).await?;
            } else {
                self.take_up(&tx, event).await?;
            }
        }
        tx.commit().await?;
        Ok(reached)
    }

    async fn queue_hook(&self, tx: &Transaction<'_>, event: &Recorded) -> Result<(), StoreError> {
        if self.integration.mode != Mode::On || !self.hook_admits(event)? {
            return Ok(());
        }
        self.queue(tx, event.event_id, event.entry, None, None)
            .await
    }

    /// Whether a webhook is told of an event: by its type, its company and, for assets, their type.
    fn hook_admits(&self, event: &Recorded) -> Result<bool, StoreError> {
        let filter = &self.integration.config.filter;
        let of_company = filter.companies.is_empty()
            || event
                .company_id
                .is_some_and(|id| filter.companies.contains(&CompanyId(id)));
        if !of_company {
            return Ok(false);
        }
        // How outside systems are reached, and who may see what, is told to those alone who ask for it by name.
        let of_access = matches!(
            contract::stream_kind(event),
            "integration" | "feed" | "token" | "tenant"
        );
        if filter.events.is_empty() && of_access {
            return Ok(false);
        }
        if filter.kinds.is_empty() && filter.types.is_empty() {
            return Ok(true);
        }
        // One that this release does not know is carried if nothing is asked of what it says.
        let Ok(fact) = contract::fact(event) else {
            return Ok(false);
        };
        Ok(match fact.event {
            Event::AlertRaised { finding, .. } | Event::AlertChanged { to: finding, .. } => {
                filter.types.is_empty()
                    && (filter.kinds.is_empty() || filter.kinds.contains(&finding.kind))
            }
            Event::AssetRegistered { type_id, .. } => {
                filter.kinds.is_empty() && filter.types.contains(&type_id)
            }
            _ => false,
        })
    }

    /// Queues a webhook or a mail. One that is there already is left as it is.
    pub(crate) async fn queue(
        &self,
        tx: &Transaction<'_>,
        id: Uuid,
        entry: i64,
        recipient: Option<&str>,
        what: Option<&Json>,
    ) -> Result<(), StoreError> {
        let statement = tx.prepare_cached(include_str!("follow/queue.sql")).await?;
        tx.execute(
            &statement,
            &[
                &self.store.tenant.0,
                &self.store.id.0,
                &id,
                &entry,
                &recipient,
                &what,
                &self.now,
            ],
        )
        .await?;
        Ok(())
    }

    async fn take_up(&self, tx: &Transaction<'_>, event: &Recorded) -> Result<(), StoreError> {
        let fact = match contract::fact(event) {
            Ok(fact) => fact,
            Err(error) => {
                // Not to be carried by this release; a newer one meets the alert again when it changes.
                tracing::error!(%error, entry = event.entry, "an event of an alert can't be read and is left out");
                return Ok(());
            }
        };
        let alert = AlertId(event.stream_id);
        match fact.event {
            Event::AlertRaised {
                finding,
                occurrence,
            } => {
                let statement = tx.prepare_cached(include_str!("follow/raised.sql")).await?;
                let occurrence = i32::try_from(occurrence).unwrap_or(i32::MAX);
                let backlog = self.integration.mode == Mode::DryRun;
                tx.execute(
                    &statement,
                    &[
                        &self.store.tenant.0,
                        &self.store.id.0,
                        &alert.0,
                        &occurrence,
                        &finding.kind.as_str(),
                        &finding.company.map(|company| company.0),
                        &keep(&finding)?,
                        &backlog,
                        &self.now,
                    ],
                )
                .await?;
                let filter = &self.integration.config.filter;
                if !backlog && filter.admits(finding.kind, finding.company) {
                    self.carry(tx, alert, occurrence, &finding, event.entry)
                        .await?;
                }
            }
            Event::AlertChanged { to, worse, .. } => {
                let statement = tx
                    .prepare_cached(include_str!("follow/changed.sql"))
                    .await?;
                let row = tx
                    .query_opt(
                        &statement,
                        &[
                            &self.store.tenant.0,
                            &self.store.id.0,
                            &alert.0,
                            &to.kind.as_str(),
                            &keep(&to)?,
                            &worse,
                            &self.now,
                        ],
                    )
                    .await?;
                let Some(row) = row else { return Ok(()) };
                let ticket: Option<String> = column(&row, "ticket")?;
                let occurrence: i32 = column(&row, "occurrence")?;
                let backlog: bool = column(&row, "backlog")?;
                let filter = &self.integration.config.filter;
                let alone = ticket.as_ref().is_none_or(|key| key.starts_with("s:"));
                if worse && alone && !backlog && filter.admits(to.kind, to.company) {
                    self.carry(tx, alert, occurrence, &to, event.entry).await?;
                }
                self.touch(tx, ticket.as_deref()).await?;
            }
            Event::AlertCleared { cleared } => {
                let what = Some(cleared.as_str());
                self.alter(tx, include_str!("follow/cleared.sql"), alert, &what)
                    .await?;
            }
            Event::AlertAcknowledged { .. } => {
                let sql = include_str!("follow/acknowledged.sql");
                self.alter(tx, sql, alert, &None).await?;
            }
            Event::AlertSnoozed { until } => {
                let until = until.to_string();
                self.alter(tx, include_str!("follow/snoozed.sql"), alert, &Some(&until))
                    .await?;
            }
            Event::AlertWoken => {
                self.alter(tx, include_str!("follow/snoozed.sql"), alert, &None)
                    .await?;
            }
            Event::TicketRequested { integration_id } => {
                let mine = integration_id == self.store.id;
                self.requested(tx, alert, mine, event.entry).await?;
            }
            Event::ExternalIdLinked { .. } if event.company_id == Some(event.stream_id) => {
                let statement = tx.prepare_cached(include_str!("follow/linked.sql")).await?;
                let company = event.company_id;
                tx.execute(
                    &statement,
                    &[&self.store.tenant.0, &self.store.id.0, &company, &self.now],
                )
                .await?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Changes the alert's last occurrence, and lets its ticket be looked at.
    async fn alter(
        &self,
        tx: &Transaction<'_>,
        sql: &'static str,
        alert: AlertId,
        value: &Option<&str>,
    ) -> Result<(), StoreError> {
        let statement = tx.prepare_cached(sql).await?;
        let row = tx
            .query_opt(
                &statement,
                &[
                    &self.store.tenant.0,
                    &self.store.id.0,
                    &alert.0,
                    value,
                    &self.now,
                ],
            )
            .await?;
        let ticket: Option<String> = row.map(|row| column(&row, "ticket")).transpose()?.flatten();
        self.touch(tx, ticket.as_deref()).await
    }

    async fn requested(
        &self,
        tx: &Transaction<'_>,
        alert: AlertId,
        mine: bool,
        entry: i64,
    ) -> Result<(), StoreError> {
        let statement = tx
            .prepare_cached(include_str!("follow/requested.sql"))
            .await?;
        let row = tx
            .query_opt(
                &statement,
                &[
                    &self.store.tenant.0,
                    &self.store.id.0,
                    &alert.0,
                    &mine,
                    &self.now,
                ],
            )
            .await?;
        let Some(row) = row else { return Ok(()) };
        let ticket: Option<String> = column(&row, "ticket")?;
        let kind: String = column(&row, "kind")?;
        let requested: bool = column(&row, "requested")?;
        if mine && ticket.is_none() && self.integration.mode != Mode::DryRun {
            if let Some(finding) = kept(column(&row, "finding")?)? {
                let occurrence: i32 = column(&row, "occurrence")?;
                self.carry(tx, alert, occurrence, &finding, entry).await?;
            }
        } else if !mine && !requested && kind == Kind::ByHand.as_str() {
            // It was asked for in another system.
            if let Some(key) = &ticket {
                let statement = tx
                    .prepare_cached(include_str!("follow/not_ours.sql"))
                    .await?;
                tx.execute(&statement, &[&self.store.tenant.0, &self.store.id.0, key])
                    .await?;
            }
        }
        self.touch(tx, ticket.as_deref()).await
    }

    /// The ticket is looked at again.
    async fn touch(&self, tx: &Transaction<'_>, key: Option<&str>) -> Result<(), StoreError> {
        if let Some(key) = key {
            let statement = tx.prepare_cached(include_str!("follow/touch.sql")).await?;
            tx.execute(
                &statement,
                &[&self.store.tenant.0, &self.store.id.0, &key, &self.now],
            )
            .await?;
        }
        Ok(())
    }

    /// Acts on what was done to the integration itself.
    pub(crate) async fn act(&self, event: &Recorded) -> Result<(), StoreError> {
        let fact = contract::fact(event)?;
        let mut client = self.store.client().await?;
        let tx = within(&mut client, self.store.tenant).await?;
        let acted = tx.prepare_cached(include_str!("follow/acted.sql")).await?;
        let resets = matches!(
            fact.event,
            Event::IntegrationChanged { .. }
                | Event::IntegrationSecretStored { .. }
                | Event::IntegrationModeSet { to: Mode::On, .. }
        );
        let acted = tx
            .execute(
                &acted,
                &[
                    &self.store.tenant.0,
                    &self.store.id.0,
                    &event.version,
                    &resets,
                ],
            )
            .await?;
        if acted == 0 {
            return Ok(());
        }
        match fact.event {
            Event::IntegrationModeSet {
                to: Mode::On,
                backlog,
                ..
            } => {
                release(self, &tx, backlog.unwrap_or(Backlog::Each), event.entry).await?;
            }
            Event::ReplayAsked { after_entry } => {
                self.replay(&tx, after_entry, event.entry).await?;
            }
            Event::IntegrationRemoved => {
                let statement = tx
                    .prepare_cached(include_str!("follow/removed.sql"))
                    .await?;
                tx.execute(&statement, &[&self.store.tenant.0, &self.store.id.0])
                    .await?;
            }
            _ => {}
        }
        tx.commit().await?;
        Ok(())
    }

    /// Queues again what a webhook was told, or should have been, after an entry.
    async fn replay(&self, tx: &Transaction<'_>, after: i64, until: i64) -> Result<(), StoreError> {
        if self.integration.config.kind != IntegrationKind::Webhook {
            return Ok(());
        }
        let wanted: Vec<String> = self
            .integration
            .config
            .filter
            .events
            .iter()
            .cloned()
            .collect();
        let statement = tx.prepare_cached(include_str!("follow/events.sql")).await?;
        let again = tx.prepare_cached(include_str!("follow/again.sql")).await?;
        let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
        let mut after = after;
        loop {
            let rows = tx
                .query(
                    &statement,
                    &[&self.store.tenant.0, &after, &until, &wanted, &limit],
                )
                .await?;
            for row in &rows {
                let event = recorded(row)?;
                after = event.entry;
                if self.hook_admits(&event)? {
                    tx.execute(
                        &again,
                        &[
                            &self.store.tenant.0,
                            &self.store.id.0,
                            &event.event_id,
                            &event.entry,
                            &self.now,
                        ],
                    )
                    .await?;
                }
            }
            if rows.len() < PAGE {
                return Ok(());
            }
        }
    }
}

pub(crate) fn recorded(row: &tokio_postgres::Row) -> Result<Recorded, StoreError> {
    Ok(Recorded {
        sequence: column(row, "sequence")?,
        tenant_id: column(row, "tenant_id")?,
        entry: column(row, "entry")?,
        stream_id: column(row, "stream_id")?,
        version: column(row, "version")?,
        event_id: column(row, "event_id")?,
        event_type: column(row, "type")?,
        schema_version: column(row, "schema_version")?,
        company_id: column(row, "company_id")?,
        payload: column(row, "payload")?,
        metadata: column(row, "metadata")?,
        effective_on: column(row, "effective_on")?,
        recorded_at: column(row, "recorded_at")?,
    })
}
