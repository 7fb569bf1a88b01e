//! The pools as the tables have them, for the live driver.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use domain::{
    asset::{Counts, InUseSource, LicenseDay},
    asset_type::Metric,
    compliance::PoolKey,
    ids::CompanyId,
    product::ProductKey,
    timeline::Interval,
};
use tokio_postgres::Row;
use uuid::Uuid;

use super::project::{Share, Shares, TenantPool};
use crate::json;

/// The pools that assets have days in. Parameters: tenants, assets.
pub(crate) fn of_assets_sql(schema: &str) -> String {
    include_str!("pools_of_assets.sql").replace("{schema}", schema)
}

/// The days of pools' licenses. Parameters: tenants, companies, product keys, metrics.
pub(crate) fn shares_sql(schema: &str) -> String {
    include_str!("shares_of_pools.sql").replace("{schema}", schema)
}

/// Reads what [`of_assets_sql`] answers.
pub(crate) fn pools(rows: &[Row]) -> Result<BTreeSet<TenantPool>, tokio_postgres::Error> {
    rows.iter()
        .filter_map(|row| pool(row).transpose())
        .collect()
}

/// Reads what [`shares_sql`] answers.
pub(crate) fn shares(rows: &[Row]) -> Result<BTreeMap<TenantPool, Shares>, tokio_postgres::Error> {
    let mut found: BTreeMap<TenantPool, Shares> = BTreeMap::new();
    for row in rows {
        let Some(key) = pool(row)? else { continue };
        let asset: Uuid = row.try_get("asset_id")?;
        let company = key.1.company;
        let shares = found.entry(key).or_default();
        if let std::collections::btree_map::Entry::Vacant(first) = shares.entry(asset) {
            first.insert(Share {
                product_id: row.try_get("product_id")?,
                product: row.try_get("product")?,
                vendor: row.try_get("vendor")?,
                days: Vec::new(),
            });
        }
        let Some(share) = shares.get_mut(&asset) else {
            continue;
        };
        let source = InUseSource::parse(row.try_get("source")?);
        share.days.push(Interval {
            from: row.try_get::<_, NaiveDate>("from_day")?,
            until: row.try_get("until_day")?,
            value: LicenseDay {
                company,
                allocated: row.try_get("allocated")?,
                total: row.try_get("total")?,
                owned: row.try_get("owned")?,
                in_use: row.try_get("in_use")?,
                // A source that this release does not know it can't have written.
                source: source.unwrap_or(InUseSource::Typed),
                counted_on: row.try_get("counted_on")?,
                // Pools ask only for the one that counts.
                counts: Counts::default(),
                in_force: row.try_get("in_force")?,
                reducible: row.try_get("reducible")?,
                trues_up: row.try_get("trues_up")?,
                annual_cost: json::amounts_of(&row.try_get("annual_cost")?),
            },
        });
    }
    Ok(found)
}

/// None for a metric that this release does not know, which it can't have written.
fn pool(row: &Row) -> Result<Option<TenantPool>, tokio_postgres::Error> {
    let (tenant, company, product): (Uuid, Uuid, String) =
        (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let metric = Metric::parse(row.try_get(3)?);
    Ok(metric.map(|metric| {
        (
            tenant,
            PoolKey {
                company: CompanyId(company),
                product: ProductKey(product),
                metric,
            },
        )
    }))
}
