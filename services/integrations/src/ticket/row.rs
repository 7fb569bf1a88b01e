//! A ticket's row with its alerts.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    alert::{Cleared, Finding, TicketNews, TicketRef, TicketStanding},
    ids::{AlertId, CompanyId},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::machine::{End, Known, Progress, Step, Wanted};
use crate::{
    health::Budget,
    store::{Store, StoreError, column, kept, within},
    wording::LINES_MAX,
};

/// A ticket, and what it is for.
pub(crate) struct TicketRow {
    pub(crate) key: String,
    pub(crate) company: Option<CompanyId>,
    pub(crate) progress: Progress,
    pub(crate) news: Vec<News>,
    pub(crate) changed_at: DateTime<Utc>,
    pub(crate) version: i64,
    /// The first of them; a text has no room for more.
    pub(crate) members: Vec<Member>,
    open: i64,
    loud: i64,
    asked: i64,
}

/// An alert that a ticket tells of.
pub(crate) struct Member {
    pub(crate) alert: AlertId,
    pub(crate) occurrence: i32,
    pub(crate) finding: Finding,
    /// As the ticket said last; none if it does not tell of it.
    pub(crate) told: Option<Finding>,
    /// As a note says that was begun.
    pub(crate) telling: Option<Finding>,
    pub(crate) open: bool,
    pub(crate) cleared: Option<Cleared>,
}

/// What is told to the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum News {
    Opened(Ticket),
    Merged(Ticket),
    Stands(String),
    Commented(String),
    Failed(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ticket {
    id: String,
    number: String,
    url: Option<String>,
}

/// What is written of a ticket.
#[derive(Default)]
pub(crate) struct Change {
    pub(crate) due_at: Option<DateTime<Utc>>,
    /// A note is begun: what it tells of is what was found by now.
    pub(crate) telling: bool,
    /// What was being told is told.
    pub(crate) told: bool,
    /// Why it waits, where the machine does not say so itself.
    pub(crate) parked: Option<String>,
}

impl Member {
    /// Whether the ticket should say something of it that it did not say.
    pub(crate) fn is_news(&self) -> bool {
        match (&self.told, self.open) {
            (None, open) => open,
            (Some(_), false) => true,
            (Some(told), true) => {
                let later = match (told.lead_days, self.finding.lead_days) {
                    (Some(told), Some(now)) => now < told,
                    _ => false,
                };
                later || self.finding.kind != told.kind || self.finding.is_worse_than(told)
            }
        }
    }
}

impl TicketRow {
    pub(crate) fn is_summary(&self) -> bool {
        self.key.starts_with("s:")
    }

    /// By which the ticket is found: ours alone, and the same whoever computes it.
    pub(crate) fn reference(&self, store: &Store) -> String {
        let id = Uuid::new_v5(&store.tenant.0, self.key.as_bytes());
        let id = id.simple().to_string();
        match self.progress.generation {
            0 | 1 => format!("SL-{id}"),
            later => format!("SL-{id}-{later}"),
        }
    }

    /// What the alerts want of it.
    pub(crate) fn wanted(&self, store: &Store, held_until: Option<DateTime<Utc>>) -> Wanted {
        let reference = self.reference(store);
        let news: Vec<&Member> = self
            .members
            .iter()
            .filter(|member| member.is_news())
            .collect();
        let say = (!self.is_summary() && self.open > 0 && !news.is_empty()).then(|| {
            let parts = news.iter().map(|member| {
                let finding = &member.finding;
                format!(
                    "{}:{}:{:?}:{:?}:{:?}:{}",
                    member.alert,
                    member.occurrence,
                    finding.kind,
                    finding.lead_days,
                    finding.seats,
                    member.open
                )
            });
            let what: Vec<String> = parts.collect();
            mark(&format!("{reference} {} {}", self.asked, what.join(" ")))
        });
        Wanted {
            open: self.open > 0,
            hushed: self.loud == 0,
            held_until,
            say,
            farewell: mark(&format!("{reference} farewell")),
            asked: u32::try_from(self.asked).unwrap_or(u32::MAX),
            changed_at: Some(self.changed_at),
        }
    }

    /// Where it is, in one word.
    pub(crate) fn state(&self) -> &'static str {
        if self.progress.parked.is_some() {
            return "parked";
        }
        match &self.progress.step {
            Step::Intended { .. } => "intended",
            Step::Attempted { .. } => "attempted",
            Step::Standing(standing) if standing.taken_over => "taken_over",
            Step::Standing(_) => "open",
            Step::Ended { how, .. } => match how {
                End::NotMade => "not_made",
                End::Closed => "closed",
                End::LeftToPerson => "left_to_person",
                End::ClosedByPerson => "closed_by_person",
                End::Deleted => "deleted",
            },
        }
    }
}

