//! Seats that other companies get without owning the license.

use super::{
    Asset, Dated,
    inputs::{day_given, seats_given},
};
use crate::{
    decide::Setting,
    event::Event,
    ids::CompanyId,
    refusal::{Refusal, Violations},
};
use serde_json::Value as Json;

/// How many companies may have seats of one license.
const ALLOCATIONS_MAX: usize = 2_000;

/// Seats to be allocated, as they come in.
#[derive(Debug, Clone)]
pub struct AllocationDraft {
    /// To whom.
    pub company: CompanyId,
    /// How many they have from then on.
    pub seats: Json,
    /// From which day on; today if none.
    pub effective_on: Option<String>,
}

/// Gives another company seats of the license. Warns if more are given than there are.
pub(crate) fn allocate(
    asset: &Asset,
    draft: &AllocationDraft,
    setting: &Setting,
) -> Result<(Vec<Dated>, Vec<String>), Refusal> {
    let mut found = Violations::default();
    let day = day_given("effective_on", draft.effective_on.as_deref(), &mut found);
    let day = day.unwrap_or(setting.today);
    let to = seats_given("seats", &draft.seats, 0, &mut found);
    if asset.company_on(day) == draft.company {
        found.add(
            "company_id",
            "owns the license itself: what is allocated to nobody else is its own",
        );
    }
    let allocations = &asset.seats.allocations;
    if !allocations.contains_key(&draft.company) && allocations.len() >= ALLOCATIONS_MAX {
        let message = format!("the license is allocated to {ALLOCATIONS_MAX} companies already");
        found.add("company_id", message);
    }
    found.check()?;
    let known = allocations.get(&draft.company);
    let from = known.and_then(|seats| seats.at(day)).copied();
    let Some(to) = to.filter(|to| *to != from.unwrap_or(0)) else {
        return Ok((vec![], vec![]));
    };
    let others = asset.seats.allocated(day);
    let others: i64 = others
        .filter(|(company, _)| *company != draft.company)
        .map(|(_, seats)| seats)
        .sum();
    let mut warnings = Vec::new();
    if let Some(total) = asset.seats.total(day).filter(|total| others + to > *total) {
        warnings.push(format!(
            "{} seats are allocated, but the license has {total} on {day}",
            others + to
        ));
    }
    let allocated = Event::SeatsAllocated {
        company_id: draft.company,
        from: from.unwrap_or(0),
        to,
    };
    Ok((vec![(day, allocated)], warnings))
}
