//! Request Tracker 5 and later, over its REST 2.0 interface.
//!
//! The reference stands in a custom field of the ticket. RT forgives much and says so only in words: it makes a
//! ticket without a field that it does not know, and takes a note though it does not change the status. So what
//! matters is read back.

mod notes;
mod rest;
mod settings;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;

use self::rest::{Custom, Queue, Rest};
use super::{Draft, Limits, Psa, PsaError, Ticket, TicketState};
use crate::http::Client;

pub use settings::Settings;

/// RT answers after it has committed. This is for a call that was given up here and goes on there: longer than its
/// servers and the proxies before them let a request run.
const SEARCH_LAG: Duration = Duration::from_mins(5);
/// RT has no limit of its own, but takes a quarter of a second to verify a token: this is an eighth of one core.
const CALLS_PER_HOUR: u32 = 1800;
/// The width of RT's column, in bytes. RT cuts what is longer.
const SUBJECT_SIZE_MAX: usize = 200;
/// Tickets of one reference that are read. More than one comes of a fault or of a person's copying.
const FOUND_MAX: usize = 20;

/// One RT, as one of its users.
pub struct RequestTracker {
    rest: Rest,
    settings: Settings,
}

impl RequestTracker {
    /// Calls nobody yet.
    ///
    /// # Errors
    /// [`PsaError::Refused`] for settings that could not serve, with the remedies.
    pub fn new(client: Client, settings: Settings) -> Result<Self, PsaError> {
        settings.check()?;
        Ok(Self {
            rest: Rest::new(client, &settings.url, &settings.token)?,
            settings,
        })
    }

    /// A ticket from what RT said of it; one that became part of another has nothing of its own.
    async fn ticket(&self, id: &str, seen: &rest::Seen) -> Result<Ticket, PsaError> {
        let mut ticket = self.bare(id, &seen.status);
        if seen.id != id {
            ticket.state = TicketState::Merged {
                into: seen.id.clone(),
            };
            return Ok(ticket);
        }
        ticket.state = self.state(id, &seen.status).await?;
        ticket.notes = notes::read(&self.rest, id).await?;
        ticket.has_time = seen.time_worked != "0" && !seen.time_worked.is_empty();
        Ok(ticket)
    }

    fn bare(&self, id: &str, status: &str) -> Ticket {
        Ticket {
            id: id.to_owned(),
            number: format!("#{id}"),
            url: self.rest.page(id),
            state: TicketState::Open,
            status: status.to_owned(),
            notes: Vec::new(),
            has_time: false,
        }
    }

    /// The statuses that RT comes with are known. Others are an administrator's own, and RT alone knows what they
    /// mean.
    async fn state(&self, id: &str, status: &str) -> Result<TicketState, PsaError> {
        let inactive = match status {
            "deleted" => return Ok(TicketState::Deleted),
            _ if status == self.settings.closed_status => true,
            "resolved" | "rejected" => true,
            "new" | "open" | "stalled" => false,
            _ => {
                let query = format!("id = {id} AND Status = '__Inactive__'");
                !self.rest.search(&query).await?.is_empty()
            }
        };
        Ok(if inactive {
            TicketState::Closed
        } else {
            TicketState::Open
        })
    }

    /// Makes sure that a new ticket carries its reference, by which alone it is found again.
    async fn mark(&self, id: &str, reference: &str) -> Result<rest::Seen, PsaError> {
        let field = &self.settings.reference_field;
        let seen = self.rest.ticket(id).await?;
        if carries(&seen.custom_fields, field, reference) {
            return Ok(seen);
        }
        self.rest.set_field(id, field, reference).await?;
        let seen = self.rest.ticket(id).await?;
        if carries(&seen.custom_fields, field, reference) {
            return Ok(seen);
        }
        Err(PsaError::Refused(format!(
            "ticket #{id} was made, but does not carry its reference {reference:?}; give our user the rights \
             SeeCustomField and SetInitialCustomField on the custom field {field:?}, and delete the ticket"
        )))
    }

    /// What is wrong with the queue and its fields.
    fn faults(&self, queue: &Queue) -> Vec<String> {
        let name = &self.settings.queue;
        let mut faults = Vec::new();
        if queue.disabled == "1" {
            faults.push(format!("the queue {name:?} is disabled; enable it"));
        }
        if !queue.takes_tickets() {
            faults.push(format!(
                "our user may not make tickets in the queue {name:?}; give it the right CreateTicket"
            ));
        }
        for field in self.settings.fields() {
            if !queue.fields.iter().any(|known| known.name == *field) {
                faults.push(format!(
                    "tickets of the queue {name:?} have no custom field {field:?} that our user sees; apply it to \
                     the queue, and give our user the right SeeCustomField"
                ));
            }
        }
        faults
    }
}

#[async_trait]
impl Psa for RequestTracker {
    fn limits(&self) -> Limits {
        Limits {
            search_lag: SEARCH_LAG,
            finds_by_reference: true,
            calls_per_hour: CALLS_PER_HOUR,
            subject_length_max: SUBJECT_SIZE_MAX,
        }
    }

    async fn check(&self) -> Result<(), PsaError> {
        self.rest.our_name().await?;
        let queue = self.rest.queue(&self.settings.queue).await?;
        let faults = self.faults(&queue);
        if faults.is_empty() {
            return Ok(());
        }
        Err(PsaError::Refused(faults.join("; ")))
    }

