//! Carries tickets on, one call after another: what the machine says next is written down, done, and written down.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use contract::NotDone;
use domain::{
    alert::TICKET_ALERTS_MAX,
    command::Command,
    integration::{Integration, IntegrationKind},
};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::{
    machine::{Action, Failure, Outcome, Waits},
    row::{Change, TicketRow},
    text,
};
use crate::{
    context::Context,
    health::{Budget, Health, Pace},
    psa::{Limits, Psa, PsaError, Ticket},
    store::{Store, StoreError},
    telling::Telling,
    wording::Then,
};

/// Tickets looked at in a round: few enough that what is new soon gets its turn.
const ROUND: i64 = 20;
/// Steps of one ticket at a time: search, make, read, note, close.
const STEPS_MAX: usize = 8;
/// How long a call may take, and still have an effect: the whole call, and what the other side does with it after.
const CALL_MAX: Duration = Duration::from_secs(25);
/// Between writing down that something is done and doing it; later it is not done, since somebody else may have
/// looked for it in between.
const BEGUN_MAX: Duration = Duration::from_secs(5);
/// Until it is asked again whether a company has an id there; a link that is made is noticed at once.
const NO_COMPANY_EVERY: TimeDelta = TimeDelta::minutes(5);
/// The same soon after something changed: the link that was just made may not be seen by those who are asked.
const NO_COMPANY_SOON: TimeDelta = TimeDelta::seconds(2);
/// How long that is.
const SOON: TimeDelta = TimeDelta::seconds(20);
/// Between two tries to tell the ledger.
const TELL_AGAIN: TimeDelta = TimeDelta::seconds(2);

/// One integration's way to its ticket system.
pub(crate) struct Work<'a> {
    pub(crate) context: &'a Context,
    pub(crate) store: &'a Store,
    pub(crate) integration: &'a Integration,
    pub(crate) psa: Arc<dyn Psa>,
    pub(crate) limits: Limits,
    pub(crate) health: &'a mut Health,
    pub(crate) budget: &'a mut Budget,
    pub(crate) pace: &'a mut Pace,
}

/// What a round came to.
pub(crate) enum Round {
    /// Look again at once.
    More,
    /// Nothing before then; nothing at all unless something changes.
    Until(Option<DateTime<Utc>>),
    /// Nothing until somebody acts.
    Paused(String),
}

enum After {
    /// The ticket waits.
    Rests,
    /// All wait.
    Stop(Option<DateTime<Utc>>),
    Paused(String),
}

