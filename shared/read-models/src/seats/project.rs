//! From events of assets to the history of their seats.

use chrono::NaiveDate;
use domain::{Event, Fact, Subject};

use super::ChangeRow;
use crate::{entry::Entry, who, world::Folded};

/// The asset's total on the first day that an event concerns, as far as it has been folded. Asked before the
/// event is folded, and again by [`change`] after it.
pub(crate) fn count(folded: Option<&Folded>, fact: &Fact) -> Option<i64> {
    let Some(Subject::Asset(asset)) = folded.map(|folded| &folded.subject) else {
        return None;
    };
    asset.seats.total(first_day(fact)?)
}

fn first_day(fact: &Fact) -> Option<NaiveDate> {
    match &fact.event {
        Event::SeatsPurchased { purchase } => Some(purchase.from),
        Event::PurchaseEnded { .. } => fact.effective_on.succ_opt(),
        Event::TermRenewed { .. } => Some(fact.effective_on),
        _ => None,
    }
}

/// The row of an event that changes seats; none for the others. `before` is what [`count`] answered before the
/// event was folded.
pub(crate) fn change(entry: &Entry, before: Option<i64>, after: &Folded) -> Option<ChangeRow> {
    let recorded = &entry.recorded;
    let (actor_kind, actor) = who::actor(&entry.metadata.principal);
    let row = ChangeRow {
        tenant_id: recorded.tenant_id,
        asset_id: recorded.stream_id,
        entry: recorded.entry,
        event_id: recorded.event_id,
        kind: "total",
        from_count: before,
        to_count: count(Some(after), &entry.fact),
        effective_on: recorded.effective_on,
        recorded_at: recorded.recorded_at,
        correction: false,
        source: None,
        purchase_id: None,
        from_expiry: None,
        to_expiry: None,
        company_id: recorded.company_id,
        actor_kind,
        actor,
        token_id: entry.metadata.principal.token,
        reason: entry.metadata.reason.clone(),
    };
    Some(match &entry.fact.event {
        Event::TotalSeatsAdjusted {
            from,
            to,
            correction,
            ..
        } => ChangeRow {
            from_count: *from,
            to_count: *to,
            correction: *correction,
            ..row
        },
        Event::SeatsInUseCounted {
            source,
            counted_for: _,
            from,
            to,
            correction,
        } => ChangeRow {
            kind: "in_use",
            source: Some(source.as_str()),
            from_count: *from,
            to_count: *to,
            correction: *correction,
            ..row
        },
        Event::SeatsPurchased { purchase } => ChangeRow {
            kind: "purchase",
            purchase_id: Some(purchase.id.0),
            ..row
        },
        Event::PurchaseEnded { purchase_id } => ChangeRow {
            kind: "purchase_ended",
            purchase_id: Some(purchase_id.0),
            ..row
        },
        Event::TermRenewed { from, to } => ChangeRow {
            kind: "renewal",
            from_expiry: Some(*from),
            to_expiry: Some(*to),
            ..row
        },
        _ => return None,
    })
}