/// Short, and like nothing that a person writes.
fn mark(what: &str) -> String {
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, what.as_bytes());
    let id = id.simple().to_string();
    format!("SLN-{}", id.get(..12).unwrap_or_default())
}

impl Store {
    /// A ticket as it is, on the account's day.
    pub(crate) async fn ticket(
        &self,
        key: &str,
        today: NaiveDate,
    ) -> Result<Option<TicketRow>, StoreError> {
        let mut client = self.client().await?;
        let tx = within(&mut client, self.tenant).await?;
        let ticket = tx.prepare_cached(include_str!("row/ticket.sql")).await?;
        let members = tx.prepare_cached(include_str!("row/members.sql")).await?;
        let limit = i64::try_from(LINES_MAX).unwrap_or(i64::MAX);
        let row = tx
            .query_opt(&ticket, &[&self.tenant.0, &self.id.0, &key, &today])
            .await?;
        let rows = tx
            .query(&members, &[&self.tenant.0, &self.id.0, &key, &limit])
            .await?;
        tx.commit().await?;
        let Some(row) = row else { return Ok(None) };
        let company: Option<Uuid> = column(&row, "company_id")?;
        Ok(Some(TicketRow {
            key: key.to_owned(),
            company: company.map(CompanyId),
            progress: serde_json::from_value(column(&row, "progress")?)?,
            news: serde_json::from_value(column(&row, "news")?)?,
            changed_at: column(&row, "changed_at")?,
            version: column(&row, "version")?,
            members: rows.iter().map(member).collect::<Result<_, _>>()?,
            open: column(&row, "open")?,
            loud: column(&row, "loud")?,
            asked: column(&row, "asked")?,
        }))
    }

    /// Writes a ticket, unless somebody else did meanwhile: then answers false, and nothing is written.
    pub(crate) async fn save(
        &self,
        row: &mut TicketRow,
        change: Change,
        budget: &Budget,
    ) -> Result<bool, StoreError> {
        let mut client = self.client().await?;
        let tx = within(&mut client, self.tenant).await?;
        let saved = tx.prepare_cached(include_str!("row/save.sql")).await?;
        let parked = row.progress.parked.clone().or(change.parked);
        let progress = serde_json::to_value(&row.progress)?;
        let news = serde_json::to_value(&row.news)?;
        let saved = tx
            .execute(
                &saved,
                &[
                    &self.tenant.0,
                    &self.id.0,
                    &row.key,
                    &row.version,
                    &progress,
                    &row.state(),
                    &parked,
                    &news,
                    &change.due_at,
                    &row.changed_at,
                ],
            )
            .await?;
        if saved == 0 {
            return Ok(false);
        }
        for (wanted, sql) in [
            (change.telling, include_str!("row/telling.sql")),
            (change.told, include_str!("row/told.sql")),
        ] {
            if wanted {
                let statement = tx.prepare_cached(sql).await?;
                tx.execute(&statement, &[&self.tenant.0, &self.id.0, &row.key])
                    .await?;
            }
        }
        let counted = tx.prepare_cached(include_str!("row/budget.sql")).await?;
        let calls = i32::try_from(budget.calls).unwrap_or(i32::MAX);
        tx.execute(
            &counted,
            &[&self.tenant.0, &self.id.0, &budget.hour, &calls],
        )
        .await?;
        tx.commit().await?;
        row.version += 1;
        Ok(true)
    }

