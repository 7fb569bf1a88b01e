//! From events to the audit trail.

use std::collections::BTreeSet;

use domain::{
    Event, Subject,
    alert::{About, Finding},
};
use uuid::Uuid;

use super::{ConcernedRow, EntryRow};
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

/// The rows of the assets that an event concerns besides the one that its own row names. What happens to an alert
/// concerns the licenses that were found; of a change also those that were found before.
pub(crate) fn concerned(
    row: &EntryRow,
    entry: &Entry,
    after: Option<&Folded>,
) -> Vec<ConcernedRow> {
    let Some(Subject::Alert(alert)) = after.map(|folded| &folded.subject) else {
        return Vec::new();
    };
    let before: Option<&Finding> = match &entry.fact.event {
        Event::AlertChanged { from, .. } => Some(from),
        _ => None,
    };
    let findings = before.into_iter().chain([&alert.finding]);
    let licenses: BTreeSet<Uuid> = findings
        .flat_map(|finding| finding.licenses.iter().map(|license| license.0))
        .collect();
    let others = licenses
        .into_iter()
        .filter(|license| row.asset_id != Some(*license));
    others
        .map(|asset_id| ConcernedRow {
            tenant_id: row.tenant_id,
            asset_id,
            entry: row.entry,
        })
        .collect()
}

fn asset(entry: &Entry, after: Option<&Folded>) -> Option<Uuid> {
    match (&entry.fact.event, after.map(|folded| &folded.subject)) {
        (Event::SecretRevealed { asset_id, .. } | Event::RevealRefused { asset_id, .. }, _) => {
            Some(asset_id.0)
        }
        (_, Some(Subject::Asset(asset))) => Some(asset.id.0),
        (_, Some(Subject::Secret { asset, .. })) => Some(asset.0),
        (_, Some(Subject::Alert(alert))) => match alert.finding.about {
            About::Asset(asset) => Some(asset.0),
            About::Pool(_) | About::Token(_) => None,
        },
        _ => None,
    }
}
