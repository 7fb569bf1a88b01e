//! Assets as lines of a CSV file or a sheet. An import reads them again: what the ledger tells by itself it passes
//! over, a cell that is empty changes nothing.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};
use uuid::Uuid;
use web::problem::Problem;

use super::asset::Asset;
use crate::{
    asset_types::{self, FieldInUse},
    export::{Cell, Lines},
    read::Reading,
};

/// The columns before those of the fields, by which an import knows them again: stable, since scripts hold on to them.
const COLUMNS: [&str; 22] = [
    "asset_id",
    "type_id",
    "type",
    "company_id",
    "company",
    "name",
    "tags",
    "archived",
    "version",
    "created_at",
    "updated_at",
    "owned",
    "in_use",
    "in_force",
    "pool_short",
    "pool_spare",
    "pool_status",
    "term_ends",
    "deadline",
    "days_left",
    "external_ids",
    "company_external_ids",
];

/// The keys of each type's numbers: those with decimals are texts in JSON, since a float would round them.
type Numbers = HashMap<Uuid, HashSet<String>>;

/// Puts an asset's cells into their columns.
type Cells = Box<dyn for<'a> Fn(&'a Asset, &mut Vec<Cell<'a>>) + Send>;

/// Of an export in which nothing has columns.
pub(super) fn none() -> Lines<Cells> {
    Lines::new(Vec::<String>::new(), Box::new(|_, _| {}))
}

/// The columns of these types' assets, or of all types': the same for all, then one for each field in use by
/// any of them.
pub(super) async fn lines(reading: &Reading, wanted: &[Uuid]) -> Result<Lines<Cells>, Problem> {
    let types = asset_types::all(reading).await?;
    let names: HashMap<Uuid, String> = types
        .iter()
        .map(|found| (found.id(), found.name().to_owned()))
        .collect();
    let mut keys: Vec<String> = Vec::new();
    let mut numbers = Numbers::new();
    for found in types
        .iter()
        .filter(|found| wanted.is_empty() || wanted.contains(&found.id()))
    {
        for FieldInUse { key, kind, .. } in found.fields_in_use()? {
            if kind == "number" {
                numbers.entry(found.id()).or_default().insert(key.clone());
            }
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    let mut columns = COLUMNS.map(str::to_owned).to_vec();
    columns.extend(
        keys.iter()
            .map(|key| match COLUMNS.contains(&key.as_str()) {
                // A field that is called as one of ours.
                true => format!("field.{key}"),
                false => key.clone(),
            }),
    );
    Ok(Lines::new(
        columns,
        Box::new(move |asset, cells| line(asset, &names, (&keys, &numbers), cells)),
    ))
}

fn line<'a>(
    asset: &'a Asset,
    types: &HashMap<Uuid, String>,
    (keys, numbers): (&[String], &Numbers),
    cells: &mut Vec<Cell<'a>>,
) {
    let (position, expiry) = (asset.position.as_ref(), asset.expiry.as_ref());
    cells.extend([
        Cell::plain(asset.id),
        Cell::plain(asset.type_id),
        types
            .get(&asset.type_id)
            .map_or(Cell::Empty, |name| Cell::Text(name.clone().into())),
        Cell::plain(asset.company_id),
        Cell::optional(asset.company_name.as_deref()),
        Cell::text(&asset.name),
        Cell::list(&asset.tags),
        Cell::plain(asset.archived),
        Cell::plain(asset.version),
        Cell::plain(asset.created_at.to_rfc3339()),
        Cell::plain(asset.updated_at.to_rfc3339()),
        Cell::maybe(position.and_then(|position| position.owned)),
        Cell::maybe(position.and_then(|position| position.in_use)),
        Cell::maybe(position.map(|position| position.in_force)),
        Cell::maybe(position.and_then(|position| position.short)),
        Cell::maybe(position.and_then(|position| position.spare)),
        Cell::optional(position.and_then(|position| position.status.as_deref())),
        Cell::maybe(expiry.map(|expiry| expiry.expiry_date)),
        Cell::maybe(expiry.map(|expiry| expiry.deadline)),
        Cell::maybe(expiry.map(|expiry| expiry.days_left)),
        external_ids(&asset.external_ids),
        asset
            .company_external_ids
            .as_deref()
            .map_or(Cell::Empty, external_ids),
    ]);
    // Written by ourselves, so it is an object.
    let values: Map<String, Value> = serde_json::from_str(asset.values.get()).unwrap_or_default();
    let numbers = numbers.get(&asset.type_id);
    cells.extend(keys.iter().map(|key| match values.get(key) {
        Some(Value::String(exact)) if numbers.is_some_and(|keys| keys.contains(key)) => {
            Cell::number(exact)
        }
        Some(value) => Cell::of_value(value),
        None => Cell::Empty,
    }));
}

/// Each as `system:id`.
fn external_ids(ids: &RawValue) -> Cell<'static> {
    #[derive(Deserialize)]
    struct ExternalId {
        system: String,
        id: String,
    }
    // Written by ourselves.
    let ids: Vec<ExternalId> = serde_json::from_str(ids.get()).unwrap_or_default();
    let ids: Vec<String> = ids
        .into_iter()
        .map(|external| format!("{}:{}", external.system, external.id))
        .collect();
    Cell::list(&ids)
}
