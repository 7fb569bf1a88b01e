//! One text for several findings: the renewals of a company and vendor on one day, or all of a company.

use chrono::NaiveDate;
use domain::money::Amounts;
use url::Url;

use super::{About, LINES_MAX, label, phrases, sentence};

/// What one company renews at one vendor on one day.
#[derive(Debug, Clone, PartialEq)]
pub struct Renewals {
    /// The client.
    pub company: String,
    /// Who sells it, where that is known.
    pub vendor: Option<String>,
    /// The last day on which something can still be done.
    pub deadline: NaiveDate,
    /// The account's day on which this is written.
    pub today: NaiveDate,
    /// Each license, in the order in which it shall be listed.
    pub lines: Vec<Renewal>,
    /// Where a person sees them all.
    pub url: Url,
}

/// One license of a group of renewals.
#[derive(Debug, Clone, PartialEq)]
pub struct Renewal {
    /// The license's name, or its product's.
    pub license: String,
    /// The last day of its term.
    pub expiry: NaiveDate,
    /// The seats that renew, where it has a number.
    pub owned: Option<i64>,
    /// Whether it renews unless it is cancelled.
    pub renews_itself: bool,
    /// What the renewal costs, in each currency.
    pub money: Amounts,
}

/// What stands at a company, all kinds together.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The client.
    pub company: String,
    /// The account's day on which this is written.
    pub today: NaiveDate,
    /// Each finding, in the order in which it shall be listed; those of a kind follow each other.
    pub findings: Vec<About>,
    /// Where a person sees them all.
    pub url: Url,
}

/// One line for a group of renewals, as [`super::subject`] is for one finding.
#[must_use]
pub fn renewals_subject(renewals: &Renewals) -> String {
    let vendor = renewals.vendor.as_deref().map(phrases::one_line);
    let number = number_of(renewals.lines.len());
    phrases::fitted(
        Some(&phrases::one_line(&renewals.company)),
        vendor.as_deref().unwrap_or_default(),
        |company, vendor_shown| {
            let of = if vendor.is_some() {
                format!(" of {vendor_shown}")
            } else {
                String::new()
            };
            format!(
                "{}: decide on {}{of} by {}",
                company.unwrap_or_default(),
                phrases::count(number, "renewal"),
                phrases::day(renewals.deadline)
            )
        },
    )
}

/// The whole text for a group of renewals.
#[must_use]
pub fn renewals_body(renewals: &Renewals) -> String {
    let vendor = renewals
        .vendor
        .as_deref()
        .map_or_else(String::new, |vendor| {
            format!(" of {}", phrases::one_line(vendor))
        });
    let number = number_of(renewals.lines.len());
    let verb = if number == 1 { "is" } else { "are" };
    let mut text = format!(
        "{}: {}{vendor} {verb} to be decided by {}, {}.\n\n",
        phrases::one_line(&renewals.company),
        phrases::count(number, "renewal"),
        phrases::day(renewals.deadline),
        phrases::relative(renewals.deadline, renewals.today)
    );
    for line in renewals.lines.iter().take(LINES_MAX) {
        text.push_str(&format!("- {}\n", renewal(line)));
    }
    text.push_str(&rest(renewals.lines.len(), "license"));
    let total = renewals
        .lines
        .iter()
        .fold(Amounts::default(), |mut total, line| {
            total.add_all(&line.money);
            total
        });
    if !total.is_empty() {
        text.push_str(&format!(
            "\nCost of the renewals: {}\n",
            phrases::amounts(&total)
        ));
    }
    text.push_str(&format!(
        "\nAs of {}. Details: {}\n",
        phrases::day(renewals.today),
        renewals.url
    ));
    text
}

fn renewal(line: &Renewal) -> String {
    let mut text = phrases::one_line(&line.license);
    if let Some(owned) = line.owned {
        text.push_str(&format!(", {}", phrases::count(owned, "seat")));
    }
    let verb = if line.renews_itself {
        "renews itself after"
    } else {
        "expires on"
    };
    text.push_str(&format!(", {verb} {}", phrases::day(line.expiry)));
    if !line.money.is_empty() {
        text.push_str(&format!(", {}", phrases::amounts(&line.money)));
    }
    text
}

/// One line for all that stands at a company.
#[must_use]
pub fn summary_subject(summary: &Summary) -> String {
    let number = number_of(summary.findings.len());
    phrases::fitted(
        Some(&phrases::one_line(&summary.company)),
        "",
        |company, _| {
            format!(
                "{}: {} about licenses",
                company.unwrap_or_default(),
                phrases::count(number, "finding")
            )
        },
    )
}

/// The whole text for all that stands at a company: the kinds as headings, a line for each finding.
#[must_use]
pub fn summary_body(summary: &Summary) -> String {
    let number = number_of(summary.findings.len());
    let mut text = format!(
        "{}: {} about licenses.\n",
        phrases::one_line(&summary.company),
        phrases::count(number, "finding")
    );
    let mut heading = "";
    for about in summary.findings.iter().take(LINES_MAX) {
        if label(&about.what) != heading {
            heading = label(&about.what);
            text.push_str(&format!("\n{heading}\n"));
        }
        text.push_str(&format!("- {}\n", sentence(about)));
    }
    text.push_str(&rest(summary.findings.len(), "finding"));
    text.push_str(&format!(
        "\nAs of {}. Details: {}\n",
        phrases::day(summary.today),
        summary.url
    ));
    text
}

/// What a bounded list leaves out.
fn rest(all: usize, noun: &str) -> String {
    match all.saturating_sub(LINES_MAX) {
        0 => String::new(),
        left_out => format!(
            "- and {}\n",
            phrases::count(number_of(left_out), &format!("more {noun}"))
        ),
    }
}

fn number_of(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
