//! Which tags stand on what.

pub(crate) mod project;
pub mod queries;

use chrono::NaiveDate;
use domain::Event;
use uuid::Uuid;

use crate::rows::{Row, Table, row};

pub(crate) const TABLES: &[&Table] = &[TagRow::TABLE];

row! {
    TagRow of "tag", subject 2, key 4 {
        tenant_id: Uuid = UUID,
        asset_id: Uuid = UUID,
        tag: String = TEXT,
        from_day: NaiveDate = DATE,
        until_day: Option<NaiveDate> = DATE,
        company_id: Uuid = UUID,
    }
}

/// Whether an event of an asset may change where its tags stand.
pub(crate) fn follows(event: &Event) -> bool {
    matches!(
        event,
        Event::AssetRegistered { .. }
            | Event::TagAdded { .. }
            | Event::TagRemoved { .. }
            | Event::MovedToCompany { .. }
            | Event::AssetArchived
            | Event::AssetRestored
    )
}
