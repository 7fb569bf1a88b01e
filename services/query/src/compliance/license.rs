use read_models::compliance::queries::{self, AfterLicense};
use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;
use web::problem::Problem;

use super::{ListQuery, about, pool::Amount};
use crate::{export::Cell, page::Fetched, parameters::CompanyName, read::Reading, row::Columns};

/// One license, with how its pool stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LicensePosition {
    asset_id: Uuid,
    name: String,
    company: CompanyName,
    product: Option<String>,
    vendor: Option<String>,
    metric: String,
    /// None if it is not known.
    owned: Option<i64>,
    /// None if it is not known.
    in_use: Option<i64>,
    /// Whether its term runs.
    in_force: bool,
    annual_cost: Option<Amount>,
    /// Of its pool, which may be good although this license alone would not do.
    status: String,
    incomplete: bool,
}

pub(super) async fn fetch(
    reading: &Reading,
    query: &ListQuery,
    after: Option<AfterLicense>,
    limit: i64,
) -> Result<Fetched<LicensePosition>, Problem> {
    let asked = reading.ask(|asked| {
        queries::licenses(
            about(asked, query.as_of),
            query.pools(),
            after.clone(),
            limit,
        )
    });
    let answered = asked.await?;
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
        let (amount, currency) = (row.read("annual_cost")?, row.read("currency")?);
        let amount = Option::zip(amount, currency);
        Ok(Self {
            asset_id: row.read("asset_id")?,
            name: row.read("name")?,
            company: CompanyName {
                id: row.read("company_id")?,
                name: row.read("company_name")?,
            },
            product: row.read("product")?,
            vendor: row.read("vendor")?,
            metric: row.read("metric")?,
            owned: row.read("owned")?,
            in_use: row.read("in_use")?,
            in_force: row.read("in_force")?,
            annual_cost: amount.map(|(amount, currency)| Amount { amount, currency }),
            status: row.read("status")?,
            incomplete: row.read("incomplete")?,
        })
    }

    pub(super) fn keys(last: &Self) -> AfterLicense {
        AfterLicense {
            company_name: last.company.name.clone(),
            name: last.name.clone(),
            asset_id: last.asset_id,
        }
    }
}

/// The columns of an export: stable, since scripts hold on to them.
pub(super) const COLUMNS: [&str; 13] = [
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
];

pub(super) fn cells<'a>(license: &'a LicensePosition, cells: &mut Vec<Cell<'a>>) {
    let cost = license.annual_cost.as_ref();
    cells.extend([
        Cell::plain(license.asset_id),
        Cell::text(&license.name),
        Cell::plain(license.company.id),
        Cell::text(&license.company.name),
        Cell::optional(license.product.as_deref()),
        Cell::optional(license.vendor.as_deref()),
        Cell::text(&license.metric),
        Cell::maybe(license.owned),
        Cell::maybe(license.in_use),
        Cell::plain(license.in_force),
        Cell::maybe(cost.map(|cost| &cost.amount)),
        Cell::maybe(cost.map(|cost| &cost.currency)),
        Cell::text(&license.status),
    ]);
}
