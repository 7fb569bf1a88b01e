//! Values and fields as the API answers them.

use std::collections::BTreeSet;

use chrono::{DateTime, SecondsFormat, Utc};
use domain::{
    alert::{AlertOverrides, QuietHours},
    asset_type::{Field, FieldKind, SelectOption},
    company::ExternalId,
    money::{Amounts, Currency, Money},
    value::Value,
};
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json, json};

/// Amounts are written as people write them: to the cent, or finer where they are finer.
const AMOUNT_DECIMALS: u32 = 2;

/// A value of a field. A secret's is told by [`secret`] instead.
#[must_use]
pub fn value(field: &Field, value: &Value) -> Json {
    match value {
        Value::Text(text) | Value::RichText(text) | Value::Url(text) => Json::from(text.as_str()),
        Value::Number(number) => self::number(field, *number),
        Value::Date(day) => Json::from(day.to_string()),
        Value::Boolean(yes) => Json::from(*yes),
        Value::Labels(labels) => Json::from(labels.as_slice()),
        Value::Money(amount) => money(amount),
        Value::Secret(reference) => secret(reference.version, None),
    }
}

/// What a password field shows: that it is set, never its value.
#[must_use]
pub fn secret(version: i32, stored_at: Option<DateTime<Utc>>) -> Json {
    json!({
        "set": true,
        "secret_version": version,
        "stored_at": stored_at.map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, true)),
    })
}

/// An amount with its currency.
#[must_use]
pub fn money(money: &Money) -> Json {
    json!({ "amount": amount(money.amount), "currency": money.currency.code() })
}

/// Sums of money by their currencies: `{"USD": "12.00"}`.
#[must_use]
pub fn amounts(amounts: &Amounts) -> Json {
    let sums = amounts.iter();
    sums.map(|sum| (sum.currency.code().to_owned(), amount(sum.amount)))
        .collect::<Map<_, _>>()
        .into()
}

/// Reads what [`amounts`] wrote; what it can't have written is passed over.
pub(crate) fn amounts_of(json: &Json) -> Amounts {
    let sums = json.as_object().into_iter().flatten();
    sums.filter_map(|(currency, amount)| {
        Some(Money {
            amount: amount.as_str()?.parse().ok()?,
            currency: Currency::parse(currency).ok()?,
        })
    })
    .collect()
}

fn amount(amount: Decimal) -> Json {
    let mut amount = amount.normalize();
    if amount.scale() < AMOUNT_DECIMALS {
        amount.rescale(AMOUNT_DECIMALS);
    }
    Json::from(amount.to_string())
}

/// Whole numbers as numbers; those of a field with decimals as exact texts, since a float would round them.
fn number(field: &Field, number: Decimal) -> Json {
    let whole = match &field.kind {
        FieldKind::Number { decimals, .. } => *decimals == 0,
        _ => number.is_integer(),
    };
    let as_whole = whole.then(|| i64::try_from(number).ok()).flatten();
    as_whole.map_or_else(|| Json::from(number.normalize().to_string()), Json::from)
}

/// A field of a type.
#[must_use]
pub fn field(field: &Field) -> Json {
    let mut json = Map::new();
    let mut put = |name: &str, value: Json| json.insert(name.to_owned(), value);
    put("key", Json::from(field.key.as_str()));
    put("name", Json::from(field.name.as_str()));
    put("kind", Json::from(field.kind.name().as_str()));
    put("role", Json::from(field.role.map(|role| role.as_str())));
    put("required", Json::from(field.required));
    put("hint", Json::from(field.hint.as_deref()));
    put(
        "default",
        field
            .default
            .as_ref()
            .map_or(Json::Null, |default| value(field, default)),
    );
    put("shown_in_list", Json::from(field.shown_in_list));
    put("retired", Json::from(field.retired));
    match &field.kind {
        FieldKind::Number { unit, decimals } => {
            put("unit", Json::from(unit.as_deref()));
            put("decimals", Json::from(*decimals));
        }
        FieldKind::Select { options } | FieldKind::Multiselect { options } => {
            put("options", options.iter().map(option).collect());
        }
        _ => {}
    }
    Json::Object(json)
}

fn option(option: &SelectOption) -> Json {
    json!({
        "label": option.label,
        "metric": option.metric.map(|metric| metric.as_str()),
        "agreement": option.agreement.map(|agreement| agreement.as_str()),
    })
}

/// What alert rules say otherwise: `{"lead_days": [60, 30], "shortage_after_hours": null, "surplus_after_days": null,
/// "min_free_seats": null, "muted": ["over_licensed"]}`, null for what is as it is for all. None if nothing is said.
#[must_use]
pub fn overrides(overrides: &AlertOverrides) -> Option<Json> {
    if *overrides == AlertOverrides::default() {
        return None;
    }
    let muted = overrides.muted.as_ref();
    let muted: Option<Vec<&str>> =
        muted.map(|kinds| kinds.iter().map(|kind| kind.as_str()).collect());
    Some(json!({
        "lead_days": overrides.lead_days,
        "shortage_after_hours": overrides.shortage_after_hours,
        "surplus_after_days": overrides.surplus_after_days,
        "min_free_seats": overrides.min_free_seats,
        "muted": muted,
    }))
}

/// Hours in which nobody is disturbed: `{"from": "22:00", "until": "07:00", "weekends": true}`.
#[must_use]
pub fn quiet_hours(hours: &QuietHours) -> Json {
    json!({
        "from": hours.from.format("%H:%M").to_string(),
        "until": hours.until.format("%H:%M").to_string(),
        "weekends": hours.weekends,
    })
}

/// What other systems call a thing.
#[must_use]
pub fn external_ids(ids: &BTreeSet<ExternalId>) -> Json {
    ids.iter()
        .map(|id| json!({ "system": id.system, "id": id.id }))
        .collect()
}
