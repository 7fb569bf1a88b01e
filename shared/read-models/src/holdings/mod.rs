//! What is held of a license: purchases, assignments, allocations, keys, and what is decided for its terms' ends.

pub(crate) mod project;
pub mod queries;

use chrono::NaiveDate;
use domain::Event;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::rows::{JsonText, Row, Table, row};

pub(crate) const TABLES: &[&Table] = &[
    PurchaseRow::TABLE,
    AssignmentRow::TABLE,
    AllocationRow::TABLE,
    LicenseKeyRow::TABLE,
    RenewalRow::TABLE,
];

row! {
    PurchaseRow of "purchase", subject 2, key 3 {
        tenant_id: Uuid = UUID,
        asset_id: Uuid = UUID,
        purchase_id: Uuid = UUID,
        position: i32 = INT4,
        company_id: Uuid = UUID,
        quantity: i64 = INT8,
        from_day: NaiveDate = DATE,
        until_day: Option<NaiveDate> = DATE,
        unit_price: Option<Decimal> = NUMERIC,
        currency: Option<String> = TEXT,
        price_per: Option<&'static str> = TEXT,
        purchase_order: Option<String> = TEXT,
        supplier: Option<String> = TEXT,
        reducible_from: Option<NaiveDate> = DATE,
        reducible_until: Option<NaiveDate> = DATE,
        reductions: JsonText = JSONB,
    }
}

row! {
    AssignmentRow of "assignment", subject 2, key 3 {
        tenant_id: Uuid = UUID,
        asset_id: Uuid = UUID,
        assignment_id: Uuid = UUID,
        company_id: Uuid = UUID,
        allocated: bool = BOOL,
        holder_kind: &'static str = TEXT,
        holder_id: Uuid = UUID,
        quantity: i64 = INT8,
        from_day: NaiveDate = DATE,
        until_day: Option<NaiveDate> = DATE,
        note: Option<String> = TEXT,
    }
}

row! {
    AllocationRow of "allocation", subject 2, key 4 {
        tenant_id: Uuid = UUID,
        asset_id: Uuid = UUID,
        company_id: Uuid = UUID,
        from_day: NaiveDate = DATE,
        until_day: Option<NaiveDate> = DATE,
        seats: i64 = INT8,
    }
}

row! {
    LicenseKeyRow of "license_key", subject 2, key 3 {
        tenant_id: Uuid = UUID,
        asset_id: Uuid = UUID,
        secret_id: Uuid = UUID,
        version: i32 = INT4,
        label: Option<String> = TEXT,
        assignment_id: Option<Uuid> = UUID,
        added_on: NaiveDate = DATE,
        company_id: Uuid = UUID,
    }
}

row! {
    RenewalRow of "renewal", subject 2, key 3 {
        tenant_id: Uuid = UUID,
        asset_id: Uuid = UUID,
        term_end: NaiveDate = DATE,
        decision: &'static str = TEXT,
        quantity: Option<i64> = INT8,
        owner: Option<Uuid> = UUID,
        note: Option<String> = TEXT,
    }
}

/// Whether an event of an asset may change what is held of it.
pub(crate) fn follows(event: &Event) -> bool {
    matches!(
        event,
        Event::SeatsPurchased { .. }
            | Event::PurchaseEnded { .. }
            | Event::PurchaseReduced { .. }
            | Event::SeatsAssigned { .. }
            | Event::SeatsReleased { .. }
            | Event::SeatsAllocated { .. }
            | Event::KeyAdded { .. }
            | Event::KeyRemoved { .. }
            | Event::RenewalDecided { .. }
            | Event::MovedToCompany { .. }
    )
}
