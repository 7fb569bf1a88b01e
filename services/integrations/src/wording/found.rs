//! From a finding of the ledger to what is said of it.

use chrono::NaiveDate;
use domain::alert::{Finding, Kind};
use domain::money::Amounts;
use url::Url;

use super::{About, Seats, What};

/// What a finding does not hold, since it may change: names are looked up when it is told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// The company's.
    pub company: Option<String>,
    /// The product's.
    pub product: Option<String>,
    /// The license's, where the finding is about one.
    pub license: Option<String>,
    /// The vendor's.
    pub vendor: Option<String>,
    /// The token's, for what is found of one.
    pub token: Option<String>,
}

/// What is said of a finding on a day. A number or date that its kind should hold and it does not is told as zero or
/// as that day: what is on the ledger is told, whatever it lacks.
#[must_use]
pub fn about(finding: &Finding, names: Names, money: Amounts, today: NaiveDate, url: Url) -> About {
    let term = finding.term.or(finding.deadline).unwrap_or(today);
    let deadline = finding.deadline.unwrap_or(term);
    let seats = finding.seats.unwrap_or_default();
    let position = Seats {
        owned: finding.owned.unwrap_or_default(),
        in_use: finding.in_use.unwrap_or_default(),
        difference: seats,
    };
    let owned = finding.owned;
    let what = match finding.kind {
        Kind::UnderLicensed => What::UnderLicensed(position),
        Kind::OverLicensed => What::OverLicensed(position),
        Kind::TrueUpDue => What::TrueUpDue {
            over: seats,
            due: finding.deadline,
        },
        Kind::FewFreeSeats => What::FewFreeSeats {
            free: seats,
            minimum: None,
        },
        Kind::Expiring => What::Expiring {
            expiry: term,
            owned,
        },
        Kind::RenewalNotice => What::RenewalNotice {
            cancel_by: deadline,
            expiry: term,
            owned,
        },
        Kind::Expired => What::Expired { expiry: term },
        Kind::ExpiredInUse => What::ExpiredInUse {
            expiry: term,
            in_use: finding.in_use.unwrap_or(seats),
        },
        Kind::MaintenanceEnding => What::MaintenanceEnding { until: term },
        Kind::ConfirmRenewal => What::ConfirmRenewal { expiry: term },
        Kind::RevealBudget => What::RevealBudget {
            who: names.token.unwrap_or_default(),
        },
        Kind::ByHand => What::ByHand {
            note: finding.note.clone(),
            expiry: finding.term,
            owned,
            in_use: finding.in_use,
        },
    };
    About {
        company: names.company,
        product: names.product,
        license: names.license,
        vendor: names.vendor,
        what,
        money,
        since: finding.since,
        today,
        url,
    }
}
