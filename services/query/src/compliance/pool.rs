use std::collections::HashMap;

use chrono::NaiveDate;
use read_models::{
    compliance::queries::{self, AfterPool},
    query::{Statement, parameter},
};
use serde::Serialize;
use tokio_postgres::{Row, types::Json};
use utoipa::ToSchema;
use uuid::Uuid;
use web::problem::Problem;

use super::{
    Asked, about,
    group::Recoverable,
    part::{PoolLicense, StoredLicense},
};
use crate::{
    export::Cell,
    money::{self, Amount},
    page::Fetched,
    parameters::CompanyName,
    products::ProductName,
    row::Columns,
};

/// Licenses that a pool shows; `license_count` tells how many there are.
const LICENSES_MAX: i64 = 200;

/// What one company owns of one product, counted one way, against what it uses.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pool)]
pub(crate) struct PoolPosition {
    company: CompanyName,
    /// None of a license that names none and so stands alone.
    product: Option<ProductCalled>,
    vendor: Option<String>,
    #[schema(example = "per_user")]
    metric: String,
    owned: i64,
    in_use: i64,
    /// Seats missing. Of concurrent use: by the highest peak of the last 90 days.
    short: i64,
    /// Seats left over; 0 while a count is missing.
    spare: i64,
    /// The gravest that applies: `expired_in_use`, `under_licensed`, `unknown`, `true_up_due`, `over_licensed`,
    /// `compliant`, `unlimited`.
    status: String,
    /// Whether a count is missing or stale, so that the sums say less than the truth.
    incomplete: bool,
    /// Whether a count is too old to be relied on.
    stale: bool,
    /// The first of the days without a break on which it has stood so, by the thresholds of today.
    since: NaiveDate,
    /// What the missing seats would cost a year.
    short_cost: Vec<Amount>,
    /// What the spare seats cost a year.
    spare_cost: Vec<Amount>,
    /// The spare seats that may be given back on the asked day.
    recoverable_now: Recoverable,
    recoverable_at_renewal: RecoverableLater,
    /// The products that its licenses cover, if they are of a suite.
    covers: Vec<ProductName>,
    /// How many licenses it is of; the first 200 are shown.
    license_count: i64,
    licenses: Vec<PoolLicense>,
    #[serde(skip)]
    product_key: String,
    #[serde(skip)]
    gravity: i32,
}

/// What licenses are of: a product of the catalog, or a name that is nobody's.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PoolProduct)]
pub(crate) struct ProductCalled {
    /// None while no product of the catalog has the name.
    pub(super) id: Option<Uuid>,
    /// The catalog's name, else as one of the licenses writes it.
    pub(super) name: String,
}

/// The spare seats that can't be given back before their terms end.
#[derive(Debug, Serialize, ToSchema)]
struct RecoverableLater {
    #[serde(flatten)]
    seats: Recoverable,
    /// The earliest of the days by which it must be decided; null if nothing ends, or nothing is spare.
    on: Option<NaiveDate>,
}

pub(super) async fn fetch(
    asked: &Asked,
    after: Option<AfterPool>,
    limit: i64,
) -> Result<Fetched<PoolPosition>, Problem> {
    let answered = asked.reading.ask(|context| {
        queries::pools(
            about(context, asked.as_of),
            asked.pools.clone(),
            after.clone(),
            limit,
            LICENSES_MAX,
        )
    });
    let answered = answered.await?;
    let mut items = answered
        .rows
        .iter()
        .map(PoolPosition::of)
        .collect::<Result<Vec<_>, _>>()?;
    if items.is_empty() {
        return Ok(Fetched {
            items,
            entry: answered.entry,
        });
    }
    let day = asked.as_of.map_or(answered.context.today, |day| day.0);
    let ends = asked
        .reading
        .ask(|context| ends(context.tenant, day, &items))
        .await?;
    for (pool, row) in items.iter_mut().zip(&ends.rows) {
        pool.end(row)?;
    }
    Ok(Fetched {
        items,
        entry: web::headers::Entry(answered.entry.0.min(ends.entry.0)),
    })
}

