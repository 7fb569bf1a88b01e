//! What tickets, mails and comments say. Pure: the day and every value come in with the call, so that the same
//! finding is worded in the same way wherever it is read.
//!
//! Names come from people and from imports: each is made one line here before it stands in a text, so that none can
//! add a line, turn the direction of writing, or push the rest of a subject out of sight.

mod comment;
mod facts;
mod group;
mod phrases;
#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use domain::money::Amounts;
use url::Url;

pub use comment::{Comment, Then, comment};
pub use facts::{Fact, facts};
pub use group::{
    Renewal, Renewals, Summary, renewals_body, renewals_subject, summary_body, summary_subject,
};
pub use phrases::{amounts, count, day, one_line, paragraphs, relative, shortened};

/// What the strictest of the ticket systems takes as a subject, in characters.
pub const SUBJECT_LENGTH_MAX: usize = 100;

/// What is listed in one text: a screen or two. The rest is told as a number, with the link to the whole list.
pub const LINES_MAX: usize = 200;

/// One finding, with all that is said about it.
#[derive(Debug, Clone, PartialEq)]
pub struct About {
    /// The client; none for what concerns the whole MSP account.
    pub company: Option<String>,
    /// The product's name.
    pub product: Option<String>,
    /// The license's name, where the finding is about one license and not about all of a product.
    pub license: Option<String>,
    /// Who sells it.
    pub vendor: Option<String>,
    /// What was found.
    pub what: What,
    /// The money at stake, in each currency: of the missing, spare or used seats, or of the renewal.
    pub money: Amounts,
    /// Since which day it has been so, where that is known.
    pub since: Option<NaiveDate>,
    /// The account's day on which this is written: "in 30 days" counts from it.
    pub today: NaiveDate,
    /// Where a person sees it whole.
    pub url: Url,
}

/// What was found. A date is on the account's calendar, the last day included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// More in use than owned.
    UnderLicensed(Seats),
    /// More owned than in use, by as much as the policy calls too much.
    OverLicensed(Seats),
    /// It ends and does not renew itself.
    Expiring {
        /// Its last day.
        expiry: NaiveDate,
        /// The seats that end with it, where it has a number.
        owned: Option<i64>,
    },
    /// It renews itself unless it is cancelled.
    RenewalNotice {
        /// The last day to cancel.
        cancel_by: NaiveDate,
        /// The last day of the term.
        expiry: NaiveDate,
        /// The seats that renew with it, where it has a number.
        owned: Option<i64>,
    },
    /// It ended, and nothing of it is in use.
    Expired {
        /// Its last day.
        expiry: NaiveDate,
    },
    /// It ended and goes on being used.
    ExpiredInUse {
        /// Its last day.
        expiry: NaiveDate,
        /// Seats in use.
        in_use: i64,
    },
    /// Updates and support end; the right to use does not.
    MaintenanceEnding {
        /// The last day of maintenance.
        until: NaiveDate,
    },
    /// Use beyond what is owned must be paid.
    TrueUpDue {
        /// Seats in use beyond those owned.
        over: i64,
        /// By when, where the agreement says so.
        due: Option<NaiveDate>,
    },
    /// Fewer seats are free than should be.
    FewFreeSeats {
        /// Seats free.
        free: i64,
        /// Seats that should be.
        minimum: i64,
    },
    /// It was to renew itself and is taken as renewed until somebody confirms or corrects it.
    ConfirmRenewal {
        /// The last day of the term that ended.
        expiry: NaiveDate,
    },
    /// Somebody looked at more keys than is usual.
    RevealBudget {
        /// The person's or the token's name.
        who: String,
        /// Keys shown.
        reveals: i64,
        /// In how many hours.
        hours: i64,
        /// As many are usual.
        usual: i64,
    },
}

/// A license position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seats {
    /// Seats owned.
    pub owned: i64,
    /// Seats in use; of concurrent ones the peak.
    pub in_use: i64,
    /// How many are missing, or how many are spare: whichever the finding is about.
    pub difference: i64,
}

/// One line for a finding that stays true while days pass, with the company first: at most [`SUBJECT_LENGTH_MAX`]
/// characters, long names shortened in their middle.
#[must_use]
pub fn subject(about: &About) -> String {
    let company = about.company.as_deref().map(one_line);
    phrases::fitted(company.as_deref(), &thing(about), |company, thing| {
        prefixed(company, &lasting(&about.what, thing))
    })
}

