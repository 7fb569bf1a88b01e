//! The schemas of assets.

use std::sync::Arc;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use domain::access::Resource;
use read_models::register::queries::{self, AfterName};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio_postgres::Row;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{
    extract::{Path, Query},
    headers::ETag,
    paging::{Cursor, Filters, Limit, Page},
    problem::{Problem, Problems},
};

use crate::{
    export::{Cell, Lines},
    page::{self, Fetched, Listed},
    parameters::{Format, NewEnough},
    read::Reading,
    row::Columns,
};

/// A schema for assets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AssetType {
    id: Uuid,
    name: String,
    /// In the order in which they are shown; retired ones stay in their place.
    #[schema(value_type = Vec<TypeField>)]
    fields: Box<RawValue>,
    /// Whether its assets count seats.
    is_license: bool,
    archived: bool,
    version: i32,
    /// The ledger's entry that changed it last.
    entry: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A field of a schema.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "only described; the read model keeps it as JSON")]
struct TypeField {
    /// Its name in `values`; never changes.
    key: String,
    name: String,
    #[schema(example = "number")]
    kind: String,
    /// What it means, whatever it is called.
    #[schema(example = "total_seats")]
    role: Option<String>,
    required: bool,
    hint: Option<String>,
    #[schema(value_type = Object)]
    default: Option<()>,
    shown_in_list: bool,
    retired: bool,
    /// Of a number.
    unit: Option<String>,
    /// Of a number.
    decimals: Option<u8>,
    /// Of a select or multiselect.
    options: Option<Vec<FieldOption>>,
}

/// One choice of a select.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "only described; the read model keeps it as JSON")]
struct FieldOption {
    label: String,
    metric: Option<String>,
    agreement: Option<String>,
}

/// What has to be known of a field to ask for its values and to write them.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct FieldInUse {
    pub(crate) key: String,
    pub(crate) kind: String,
    pub(crate) role: Option<String>,
    retired: bool,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// `csv` and `ndjson` answer all rows.
    #[serde(default)]
    #[param(inline)]
    format: Format,
    #[serde(default)]
    #[param(inline)]
    limit: Limit,
    #[param(inline)]
    cursor: Option<Cursor>,
}

/// The asset types, by name.
#[utoipa::path(get, path = "/v1/asset-types", operation_id = "list_asset_types", tag = "Asset types", params(ListQuery, NewEnough),
    responses((status = OK, body = Page<AssetType>), Problems), security(("token" = [])))]
pub(crate) async fn list(
    reading: Reading,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    reading.may_read(Resource::AssetTypes)?;
    let list = Listed {
        name: "asset-types",
        selection: Filters::of("asset-types", &()),
        format: query.format,
        cursor: query.cursor.as_ref(),
        limit: query.limit,
    };
    let reading = Arc::new(reading);
    let fetch = move |after, limit| {
        let reading = Arc::clone(&reading);
        async move { fetch(&reading, after, limit).await }
    };
    page::listed(list, fetch, AssetType::keys, Lines::new(COLUMNS, cells)).await
}

/// One asset type.
#[utoipa::path(get, path = "/v1/asset-types/{id}", operation_id = "get_asset_type", tag = "Asset types",
    params(("id" = Uuid, Path), NewEnough),
    responses((status = OK, body = AssetType, headers(("ETag" = String, description = "Its version."))), Problems),
    security(("token" = [])))]
pub(crate) async fn one(reading: Reading, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    reading.may_read(Resource::AssetTypes)?;
    let (row, answered) = reading
        .ask_one(|asked| queries::asset_types(asked.tenant, Some(id), None, 1))
        .await?;
    let found = AssetType::of(&row)?;
    Ok((answered.entry, ETag(found.version), Json(found)).into_response())
}

/// Types that are asked for at a time.
const TYPES: i64 = 1000;

/// All types, for those who need to know their fields.
pub(crate) async fn all(reading: &Reading) -> Result<Vec<AssetType>, Problem> {
    let mut types: Vec<AssetType> = Vec::new();
    loop {
        let after = types.last().map(AssetType::keys);
        let fetched = fetch(reading, after, TYPES).await?;
        let last = i64::try_from(fetched.items.len()).is_ok_and(|found| found < TYPES);
        types.extend(fetched.items);
        if last {
            return Ok(types);
        }
    }
}

async fn fetch(
    reading: &Reading,
    after: Option<AfterName>,
    limit: i64,
) -> Result<Fetched<AssetType>, Problem> {
    let answered = reading
        .ask(|asked| queries::asset_types(asked.tenant, None, after.as_ref(), limit))
        .await?;
    let items = answered
        .rows
        .iter()
        .map(AssetType::of)
        .collect::<Result<_, _>>()?;
    Ok(Fetched {
        items,
        entry: answered.entry,
    })
}

impl AssetType {
    fn of(row: &Row) -> Result<Self, Problem> {
        Ok(Self {
            id: row.read("type_id")?,
            name: row.read("name")?,
            fields: row.json("fields")?,
            is_license: row.read("is_license")?,
            archived: row.read("archived")?,
            version: row.read("version")?,
            entry: row.read("entry")?,
            created_at: row.read("created_at")?,
            updated_at: row.read("updated_at")?,
        })
    }

    pub(crate) fn keys(last: &Self) -> AfterName {
        AfterName {
            name: last.name.clone(),
            id: last.id,
        }
    }

    pub(crate) fn id(&self) -> Uuid {
        self.id
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its fields in use.
    pub(crate) fn fields_in_use(&self) -> Result<Vec<FieldInUse>, Problem> {
        let fields: Vec<FieldInUse> =
            serde_json::from_str(self.fields.get()).map_err(|error| Problem::internal(&error))?;
        Ok(fields.into_iter().filter(|field| !field.retired).collect())
    }
}

/// The columns of an export: stable, since scripts hold on to them.
const COLUMNS: [&str; 9] = [
    "type_id",
    "name",
    "is_license",
    "archived",
    "version",
    "entry",
    "created_at",
    "updated_at",
    "fields",
];

fn cells<'a>(asset_type: &'a AssetType, cells: &mut Vec<Cell<'a>>) {
    cells.extend([
        Cell::plain(asset_type.id),
        Cell::text(&asset_type.name),
        Cell::plain(asset_type.is_license),
        Cell::plain(asset_type.archived),
        Cell::plain(asset_type.version),
        Cell::plain(asset_type.entry),
        Cell::plain(asset_type.created_at.to_rfc3339()),
        Cell::plain(asset_type.updated_at.to_rfc3339()),
        Cell::text(asset_type.fields.get()),
    ]);
}