/// What the pools' licenses end, and what their products cover: a row for each, in their order.
fn ends(tenant: Uuid, day: NaiveDate, pools: &[PoolPosition]) -> Statement {
    let companies: Vec<Uuid> = pools.iter().map(|pool| pool.company.id).collect();
    let keys: Vec<String> = pools.iter().map(|pool| pool.product_key.clone()).collect();
    let metrics: Vec<String> = pools.iter().map(|pool| pool.metric.clone()).collect();
    let products: Vec<Option<Uuid>> = pools.iter().map(|pool| pool.product.as_ref()?.id).collect();
    let licenses = pools.iter().flat_map(|pool| &pool.licenses);
    let licenses: Vec<Uuid> = licenses.map(|license| license.asset_id).collect();
    Statement {
        models: &["compliance", "expiry", "catalog", "register"],
        sql: include_str!("ends.sql").into(),
        parameters: vec![
            parameter(tenant),
            parameter(day),
            parameter(companies),
            parameter(keys),
            parameter(metrics),
            parameter(products),
            parameter(licenses),
        ],
        // As constants the ids are hashed; as parameters each would be compared with all.
        planned_anew: true,
    }
}

impl PoolPosition {
    fn of(row: &Row) -> Result<Self, Problem> {
        let Json(licenses): Json<Vec<StoredLicense>> = row.read("licenses")?;
        let (spare, spare_cost) = (row.read("spare")?, money::read(row, "spare_cost")?);
        let recoverable_now = Recoverable {
            seats: row.read("recoverable_now")?,
            cost: money::read(row, "recoverable_now_cost")?,
        };
        Ok(Self {
            company: CompanyName {
                id: row.read("company_id")?,
                name: row.read("company_name")?,
            },
            product: ProductCalled::of(row)?,
            vendor: row.read("vendor")?,
            metric: row.read("metric")?,
            owned: row.read("owned")?,
            in_use: row.read("in_use")?,
            short: row.read("short")?,
            spare,
            status: row.read("status")?,
            incomplete: row.read("incomplete")?,
            stale: row.read("stale")?,
            since: row.read("since")?,
            short_cost: money::read(row, "short_cost")?,
            recoverable_at_renewal: RecoverableLater {
                seats: Recoverable::rest(spare, &spare_cost, &recoverable_now)?,
                on: None,
            },
            spare_cost,
            recoverable_now,
            covers: vec![],
            license_count: row.read("license_count")?,
            licenses: licenses.into_iter().map(PoolLicense::of).collect(),
            product_key: row.read("product_key")?,
            gravity: row.read("gravity")?,
        })
    }

    /// Takes over a row of `ends.sql`.
    fn end(&mut self, row: &Row) -> Result<(), Problem> {
        let later = &mut self.recoverable_at_renewal;
        if later.seats.seats > 0 {
            later.on = row.read("renewable_on")?;
        }
        let Json(by_asset): Json<HashMap<Uuid, NaiveDate>> = row.read("by_asset")?;
        for license in &mut self.licenses {
            license.expiry_date = by_asset.get(&license.asset_id).copied();
        }
        let Json(covers) = row.read("covers")?;
        self.covers = covers;
        Ok(())
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

impl ProductCalled {
    pub(super) fn of(row: &Row) -> Result<Option<Self>, Problem> {
        let (id, name): (_, Option<String>) = (row.read("product_id")?, row.read("product")?);
        Ok(name.map(|name| Self { id, name }))
    }
}

/// The columns of an export: stable, since scripts hold on to them.
pub(super) const COLUMNS: [&str; 22] = [
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
    "product_id",
    "stale",
    "short_cost",
    "spare_cost",
    "recoverable_now",
    "recoverable_now_cost",
    "recoverable_at_renewal",
    "recoverable_at_renewal_cost",
    "recoverable_at_renewal_on",
];

pub(super) fn cells<'a>(pool: &'a PoolPosition, cells: &mut Vec<Cell<'a>>) {
    let product = pool.product.as_ref();
    let later = &pool.recoverable_at_renewal;
    cells.extend([
        Cell::plain(pool.company.id),
        Cell::text(&pool.company.name),
        Cell::optional(product.map(|product| product.name.as_str())),
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
        Cell::maybe(product.and_then(|product| product.id)),
        Cell::plain(pool.stale),
        money::cell(&pool.short_cost),
        money::cell(&pool.spare_cost),
        Cell::plain(pool.recoverable_now.seats),
        money::cell(&pool.recoverable_now.cost),
        Cell::plain(later.seats.seats),
        money::cell(&later.seats.cost),
        Cell::maybe(later.on),
    ]);
}
