//! The catalog: products by id, and the names that are nobody's yet.

mod unresolved;

use std::sync::Arc;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use domain::access::Resource;
use read_models::catalog::queries::{self, AfterProduct, Products};
use serde::{Deserialize, Serialize};
use tokio_postgres::{Row, types::Json as Stored};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{
    extract::{Path, Query},
    headers::ETag,
    paging::{Cursor, Filters, Limit, Page},
    problem::{Kind, Problem, Problems},
};

pub(crate) use unresolved::{__path_unresolved, unresolved};

use crate::{
    export::{Cell, Lines},
    page::{self, Fetched, Listed},
    parameters::{Format, NewEnough, lower},
    read::{Answered, Reading},
    row::Columns,
};

/// Characters that can be searched for: each name is held against them.
const SEARCH_CHARS_MAX: usize = 200;

/// A product of the catalog, which all companies share.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Product {
    id: Uuid,
    /// What people call it.
    name: String,
    /// What else licenses call it.
    names: Vec<String>,
    /// The vendor's part numbers.
    skus: Vec<String>,
    vendor: Option<String>,
    /// The products that a license of it covers.
    suite_of: Vec<Uuid>,
    /// Whether it is installed on devices; null if nobody said.
    installable: Option<bool>,
    /// On how many devices one user may install it.
    installs_per_user: Option<i32>,
    /// The newer product whose license may be used for it.
    downgrade_of: Option<Uuid>,
    /// Days before the end of a term by which notice must be given, where a license does not say.
    notice_days: Option<i32>,
    /// Licenses that mean it today, of the companies that the token sees.
    licenses: i64,
    /// How many of these companies have one.
    companies: i64,
    /// The ledger's entry that changed it last.
    entry: i64,
    updated_at: DateTime<Utc>,
    /// The product that was asked for, if it turned out to be this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    was: Option<Was>,
}

/// A product that was merged into another.
#[derive(Debug, Serialize, ToSchema)]
struct Was {
    id: Uuid,
    name: String,
    /// The product that it is.
    merged_into: Uuid,
}

/// A product by id and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ProductName {
    pub(crate) id: Uuid,
    pub(crate) name: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// With this in one of its names or part numbers, whatever the case; 200 characters at most.
    q: Option<String>,
    /// Of one of these vendors.
    #[serde(default)]
    vendor: Vec<String>,
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

#[derive(Deserialize)]
struct StoredAlias {
    kind: String,
    text: String,
}

/// The products by name, those that were merged into others left out.
#[utoipa::path(get, path = "/v1/products", operation_id = "list_products", tag = "Products", params(ListQuery, NewEnough),
    responses((status = OK, body = Page<Product>), Problems), security(("token" = [])))]
pub(crate) async fn list(
    reading: Reading,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    reading.may_read(Resource::Products)?;
    let chars = query.q.as_deref().map_or(0, |text| text.chars().count());
    if chars > SEARCH_CHARS_MAX {
        let message = format!("must have {SEARCH_CHARS_MAX} characters at most");
        return Err(Problem::new(Kind::BadQuery).with_error("q", message));
    }
    let list = Listed {
        name: "products",
        selection: Filters::of("products", &query),
        format: query.format,
        cursor: query.cursor.as_ref(),
        limit: query.limit,
    };
    let asked = Arc::new((reading, query.clone()));
    let fetch = move |after, limit| {
        let asked = Arc::clone(&asked);
        async move { fetch(&asked.0, &asked.1, after, limit).await }
    };
    let keys = |last: &Product| AfterProduct {
        name: last.name.clone(),
        product_id: last.id,
    };
    page::listed(list, fetch, keys, Lines::new(COLUMNS, cells)).await
}

