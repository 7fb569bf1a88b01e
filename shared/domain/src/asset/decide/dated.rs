//! Changes of what is kept by day: seats, costs, and the end of the term.

use chrono::{Days, NaiveDate};
use rust_decimal::prelude::ToPrimitive;

use super::{Asset, Dated, EffectiveDays, planning::present_end};
use crate::{
    asset::InUseSource,
    asset_type::{AssetType, FieldRole},
    calendar,
    event::Event,
    expiry::Expiring,
    money::Money,
    product::Catalog,
    value::Value,
};

/// How many presumed terms one date confirms: ten years of months. What is left is one term.
const TERMS_CONFIRMED_MAX: u32 = 120;

pub(super) fn dated_event(
    asset: &Asset,
    role: FieldRole,
    to: Option<&Value>,
    days: &EffectiveDays,
) -> Vec<Dated> {
    match role {
        FieldRole::TotalSeats => total(asset, as_seats(to), days.owned, days.correction)
            .into_iter()
            .collect(),
        FieldRole::AssignedSeats => in_use(asset, as_seats(to), days).into_iter().collect(),
        _ => {
            let to = match to {
                Some(Value::Money(money)) => Some(*money),
                _ => None,
            };
            cost(asset, role, to, days.owned, days.correction)
                .into_iter()
                .collect()
        }
    }
}

pub(super) fn as_seats(value: Option<&Value>) -> Option<i64> {
    match value {
        Some(Value::Number(number)) => number.to_i64(),
        _ => None,
    }
}

/// Typing a total: what it adds to the purchases of its day, expiry aside.
pub(super) fn total(
    asset: &Asset,
    to: Option<i64>,
    day: NaiveDate,
    correction: bool,
) -> Option<Dated> {
    let seats = &asset.seats;
    let day = if correction {
        seats.total_since(day).unwrap_or(day)
    } else {
        day
    };
    let from = seats.total(day);
    let delta = to.map(|to| to - seats.purchased(day));
    (from != to).then_some((
        day,
        Event::TotalSeatsAdjusted {
            from,
            to,
            delta,
            correction,
        },
    ))
}

fn in_use(asset: &Asset, to: Option<i64>, days: &EffectiveDays) -> Option<Dated> {
    let source = InUseSource::Typed;
    let counts = asset.seats.counts.get(&(None, source));
    let standing = counts.and_then(|counts| counts.fact_at(days.plain));
    let day = standing
        .filter(|_| days.correction)
        .map_or(days.plain, |(since, _)| since);
    let from = asset.seats.in_use(source, day);
    let event = Event::SeatsInUseCounted {
        source,
        counted_for: None,
        from,
        to,
        correction: days.correction,
    };
    (from != to).then_some((day, event))
}

pub(super) fn cost(
    asset: &Asset,
    role: FieldRole,
    to: Option<Money>,
    day: NaiveDate,
    correction: bool,
) -> Option<Dated> {
    let amounts = if role == FieldRole::AnnualPrice {
        &asset.annual_price
    } else {
        &asset.annual_cost
    };
    let standing = amounts.fact_at(day);
    let day = standing
        .filter(|_| correction)
        .map_or(day, |(since, _)| since);
    let from = standing.and_then(|(_, amount)| *amount);
    (from != to).then_some((
        day,
        Event::CostChanged {
            role,
            from,
            to,
            correction,
        },
    ))
}

