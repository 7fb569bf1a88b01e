//! An asset as it was, folded from the log.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use contract::{DecodeError, fact};
use domain::{
    Event, Fact, Subject,
    asset::{InUseSource, License},
    asset_type::{AssetType, FieldRole},
    expiry::Expiring,
    ids::SecretId,
    product::Catalog,
    value::Value,
};
use event_log::Recorded;
use read_models::{json, query::Settings};
use serde_json::{Map, Value as Json, value::RawValue};
use uuid::Uuid;
use web::problem::{Kind, Problem};

use super::{
    asset::{Asset, Expiry, Position},
    details::{Details, InFull},
};
use crate::{error, read::Reading};

/// Events of one stream at most; an asset that changes every hour comes to this in ten years.
const EVENTS_MAX: usize = 100_000;

/// Events that are read at a time.
const BATCH: usize = 1000;

/// The asset on a day, as far as it was known at an instant. `now` is the asset as the read models have it on
/// that day, from which it takes how its pool stood.
pub(super) async fn asset(
    reading: &Reading,
    now: Asset,
    day: NaiveDate,
    known_at: Option<DateTime<Utc>>,
    settings: &Settings,
) -> Result<InFull, Problem> {
    let (history, schema, products) = tokio::try_join!(
        known(reading, now.id, known_at),
        known(reading, now.type_id, known_at),
        known(reading, reading.principal.tenant.catalog_stream(), known_at)
    )?;
    let catalog = match fold(&products, |_| true) {
        Subject::Catalog(catalog) => catalog,
        _ => Catalog::default(),
    };
    let Subject::AssetType(asset_type) = fold(&schema, |_| true) else {
        return Err(unknown_then());
    };
    let Some(last) = history.last().map(|(recorded, _)| recorded) else {
        return Err(unknown_then());
    };
    let Subject::Asset(mut asset) = fold(&history, |_| true) else {
        return Err(unknown_then());
    };
    // Seats, terms and costs tell every day by themselves. Plain values are what was in force by then; before
    // the asset was there, what it began with.
    let registered = history.first().map_or(day, |(_, fact)| fact.effective_on);
    let by_then = day.max(registered);
    if let Subject::Asset(plain) = fold(&history, |fact| fact.effective_on <= by_then) {
        asset.values = plain.values;
        asset.tags = plain.tags;
        asset.external_ids = plain.external_ids;
    }
    let license = License::of(&asset, &asset_type, &catalog);
    let expiring = asset_type
        .field_with(FieldRole::ExpiryDate)
        .map(|_| Expiring::of(&asset, &asset_type, &catalog));
    let details = Details::folded(&asset, license.as_ref(), expiring.as_ref(), settings, day);
    let pool = now.position.filter(|_| known_at.is_none());
    let position = license
        .as_ref()
        .and_then(|license| license.on(day))
        .map(|license| Position {
            total: license.total,
            owned: license.owned,
            in_use: license.in_use,
            in_force: license.in_force,
            short: pool.as_ref().and_then(|pool| pool.short),
            spare: pool.as_ref().and_then(|pool| pool.spare),
            status: pool.as_ref().and_then(|pool| pool.status.clone()),
            incomplete: pool.as_ref().and_then(|pool| pool.incomplete),
        });
    let values = values(&asset, &asset_type, &history, day);
    let found = Asset {
        company_id: asset.company_on(day).0,
        name: asset.name(&asset_type).to_owned(),
        product: asset
            .text_with(&asset_type, FieldRole::Product)
            .map(str::to_owned),
        vendor: asset
            .text_with(&asset_type, FieldRole::Vendor)
            .map(str::to_owned),
        metric: license.map(|license| license.metric.as_str().to_owned()),
        agreement: asset
            .agreement(&asset_type)
            .map(|agreement| agreement.as_str().to_owned()),
        values: raw(&Json::Object(values))?,
        tags: asset.tags.iter().cloned().collect(),
        external_ids: raw(&json::external_ids(&asset.external_ids))?,
        archived: asset.tracked.at_or_first(day) == Some(&false),
        version: last.version,
        entry: last.entry,
        updated_at: last.recorded_at,
        position,
        expiry: expiring.as_ref().and_then(|expiring| expiry(expiring, day)),
        ..now
    };
    Ok(InFull {
        asset: found,
        details,
    })
}

