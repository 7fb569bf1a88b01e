//! What is added to a ticket that stands.

use chrono::NaiveDate;
use domain::alert::Cleared;

use super::{About, Seats, What, body, phrases, prefixed, remedy, sentence, thing};

/// What happened to the cause of a ticket.
#[derive(Debug, Clone, Copy)]
pub enum Comment<'a> {
    /// A later lead day was reached, or the day itself.
    LeadDay(&'a About),
    /// It got worse, or became a graver kind.
    Worse {
        /// As the ticket last said.
        was: &'a About,
        /// As it is.
        now: &'a About,
    },
    /// Other figures, and no worse.
    Changed {
        /// As the ticket last said.
        was: &'a About,
        /// As it is.
        now: &'a About,
    },
    /// The cause is gone.
    Recovered {
        /// What it was.
        about: &'a About,
        /// Why it is gone.
        why: Cleared,
        /// The position now, where the cause was one of seats.
        now: Option<Seats>,
        /// What that means for the ticket.
        then: Then,
    },
    /// The term was renewed: the cause is gone, and the new term has its own tickets.
    Renewed {
        /// What it was.
        about: &'a About,
        /// The last day of the new term, where it has one.
        until: Option<NaiveDate>,
        /// What that means for the ticket.
        then: Then,
    },
    /// The cause came back after the ticket was closed.
    Back(&'a About),
}

/// What becomes of a ticket whose cause is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It is closed.
    Closed,
    /// A person worked on it, so that it is theirs to close.
    LeftOpen,
    /// It tells of more causes, and others of them stand.
    OthersStand,
}

impl Then {
    fn told(self) -> &'static str {
        match self {
            Self::Closed => "This ticket is closed.",
            Self::LeftOpen => {
                "Somebody worked on this ticket, so it stays open: close it when nothing is left to do."
            }
            Self::OthersStand => "This ticket stays open for what else it tells of.",
        }
    }
}

/// The text of a comment: plain, with line breaks.
#[must_use]
pub fn comment(comment: Comment<'_>) -> String {
    match comment {
        Comment::LeadDay(about) => {
            told(&named(about, &sentence(about)), remedy(&about.what), about)
        }
        Comment::Worse { was, now } => compared("This got worse.", was, now),
        Comment::Changed { was, now } => compared("This changed.", was, now),
        Comment::Recovered {
            about,
            why,
            now,
            then,
        } => told(&named(about, &solved(about, why, now)), then.told(), about),
        Comment::Renewed { about, until, then } => {
            let until = until.map_or_else(String::new, |until| {
                format!(" until {}", phrases::day(until))
            });
            let renewed = format!(
                "{} is renewed{until}. What comes up in the new term gets a ticket of its own.",
                thing(about)
            );
            told(&named(about, &renewed), then.told(), about)
        }
        Comment::Back(about) => format!("This is back.\n\n{}", body(about)),
    }
}

/// That the cause of a finding is gone and why, in a sentence without the company, with the position now where it is
/// one of seats.
#[must_use]
pub fn solved(about: &About, why: Cleared, now: Option<Seats>) -> String {
    let now = now.map_or_else(String::new, |now| {
        let (owned, in_use) = (phrases::grouped(now.owned), phrases::grouped(now.in_use));
        format!(": {owned} owned, {in_use} in use")
    });
    let gone = match why {
        Cleared::Gone => gone(about),
        Cleared::NextTerm => format!("{} is in another term, or another company's", thing(about)),
        Cleared::Decided => format!("It is decided what becomes of {}", thing(about)),
        Cleared::ByPerson => format!("Somebody closed the alert about {}", thing(about)),
    };
    format!("{gone}{now}.")
}

fn compared(first: &str, was: &About, now: &About) -> String {
    let text = format!(
        "{first}\nBefore: {}\nNow: {}",
        sentence(was),
        named(now, &sentence(now))
    );
    told(&text, remedy(&now.what), now)
}

fn told(text: &str, then: &str, about: &About) -> String {
    format!(
        "{text}\n{then}\n\nAs of {}. Details: {}\n",
        phrases::day(about.today),
        about.url
    )
}

fn named(about: &About, text: &str) -> String {
    prefixed(
        about.company.as_deref().map(phrases::one_line).as_deref(),
        text,
    )
}

/// That a cause is gone, without a full stop.
fn gone(about: &About) -> String {
    let thing = thing(about);
    match &about.what {
        What::UnderLicensed(_) => format!("No longer short of {thing}"),
        What::OverLicensed(_) => format!("No longer too many spare seats of {thing}"),
        What::Expiring { expiry, .. } => {
            format!("{thing} no longer expires on {}", phrases::day(*expiry))
        }
        What::RenewalNotice { expiry, .. } => {
            format!(
                "The renewal of {thing} after {} needs no decision any more",
                phrases::day(*expiry)
            )
        }
        What::Expired { .. } => format!("{thing} is no longer expired"),
        What::ExpiredInUse { .. } => format!("{thing} is no longer in use beyond its end"),
        What::MaintenanceEnding { until } => {
            format!(
                "Maintenance of {thing} no longer ends on {}",
                phrases::day(*until)
            )
        }
        What::TrueUpDue { .. } => format!("No true-up of {thing} is due any more"),
        What::FewFreeSeats { .. } => format!("Enough seats of {thing} are free again"),
        What::ConfirmRenewal { expiry } => {
            format!(
                "The renewal of {thing} after {} is confirmed or corrected",
                phrases::day(*expiry)
            )
        }
        What::RevealBudget { .. } => format!("{thing} keeps within its budget of secrets again"),
        What::ByHand { .. } => format!("Nothing is left to do about {thing}"),
    }
}
