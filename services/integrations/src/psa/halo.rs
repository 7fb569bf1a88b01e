//! HaloPSA, by its REST API (haloservicedesk.com/apidoc). Tried on a simulator only.
//!
//! Tickets carry the reference in `third_party_id_string`. Lists may leave the field out and filters may be ignored,
//! so each row is looked at. Our notes are hidden from customers.

mod rows;
mod token;
mod whole;

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use url::Url;

use self::rows::{Found, OneOrMany, Row, Status};
use self::token::Tokens;
use super::answer::{self, Answer};
use super::plain::{to_html, within};
use super::rows::{FOUND_MAX, company_id, only, ticket_id};
use super::site::{Site, misled};
use super::{Draft, Limits, Priorities, Psa, PsaError, Ticket, TicketState};
use crate::http::Client;

/// Halo allows 700 calls in 300 seconds for a whole tenant, which is 8,400 an hour for all integrations together.
const CALLS_PER_HOUR: u32 = 1_200;
/// Its lists ask the database itself; some seconds, because a hosted one's copies follow.
const SEARCH_LAG: Duration = Duration::from_secs(10);
/// The column is that long.
const SUMMARY_LENGTH_MAX: usize = 255;
/// Rows of a search: by a reference there is one.
const PAGE: usize = 50;
/// Actions of a ticket that are read: one of more has long been a person's.
const ACTIONS_MAX: usize = 500;
/// The agent `Unassigned`, under whom Halo's own rules act.
const NOBODY: u64 = 1;

/// An account at a HaloPSA.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Such as `https://example.halopsa.com/`: `/auth` and `/api` lie under it.
    pub url: Url,
    /// The tenant's name, which hosted installations want with the credentials.
    pub tenant: Option<String>,
    /// Of an API application with the method "Client ID and Secret (Services)", which logs in as an agent of its own.
    pub client_id: String,
    /// Of the same application.
    pub client_secret: SecretString,
    /// The ticket type, by id.
    pub ticket_type: u64,
    /// The statuses that close, by id; the first is what we set. As delivered 9, "Closed".
    pub closed_statuses: Vec<u64>,
    /// The outcome that our notes have, such as `Private Note`: Halo refuses an action without one.
    pub note_outcome: String,
    /// By id, as of `GET /Priority`.
    pub priorities: Priorities,
}

/// A HaloPSA.
pub struct Halo {
    site: Site,
    tokens: Tokens,
    settings: Settings,
    /// Our own agent's id.
    us: OnceCell<u64>,
}

impl Halo {
    /// # Errors
    /// [`PsaError::Refused`] if no status closes.
    pub fn new(client: Client, settings: Settings) -> Result<Self, PsaError> {
        if settings.closed_statuses.is_empty() {
            return Err(PsaError::Refused(
                "no status is named that closes tickets; name at least one by its id".to_owned(),
            ));
        }
        Ok(Self {
            tokens: Tokens::new(Site::new(client.clone(), settings.url.clone()), &settings),
            site: Site::new(client, settings.url.clone()),
            settings,
            us: OnceCell::new(),
        })
    }

