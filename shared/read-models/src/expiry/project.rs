//! From assets to the days of their ends.

use chrono::NaiveDate;
use domain::{
    asset::Asset,
    asset_type::{AssetType, FieldRole},
    expiry::Expiring,
    product::Catalog,
    timeline::intervals,
    value::Value,
};
use rust_decimal::prelude::ToPrimitive;
use uuid::Uuid;

use super::{AssetRow, ExpiryDayRow};
use crate::{
    days,
    rows::{Sink, Unfit},
    world::World,
};

/// The days of an asset's end. An asset whose type has no field for it has none.
pub(crate) fn asset(world: &World, tenant: Uuid, id: Uuid, sink: &mut Sink) -> Result<(), Unfit> {
    if let Some(found) = world.named_asset(tenant, id) {
        let row = AssetRow {
            tenant_id: tenant,
            asset_id: id,
            type_id: found.type_id,
            name_key: found.name_key,
            sku_key: found.sku_key,
            maintained_until: maintained_until(world, tenant, id),
        };
        sink.replace(&[&tenant, &id], &[row])?;
    }
    let catalog = world.catalog(tenant);
    let rows = world
        .asset(tenant, id)
        .map(|(_, asset, asset_type)| rows(tenant, asset, asset_type, catalog))
        .unwrap_or_default();
    sink.replace(&[&tenant, &id], &rows)
}

fn maintained_until(world: &World, tenant: Uuid, id: Uuid) -> Option<NaiveDate> {
    let (_, asset, asset_type) = world.asset(tenant, id)?;
    match asset.value_with(asset_type, FieldRole::MaintenanceUntil) {
        Some(Value::Date(day)) => Some(*day),
        _ => None,
    }
}

fn rows(
    tenant: Uuid,
    asset: &Asset,
    asset_type: &AssetType,
    catalog: &Catalog,
) -> Vec<ExpiryDayRow> {
    if asset_type.field_with(FieldRole::ExpiryDate).is_none() {
        return Vec::new();
    }
    let expiring = Expiring::of(asset, asset_type, catalog);
    let ends = expiring.days();
    let notice_days = match asset.value_with(asset_type, FieldRole::NoticeDays) {
        Some(Value::Number(number)) => number.to_u32(),
        _ => None,
    };
    let usual_notice = || {
        let text = |role| asset.text_with(asset_type, role);
        let known = catalog.resolve(text(FieldRole::Product), text(FieldRole::Sku))?;
        known.facts.notice_days
    };
    let notice_days = notice_days.or_else(usual_notice).unwrap_or(0);
    let notice_days = i32::try_from(notice_days).unwrap_or(i32::MAX);
    let cancel_by = match asset.value_with(asset_type, FieldRole::CancelBy) {
        Some(Value::Date(day)) => Some(*day),
        _ => None,
    };
    let changes = ends
        .iter()
        .flat_map(|end| [Some(end.from), end.until.and_then(|day| day.succ_opt())])
        .flatten()
        .chain(days::of_owner(asset));
    let owned_ends = intervals(changes, |day| {
        let end = ends.iter().find(|end| end.holds(day))?;
        Some((end.value, asset.company_on(day)))
    });
    owned_ends
        .into_iter()
        .map(|interval| {
            let (end, company) = interval.value;
            ExpiryDayRow {
                tenant_id: tenant,
                asset_id: asset.id.0,
                from_day: interval.from,
                until_day: interval.until,
                company_id: company.0,
                expiry_date: end.expiry_date,
                rolls_months: end
                    .rolls_months
                    .and_then(|months| i32::try_from(months).ok()),
                auto_renew: expiring.renews_itself(end.expiry_date),
                term_months: i32::try_from(expiring.term_months).unwrap_or(i32::MAX),
                notice_days,
                cancel_by,
            }
        })
        .collect()
}
