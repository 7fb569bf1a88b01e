//! Registering and changing assets.

mod assigning;
mod counting;
mod dated;
mod given;
mod identity;
mod inputs;
mod keys;
mod planning;
mod purchases;
mod sharing;
mod transfer;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::Value as Json;

pub use assigning::AssignmentDraft;
pub(crate) use assigning::{assign, pass, release};
pub use counting::{CountDraft, SHEET_LINES_MAX, SheetLine};
pub(crate) use counting::{count, over_use, set_source, sheet_day, sheet_line, unheard};
use given::{Given, as_date};
pub(crate) use identity::{
    add_tags, archive, external_ids_of, move_to, new_external_ids, restore, set_tag,
};
use inputs::day_given;
pub use keys::KeyDraft;
pub(crate) use keys::add_keys;
pub use planning::{DecisionDraft, ReductionDraft};
pub(crate) use planning::{decide_renewal, reduce};
pub(crate) use purchases::{end_purchase, purchase, renew};
pub use sharing::AllocationDraft;
pub(crate) use sharing::allocate;
pub use transfer::TransferDraft;
pub(crate) use transfer::transfer;

use super::Asset;
use crate::{
    asset_type::{AssetType, FieldRole},
    company::ExternalId,
    decide::Setting,
    event::Event,
    ids::{AssetTypeId, CompanyId},
    refusal::{Refusal, Violations},
    value::{SecretInput, Value},
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
    /// The word for how long a seat is had at that price: `month`, `year` or `once`. For good if the license
    /// is, else a year, unless it is said.
    pub price_per: Option<String>,
    /// The first day on which seats of it may be given back.
    pub reducible_from: Option<String>,
    /// The last day on which seats of it may be given back.
    pub reducible_until: Option<String>,
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
    let explicit = day_given("effective_on", draft.effective_on.as_deref(), &mut found);
    let tags = identity::tags_of(&draft.tags, &mut found);
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
    let explicit = day_given("effective_on", patch.effective_on.as_deref(), &mut found);
    let day = explicit.unwrap_or(setting.today);
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
    let known = asset.value_with(asset_type, FieldRole::PurchaseDate);
    let bought = given
        .date(asset_type, FieldRole::PurchaseDate)
        .or(match known {
            Some(Value::Date(date)) => Some(*date),
            _ => None,
        });
    // The seats of a license that is yet to begin are those it will have.
    let first_owned = bought.filter(|bought| *bought > setting.today);
    let owned = explicit.or(first_owned).unwrap_or(setting.today);
    Ok(given.events(
        asset,
        asset_type,
        &EffectiveDays {
            plain: day,
            owned,
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
