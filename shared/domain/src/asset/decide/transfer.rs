//! Seats that another company gets for good, as a license of its own.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde_json::Value as Json;
use uuid::Uuid;

use super::{
    Asset, Dated,
    inputs::{day_given, seats_given},
};
use crate::{
    asset::{PricePer, Purchase},
    asset_type::{AssetType, Field, FieldKind, FieldRole},
    decide::Setting,
    event::{Change, Event},
    ids::{AssetId, CompanyId, PurchaseId},
    money::{Amounts, Money},
    refusal::{Refusal, Violations},
    timeline::Timeline,
    value::Value,
};

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

/// What a transfer does to the license that gives, and to the one that comes about.
pub(crate) struct Transfer {
    pub(crate) given: Vec<Dated>,
    pub(crate) received: Vec<Dated>,
}

/// Makes a license, or a part of it, a license of another company. The new license has a stream of its own: its
/// owner sees neither what was before nor the old keys. What is planned for days to come goes with the whole, and
/// stays behind when a part goes; on every day both have together what the one would have had.
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
    let wanted = draft
        .quantity
        .as_ref()
        .filter(|quantity| !quantity.is_null());
    let quantity = wanted.and_then(|quantity| seats_given("quantity", quantity, 1, &mut found));
    let allocated: i64 = asset.seats.allocated(day).map(|(_, seats)| seats).sum();
    let own = has.unwrap_or(0) - allocated;
    if let Some(wanted) = quantity.filter(|wanted| *wanted > own) {
        let message = if allocated > 0 {
            format!(
                "is {wanted}: the license has {} seats on {day}, of which {allocated} are allocated to other \
                 companies",
                has.unwrap_or(0)
            )
        } else {
            format!(
                "is {wanted}: the license has {} seats on {day}",
                has.unwrap_or(0)
            )
        };
        found.add("quantity", message);
    }
    if asset.company_on(day) == draft.company {
        found.add("company_id", "owns the license already");
    }
    if let Some((since, _)) = asset.tracked.last().filter(|(since, _)| day < *since) {
        let message =
            format!("{day} lies before {since}, from which day on the license is tracked");
        found.add("effective_on", message);
    }
    let later = asset.seats.allocations.values();
    let later = later.flat_map(|seats| seats.iter());
    let mut planned = later.filter(|(from, seats)| *from > day && **seats > 0);
    let shared = allocated > 0 || planned.next().is_some();
    if wanted.is_none() && shared {
        found.add(
            "company_id",
            "seats of it are allocated to other companies: end the allocations first",
        );
    }
    found.check()?;
    let moving = Moving {
        asset,
        day,
        quantity: quantity.filter(|quantity| Some(*quantity) != has || shared),
    };
    Ok(moving.transfer(asset_type, new, draft.company))
}

/// A transfer that is found possible.
struct Moving<'a> {
    asset: &'a Asset,
    day: NaiveDate,
    /// How many seats go; none if all do, with what is planned for them.
    quantity: Option<i64>,
}

