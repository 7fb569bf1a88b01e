//! From licenses to their days and pools.

use std::collections::BTreeMap;

use domain::{
    asset::{License, LicenseDay},
    compliance::{PoolKey, pool_days, pools_of},
    product::Catalog,
    timeline::Interval,
};
use uuid::Uuid;

use super::{LicenseDayRow, PoolDayRow};
use crate::{
    rows::{Sink, Unfit},
    world::World,
};

/// A pool of a tenant.
pub(crate) type TenantPool = (Uuid, PoolKey);

/// What a license adds to its pools.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    pub(crate) product: Option<String>,
    pub(crate) vendor: Option<String>,
    /// Those of other companies may be among them: a pool passes them over.
    pub(crate) days: Vec<Interval<LicenseDay>>,
}

/// The shares of a pool's licenses, by their assets.
pub(crate) type Shares = BTreeMap<Uuid, Share>;

/// The days of an asset as a license, and what it adds to which pools. An asset that is none has no days.
pub(crate) fn asset(
    world: &World,
    tenant: Uuid,
    id: Uuid,
    sink: &mut Sink,
) -> Result<Vec<(TenantPool, Share)>, Unfit> {
    let license = world
        .asset(tenant, id)
        .and_then(|(_, asset, asset_type)| License::of(asset, asset_type, Catalog::empty()));
    let Some(license) = license else {
        sink.replace::<LicenseDayRow>(&[&tenant, &id], &[])?;
        return Ok(Vec::new());
    };
    let days = license.days();
    let rows: Vec<LicenseDayRow> = days
        .iter()
        .map(|day| license_row(tenant, &license, day))
        .collect();
    sink.replace(&[&tenant, &id], &rows)?;
    let share = Share {
        product: license.product.map(str::to_owned),
        vendor: license.vendor.map(str::to_owned),
        days,
    };
    // A company that had it on no day that counts has no share of it.
    let counts = |pool: &PoolKey| {
        share
            .days
            .iter()
            .any(|day| day.value.company == pool.company)
    };
    Ok(pools_of(&license)
        .into_iter()
        .filter(counts)
        .map(|pool| ((tenant, pool), share.clone()))
        .collect())
}

/// The days of a pool.
pub(crate) fn pool(
    (tenant, key): &TenantPool,
    shares: &Shares,
    sink: &mut Sink,
) -> Result<(), Unfit> {
    // Names differ in case and spacing only, unless somebody mistyped: the first license's stands for all.
    let product = shares.values().find_map(|share| share.product.clone());
    let vendor = shares.values().find_map(|share| share.vendor.clone());
    let days: Vec<Vec<Interval<LicenseDay>>> =
        shares.values().map(|share| share.days.clone()).collect();
    let rows: Vec<PoolDayRow> = pool_days(key, &days)
        .into_iter()
        .map(|day| PoolDayRow {
            tenant_id: *tenant,
            company_id: key.company.0,
            product_key: key.product.0.clone(),
            metric: key.metric.as_str(),
            from_day: day.from,
            until_day: day.until,
            product: product.clone(),
            vendor: vendor.clone(),
            owned: day.value.owned,
            in_use: day.value.in_use,
            short: day.value.short,
            spare: day.value.spare,
            incomplete: day.value.incomplete,
            standing: day.value.standing.as_str(),
        })
        .collect();
    sink.replace(
        &[tenant, &key.company.0, &key.product.0, &key.metric.as_str()],
        &rows,
    )
}

fn license_row(tenant: Uuid, license: &License<'_>, day: &Interval<LicenseDay>) -> LicenseDayRow {
    let value = &day.value;
    LicenseDayRow {
        tenant_id: tenant,
        asset_id: license.asset.id.0,
        from_day: day.from,
        until_day: day.until,
        company_id: value.company.0,
        product_key: license.product_key().0,
        metric: license.metric.as_str(),
        product: license.product.map(str::to_owned),
        vendor: license.vendor.map(str::to_owned),
        agreement: license.agreement.map(|agreement| agreement.as_str()),
        total: value.total,
        owned: value.owned,
        in_use: value.in_use,
        in_force: value.in_force,
        annual_cost: value.annual_cost.iter().next().map(|cost| cost.amount),
        currency: value
            .annual_cost
            .iter()
            .next()
            .map(|cost| cost.currency.code().to_owned()),
    }
}
