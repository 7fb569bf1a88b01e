use std::{collections::HashMap, sync::Arc};

use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use read_models::{
    holdings::queries::{self, OfAsset},
    query::{Statement, parameter},
};
use serde::{Serialize, Serializer};
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;
use web::{
    extract::{Path, Query},
    paging::Page,
    problem::{Problem, Problems},
};

use super::{Part, PartsQuery, parts};
use crate::{
    export::{Cell, Lines},
    ledger::microseconds,
    parameters::NewEnough,
    read::Reading,
    row::Columns,
};

/// A key beside those in a license's fields: that it is there, never what it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LicenseKey)]
pub(crate) struct Key {
    /// Reveals it: `POST /v1/assets/{id}/keys/{secret_id}/reveal`.
    id: Uuid,
    secret_version: i32,
    /// What it is for.
    label: Option<String>,
    /// The assignment that it belongs to.
    assignment_id: Option<Uuid>,
    added_on: NaiveDate,
    /// When its value was stored.
    #[schema(value_type = Option<DateTime<Utc>>)]
    #[serde(serialize_with = "stored")]
    stored_at: Option<DateTime<Utc>>,
    /// For which company it was stored.
    company_id: Uuid,
}

/// The keys of a license beside those in its fields. A token that is limited to companies sees those that were
/// stored for them.
#[utoipa::path(get, path = "/v1/assets/{id}/keys", operation_id = "list_keys", tag = "Assets",
    params(("id" = Uuid, Path), PartsQuery, NewEnough),
    responses((status = OK, body = Page<Key>), Problems), security(("token" = [])))]
pub(crate) async fn list(
    reading: Reading,
    Path(id): Path<Uuid>,
    Query(query): Query<PartsQuery>,
) -> Result<Response, Problem> {
    let named = move |reading: Arc<Reading>, mut keys: Vec<Key>| async move {
        tell_stored(&reading, id, &mut keys).await?;
        Ok(keys)
    };
    parts(reading, id, &query, named, Lines::new(COLUMNS, cells)).await
}

/// Each was stored with the entry that added it.
async fn tell_stored(reading: &Reading, asset: Uuid, keys: &mut [Key]) -> Result<(), Problem> {
    if keys.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = keys.iter().map(|key| key.id.to_string()).collect();
    let answered = reading
        .ask(|context| Statement {
            models: &["trail", "register"],
            sql: include_str!("keys.sql").into(),
            parameters: vec![
                parameter(context.tenant),
                parameter(asset),
                parameter(ids.clone()),
            ],
            planned_anew: false,
        })
        .await?;
    let mut stored = HashMap::new();
    for row in &answered.rows {
        stored.insert(row.read::<Uuid>("secret_id")?, row.read("stored_at")?);
    }
    for key in keys {
        key.stored_at = stored.remove(&key.id);
    }
    Ok(())
}

fn stored<S: Serializer>(at: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => microseconds(at, serializer),
        None => serializer.serialize_none(),
    }
}

impl Part for Key {
    const NAME: &'static str = "keys";
    type After = Uuid;

    fn statement(of: OfAsset, after: Option<Uuid>, limit: i64) -> Statement {
        queries::keys(of, after, limit)
    }

    fn of(row: &Row) -> Result<Option<Self>, Problem> {
        let Some(id) = row.read("secret_id")? else {
            return Ok(None);
        };
        Ok(Some(Self {
            id,
            secret_version: row.read("version")?,
            label: row.read("label")?,
            assignment_id: row.read("assignment_id")?,
            added_on: row.read("added_on")?,
            stored_at: None,
            company_id: row.read("company_id")?,
        }))
    }

    fn keys(&self) -> Uuid {
        self.id
    }
}

/// The columns of an export: stable, since scripts hold on to them.
const COLUMNS: [&str; 7] = [
    "key_id",
    "secret_version",
    "label",
    "assignment_id",
    "added_on",
    "company_id",
    "stored_at",
];

fn cells<'a>(key: &'a Key, cells: &mut Vec<Cell<'a>>) {
    cells.extend([
        Cell::plain(key.id),
        Cell::plain(key.secret_version),
        Cell::optional(key.label.as_deref()),
        Cell::maybe(key.assignment_id),
        Cell::plain(key.added_on),
        Cell::plain(key.company_id),
        key.stored_at.map_or(Cell::Empty, Cell::instant),
    ]);
}
