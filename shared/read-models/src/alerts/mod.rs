//! What should be acted on, who is told of it, and in which tickets.

pub mod candidates;
pub(crate) mod project;
pub mod queries;
mod times;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::rows::{JsonText, Row, Table, row};
pub(crate) use times::Times;

pub(crate) const TABLES: &[&Table] = &[
    AlertRow::TABLE,
    AlertLicenseRow::TABLE,
    TicketRow::TABLE,
    IntegrationRow::TABLE,
    FeedRow::TABLE,
];

row! {
    AlertRow of "alert", subject 2, key 2 {
        tenant_id: Uuid = UUID,
        alert_id: Uuid = UUID,
        company_id: Option<Uuid> = UUID,
        kind: &'static str = TEXT,
        cause: &'static str = TEXT,
        about: &'static str = TEXT,
        asset_id: Option<Uuid> = UUID,
        token_id: Option<Uuid> = UUID,
        product_key: Option<String> = TEXT,
        metric: Option<&'static str> = TEXT,
        standing: &'static str = TEXT,
        due_at: Option<DateTime<Utc>> = TIMESTAMPTZ,
        occurrence: i32 = INT4,
        term: Option<NaiveDate> = DATE,
        deadline: Option<NaiveDate> = DATE,
        lead_days: Option<i32> = INT4,
        since: Option<NaiveDate> = DATE,
        seats: Option<i64> = INT8,
        owned: Option<i64> = INT8,
        in_use: Option<i64> = INT8,
        note: Option<String> = TEXT,
        acknowledged: bool = BOOL,
        snoozed_until: Option<NaiveDate> = DATE,
        gravity: i32 = INT4,
        urgent_on: NaiveDate = DATE,
        begun_at: DateTime<Utc> = TIMESTAMPTZ,
        raised_at: Option<DateTime<Utc>> = TIMESTAMPTZ,
        changed_at: DateTime<Utc> = TIMESTAMPTZ,
        cleared_at: Option<DateTime<Utc>> = TIMESTAMPTZ,
        cleared: Option<&'static str> = TEXT,
        version: i32 = INT4,
        entry: i64 = INT8,
    }
}

row! {
    AlertLicenseRow of "alert_license", subject 2, key 3 {
        tenant_id: Uuid = UUID,
        alert_id: Uuid = UUID,
        asset_id: Uuid = UUID,
    }
}

row! {
    TicketRow of "ticket", subject 2, key 3 {
        tenant_id: Uuid = UUID,
        alert_id: Uuid = UUID,
        integration_id: Uuid = UUID,
        ticket_id: String = TEXT,
        number: String = TEXT,
        url: Option<String> = TEXT,
        standing: &'static str = TEXT,
        opened_at: DateTime<Utc> = TIMESTAMPTZ,
        changed_at: DateTime<Utc> = TIMESTAMPTZ,
    }
}

row! {
    IntegrationRow of "integration", subject 2, key 2 {
        tenant_id: Uuid = UUID,
        integration_id: Uuid = UUID,
        name: String = TEXT,
        kind: &'static str = TEXT,
        settings: JsonText = JSONB,
        filter: JsonText = JSONB,
        group_renewals: bool = BOOL,
        secrets: JsonText = JSONB,
        mode: &'static str = TEXT,
        removed: bool = BOOL,
        version: i32 = INT4,
        entry: i64 = INT8,
        created_at: DateTime<Utc> = TIMESTAMPTZ,
        updated_at: DateTime<Utc> = TIMESTAMPTZ,
    }
}

row! {
    FeedRow of "feed", subject 2, key 2 {
        tenant_id: Uuid = UUID,
        feed_id: Uuid = UUID,
        label: String = TEXT,
        companies: Option<Vec<Uuid>> = UUID_ARRAY,
        closed: bool = BOOL,
        created_at: DateTime<Utc> = TIMESTAMPTZ,
    }
}
