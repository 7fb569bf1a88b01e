//! How companies stand, by day.

pub(crate) mod pools;
pub(crate) mod project;
pub mod queries;
pub mod spend;
pub mod usage;

use chrono::NaiveDate;
use domain::Event;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::rows::{JsonText, Row, Table, row};

pub(crate) const TABLES: &[&Table] = &[AssetRow::TABLE, LicenseDayRow::TABLE, PoolDayRow::TABLE];

row! {
    AssetRow of "asset", subject 2, key 2 {
        tenant_id: Uuid = UUID,
        asset_id: Uuid = UUID,
        type_id: Uuid = UUID,
        name_key: Option<String> = TEXT,
        sku_key: Option<String> = TEXT,
    }
}

row! {
    LicenseDayRow of "license_day", subject 2, key 4 {
        tenant_id: Uuid = UUID,
        asset_id: Uuid = UUID,
        company_id: Uuid = UUID,
        from_day: NaiveDate = DATE,
        until_day: Option<NaiveDate> = DATE,
        allocated: bool = BOOL,
        product_key: String = TEXT,
        product_id: Option<Uuid> = UUID,
        metric: &'static str = TEXT,
        product: Option<String> = TEXT,
        sku: Option<String> = TEXT,
        vendor: Option<String> = TEXT,
        agreement: Option<&'static str> = TEXT,
        total: Option<i64> = INT8,
        owned: Option<i64> = INT8,
        in_use: Option<i64> = INT8,
        source: &'static str = TEXT,
        typed: Option<i64> = INT8,
        named: Option<i64> = INT8,
        synced: Option<i64> = INT8,
        counted_on: Option<NaiveDate> = DATE,
        in_force: bool = BOOL,
        reducible: i64 = INT8,
        trues_up: bool = BOOL,
        annual_cost: JsonText = JSONB,
        currency: Option<String> = TEXT,
        annual_amount: Option<Decimal> = NUMERIC,
    }
}

row! {
    PoolDayRow of "pool_day", subject 4, key 5 {
        tenant_id: Uuid = UUID,
        company_id: Uuid = UUID,
        product_key: String = TEXT,
        metric: &'static str = TEXT,
        from_day: NaiveDate = DATE,
        until_day: Option<NaiveDate> = DATE,
        product_id: Option<Uuid> = UUID,
        product: Option<String> = TEXT,
        vendor: Option<String> = TEXT,
        owned: i64 = INT8,
        in_use: i64 = INT8,
        short: i64 = INT8,
        spare: i64 = INT8,
        incomplete: bool = BOOL,
        standing: &'static str = TEXT,
        short_cost: JsonText = JSONB,
        spare_cost: JsonText = JSONB,
        recoverable_now: i64 = INT8,
        recoverable_now_cost: JsonText = JSONB,
        currency: Option<String> = TEXT,
        short_amount: Option<Decimal> = NUMERIC,
        spare_amount: Option<Decimal> = NUMERIC,
        recoverable_now_amount: Option<Decimal> = NUMERIC,
        oldest_typed: Option<NaiveDate> = DATE,
        oldest_synced: Option<NaiveDate> = DATE,
    }
}

/// Whether an event of an asset may change its license days.
pub(crate) fn follows(event: &Event) -> bool {
    !matches!(
        event,
        Event::TagAdded { .. }
            | Event::TagRemoved { .. }
            | Event::ExternalIdLinked { .. }
            | Event::SeatsTransferred { .. }
            | Event::SeatsReceived { .. }
            | Event::RenewalDecided { .. }
            | Event::KeyAdded { .. }
            | Event::KeyRemoved { .. }
    )
}
