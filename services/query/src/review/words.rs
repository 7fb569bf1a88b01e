//! What is to be decided, in plain words.

use chrono::NaiveDate;
use domain::alert::Kind;

use super::rows::Alert;

/// One or two sentences: what is so, and what can be done.
pub(super) fn said(alert: &Alert, name: &str) -> String {
    let kind = Kind::ALL.iter().find(|(_, word)| *word == alert.kind);
    let seats = alert
        .seats
        .map_or_else(|| "Seats".to_owned(), |count| counted(count, "seat"));
    let verb = if alert.seats == Some(1) { "is" } else { "are" };
    let since = alert
        .since
        .map_or_else(String::new, |day| format!(" since {}", written(day)));
    let figures = match (alert.owned, alert.in_use) {
        (Some(owned), Some(in_use)) => format!(" ({owned} owned, {in_use} in use)"),
        _ => String::new(),
    };
    let term = alert
        .term
        .map_or_else(|| "the end of its term".to_owned(), written);
    let by = |day: Option<NaiveDate>| {
        day.map_or_else(
            || "in time".to_owned(),
            |day| format!("by {}", written(day)),
        )
    };
    match kind.map(|(kind, _)| *kind) {
        Some(Kind::UnderLicensed) => format!(
            "{seats} of {name} {verb} missing{since}{figures}. Buy what is missing, or release what is not needed."
        ),
        Some(Kind::OverLicensed) => {
            format!(
                "{seats} of {name} {verb} spare{since}{figures}. Give them back, or keep them for what is planned."
            )
        }
        Some(Kind::TrueUpDue) => format!(
            "{seats} of {name} {verb} in use beyond what is owned{figures}, and will be billed. Buy or release them {}.",
            by(alert.deadline)
        ),
        Some(Kind::FewFreeSeats) => {
            format!("Few seats of {name} are free{figures}. Buy more before new users come.")
        }
        Some(Kind::Expiring) => format!(
            "{name} ends on {term}, and nothing renews it. Renew it {}, or let it end.",
            by(alert.deadline)
        ),
        Some(Kind::RenewalNotice) => format!(
            "{name} renews itself after {term}. Keep it, or change or cancel it {}.",
            by(alert.deadline)
        ),
        Some(Kind::Expired) => {
            format!("{name} ended on {term}. Renew it, or confirm that it is no longer needed.")
        }
        Some(Kind::ExpiredInUse) => {
            format!(
                "{name} ended on {term} and is still in use{figures}. Renew it, or stop using it."
            )
        }
        Some(Kind::MaintenanceEnding) => format!(
            "Maintenance of {name} ends on {term}. Renew it {}, or go on without updates.",
            by(alert.deadline)
        ),
        Some(Kind::ConfirmRenewal) => {
            format!(
                "{name} is presumed to have renewed itself after {term}. Confirm the renewal, or correct it."
            )
        }
        Some(Kind::ByHand) | Some(Kind::RevealBudget) | None => match &alert.note {
            Some(note) => format!("{name}: {note}"),
            None => format!("{name} is to be talked about."),
        },
    }
}

/// `1 seat`, `2 seats`.
pub(super) fn counted(count: i64, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

/// `31 Mar 2026`: no country reads it as another day.
pub(super) fn written(day: NaiveDate) -> String {
    day.format("%-d %b %Y").to_string()
}
