use super::KindName;

/// What a field means, whatever it is called. Read models follow roles, never names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldRole {
    /// The software product.
    Product,
    /// Who makes or sells it.
    Vendor,
    /// The vendor's part number.
    Sku,
    /// How seats are counted.
    LicenseMetric,
    /// On what terms seats are owned.
    Agreement,
    /// The key or serial number, a secret.
    LicenseKey,
    /// Seats bought. A type with this role is a type of licenses.
    TotalSeats,
    /// Seats in use, as typed in.
    AssignedSeats,
    /// When it was bought; the first total counts from this day.
    PurchaseDate,
    /// The last day of the term.
    ExpiryDate,
    /// The last day of updates and support.
    MaintenanceUntil,
    /// Days before the expiry by which notice must be given.
    NoticeDays,
    /// The last day to cancel, where it is not the notice days that tell it.
    CancelBy,
    /// Whether a new term begins by itself.
    AutoRenew,
    /// Months of a term.
    TermLength,
    /// How often it is billed.
    BillingCycle,
    /// What the MSP pays a year.
    AnnualCost,
    /// What the company pays a year.
    AnnualPrice,
    /// The day on which use beyond what is owned is counted and billed; until then it is no breach.
    TrueUpOn,
    /// Whether a seat that is given back can be given to another; yes unless it says no.
    Reassignable,
}

use FieldRole as R;
use KindName as K;

/// Each role: its word in JSON, the kinds it can have, and the names (in snake case) from which it is inferred.
/// The names are those of the systems people come from.
const ROLES: [(FieldRole, &str, &[KindName], &[&str]); 20] = [
    (
        R::Product,
        "product",
        &[K::Text, K::Select],
        &[
            "product_name",
            "product",
            "software",
            "software_name",
            "license_name",
            "application",
        ],
    ),
    (
        R::Vendor,
        "vendor",
        &[K::Text, K::Select],
        &["vendor", "publisher", "manufacturer", "vendor_name"],
    ),
    (
        R::Sku,
        "sku",
        &[K::Text],
        &["sku", "part_number", "product_code"],
    ),
    (
        R::LicenseMetric,
        "license_metric",
        &[K::Select],
        &[
            "license_type",
            "licence_type",
            "license_metric",
            "metric",
            "licensing_model",
        ],
    ),
    (
        R::Agreement,
        "agreement",
        &[K::Select],
        &["agreement", "agreement_type"],
    ),
    (
        R::LicenseKey,
        "license_key",
        &[K::Password],
        &[
            "license_key",
            "licence_key",
            "product_key",
            "serial",
            "serial_number",
            "key",
        ],
    ),
    (
        R::TotalSeats,
        "total_seats",
        &[K::Number],
        &[
            "total_seats",
            "seats",
            "licensed_seats",
            "seat_count",
            "number_of_seats",
            "total_licenses",
        ],
    ),
    (
        R::AssignedSeats,
        "assigned_seats",
        &[K::Number],
        &[
            "assigned_seats",
            "seats_in_use",
            "used_seats",
            "seats_used",
            "in_use",
            "assigned_licenses",
        ],
    ),
    (
        R::PurchaseDate,
        "purchase_date",
        &[K::Date],
        &["purchase_date", "purchased_on", "date_of_purchase"],
    ),
    (
        R::ExpiryDate,
        "expiry_date",
        &[K::Date],
        &[
            "expiry_date",
            "expiration_date",
            "expires",
            "expires_on",
            "expiry",
            "valid_until",
            "renewal_date",
        ],
    ),
    (
        R::MaintenanceUntil,
        "maintenance_until",
        &[K::Date],
        &[
            "maintenance_until",
            "support_until",
            "maintenance_expiry",
            "support_expiry",
        ],
    ),
    (
        R::NoticeDays,
        "notice_days",
        &[K::Number],
        &["notice_days", "notice_period", "notice_period_days"],
    ),
    (
        R::CancelBy,
        "cancel_by",
        &[K::Date],
        &["cancel_by", "cancellation_deadline"],
    ),
    (
        R::AutoRenew,
        "auto_renew",
        &[K::Boolean],
        &["auto_renew", "auto_renews", "auto_renewal", "autorenew"],
    ),
    (
        R::TermLength,
        "term_length",
        &[K::Number],
        &["term_length", "term_months", "term_length_months"],
    ),
    (
        R::BillingCycle,
        "billing_cycle",
        &[K::Select, K::Text],
        &["billing_cycle", "billing_frequency"],
    ),
    (
        R::AnnualCost,
        "annual_cost",
        &[K::Number],
        &[
            "annual_cost",
            "yearly_cost",
            "cost_per_year",
            "annual_spend",
        ],
    ),
    (
        R::AnnualPrice,
        "annual_price",
        &[K::Number],
        &["annual_price", "yearly_price", "price_per_year"],
    ),
    (
        R::TrueUpOn,
        "true_up_on",
        &[K::Date],
        &["true_up_on", "true_up_date", "true_up", "anniversary_date"],
    ),
    (
        R::Reassignable,
        "reassignable",
        &[K::Boolean],
        &["reassignable", "seats_reassignable", "transferable"],
    ),
];

impl FieldRole {
    /// All roles.
    pub fn all() -> impl Iterator<Item = Self> {
        ROLES.iter().map(|(role, ..)| *role)
    }

    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        ROLES
            .iter()
            .find(|(role, ..)| *role == self)
            .map_or("", |(_, word, ..)| word)
    }

    /// The role that a word names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        ROLES
            .iter()
            .find(|(_, name, ..)| *name == word)
            .map(|(role, ..)| *role)
    }

    /// The kinds that a field with this role may have.
    #[must_use]
    pub fn kinds(self) -> &'static [KindName] {
        ROLES
            .iter()
            .find(|(role, ..)| *role == self)
            .map_or(&[], |(_, _, kinds, _)| kinds)
    }

    /// The role that a field's name and kind suggest.
    #[must_use]
    pub fn infer(name: &str, kind: KindName) -> Option<Self> {
        let name = crate::text::snake_case(name);
        ROLES
            .iter()
            .find(|(_, _, kinds, names)| kinds.contains(&kind) && names.contains(&name.as_str()))
            .map(|(role, ..)| *role)
    }

    /// Whether values count whole things.
    pub(super) fn is_whole_number(self) -> bool {
        matches!(
            self,
            R::TotalSeats | R::AssignedSeats | R::NoticeDays | R::TermLength
        )
    }

    /// Whether values are amounts of money.
    #[must_use]
    pub fn is_money(self) -> bool {
        matches!(self, R::AnnualCost | R::AnnualPrice)
    }

    /// Whether the asset keeps its values as dated facts of their own instead of as a plain field.
    #[must_use]
    pub fn is_dated(self) -> bool {
        matches!(
            self,
            R::TotalSeats | R::AssignedSeats | R::ExpiryDate | R::AnnualCost | R::AnnualPrice
        )
    }
}
