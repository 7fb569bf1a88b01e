//! From subjects to their rows.

use domain::{
    Subject,
    alert::AlertOverrides,
    asset::{Asset, InUseSource, License},
    asset_type::{AssetType, FieldRole},
    company::Company,
    document::Document,
    ids::TenantId,
    policy::Policy,
    product::Catalog,
    text::LINE_LENGTH_MAX,
    timeline::intervals,
    value::Value,
};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{
    AssetDayRow, AssetRow, AssetTermsRow, AssetTypeRow, CompanyRow, DocumentRow, PolicyRow,
    terms::Terms,
};
use crate::{
    days, json,
    rows::{JsonText, Sink, Unfit},
    world::{Folded, World},
};

/// The rows of any subject but an asset's or a policy's; nothing for streams that the register does not show.
pub(crate) fn subject(
    world: &World,
    tenant: Uuid,
    stream: Uuid,
    sink: &mut Sink,
) -> Result<(), Unfit> {
    let Some(folded) = world.get(tenant, stream) else {
        return Ok(());
    };
    match &folded.subject {
        Subject::Asset(_) => asset(world, tenant, stream, sink),
        Subject::AssetType(asset_type) => {
            sink.replace(&[&tenant, &stream], &[type_row(tenant, folded, asset_type)])
        }
        Subject::Company(company) => {
            sink.replace(&[&tenant, &stream], &[company_row(tenant, folded, company)])
        }
        Subject::Document(document) => sink.replace(
            &[&tenant, &stream],
            &[document_row(tenant, folded, document)],
        ),
        Subject::Tenant(_) => {
            let rows: Vec<PolicyRow> = policy_row(world, tenant, folded).into_iter().collect();
            sink.replace(&[&tenant], &rows)
        }
        Subject::Policy(_)
        | Subject::Catalog(_)
        | Subject::Alert(_)
        | Subject::Integration(_)
        | Subject::Feed(_)
        | Subject::Nothing
        | Subject::Token(_)
        | Subject::Secret { .. } => Ok(()),
    }
}

fn asset(world: &World, tenant: Uuid, id: Uuid, sink: &mut Sink) -> Result<(), Unfit> {
    let Some((folded, asset, asset_type)) = world.asset(tenant, id) else {
        return Ok(());
    };
    sink.replace(
        &[&tenant, &id],
        &[asset_row(tenant, folded, asset, asset_type)],
    )?;
    sink.replace(&[&tenant, &id], &[terms_row(tenant, asset, asset_type)])?;
    sink.replace(&[&tenant, &id], &day_rows(tenant, asset, asset_type))
}

fn asset_row(tenant: Uuid, folded: &Folded, asset: &Asset, asset_type: &AssetType) -> AssetRow {
    let license = License::of(asset, asset_type, Catalog::empty());
    let vendor = asset.text_with(asset_type, FieldRole::Vendor);
    AssetRow {
        tenant_id: tenant,
        asset_id: asset.id.0,
        type_id: asset.type_id.0,
        name: asset.name(asset_type).to_owned(),
        product: asset
            .text_with(asset_type, FieldRole::Product)
            .map(str::to_owned),
        vendor: vendor.map(str::to_owned),
        vendor_key: vendor.map(str::to_lowercase).unwrap_or_default(),
        metric: license.map(|license| license.metric.as_str()),
        agreement: asset
            .agreement(asset_type)
            .map(|agreement| agreement.as_str()),
        values: values(folded, asset, asset_type),
        tags: asset.tags.iter().cloned().collect(),
        external_ids: JsonText(json::external_ids(&asset.external_ids).to_string()),
        alerts: overrides(&asset.alerts),
        version: folded.version,
        entry: folded.entry,
        created_at: folded.created_at,
        updated_at: folded.updated_at,
    }
}

/// The plain values of the fields in use.
fn values(folded: &Folded, asset: &Asset, asset_type: &AssetType) -> JsonText {
    let mut values = Map::new();
    for field in asset_type.live_fields() {
        let Some(value) = asset.values.get(&field.key) else {
            continue;
        };
        let json = match value {
            Value::Secret(reference) => json::secret(
                reference.version,
                folded.secrets_stored.get(&field.key).copied(),
            ),
            value => json::value(field, value),
        };
        values.insert(field.key.as_str().to_owned(), json);
    }
    JsonText(Json::Object(values).to_string())
}

/// What it is found by. Secrets and what changes from day to day are no part of it.
fn terms_row(tenant: Uuid, asset: &Asset, asset_type: &AssetType) -> AssetTermsRow {
    let mut terms = Terms::of(tenant);
    terms.asset_type(asset.type_id.0);
    for (_, company) in asset.company.iter() {
        terms.company(company.0);
    }
    for tag in &asset.tags {
        terms.tag(tag);
        terms.text(tag);
    }
    for external in &asset.external_ids {
        terms.text(&external.id);
    }
    for field in asset_type.live_fields() {
        let value = asset.values.get(&field.key);
        if let Some(value) = value.filter(|value| !matches!(value, Value::Secret(_))) {
            terms.value(field.key.as_str(), &json::value(field, value));
        }
    }
    terms.text(asset.name(asset_type));
    for field in asset_type.live_fields() {
        match asset.values.get(&field.key) {
            Some(Value::Text(text) | Value::RichText(text) | Value::Url(text)) => {
                // The beginning of a long text is enough to find it by.
                terms.text(&text[..text.floor_char_boundary(LINE_LENGTH_MAX)]);
            }
            Some(Value::Labels(labels)) => labels.iter().for_each(|label| terms.text(label)),
            _ => {}
        }
    }
    AssetTermsRow {
        tenant_id: tenant,
        asset_id: asset.id.0,
        name: asset.name(asset_type).to_owned(),
        terms: terms.into_vec(),
    }
}

