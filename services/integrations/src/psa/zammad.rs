//! Zammad, by its REST API (docs.zammad.org, "Tickets", "Articles"; version 6). Tried on a simulator only.
//!
//! Tickets carry the reference in a text attribute that an administrator adds to them once. Zammad ignores a field
//! that it does not know, so [`Psa::check`] looks whether tickets have it.

mod rows;
mod whole;

use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;
use url::Url;

use self::rows::{Named, Organization, Row, User};
use super::answer::{self, Answer};
use super::plain::within;
use super::rows::{FOUND_MAX, company_id, only, plain, ticket_id};
use super::site::{Site, misled, secret_header};
use super::{Draft, Limits, Priorities, Psa, PsaError, Ticket, TicketState};
use crate::http::Client;

/// Zammad documents no limit of calls: an installation is as fast as its machine, which people use too.
const CALLS_PER_HOUR: u32 = 1_800;
/// New tickets come into the search index by a background job; a busy one needs a minute.
const SEARCH_LAG: Duration = Duration::from_secs(120);
/// The column is that long.
const SUBJECT_LENGTH_MAX: usize = 250;
/// Rows of a search: by a reference there is one.
const PAGE: usize = 50;

/// An account at a Zammad.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Such as `https://help.example.com/`.
    pub url: Url,
    /// An access token of an agent with `ticket.agent` on the group.
    pub token: SecretString,
    /// The name of the group that gets the tickets.
    pub group: String,
    /// The name of the tickets' text attribute for the reference, such as `seatledger_reference`.
    pub reference_attribute: String,
    /// The user who stands as customer on all tickets, a member of each organization. None: the organization's
    /// first member, who then sees the ticket.
    pub customer: Option<u64>,
    /// The name of the state that closes, `closed` as delivered.
    pub closed_state: String,
    /// By id, as of `GET /api/v1/ticket_priorities`.
    pub priorities: Priorities,
}

/// A Zammad.
pub struct Zammad {
    site: Site,
    token: HeaderValue,
    settings: Settings,
    /// Our own user's id.
    us: OnceCell<u64>,
}

impl Zammad {
    /// # Errors
    /// [`PsaError::Refused`] for a token that cannot be sent.
    pub fn new(client: Client, settings: Settings) -> Result<Self, PsaError> {
        let token = format!("Token token={}", settings.token.expose_secret());
        Ok(Self {
            token: secret_header("token", &token.into())?,
            site: Site::new(client, settings.url.clone()),
            settings,
            us: OnceCell::new(),
        })
    }

    fn call(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, PsaError> {
        let path: Vec<&str> = ["api", "v1"].iter().chain(path).copied().collect();
        let call = self.site.call(method, &path)?;
        Ok(call.header(AUTHORIZATION, self.token.clone()))
    }

    /// Sends what is about one ticket. A ticket in a group that our account may not see answers 403, as a wrong
    /// token can: only where the token serves elsewhere it is the ticket that is gone.
    async fn of_ticket(&self, call: RequestBuilder) -> Result<Answer, PsaError> {
        let answer = answer::send(call).await?;
        if answer.status == StatusCode::FORBIDDEN {
            self.ask_who_we_are().await?;
            return Err(PsaError::NotFound);
        }
        answer.accepted()
    }

    async fn us(&self) -> Result<u64, PsaError> {
        self.us
            .get_or_try_init(|| self.ask_who_we_are())
            .await
            .copied()
    }

    async fn ask_who_we_are(&self) -> Result<u64, PsaError> {
        let asked = answer::json(self.call(Method::GET, &["users", "me"])?).await;
        let User { id } = asked.map_err(misled)?;
        Ok(id)
    }

    /// Who stands as customer on a ticket of an organization.
    async fn customer(&self, organization: u64) -> Result<u64, PsaError> {
        let path = ["organizations", &organization.to_string()];
        let found = answer::json::<Organization>(self.call(Method::GET, &path)?).await;
        let members = match found {
            Ok(found) => found,
            Err(PsaError::NotFound) => {
                return Err(PsaError::Refused(format!(
                    "Zammad knows no organization {organization}; correct the company's external id"
                )));
            }
            Err(other) => return Err(other),
        };
        let Organization {
            member_ids,
            secondary_member_ids,
        } = members;
        match self.settings.customer {
            Some(user) if member_ids.contains(&user) || secondary_member_ids.contains(&user) => {
                Ok(user)
            }
            Some(user) => Err(PsaError::Refused(format!(
                "user {user}, the customer on all tickets, is no member of organization {organization}; add the organization to the user in Zammad"
            ))),
            None => member_ids.into_iter().min().ok_or_else(|| {
                PsaError::Refused(format!(
                    "organization {organization} has no member in Zammad, and a ticket needs a customer; add one"
                ))
            }),
        }
    }
}

#[async_trait]
impl Psa for Zammad {
    fn limits(&self) -> Limits {
        Limits {
            search_lag: SEARCH_LAG,
            finds_by_reference: true,
            calls_per_hour: CALLS_PER_HOUR,
            subject_length_max: SUBJECT_LENGTH_MAX,
        }
    }

