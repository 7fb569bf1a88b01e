//! Mails about one thing: an alert, or a license of which a person wants to remind another.

use askama::Template;
use chrono::NaiveDate;
use domain::alert::Cleared;

use super::message::{Heading, Mail};
use crate::wording::{self, About, Fact, Seats, What};

/// An alert, for one recipient.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertText {
    /// To whom, and which mail it is.
    pub heading: Heading,
    /// The MSP account's name.
    pub account: String,
    /// What happened to the alert.
    pub news: News,
    /// The finding as it is.
    pub about: About,
}

/// What happened to an alert.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// It is new.
    Raised,
    /// A later lead day was reached.
    LeadDay,
    /// Other figures, or a graver kind.
    Changed {
        /// As the last mail said.
        was: Box<About>,
        /// Whether it got worse.
        worse: bool,
    },
    /// The cause is gone.
    Cleared {
        /// Why.
        why: Cleared,
        /// The position now, where the cause was one of seats.
        now: Option<Seats>,
    },
}

/// A reminder that a person sends by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReminderText {
    /// To whom, and which mail it is.
    pub heading: Heading,
    /// The MSP account's name.
    pub account: String,
    /// The name of the person who reminds.
    pub by: String,
    /// What the person says, if anything.
    pub note: Option<String>,
    /// The client.
    pub company: String,
    /// The license's name.
    pub license: String,
    /// The product's name.
    pub product: Option<String>,
    /// Seats owned and in use, where they are numbers.
    pub owned: Option<i64>,
    /// Seats in use.
    pub in_use: Option<i64>,
    /// The last day on which something can still be done, where it is before the expiry.
    pub cancel_by: Option<NaiveDate>,
    /// The last day of the term.
    pub expiry: Option<NaiveDate>,
    /// The account's day on which this is written.
    pub today: NaiveDate,
    /// Where a person sees the license.
    pub url: url::Url,
}

/// One thing, in HTML.
#[derive(Template)]
#[template(path = "mail/one.html")]
struct OnePage<'a> {
    title: &'a str,
    news: Option<String>,
    lead: String,
    remedy: Option<&'a str>,
    quote: Option<Quote>,
    facts: Vec<Fact>,
    url: &'a str,
    day: String,
    account: String,
}

/// What a person wrote.
struct Quote {
    by: String,
    lines: Vec<String>,
}

/// The mail about an alert.
#[must_use]
pub fn compose_alert(alert: &AlertText) -> Mail {
    let about = &alert.about;
    let subject = wording::subject(about);
    let account = wording::one_line(&alert.account);
    let (subject, news, lead, remedy) = match &alert.news {
        News::Raised => (
            subject,
            None,
            wording::sentence(about),
            Some(wording::remedy(&about.what)),
        ),
        News::LeadDay => (
            format!("Reminder: {subject}"),
            None,
            wording::sentence(about),
            Some(wording::remedy(&about.what)),
        ),
        News::Changed { was, worse } => {
            let word = if *worse { "Worse" } else { "Changed" };
            let news = format!("{word}. Before: {}", wording::sentence(was));
            (
                format!("{word}: {subject}"),
                Some(news),
                wording::sentence(about),
                Some(wording::remedy(&about.what)),
            )
        }
        News::Cleared { why, now } => (
            format!("Solved: {subject}"),
            Some("Solved.".to_owned()),
            wording::solved(about, *why, *now),
            None,
        ),
    };
    // Of what is gone the figures are no longer true.
    let mut facts = wording::facts(about);
    if remedy.is_none() {
        facts.retain(|fact| matches!(fact.label, "Company" | "Product" | "License" | "Vendor"));
    }
    let note = match &about.what {
        What::ByHand { note, .. } => note.as_deref(),
        _ => None,
    };
    let page = OnePage {
        title: &subject,
        news,
        lead,
        remedy,
        quote: quote("Who asks".to_owned(), note),
        facts,
        url: about.url.as_str(),
        day: wording::day(about.today),
        account,
    };
    let (text, html) = (page.text(), rendered(&page));
    Mail {
        heading: alert.heading.clone(),
        subject,
        text,
        html,
    }
}

/// The mail that reminds of a license.
#[must_use]
pub fn compose_reminder(reminder: &ReminderText) -> Mail {
    let company = wording::one_line(&reminder.company);
    let license = wording::one_line(&reminder.license);
    let by = wording::one_line(&reminder.by);
    let subject = format!(
        "Reminder: {}: {}",
        wording::shortened(&company, 60),
        wording::shortened(&license, 60)
    );
    let on = |date: NaiveDate| {
        format!(
            "{} ({})",
            wording::day(date),
            wording::relative(date, reminder.today)
        )
    };
    let seats = |number: i64| wording::count(number, "seat");
    let expired = reminder
        .expiry
        .is_some_and(|expiry| expiry < reminder.today);
    let facts = [
        ("Company", Some(company.clone())),
        (
            "Product",
            reminder.product.as_deref().map(wording::one_line),
        ),
        ("License", Some(license.clone())),
        ("Owned", reminder.owned.map(seats)),
        ("In use", reminder.in_use.map(seats)),
        ("Cancel by", reminder.cancel_by.map(on)),
        (
            if expired { "Expired" } else { "Expires" },
            reminder.expiry.map(on),
        ),
    ];
    let facts = facts.into_iter().filter_map(|(label, value)| {
        Some(Fact {
            label,
            value: value?,
        })
    });
    let page = OnePage {
        title: &subject,
        news: None,
        lead: format!("{by} reminds you of {license} at {company}."),
        remedy: None,
        quote: quote(by, reminder.note.as_deref()),
        facts: facts.collect(),
        url: reminder.url.as_str(),
        day: wording::day(reminder.today),
        account: wording::one_line(&reminder.account),
    };
    let (text, html) = (page.text(), rendered(&page));
    Mail {
        heading: reminder.heading.clone(),
        subject,
        text,
        html,
    }
}

fn quote(by: String, note: Option<&str>) -> Option<Quote> {
    let note = note
        .map(wording::paragraphs)
        .filter(|note| !note.is_empty())?;
    Some(Quote {
        by,
        lines: note.lines().map(str::to_owned).collect(),
    })
}

impl OnePage<'_> {
    /// The same in text.
    fn text(&self) -> String {
        let mut lines = Vec::new();
        lines.extend(self.news.clone());
        lines.push(self.lead.clone());
        if let Some(remedy) = self.remedy {
            lines.extend([String::new(), remedy.to_owned()]);
        }
        if let Some(quote) = &self.quote {
            lines.extend([String::new(), format!("{} writes:", quote.by)]);
            lines.extend(
                quote
                    .lines
                    .iter()
                    .map(|line| format!("> {line}").trim_end().to_owned()),
            );
        }
        lines.push(String::new());
        lines.extend(
            self.facts
                .iter()
                .map(|fact| format!("{}: {}", fact.label, fact.value)),
        );
        lines.extend([
            String::new(),
            format!("Details: {}", self.url),
            String::new(),
        ]);
        lines.push("-- ".to_owned());
        lines.push(format!(
            "{}, as of {}. Sent by Seatledger.",
            self.account, self.day
        ));
        lines.join("\n") + "\n"
    }
}

/// A template writes into memory, where nothing fails; should it all the same, the text part says everything.
pub(super) fn rendered(page: &impl Template) -> String {
    page.render().unwrap_or_default()
}