/// Editing the expiry date. Moving it later once its end is in sight, or after it, is what people do to renew.
/// `seats` is the total that is given with it, if one is.
pub(super) fn expiry(
    asset: &Asset,
    asset_type: &AssetType,
    to: Option<NaiveDate>,
    seats: Option<Option<i64>>,
    days: &EffectiveDays,
) -> Vec<Dated> {
    let end = asset
        .term
        .end_from(days.ends)
        .or_else(|| asset.term.end_from(NaiveDate::MAX));
    let from = end.and_then(|end| end.expiry);
    if from == to {
        return Vec::new();
    }
    if let (false, Some(from), Some(to)) = (days.correction, from, to) {
        let in_sight = from
            .checked_sub_days(Days::new(u64::from(days.longest_lead)))
            .unwrap_or(from);
        if to > from && days.today >= in_sight {
            return renewed(asset, asset_type, (from, to), seats, days.today);
        }
    }
    // It changes the last of the terms that follow each other, or the one within which it ends them.
    let facts = &asset.term.expiry;
    let cut = facts.fact_at(to.unwrap_or(NaiveDate::MAX).max(days.ends));
    let since = match (end, cut) {
        (Some(end), Some((cut, _))) => end.since.min(cut),
        (Some(end), None) => end.since,
        (None, _) => days.ends,
    };
    let day = if days.correction {
        since
    } else {
        since.max(days.ends)
    };
    let changed = Event::ExpiryChanged {
        from,
        to,
        correction: days.correction,
    };
    vec![(day, changed)]
}

/// New terms until `to`, from the day after the old one's last, with the seats in force carried over or, in the
/// last term, the total that is given. One date confirms all terms that are presumed to have run since.
pub(super) fn renewed(
    asset: &Asset,
    asset_type: &AssetType,
    (from, to): (NaiveDate, NaiveDate),
    seats: Option<Option<i64>>,
    today: NaiveDate,
) -> Vec<Dated> {
    let mut events = Vec::new();
    let mut last_end = from;
    for end in presumed_ends(asset, asset_type, (from, to), today) {
        events.push(term(last_end, end));
        last_end = end;
    }
    events.push(term(last_end, to));
    if last_end == from {
        events.extend(carried_over(asset, from, seats));
        return events;
    }
    let carried = carried_over(asset, from, None);
    if let (Some(seats), Some(first_day)) = (seats, last_end.succ_opt()) {
        let mut confirmed = asset.clone();
        if let Some((day, event)) = &carried {
            confirmed.apply(*day, event);
        }
        events.extend(total(&confirmed, seats, first_day, false));
    }
    events.extend(carried);
    events
}

fn term(from: NaiveDate, to: NaiveDate) -> Dated {
    let first_day = from.succ_opt().unwrap_or(NaiveDate::MAX);
    (first_day, Event::TermRenewed { from, to })
}

/// The ends of the terms that are presumed to have run between a recorded end and a new one: of all that have
/// passed, and of the present one if a whole term follows it.
fn presumed_ends(
    asset: &Asset,
    asset_type: &AssetType,
    (from, to): (NaiveDate, NaiveDate),
    today: NaiveDate,
) -> Vec<NaiveDate> {
    let term = Expiring::of(asset, asset_type, Catalog::empty());
    let present = present_end(asset, asset_type, today).filter(|_| term.renews_itself(from));
    let Some(present) = present else {
        return Vec::new();
    };
    let end = |count| calendar::months_later(from, term.term_months, count);
    (1..=TERMS_CONFIRMED_MAX)
        .map(|count| (end(count), end(count + 1)))
        .take_while(|(end, next)| *end < to && *end <= present && (*end < today || *next <= to))
        .map(|(end, _)| end)
        .collect()
}

/// The seats in force at the end of the old term, carried over into the new one; instead of them the total
/// that is given with the renewal, if one is. Without one, what was recorded for the new term's first day already
/// stands.
pub(super) fn carried_over(
    asset: &Asset,
    old_end: NaiveDate,
    given: Option<Option<i64>>,
) -> Option<Dated> {
    let first_day = old_end.succ_opt()?;
    if given.is_none() && asset.seats.begin_on(first_day) {
        return None;
    }
    let seats = given.unwrap_or_else(|| asset.seats.carried_over(old_end, first_day))?;
    total(asset, Some(seats), first_day, false)
}
