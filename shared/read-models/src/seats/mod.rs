//! Every change of seats.

pub(crate) mod project;
pub mod queries;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::rows::{Row, Table, row};

pub(crate) const TABLES: &[&Table] = &[ChangeRow::TABLE];

row! {
    ChangeRow of "change", subject 2, key 3 {
        tenant_id: Uuid = UUID,
        asset_id: Uuid = UUID,
        entry: i64 = INT8,
        event_id: Uuid = UUID,
        kind: &'static str = TEXT,
        from_count: Option<i64> = INT8,
        to_count: Option<i64> = INT8,
        effective_on: NaiveDate = DATE,
        recorded_at: DateTime<Utc> = TIMESTAMPTZ,
        correction: bool = BOOL,
        source: Option<&'static str> = TEXT,
        from_source: Option<&'static str> = TEXT,
        quantity: Option<i64> = INT8,
        for_company: Option<Uuid> = UUID,
        other_asset: Option<Uuid> = UUID,
        purchase_id: Option<Uuid> = UUID,
        from_expiry: Option<NaiveDate> = DATE,
        to_expiry: Option<NaiveDate> = DATE,
        company_id: Option<Uuid> = UUID,
        actor_kind: &'static str = TEXT,
        actor: String = TEXT,
        token_id: Option<Uuid> = UUID,
        reason: Option<String> = TEXT,
    }
}
