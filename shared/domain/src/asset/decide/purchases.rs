//! Buying seats, ending purchases and renewing terms.

use chrono::NaiveDate;

use super::{
    Asset, Dated, PurchaseDraft, RenewalDraft,
    dated::{cost, renewed},
    inputs::{day_given, line_given, seats_given},
    planning::present_end,
};
use crate::{
    asset::{PURCHASES_MAX, PricePer, Purchase, Window},
    asset_type::{Agreement, AssetType, FieldRole},
    calendar,
    decide::Setting,
    event::Event,
    ids::PurchaseId,
    refusal::{Refusal, Violations},
    value,
};

/// Seats bought.
pub(crate) fn purchase(
    asset: &Asset,
    asset_type: &AssetType,
    id: PurchaseId,
    draft: &PurchaseDraft,
    setting: &Setting,
) -> Result<Vec<Dated>, Refusal> {
    let mut found = Violations::default();
    let quantity = seats_given("quantity", &draft.quantity, 1, &mut found);
    let from = day_given("from", draft.from.as_deref(), &mut found).unwrap_or(setting.today);
    let until = day_given("until", draft.until.as_deref(), &mut found);
    if until.is_some_and(|until| until < from) {
        found.add("until", format!("lies before the first day {from}"));
    }
    let price = draft.unit_price.as_ref().filter(|price| !price.is_null());
    let unit_price =
        price.and_then(|price| found.keep("unit_price", value::money(price, setting.currency)));
    let price_per = price_per_given(draft, asset.agreement(asset_type), &mut found);
    let reducible = reducible_given(draft, from, until, &mut found);
    let order = line_given("order", draft.order.as_deref(), &mut found);
    let supplier = line_given("supplier", draft.supplier.as_deref(), &mut found);
    if asset.seats.purchases.len() >= PURCHASES_MAX {
        found.add(
            "quantity",
            format!("the license has {PURCHASES_MAX} purchases already: register another"),
        );
    }
    found.check()?;
    let quantity = quantity.unwrap_or_default();
    let purchase = Purchase {
        id,
        quantity,
        from,
        until,
        unit_price,
        price_per: price_per.filter(|_| unit_price.is_some()),
        order,
        supplier,
        reducible,
    };
    Ok(vec![(from, Event::SeatsPurchased { purchase })])
}

fn price_per_given(
    draft: &PurchaseDraft,
    agreement: Option<Agreement>,
    found: &mut Violations,
) -> Option<PricePer> {
    let usual = match agreement {
        Some(Agreement::Perpetual | Agreement::Oem) => PricePer::Once,
        _ => PricePer::Year,
    };
    let Some(word) = &draft.price_per else {
        return Some(usual);
    };
    let known = PricePer::parse(word.trim());
    if known.is_none() {
        found.add(
            "price_per",
            format!("{word:?} is none: choose month, year or once"),
        );
    }
    if draft
        .unit_price
        .as_ref()
        .is_none_or(serde_json::Value::is_null)
    {
        found.add("price_per", "goes with a unit_price only");
    }
    known
}

/// The days on which seats may be given back: from the purchase's first day, unless it says otherwise.
fn reducible_given(
    draft: &PurchaseDraft,
    first_day: NaiveDate,
    last_day: Option<NaiveDate>,
    found: &mut Violations,
) -> Option<Window> {
    let from = day_given("reducible_from", draft.reducible_from.as_deref(), found);
    let until = day_given("reducible_until", draft.reducible_until.as_deref(), found);
    if from.is_none() && until.is_none() {
        return None;
    }
    let from = from.unwrap_or(first_day);
    if from < first_day || last_day.is_some_and(|last_day| from > last_day) {
        found.add(
            "reducible_from",
            format!("{from} is no day of the purchase"),
        );
    }
    if until.is_some_and(|until| until < from) {
        found.add(
            "reducible_until",
            format!("lies before the first day {from}"),
        );
    }
    Some(Window { from, until })
}