impl Moving<'_> {
    fn transfer(&self, asset_type: &AssetType, new: AssetId, company: CompanyId) -> Transfer {
        let (asset, day) = (self.asset, self.day);
        let quantity = self.quantity.or_else(|| asset.seats.total(day));
        let parts = self.parts();
        let mut given = vec![(
            day,
            Event::SeatsTransferred {
                to_asset: new,
                to_company: company,
                quantity,
            },
        )];
        let mut received = vec![
            (
                day,
                Event::AssetRegistered {
                    type_id: asset.type_id,
                    company_id: company,
                },
            ),
            (
                day,
                Event::SeatsReceived {
                    from_asset: asset.id,
                    quantity,
                },
            ),
        ];
        received.extend(self.values(asset_type));
        received.extend(self.term());
        for part in &parts {
            received.extend(part.bought(new, self));
        }
        let mut got = Asset::new(new, asset.type_id, company, day);
        apply(&mut got, &received);
        if self.quantity.is_none() {
            received.extend(self.adjusted(&got, |day| asset.seats.total(day)));
            received.extend(self.costs(Some));
            given.push((day, Event::AssetArchived));
            return Transfer { given, received };
        }
        given.extend(parts.iter().flat_map(|part| part.reduced(self)));
        let mut left = asset.clone();
        apply(&mut left, &given);
        // Never more than there would have been: a vendor may take seats back later.
        let went = |day| Some(self.still_there(&parts, day).min(asset.seats.total(day)?));
        received.extend(self.adjusted(&got, went));
        given.extend(self.adjusted(&left, |day| Some(asset.seats.total(day)? - went(day)?)));
        let whole = asset.seats.total(day).unwrap_or(0);
        let share = |cost: Money| {
            let all: Amounts = [cost].into_iter().collect();
            all.share(quantity.unwrap_or(0), whole)
        };
        received.extend(self.costs(|cost| share(cost).iter().next()));
        given.extend(self.costs_left(|cost| {
            let all: Amounts = [cost].into_iter().collect();
            all.less(&share(cost)).iter().next()
        }));
        Transfer { given, received }
    }

    /// From what the seats are taken: of the typed total first, which nothing else explains, then of the latest
    /// purchases.
    fn parts(&self) -> Vec<Part> {
        let (asset, day) = (self.asset, self.day);
        let Some(quantity) = self.quantity else {
            let kept = asset.seats.purchases.iter();
            return kept
                .filter(|purchase| {
                    purchase
                        .until
                        .is_none_or(|until| until >= day.max(purchase.from))
                })
                .map(|purchase| Part {
                    taken: purchase.quantity,
                    purchase: purchase.clone(),
                })
                .collect();
        };
        let typed = asset.seats.adjustments.at(day).copied().flatten();
        let mut left = quantity - typed.unwrap_or(0).clamp(0, quantity);
        let mut held: Vec<(&Purchase, i64)> = asset.seats.held(day).collect();
        held.sort_by_key(|(purchase, _)| std::cmp::Reverse((purchase.from, purchase.id)));
        let mut parts = Vec::new();
        for (purchase, has) in held {
            let taken = has.clamp(0, left);
            left -= taken;
            if taken > 0 {
                let purchase = purchase.clone();
                parts.push(Part { purchase, taken });
            }
        }
        parts
    }

    /// How many of the seats that went are there on a day: those of a purchase end with it.
    fn still_there(&self, parts: &[Part], day: NaiveDate) -> i64 {
        let bought: i64 = parts.iter().map(|part| part.taken).sum();
        let typed = self.quantity.unwrap_or(0) - bought;
        let there = parts
            .iter()
            .filter(|part| part.purchase.holds(day))
            .map(|part| part.taken_on(self.asset, day));
        typed + there.sum::<i64>()
    }

    /// Typed totals wherever the purchases of a license alone would not make `wanted`.
    fn adjusted(&self, license: &Asset, wanted: impl Fn(NaiveDate) -> Option<i64>) -> Vec<Dated> {
        let mut license = license.clone();
        let mut events = Vec::new();
        let days = self
            .asset
            .seats
            .breakpoints()
            .chain(license.seats.breakpoints());
        let days: BTreeSet<NaiveDate> = days.filter(|day| *day > self.day).collect();
        for day in [self.day].into_iter().chain(days) {
            let (from, to) = (license.seats.total(day), wanted(day));
            if from == to {
                continue;
            }
            let adjusted = Event::TotalSeatsAdjusted {
                from,
                to,
                delta: to.map(|to| to - license.seats.purchased(day)),
                correction: false,
            };
            license.apply(day, &adjusted);
            events.push((day, adjusted));
        }
        events
    }

    /// What it is goes with it; keys do not, nor does what the old owner wrote that is no field.
    fn values(&self, asset_type: &AssetType) -> Vec<Dated> {
        let fields = || {
            let live = asset_type.live_fields();
            live.filter(|field| !field.role.is_some_and(FieldRole::is_dated))
        };
        let switches = &self.asset.switches;
        let changes: Vec<Change> = fields()
            .filter(|field| !switches.contains_key(&field.key))
            .filter_map(|field| Some((field, self.asset.values.get(&field.key)?)))
            .filter(|(field, value)| goes_along(field, value))
            .map(|(field, value)| Change {
                field: field.key.clone(),
                from: None,
                to: Some(value.clone()),
            })
            .collect();
        let parts = super::given::in_parts(changes).into_iter();
        let mut dated: Vec<(NaiveDate, Vec<Change>)> =
            parts.map(|changes| (self.day, changes)).collect();
        for (field, switch) in fields().filter_map(|field| Some((field, switches.get(&field.key)?)))
        {
            let mut from = None;
            for (day, on) in from_day(switch, self.day) {
                let to = Some(Value::Boolean(on));
                let change = Change {
                    field: field.key.clone(),
                    from: from.clone(),
                    to: to.clone(),
                };
                from = to;
                dated.push((day, vec![change]));
            }
        }
        let event = |(day, changes)| (day, Event::FieldsChanged { changes });
        dated.into_iter().map(event).collect()
    }

    /// The terms from the day on.
    fn term(&self) -> Vec<Dated> {
        let mut known = None;
        let mut events = Vec::new();
        for (since, to) in from_day(&self.asset.term.expiry, self.day) {
            let from = known;
            known = to;
            let event = match (from, to) {
                (from, to) if from == to => continue,
                (Some(from), Some(to)) if from.succ_opt() == Some(since) => {
                    Event::TermRenewed { from, to }
                }
                (from, to) => Event::ExpiryChanged {
                    from,
                    to,
                    correction: false,
                },
            };
            events.push((since, event));
        }
        events
    }

    /// What a year costs from the day on, each amount through `part`.
    fn costs(&self, part: impl Fn(Money) -> Option<Money>) -> Vec<Dated> {
        let costs = self.costs_from_day().into_iter();
        let shares = costs.scan(None, |known, (day, cost)| {
            let to = cost.and_then(&part);
            let from = std::mem::replace(known, to);
            Some((day, cost_changed(from, to)))
        });
        shares
            .filter_map(|(day, event)| Some((day, event?)))
            .collect()
    }

    /// The same for the license that gives, which costs something already.
    fn costs_left(&self, part: impl Fn(Money) -> Option<Money>) -> Vec<Dated> {
        let costs = self.costs_from_day().into_iter();
        let left = costs.filter_map(|(day, cost)| Some((day, cost_changed(cost, part(cost?))?)));
        left.collect()
    }

    fn costs_from_day(&self) -> Vec<(NaiveDate, Option<Money>)> {
        let costs = &self.asset.annual_cost;
        let now = (self.day, costs.at(self.day).copied().flatten());
        let later = from_day(costs, self.day).into_iter();
        let later = later.filter(|(since, _)| *since > self.day);
        [now].into_iter().chain(later).collect()
    }
}

