//! Autotask PSA (Datto), by its REST API (autotask.net developer help, "Tickets", "TicketNotes", "Thresholds and
//! limits"). Tried on a simulator only.
//!
//! Tickets carry the reference in `externalID`. Autotask ignores an operator or a field that it does not know and
//! then answers with everything, so each row is looked at. It answers a request that breaks its rules with 500, as it
//! does a failure: both are [`PsaError::Failed`] here, with what it said.

mod rows;
mod whole;

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::header::HeaderValue;
use reqwest::{Method, RequestBuilder};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use url::Url;

use self::rows::{Fields, Made, One, Page, Row, Threshold};
use super::answer;
use super::plain::within;
use super::rows::{FOUND_MAX, company_id, only, ticket_id};
use super::site::{Site, misled, secret_header};
use super::{Draft, Limits, Priorities, Psa, PsaError, Ticket, TicketState};
use crate::http::Client;

/// Autotask allows 10,000 calls an hour for all integrations of a company together, and slows all of them down from
/// half of that.
const CALLS_PER_HOUR: u32 = 1_500;
/// With so much of the limit used, in percent, we leave the rest to others.
const USED_MAX_PERCENT: u64 = 90;
/// Its limit is counted over an hour; in some minutes the oldest of it is forgotten.
const WAIT: Duration = Duration::from_mins(10);
/// Its queries ask the database itself; some seconds, because a hosted one's copies follow.
const SEARCH_LAG: Duration = Duration::from_secs(10);
/// What Autotask keeps of a title, a description, a note's title and a note: the rest is dropped without a word.
const TITLE_LENGTH_MAX: usize = 255;
const DESCRIPTION_LENGTH_MAX: usize = 8_000;
const NOTE_TITLE_LENGTH_MAX: usize = 250;
const NOTE_LENGTH_MAX: usize = 32_000;
/// Rows of a search: by a reference there is one.
const PAGE: usize = 50;
/// The longest page that the API gives. A ticket of more notes has long been a person's.
const NOTES_MAX: usize = 500;

/// An account at Autotask.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Of the company's zone, such as `https://webservices19.autotask.net/ATServicesRest/V1.0/`.
    pub url: Url,
    /// Where people open tickets, such as `https://ww19.autotask.net/`, as of `GET /ZoneInformation`.
    pub pages: Option<Url>,
    /// The tracking identifier of the API user.
    pub integration_code: SecretString,
    /// The API user's name.
    pub user: String,
    /// The API user's secret.
    pub secret: SecretString,
    /// The queue that gets the tickets, by id.
    pub queue: u64,
    /// The status of a new ticket, 1 as delivered.
    pub new_status: u64,
    /// The statuses that close; the first is what we set. 5, "Complete", as delivered.
    pub closed_statuses: Vec<u64>,
    /// By id: Autotask makes no ticket without one, and each company numbers them its own way.
    pub priorities: Priorities<u64>,
    /// A ticket must be due; so long after it is made.
    pub due_in: Duration,
    /// The type of our notes, 1 as delivered.
    pub note_type: u64,
    /// Who may see our notes: 2 is internal.
    pub note_publish: u64,
}

