//! Registering and changing assets.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value as Json;

use super::{Asset, InUseSource, Purchase, TAGS_MAX};
use crate::{
    asset_type::{AssetType, FIELDS_MAX, Field, FieldKey, FieldKind, FieldRole},
    calendar,
    company::{EXTERNAL_IDS_MAX, ExternalId},
    decide::Setting,
    event::{Change, Event},
    ids::{AssetTypeId, CompanyId, PurchaseId},
    money::Money,
    refusal::{Refusal, Violations},
    text,
    value::{self, SEATS_MAX, SecretInput, Value},
};

/// An asset to be registered, as it comes in.
#[derive(Debug, Clone)]
pub struct AssetDraft {
    /// Its type.
    pub type_id: AssetTypeId,
    /// Whose it is.
    pub company_id: CompanyId,
    /// Values by field key; password fields stand in `secrets`.
    pub values: BTreeMap<String, Json>,
    /// Password fields by key.
    pub secrets: BTreeMap<String, SecretInput>,
    /// Its labels.
    pub tags: Vec<String>,
    /// What other systems call it: system and id.
    pub external_ids: Vec<(String, String)>,
    /// The day from which it all is true; today if none.
    pub effective_on: Option<String>,
}

/// What changes of an asset. What is not named stays; null takes a value away.
#[derive(Debug, Clone, Default)]
pub struct AssetPatch {
    /// Values by field key; password fields stand in `secrets`.
    pub values: BTreeMap<String, Json>,
    /// Password fields by key.
    pub secrets: BTreeMap<String, SecretInput>,
    /// The day from which it is true; today if none.
    pub effective_on: Option<String>,
    /// Whether it mends what was recorded wrongly: it then holds from the first day of the value it replaces.
    pub correction: bool,
}

/// Seats bought, as they come in.
#[derive(Debug, Clone, Default)]
pub struct PurchaseDraft {
    /// How many.
    pub quantity: Json,
    /// The first day; today if none.
    pub from: Option<String>,
    /// The last day; with the term if none.
    pub until: Option<String>,
    /// What one seat costs.
    pub unit_price: Option<Json>,
    /// The order's number.
    pub order: Option<String>,
    /// From whom.
    pub supplier: Option<String>,
}

/// A next term, as it comes in.
#[derive(Debug, Clone, Default)]
pub struct RenewalDraft {
    /// Its last day.
    pub expiry_date: String,
    /// Its seats, if they change with it.
    pub quantity: Option<Json>,
    /// What a year of it costs, if that changes with it.
    pub cost: Option<Json>,
}

/// An event with the day from which it is true.
pub(crate) type Dated = (NaiveDate, Event);

/// Registers an asset: all that its events say, or all that is wrong with the draft.
pub(crate) fn register(
    asset_type: &AssetType,
    draft: &AssetDraft,
    put: Option<&ExternalId>,
    setting: &Setting,
) -> Result<Vec<Dated>, Refusal> {
    let mut found = Violations::default();
    let explicit = effective_day(draft.effective_on.as_deref(), &mut found);
    let tags = tags_of(&draft.tags, &mut found);
    let external_ids = external_ids_of(&draft.external_ids, put, &mut found);
    let day = explicit.unwrap_or(setting.today);
    let blank = Asset::new(setting.asset, draft.type_id, draft.company_id, day);
    let mut given = Given::parse(
        asset_type,
        &blank,
        (&draft.values, &draft.secrets),
        setting,
        &mut found,
    );
    for field in asset_type.live_fields() {
        if let (false, Some(default)) = (given.values.contains_key(&field.key), &field.default) {
            given
                .values
                .insert(field.key.clone(), Some(default.clone()));
        }
        if field.required && given.values.get(&field.key).is_none_or(Option::is_none) {
            found.add(format!("values.{}", field.key), "is required");
        }
    }
    check_dates(&blank, asset_type, &given, &mut found);
    found.check()?;

    let registered = Event::AssetRegistered {
        type_id: draft.type_id,
        company_id: draft.company_id,
    };
    let mut events = vec![(day, registered)];
    events.extend(
        external_ids
            .into_iter()
            .map(|external_id| (day, Event::ExternalIdLinked { external_id })),
    );
    let purchased = given.date(asset_type, FieldRole::PurchaseDate);
    let first_owned = explicit.or(purchased).unwrap_or(setting.today);
    let counted = given.of_role(asset_type, FieldRole::TotalSeats);
    if first_owned > day && counted.is_some_and(Option::is_some) {
        // What begins in the future is known to be none until then.
        let none_yet = Event::TotalSeatsAdjusted {
            from: None,
            to: Some(0),
            delta: Some(0),
            correction: false,
        };
        events.push((day, none_yet));
    }
    events.extend(given.events(
        &blank,
        asset_type,
        &EffectiveDays {
            plain: day,
            owned: first_owned,
            // A term that is yet to begin is seen from today on.
            ends: first_owned.min(day),
            correction: false,
            longest_lead: setting.policy.longest_lead(),
            today: setting.today,
        },
    ));
    events.extend(tags.into_iter().map(|tag| (day, Event::TagAdded { tag })));
    Ok(events)
}

