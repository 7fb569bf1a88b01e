//! The products of an account's catalog, and what names are still nobody's.

pub(crate) mod project;
pub mod queries;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::rows::{JsonText, Row, Table, row};

pub(crate) const TABLES: &[&Table] = &[StateRow::TABLE, ProductRow::TABLE, AliasRow::TABLE];

row! {
    StateRow of "state", subject 1, key 1 {
        tenant_id: Uuid = UUID,
        version: i32 = INT4,
        entry: i64 = INT8,
        updated_at: DateTime<Utc> = TIMESTAMPTZ,
    }
}

row! {
    ProductRow of "product", subject 1, key 2 {
        tenant_id: Uuid = UUID,
        product_id: Uuid = UUID,
        name: String = TEXT,
        vendor: Option<String> = TEXT,
        suite_of: Vec<Uuid> = UUID_ARRAY,
        installable: Option<bool> = BOOL,
        installs_per_user: Option<i32> = INT4,
        downgrade_of: Option<Uuid> = UUID,
        notice_days: Option<i32> = INT4,
        merged_into: Option<Uuid> = UUID,
        aliases: JsonText = JSONB,
        entry: i64 = INT8,
        updated_at: DateTime<Utc> = TIMESTAMPTZ,
    }
}

row! {
    AliasRow of "alias", subject 1, key 3 {
        tenant_id: Uuid = UUID,
        kind: &'static str = TEXT,
        key: String = TEXT,
        product_id: Uuid = UUID,
    }
}
