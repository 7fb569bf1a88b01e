//! The labels on assets.

use std::sync::Arc;

use axum::response::Response;
use domain::access::Resource;
use read_models::tags::queries;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{
    extract::Query,
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

/// A tag that is in use.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tag {
    #[schema(example = "audit-required")]
    tag: String,
    /// On how many assets it stands, archived ones aside.
    count: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// On assets of one of these companies.
    #[serde(default)]
    company: Vec<Uuid>,
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

/// The tags in use, in alphabetical order, with on how many assets they stand today.
#[utoipa::path(get, path = "/v1/tags", operation_id = "list_tags", tag = "Tags", params(ListQuery, NewEnough),
    responses((status = OK, body = Page<Tag>), Problems), security(("token" = [])))]
pub(crate) async fn list(
    reading: Reading,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    reading.may_read(Resource::Companies)?;
    let list = Listed {
        name: "tags",
        selection: Filters::of("tags", &query),
        format: query.format,
        cursor: query.cursor.as_ref(),
        limit: query.limit,
    };
    let asked = Arc::new((reading, query.clone()));
    let fetch = move |after, limit| {
        let asked = Arc::clone(&asked);
        async move { fetch(&asked.0, &asked.1, after, limit).await }
    };
    let keys = |last: &Tag| last.tag.clone();
    page::listed(list, fetch, keys, Lines::new(COLUMNS, cells)).await
}

async fn fetch(
    reading: &Reading,
    query: &ListQuery,
    after: Option<String>,
    limit: i64,
) -> Result<Fetched<Tag>, Problem> {
    let asked = reading.ask(|asked| {
        let (sees, companies) = (asked.companies.clone(), filter(query.company.clone()));
        queries::tags(
            asked.tenant,
            sees,
            asked.today,
            companies,
            after.clone(),
            limit,
        )
    });
    let answered = asked.await?;
    let items = answered
        .rows
        .iter()
        .map(Tag::of)
        .collect::<Result<_, _>>()?;
    Ok(Fetched {
        items,
        entry: answered.entry,
    })
}

impl Tag {
    fn of(row: &Row) -> Result<Self, Problem> {
        Ok(Self {
            tag: row.read("tag")?,
            count: row.read("assets")?,
        })
    }
}

/// The columns of an export: stable, since scripts hold on to them.
const COLUMNS: [&str; 2] = ["tag", "count"];

fn cells<'a>(tag: &'a Tag, cells: &mut Vec<Cell<'a>>) {
    cells.extend([Cell::text(&tag.tag), Cell::plain(tag.count)]);
}