async fn fetch(
    reading: &Reading,
    query: &ListQuery,
    after: Option<AfterProduct>,
    limit: i64,
) -> Result<Fetched<Product>, Problem> {
    let asked = reading.ask(|asked| {
        let search = query.q.as_deref().map(str::trim);
        let products = Products {
            tenant: asked.tenant,
            sees: asked.companies.clone(),
            day: asked.today,
            search: search.filter(|text| !text.is_empty()).map(str::to_owned),
            vendors: lower(&query.vendor),
            ids: None,
            merged: false,
        };
        queries::products(products, after.clone(), limit)
    });
    let answered = asked.await?;
    let items = answered
        .rows
        .iter()
        .map(Product::of)
        .collect::<Result<_, _>>()?;
    Ok(Fetched {
        items,
        entry: answered.entry,
    })
}

/// One product. Of a product that was merged into another, that one, with what it `was`.
#[utoipa::path(get, path = "/v1/products/{id}", operation_id = "get_product", tag = "Products", params(("id" = Uuid, Path), NewEnough),
    responses((status = OK, body = Product, headers(("ETag" = String, description = "The version of the catalog, which is changed as a whole."))), Problems),
    security(("token" = [])))]
pub(crate) async fn one(reading: Reading, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    reading.may_read(Resource::Products)?;
    let (mut row, mut answered) = by_id(&reading, id).await?;
    let mut was = None;
    if let Some(merged_into) = row.read::<Option<Uuid>>("merged_into")? {
        let name = row.read("name")?;
        was = Some(Was {
            id,
            name,
            merged_into,
        });
        (row, answered) = by_id(&reading, merged_into).await?;
    }
    let version = row.read("version")?;
    let found = Product {
        was,
        ..Product::of(&row)?
    };
    Ok((answered.entry, ETag(version), Json(found)).into_response())
}

async fn by_id(reading: &Reading, id: Uuid) -> Result<(Row, Answered), Problem> {
    let asked = reading.ask_one(|asked| {
        let products = Products {
            tenant: asked.tenant,
            sees: asked.companies.clone(),
            day: asked.today,
            search: None,
            vendors: None,
            ids: Some(vec![id]),
            merged: true,
        };
        queries::products(products, None, 1)
    });
    asked.await
}

impl Product {
    fn of(row: &Row) -> Result<Self, Problem> {
        let Stored(aliases): Stored<Vec<StoredAlias>> = row.read("aliases")?;
        let (skus, names): (Vec<_>, Vec<_>) =
            aliases.into_iter().partition(|alias| alias.kind == "sku");
        let texts = |aliases: Vec<StoredAlias>| aliases.into_iter().map(|alias| alias.text);
        Ok(Self {
            id: row.read("product_id")?,
            name: row.read("name")?,
            names: texts(names).collect(),
            skus: texts(skus).collect(),
            vendor: row.read("vendor")?,
            suite_of: row.read("suite_of")?,
            installable: row.read("installable")?,
            installs_per_user: row.read("installs_per_user")?,
            downgrade_of: row.read("downgrade_of")?,
            notice_days: row.read("notice_days")?,
            licenses: row.read("licenses")?,
            companies: row.read("companies")?,
            entry: row.read("entry")?,
            updated_at: row.read("updated_at")?,
            was: None,
        })
    }
}

/// The columns of an export: stable, since scripts hold on to them.
const COLUMNS: [&str; 13] = [
    "product_id",
    "name",
    "names",
    "skus",
    "vendor",
    "suite_of",
    "installable",
    "installs_per_user",
    "downgrade_of",
    "notice_days",
    "licenses",
    "companies",
    "updated_at",
];

fn cells<'a>(product: &'a Product, cells: &mut Vec<Cell<'a>>) {
    let suite: Vec<String> = product.suite_of.iter().map(Uuid::to_string).collect();
    cells.extend([
        Cell::plain(product.id),
        Cell::text(&product.name),
        Cell::Text(product.names.join("; ").into()),
        Cell::Text(product.skus.join("; ").into()),
        Cell::optional(product.vendor.as_deref()),
        Cell::Text(suite.join("; ").into()),
        Cell::maybe(product.installable),
        Cell::maybe(product.installs_per_user),
        Cell::maybe(product.downgrade_of),
        Cell::maybe(product.notice_days),
        Cell::plain(product.licenses),
        Cell::plain(product.companies),
        Cell::instant(product.updated_at),
    ]);
}