    /// Sends a call with a token. A token may be withdrawn before its time: then once with a new one, which is safe
    /// for changes too, since nothing is done for a call that is refused.
    async fn send(
        &self,
        method: Method,
        path: &[&str],
        fill: impl Fn(RequestBuilder) -> RequestBuilder + Send + Sync,
    ) -> Result<Answer, PsaError> {
        let path: Vec<&str> = ["api"].iter().chain(path).copied().collect();
        let call = |token| {
            Ok::<_, PsaError>(fill(
                self.site.call(method.clone(), &path)?.bearer_auth(token),
            ))
        };
        let token = self.tokens.get().await?;
        let answer = answer::send(call(token.exposed())?).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return answer.accepted();
        }
        self.tokens.withdrawn(&token).await;
        let token = self.tokens.get().await?;
        answer::send(call(token.exposed())?).await?.accepted()
    }

    async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Answer, PsaError> {
        self.send(Method::GET, path, |call| call.query(query)).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Answer, PsaError> {
        self.send(Method::POST, &[path], |call| call.json(body))
            .await
    }

    /// Whether a row has the reference; one that leaves the field out is read in full.
    async fn carries(&self, row: &Row, reference: &str) -> Result<bool, PsaError> {
        if let Some(carried) = &row.third_party_id_string {
            return Ok(carried == reference);
        }
        match self.row(row.id).await {
            Ok(whole) => Ok(whole.third_party_id_string.as_deref() == Some(reference)),
            Err(PsaError::NotFound) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Writes an action. Halo's refusals do not tell a ticket that is gone from other reasons, so it is looked at.
    async fn act(&self, ticket: u64, text: &str) -> Result<(), PsaError> {
        let action = json!([{
            "ticket_id": ticket,
            "outcome": self.settings.note_outcome,
            "note_html": to_html(text),
            "hiddenfromuser": true,
        }]);
        match self.post("Actions", &action).await {
            Err(refused @ PsaError::Refused(_)) => match self.row(ticket).await {
                Err(PsaError::NotFound) => Err(PsaError::NotFound),
                Ok(row) if row.deleted => Err(PsaError::NotFound),
                _ => Err(refused),
            },
            answer => answer.map(drop),
        }
    }
}

#[async_trait]
impl Psa for Halo {
    fn limits(&self) -> Limits {
        Limits {
            search_lag: SEARCH_LAG,
            finds_by_reference: true,
            calls_per_hour: CALLS_PER_HOUR,
            subject_length_max: SUMMARY_LENGTH_MAX,
        }
    }

    async fn check(&self) -> Result<(), PsaError> {
        self.us().await?;
        let kind = self.settings.ticket_type;
        match self.get(&["TicketType", &kind.to_string()], &[]).await {
            Err(PsaError::NotFound) => {
                return Err(PsaError::Refused(format!(
                    "HaloPSA has no ticket type {kind}; correct the id"
                )));
            }
            answer => answer.map(drop)?,
        }
        let statuses: Vec<Status> = self.get(&["Status"], &[]).await?.json()?;
        for closed in &self.settings.closed_statuses {
            if !statuses.iter().any(|known| known.id == *closed) {
                return Err(PsaError::Refused(format!(
                    "HaloPSA has no status {closed}; correct the id of the status that closes"
                )));
            }
        }
        Ok(())
    }

    async fn find(&self, reference: &str) -> Result<Vec<Ticket>, PsaError> {
        let page = PAGE.to_string();
        let query = [
            ("third_party_id_string", reference),
            ("pageinate", "true"), // as Halo spells it
            ("page_no", "1"),
            ("page_size", &page),
        ];
        let Found { tickets: found } = self
            .get(&["Tickets"], &query)
            .await
            .map_err(misled)?
            .json()?;
        let more = found.len() >= PAGE;
        let mut found = only(found, more, |row| {
            row.third_party_id_string
                .as_deref()
                .is_none_or(|carried| carried == reference)
        })?;
        found.sort_by_key(|row| row.id);
        if found.len() > FOUND_MAX && found.iter().any(|row| row.third_party_id_string.is_none()) {
            return Err(PsaError::Garbled(
                "the search by third_party_id_string answers many tickets and does not say which carry it".to_owned(),
            ));
        }
        let mut tickets = Vec::new();
        for row in found.iter().take(FOUND_MAX) {
            if self.carries(row, reference).await? {
                match self.read(&row.id.to_string()).await {
                    // Thrown away since the search.
                    Err(PsaError::NotFound) => {}
                    read => tickets.push(read?),
                }
            }
        }
        Ok(tickets)
    }

    async fn create(&self, draft: &Draft) -> Result<Ticket, PsaError> {
        let mut ticket = json!({
            "summary": within(&draft.subject, SUMMARY_LENGTH_MAX),
            "details": draft.body,
            "tickettype_id": self.settings.ticket_type,
            "client_id": company_id(&draft.company, "client id of HaloPSA")?,
            "third_party_id_string": draft.reference,
        });
        if let Some(priority) = self.settings.priorities.of(draft.urgency) {
            ticket["priority_id"] = priority.into();
        }
        let made: OneOrMany = self
            .post("Tickets", &json!([ticket]))
            .await
            .map_err(misled)?
            .json()?;
        let row = made.first()?;
        // Its name is not worth a call that may fail after the ticket was made.
        let status = row.status_id.to_string();
        Ok(self.ticket(&row, TicketState::Open, status, Vec::new(), false))
    }

    async fn comment(&self, id: &str, text: &str) -> Result<(), PsaError> {
        self.act(ticket_id(id)?, text).await
    }

    async fn read(&self, id: &str) -> Result<Ticket, PsaError> {
        let row = self.row(ticket_id(id)?).await?;
        self.whole(&row).await
    }

    async fn close(&self, id: &str, text: &str) -> Result<(), PsaError> {
        let id = ticket_id(id)?;
        // The note first: better twice the reason than a ticket closed without one. An action alone closes nothing.
        self.act(id, text).await?;
        let closed = self.settings.closed_statuses.first();
        let change = json!([{ "id": id, "status_id": closed }]);
        self.post("Tickets", &change).await.map(drop)
    }
}
