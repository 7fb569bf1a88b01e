//! From assets to what is held of them.

use chrono::NaiveDate;
use domain::{
    Subject,
    asset::{Asset, Assignment, PricePer, Purchase, RenewalDecision},
    ids::CompanyId,
    timeline::{Timeline, intervals},
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{AllocationRow, AssignmentRow, LicenseKeyRow, PurchaseRow, RenewalRow};
use crate::{
    rows::{JsonText, Sink, Unfit},
    world::{Folded, World},
};

/// All that is held of an asset.
pub(crate) fn asset(world: &World, tenant: Uuid, id: Uuid, sink: &mut Sink) -> Result<(), Unfit> {
    let Some(folded) = world.get(tenant, id) else {
        return Ok(());
    };
    let Subject::Asset(asset) = &folded.subject else {
        return Ok(());
    };
    let purchases: Vec<PurchaseRow> = asset
        .seats
        .purchases
        .iter()
        .zip(0..)
        .map(|(purchase, position)| purchase_row(tenant, folded, asset, purchase, position))
        .collect();
    sink.replace(&[&tenant, &id], &purchases)?;
    let assignments: Vec<AssignmentRow> = asset
        .seats
        .assignments
        .values()
        .map(|assignment| assignment_row(tenant, folded, asset, assignment))
        .collect();
    sink.replace(&[&tenant, &id], &assignments)?;
    let allocations: Vec<AllocationRow> = asset
        .seats
        .allocations
        .iter()
        .flat_map(|(company, seats)| allocation_rows(tenant, id, *company, seats))
        .collect();
    sink.replace(&[&tenant, &id], &allocations)?;
    sink.replace(&[&tenant, &id], &key_rows(tenant, folded, asset))?;
    sink.replace(&[&tenant, &id], &renewal_rows(tenant, asset))
}

fn purchase_row(
    tenant: Uuid,
    folded: &Folded,
    asset: &Asset,
    purchase: &Purchase,
    position: i32,
) -> PurchaseRow {
    let reductions: Json = asset
        .seats
        .reductions
        .get(&purchase.id)
        .into_iter()
        .flat_map(Timeline::iter)
        .map(|(from, quantity)| json!({ "from": from.to_string(), "quantity": quantity }))
        .collect();
    let price = purchase.unit_price;
    PurchaseRow {
        tenant_id: tenant,
        asset_id: asset.id.0,
        purchase_id: purchase.id.0,
        position,
        company_id: recorded_for(folded, asset, purchase.id.0, purchase.from),
        quantity: purchase.quantity,
        from_day: purchase.from,
        until_day: purchase.until,
        unit_price: price.map(|price| price.amount),
        currency: price.map(|price| price.currency.code().to_owned()),
        price_per: purchase.price_per.map(PricePer::as_str),
        purchase_order: purchase.order.clone(),
        supplier: purchase.supplier.clone(),
        reducible_from: purchase.reducible.map(|window| window.from),
        reducible_until: purchase.reducible.and_then(|window| window.until),
        reductions: JsonText(reductions.to_string()),
    }
}

fn assignment_row(
    tenant: Uuid,
    folded: &Folded,
    asset: &Asset,
    assignment: &Assignment,
) -> AssignmentRow {
    let allocated_to = assignment.company.map(|company| company.0);
    AssignmentRow {
        tenant_id: tenant,
        asset_id: asset.id.0,
        assignment_id: assignment.id.0,
        company_id: allocated_to
            .unwrap_or_else(|| recorded_for(folded, asset, assignment.id.0, assignment.from)),
        allocated: allocated_to.is_some(),
        holder_kind: assignment.holder.kind.as_str(),
        holder_id: assignment.holder.id.0,
        quantity: assignment.quantity,
        from_day: assignment.from,
        until_day: assignment.until,
        note: assignment.note.clone(),
    }
}

/// The company of the fact that recorded a part of an asset. Not simply the owner on its first day: a move may be said
/// to be true from before then, and the new owner has no claim to what was recorded for the old one.
fn recorded_for(folded: &Folded, asset: &Asset, part: Uuid, first_day: NaiveDate) -> Uuid {
    let company = folded.recorded_for.get(&part).copied();
    company.unwrap_or_else(|| asset.company_on(first_day)).0
}

/// The days on which a company has seats; those on which it has none are left out.
fn allocation_rows(
    tenant: Uuid,
    asset: Uuid,
    company: CompanyId,
    seats: &Timeline<i64>,
) -> Vec<AllocationRow> {
    let held = intervals(seats.days(), |day| {
        seats.at(day).copied().filter(|seats| *seats > 0)
    });
    held.into_iter()
        .map(|interval| AllocationRow {
            tenant_id: tenant,
            asset_id: asset,
            company_id: company.0,
            from_day: interval.from,
            until_day: interval.until,
            seats: interval.value,
        })
        .collect()
}

fn key_rows(tenant: Uuid, folded: &Folded, asset: &Asset) -> Vec<LicenseKeyRow> {
    let keys = asset.keys.iter();
    keys.map(|(secret, key)| LicenseKeyRow {
        tenant_id: tenant,
        asset_id: asset.id.0,
        secret_id: secret.0,
        version: key.version,
        label: key.label.clone(),
        assignment_id: key.assignment.map(|assignment| assignment.0),
        added_on: key.added_on,
        company_id: recorded_for(folded, asset, secret.0, key.added_on),
    })
    .collect()
}

fn renewal_rows(tenant: Uuid, asset: &Asset) -> Vec<RenewalRow> {
    let renewals = asset.renewals.iter();
    renewals
        .map(|(term_end, planned)| {
            let (decision, quantity) = match planned.decision {
                RenewalDecision::Renew => ("renew", None),
                RenewalDecision::ChangeTo(seats) => ("change_to", Some(seats)),
                RenewalDecision::Lapse => ("lapse", None),
            };
            RenewalRow {
                tenant_id: tenant,
                asset_id: asset.id.0,
                term_end: *term_end,
                decision,
                quantity,
                owner: planned.owner.map(|owner| owner.0),
                note: planned.note.clone(),
            }
        })
        .collect()
}