    async fn find(&self, reference: &str) -> Result<Vec<Ticket>, PsaError> {
        let field = &self.settings.reference_field;
        // With EffectiveId in the query RT tells of merged tickets too. Of deleted ones it never tells here.
        let query = format!(
            "'CF.{{{field}}}' = '{}' AND EffectiveId > 0",
            escaped(reference)
        );
        let found = self.rest.search(&query).await?;
        // RT compares without regard to case, or as the database likes.
        let ours = found
            .iter()
            .filter(|found| carries(&found.custom_fields, field, reference));
        let mut tickets = Vec::new();
        for found in ours.take(FOUND_MAX) {
            tickets.push(self.read(&found.id).await?);
        }
        Ok(tickets)
    }

    async fn create(&self, draft: &Draft) -> Result<Ticket, PsaError> {
        let settings = &self.settings;
        let mut custom_fields =
            BTreeMap::from([(settings.reference_field.as_str(), draft.reference.as_str())]);
        if let Some(field) = &settings.company_field {
            custom_fields.insert(field, &draft.company);
        }
        let id = self
            .rest
            .create(&NewTicket {
                queue: &settings.queue,
                subject: &subject(&draft.subject),
                content: &draft.body,
                content_type: "text/plain",
                custom_fields,
                requestor: settings.requestor.as_deref(),
                priority: settings.priorities.of(draft.urgency),
            })
            .await?;
        match self.mark(&id, &draft.reference).await {
            Ok(seen) => Ok(self.bare(&id, &seen.status)),
            Err(refused @ PsaError::Refused(_)) => Err(refused),
            // It is made, and its id is known. That must not be lost to a call that only looked again.
            Err(error) => {
                tracing::warn!(%error, ticket = id, "a new ticket could not be read back");
                Ok(self.bare(&id, "new"))
            }
        }
    }

    async fn comment(&self, id: &str, text: &str) -> Result<(), PsaError> {
        match self.rest.comment(id, text, None).await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.explain(id, error).await),
        }
    }

    async fn read(&self, id: &str) -> Result<Ticket, PsaError> {
        let seen = self.rest.ticket(id).await?;
        self.ticket(id, &seen).await
    }

    async fn close(&self, id: &str, text: &str) -> Result<(), PsaError> {
        let seen = self.rest.ticket(id).await?;
        if seen.id != id {
            // RT would close the other.
            return Err(PsaError::Refused(format!(
                "ticket #{id} became part of #{}, which is not ours to close",
                seen.id
            )));
        }
        // What a person decided stays: a rejected ticket is not resolved, nor a deleted one brought back.
        let open = self.state(id, &seen.status).await? == TicketState::Open;
        let status = open.then_some(self.settings.closed_status.as_str());
        let said = match self.rest.comment(id, text, status).await {
            Ok(said) => said,
            Err(error) => return Err(self.explain(id, error).await),
        };
        if open {
            self.is_closed(id, &said).await?;
        }
        Ok(())
    }
}

impl RequestTracker {
    /// RT takes the note and answers with success even if it leaves the status as it is.
    async fn is_closed(&self, id: &str, said: &[String]) -> Result<(), PsaError> {
        // The note is written, so that no error may count as "nothing happened".
        let uncertain = |error: PsaError| {
            PsaError::NoAnswer(format!("whether ticket #{id} is closed: {error}"))
        };
        let seen = self.rest.ticket(id).await.map_err(uncertain)?;
        let state = self.state(id, &seen.status).await.map_err(uncertain)?;
        if state == TicketState::Open {
            let said = super::answer::one_line(&said.join("; "));
            return Err(PsaError::Refused(format!(
                "ticket #{id} stays {:?}: {said}; is {:?} a status of its queue that our user may set (ModifyTicket)?",
                seen.status, self.settings.closed_status
            )));
        }
        Ok(())
    }

    /// RT refuses a note in the same words whether the ticket is gone, is hidden from us, or takes no notes of ours.
    async fn explain(&self, id: &str, error: PsaError) -> PsaError {
        let PsaError::Refused(said) = error else {
            return error;
        };
        match self.rest.ticket(id).await {
            Ok(_) => PsaError::Refused(format!(
                "{said}; give our user the right CommentOnTicket in the ticket's queue"
            )),
            Err(error @ (PsaError::NotFound | PsaError::Refused(_))) => error,
            Err(_) => PsaError::Refused(said),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct NewTicket<'a> {
    queue: &'a str,
    subject: &'a str,
    content: &'a str,
    content_type: &'a str,
    custom_fields: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requestor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<u64>,
}

fn carries(fields: &[Custom], name: &str, value: &str) -> bool {
    let mut fields = fields.iter().filter(|field| field.name == name);
    fields.any(|field| field.values.iter().any(|found| found == value))
}

/// Cut with a sign that it was, where RT would cut it in silence.
fn subject(text: &str) -> String {
    if text.len() <= SUBJECT_SIZE_MAX {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(SUBJECT_SIZE_MAX - '…'.len_utf8());
    format!("{}…", &text[..end])
}

/// Within single quotes of RT's search language.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}
