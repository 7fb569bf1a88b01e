//! From events of assets to the history of their seats.

use chrono::NaiveDate;
use domain::{Event, Fact, Subject, ids::AssignmentId};

use super::ChangeRow;
use crate::{entry::Entry, who, world::Folded};

/// The seats that an event changes the number of, on the first day that it concerns, as far as they have been folded:
/// those that assignments take where it assigns or releases some, else the asset's total. Asked before the event is
/// folded, and again by [`change`] after it.
pub(crate) fn count(folded: Option<&Folded>, fact: &Fact) -> Option<i64> {
    let Some(Subject::Asset(asset)) = folded.map(|folded| &folded.subject) else {
        return None;
    };
    let day = first_day(fact)?;
    match &fact.event {
        Event::SeatsAssigned { .. } | Event::SeatsReleased { .. } => {
            let assignments = asset.seats.assignments.values();
            let held = assignments.filter(|assignment| assignment.holds(day));
            Some(held.map(|assignment| assignment.quantity).sum())
        }
        _ => asset.seats.total(day),
    }
}

fn first_day(fact: &Fact) -> Option<NaiveDate> {
    match &fact.event {
        Event::SeatsPurchased { purchase } => Some(purchase.from),
        Event::PurchaseEnded { .. } | Event::SeatsReleased { .. } => fact.effective_on.succ_opt(),
        Event::TermRenewed { .. } | Event::SeatsAssigned { .. } => Some(fact.effective_on),
        _ => None,
    }
}

/// The seats of some assignments of an asset.
fn seats_of(after: &Folded, ids: &[AssignmentId]) -> Option<i64> {
    let Subject::Asset(asset) = &after.subject else {
        return None;
    };
    let assignments = ids.iter().filter_map(|id| asset.seats.assignments.get(id));
    Some(assignments.map(|assignment| assignment.quantity).sum())
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
        from_source: None,
        quantity: None,
        for_company: None,
        other_asset: None,
        purchase_id: None,
        from_expiry: None,
        to_expiry: None,
        company_id: recorded.company_id,
        actor_kind,
        actor,
        token_id: entry.metadata.principal.token,
        reason: entry.metadata.reason.clone(),
    };
    let row = counted(entry, row);
    Some(match &entry.fact.event {
        Event::TotalSeatsAdjusted { .. } => row,
        Event::SeatsInUseCounted {
            source,
            counted_for,
            ..
        } => ChangeRow {
            kind: "in_use",
            source: Some(source.as_str()),
            for_company: counted_for.map(|company| company.0),
            ..row
        },
        Event::InUseSourceChanged { from, to } => ChangeRow {
            kind: "source",
            source: Some(to.as_str()),
            from_source: Some(from.as_str()),
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
        Event::PurchaseReduced { purchase_id, .. } => ChangeRow {
            kind: "reduced",
            purchase_id: Some(purchase_id.0),
            ..row
        },
        Event::TermRenewed { from, to } => ChangeRow {
            kind: "renewal",
            from_expiry: Some(*from),
            to_expiry: Some(*to),
            ..row
        },
        Event::SeatsAssigned { assignments, .. } => ChangeRow {
            kind: "assigned",
            quantity: Some(assignments.iter().map(|given| given.quantity).sum()),
            ..row
        },
        Event::SeatsReleased { assignment_ids } => ChangeRow {
            kind: "released",
            quantity: seats_of(after, assignment_ids),
            ..row
        },
        Event::SeatsAllocated { company_id, .. } => ChangeRow {
            kind: "allocated",
            for_company: Some(company_id.0),
            ..row
        },
        Event::SeatsTransferred {
            to_asset,
            to_company,
            quantity,
        } => ChangeRow {
            kind: "transferred",
            quantity: *quantity,
            for_company: Some(to_company.0),
            other_asset: Some(to_asset.0),
            ..row
        },
        Event::SeatsReceived {
            from_asset,
            quantity,
        } => ChangeRow {
            kind: "received",
            quantity: *quantity,
            other_asset: Some(from_asset.0),
            ..row
        },
        _ => return None,
    })
}

/// With the counts that the event tells itself, where it does.
fn counted(entry: &Entry, row: ChangeRow) -> ChangeRow {
    let (from_count, to_count, correction) = match &entry.fact.event {
        Event::TotalSeatsAdjusted {
            from,
            to,
            correction,
            ..
        }
        | Event::SeatsInUseCounted {
            from,
            to,
            correction,
            ..
        } => (*from, *to, *correction),
        Event::PurchaseReduced { from, to, .. } | Event::SeatsAllocated { from, to, .. } => {
            (Some(*from), Some(*to), false)
        }
        _ => return row,
    };
    ChangeRow {
        from_count,
        to_count,
        correction,
        ..row
    }
}
