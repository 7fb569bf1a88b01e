//! What ends when, by day.

pub(crate) mod project;
pub mod queries;

use chrono::NaiveDate;
use domain::Event;
use uuid::Uuid;

use crate::rows::{Row, Table, row};

pub(crate) const TABLES: &[&Table] = &[AssetRow::TABLE, ExpiryDayRow::TABLE];

row! {
    AssetRow of "asset", subject 2, key 2 {
        tenant_id: Uuid = UUID,
        asset_id: Uuid = UUID,
        type_id: Uuid = UUID,
        name_key: Option<String> = TEXT,
        sku_key: Option<String> = TEXT,
        maintained_until: Option<NaiveDate> = DATE,
    }
}

row! {
    ExpiryDayRow of "expiry_day", subject 2, key 3 {
        tenant_id: Uuid = UUID,
        asset_id: Uuid = UUID,
        from_day: NaiveDate = DATE,
        until_day: Option<NaiveDate> = DATE,
        company_id: Uuid = UUID,
        expiry_date: NaiveDate = DATE,
        rolls_months: Option<i32> = INT4,
        auto_renew: bool = BOOL,
        term_months: i32 = INT4,
        notice_days: i32 = INT4,
        cancel_by: Option<NaiveDate> = DATE,
    }
}

/// Whether an event of an asset may change when it ends.
pub(crate) fn follows(event: &Event) -> bool {
    !matches!(
        event,
        Event::TagAdded { .. }
            | Event::TagRemoved { .. }
            | Event::ExternalIdLinked { .. }
            | Event::SeatsPurchased { .. }
            | Event::PurchaseEnded { .. }
            | Event::PurchaseReduced { .. }
            | Event::InUseSourceChanged { .. }
            | Event::SeatsAssigned { .. }
            | Event::SeatsReleased { .. }
            | Event::SeatsAllocated { .. }
            | Event::SeatsTransferred { .. }
            | Event::SeatsReceived { .. }
            | Event::RenewalDecided { .. }
            | Event::KeyAdded { .. }
            | Event::KeyRemoved { .. }
            | Event::TotalSeatsAdjusted { .. }
            | Event::SeatsInUseCounted { .. }
            | Event::CostChanged { .. }
    )
}
