//! What is said of a kind of finding, whatever its values.

use super::What;

/// What can be done about a finding, in a sentence.
#[must_use]
pub fn remedy(what: &What) -> &'static str {
    match what {
        What::UnderLicensed(_) => "Buy the missing seats, or free seats that are in use.",
        What::OverLicensed(_) => {
            "Give the spare seats back at the next renewal, or use them elsewhere."
        }
        What::Expiring { .. } => "Renew it, or plan to be without it.",
        What::RenewalNotice { .. } => {
            "Decide whether it shall renew, and with how many seats; cancel it in time otherwise."
        }
        What::Expired { .. } => "Record its renewal, or archive it.",
        What::ExpiredInUse { .. } => "Renew it, or stop using it.",
        What::MaintenanceEnding { .. } => {
            "Extend the maintenance, or plan to go without updates and support."
        }
        What::TrueUpDue { .. } => {
            "Report the use to the vendor and buy the seats, or free them before."
        }
        What::FewFreeSeats { .. } => {
            "Buy seats before the last one is taken, or free seats that are in use."
        }
        What::ConfirmRenewal { .. } => {
            "Confirm the renewal with its new seats, cost and expiry, or record that it ended."
        }
        What::RevealBudget { .. } => {
            "Ask what for; if nobody knows, revoke the token and change the secrets that it was shown."
        }
        What::ByHand { .. } => "Close it when nothing is left to do.",
    }
}

/// What a kind of finding is called as a heading or a label.
#[must_use]
pub fn label(what: &What) -> &'static str {
    match what {
        What::UnderLicensed(_) => "Under-licensed",
        What::OverLicensed(_) => "Over-licensed",
        What::Expiring { .. } => "Expiring",
        What::RenewalNotice { .. } => "Renewal notice",
        What::Expired { .. } => "Expired",
        What::ExpiredInUse { .. } => "Expired in use",
        What::MaintenanceEnding { .. } => "Maintenance ending",
        What::TrueUpDue { .. } => "True-up due",
        What::FewFreeSeats { .. } => "Few free seats",
        What::ConfirmRenewal { .. } => "Confirm renewal",
        What::RevealBudget { .. } => "Reveal budget",
        What::ByHand { .. } => "By hand",
    }
}
