use axum::response::Response;
use chrono::NaiveDate;
use read_models::{
    holdings::queries::{self, OfAsset},
    query::Statement,
};
use serde::Serialize;
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
    parameters::NewEnough,
    read::Reading,
    row::Columns,
};

/// A key beside those in a license's fields: that it is there, never what it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LicenseKey)]
pub(crate) struct Key {
    /// What reveals it: `POST /v1/assets/{id}/keys/{key}/reveal`.
    id: Uuid,
    secret_version: i32,
    /// What it is for.
    label: Option<String>,
    /// The assignment that it belongs to.
    assignment_id: Option<Uuid>,
    added_on: NaiveDate,
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
    let named = async |_, keys| Ok(keys);
    parts(reading, id, &query, named, Lines::new(COLUMNS, cells)).await
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
            company_id: row.read("company_id")?,
        }))
    }

    fn keys(&self) -> Uuid {
        self.id
    }
}

/// The columns of an export: stable, since scripts hold on to them.
const COLUMNS: [&str; 6] = [
    "key_id",
    "secret_version",
    "label",
    "assignment_id",
    "added_on",
    "company_id",
];

fn cells<'a>(key: &'a Key, cells: &mut Vec<Cell<'a>>) {
    cells.extend([
        Cell::plain(key.id),
        Cell::plain(key.secret_version),
        Cell::optional(key.label.as_deref()),
        Cell::maybe(key.assignment_id),
        Cell::plain(key.added_on),
        Cell::plain(key.company_id),
    ]);
}
