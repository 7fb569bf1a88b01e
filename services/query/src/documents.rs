//! Texts kept beside a company's assets.

use std::sync::Arc;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use domain::{access::Resource, ids::CompanyId};
use read_models::register::queries::{self, AfterName};
use serde::{Deserialize, Serialize};
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
    parameters::{Format, NewEnough, filter},
    read::Reading,
    row::Columns,
};

/// A document.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Document {
    id: Uuid,
    company_id: Uuid,
    title: String,
    /// Its text, Markdown by convention; lists leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    archived: bool,
    version: i32,
    /// The ledger's entry that changed it last.
    entry: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Of one of these companies.
    #[serde(default)]
    company: Vec<Uuid>,
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

/// The documents of the companies that the token sees, by title, without their texts.
#[utoipa::path(get, path = "/v1/documents", operation_id = "list_documents", tag = "Documents", params(ListQuery, NewEnough),
    responses((status = OK, body = Page<Document>), Problems), security(("token" = [])))]
pub(crate) async fn list(
    reading: Reading,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    reading.may_read(Resource::Companies)?;
    let list = Listed {
        name: "documents",
        selection: Filters::of("documents", &query),
        format: query.format,
        cursor: query.cursor.as_ref(),
        limit: query.limit,
    };
    let asked = Arc::new((reading, query.clone()));
    let fetch = move |after, limit| {
        let asked = Arc::clone(&asked);
        async move { fetch(&asked.0, &asked.1, after, limit).await }
    };
    let keys = |last: &Document| AfterName {
        name: last.title.clone(),
        id: last.id,
    };
    page::listed(list, fetch, keys, Lines::new(COLUMNS, cells)).await
}

async fn fetch(
    reading: &Reading,
    query: &ListQuery,
    after: Option<AfterName>,
    limit: i64,
) -> Result<Fetched<Document>, Problem> {
    let asked = reading.ask(|asked| {
        let (sees, companies) = (asked.companies.clone(), filter(query.company.clone()));
        queries::documents(
            asked.tenant,
            sees,
            None,
            companies,
            query.archived,
            after.as_ref(),
            limit,
        )
    });
    let answered = asked.await?;
    let items = answered
        .rows
        .iter()
        .map(Document::of)
        .collect::<Result<_, _>>()?;
    Ok(Fetched {
        items,
        entry: answered.entry,
    })
}

/// One document with its text.
#[utoipa::path(get, path = "/v1/documents/{id}", operation_id = "get_document", tag = "Documents", params(("id" = Uuid, Path), NewEnough),
    responses((status = OK, body = Document, headers(("ETag" = String, description = "Its version."))), Problems),
    security(("token" = [])))]
pub(crate) async fn one(reading: Reading, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    let asked = reading.ask_one(|asked| {
        queries::documents(
            asked.tenant,
            asked.companies.clone(),
            Some(id),
            None,
            None,
            None,
            1,
        )
    });
    let (row, answered) = asked.await?;
    let found = Document::of(&row)?;
    reading.may_read(Resource::Document(CompanyId(found.company_id)))?;
    Ok((answered.entry, ETag(found.version), Json(found)).into_response())
}

impl Document {
    fn of(row: &Row) -> Result<Self, Problem> {
        Ok(Self {
            id: row.read("document_id")?,
            company_id: row.read("company_id")?,
            title: row.read("title")?,
            body: row.read("body")?,
            archived: row.read("archived")?,
            version: row.read("version")?,
            entry: row.read("entry")?,
            created_at: row.read("created_at")?,
            updated_at: row.read("updated_at")?,
        })
    }
}

/// The columns of an export: stable, since scripts hold on to them. The texts are left out, as in every list.
const COLUMNS: [&str; 8] = [
    "document_id",
    "company_id",
    "title",
    "archived",
    "version",
    "entry",
    "created_at",
    "updated_at",
];

fn cells<'a>(document: &'a Document, cells: &mut Vec<Cell<'a>>) {
    cells.extend([
        Cell::plain(document.id),
        Cell::plain(document.company_id),
        Cell::text(&document.title),
        Cell::plain(document.archived),
        Cell::plain(document.version),
        Cell::plain(document.entry),
        Cell::plain(document.created_at.to_rfc3339()),
        Cell::plain(document.updated_at.to_rfc3339()),
    ]);
}
