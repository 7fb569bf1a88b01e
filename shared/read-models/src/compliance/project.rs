//! From licenses to their days and pools.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    asset::{License, LicenseDay},
    compliance::{PoolKey, pool_days, pools_of},
    money::{Amounts, Currency},
    timeline::Interval,
};
use uuid::Uuid;

use super::{AssetRow, LicenseDayRow, PoolDayRow};
use crate::{
    json,
    rows::{JsonText, Sink, Unfit},
    world::World,
};

/// A pool of a tenant.
pub(crate) type TenantPool = (Uuid, PoolKey);

/// What a license adds to its pools.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    pub(crate) product_id: Option<Uuid>,
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
    if let Some(row) = asset_row(world, tenant, id) {
        sink.replace(&[&tenant, &id], &[row])?;
    }
    let license = world
        .asset(tenant, id)
        .and_then(|(_, asset, asset_type)| License::of(asset, asset_type, world.catalog(tenant)));
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
        product_id: license.known.map(|known| known.id.0),
        product: license.product_name().map(str::to_owned),
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
    let product_id = shares.values().find_map(|share| share.product_id);
    let product = shares.values().find_map(|share| share.product.clone());
    let vendor = shares.values().find_map(|share| share.vendor.clone());
    let days: Vec<Vec<Interval<LicenseDay>>> =
        shares.values().map(|share| share.days.clone()).collect();
    let rows: Vec<PoolDayRow> = pool_days(key, &days)
        .into_iter()
        .map(|day| {
            let Interval { from, until, value } = day;
            let costs = [
                &value.short_cost,
                &value.spare_cost,
                &value.recoverable_now_cost,
            ];
            let (currency, stored_currency) = currency_of(&costs);
            let amount = |costs: &Amounts| {
                let currency = currency?;
                Some(costs.0.get(&currency).copied().unwrap_or_default())
            };
            PoolDayRow {
                tenant_id: *tenant,
                company_id: key.company.0,
                product_key: key.product.0.clone(),
                metric: key.metric.as_str(),
                from_day: from,
                until_day: until,
                product_id,
                product: product.clone(),
                vendor: vendor.clone(),
                owned: value.owned,
                in_use: value.in_use,
                short: value.short,
                spare: value.spare,
                incomplete: value.incomplete,
                standing: value.standing.as_str(),
                short_cost: amounts(&value.short_cost),
                spare_cost: amounts(&value.spare_cost),
                recoverable_now: value.recoverable_now,
                recoverable_now_cost: amounts(&value.recoverable_now_cost),
                currency: stored_currency,
                short_amount: amount(&value.short_cost),
                spare_amount: amount(&value.spare_cost),
                recoverable_now_amount: amount(&value.recoverable_now_cost),
                oldest_typed: value.oldest_typed,
                oldest_synced: value.oldest_synced,
            }
        })
        .collect();
    sink.replace(
        &[tenant, &key.company.0, &key.product.0, &key.metric.as_str()],
        &rows,
    )
}

/// In the place of the currency of costs that are of several.
const SEVERAL: &str = "*";

/// The currency of all costs that there are, and what stands for it in a row; neither if there are no costs.
fn currency_of(costs: &[&Amounts]) -> (Option<Currency>, Option<String>) {
    let currencies: BTreeSet<Currency> = costs
        .iter()
        .flat_map(|costs| costs.iter().map(|cost| cost.currency))
        .collect();
    match currencies.first() {
        Some(currency) if currencies.len() == 1 => {
            (Some(*currency), Some(currency.code().to_owned()))
        }
        Some(_) => (None, Some(SEVERAL.to_owned())),
        None => (None, None),
    }
}

fn amounts(amounts: &Amounts) -> JsonText {
    JsonText(json::amounts(amounts).to_string())
}

/// What finds an asset again when its type or the catalog changes.
fn asset_row(world: &World, tenant: Uuid, id: Uuid) -> Option<AssetRow> {
    let found = world.named_asset(tenant, id)?;
    Some(AssetRow {
        tenant_id: tenant,
        asset_id: id,
        type_id: found.type_id,
        name_key: found.name_key,
        sku_key: found.sku_key,
    })
}

fn license_row(tenant: Uuid, license: &License<'_>, day: &Interval<LicenseDay>) -> LicenseDayRow {
    let value = &day.value;
    let (currency, stored_currency) = currency_of(&[&value.annual_cost]);
    LicenseDayRow {
        tenant_id: tenant,
        asset_id: license.asset.id.0,
        company_id: value.company.0,
        from_day: day.from,
        until_day: day.until,
        allocated: value.allocated,
        product_key: license.product_key().0,
        product_id: license.known.map(|known| known.id.0),
        metric: license.metric.as_str(),
        product: license.product_name().map(str::to_owned),
        sku: license.sku.map(str::to_owned),
        vendor: license.vendor.map(str::to_owned),
        agreement: license.agreement.map(|agreement| agreement.as_str()),
        total: value.total,
        owned: value.owned,
        in_use: value.in_use,
        source: value.source.as_str(),
        typed: value.counts.typed,
        named: value.counts.named,
        synced: value.counts.synced,
        counted_on: value.counted_on,
        in_force: value.in_force,
        reducible: value.reducible,
        trues_up: value.trues_up,
        annual_cost: amounts(&value.annual_cost),
        currency: stored_currency,
        annual_amount: currency.and_then(|currency| value.annual_cost.0.get(&currency).copied()),
    }
}
