//! A ticket in full: its notes, its time, and what became of it.

use super::rows::{MERGED_INTO, Row, RowNote, TimeEntry};
use super::{Autotask, NOTES_MAX, PAGE};
use crate::psa::rows::only;
use crate::psa::{Note, PsaError, Ticket, TicketState};

impl Autotask {
    pub(super) async fn notes(&self, row: &Row) -> Result<Vec<RowNote>, PsaError> {
        let (notes, more) = self
            .query("TicketNotes", "ticketID", row.id.into(), NOTES_MAX)
            .await?;
        let mut notes = only(notes, more, |note: &RowNote| note.ticket_id == row.id)?;
        notes.sort_by_key(|note| note.id);
        Ok(notes)
    }

    pub(super) async fn has_time(&self, row: &Row) -> Result<bool, PsaError> {
        let (entries, more) = self
            .query("TimeEntries", "ticketID", row.id.into(), 1)
            .await?;
        let entries = only(entries, more, |entry: &TimeEntry| {
            entry.ticket_id == Some(row.id)
        })?;
        Ok(!entries.is_empty())
    }

    /// Autotask tells of a merge only in a note, by the other ticket's number.
    pub(super) async fn merged_into(&self, notes: &[RowNote]) -> Result<Option<String>, PsaError> {
        let merged = notes
            .iter()
            .rev()
            .find(|note| note.note_type == Some(MERGED_INTO));
        let Some(number) = merged.and_then(RowNote::ticket_number) else {
            return Ok(None);
        };
        let (rows, more) = self
            .query("Tickets", "ticketNumber", number.into(), PAGE)
            .await?;
        let rows = only(rows, more, |row: &Row| {
            row.ticket_number.as_deref() == Some(number)
        })?;
        Ok(rows.first().map(|row| row.id.to_string()))
    }

    pub(super) async fn whole(&self, row: &Row) -> Result<Ticket, PsaError> {
        let notes = self.notes(row).await?;
        let state = if let Some(into) = self.merged_into(&notes).await? {
            TicketState::Merged { into }
        } else if self.settings.closed_statuses.contains(&row.status) {
            TicketState::Closed
        } else {
            TicketState::Open
        };
        let notes = notes
            .into_iter()
            .filter(|note| !note.by_the_system())
            .map(|note| Note {
                // The ticket is ours, so who made it is our API user.
                ours: note.creator_resource_id.is_some()
                    && note.creator_resource_id == row.creator_resource_id,
                text: note.description.unwrap_or_default(),
            })
            .collect();
        let status = self.fields().await?.label("status", row.status);
        let status = status.map_or_else(|| row.status.to_string(), str::to_owned);
        Ok(self.ticket(
            row.id,
            row.ticket_number.clone(),
            state,
            status,
            notes,
            self.has_time(row).await?,
        ))
    }

    pub(super) fn ticket(
        &self,
        id: u64,
        number: Option<String>,
        state: TicketState,
        status: String,
        notes: Vec<Note>,
        has_time: bool,
    ) -> Ticket {
        let id = id.to_string();
        let url = self.settings.pages.clone().map(|mut url| {
            url.set_path("/Autotask/AutotaskExtend/ExecuteCommand.aspx");
            url.query_pairs_mut()
                .append_pair("Code", "OpenTicketDetail")
                .append_pair("TicketID", &id);
            url
        });
        Ticket {
            number: number.unwrap_or_else(|| format!("#{id}")),
            id,
            url,
            state,
            status,
            notes,
            has_time,
        }
    }
}
