//! What Halo answers, as far as it is read.

use serde::Deserialize;

use crate::psa::PsaError;
use crate::psa::plain::from_html;

#[derive(Deserialize)]
pub(super) struct Row {
    pub(super) id: u64,
    pub(super) status_id: u64,
    pub(super) third_party_id_string: Option<String>,
    #[serde(default)]
    pub(super) deleted: bool,
    /// Not among what Halo documents; where it is missing, a ticket that was merged counts by its status.
    merged_into_id: Option<u64>,
}

impl Row {
    /// Halo writes "none" as 0 too.
    pub(super) fn merged_into(&self) -> Option<String> {
        self.merged_into_id
            .filter(|id| *id > 0)
            .map(|id| id.to_string())
    }
}

#[derive(Deserialize)]
pub(super) struct Found {
    pub(super) tickets: Vec<Row>,
}

/// What was made: the version decides whether it comes in a list, as it was sent, or alone.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(Box<Row>),
    Many(Vec<Row>),
}

impl OneOrMany {
    pub(super) fn first(self) -> Result<Row, PsaError> {
        match self {
            Self::One(row) => Ok(*row),
            Self::Many(rows) => rows.into_iter().next().ok_or_else(|| {
                PsaError::Garbled("a ticket was made and its answer holds none".to_owned())
            }),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Actions {
    pub(super) actions: Vec<Action>,
}

#[derive(Deserialize)]
pub(super) struct Action {
    pub(super) id: u64,
    pub(super) ticket_id: u64,
    outcome: Option<String>,
    pub(super) who_agentid: Option<u64>,
    note: Option<String>,
    note_html: Option<String>,
    /// Hours.
    pub(super) timetaken: Option<f64>,
}

impl Action {
    /// The ticket's description is an action too.
    pub(super) fn opened(&self) -> bool {
        let outcome = self.outcome.as_deref().unwrap_or_default();
        outcome.eq_ignore_ascii_case("opened")
    }

    pub(super) fn text(&self) -> String {
        match (&self.note_html, &self.note) {
            (Some(html), _) if !html.is_empty() => from_html(html),
            (_, note) => note.clone().unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Agent {
    pub(super) id: u64,
}

#[derive(Deserialize)]
pub(super) struct Status {
    pub(super) id: u64,
    pub(super) name: String,
}