    /// The alerts that a ticket tells of and that were not raised again since, a page after one.
    pub(crate) async fn told_alerts(
        &self,
        key: &str,
        after: Uuid,
        limit: i64,
    ) -> Result<Vec<AlertId>, StoreError> {
        let mut client = self.client().await?;
        let tx = within(&mut client, self.tenant).await?;
        let statement = tx.prepare_cached(include_str!("row/alerts.sql")).await?;
        let rows = tx
            .query(
                &statement,
                &[&self.tenant.0, &self.id.0, &key, &after, &limit],
            )
            .await?;
        tx.commit().await?;
        rows.iter()
            .map(|row| Ok(AlertId(column(row, "alert_id")?)))
            .collect()
    }

    /// The ticket that one of its alerts had when it was raised before, if there was one.
    pub(crate) async fn earlier(&self, key: &str) -> Result<Option<Known>, StoreError> {
        let mut client = self.client().await?;
        let tx = within(&mut client, self.tenant).await?;
        let earlier = tx.prepare_cached(include_str!("row/earlier.sql")).await?;
        let row = tx
            .query_opt(&earlier, &[&self.tenant.0, &self.id.0, &key])
            .await?;
        tx.commit().await?;
        let Some(row) = row else { return Ok(None) };
        let progress: Progress = serde_json::from_value(column(&row, "progress")?)?;
        Ok(progress.known().cloned())
    }

    /// Keys of tickets that are due.
    pub(crate) async fn due_tickets(
        &self,
        now: DateTime<Utc>,
        limit: i64,
    ) -> Result<(Vec<String>, Option<DateTime<Utc>>), StoreError> {
        let mut client = self.client().await?;
        let tx = within(&mut client, self.tenant).await?;
        let due = tx.prepare_cached(include_str!("row/due.sql")).await?;
        let next = tx.prepare_cached(include_str!("row/next.sql")).await?;
        let rows = tx
            .query(&due, &[&self.tenant.0, &self.id.0, &now, &limit])
            .await?;
        let next = tx
            .query_one(&next, &[&self.tenant.0, &self.id.0, &now])
            .await?;
        tx.commit().await?;
        let keys = rows
            .iter()
            .map(|row| column(row, "key"))
            .collect::<Result<_, _>>()?;
        Ok((keys, column(&next, "at")?))
    }
}

fn member(row: &tokio_postgres::Row) -> Result<Member, StoreError> {
    let finding = kept(column(row, "finding")?)?;
    let of = |name| {
        let json: Option<serde_json::Value> = column(row, name)?;
        Ok::<_, StoreError>(json.map(kept).transpose()?.flatten())
    };
    let cleared: Option<String> = column(row, "cleared")?;
    let alert = AlertId(column(row, "alert_id")?);
    let missing = || {
        serde_json::Error::io(std::io::Error::other(format!(
            "the alert {alert} has no finding"
        )))
    };
    Ok(Member {
        alert,
        occurrence: column(row, "occurrence")?,
        finding: finding.ok_or_else(missing)?,
        told: of("told")?,
        telling: of("telling")?,
        open: column(row, "open")?,
        cleared: cleared.and_then(|word| Cleared::parse(&word)),
    })
}

impl From<TicketNews> for News {
    fn from(news: TicketNews) -> Self {
        let ticket = |ticket: TicketRef| Ticket {
            id: ticket.id,
            number: ticket.number,
            url: ticket.url,
        };
        match news {
            TicketNews::Opened(opened) => Self::Opened(ticket(opened)),
            TicketNews::Merged(into) => Self::Merged(ticket(into)),
            TicketNews::Stands(standing) => Self::Stands(standing.as_str().to_owned()),
            TicketNews::Commented(what) => Self::Commented(what),
            TicketNews::Failed(why) => Self::Failed(why),
        }
    }
}

impl News {
    pub(crate) fn told(&self) -> Option<TicketNews> {
        let ticket = |ticket: &Ticket| TicketRef {
            id: ticket.id.clone(),
            number: ticket.number.clone(),
            url: ticket.url.clone(),
        };
        Some(match self {
            Self::Opened(opened) => TicketNews::Opened(ticket(opened)),
            Self::Merged(into) => TicketNews::Merged(ticket(into)),
            Self::Stands(word) => TicketNews::Stands(TicketStanding::parse(word)?),
            Self::Commented(what) => TicketNews::Commented(what.clone()),
            Self::Failed(why) => TicketNews::Failed(why.clone()),
        })
    }
}
