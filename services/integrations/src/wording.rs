//! What tickets, mails and comments say. Pure: the day and every value come in with the call, so that the same
//! finding is worded in the same way wherever it is read.
//!
//! Names come from people and from imports: each is made one line here before it stands in a text, so that none can
//! add a line, turn the direction of writing, or push the rest of a subject out of sight.

mod comment;
mod facts;
mod found;
mod group;
mod kinds;
mod phrases;
#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use domain::money::Amounts;
use url::Url;

pub use comment::{Comment, Then, comment, solved};
pub use facts::{Fact, facts};
pub use found::{Names, about};
pub use group::{
    Renewal, Renewals, Summary, renewals_body, renewals_subject, summary_body, summary_subject,
};
pub use kinds::{label, remedy};
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
        /// Seats that should be, where that is known.
        minimum: Option<i64>,
    },
    /// It was to renew itself and is taken as renewed until somebody confirms or corrects it.
    ConfirmRenewal {
        /// The last day of the term that ended.
        expiry: NaiveDate,
    },
    /// A token asked for more secrets than its budget allows.
    RevealBudget {
        /// The token's name.
        who: String,
    },
    /// A person asks for it.
    ByHand {
        /// What the person wrote.
        note: Option<String>,
        /// The last day of the term, where there is one.
        expiry: Option<NaiveDate>,
        /// Seats owned, where it has a number.
        owned: Option<i64>,
        /// Seats in use, where they are counted.
        in_use: Option<i64>,
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
        What::FewFreeSeats { free, minimum } => {
            let minimum = minimum.map_or_else(String::new, |minimum| {
                format!("; there should be at least {}", phrases::grouped(minimum))
            });
            format!("{}{minimum}.", phrases::capital(&few_free(*free, &thing)))
        }
        What::ConfirmRenewal { expiry } => format!(
            "{thing} was to renew itself after {}. It counts as renewed with the same seats until somebody confirms or \
             corrects that.",
            when(*expiry)
        ),
        What::RevealBudget { who } => format!(
            "{} asked for more secrets than its budget allows, and was refused.",
            one_line(who)
        ),
        What::ByHand { expiry: None, .. } => format!("Somebody asks to look at {thing}."),
        What::ByHand {
            expiry: Some(expiry),
            ..
        } => {
            let verb = if past(*expiry) { "expired" } else { "expires" };
            format!(
                "Somebody asks to look at {thing}, which {verb} on {}.",
                when(*expiry)
            )
        }
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
    if let What::ByHand {
        note: Some(note), ..
    } = &about.what
    {
        text.push_str("\n\n");
        text.push_str(&paragraphs(note));
    }
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
        What::RevealBudget { .. } => {
            format!("{thing} asked for more secrets than its budget allows")
        }
        What::ByHand { .. } => format!("please look at {thing}"),
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
    if let What::RevealBudget { who } = &about.what {
        return one_line(who);
    }
    let name = about.license.as_deref().or(about.product.as_deref());
    name.map_or_else(|| "a license without a name".to_owned(), one_line)
}

fn prefixed(company: Option<&str>, text: &str) -> String {
    company.map_or_else(|| text.to_owned(), |company| format!("{company}: {text}"))
}