    async fn check(&self) -> Result<(), PsaError> {
        let Settings {
            group,
            closed_state,
            reference_attribute,
            ..
        } = &self.settings;
        self.ask_who_we_are().await?;
        let groups: Vec<Named> = answer::json(self.call(Method::GET, &["groups"])?).await?;
        if !groups
            .iter()
            .any(|known| known.active && known.name == *group)
        {
            return Err(PsaError::Refused(format!(
                "Zammad shows the token's user no active group {group:?}; correct the name, or give the user the group"
            )));
        }
        let states: Vec<Named> = answer::json(self.call(Method::GET, &["ticket_states"])?).await?;
        if !states
            .iter()
            .any(|known| known.active && known.name == *closed_state)
        {
            return Err(PsaError::Refused(format!(
                "Zammad has no active ticket state {closed_state:?}; correct the name"
            )));
        }
        let call = self.call(Method::GET, &["tickets"])?;
        let call = call.query(&[("per_page", "1"), ("expand", "true")]);
        let tickets: Vec<Map<String, Value>> = answer::json(call).await?;
        // Where there is no ticket yet, nothing can be seen without an administrator's rights.
        match tickets.first() {
            Some(ticket) if !ticket.contains_key(reference_attribute) => {
                Err(PsaError::Refused(format!(
                    "Zammad's tickets have no attribute {reference_attribute:?}, by which they would be found again; add it as a text under Objects, Ticket"
                )))
            }
            _ => Ok(()),
        }
    }

    async fn find(&self, reference: &str) -> Result<Vec<Ticket>, PsaError> {
        let reference = plain(reference)?;
        // All fields are searched, so that it is found in the description too where no search index is set up.
        let page = PAGE.to_string();
        let call = self.call(Method::GET, &["tickets", "search"])?.query(&[
            ("query", reference),
            ("limit", &page),
            ("expand", "true"),
        ]);
        let found: Vec<Row> = answer::json(call).await.map_err(misled)?;
        let more = found.len() >= PAGE;
        let attribute = &self.settings.reference_attribute;
        let mut found = only(found, more, |row| {
            row.rest.get(attribute).and_then(Value::as_str) == Some(reference)
        })?;
        found.sort_by_key(|row| row.id);
        let mut tickets = Vec::new();
        for row in found.into_iter().take(FOUND_MAX) {
            // The index may still hold what is gone.
            tickets.push(match self.read(&row.id.to_string()).await {
                Err(PsaError::NotFound) => self.ticket(&row, TicketState::Deleted, Vec::new()),
                read => read?,
            });
        }
        Ok(tickets)
    }

    async fn create(&self, draft: &Draft) -> Result<Ticket, PsaError> {
        let organization = company_id(&draft.company, "organization id of Zammad")?;
        let customer = self.customer(organization).await?;
        let reference = plain(&draft.reference)?;
        let mut body = json!({
            "title": within(&draft.subject, SUBJECT_LENGTH_MAX),
            "group": self.settings.group,
            "customer_id": customer,
            "organization_id": organization,
            "article": {
                "subject": within(&draft.subject, SUBJECT_LENGTH_MAX),
                "body": format!("{}\n\nReference: {reference}", draft.body),
                "content_type": "text/plain",
                "type": "note",
                "internal": true,
            },
        });
        body[&self.settings.reference_attribute] = reference.into();
        if let Some(priority) = self.settings.priorities.of(draft.urgency) {
            body["priority_id"] = priority.into();
        }
        let call = self.call(Method::POST, &["tickets"])?;
        let call = call.query(&[("expand", "true")]).json(&body);
        let row: Row = answer::json(call).await.map_err(misled)?;
        Ok(self.ticket(&row, TicketState::Open, Vec::new()))
    }

    async fn comment(&self, id: &str, text: &str) -> Result<(), PsaError> {
        let mut article = note(text);
        article["ticket_id"] = ticket_id(id)?.into();
        let call = self.call(Method::POST, &["ticket_articles"])?;
        self.of_ticket(call.json(&article)).await.map(drop)
    }

    async fn read(&self, id: &str) -> Result<Ticket, PsaError> {
        let path = ["tickets", &ticket_id(id)?.to_string()];
        let call = self.call(Method::GET, &path)?.query(&[("expand", "true")]);
        let row: Row = self.of_ticket(call).await?.json()?;
        let state = self.state(&row).await?;
        let notes = self.notes(&row).await?;
        Ok(self.ticket(&row, state, notes))
    }

    async fn close(&self, id: &str, text: &str) -> Result<(), PsaError> {
        let path = ["tickets", &ticket_id(id)?.to_string()];
        let body = json!({ "state": self.settings.closed_state, "article": note(text) });
        let call = self.call(Method::PUT, &path)?.json(&body);
        self.of_ticket(call).await.map(drop)
    }
}

/// An internal note: customers neither see it nor get mail.
fn note(text: &str) -> Value {
    json!({ "body": text, "content_type": "text/plain", "type": "note", "internal": true })
}