/// The events of a stream that were recorded by then, with what they state.
async fn known(
    reading: &Reading,
    stream: Uuid,
    known_at: Option<DateTime<Utc>>,
) -> Result<Vec<(Recorded, Fact)>, Problem> {
    let tenant = reading.principal.tenant.0;
    let mut events = Vec::new();
    loop {
        let after = events
            .last()
            .map_or(0, |(last, _): &(Recorded, Fact)| last.version);
        let read = reading
            .state
            .log
            .read_stream(tenant, stream, after, BATCH)
            .await;
        let read = read.map_err(|error| error::of_log(&error))?;
        let full = read.len() == BATCH;
        for recorded in read {
            // The log's clock never runs backwards.
            if known_at.is_some_and(|known_at| recorded.recorded_at > known_at) {
                return Ok(events);
            }
            let fact = fact(&recorded).map_err(|error| unreadable(&error))?;
            events.push((recorded, fact));
        }
        if !full {
            return Ok(events);
        }
        if events.len() >= EVENTS_MAX {
            let detail = "it has too long a history to be folded for one request";
            return Err(Problem::new(Kind::Busy).with_detail(detail));
        }
    }
}

fn fold(history: &[(Recorded, Fact)], counts: impl Fn(&Fact) -> bool) -> Subject {
    let facts = history.iter().filter(|(_, fact)| counts(fact));
    Subject::fold(facts.map(|(recorded, fact)| (fact, recorded.recorded_at)))
}

/// The values of the fields in use, as the register answers them.
fn values(
    asset: &domain::asset::Asset,
    asset_type: &AssetType,
    history: &[(Recorded, Fact)],
    day: NaiveDate,
) -> Map<String, Json> {
    let stored = secrets_stored(history);
    let whole = |count: Option<i64>| count.map(Json::from);
    let mut values = Map::new();
    for field in asset_type.live_fields() {
        let value = match (field.role, asset.values.get(&field.key)) {
            (Some(FieldRole::TotalSeats), _) => whole(asset.seats.total(day)),
            (Some(FieldRole::AssignedSeats), _) => {
                whole(asset.seats.in_use(InUseSource::Typed, day))
            }
            (Some(FieldRole::ExpiryDate), _) => {
                let end = asset.term.end_from(day);
                end.and_then(|end| end.expiry)
                    .map(|expiry| Json::from(expiry.to_string()))
            }
            (Some(FieldRole::AnnualCost), _) => asset
                .annual_cost
                .at(day)
                .copied()
                .flatten()
                .as_ref()
                .map(json::money),
            (Some(FieldRole::AnnualPrice), _) => asset
                .annual_price
                .at(day)
                .copied()
                .flatten()
                .as_ref()
                .map(json::money),
            (_, Some(Value::Secret(secret))) => {
                let at = stored.get(&(secret.secret_id, secret.version)).copied();
                Some(json::secret(secret.version, at))
            }
            (_, Some(value)) => Some(json::value(field, value)),
            (_, None) => None,
        };
        values.extend(value.map(|value| (field.key.as_str().to_owned(), value)));
    }
    values
}

/// When each secret was put into its field: with the same command that stored it.
fn secrets_stored(history: &[(Recorded, Fact)]) -> HashMap<(SecretId, i32), DateTime<Utc>> {
    let mut stored = HashMap::new();
    for (recorded, fact) in history {
        let Event::FieldsChanged { changes } = &fact.event else {
            continue;
        };
        for change in changes {
            if let Some(Value::Secret(secret)) = &change.to {
                stored
                    .entry((secret.secret_id, secret.version))
                    .or_insert(recorded.recorded_at);
            }
        }
    }
    stored
}

fn expiry(expiring: &Expiring<'_>, day: NaiveDate) -> Option<Expiry> {
    let known = expiring.on(day)?;
    let ends = known.expiry_on(day);
    let (deadline, renews) = (expiring.deadline(ends), expiring.renews_itself(ends));
    Some(Expiry::on(
        day,
        ends,
        deadline,
        renews,
        ends > known.expiry_date,
    ))
}

fn raw(value: &Json) -> Result<Box<RawValue>, Problem> {
    serde_json::value::to_raw_value(value).map_err(|error| Problem::internal(&error))
}

fn unknown_then() -> Problem {
    Problem::new(Kind::NotFound).with_detail("it was not known at that instant")
}

fn unreadable(error: &DecodeError) -> Problem {
    match error {
        DecodeError::UnknownType(_) | DecodeError::UnknownVersion { .. } => {
            tracing::warn!(%error, "an asset's history was written by a newer release");
            Problem::new(Kind::UpgradeRequired)
        }
        DecodeError::Malformed { .. } => Problem::internal(error),
    }
}
