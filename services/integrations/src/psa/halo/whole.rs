//! A ticket in full: its notes, its time, and what became of it.

use super::rows::{Actions, Agent, Row, Status};
use super::{ACTIONS_MAX, Halo, NOBODY};
use crate::psa::rows::only;
use crate::psa::site::misled;
use crate::psa::{Note, PsaError, Ticket, TicketState};

impl Halo {
    pub(super) async fn row(&self, id: u64) -> Result<Row, PsaError> {
        let path = ["Tickets", &id.to_string()];
        let row: Row = self
            .get(&path, &[("includedetails", "true")])
            .await?
            .json()?;
        if row.id == id {
            Ok(row)
        } else {
            Err(PsaError::NotFound)
        }
    }

    pub(super) async fn us(&self) -> Result<u64, PsaError> {
        let ask = || async {
            let asked = self.get(&["Agent", "me"], &[]).await.map_err(misled)?;
            Ok(asked.json::<Agent>()?.id)
        };
        self.us.get_or_try_init(ask).await.copied()
    }

    pub(super) async fn status(&self, id: u64) -> Result<String, PsaError> {
        match self.get(&["Status", &id.to_string()], &[]).await {
            Ok(answer) => Ok(answer.json::<Status>()?.name),
            Err(PsaError::NotFound) => Ok(id.to_string()),
            Err(other) => Err(other),
        }
    }

    pub(super) async fn actions(&self, ticket: u64) -> Result<Actions, PsaError> {
        let (ticket_text, max) = (ticket.to_string(), ACTIONS_MAX.to_string());
        let query = [
            ("ticket_id", ticket_text.as_str()),
            ("count", &max),
            ("includehtmlnote", "true"),
        ];
        let Actions { actions } = self.get(&["Actions"], &query).await?.json()?;
        let more = actions.len() >= ACTIONS_MAX;
        let mut actions = only(actions, more, |action| action.ticket_id == ticket)?;
        actions.sort_by_key(|action| action.id);
        Ok(Actions { actions })
    }

    pub(super) async fn whole(&self, row: &Row) -> Result<Ticket, PsaError> {
        let us = self.us().await?;
        let Actions { actions } = self.actions(row.id).await?;
        let has_time = actions
            .iter()
            .any(|action| action.timetaken.is_some_and(|hours| hours > 0.0));
        let notes = actions
            .iter()
            .filter(|action| !action.opened() && action.who_agentid != Some(NOBODY))
            .map(|action| Note {
                ours: action.who_agentid == Some(us),
                text: action.text(),
            })
            .collect();
        let state = if let Some(into) = row.merged_into() {
            TicketState::Merged { into }
        } else if row.deleted {
            TicketState::Deleted
        } else if self.settings.closed_statuses.contains(&row.status_id) {
            TicketState::Closed
        } else {
            TicketState::Open
        };
        let status = self.status(row.status_id).await?;
        Ok(self.ticket(row, state, status, notes, has_time))
    }

    pub(super) fn ticket(
        &self,
        row: &Row,
        state: TicketState,
        status: String,
        notes: Vec<Note>,
        has_time: bool,
    ) -> Ticket {
        let url = self.site.url(&["tickets"]).ok().map(|mut url| {
            url.query_pairs_mut().append_pair("id", &row.id.to_string());
            url
        });
        Ticket {
            id: row.id.to_string(),
            number: format!("#{}", row.id),
            url,
            state,
            status,
            notes,
            has_time,
        }
    }
}
