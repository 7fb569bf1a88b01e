//! How companies stand, by day.

pub(crate) mod pools;
pub(crate) mod project;
pub mod queries;

use chrono::NaiveDate;
use domain::Event;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::rows::{Row, Table, row};

pub(crate) const TABLES: &[&Table] = &[AssetRow::TABLE, LicenseDayRow::TABLE, PoolDayRow::TABLE];

row! {
    AssetRow of "asset", subject 2, key 2 {
        tenant_id: Uuid = UUID,
        asset_id: Uuid = UUID,
        type_id: Uuid = UUID,
    }
}

row! {
    LicenseDayRow of "license_day", subject 2, key 3 {
        tenant_id: Uuid = UUID,
        asset_id: Uuid = UUID,
        from_day: NaiveDate = DATE,
        until_day: Option<NaiveDate> = DATE,
        company_id: Uuid = UUID,
        product_key: String = TEXT,
        metric: &'static str = TEXT,
        product: Option<String> = TEXT,
        vendor: Option<String> = TEXT,
        agreement: Option<&'static str> = TEXT,
        total: Option<i64> = INT8,
        owned: Option<i64> = INT8,
        in_use: Option<i64> = INT8,
        in_force: bool = BOOL,
        annual_cost: Option<Decimal> = NUMERIC,
        currency: Option<String> = TEXT,
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
        product: Option<String> = TEXT,
        vendor: Option<String> = TEXT,
        owned: i64 = INT8,
        in_use: i64 = INT8,
        short: i64 = INT8,
        spare: i64 = INT8,
        incomplete: bool = BOOL,
        standing: &'static str = TEXT,
    }
}

/// Whether an event of an asset may change its license days.
pub(crate) fn follows(event: &Event) -> bool {
    !matches!(
        event,
        Event::TagAdded { .. } | Event::TagRemoved { .. } | Event::ExternalIdLinked { .. }
    )
}
