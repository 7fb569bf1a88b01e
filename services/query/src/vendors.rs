//! The makers of the licenses.

use std::sync::Arc;

use axum::response::Response;
use domain::access::Resource;
use read_models::register::queries;
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

/// A vendor that licenses name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Vendor {
    /// One of the ways in which its licenses write it, where they differ in case alone.
    #[schema(example = "Microsoft")]
    vendor: String,
    /// How many licenses name it, archived ones aside.
    licenses: i64,
    #[serde(skip)]
    key: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Of licenses of one of these companies.
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

/// The vendors of the licenses that the token sees, in alphabetical order, with how many name them today.
#[utoipa::path(get, path = "/v1/vendors", operation_id = "list_vendors", tag = "Vendors", params(ListQuery, NewEnough),
    responses((status = OK, body = Page<Vendor>), Problems), security(("token" = [])))]
pub(crate) async fn list(
    reading: Reading,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    reading.may_read(Resource::Companies)?;
    let list = Listed {
        name: "vendors",
        selection: Filters::of("vendors", &query),
        format: query.format,
        cursor: query.cursor.as_ref(),
        limit: query.limit,
    };
    let asked = Arc::new((reading, query.clone()));
    let fetch = move |after, limit| {
        let asked = Arc::clone(&asked);
        async move { fetch(&asked.0, &asked.1, after, limit).await }
    };
    let keys = |last: &Vendor| last.key.clone();
    page::listed(list, fetch, keys, Lines::new(COLUMNS, cells)).await
}

async fn fetch(
    reading: &Reading,
    query: &ListQuery,
    after: Option<String>,
    limit: i64,
) -> Result<Fetched<Vendor>, Problem> {
    let asked = reading.ask(|asked| {
        let (sees, companies) = (asked.companies.clone(), filter(query.company.clone()));
        queries::vendors(
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
        .map(Vendor::of)
        .collect::<Result<_, _>>()?;
    Ok(Fetched {
        items,
        entry: answered.entry,
    })
}

impl Vendor {
    fn of(row: &Row) -> Result<Self, Problem> {
        Ok(Self {
            vendor: row.read("vendor")?,
            licenses: row.read("licenses")?,
            key: row.read("key")?,
        })
    }
}

/// The columns of an export: stable, since scripts hold on to them.
const COLUMNS: [&str; 2] = ["vendor", "licenses"];

fn cells<'a>(vendor: &'a Vendor, cells: &mut Vec<Cell<'a>>) {
    cells.extend([Cell::text(&vendor.vendor), Cell::plain(vendor.licenses)]);
}
