//! All licenses of a company as one table, to be filled in and sent back.

use std::sync::Arc;

use axum::response::Response;
use chrono::NaiveDate;
use domain::{access::Resource, asset::InUseSource, ids::CompanyId};
use read_models::{
    query::{Statement, parameter},
    register::queries,
};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{
    extract::{Path, Query},
    paging::{Cursor, Filters, Limit, Page},
    problem::{Problem, Problems},
};

use crate::{
    export::{Cell, Lines},
    page::{self, Fetched, Listed},
    parameters::{Day, Format, NewEnough},
    products::ProductName,
    read::{Context, Reading},
    row::Columns,
    stale::is_stale,
};

/// A license of the sheet. `PUT /v1/companies/{id}/count-sheet` takes `asset_id`, `version` and what was counted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SheetLine {
    asset_id: Uuid,
    name: String,
    /// None while no product of the catalog has its name.
    product: Option<ProductName>,
    #[schema(example = "per_user")]
    metric: String,
    /// All its seats, those that other companies have among them; none if it is not known.
    total: Option<i64>,
    /// The seats that the company owns of it, given its term.
    owned: Option<i64>,
    /// Seats in use, by the source that counts. What is sent back is a person's count: leave it out where another
    /// source counts.
    in_use: Option<i64>,
    /// Whose count it is: `typed`, `named` or `synced`.
    source: String,
    /// The day for which it was counted; none of assignments, which are what they are.
    counted_on: Option<NaiveDate>,
    /// Whether the count is too old to be relied on.
    stale: bool,
    /// What a person counted last.
    typed: Option<i64>,
    /// Of the license today: with it a sheet is refused where somebody else has changed the license since.
    version: i32,
    /// The last day of its term.
    expiry_date: Option<NaiveDate>,
}

#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SheetQuery {
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

#[derive(Debug, Clone, Serialize, Deserialize)]
struct AfterLine {
    name: String,
    asset_id: Uuid,
}

/// The licenses that a company owns, by name, with what is known of their seats.
#[utoipa::path(get, path = "/v1/companies/{id}/count-sheet", operation_id = "get_count_sheet", tag = "Companies",
    params(("id" = Uuid, Path), SheetQuery, NewEnough),
    responses((status = OK, body = Page<SheetLine>), Problems), security(("token" = [])))]
pub(crate) async fn list(
    reading: Reading,
    Path(id): Path<Uuid>,
    Query(query): Query<SheetQuery>,
) -> Result<Response, Problem> {
    reading.may_read(Resource::Company(CompanyId(id)))?;
    // An empty sheet is of a company without licenses, not of none.
    let company = reading.ask_one(|asked| {
        let sees = asked.companies.clone();
        queries::companies(asked.tenant, sees, Some(id), None, None, 1)
    });
    company.await?;
    let list = Listed {
        name: "count-sheet",
        selection: Filters::of("count-sheet", &(id, &query)),
        format: query.format,
        cursor: query.cursor.as_ref(),
        limit: query.limit,
    };
    let reading = Arc::new(reading);
    let as_of = query.as_of;
    let fetch = move |after, limit| {
        let reading = Arc::clone(&reading);
        async move { fetch(&reading, id, as_of, after, limit).await }
    };
    let keys = |last: &SheetLine| AfterLine {
        name: last.name.clone(),
        asset_id: last.asset_id,
    };
    page::listed(list, fetch, keys, Lines::new(COLUMNS, cells)).await
}

async fn fetch(
    reading: &Reading,
    company: Uuid,
    as_of: Option<Day>,
    after: Option<AfterLine>,
    limit: i64,
) -> Result<Fetched<SheetLine>, Problem> {
    let day_of = |context: &Context| as_of.map_or(context.today, |day| day.0);
    let answered = reading
        .ask(|context| Statement {
            models: &["compliance", "expiry", "register"],
            sql: include_str!("count_sheet.sql").into(),
            parameters: vec![
                parameter(context.tenant),
                parameter(company),
                parameter(day_of(context)),
                parameter(after.as_ref().map(|after| after.name.clone())),
                parameter(after.as_ref().map(|after| after.asset_id)),
                parameter(limit),
            ],
            planned_anew: true,
        })
        .await?;
    let day = day_of(&answered.context);
    let items = answered
        .rows
        .iter()
        .map(|row| SheetLine::of(row, &answered.context, day))
        .collect::<Result<_, _>>()?;
    Ok(Fetched {
        items,
        entry: answered.entry,
    })
}

impl SheetLine {
    fn of(row: &Row, context: &Context, day: NaiveDate) -> Result<Self, Problem> {
        let id: Option<Uuid> = row.read("product_id")?;
        let (source, counted_on): (String, _) = (row.read("source")?, row.read("counted_on")?);
        let in_use: Option<i64> = row.read("in_use")?;
        let stale = in_use.is_some()
            && InUseSource::parse(&source)
                .is_some_and(|source| is_stale(&context.settings, source, counted_on, day));
        Ok(Self {
            asset_id: row.read("asset_id")?,
            name: row.read("name")?,
            product: Option::zip(id, row.read("product")?)
                .map(|(id, name)| ProductName { id, name }),
            metric: row.read("metric")?,
            total: row.read("total")?,
            owned: row.read("owned")?,
            in_use,
            source,
            counted_on,
            stale,
            typed: row.read("typed")?,
            version: row.read("version")?,
            expiry_date: row.read("expiry_date")?,
        })
    }
}

/// The columns of an export: stable, since scripts hold on to them.
const COLUMNS: [&str; 14] = [
    "asset_id",
    "name",
    "product_id",
    "product",
    "metric",
    "total",
    "owned",
    "in_use",
    "source",
    "counted_on",
    "stale",
    "typed",
    "version",
    "expiry_date",
];

fn cells<'a>(line: &'a SheetLine, cells: &mut Vec<Cell<'a>>) {
    let product = line.product.as_ref();
    cells.extend([
        Cell::plain(line.asset_id),
        Cell::text(&line.name),
        Cell::maybe(product.map(|product| product.id)),
        Cell::optional(product.map(|product| product.name.as_str())),
        Cell::text(&line.metric),
        Cell::maybe(line.total),
        Cell::maybe(line.owned),
        Cell::maybe(line.in_use),
        Cell::text(&line.source),
        Cell::maybe(line.counted_on),
        Cell::plain(line.stale),
        Cell::maybe(line.typed),
        Cell::plain(line.version),
        Cell::maybe(line.expiry_date),
    ]);
}