/// Changes an asset; equal values are no events.
pub(crate) fn change(
    asset: &Asset,
    asset_type: &AssetType,
    patch: &AssetPatch,
    setting: &Setting,
) -> Result<Vec<Dated>, Refusal> {
    let mut found = Violations::default();
    let day = effective_day(patch.effective_on.as_deref(), &mut found).unwrap_or(setting.today);
    let given = Given::parse(
        asset_type,
        asset,
        (&patch.values, &patch.secrets),
        setting,
        &mut found,
    );
    for (key, value) in &given.values {
        if value.is_none()
            && asset_type
                .field(key.as_str())
                .is_some_and(|field| field.required)
        {
            found.add(
                format!("values.{key}"),
                "is required and can't be taken away",
            );
        }
    }
    check_dates(asset, asset_type, &given, &mut found);
    found.check()?;
    Ok(given.events(
        asset,
        asset_type,
        &EffectiveDays {
            plain: day,
            owned: day,
            ends: day,
            correction: patch.correction,
            longest_lead: setting.policy.longest_lead(),
            today: setting.today,
        },
    ))
}

/// The days from which the parts of a change are true, and how to read it.
struct EffectiveDays {
    /// Of what stands below nothing else, the seats in use among it.
    plain: NaiveDate,
    /// Of seats and costs.
    owned: NaiveDate,
    /// Of the end of the term.
    ends: NaiveDate,
    correction: bool,
    longest_lead: u32,
    today: NaiveDate,
}

/// Values that were given, read and found fit. An inner none takes a value away.
struct Given {
    values: BTreeMap<FieldKey, Option<Value>>,
}

impl Given {
    fn parse(
        asset_type: &AssetType,
        asset: &Asset,
        (values, secrets): (&BTreeMap<String, Json>, &BTreeMap<String, SecretInput>),
        setting: &Setting,
        found: &mut Violations,
    ) -> Self {
        let mut parsed = BTreeMap::new();
        if values.len() + secrets.len() > FIELDS_MAX {
            found.add(
                "values",
                format!("no type has more than {FIELDS_MAX} fields: there are too many values"),
            );
            return Self { values: parsed };
        }
        for (key, input) in values {
            let path = format!("values.{key}");
            match known_field(asset_type, key, &path, found) {
                Some(field) if field.kind == FieldKind::Password => {
                    if input.is_null() {
                        parsed.insert(field.key.clone(), None);
                    } else {
                        found.add(
                            path,
                            "is a secret, which is a text, or null to take it away",
                        );
                    }
                }
                Some(field) if asset.holds_label(field, input) => {}
                Some(field) => match value::parse(field, input, setting.currency) {
                    Ok(value) => {
                        parsed.insert(field.key.clone(), value);
                    }
                    Err(unfit) => found.add(path, unfit),
                },
                None => {}
            }
        }
        for (key, input) in secrets {
            let path = format!("values.{key}");
            let Some(field) = known_field(asset_type, key, &path, found) else {
                continue;
            };
            match input {
                _ if field.kind != FieldKind::Password => {
                    found.add(path, "is no password field: send the value again");
                }
                SecretInput::Sealed(secret) => {
                    parsed.insert(field.key.clone(), Some(Value::Secret(*secret)));
                }
                SecretInput::Cleared => {
                    parsed.insert(field.key.clone(), None);
                }
                SecretInput::Unchanged => {}
            }
        }
        Self { values: parsed }
    }