/// An Autotask.
pub struct Autotask {
    site: Site,
    headers: [(&'static str, HeaderValue); 3],
    settings: Settings,
    fields: OnceCell<Fields>,
}

impl Autotask {
    /// # Errors
    /// [`PsaError::Refused`] for credentials that cannot be sent, or if no status closes.
    pub fn new(client: Client, settings: Settings) -> Result<Self, PsaError> {
        if settings.closed_statuses.is_empty() {
            return Err(PsaError::Refused(
                "no status is named that closes tickets; name at least one by its id".to_owned(),
            ));
        }
        let user = SecretString::from(settings.user.clone());
        let headers = [
            (
                "ApiIntegrationCode",
                secret_header("integration code", &settings.integration_code)?,
            ),
            ("UserName", secret_header("user name", &user)?),
            ("Secret", secret_header("secret", &settings.secret)?),
        ];
        Ok(Self {
            site: Site::new(client, settings.url.clone()),
            headers,
            settings,
            fields: OnceCell::new(),
        })
    }

    fn call(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, PsaError> {
        let call = self.site.call(method, path)?;
        Ok(self.headers.iter().fold(call, |call, (name, value)| {
            call.header(*name, value.clone())
        }))
    }

    /// The rows of which a field has a value, and whether there may be more.
    async fn query<T: DeserializeOwned>(
        &self,
        entity: &str,
        field: &str,
        value: Value,
        rows_max: usize,
    ) -> Result<(Vec<T>, bool), PsaError> {
        let body = json!({
            "filter": [{ "op": "eq", "field": field, "value": value }],
            "MaxRecords": rows_max,
        });
        let call = self.call(Method::POST, &[entity, "query"])?.json(&body);
        let page: Page<T> = answer::json(call).await.map_err(misled)?;
        let more = page.page_details.next_page_url.is_some() || page.items.len() >= rows_max;
        Ok((page.items, more))
    }

    async fn row(&self, id: u64) -> Result<Row, PsaError> {
        let call = self.call(Method::GET, &["Tickets", &id.to_string()])?;
        let One { item } = answer::json(call).await?;
        item.filter(|row: &Row| row.id == id)
            .ok_or(PsaError::NotFound)
    }

    async fn fields(&self) -> Result<&Fields, PsaError> {
        let path = ["Tickets", "entityInformation", "fields"];
        let ask = || async { answer::json(self.call(Method::GET, &path)?).await };
        self.fields.get_or_try_init(ask).await
    }
}

#[async_trait]
impl Psa for Autotask {
    fn limits(&self) -> Limits {
        Limits {
            search_lag: SEARCH_LAG,
            finds_by_reference: true,
            calls_per_hour: CALLS_PER_HOUR,
            subject_length_max: TITLE_LENGTH_MAX,
        }
    }

    async fn check(&self) -> Result<(), PsaError> {
        let threshold = self.call(Method::GET, &["ThresholdInformation"])?;
        let threshold: Threshold = answer::json(threshold).await.map_err(misled)?;
        if threshold.used_percent() >= USED_MAX_PERCENT {
            return Err(PsaError::Busy {
                retry_after: Some(WAIT),
            });
        }
        let fields = self.fields().await?;
        let Settings {
            queue,
            new_status,
            priorities,
            ..
        } = &self.settings;
        let mut named = vec![
            ("queueID", *queue),
            ("status", *new_status),
            ("priority", priorities.low),
            ("priority", priorities.normal),
            ("priority", priorities.high),
        ];
        named.extend(
            self.settings
                .closed_statuses
                .iter()
                .map(|status| ("status", *status)),
        );
        let unknown: Vec<String> = named
            .into_iter()
            .filter(|(field, id)| fields.label(field, *id).is_none())
            .map(|(field, id)| format!("{field} {id}"))
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        Err(PsaError::Refused(format!(
            "Autotask's tickets have no active {}; correct the ids",
            unknown.join(", ")
        )))
    }

    async fn find(&self, reference: &str) -> Result<Vec<Ticket>, PsaError> {
        let (rows, more) = self
            .query("Tickets", "externalID", reference.into(), PAGE)
            .await?;
        let mut rows = only(rows, more, |row: &Row| {
            row.external_id.as_deref() == Some(reference)
        })?;
        rows.sort_by_key(|row| row.id);
        let mut tickets = Vec::new();
        for row in rows.iter().take(FOUND_MAX) {
            tickets.push(self.whole(row).await?);
        }
        Ok(tickets)
    }

    async fn create(&self, draft: &Draft) -> Result<Ticket, PsaError> {
        let due = DateTime::<Utc>::from(SystemTime::now() + self.settings.due_in);
        let body = json!({
            "companyID": company_id(&draft.company, "company id of Autotask")?,
            "title": within(&draft.subject, TITLE_LENGTH_MAX),
            "description": within(&draft.body, DESCRIPTION_LENGTH_MAX),
            "status": self.settings.new_status,
            "priority": self.settings.priorities.of(draft.urgency),
            "queueID": self.settings.queue,
            "externalID": draft.reference,
            "dueDateTime": due.to_rfc3339_opts(SecondsFormat::Secs, true),
        });
        let call = self.call(Method::POST, &["Tickets"])?.json(&body);
        let Made { item_id } = answer::json(call).await.map_err(misled)?;
        // It is made; its number is worth a call, and not worth a failure.
        let number = self
            .row(item_id)
            .await
            .ok()
            .and_then(|row| row.ticket_number);
        let status = self.settings.new_status.to_string();
        Ok(self.ticket(
            item_id,
            number,
            TicketState::Open,
            status,
            Vec::new(),
            false,
        ))
    }

    async fn comment(&self, id: &str, text: &str) -> Result<(), PsaError> {
        let id = ticket_id(id)?;
        let title = text.lines().next().unwrap_or_default();
        let note = json!({
            "title": within(title, NOTE_TITLE_LENGTH_MAX),
            "description": within(text, NOTE_LENGTH_MAX),
            "noteType": self.settings.note_type,
            "publish": self.settings.note_publish,
        });
        let call = self.call(Method::POST, &["Tickets", &id.to_string(), "Notes"])?;
        match answer::done(call.json(&note)).await {
            // Autotask answers a note on a ticket that is gone as it does a failure.
            Err(failed @ (PsaError::Failed { .. } | PsaError::Refused(_))) => {
                match self.row(id).await {
                    Err(PsaError::NotFound) => Err(PsaError::NotFound),
                    _ => Err(failed),
                }
            }
            answer => answer,
        }
    }

    async fn read(&self, id: &str) -> Result<Ticket, PsaError> {
        let row = self.row(ticket_id(id)?).await?;
        self.whole(&row).await
    }

    async fn close(&self, id: &str, text: &str) -> Result<(), PsaError> {
        // The note first: better twice the reason than a ticket closed without one.
        self.comment(id, text).await?;
        let change =
            json!({ "id": ticket_id(id)?, "status": self.settings.closed_statuses.first() });
        let call = self.call(Method::PATCH, &["Tickets"])?;
        answer::done(call.json(&change)).await
    }
}
