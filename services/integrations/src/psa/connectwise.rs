//! ConnectWise PSA ("Manage"), by its REST API (developer.connectwise.com, service tickets). Tried on a simulator
//! only.
//!
//! Tickets carry the reference in `externalXRef`. Our notes are internal: customers neither see them nor get mail.

mod rows;

use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{ACCEPT, HeaderValue};
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use url::Url;

use self::rows::{Named, Row, RowNote, Status, TimeEntry};
use super::answer;
use super::plain::within;
use super::rows::{FOUND_MAX, company_id, only, plain, ticket_id};
use super::site::{Site, misled, secret_header};
use super::{Draft, Limits, Note, Priorities, Psa, PsaError, Ticket, TicketState};
use crate::http::Client;

/// ConnectWise publishes no figure and answers 429 when it has enough; integrations report some 60 a minute.
const CALLS_PER_HOUR: u32 = 1_000;
/// Its search asks the database itself; some seconds, because a cluster's copies follow.
const SEARCH_LAG: Duration = Duration::from_secs(10);
/// A longer summary is refused.
const SUMMARY_LENGTH_MAX: usize = 100;
/// The longest page that the API gives, for boards, statuses and notes. A ticket of more notes has long been
/// a person's.
const PAGE: usize = 1_000;
/// Rows of a search: by a reference there is one.
const FOUND_PAGE: usize = 50;

/// An account at ConnectWise.
#[derive(Debug, Clone)]
pub struct Settings {
    /// With the version, such as `https://api-eu.myconnectwise.net/v4_6_release/apis/3.0/`.
    pub url: Url,
    /// The company's login id.
    pub company: String,
    /// Of an API member.
    pub public_key: String,
    /// Of the same API member.
    pub private_key: SecretString,
    /// What ConnectWise gave the integration; to be kept as a password.
    pub client_id: SecretString,
    /// The name of the service board that gets the tickets.
    pub board: String,
    /// The name of the board's status that closes.
    pub closed_status: String,
    /// By id, as of `GET /service/priorities`.
    pub priorities: Priorities,
}

/// A ConnectWise PSA.
pub struct ConnectWise {
    site: Site,
    client_id: HeaderValue,
    settings: Settings,
}

impl ConnectWise {
    /// # Errors
    /// [`PsaError::Refused`] for a client id that cannot be sent.
    pub fn new(client: Client, settings: Settings) -> Result<Self, PsaError> {
        Ok(Self {
            client_id: secret_header("client id", &settings.client_id)?,
            site: Site::new(client, settings.url.clone()),
            settings,
        })
    }

    fn call(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, PsaError> {
        let member = format!("{}+{}", self.settings.company, self.settings.public_key);
        let key = self.settings.private_key.expose_secret();
        Ok(self
            .site
            .call(method, path)?
            .basic_auth(member, Some(key))
            .header("clientId", self.client_id.clone())
            .header(ACCEPT, "application/vnd.connectwise.com+json"))
    }

    fn ticket(&self, row: &Row, notes: Vec<Note>, has_time: bool) -> Ticket {
        let state = match &row.merged_parent_ticket {
            Some(parent) => TicketState::Merged {
                into: parent.id.to_string(),
            },
            None if row.closed_flag => TicketState::Closed,
            None => TicketState::Open,
        };
        Ticket {
            id: row.id.to_string(),
            number: format!("#{}", row.id),
            url: self.page(row.id),
            state,
            status: row.status.name.clone(),
            notes,
            has_time,
        }
    }

    async fn whole(&self, row: &Row) -> Result<Ticket, PsaError> {
        let notes = self.notes(row).await?;
        Ok(self.ticket(row, notes, self.has_time(row.id).await?))
    }

    /// Where people open a ticket: beside the API, on the same installation.
    fn page(&self, id: u64) -> Option<Url> {
        let mut url = self.settings.url.clone();
        let host = url.host_str()?;
        let host = host.strip_prefix("api-").unwrap_or(host).to_owned();
        url.set_host(Some(&host)).ok()?;
        url.set_path("/v4_6_release/services/system_io/Service/fv_sr100_request.rails");
        url.query_pairs_mut()
            .append_pair("service_recid", &id.to_string())
            .append_pair("companyName", &self.settings.company);
        Some(url)
    }

    async fn notes(&self, row: &Row) -> Result<Vec<Note>, PsaError> {
        let path = ["service", "tickets", &row.id.to_string(), "notes"];
        let page = PAGE.to_string();
        let call = self.call(Method::GET, &path)?;
        let call = call.query(&[("orderBy", "id asc"), ("pageSize", &page)]);
        let mut notes: Vec<RowNote> = answer::json(call).await?;
        notes.sort_by_key(|note| note.id);
        let us = row.info.entered_by.as_deref();
        let is_ours = |note: &RowNote| us.is_some() && note.created_by.as_deref() == us;
        let description = notes
            .iter()
            .position(|note| note.detail_description_flag && is_ours(note));
        if let Some(description) = description {
            notes.remove(description);
        }
        Ok(notes
            .into_iter()
            .map(|note| Note {
                ours: is_ours(&note),
                text: note.text.unwrap_or_default(),
            })
            .collect())
    }

    async fn has_time(&self, id: u64) -> Result<bool, PsaError> {
        let conditions = format!("chargeToId={id} and chargeToType=\"ServiceTicket\"");
        let call = self.call(Method::GET, &["time", "entries"])?;
        let call = call.query(&[("conditions", conditions.as_str()), ("pageSize", "1")]);
        let entries: Vec<TimeEntry> = answer::json(call).await?;
        let entries = only(entries, true, |entry| entry.charge_to_id == Some(id))?;
        Ok(!entries.is_empty())
    }
}

#[async_trait]
impl Psa for ConnectWise {
    fn limits(&self) -> Limits {
        Limits {
            search_lag: SEARCH_LAG,
            finds_by_reference: true,
            calls_per_hour: CALLS_PER_HOUR,
            subject_length_max: SUMMARY_LENGTH_MAX,
        }
    }

