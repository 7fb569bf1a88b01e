//! What there is: types, companies, assets, documents and the policy.

pub(crate) mod project;
pub mod queries;
mod terms;

use crate::rows::{JsonText, Row, Table, row};
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

pub(crate) const TABLES: &[&Table] = &[
    AssetRow::TABLE,
    AssetTermsRow::TABLE,
    AssetDayRow::TABLE,
    AssetTypeRow::TABLE,
    CompanyRow::TABLE,
    DocumentRow::TABLE,
    PolicyRow::TABLE,
];

row! {
    AssetRow of "asset", subject 2, key 2 {
        tenant_id: Uuid = UUID,
        asset_id: Uuid = UUID,
        type_id: Uuid = UUID,
        name: String = TEXT,
        product: Option<String> = TEXT,
        vendor: Option<String> = TEXT,
        vendor_key: String = TEXT,
        metric: Option<&'static str> = TEXT,
        agreement: Option<&'static str> = TEXT,
        values: JsonText = JSONB,
        tags: Vec<String> = TEXT_ARRAY,
        external_ids: JsonText = JSONB,
        alerts: Option<JsonText> = JSONB,
        version: i32 = INT4,
        entry: i64 = INT8,
        created_at: DateTime<Utc> = TIMESTAMPTZ,
        updated_at: DateTime<Utc> = TIMESTAMPTZ,
    }
}

row! {
    AssetTermsRow of "asset_terms", subject 2, key 2 {
        tenant_id: Uuid = UUID,
        asset_id: Uuid = UUID,
        name: String = TEXT,
        terms: Vec<String> = TEXT_ARRAY,
    }
}

row! {
    AssetDayRow of "asset_day", subject 2, key 3 {
        tenant_id: Uuid = UUID,
        asset_id: Uuid = UUID,
        from_day: NaiveDate = DATE,
        until_day: Option<NaiveDate> = DATE,
        company_id: Uuid = UUID,
        archived: bool = BOOL,
        dated: JsonText = JSONB,
    }
}

row! {
    AssetTypeRow of "asset_type", subject 2, key 2 {
        tenant_id: Uuid = UUID,
        type_id: Uuid = UUID,
        name: String = TEXT,
        fields: JsonText = JSONB,
        is_license: bool = BOOL,
        alerts: Option<JsonText> = JSONB,
        archived: bool = BOOL,
        version: i32 = INT4,
        entry: i64 = INT8,
        created_at: DateTime<Utc> = TIMESTAMPTZ,
        updated_at: DateTime<Utc> = TIMESTAMPTZ,
    }
}

row! {
    CompanyRow of "company", subject 2, key 2 {
        tenant_id: Uuid = UUID,
        company_id: Uuid = UUID,
        name: String = TEXT,
        own: bool = BOOL,
        time_zone: Option<&'static str> = TEXT,
        external_ids: JsonText = JSONB,
        alerts: Option<JsonText> = JSONB,
        archived: bool = BOOL,
        version: i32 = INT4,
        entry: i64 = INT8,
        created_at: DateTime<Utc> = TIMESTAMPTZ,
        updated_at: DateTime<Utc> = TIMESTAMPTZ,
        terms: Vec<String> = TEXT_ARRAY,
    }
}

row! {
    DocumentRow of "document", subject 2, key 2 {
        tenant_id: Uuid = UUID,
        document_id: Uuid = UUID,
        company_id: Uuid = UUID,
        title: String = TEXT,
        body: String = TEXT,
        archived: bool = BOOL,
        version: i32 = INT4,
        entry: i64 = INT8,
        created_at: DateTime<Utc> = TIMESTAMPTZ,
        updated_at: DateTime<Utc> = TIMESTAMPTZ,
    }
}

row! {
    PolicyRow of "policy", subject 1, key 1 {
        tenant_id: Uuid = UUID,
        tenant_name: String = TEXT,
        time_zone: &'static str = TEXT,
        currency: String = TEXT,
        min_spare_seats: i64 = INT8,
        spare_ratio_percent: i64 = INT8,
        stale_after_days: i32 = INT4,
        typed_stale_after_days: Option<i32> = INT4,
        lead_days: Vec<i32> = INT4_ARRAY,
        shortage_after_hours: i32 = INT4,
        surplus_after_days: i32 = INT4,
        min_free_seats: Option<i64> = INT8,
        muted: Vec<&'static str> = TEXT_ARRAY,
        quiet_hours: Option<JsonText> = JSONB,
        version: i32 = INT4,
        entry: i64 = INT8,
        updated_at: DateTime<Utc> = TIMESTAMPTZ,
    }
}
