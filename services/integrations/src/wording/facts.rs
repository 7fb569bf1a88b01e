//! The figures of a finding, each under its label.

use super::{About, What, phrases};

/// A figure under its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Such as `Owned`.
    pub label: &'static str,
    /// Such as `50 seats`; one line.
    pub value: String,
}

/// The figures of a finding in their order; what is not known is left out.
#[must_use]
pub fn facts(about: &About) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut add =
        |label, value: Option<String>| facts.extend(value.map(|value| Fact { label, value }));
    let name = |name: &Option<String>| name.as_deref().map(phrases::one_line);
    let seats = |number: i64| Some(phrases::count(number, "seat"));
    let date = |date| {
        Some(format!(
            "{} ({})",
            phrases::day(date),
            phrases::relative(date, about.today)
        ))
    };

    add("Company", name(&about.company));
    add("Product", name(&about.product));
    add("License", name(&about.license));
    add("Vendor", name(&about.vendor));
    match &about.what {
        What::UnderLicensed(position) | What::OverLicensed(position) => {
            let difference = if matches!(about.what, What::UnderLicensed(_)) {
                "Short"
            } else {
                "Spare"
            };
            add("Owned", seats(position.owned));
            add("In use", seats(position.in_use));
            add(difference, seats(position.difference));
        }
        What::Expiring { expiry, owned } => {
            add("Owned", owned.and_then(seats));
            add("Expires", date(*expiry));
        }
        What::RenewalNotice {
            cancel_by,
            expiry,
            owned,
        } => {
            add("Owned", owned.and_then(seats));
            add("Cancel by", date(*cancel_by));
            add("Term ends", date(*expiry));
        }
        What::Expired { expiry } => add("Expired", date(*expiry)),
        What::ExpiredInUse { expiry, in_use } => {
            add("Expired", date(*expiry));
            add("In use", seats(*in_use));
        }
        What::MaintenanceEnding { until } => add("Maintenance until", date(*until)),
        What::TrueUpDue { over, due } => {
            add("Beyond what is owned", seats(*over));
            add("Due", due.and_then(date));
        }
        What::FewFreeSeats { free, minimum } => {
            add("Free", seats(*free));
            add("Minimum", minimum.and_then(seats));
        }
        What::ConfirmRenewal { expiry } => add("Term ended", date(*expiry)),
        What::RevealBudget { who } => add("Token", Some(phrases::one_line(who))),
        What::ByHand {
            expiry,
            owned,
            in_use,
            ..
        } => {
            add("Owned", owned.and_then(seats));
            add("In use", in_use.and_then(seats));
            let past = expiry.is_some_and(|expiry| expiry < about.today);
            add(
                if past { "Expired" } else { "Expires" },
                expiry.and_then(date),
            );
        }
    }
    add("Since", about.since.and_then(date));
    if !about.money.is_empty() {
        add(
            money_label(&about.what),
            Some(phrases::amounts(&about.money)),
        );
    }
    facts
}

fn money_label(what: &What) -> &'static str {
    match what {
        What::UnderLicensed(_) => "Cost of the missing seats",
        What::OverLicensed(_) => "Cost of the spare seats",
        What::TrueUpDue { .. } => "Cost of the true-up",
        What::MaintenanceEnding { .. } => "Cost of the maintenance",
        What::Expiring { .. }
        | What::RenewalNotice { .. }
        | What::Expired { .. }
        | What::ExpiredInUse { .. }
        | What::ConfirmRenewal { .. } => "Cost of the renewal",
        What::FewFreeSeats { .. } | What::RevealBudget { .. } | What::ByHand { .. } => "Cost",
    }
}
