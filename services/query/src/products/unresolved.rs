//! What licenses are called that no product is called.

use std::sync::Arc;

use axum::response::Response;
use domain::access::Resource;
use read_models::catalog::queries::{self, AfterName, Unresolved};
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
    parameters::{Day, Format, NewEnough, filter},
    read::Reading,
    row::Columns,
};

/// A name and part number of licenses that no product has: they stand alone until somebody decides.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnresolvedName {
    /// As one of the licenses writes it.
    name: Option<String>,
    /// Likewise.
    sku: Option<String>,
    /// Likewise.
    vendor: Option<String>,
    /// How many licenses are called so.
    licenses: i64,
    /// How many companies have one.
    companies: i64,
    #[serde(skip)]
    keys: AfterName,
}

#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UnresolvedQuery {
    /// Of licenses of one of these companies.
    #[serde(default)]
    company: Vec<Uuid>,
    /// On this day instead of today.
    #[param(inline)]
    as_of: Option<Day>,
    /// `csv`, `xlsx` and `ndjson` answer all rows.
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

/// What licenses that the token sees are called that no product of the catalog is called.
#[utoipa::path(get, path = "/v1/products/unresolved", operation_id = "list_unresolved_products", tag = "Products", params(UnresolvedQuery, NewEnough),
    responses((status = OK, body = Page<UnresolvedName>), Problems), security(("token" = [])))]
pub(crate) async fn unresolved(
    reading: Reading,
    Query(query): Query<UnresolvedQuery>,
) -> Result<Response, Problem> {
    reading.may_read(Resource::Products)?;
    let list = Listed {
        name: "unresolved-products",
        selection: Filters::of("unresolved-products", &query),
        format: query.format,
        cursor: query.cursor.as_ref(),
        limit: query.limit,
    };
    let asked = Arc::new((reading, query.clone()));
    let fetch = move |after, limit| {
        let asked = Arc::clone(&asked);
        async move { fetch(&asked.0, &asked.1, after, limit).await }
    };
    let keys = |last: &UnresolvedName| last.keys.clone();
    page::listed(list, fetch, keys, Lines::new(COLUMNS, cells)).await
}

async fn fetch(
    reading: &Reading,
    query: &UnresolvedQuery,
    after: Option<AfterName>,
    limit: i64,
) -> Result<Fetched<UnresolvedName>, Problem> {
    let asked = reading.ask(|asked| {
        let unresolved = Unresolved {
            tenant: asked.tenant,
            sees: asked.companies.clone(),
            day: query.as_of.map_or(asked.today, |day| day.0),
            companies: filter(query.company.clone()),
        };
        queries::unresolved(unresolved, after.clone(), limit)
    });
    let answered = asked.await?;
    let items = answered
        .rows
        .iter()
        .map(UnresolvedName::of)
        .collect::<Result<_, _>>()?;
    Ok(Fetched {
        items,
        entry: answered.entry,
    })
}

impl UnresolvedName {
    fn of(row: &Row) -> Result<Self, Problem> {
        Ok(Self {
            name: row.read("name")?,
            sku: row.read("sku")?,
            vendor: row.read("vendor")?,
            licenses: row.read("licenses")?,
            companies: row.read("companies")?,
            keys: AfterName {
                name_key: row.read("name_key")?,
                sku_key: row.read("sku_key")?,
            },
        })
    }
}

/// The columns of an export: stable, since scripts hold on to them.
const COLUMNS: [&str; 5] = ["name", "sku", "vendor", "licenses", "companies"];

fn cells<'a>(name: &'a UnresolvedName, cells: &mut Vec<Cell<'a>>) {
    cells.extend([
        Cell::optional(name.name.as_deref()),
        Cell::optional(name.sku.as_deref()),
        Cell::optional(name.vendor.as_deref()),
        Cell::plain(name.licenses),
        Cell::plain(name.companies),
    ]);
}
