//! Seats given back, and what is to be done at the end of a term.

use chrono::NaiveDate;
use serde_json::Value as Json;

use super::{
    Asset, Dated,
    inputs::{day_given, line_given, seats_given},
};
use crate::{
    asset::{RenewalDecision, Window},
    asset_type::AssetType,
    decide::Setting,
    event::Event,
    expiry::Expiring,
    ids::{PersonId, PurchaseId},
    product::Catalog,
    refusal::{Refusal, Violations},
};

/// Seats of a purchase to be given back, as they come in.
#[derive(Debug, Clone, Default)]
pub struct ReductionDraft {
    /// How many it has from then on.
    pub quantity: Json,
    /// From which day on; today if none.
    pub from: Option<String>,
}

/// A decision on a renewal, as it comes in.
#[derive(Debug, Clone, Default)]
pub struct DecisionDraft {
    /// The word: `renew`, `change` or `lapse`; none takes the decision back.
    pub decision: Option<String>,
    /// Of `change`: to how many seats.
    pub quantity: Option<Json>,
    /// Who sees to it.
    pub owner: Option<PersonId>,
    /// Why, or how.
    pub note: Option<String>,
    /// The last day of the term; of the present one if none.
    pub term_end: Option<String>,
}

/// Gives seats of a purchase back. Warns if the vendor need not take them.
pub(crate) fn reduce(
    asset: &Asset,
    id: PurchaseId,
    draft: &ReductionDraft,
    setting: &Setting,
) -> Result<(Vec<Dated>, Vec<String>), Refusal> {
    let purchase = asset
        .seats
        .purchase(id)
        .ok_or(Refusal::NotFound("purchase"))?;
    let mut found = Violations::default();
    let day = day_given("from", draft.from.as_deref(), &mut found);
    // Nothing can be said of a day that nobody can read.
    let is_legible = day.is_some() || draft.from.is_none();
    let day = day.unwrap_or(setting.today);
    let to = seats_given("quantity", &draft.quantity, 0, &mut found);
    if is_legible && !purchase.holds(day) {
        let until = purchase
            .until
            .map_or_else(String::new, |until| format!(" until {until}"));
        let message = format!(
            "{day} is no day of the purchase, which runs from {}{until}",
            purchase.from
        );
        found.add("from", message);
    }
    let from = asset.seats.quantity(purchase, day);
    if let Some(to) = to.filter(|to| is_legible && *to > from) {
        found.add(
            "quantity",
            format!("is {to}: the purchase has {from} on {day}; buy seats to add some"),
        );
    }
    found.check()?;
    let open = purchase
        .reducible
        .is_some_and(|window: Window| window.holds(day));
    let mut warnings = Vec::new();
    if !open {
        warnings.push(match purchase.reducible {
            Some(window) => format!(
                "{day} lies outside the days on which the vendor takes seats back, which begin on {}",
                window.from
            ),
            None => "it is not recorded that the vendor takes seats of this purchase back".to_owned(),
        });
    }
    let reduced = to.filter(|to| *to != from).map(|to| {
        let purchase_id = id;
        (
            day,
            Event::PurchaseReduced {
                purchase_id,
                from,
                to,
            },
        )
    });
    Ok((reduced.into_iter().collect(), warnings))
}

/// Says what is to be done at the end of a term.
pub(crate) fn decide_renewal(
    asset: &Asset,
    asset_type: &AssetType,
    draft: &DecisionDraft,
    setting: &Setting,
) -> Result<Vec<Dated>, Refusal> {
    let mut found = Violations::default();
    let given = day_given("term_end", draft.term_end.as_deref(), &mut found);
    let term_end = given.or_else(|| present_end(asset, asset_type, setting.today));
    if term_end.is_none() && draft.term_end.is_none() {
        found.add(
            "term_end",
            "the asset has no end: set its expiry date first",
        );
    }
    let quantity = draft
        .quantity
        .as_ref()
        .filter(|quantity| !quantity.is_null());
    let seats = quantity.and_then(|quantity| seats_given("quantity", quantity, 0, &mut found));
    let decision = match draft.decision.as_deref().map(str::trim) {
        None => None,
        Some("renew") => Some(RenewalDecision::Renew),
        Some("lapse") => Some(RenewalDecision::Lapse),
        Some("change") => {
            if quantity.is_none() {
                found.add("quantity", "is missing: to how many seats is it to change?");
            }
            seats.map(RenewalDecision::ChangeTo)
        }
        Some(other) => {
            found.add(
                "decision",
                format!("{other:?} is none: choose renew, change or lapse"),
            );
            None
        }
    };
    if quantity.is_some() && draft.decision.as_deref().map(str::trim) != Some("change") {
        found.add("quantity", "goes with the decision \"change\" only");
    }
    let note = line_given("note", draft.note.as_deref(), &mut found);
    found.check()?;
    let Some(term_end) = term_end else {
        return Ok(vec![]);
    };
    let known = asset.renewals.get(&term_end);
    let same = match (known, decision) {
        (None, None) => true,
        (Some(known), Some(decision)) => {
            known.decision == decision && known.owner == draft.owner && known.note == note
        }
        _ => false,
    };
    if same {
        return Ok(vec![]);
    }
    let decided = Event::RenewalDecided {
        term_end,
        decision,
        owner: draft.owner,
        note,
    };
    Ok(vec![(setting.today, decided)])
}

/// The last day of the term that runs on a day, presumed renewals followed.
pub(super) fn present_end(
    asset: &Asset,
    asset_type: &AssetType,
    day: NaiveDate,
) -> Option<NaiveDate> {
    let end = Expiring::of(asset, asset_type, Catalog::empty()).on(day)?;
    Some(end.expiry_on(day))
}