    async fn check(&self) -> Result<(), PsaError> {
        let Settings {
            board,
            closed_status,
            ..
        } = &self.settings;
        let page = PAGE.to_string();
        let call = self.call(Method::GET, &["service", "boards"])?;
        let boards = answer::json(call.query(&[("pageSize", &page)])).await;
        let boards: Vec<Named> = boards.map_err(misled)?;
        let Some(found) = boards.iter().find(|known| known.name == *board) else {
            return Err(PsaError::Refused(format!(
                "ConnectWise shows the API member no service board {board:?}; correct the name, or give the member's role the board"
            )));
        };
        let path = ["service", "boards", &found.id.to_string(), "statuses"];
        let call = self.call(Method::GET, &path)?.query(&[("pageSize", &page)]);
        let statuses: Vec<Status> = answer::json(call).await?;
        match statuses.iter().find(|known| known.name == *closed_status) {
            Some(status) if status.closed_status => Ok(()),
            Some(_) => Err(PsaError::Refused(format!(
                "the status {closed_status:?} of board {board:?} does not close tickets; name one that does"
            ))),
            None => Err(PsaError::Refused(format!(
                "board {board:?} has no status {closed_status:?}; correct the name"
            ))),
        }
    }

    async fn find(&self, reference: &str) -> Result<Vec<Ticket>, PsaError> {
        let conditions = format!("externalXRef=\"{}\"", plain(reference)?);
        let page = FOUND_PAGE.to_string();
        let call = self.call(Method::GET, &["service", "tickets"])?.query(&[
            ("conditions", conditions.as_str()),
            ("orderBy", "id asc"),
            ("pageSize", &page),
        ]);
        let found: Vec<Row> = answer::json(call).await.map_err(misled)?;
        let more = found.len() >= FOUND_PAGE;
        let mut found = only(found, more, |row| {
            row.external_x_ref.as_deref() == Some(reference)
        })?;
        found.sort_by_key(|row| row.id);
        let mut tickets = Vec::new();
        for row in found.iter().take(FOUND_MAX) {
            match self.whole(row).await {
                // Thrown away since the search.
                Err(PsaError::NotFound) => {}
                whole => tickets.push(whole?),
            }
        }
        Ok(tickets)
    }

    async fn create(&self, draft: &Draft) -> Result<Ticket, PsaError> {
        let company = company_id(&draft.company, "company id of ConnectWise")?;
        let mut body = json!({
            "summary": within(&draft.subject, SUMMARY_LENGTH_MAX),
            "company": { "id": company },
            "board": { "name": self.settings.board },
            "initialDescription": draft.body,
            "externalXRef": plain(&draft.reference)?,
        });
        if let Some(priority) = self.settings.priorities.of(draft.urgency) {
            body["priority"] = json!({ "id": priority });
        }
        let call = self.call(Method::POST, &["service", "tickets"])?;
        let row: Row = answer::json(call.json(&body)).await.map_err(misled)?;
        Ok(self.ticket(&row, Vec::new(), false))
    }

    async fn comment(&self, id: &str, text: &str) -> Result<(), PsaError> {
        let id = ticket_id(id)?.to_string();
        let note = json!({
            "text": text,
            "detailDescriptionFlag": false,
            "internalAnalysisFlag": true,
            "resolutionFlag": false,
        });
        let call = self.call(Method::POST, &["service", "tickets", &id, "notes"])?;
        answer::done(call.json(&note)).await
    }

    async fn read(&self, id: &str) -> Result<Ticket, PsaError> {
        let id = ticket_id(id)?;
        let path = ["service", "tickets", &id.to_string()];
        let row: Row = answer::json(self.call(Method::GET, &path)?).await?;
        self.whole(&row).await
    }

    async fn close(&self, id: &str, text: &str) -> Result<(), PsaError> {
        // The note first: better twice the reason than a ticket closed without one.
        self.comment(id, text).await?;
        let path = ["service", "tickets", id];
        let change = json!([{
            "op": "replace",
            "path": "status",
            "value": { "name": self.settings.closed_status },
        }]);
        answer::done(self.call(Method::PATCH, &path)?.json(&change)).await
    }
}
