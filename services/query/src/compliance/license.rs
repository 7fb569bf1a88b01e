use chrono::NaiveDate;
use read_models::compliance::queries::{self, AfterLicense};
use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;
use web::problem::Problem;

use super::{Asked, about, part::Counts, pool::ProductCalled};
use crate::{
    export::Cell,
    money::{self, Amount},
    page::Fetched,
    parameters::CompanyName,
    row::Columns,
};

/// What one company has of a license, with how its pool stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LicensePosition {
    asset_id: Uuid,
    name: String,
    company: CompanyName,
    /// Whether the seats are another company's, allocated to this one.
    allocated: bool,
    product: Option<ProductCalled>,
    /// The part number, as the license writes it.
    sku: Option<String>,
    vendor: Option<String>,
    metric: String,
    /// None if it is not known.
    owned: Option<i64>,
    /// None if it is not known.
    in_use: Option<i64>,
    /// `owned` less `in_use`; none if one of them is not known.
    difference: Option<i64>,
    /// Whose count is `in_use`: `typed`, `named` or `synced`.
    source: String,
    /// The day for which it was counted; none of assignments, which are what they are.
    counted_on: Option<NaiveDate>,
    counts: Counts,
    /// Whether the count is too old to be relied on.
    stale: bool,
    /// Whether its term runs.
    in_force: bool,
    /// Seats that may be given back on the asked day.
    reducible: i64,
    annual_cost: Vec<Amount>,
    /// Of its pool, which may be good although this license alone would not do.
    status: String,
    /// Whether a count of it is missing or stale.
    incomplete: bool,
}

pub(super) async fn fetch(
    asked: &Asked,
    after: Option<AfterLicense>,
    limit: i64,
) -> Result<Fetched<LicensePosition>, Problem> {
    let answered = asked.reading.ask(|context| {
        queries::licenses(
            about(context, asked.as_of),
            asked.pools.clone(),
            after.clone(),
            limit,
        )
    });
    let answered = answered.await?;
    let items = answered
        .rows
        .iter()
        .map(LicensePosition::of)
        .collect::<Result<_, _>>()?;
    Ok(Fetched {
        items,
        entry: answered.entry,
    })
}

impl LicensePosition {
    fn of(row: &Row) -> Result<Self, Problem> {
        Ok(Self {
            asset_id: row.read("asset_id")?,
            name: row.read("name")?,
            company: CompanyName {
                id: row.read("company_id")?,
                name: row.read("company_name")?,
            },
            allocated: row.read("allocated")?,
            product: ProductCalled::of(row)?,
            sku: row.read("sku")?,
            vendor: row.read("vendor")?,
            metric: row.read("metric")?,
            owned: row.read("owned")?,
            in_use: row.read("in_use")?,
            difference: row.read("difference")?,
            source: row.read("source")?,
            counted_on: row.read("counted_on")?,
            counts: Counts {
                typed: row.read("typed")?,
                named: row.read("named")?,
                synced: row.read("synced")?,
            },
            stale: row.read("stale")?,
            in_force: row.read("in_force")?,
            reducible: row.read("reducible")?,
            annual_cost: money::read(row, "annual_cost")?,
            status: row.read("status")?,
            incomplete: row.read("incomplete")?,
        })
    }

    pub(super) fn keys(last: &Self) -> AfterLicense {
        AfterLicense {
            company_name: last.company.name.clone(),
            name: last.name.clone(),
            asset_id: last.asset_id,
            company_id: last.company.id,
        }
    }
}

/// The columns of an export: stable, since scripts hold on to them. The amount stands alone where there is one
/// currency, as there nearly always is.
pub(super) const COLUMNS: [&str; 22] = [
    "asset_id",
    "name",
    "company_id",
    "company",
    "product",
    "vendor",
    "metric",
    "owned",
    "in_use",
    "in_force",
    "annual_cost",
    "currency",
    "pool_status",
    "allocated",
    "product_id",
    "sku",
    "difference",
    "source",
    "counted_on",
    "stale",
    "reducible",
    "incomplete",
];

pub(super) fn cells<'a>(license: &'a LicensePosition, cells: &mut Vec<Cell<'a>>) {
    let (cost, currency) = match &license.annual_cost[..] {
        [one] => (Cell::plain(&one.amount), Cell::plain(&one.currency)),
        several => (money::cell(several), Cell::Empty),
    };
    let product = license.product.as_ref();
    cells.extend([
        Cell::plain(license.asset_id),
        Cell::text(&license.name),
        Cell::plain(license.company.id),
        Cell::text(&license.company.name),
        Cell::optional(product.map(|product| product.name.as_str())),
        Cell::optional(license.vendor.as_deref()),
        Cell::text(&license.metric),
        Cell::maybe(license.owned),
        Cell::maybe(license.in_use),
        Cell::plain(license.in_force),
        cost,
        currency,
        Cell::text(&license.status),
        Cell::plain(license.allocated),
        Cell::maybe(product.and_then(|product| product.id)),
        Cell::optional(license.sku.as_deref()),
        Cell::maybe(license.difference),
        Cell::text(&license.source),
        Cell::maybe(license.counted_on),
        Cell::plain(license.stale),
        Cell::plain(license.reducible),
        Cell::plain(license.incomplete),
    ]);
}
