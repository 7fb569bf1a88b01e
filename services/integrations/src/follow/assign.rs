//! Which ticket, or which mails, an alert gets.

use chrono::TimeDelta;
use deadpool_postgres::Transaction;
use domain::{
    alert::{Finding, Kind},
    ids::AlertId,
    integration::{Backlog, IntegrationKind},
};
use serde_json::json;
use uuid::Uuid;

use super::{BY_HAND_WAITS_SECS, Follower};
use crate::{
    store::{StoreError, column, kept},
    ticket::machine::Progress,
};

/// Alerts that are given their tickets at a time.
const RELEASED_PAGE: i64 = 200;
/// For a group without a vendor.
const NO_VENDOR: &str = "";

impl Follower<'_> {
    /// Gives an alert its ticket, or queues its mails.
    pub(super) async fn carry(
        &self,
        tx: &Transaction<'_>,
        alert: AlertId,
        occurrence: i32,
        finding: &Finding,
        entry: i64,
    ) -> Result<(), StoreError> {
        if self.integration.config.kind == IntegrationKind::Email {
            return self.mail(tx, alert, occurrence, finding, entry).await;
        }
        let key = self.key(alert, occurrence, finding).await?;
        let wait = match finding.kind {
            Kind::ByHand => TimeDelta::seconds(BY_HAND_WAITS_SECS),
            _ => TimeDelta::zero(),
        };
        let statement = tx.prepare_cached(include_str!("assign/ticket.sql")).await?;
        tx.execute(
            &statement,
            &[
                &self.store.tenant.0,
                &self.store.id.0,
                &key,
                &finding.company.map(|company| company.0),
                &serde_json::to_value(Progress::new(self.look_first))?,
                &(self.now + wait),
                &self.now,
            ],
        )
        .await?;
        let statement = tx.prepare_cached(include_str!("assign/assign.sql")).await?;
        tx.execute(
            &statement,
            &[
                &self.store.tenant.0,
                &self.store.id.0,
                &alert.0,
                &occurrence,
                &key,
            ],
        )
        .await?;
        Ok(())
    }

    /// Renewals of one company, vendor and deadline share a ticket; every other alert has its own.
    async fn key(
        &self,
        alert: AlertId,
        occurrence: i32,
        finding: &Finding,
    ) -> Result<String, StoreError> {
        let is_renewal = matches!(finding.kind, Kind::Expiring | Kind::RenewalNotice);
        let group = finding.company.zip(finding.deadline);
        let Some((company, deadline)) =
            group.filter(|_| is_renewal && self.integration.config.group_renewals)
        else {
            return Ok(format!("a:{alert}:{occurrence}"));
        };
        let vendor = match finding.licenses.first() {
            Some(asset) => self.names.asset(self.store.tenant, *asset).await?,
            None => None,
        };
        let vendor = vendor.and_then(|asset| asset.vendor);
        let vendor = vendor.map(|vendor| vendor.trim().to_lowercase());
        // As an id: a name may hold anything.
        let vendor = Uuid::new_v5(
            &company.0,
            vendor.as_deref().unwrap_or(NO_VENDOR).as_bytes(),
        );
        Ok(format!("r:{company}:{vendor}:{deadline}"))
    }

    async fn mail(
        &self,
        tx: &Transaction<'_>,
        alert: AlertId,
        occurrence: i32,
        finding: &Finding,
        entry: i64,
    ) -> Result<(), StoreError> {
        let settings = &self.integration.config.settings;
        let each = settings.get("send").is_some_and(|send| send == "each");
        if !each && finding.kind != Kind::ByHand {
            return Ok(());
        }
        let recipients = settings.get("to").map(String::as_str).unwrap_or_default();
        for recipient in recipients
            .split(',')
            .map(str::trim)
            .filter(|to| !to.is_empty())
        {
            let name = format!("{alert}:{occurrence}:{entry}:{recipient}");
            let id = Uuid::new_v5(&self.store.id.0, name.as_bytes());
            let what = json!({ "alert": alert.0, "occurrence": occurrence });
            self.queue(tx, id, entry, Some(recipient), Some(&what))
                .await?;
        }
        Ok(())
    }
}

/// What was found before the integration was turned on gets its tickets, or one summary a company, or none.
pub(crate) async fn release(
    follower: &Follower<'_>,
    tx: &Transaction<'_>,
    backlog: Backlog,
    entry: i64,
) -> Result<(), StoreError> {
    let store = follower.store;
    let is_psa = follower.integration.config.kind.is_psa();
    match backlog {
        Backlog::Summary if is_psa => {
            let filter = &follower.integration.config.filter;
            let companies: Vec<Uuid> = filter.companies.iter().map(|id| id.0).collect();
            let kinds: Vec<&str> = filter.kinds.iter().map(|kind| kind.as_str()).collect();
            let progress = serde_json::to_value(Progress::new(true))?;
            let suffix = format!(":{entry}");
            let assigned = tx
                .prepare_cached(include_str!("assign/summary.sql"))
                .await?;
            tx.execute(
                &assigned,
                &[&store.tenant.0, &store.id.0, &suffix, &companies, &kinds],
            )
            .await?;
            let made = tx
                .prepare_cached(include_str!("assign/summary_tickets.sql"))
                .await?;
            tx.execute(
                &made,
                &[
                    &store.tenant.0,
                    &store.id.0,
                    &suffix,
                    &progress,
                    &follower.now,
                ],
            )
            .await?;
        }
        Backlog::Each => {
            let statement = tx
                .prepare_cached(include_str!("assign/backlog_page.sql"))
                .await?;
            let mut after = Uuid::nil();
            loop {
                let rows = tx
                    .query(
                        &statement,
                        &[&store.tenant.0, &store.id.0, &after, &RELEASED_PAGE],
                    )
                    .await?;
                for row in &rows {
                    after = column(row, "alert_id")?;
                    let occurrence: i32 = column(row, "occurrence")?;
                    let requested: bool = column(row, "requested")?;
                    let Some(finding) = kept(column(row, "finding")?)? else {
                        continue;
                    };
                    let filter = &follower.integration.config.filter;
                    if requested || filter.admits(finding.kind, finding.company) {
                        follower
                            .carry(tx, AlertId(after), occurrence, &finding, entry)
                            .await?;
                    }
                }
                if i64::try_from(rows.len()).unwrap_or(i64::MAX) < RELEASED_PAGE {
                    break;
                }
            }
        }
        Backlog::Summary | Backlog::Skip => {}
    }
    let statement = tx
        .prepare_cached(include_str!("assign/released.sql"))
        .await?;
    tx.execute(&statement, &[&store.tenant.0, &store.id.0])
        .await?;
    Ok(())
}
