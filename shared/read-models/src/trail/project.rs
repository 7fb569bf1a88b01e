//! From events to the audit trail.

use domain::{Event, Subject};
use uuid::Uuid;

use super::EntryRow;
use crate::{entry::Entry, rows::JsonText, who, world::Folded};

/// The row of an event. `after` is the stream's state with the event, if it has one.
pub(crate) fn row(entry: &Entry, after: Option<&Folded>) -> EntryRow {
    let recorded = &entry.recorded;
    let (actor_kind, actor) = who::actor(&entry.metadata.principal);
    EntryRow {
        tenant_id: recorded.tenant_id,
        entry: recorded.entry,
        sequence: recorded.sequence,
        event_id: recorded.event_id,
        recorded_at: recorded.recorded_at,
        effective_on: recorded.effective_on,
        event_type: recorded.event_type.clone(),
        stream_id: recorded.stream_id,
        version: recorded.version,
        company_id: recorded.company_id,
        asset_id: asset(entry, after),
        actor_kind,
        actor,
        token_id: entry.metadata.principal.token,
        request: entry.metadata.request.clone(),
        reason: entry.metadata.reason.clone(),
        payload: JsonText(recorded.payload.clone()),
    }
}

fn asset(entry: &Entry, after: Option<&Folded>) -> Option<Uuid> {
    match (&entry.fact.event, after.map(|folded| &folded.subject)) {
        (Event::SecretRevealed { asset_id, .. } | Event::RevealRefused { asset_id, .. }, _) => {
            Some(asset_id.0)
        }
        (_, Some(Subject::Asset(asset))) => Some(asset.id.0),
        (_, Some(Subject::Secret { asset, .. })) => Some(asset.0),
        _ => None,
    }
}
