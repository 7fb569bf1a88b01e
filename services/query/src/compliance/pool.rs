use chrono::NaiveDate;
use read_models::compliance::queries::{self, AfterPool};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;
use web::problem::Problem;

use super::{ListQuery, about};
use crate::{export::Cell, page::Fetched, parameters::CompanyName, read::Reading, row::Columns};

/// Licenses that a pool shows; `license_count` tells how many there are.
const LICENSES_MAX: i64 = 200;

/// What one company owns of one product, counted one way, against what it uses.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pool)]
pub(crate) struct PoolPosition {
    company: CompanyName,
    /// As its licenses write it; none of a license that names none and so stands alone.
    product: Option<String>,
    vendor: Option<String>,
    #[schema(example = "per_user")]
    metric: String,
    owned: i64,
    in_use: i64,
    /// Seats missing. Of concurrent use: by the highest peak of the last 90 days.
    short: i64,
    /// Seats left over; 0 while a count is missing.
    spare: i64,
    /// The gravest that applies: `expired_in_use`, `under_licensed`, `unknown`, `over_licensed`, `compliant`,
    /// `unlimited`.
    status: String,
    /// Whether a count is missing, so that the sums say less than the truth.
    incomplete: bool,
    /// The first of the days without a break on which it has stood so, by the thresholds of today.
    since: NaiveDate,
    /// How many licenses it is of; the first 200 are shown.
    license_count: i64,
    #[schema(value_type = Vec<PoolLicense>)]
    licenses: Box<RawValue>,
    #[serde(skip)]
    product_key: String,
    #[serde(skip)]
    gravity: i32,
}

/// A license's part in a pool.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "only described; the database makes it")]
struct PoolLicense {
    asset_id: Uuid,
    name: String,
    /// None if it is not known.
    owned: Option<i64>,
    /// None if it is not known.
    in_use: Option<i64>,
    /// Whether its term runs.
    in_force: bool,
    annual_cost: Option<Amount>,
}

/// An amount of money.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Amount {
    #[schema(example = "6600.00")]
    pub(super) amount: String,
    #[schema(example = "USD")]
    pub(super) currency: String,
}

pub(super) async fn fetch(
    reading: &Reading,
    query: &ListQuery,
    after: Option<AfterPool>,
    limit: i64,
) -> Result<Fetched<PoolPosition>, Problem> {
    let asked = reading.ask(|asked| {
        queries::pools(
            about(asked, query.as_of),
            query.pools(),
            after.clone(),
            limit,
            LICENSES_MAX,
        )
    });
    let answered = asked.await?;
    let items = answered
        .rows
        .iter()
        .map(PoolPosition::of)
        .collect::<Result<_, _>>()?;
    Ok(Fetched {
        items,
        entry: answered.entry,
    })
}

impl PoolPosition {
    fn of(row: &Row) -> Result<Self, Problem> {
        Ok(Self {
            company: CompanyName {
                id: row.read("company_id")?,
                name: row.read("company_name")?,
            },
            product: row.read("product")?,
            vendor: row.read("vendor")?,
            metric: row.read("metric")?,
            owned: row.read("owned")?,
            in_use: row.read("in_use")?,
            short: row.read("short")?,
            spare: row.read("spare")?,
            status: row.read("status")?,
            incomplete: row.read("incomplete")?,
            since: row.read("since")?,
            license_count: row.read("license_count")?,
            licenses: row.json("licenses")?,
            product_key: row.read("product_key")?,
            gravity: row.read("gravity")?,
        })
    }

    pub(super) fn keys(last: &Self) -> AfterPool {
        AfterPool {
            gravity: last.gravity,
            company_name: last.company.name.clone(),
            company_id: last.company.id,
            product_key: last.product_key.clone(),
            metric: last.metric.clone(),
        }
    }
}

/// The columns of an export: stable, since scripts hold on to them.
pub(super) const COLUMNS: [&str; 13] = [
    "company_id",
    "company",
    "product",
    "vendor",
    "metric",
    "owned",
    "in_use",
    "short",
    "spare",
    "status",
    "incomplete",
    "since",
    "license_count",
];

pub(super) fn cells<'a>(pool: &'a PoolPosition, cells: &mut Vec<Cell<'a>>) {
    cells.extend([
        Cell::plain(pool.company.id),
        Cell::text(&pool.company.name),
        Cell::optional(pool.product.as_deref()),
        Cell::optional(pool.vendor.as_deref()),
        Cell::text(&pool.metric),
        Cell::plain(pool.owned),
        Cell::plain(pool.in_use),
        Cell::plain(pool.short),
        Cell::plain(pool.spare),
        Cell::text(&pool.status),
        Cell::plain(pool.incomplete),
        Cell::plain(pool.since),
        Cell::plain(pool.license_count),
    ]);
}