fn day_rows(tenant: Uuid, asset: &Asset, asset_type: &AssetType) -> Vec<AssetDayRow> {
    let value_on = |day| {
        let mut dated = Map::new();
        for field in asset_type.live_fields() {
            let value = match field.role {
                Some(FieldRole::TotalSeats) => asset.seats.total(day).map(Json::from),
                Some(FieldRole::AssignedSeats) => {
                    asset.seats.in_use(InUseSource::Typed, day).map(Json::from)
                }
                Some(FieldRole::ExpiryDate) => {
                    let end = asset.term.end_from(day);
                    end.and_then(|end| end.expiry)
                        .map(|expiry| Json::from(expiry.to_string()))
                }
                Some(FieldRole::AnnualCost) => asset
                    .annual_cost
                    .at(day)
                    .copied()
                    .flatten()
                    .as_ref()
                    .map(json::money),
                Some(FieldRole::AnnualPrice) => asset
                    .annual_price
                    .at(day)
                    .copied()
                    .flatten()
                    .as_ref()
                    .map(json::money),
                _ => None,
            };
            if let Some(value) = value {
                dated.insert(field.key.as_str().to_owned(), value);
            }
        }
        Some((asset.company_on(day), days::is_archived(asset, day), dated))
    };
    let row = |interval: domain::timeline::Interval<_>| {
        let (company, archived, dated) = interval.value;
        let (company, dated): (domain::ids::CompanyId, Map<String, Json>) = (company, dated);
        AssetDayRow {
            tenant_id: tenant,
            asset_id: asset.id.0,
            from_day: interval.from,
            until_day: interval.until,
            company_id: company.0,
            archived,
            dated: JsonText(Json::Object(dated).to_string()),
        }
    };
    intervals(days::of_asset(asset), value_on)
        .into_iter()
        .map(row)
        .collect()
}

fn type_row(tenant: Uuid, folded: &Folded, asset_type: &AssetType) -> AssetTypeRow {
    let fields: Json = asset_type.fields.iter().map(json::field).collect();
    AssetTypeRow {
        tenant_id: tenant,
        type_id: asset_type.id.0,
        name: asset_type.name.clone(),
        fields: JsonText(fields.to_string()),
        is_license: asset_type.is_license(),
        alerts: overrides(&asset_type.alerts),
        archived: asset_type.archived,
        version: folded.version,
        entry: folded.entry,
        created_at: folded.created_at,
        updated_at: folded.updated_at,
    }
}

fn company_row(tenant: Uuid, folded: &Folded, company: &Company) -> CompanyRow {
    let mut terms = Terms::of(tenant);
    terms.text(&company.name);
    CompanyRow {
        tenant_id: tenant,
        company_id: company.id.0,
        name: company.name.clone(),
        own: company.own,
        time_zone: company.time_zone.map(|zone| zone.name()),
        external_ids: JsonText(json::external_ids(&company.external_ids).to_string()),
        alerts: overrides(&company.alerts),
        archived: company.archived,
        version: folded.version,
        entry: folded.entry,
        created_at: folded.created_at,
        updated_at: folded.updated_at,
        terms: terms.into_vec(),
    }
}

fn overrides(overrides: &AlertOverrides) -> Option<JsonText> {
    json::overrides(overrides).map(|json| JsonText(json.to_string()))
}

fn document_row(tenant: Uuid, folded: &Folded, document: &Document) -> DocumentRow {
    DocumentRow {
        tenant_id: tenant,
        document_id: document.id.0,
        company_id: document.company.0,
        title: document.title.clone(),
        body: document.body.clone(),
        archived: document.archived,
        version: folded.version,
        entry: folded.entry,
        created_at: folded.created_at,
        updated_at: folded.updated_at,
    }
}

fn policy_row(world: &World, tenant_id: Uuid, folded: &Folded) -> Option<PolicyRow> {
    let Subject::Tenant(tenant) = &folded.subject else {
        return None;
    };
    let set = world.get(tenant_id, TenantId(tenant_id).policy_stream());
    let policy = match set.map(|set| &set.subject) {
        Some(Subject::Policy(policy)) => policy.clone(),
        _ => Policy::default(),
    };
    let quiet_hours = policy.quiet_hours.as_ref().map(json::quiet_hours);
    Some(PolicyRow {
        tenant_id,
        tenant_name: tenant.name.clone(),
        time_zone: policy.time_zone.unwrap_or(tenant.time_zone).name(),
        currency: policy.currency.unwrap_or(tenant.currency).code().to_owned(),
        min_spare_seats: policy.min_spare_seats,
        spare_ratio_percent: policy.spare_ratio_percent,
        stale_after_days: i32::try_from(policy.stale_after_days).unwrap_or(i32::MAX),
        typed_stale_after_days: policy
            .typed_stale_after_days
            .and_then(|days| i32::try_from(days).ok()),
        lead_days: policy
            .lead_days
            .iter()
            .filter_map(|&days| i32::try_from(days).ok())
            .collect(),
        shortage_after_hours: i32::try_from(policy.shortage_after_hours).unwrap_or(i32::MAX),
        surplus_after_days: i32::try_from(policy.surplus_after_days).unwrap_or(i32::MAX),
        min_free_seats: policy.min_free_seats,
        muted: policy.muted.iter().map(|kind| kind.as_str()).collect(),
        quiet_hours: quiet_hours.map(|hours| JsonText(hours.to_string())),
        version: set.map_or(0, |set| set.version),
        entry: set.map_or(folded.entry, |set| set.entry),
        updated_at: set.map_or(folded.updated_at, |set| set.updated_at),
    })
}