    /// What was given for the field that has a role: none if nothing was.
    fn of_role(&self, asset_type: &AssetType, role: FieldRole) -> Option<&Option<Value>> {
        self.values.get(&asset_type.field_with(role)?.key)
    }

    fn date(&self, asset_type: &AssetType, role: FieldRole) -> Option<NaiveDate> {
        self.of_role(asset_type, role).and_then(as_date)
    }

    /// What is different from the asset as it is.
    fn events(&self, asset: &Asset, asset_type: &AssetType, days: &EffectiveDays) -> Vec<Dated> {
        let mut events = Vec::new();
        let mut changes: BTreeMap<NaiveDate, Vec<Change>> = BTreeMap::new();
        for (key, to) in &self.values {
            let Some(field) = asset_type.field(key.as_str()) else {
                continue;
            };
            match field.role.filter(|role| role.is_dated()) {
                Some(FieldRole::ExpiryDate) => {
                    let seats = self.of_role(asset_type, FieldRole::TotalSeats);
                    let seats = seats.map(|to| as_seats(to.as_ref()));
                    events.extend(expiry(asset, as_date(to), seats, days));
                }
                Some(role) => {
                    events.extend(dated_event(asset, role, to.as_ref(), days));
                }
                None if asset.values.get(key) != to.as_ref() => {
                    let day = asset
                        .switches
                        .get(key)
                        .and_then(|switch| switch.fact_at(days.plain))
                        .filter(|_| days.correction)
                        .map_or(days.plain, |(since, _)| since);
                    changes.entry(day).or_default().push(Change {
                        field: key.clone(),
                        from: asset.values.get(key).cloned(),
                        to: to.clone(),
                    });
                }
                None => {}
            }
        }
        let plain = changes
            .into_iter()
            .flat_map(|(day, changes)| in_parts(changes).into_iter().map(move |part| (day, part)));
        plain
            .map(|(day, changes)| (day, Event::FieldsChanged { changes }))
            .chain(events)
            .collect()
    }
}

/// Changes in groups that each fit into an event, whose texts are kept as they were and as they are.
fn in_parts(changes: Vec<Change>) -> Vec<Vec<Change>> {
    /// Bytes of text in one event: one long text with its old value, half of what an event may have, since
    /// quotes and line breaks take twice their length in JSON.
    const TEXT_BYTES_MAX: usize = 2 * text::BODY_LENGTH_MAX;
    let mut parts: Vec<Vec<Change>> = Vec::new();
    let mut room = 0;
    for change in changes {
        let size = change.text_bytes();
        match parts.last_mut() {
            Some(part) if size <= room => {
                room -= size;
                part.push(change);
            }
            _ => {
                room = TEXT_BYTES_MAX.saturating_sub(size);
                parts.push(vec![change]);
            }
        }
    }
    parts
}

fn as_date(value: &Option<Value>) -> Option<NaiveDate> {
    match value {
        Some(Value::Date(date)) => Some(*date),
        _ => None,
    }
}

fn known_field<'a>(
    asset_type: &'a AssetType,
    key: &str,
    path: &str,
    found: &mut Violations,
) -> Option<&'a Field> {
    let field = asset_type.field(key);
    if field.is_none() {
        let known: Vec<&str> = asset_type
            .live_fields()
            .map(|field| field.key.as_str())
            .collect();
        found.add(
            path,
            format!(
                "is no field of {:?}: it has {}",
                asset_type.name,
                known.join(", ")
            ),
        );
    }
    field
}

