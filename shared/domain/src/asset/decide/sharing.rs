//! Seats that other companies get: allocated to them, or transferred for good.

use chrono::NaiveDate;
use serde_json::Value as Json;
use uuid::Uuid;

use super::{
    Asset, Dated,
    inputs::{day_given, seats_given},
};
use crate::{
    asset::{PURCHASES_MAX, Purchase},
    asset_type::{AssetType, FieldRole},
    decide::Setting,
    event::{Change, Event},
    ids::{AssetId, CompanyId, PurchaseId},
    money::Amounts,
    refusal::{Refusal, Violations},
    value::Value,
};

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

/// Seats to be transferred, as they come in.
#[derive(Debug, Clone)]
pub struct TransferDraft {
    /// To whom.
    pub company: CompanyId,
    /// How many; the whole license if none.
    pub quantity: Option<Json>,
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

/// What a transfer does to the license that gives, and to the one that comes about.
pub(crate) struct Transfer {
    pub(crate) given: Vec<Dated>,
    pub(crate) received: Vec<Dated>,
}

/// Makes a license, or a part of it, a license of another company. The new license has a stream of its own: its
/// owner sees neither what was before nor the old keys.
pub(crate) fn transfer(
    asset: &Asset,
    asset_type: &AssetType,
    new: AssetId,
    draft: &TransferDraft,
    setting: &Setting,
) -> Result<Transfer, Refusal> {
    let mut found = Violations::default();
    let day = day_given("effective_on", draft.effective_on.as_deref(), &mut found);
    let day = day.unwrap_or(setting.today);
    let has = asset.seats.total(day);
    let quantity = draft
        .quantity
        .as_ref()
        .filter(|quantity| !quantity.is_null());
    let quantity = quantity.and_then(|quantity| seats_given("quantity", quantity, 1, &mut found));
    if let Some(wanted) = quantity.filter(|wanted| *wanted > has.unwrap_or(0)) {
        let message = format!(
            "is {wanted}: the license has {} seats on {day}",
            has.unwrap_or(0)
        );
        found.add("quantity", message);
    }
    if asset.company_on(day) == draft.company {
        found.add("company_id", "owns the license already");
    }
    if asset.company.days().next().is_some_and(|first| day < first) {
        found.add(
            "effective_on",
            format!("{day} lies before the license's first day"),
        );
    }
    let allocated: i64 = asset.seats.allocated(day).map(|(_, seats)| seats).sum();
    if quantity.is_none() && draft.quantity.as_ref().is_none_or(Json::is_null) && allocated > 0 {
        found.add(
            "company_id",
            "seats of it are allocated to other companies: end the allocations first",
        );
    }
    found.check()?;
    let whole = quantity.is_none() || quantity == has;
    let quantity = quantity.or(has);
    let parts = parts(asset, quantity.unwrap_or(0), day);
    let sent = Event::SeatsTransferred {
        to_asset: new,
        to_company: draft.company,
        quantity,
    };
    let mut given = vec![(day, sent)];
    if whole {
        given.push((day, Event::AssetArchived));
    } else {
        given.extend(parts.reduced(asset, day));
        given.extend(cost_left(asset, quantity, day));
    }
    let received = received(
        asset,
        asset_type,
        new,
        draft.company,
        (quantity, day),
        &parts,
    );
    Ok(Transfer { given, received })
}

/// From what the seats of a transfer are taken.
struct Parts {
    /// Purchases, each with how many of its seats go.
    bought: Vec<(Purchase, i64, i64)>,
    /// Seats of a typed total that no purchase explains.
    typed: i64,
}

/// Takes seats from the typed total first, which nothing else explains, then from the latest purchases.
fn parts(asset: &Asset, quantity: i64, day: NaiveDate) -> Parts {
    let typed = asset
        .seats
        .adjustments
        .at(day)
        .copied()
        .flatten()
        .unwrap_or(0);
    let mut left = quantity;
    let typed = typed.clamp(0, left);
    left -= typed;
    let mut held: Vec<(&Purchase, i64)> = asset.seats.held(day).collect();
    held.sort_by_key(|(purchase, _)| std::cmp::Reverse((purchase.from, purchase.id)));
    let mut bought = Vec::new();
    for (purchase, has) in held.into_iter().take(PURCHASES_MAX) {
        let taken = has.clamp(0, left);
        left -= taken;
        if taken > 0 {
            bought.push((purchase.clone(), has, taken));
        }
    }
    Parts { bought, typed }
}

impl Parts {
    fn reduced(&self, asset: &Asset, day: NaiveDate) -> Vec<Dated> {
        let mut events: Vec<Dated> = self
            .bought
            .iter()
            .map(|(purchase, from, taken)| {
                let reduced = Event::PurchaseReduced {
                    purchase_id: purchase.id,
                    from: *from,
                    to: from - taken,
                };
                (day, reduced)
            })
            .collect();
        if self.typed > 0 {
            let bought: i64 = self.bought.iter().map(|(_, _, taken)| taken).sum();
            let from = asset.seats.total(day).map(|total| total - bought);
            let to = from.map(|total| total - self.typed);
            let purchased = asset.seats.purchased(day) - bought;
            events.push((
                day,
                Event::TotalSeatsAdjusted {
                    from,
                    to,
                    delta: to.map(|to| to - purchased),
                    correction: false,
                },
            ));
        }
        events
    }
}

fn received(
    asset: &Asset,
    asset_type: &AssetType,
    new: AssetId,
    company: CompanyId,
    (quantity, day): (Option<i64>, NaiveDate),
    parts: &Parts,
) -> Vec<Dated> {
    let registered = Event::AssetRegistered {
        type_id: asset.type_id,
        company_id: company,
    };
    let received = Event::SeatsReceived {
        from_asset: asset.id,
        quantity,
    };
    let mut events = vec![(day, registered), (day, received)];
    // What it is goes with it; keys do not, nor does what the old owner wrote that is no field.
    let changes: Vec<Change> = asset_type
        .live_fields()
        .filter_map(|field| Some((field, asset.values.get(&field.key)?)))
        .filter(|(_, value)| !matches!(value, Value::Secret(_)))
        .map(|(field, value)| Change {
            field: field.key.clone(),
            from: None,
            to: Some(value.clone()),
        })
        .collect();
    let in_parts = super::given::in_parts(changes).into_iter();
    events.extend(in_parts.map(|changes| (day, Event::FieldsChanged { changes })));
    for (purchase, _, taken) in &parts.bought {
        let purchase = Purchase {
            id: PurchaseId(Uuid::new_v5(&new.0, purchase.id.0.as_bytes())),
            quantity: *taken,
            from: day,
            ..purchase.clone()
        };
        events.push((day, Event::SeatsPurchased { purchase }));
    }
    if parts.typed > 0 || (parts.bought.is_empty() && quantity.is_some()) {
        let to = quantity;
        let bought: i64 = parts.bought.iter().map(|(_, _, taken)| taken).sum();
        events.push((
            day,
            Event::TotalSeatsAdjusted {
                from: Some(bought).filter(|bought| *bought > 0),
                to,
                delta: to.map(|to| to - bought),
                correction: false,
            },
        ));
    }
    if let Some(end) = asset.term.end_from(day) {
        let to = end.expiry;
        events.extend(to.map(|to| {
            (
                day,
                Event::ExpiryChanged {
                    from: None,
                    to: Some(to),
                    correction: false,
                },
            )
        }));
    }
    let cost = asset.annual_cost.at(day).copied().flatten();
    let part = cost.map(|cost| {
        let all: Amounts = [cost].into_iter().collect();
        match (quantity, asset.seats.total(day)) {
            (Some(part), Some(whole)) => all.share(part, whole),
            _ => all,
        }
    });
    for to in part.iter().flat_map(Amounts::iter) {
        let role = FieldRole::AnnualCost;
        let cost = Event::CostChanged {
            role,
            from: None,
            to: Some(to),
            correction: false,
        };
        events.push((day, cost));
    }
    events
}

/// What the license that gives a part of itself costs from then on.
fn cost_left(asset: &Asset, quantity: Option<i64>, day: NaiveDate) -> Option<Dated> {
    let from = asset.annual_cost.at(day).copied().flatten()?;
    let whole = asset.seats.total(day)?;
    let all: Amounts = [from].into_iter().collect();
    let to = all.less(&all.share(quantity?, whole)).iter().next();
    let role = FieldRole::AnnualCost;
    Some((
        day,
        Event::CostChanged {
            role,
            from: Some(from),
            to,
            correction: false,
        },
    ))
}