impl Work<'_> {
    /// Looks at tickets that are due.
    pub(crate) async fn round(&mut self) -> Result<Round, StoreError> {
        let now = self.context.commands.now();
        if let Some(until) = self.health.open_until.filter(|until| *until > now) {
            return Ok(Round::Until(Some(until)));
        }
        let (keys, next) = self.store.due_tickets(now, ROUND).await?;
        if keys.is_empty() {
            return Ok(Round::Until(next));
        }
        let telling = Telling::new(self.context, self.store.tenant, now).await?;
        for key in keys {
            match self.ticket(&telling, &key).await? {
                After::Rests => {}
                After::Stop(until) => return Ok(Round::Until(until)),
                After::Paused(why) => return Ok(Round::Paused(why)),
            }
        }
        Ok(Round::More)
    }

    fn waits(&self) -> Waits {
        Waits {
            search_lag: self.limits.search_lag,
            call_max: CALL_MAX,
        }
    }

    async fn ticket(&mut self, telling: &Telling<'_>, key: &str) -> Result<After, StoreError> {
        for _ in 0..STEPS_MAX {
            let Some(mut row) = self.store.ticket(key, telling.today).await? else {
                return Ok(After::Rests);
            };
            let now = self.context.commands.now();
            if !row.news.is_empty() && !self.tell(&mut row, now).await? {
                return Ok(After::Rests);
            }
            let wanted = row.wanted(self.store, telling.held_until(now));
            let waits = self.waits();
            let action = row.progress.next(&wanted, &waits, now);
            if let Action::Wait(until) = action {
                // Of what is snoozed nobody tells when the day comes.
                let due_at = match wanted.open && wanted.hushed {
                    true => Some(until.unwrap_or(now + TimeDelta::hours(1))),
                    false => until,
                };
                let change = Change {
                    due_at,
                    ..Change::default()
                };
                self.store.save(&mut row, change, self.budget).await?;
                return Ok(After::Rests);
            }
            if let Some(until) = self.budget.wait(now, self.limits.calls_per_hour) {
                return Ok(After::Stop(Some(until)));
            }
            let reference = row.reference(self.store);
            let call = match self
                .call(telling, &mut row, &action, reference, now)
                .await?
            {
                Ready::Call(call) => call,
                Ready::Not(after) => return Ok(after),
            };
            row.progress.begin(&action, now);
            self.budget.count(now);
            let change = Change {
                due_at: Some(now),
                telling: matches!(action, Action::Create | Action::Comment { last: false, .. }),
                ..Change::default()
            };
            let begun = Instant::now();
            if !self.store.save(&mut row, change, self.budget).await? {
                return Ok(After::Rests);
            }
            if begun.elapsed() > BEGUN_MAX {
                return Ok(After::Stop(None));
            }
            let answer = timeout(CALL_MAX, self.answer(&call))
                .await
                .unwrap_or_else(|_| Err(PsaError::NoAnswer("it took too long".to_owned())));
            if let Some(after) = self.settle(&mut row, &action, &wanted, answer).await? {
                return Ok(after);
            }
        }
        Ok(After::Rests)
    }

    /// Writes down what an answer means. Answers what follows for all tickets, if something does.
    async fn settle(
        &mut self,
        row: &mut TicketRow,
        action: &Action,
        wanted: &super::machine::Wanted,
        answer: Result<Outcome, PsaError>,
    ) -> Result<Option<After>, StoreError> {
        let now = self.context.commands.now();
        let why = self.health.after(answer.as_ref().map(|_| ()), now);
        let outcome = answer.unwrap_or_else(|error| {
            tracing::warn!(integration = %self.store.id, ticket = row.key, %error, "a call to a ticket system failed");
            Outcome::Failed(Failure::from(&error))
        });
        let spread = row.key.bytes().fold(0_u32, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(u32::from(byte))
        }) % 1_000;
        let waits = self.waits();
        let effects = row
            .progress
            .settle(action, outcome, wanted, &waits, now, spread);
        let opened = effects
            .news
            .iter()
            .any(|news| matches!(news, domain::alert::TicketNews::Opened(_)));
        row.news.extend(effects.news.into_iter().map(Into::into));
        if let Some(why) = &why {
            row.news.push(super::row::News::Failed(why.clone()));
        }
        let change = Change {
            due_at: Some(row.progress.not_before.map_or(now, |until| until.max(now))),
            told: opened || effects.said,
            ..Change::default()
        };
        if !self.store.save(row, change, self.budget).await? {
            return Ok(Some(After::Rests));
        }
        if !row.news.is_empty() {
            self.tell(row, now).await?;
        }
        if let Some(why) = why {
            return Ok(Some(After::Paused(why)));
        }
        Ok(match self.health.open_until.filter(|until| *until > now) {
            Some(until) => Some(After::Stop(Some(until))),
            None if row.progress.not_before.is_some_and(|until| until > now) => Some(After::Rests),
            None => None,
        })
    }

    /// What is sent, composed before anything is written down.
    async fn call(
        &mut self,
        telling: &Telling<'_>,
        row: &mut TicketRow,
        action: &Action,
        reference: String,
        now: DateTime<Utc>,
    ) -> Result<Ready, StoreError> {
        Ok(Ready::Call(match action {
            Action::Find => Call::Find(reference),
            Action::Read { id } => Call::Read(id.clone()),
            Action::Create => {
                let Some(company) = self.company(row).await? else {
                    let again = match now - row.changed_at < SOON {
                        true => NO_COMPANY_SOON,
                        false => NO_COMPANY_EVERY,
                    };
                    let change = Change {
                        due_at: Some(now + again),
                        parked: Some(format!(
                            "no PSA company: link the company's id in {:?} to it",
                            self.system()
                        )),
                        ..Change::default()
                    };
                    self.store.save(row, change, self.budget).await?;
                    return Ok(Ready::Not(After::Rests));
                };
                if let Err(wait) = self.pace.take() {
                    let until = TimeDelta::from_std(wait).unwrap_or_default();
                    return Ok(Ready::Not(After::Stop(Some(now + until))));
                }
                if row.progress.earlier.is_none() {
                    row.progress.earlier = self.store.earlier(&row.key).await?;
                }
                let length = self.limits.subject_length_max;
                Call::Create(Box::new(
                    text::draft(telling, row, reference, company, length).await?,
                ))
            }
            Action::Comment { id, marker, last } => {
                let then = last.then_some(Then::LeftOpen);
                Call::Comment(id.clone(), text::note(telling, row, marker, then).await?)
            }
            Action::Close { id, duplicate_of } => {
                let text = match duplicate_of {
                    Some(kept) => format!("This ticket tells the same as {kept} and is closed."),
                    None => {
                        let marker = row.wanted(self.store, None).farewell;
                        text::note(telling, row, &marker, Some(Then::Closed)).await?
                    }
                };
                Call::Close(id.clone(), text)
            }
            Action::Wait(_) => return Ok(Ready::Not(After::Rests)),
        }))
    }

    async fn answer(&self, call: &Call) -> Result<Outcome, PsaError> {
        match call {
            Call::Find(reference) => self.psa.find(reference).await.map(Outcome::Found),
            Call::Create(draft) => self.psa.create(draft).await.map(Outcome::Created),
            Call::Read(id) => {
                let ticket = self.psa.read(id).await?;
                let worked = self.is_worked_on(&ticket);
                Ok(Outcome::Read(ticket, worked))
            }
            Call::Comment(id, text) => self.psa.comment(id, text).await.map(|()| Outcome::Done),
            Call::Close(id, text) => self.psa.close(id, text).await.map(|()| Outcome::Done),
        }
    }

    /// Whether a person worked on a ticket. That it is assigned to one says nothing.
    fn is_worked_on(&self, ticket: &Ticket) -> bool {
        let statuses = self.integration.config.settings.get("worked_statuses");
        let mut statuses = statuses.map(String::as_str).unwrap_or_default().split(',');
        ticket.has_time
            || ticket.notes.iter().any(|note| !note.ours)
            || statuses.any(|status| {
                let status = status.trim();
                !status.is_empty() && status.eq_ignore_ascii_case(ticket.status.trim())
            })
    }

    fn system(&self) -> &str {
        let kind: IntegrationKind = self.integration.config.kind;
        let set = self.integration.config.settings.get("company_system");
        set.map_or_else(|| kind.as_str(), String::as_str)
    }

    /// The company's id there; of what concerns the whole account, the MSP's own company's.
    async fn company(&self, row: &TicketRow) -> Result<Option<String>, StoreError> {
        let names = &self.context.names;
        let company = names.company(self.store.tenant, row.company).await?;
        let system = self.system();
        let ids = company.into_iter().flat_map(|company| company.external_ids);
        let mut ids = ids.filter(|(of, _)| of.eq_ignore_ascii_case(system));
        Ok(ids.next().map(|(_, id)| id))
    }

    /// Tells the ledger what it is not told yet. Answers whether all is told.
    async fn tell(&self, row: &mut TicketRow, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let news: Vec<_> = row.news.iter().filter_map(super::row::News::told).collect();
        let limit = i64::try_from(TICKET_ALERTS_MAX).unwrap_or(i64::MAX);
        let mut after = Uuid::nil();
        loop {
            let alerts = self.store.told_alerts(&row.key, after, limit).await?;
            let Some(last) = alerts.last() else { break };
            after = last.0;
            for news in &news {
                let command = Command::TellTicket {
                    alerts: alerts.clone(),
                    integration: self.store.id,
                    news: news.clone(),
                };
                match self
                    .context
                    .commands
                    .submit(self.store.tenant, command)
                    .await
                {
                    Ok(_) => {}
                    Err(NotDone::Refused(refusal)) => {
                        tracing::error!(%refusal, ticket = row.key, "the ledger does not take what a ticket came to");
                    }
                    Err(NotDone::Later(why)) => {
                        tracing::debug!(why, ticket = row.key, "the ledger is told later");
                        let change = Change {
                            due_at: Some(now + TELL_AGAIN),
                            ..Change::default()
                        };
                        self.store.save(row, change, self.budget).await?;
                        return Ok(false);
                    }
                }
            }
        }
        row.news.clear();
        let change = Change {
            due_at: Some(row.progress.not_before.map_or(now, |until| until.max(now))),
            ..Change::default()
        };
        self.store.save(row, change, self.budget).await
    }
}

enum Ready {
    Call(Call),
    Not(After),
}

enum Call {
    Find(String),
    Create(Box<crate::psa::Draft>),
    Read(String),
    Comment(String, String),
    Close(String, String),
}