/// One sentence for a finding as it stands that day, without the company: what a list beneath the company's name
/// shows.
#[must_use]
pub fn sentence(about: &About) -> String {
    let thing = thing(about);
    let when = |date: NaiveDate| format!("{}, {}", day(date), relative(date, about.today));
    let past = |date: NaiveDate| date < about.today;
    match &about.what {
        What::UnderLicensed(seats) => format!(
            "{} short of {thing}: {} owned, {} in use.",
            count(seats.difference, "seat"),
            phrases::grouped(seats.owned),
            phrases::grouped(seats.in_use)
        ),
        What::OverLicensed(seats) => format!(
            "{} of {thing}: {} owned, {} in use.",
            count(seats.difference, "spare seat"),
            phrases::grouped(seats.owned),
            phrases::grouped(seats.in_use)
        ),
        What::Expiring { expiry, .. } => {
            let verb = if past(*expiry) { "expired" } else { "expires" };
            format!("{thing} {verb} on {}.", when(*expiry))
        }
        What::RenewalNotice {
            cancel_by, expiry, ..
        } if past(*cancel_by) => format!(
            "{thing} renews itself after {}; it could be cancelled until {}.",
            day(*expiry),
            when(*cancel_by)
        ),
        What::RenewalNotice {
            cancel_by, expiry, ..
        } => format!(
            "{thing} renews itself after {} unless it is cancelled by {}.",
            day(*expiry),
            when(*cancel_by)
        ),
        What::Expired { expiry } => format!("{thing} expired on {}.", when(*expiry)),
        What::ExpiredInUse { expiry, in_use } => format!(
            "{thing} expired on {}, and {} still in use.",
            when(*expiry),
            phrases::are(*in_use, "seat")
        ),
        What::MaintenanceEnding { until } => {
            let verb = if past(*until) { "ended" } else { "ends" };
            format!("Maintenance of {thing} {verb} on {}.", when(*until))
        }
        What::TrueUpDue { over, due } => {
            let due = due.map_or_else(String::new, |due| format!(" on {}", when(due)));
            format!(
                "A true-up of {} of {thing} is due{due}.",
                count(*over, "seat")
            )
        }
        What::FewFreeSeats { free, minimum } => format!(
            "{}; there should be at least {}.",
            phrases::capital(&few_free(*free, &thing)),
            phrases::grouped(*minimum)
        ),
        What::ConfirmRenewal { expiry } => format!(
            "{thing} was to renew itself after {}. It counts as renewed with the same seats until somebody confirms or \
             corrects that.",
            when(*expiry)
        ),
        What::RevealBudget {
            who,
            reveals,
            hours,
            usual,
        } => format!(
            "{} was shown {} within {}; at most {} are usual.",
            one_line(who),
            count(*reveals, "key"),
            count(*hours, "hour"),
            phrases::grouped(*usual)
        ),
    }
}

/// The whole text about a finding, for a ticket or a mail: what is so, what to do, the figures, the link. Plain text
/// with line breaks.
#[must_use]
pub fn body(about: &About) -> String {
    let mut text = prefixed(
        about.company.as_deref().map(one_line).as_deref(),
        &sentence(about),
    );
    text.push_str("\n\n");
    text.push_str(remedy(&about.what));
    text.push_str("\n\n");
    for fact in facts(about) {
        text.push_str(&format!("{}: {}\n", fact.label, fact.value));
    }
    text.push_str(&format!(
        "\nAs of {}. Details: {}\n",
        day(about.today),
        about.url
    ));
    text
}

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
            "Ask what for; if nobody knows, revoke the access and change the keys that were shown."
        }
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
        What::RevealBudget { .. } => "Many keys revealed",
    }
}

/// A finding's headline. Dates only: a ticket keeps its subject while "in 30 days" goes stale.
fn lasting(what: &What, thing: &str) -> String {
    match what {
        What::UnderLicensed(seats) => {
            format!("{} short of {thing}", count(seats.difference, "seat"))
        }
        What::OverLicensed(seats) => {
            format!("{} of {thing}", count(seats.difference, "spare seat"))
        }
        What::Expiring { expiry, .. } => format!("{thing} expires on {}", day(*expiry)),
        What::RenewalNotice { cancel_by, .. } => {
            format!(
                "{thing} renews itself unless cancelled by {}",
                day(*cancel_by)
            )
        }
        What::Expired { expiry } => format!("{thing} expired on {}", day(*expiry)),
        What::ExpiredInUse { expiry, in_use } => {
            format!(
                "{thing} expired on {}, {} in use",
                day(*expiry),
                count(*in_use, "seat")
            )
        }
        What::MaintenanceEnding { until } => {
            format!("maintenance of {thing} ends on {}", day(*until))
        }
        What::TrueUpDue { over, due } => {
            let due = due.map_or_else(String::new, |due| format!(" on {}", day(due)));
            format!("true-up of {} of {thing} due{due}", count(*over, "seat"))
        }
        What::FewFreeSeats { free, .. } => few_free(*free, thing),
        What::ConfirmRenewal { expiry } => {
            format!("confirm that {thing} renewed after {}", day(*expiry))
        }
        What::RevealBudget { reveals, hours, .. } => format!(
            "{thing} was shown {} within {}",
            count(*reveals, "key"),
            count(*hours, "hour")
        ),
    }
}

fn few_free(free: i64, thing: &str) -> String {
    if free <= 0 {
        return format!("no seat of {thing} is free");
    }
    let verb = if free == 1 { "is" } else { "are" };
    format!("only {} of {thing} {verb} free", count(free, "seat"))
}

/// What a finding is about, as people call it.
fn thing(about: &About) -> String {
    if let What::RevealBudget { who, .. } = &about.what {
        return one_line(who);
    }
    let name = about.license.as_deref().or(about.product.as_deref());
    name.map_or_else(|| "a license without a name".to_owned(), one_line)
}

fn prefixed(company: Option<&str>, text: &str) -> String {
    company.map_or_else(|| text.to_owned(), |company| format!("{company}: {text}"))
}
