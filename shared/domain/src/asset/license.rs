use std::borrow::Cow;

use chrono::NaiveDate;

use super::{Asset, InUseSource, Seats};
use crate::{
    asset_type::{Agreement, AssetType, Field, FieldKind, FieldRole, Metric},
    expiry::Expiring,
    ids::CompanyId,
    money::Money,
    product::ProductKey,
    timeline::{Interval, intervals},
    value::Value,
};

/// An asset seen as a license, through the roles of its type's fields.
#[derive(Debug, Clone)]
pub struct License<'a> {
    /// The asset.
    pub asset: &'a Asset,
    /// What was bought, as people write it.
    pub product: Option<&'a str>,
    /// Who makes or sells it.
    pub vendor: Option<&'a str>,
    /// How its seats are counted; per user unless it says otherwise.
    pub metric: Metric,
    /// On what terms its seats are owned, if it says so.
    pub agreement: Option<Agreement>,
    /// Its terms.
    pub term: Expiring<'a>,
    seats: Cow<'a, Seats>,
    /// Whose count of the seats in use stands.
    pub in_use_source: InUseSource,
}

/// What a license is on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseDay {
    /// Whose it is.
    pub company: CompanyId,
    /// Its seats, expiry aside.
    pub total: Option<i64>,
    /// Its seats that are owned, given its term.
    pub owned: Option<i64>,
    /// Its seats in use.
    pub in_use: Option<i64>,
    /// Whether its term runs.
    pub in_force: bool,
    /// What a year of it costs.
    pub annual_cost: Option<Money>,
}

impl<'a> License<'a> {
    /// The license that an asset is; none if its type counts no seats.
    #[must_use]
    pub fn of(asset: &'a Asset, asset_type: &'a AssetType) -> Option<Self> {
        if !asset_type.is_license() {
            return None;
        }
        let (metric, agreement) = metric_and_agreement(asset, asset_type);
        Some(Self {
            asset,
            product: asset.text_with(asset_type, FieldRole::Product),
            vendor: asset.text_with(asset_type, FieldRole::Vendor),
            metric: metric.unwrap_or(Metric::PerUser),
            agreement,
            term: Expiring::of(asset, asset_type),
            seats: match asset.seen_through(asset_type) {
                Cow::Borrowed(asset) => Cow::Borrowed(&asset.seats),
                Cow::Owned(asset) => Cow::Owned(asset.seats),
            },
            in_use_source: InUseSource::Typed,
        })
    }

    /// What it is a license of.
    #[must_use]
    pub fn product_key(&self) -> ProductKey {
        self.product.map_or_else(
            || ProductKey::of_unnamed(self.asset.id),
            ProductKey::of_name,
        )
    }

    /// What it is on a day; none while it is archived.
    #[must_use]
    pub fn on(&self, day: NaiveDate) -> Option<LicenseDay> {
        let asset = self.asset;
        if asset.tracked.at_or_first(day) == Some(&false) {
            return None;
        }
        let in_force = self.term.in_force(day);
        Some(LicenseDay {
            company: asset.company_on(day),
            total: self.seats.total(day),
            owned: self.seats.owned(day, in_force),
            in_use: self.seats.in_use(self.in_use_source, day),
            in_force,
            annual_cost: asset.annual_cost.at(day).copied().flatten(),
        })
    }

    /// All its days, from the first that anything is known of, past and to come.
    #[must_use]
    pub fn days(&self) -> Vec<Interval<LicenseDay>> {
        let asset = self.asset;
        let breakpoints = self
            .seats
            .breakpoints()
            .chain(self.term.breakpoints())
            .chain(asset.company.days())
            .chain(asset.tracked.days())
            .chain(asset.annual_cost.days());
        intervals(breakpoints, |day| self.on(day))
    }
}

fn metric_and_agreement(
    asset: &Asset,
    asset_type: &AssetType,
) -> (Option<Metric>, Option<Agreement>) {
    let option = |role| {
        let field = asset_type.field_with(role)?;
        match asset.values.get(&field.key)? {
            Value::Text(label) => asset_type.option(field, label),
            _ => None,
        }
    };
    let by_metric = option(FieldRole::LicenseMetric);
    let by_agreement = option(FieldRole::Agreement);
    (
        by_metric.and_then(|option| option.metric),
        by_agreement
            .and_then(|option| option.agreement)
            .or_else(|| by_metric.and_then(|option| option.agreement)),
    )
}

impl Asset {
    /// The text of the field that has a role.
    #[must_use]
    pub fn text_with(&self, asset_type: &AssetType, role: FieldRole) -> Option<&str> {
        match self.value_with(asset_type, role)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The plain value of the field that has a role.
    #[must_use]
    pub fn value_with(&self, asset_type: &AssetType, role: FieldRole) -> Option<&Value> {
        self.values.get(&asset_type.field_with(role)?.key)
    }

    /// Whether an input for a select is the label that it holds already, which may have been taken out since.
    pub(super) fn holds_label(&self, field: &Field, input: &serde_json::Value) -> bool {
        let held = match self.values.get(&field.key) {
            Some(Value::Text(label)) if matches!(field.kind, FieldKind::Select { .. }) => label,
            _ => return false,
        };
        input.as_str() == Some(held)
    }

    /// What lists call it: its product, else its first text, else its type.
    #[must_use]
    pub fn name<'a>(&'a self, asset_type: &'a AssetType) -> &'a str {
        let first_text = || {
            asset_type
                .live_fields()
                .find_map(|field| match self.values.get(&field.key) {
                    Some(Value::Text(text)) => Some(text.as_str()),
                    _ => None,
                })
        };
        self.text_with(asset_type, FieldRole::Product)
            .or_else(first_text)
            .unwrap_or(&asset_type.name)
    }

    /// The agreement that the asset's own fields name.
    #[must_use]
    pub fn agreement(&self, asset_type: &AssetType) -> Option<Agreement> {
        metric_and_agreement(self, asset_type).1
    }
}