fn dated_event(
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

fn as_seats(value: Option<&Value>) -> Option<i64> {
    match value {
        Some(Value::Number(number)) => number.to_i64(),
        _ => None,
    }
}

/// Typing a total: what it adds to the purchases of its day, expiry aside.
fn total(asset: &Asset, to: Option<i64>, day: NaiveDate, correction: bool) -> Option<Dated> {
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
    let counts = asset.seats.in_use.get(&source);
    let standing = counts.and_then(|counts| counts.fact_at(days.plain));
    let day = standing
        .filter(|_| days.correction)
        .map_or(days.plain, |(since, _)| since);
    let from = asset.seats.in_use(source, day);
    let event = Event::SeatsInUseCounted {
        source,
        from,
        to,
        correction: days.correction,
    };
    (from != to).then_some((day, event))
}

fn cost(
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
fn expiry(
    asset: &Asset,
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
            let mut events = vec![renewed(from, to)];
            events.extend(carried_over(asset, from, seats));
            return events;
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

/// A new term, from the day after the old one's last.
fn renewed(from: NaiveDate, to: NaiveDate) -> Dated {
    let first_day = from.succ_opt().unwrap_or(NaiveDate::MAX);
    (first_day, Event::TermRenewed { from, to })
}

/// The seats in force at the end of the old term, carried over into the new one; instead of them the total
/// that is given with the renewal, if one is. What was recorded for the new term's first day already stands.
fn carried_over(asset: &Asset, old_end: NaiveDate, given: Option<Option<i64>>) -> Option<Dated> {
    let first_day = old_end.succ_opt()?;
    if asset.seats.begin_on(first_day) {
        return None;
    }
    let seats = given.unwrap_or_else(|| asset.seats.total(old_end))?;
    total(asset, Some(seats), first_day, false)
}

/// What must hold between the dates of one asset.
fn check_dates(asset: &Asset, asset_type: &AssetType, given: &Given, found: &mut Violations) {
    let day_of = |role| match given.of_role(asset_type, role) {
        Some(given) => as_date(given),
        None if role == FieldRole::ExpiryDate => asset
            .term
            .end_from(NaiveDate::MAX)
            .and_then(|end| end.expiry),
        None => asset
            .value_with(asset_type, role)
            .and_then(|value| as_date(&Some(value.clone()))),
    };
    let purchase = asset_type.field_with(FieldRole::PurchaseDate);
    let expiry = asset_type.field_with(FieldRole::ExpiryDate);
    let (Some(purchase), Some(expiry)) = (purchase, expiry) else {
        return;
    };
    let named = [purchase, expiry].map(|field| given.values.contains_key(&field.key));
    let (Some(bought), Some(ends)) = (
        day_of(FieldRole::PurchaseDate),
        day_of(FieldRole::ExpiryDate),
    ) else {
        return;
    };
    if ends < bought && named.contains(&true) {
        let at = if named[1] { &expiry.key } else { &purchase.key };
        found.add(
            format!("values.{at}"),
            format!(
                "{} {ends} lies before {} {bought}",
                expiry.name, purchase.name
            ),
        );
    }
}

/// Seats bought.
pub(crate) fn purchase(
    id: PurchaseId,
    draft: &PurchaseDraft,
    setting: &Setting,
) -> Result<Vec<Dated>, Refusal> {
    let mut found = Violations::default();
    let quantity = seats_of("quantity", &draft.quantity, 1, &mut found);
    let from = day_given("from", draft.from.as_deref(), &mut found).unwrap_or(setting.today);
    let until = day_given("until", draft.until.as_deref(), &mut found);
    if until.is_some_and(|until| until < from) {
        found.add("until", format!("lies before the first day {from}"));
    }
    let price = draft.unit_price.as_ref().filter(|price| !price.is_null());
    let unit_price =
        price.and_then(|price| found.keep("unit_price", value::money(price, setting.currency)));
    let order = line_given("order", draft.order.as_deref(), &mut found);
    let supplier = line_given("supplier", draft.supplier.as_deref(), &mut found);
    found.check()?;
    let quantity = quantity.unwrap_or_default();
    let purchase = Purchase {
        id,
        quantity,
        from,
        until,
        unit_price,
        order,
        supplier,
    };
    Ok(vec![(from, Event::SeatsPurchased { purchase })])
}

/// A purchase ends, on the given day as its last.
pub(crate) fn end_purchase(
    asset: &Asset,
    id: PurchaseId,
    last_day: Option<&str>,
    setting: &Setting,
) -> Result<Vec<Dated>, Refusal> {
    let known = asset
        .seats
        .purchases
        .iter()
        .find(|purchase| purchase.id == id);
    let purchase = known.ok_or(Refusal::NotFound("purchase"))?;
    let mut found = Violations::default();
    let last_day = day_given("last_day", last_day, &mut found).unwrap_or(setting.today);
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
    let quantity = quantity.and_then(|quantity| seats_of("quantity", quantity, 0, &mut found));
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
    let (first_day, term) = renewed(from, to);
    let mut events = vec![(first_day, term)];
    if quantity.is_some() {
        events.extend(total(asset, quantity, first_day, false));
    } else {
        events.extend(carried_over(asset, from, None));
    }
    if cost_given.is_some() {
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

/// Puts a tag on or takes it off.
pub(crate) fn set_tag(asset: &Asset, tag: &str, on: bool) -> Result<Option<Event>, Refusal> {
    let mut found = Violations::default();
    let tag = tag_of("tag", tag, &mut found);
    let is_new = tag.as_ref().is_some_and(|tag| !asset.tags.contains(tag));
    if on && is_new && asset.tags.len() >= TAGS_MAX {
        found.add(
            "tag",
            format!("the asset has {TAGS_MAX} tags already, which is as many as allowed"),
        );
    }
    found.check()?;
    let tag = tag.unwrap_or_default();
    Ok(match (on, asset.tags.contains(&tag)) {
        (true, false) => Some(Event::TagAdded { tag }),
        (false, true) => Some(Event::TagRemoved { tag }),
        _ => None,
    })
}

/// The tags of a draft that an asset does not have yet.
pub(crate) fn add_tags(asset: &Asset, given: &[String]) -> Result<Vec<Event>, Refusal> {
    let mut found = Violations::default();
    let tags = tags_of(given, &mut found);
    let new: Vec<String> = tags.difference(&asset.tags).cloned().collect();
    if asset.tags.len() + new.len() > TAGS_MAX {
        found.add(
            "tags",
            format!("an asset has at most {TAGS_MAX} tags, and it has others already"),
        );
    }
    found.check()?;
    Ok(new.into_iter().map(|tag| Event::TagAdded { tag }).collect())
}

/// Moves an asset to another company.
pub(crate) fn move_to(
    asset: &Asset,
    to: CompanyId,
    effective_on: Option<&str>,
    setting: &Setting,
) -> Result<Vec<Dated>, Refusal> {
    let mut found = Violations::default();
    let day = effective_day(effective_on, &mut found).unwrap_or(setting.today);
    found.check()?;
    // Before its first day an asset belongs to whom it was registered for: a move cannot stand before that.
    let first = asset.company.days().next();
    let day = first.map_or(day, |first| day.max(first));
    let from = asset.company_on(day);
    Ok(if from == to {
        vec![]
    } else {
        vec![(day, Event::MovedToCompany { from, to })]
    })
}

/// Stops tracking an asset, or what is to be tracked from a later day on.
pub(crate) fn archive(asset: &Asset, today: NaiveDate) -> Option<Dated> {
    (!asset.is_archived()).then(|| (tracking_from(asset, today), Event::AssetArchived))
}

/// Tracks an archived asset again.
pub(crate) fn restore(asset: &Asset, today: NaiveDate) -> Option<Dated> {
    asset
        .is_archived()
        .then(|| (tracking_from(asset, today), Event::AssetRestored))
}

/// The day from which a change of what is tracked holds for good.
fn tracking_from(asset: &Asset, today: NaiveDate) -> NaiveDate {
    let last = asset.tracked.last();
    last.map_or(today, |(last, _)| today.max(last))
}

/// What other systems call a thing: each system by one id. `put` is the id by which the thing was addressed.
pub(crate) fn external_ids_of(
    given: &[(String, String)],
    put: Option<&ExternalId>,
    found: &mut Violations,
) -> Vec<ExternalId> {
    if given.len() > EXTERNAL_IDS_MAX {
        found.add(
            "external_ids",
            format!("at most {EXTERNAL_IDS_MAX} are allowed"),
        );
    }
    let mut ids: Vec<ExternalId> = put.into_iter().cloned().collect();
    for (at, (system, id)) in given.iter().take(EXTERNAL_IDS_MAX).enumerate() {
        let path = format!("external_ids[{at}]");
        let Some(parsed) = ExternalId::parse(&path, system, id, found) else {
            continue;
        };
        match ids.iter().find(|known| known.system == parsed.system) {
            None => ids.push(parsed),
            Some(known) if *known == parsed => {}
            Some(known) => found.add(
                path,
                format!("{} has another id already: {:?}", known.system, known.id),
            ),
        }
    }
    ids
}

/// Those of some external ids that a thing does not have yet, or faults if it would have too many.
pub(crate) fn new_external_ids(
    known: &BTreeSet<ExternalId>,
    given: Vec<ExternalId>,
    found: &mut Violations,
) -> Vec<ExternalId> {
    let replaces = |new: &ExternalId| known.iter().any(|old| old.system == new.system);
    let added = given.iter().filter(|new| !replaces(new)).count();
    if known.len() + added > EXTERNAL_IDS_MAX {
        found.add(
            "external_ids",
            format!("at most {EXTERNAL_IDS_MAX} are allowed, and there are others already"),
        );
    }
    given
        .into_iter()
        .filter(|new| !known.contains(new))
        .collect()
}

fn tags_of(given: &[String], found: &mut Violations) -> BTreeSet<String> {
    if given.len() > TAGS_MAX {
        found.add(
            "tags",
            format!("there are {}: at most {TAGS_MAX} are allowed", given.len()),
        );
    }
    let tags = given.iter().take(TAGS_MAX).enumerate();
    tags.filter_map(|(at, tag)| tag_of(&format!("tags[{at}]"), tag, found))
        .collect()
}

fn tag_of(path: &str, tag: &str, found: &mut Violations) -> Option<String> {
    let tag = found.keep(path, text::line(tag, text::TAG_LENGTH_MAX))?;
    if tag.contains([',', '/']) {
        found.add(path, format!("{tag:?} must not contain a comma or a slash"));
        return None;
    }
    if matches!(tag.as_str(), "." | "..") {
        found.add(
            path,
            format!("{tag:?} means a folder in an address: choose another"),
        );
        return None;
    }
    Some(tag.to_lowercase())
}

fn effective_day(given: Option<&str>, found: &mut Violations) -> Option<NaiveDate> {
    day_given("effective_on", given, found)
}

fn day_given(path: &str, given: Option<&str>, found: &mut Violations) -> Option<NaiveDate> {
    given.and_then(|text| found.keep(path, calendar::parse_date(text.trim())))
}

fn line_given(path: &str, given: Option<&str>, found: &mut Violations) -> Option<String> {
    let given = given.filter(|text| !text.trim().is_empty())?;
    found.keep(path, text::line(given, text::NAME_LENGTH_MAX))
}

fn seats_of(path: &str, given: &Json, least: i64, found: &mut Violations) -> Option<i64> {
    match given
        .as_i64()
        .or_else(|| given.as_str().and_then(|text| text.trim().parse().ok()))
    {
        Some(seats) if (least..=SEATS_MAX).contains(&seats) => Some(seats),
        _ => {
            let message = format!(
                "is {}: a whole number from {least} to {SEATS_MAX} is expected",
                value::shown(given)
            );
            found.add(path, message);
            None
        }
    }
}
