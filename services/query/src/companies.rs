//! The MSP's clients, and the MSP itself.

use std::sync::Arc;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use domain::{access::Resource, ids::CompanyId};
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

/// A company whose assets are tracked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Company {
    id: Uuid,
    name: String,
    /// Whether it is the MSP itself.
    own: bool,
    /// Where it is, if elsewhere than the MSP.
    #[schema(example = "Europe/Berlin")]
    time_zone: Option<String>,
    #[schema(value_type = Vec<ExternalId>)]
    external_ids: Box<RawValue>,
    archived: bool,
    version: i32,
    /// The ledger's entry that changed it last.
    entry: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// What another system calls a thing.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "only described; the read model keeps it as JSON")]
pub(crate) struct ExternalId {
    #[schema(example = "connectwise")]
    system: String,
    id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Only those that are, or are not, archived.
    archived: Option<bool>,
    /// `csv` and `ndjson` answer all rows.
    #[serde(default, skip_serializing)]
    #[param(inline)]
    format: Format,
    #[serde(default, skip_serializing)]
    #[param(inline)]
    limit: Limit,
    #[serde(skip_serializing)]
    #[param(inline)]
    cursor: Option<Cursor>,
}

/// The companies that the token sees, by name.
#[utoipa::path(get, path = "/v1/companies", operation_id = "list_companies", tag = "Companies", params(ListQuery, NewEnough),
    responses((status = OK, body = Page<Company>), Problems), security(("token" = [])))]
pub(crate) async fn list(
    reading: Reading,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    reading.may_read(Resource::Companies)?;
    let list = Listed {
        name: "companies",
        selection: Filters::of("companies", &query),
        format: query.format,
        cursor: query.cursor.as_ref(),
        limit: query.limit,
    };
    let asked = Arc::new((reading, query.clone()));
    let fetch = move |after, limit| {
        let asked = Arc::clone(&asked);
        async move { fetch(&asked.0, &asked.1, after, limit).await }
    };
    let keys = |last: &Company| AfterName {
        name: last.name.clone(),
        id: last.id,
    };
    page::listed(list, fetch, keys, Lines::new(COLUMNS, cells)).await
}

async fn fetch(
    reading: &Reading,
    query: &ListQuery,
    after: Option<AfterName>,
    limit: i64,
) -> Result<Fetched<Company>, Problem> {
    let asked = reading.ask(|asked| {
        let sees = asked.companies.clone();
        queries::companies(
            asked.tenant,
            sees,
            None,
            query.archived,
            after.as_ref(),
            limit,
        )
    });
    let answered = asked.await?;
    let items = answered
        .rows
        .iter()
        .map(Company::of)
        .collect::<Result<_, _>>()?;
    Ok(Fetched {
        items,
        entry: answered.entry,
    })
}

/// One company.
#[utoipa::path(get, path = "/v1/companies/{id}", operation_id = "get_company", tag = "Companies", params(("id" = Uuid, Path), NewEnough),
    responses((status = OK, body = Company, headers(("ETag" = String, description = "Its version."))), Problems),
    security(("token" = [])))]
pub(crate) async fn one(reading: Reading, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    reading.may_read(Resource::Company(CompanyId(id)))?;
    let asked = reading.ask_one(|asked| {
        queries::companies(
            asked.tenant,
            asked.companies.clone(),
            Some(id),
            None,
            None,
            1,
        )
    });
    let (row, answered) = asked.await?;
    let found = Company::of(&row)?;
    Ok((answered.entry, ETag(found.version), Json(found)).into_response())
}

impl Company {
    fn of(row: &Row) -> Result<Self, Problem> {
        Ok(Self {
            id: row.read("company_id")?,
            name: row.read("name")?,
            own: row.read("own")?,
            time_zone: row.read("time_zone")?,
            external_ids: row.json("external_ids")?,
            archived: row.read("archived")?,
            version: row.read("version")?,
            entry: row.read("entry")?,
            created_at: row.read("created_at")?,
            updated_at: row.read("updated_at")?,
        })
    }
}

/// The columns of an export: stable, since scripts hold on to them.
const COLUMNS: [&str; 10] = [
    "company_id",
    "name",
    "own",
    "time_zone",
    "external_ids",
    "archived",
    "version",
    "entry",
    "created_at",
    "updated_at",
];

fn cells<'a>(company: &'a Company, cells: &mut Vec<Cell<'a>>) {
    cells.extend([
        Cell::plain(company.id),
        Cell::text(&company.name),
        Cell::plain(company.own),
        Cell::optional(company.time_zone.as_deref()),
        Cell::text(company.external_ids.get()),
        Cell::plain(company.archived),
        Cell::plain(company.version),
        Cell::plain(company.entry),
        Cell::plain(company.created_at.to_rfc3339()),
        Cell::plain(company.updated_at.to_rfc3339()),
    ]);
}