/// A purchase ends, on the given day as its last: sooner than it would, never later.
pub(crate) fn end_purchase(
    asset: &Asset,
    asset_type: &AssetType,
    id: PurchaseId,
    (last_day, with_term): (Option<&str>, bool),
    setting: &Setting,
) -> Result<Vec<Dated>, Refusal> {
    let known = asset
        .seats
        .purchases
        .iter()
        .find(|purchase| purchase.id == id);
    let purchase = known.ok_or(Refusal::NotFound("purchase"))?;
    let mut found = Violations::default();
    if with_term && last_day.is_some() {
        found.add(
            "with_term",
            "a purchase ends either with the term or on a day: say one of them",
        );
    }
    let given = day_given("last_day", last_day, &mut found);
    let term_end = present_end(asset, asset_type, setting.today).filter(|_| with_term);
    if with_term && term_end.is_none() {
        found.add(
            "with_term",
            "the license has no term that ends: name the last day",
        );
    }
    let last_day = given.or(term_end).unwrap_or(setting.today);
    if purchase
        .from
        .pred_opt()
        .is_some_and(|before| last_day < before)
    {
        found.add(
            "last_day",
            format!(
                "{last_day} lies before the purchase's first day {}",
                purchase.from
            ),
        );
    }
    if let Some(until) = purchase.until.filter(|until| last_day > *until) {
        found.add(
            "last_day",
            format!(
                "{last_day} lies after the purchase's last day {until}: buy seats from then on"
            ),
        );
    }
    found.check()?;
    let unchanged = purchase.until == Some(last_day);
    Ok(if unchanged {
        vec![]
    } else {
        vec![(last_day, Event::PurchaseEnded { purchase_id: id })]
    })
}

/// The next term, with seats and cost of its own if they are given.
pub(crate) fn renew(
    asset: &Asset,
    asset_type: &AssetType,
    draft: &RenewalDraft,
    setting: &Setting,
) -> Result<Vec<Dated>, Refusal> {
    let mut found = Violations::default();
    let to = found.keep(
        "expiry_date",
        calendar::parse_date(draft.expiry_date.trim()),
    );
    let quantity = draft
        .quantity
        .as_ref()
        .filter(|quantity| !quantity.is_null());
    if quantity.is_some() && !asset_type.is_license() {
        let message = format!("{:?} has no field that counts seats", asset_type.name);
        found.add("quantity", message);
    }
    let quantity = quantity.and_then(|quantity| seats_given("quantity", quantity, 0, &mut found));
    let cost_given = draft.cost.as_ref().filter(|cost| !cost.is_null());
    let cost_given =
        cost_given.and_then(|cost| found.keep("cost", value::money(cost, setting.currency)));
    let last = asset
        .term
        .end_from(setting.today)
        .or_else(|| asset.term.end_from(NaiveDate::MAX));
    let from = last.and_then(|end| end.expiry);
    if from.is_none() {
        found.add(
            "expiry_date",
            "there is no term to renew: set the expiry date instead",
        );
    }
    if let (Some(from), Some(to)) = (from, to)
        && to <= from
    {
        found.add(
            "expiry_date",
            format!("{to} does not lie after the term's last day {from}"),
        );
    }
    found.check()?;
    let (Some(from), Some(to)) = (from, to) else {
        return Ok(vec![]);
    };
    let mut events = renewed(
        asset,
        asset_type,
        (from, to),
        quantity.map(Some),
        setting.today,
    );
    let first_days = events
        .iter()
        .filter(|(_, event)| matches!(event, Event::TermRenewed { .. }))
        .map(|(day, _)| *day);
    if let (Some(_), Some(first_day)) = (cost_given, first_days.max()) {
        events.extend(cost(
            asset,
            FieldRole::AnnualCost,
            cost_given,
            first_day,
            false,
        ));
    }
    Ok(events)
}