/// The facts that hold from a day on, the first of them from that day.
fn from_day<T: Copy>(timeline: &Timeline<T>, day: NaiveDate) -> Vec<(NaiveDate, T)> {
    let now = timeline.at_or_first(day).map(|value| (day, *value));
    let later = timeline.iter().filter(|(since, _)| *since > day);
    let later = later.map(|(since, value)| (since, *value));
    now.into_iter().chain(later).collect()
}

/// Seats of a purchase that go.
struct Part {
    purchase: Purchase,
    taken: i64,
}

impl Part {
    fn taken_on(&self, asset: &Asset, day: NaiveDate) -> i64 {
        self.taken.min(asset.seats.quantity(&self.purchase, day))
    }

    /// The days from the transfer on, on which the purchase has other seats than before.
    fn days(&self, moving: &Moving<'_>) -> Vec<NaiveDate> {
        let first = moving.day.max(self.purchase.from);
        let reduced = moving.asset.seats.reductions.get(&self.purchase.id);
        let later = reduced.into_iter().flat_map(|seats| seats.days());
        let later = later.filter(|day| *day > first && self.purchase.holds(*day));
        [first].into_iter().chain(later).collect()
    }

    /// What the new license has of it.
    fn bought(&self, new: AssetId, moving: &Moving<'_>) -> Vec<Dated> {
        let id = PurchaseId(Uuid::new_v5(&new.0, self.purchase.id.0.as_bytes()));
        let first = moving.day.max(self.purchase.from);
        let mut has = self.taken_on(moving.asset, first);
        // What was paid once was paid by who bought it: the new owner does not pay it again.
        let paid = self.purchase.from < moving.day
            && !matches!(
                self.purchase.price_per,
                Some(PricePer::Month | PricePer::Year)
            );
        let purchase = Purchase {
            id,
            quantity: has,
            from: first,
            // By which order, and from whom, is the old owner's business.
            order: None,
            supplier: None,
            unit_price: self.purchase.unit_price.filter(|_| !paid),
            price_per: self.purchase.price_per.filter(|_| !paid),
            ..self.purchase.clone()
        };
        let mut events = vec![(first, Event::SeatsPurchased { purchase })];
        for day in self.days(moving) {
            let to = self.taken_on(moving.asset, day);
            let from = std::mem::replace(&mut has, to);
            if from != to {
                events.push((day, reduced(id, from, to)));
            }
        }
        events
    }

    /// What is left of it.
    fn reduced(&self, moving: &Moving<'_>) -> Vec<Dated> {
        let reduced = |day| {
            let from = moving.asset.seats.quantity(&self.purchase, day);
            let to = from - self.taken_on(moving.asset, day);
            (from != to).then(|| (day, reduced(self.purchase.id, from, to)))
        };
        self.days(moving).into_iter().filter_map(reduced).collect()
    }
}

fn reduced(purchase_id: PurchaseId, from: i64, to: i64) -> Event {
    Event::PurchaseReduced {
        purchase_id,
        from,
        to,
    }
}

fn cost_changed(from: Option<Money>, to: Option<Money>) -> Option<Event> {
    (from != to).then_some(Event::CostChanged {
        role: FieldRole::AnnualCost,
        from,
        to,
        correction: false,
    })
}

fn apply(asset: &mut Asset, events: &[Dated]) {
    for (day, event) in events {
        asset.apply(*day, event);
    }
}

/// Whether a value goes with the license to its new owner. Keys do not; nor does what somebody wrote about it in
/// words of their own.
fn goes_along(field: &Field, value: &Value) -> bool {
    let free_text = matches!(field.kind, FieldKind::Textarea | FieldKind::RichText);
    !free_text && !matches!(value, Value::Secret(_))
}
