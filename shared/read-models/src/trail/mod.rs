//! Who did what, when and why.

pub(crate) mod project;
pub mod queries;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::rows::{JsonText, Row, Table, row};

pub(crate) const TABLES: &[&Table] = &[EntryRow::TABLE, ConcernedRow::TABLE];

row! {
    EntryRow of "entry", subject 2, key 2 {
        tenant_id: Uuid = UUID,
        entry: i64 = INT8,
        sequence: i64 = INT8,
        event_id: Uuid = UUID,
        recorded_at: DateTime<Utc> = TIMESTAMPTZ,
        effective_on: NaiveDate = DATE,
        event_type: String = TEXT,
        stream_id: Uuid = UUID,
        version: i32 = INT4,
        company_id: Option<Uuid> = UUID,
        asset_id: Option<Uuid> = UUID,
        actor_kind: &'static str = TEXT,
        actor: String = TEXT,
        token_id: Option<Uuid> = UUID,
        request: Option<String> = TEXT,
        reason: Option<String> = TEXT,
        payload: JsonText = JSON,
    }
}

row! {
    ConcernedRow of "concerned", subject 2, key 3 {
        tenant_id: Uuid = UUID,
        asset_id: Uuid = UUID,
        entry: i64 = INT8,
    }
}
