//! The digest: all that a recipient should know of a day, in one mail.

use askama::Template;
use chrono::NaiveDate;
use domain::alert::Cleared;
use url::Url;

use super::compose::rendered;
use super::message::{Heading, Mail};
use crate::wording::{self, About, LINES_MAX};

/// A day's findings, for one recipient.
#[derive(Debug, Clone, PartialEq)]
pub struct Digest {
    /// To whom, and which mail it is.
    pub heading: Heading,
    /// The account's day.
    pub day: NaiveDate,
    /// The MSP account's name.
    pub account: String,
    /// How many there are of all, listed or not.
    pub totals: Totals,
    /// The findings by company, in the order in which they shall be listed: as many as may be shown, or more.
    pub companies: Vec<CompanySection>,
    /// Where a person sees them all.
    pub inbox: Url,
}

/// How many findings there are of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Since the digest before.
    pub new: u64,
    /// With other figures than in the digest before.
    pub changed: u64,
    /// As they were.
    pub still_open: u64,
    /// Solved since the digest before.
    pub cleared: u64,
}

/// One company's findings.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CompanySection {
    /// The company's name; for what concerns the whole account, the account's.
    pub name: String,
    /// Since the digest before.
    pub new: Vec<About>,
    /// With other figures than in the digest before.
    pub changed: Vec<About>,
    /// As they were.
    pub still_open: Vec<About>,
    /// Solved since the digest before.
    pub cleared: Vec<About>,
}

/// What the page shows.
#[derive(Template)]
#[template(path = "mail/digest.html")]
struct DigestPage<'a> {
    title: String,
    summary: String,
    companies: Vec<Company>,
    rest: Option<String>,
    inbox: &'a str,
    account: String,
    day: String,
}

struct Company {
    name: String,
    groups: Vec<Group>,
}

struct Group {
    heading: &'static str,
    lines: Vec<Line>,
}

struct Line {
    text: String,
    url: String,
}

/// The most important first: when not all can be listed, what is new is.
const GROUPS: [(&str, Findings); 4] = [
    ("New", |company| &company.new),
    ("Changed", |company| &company.changed),
    ("Solved", |company| &company.cleared),
    ("Still open", |company| &company.still_open),
];

type Findings = fn(&CompanySection) -> &Vec<About>;

/// The digest as a mail: at most [`LINES_MAX`] findings, the rest as a number with the link to the inbox.
#[must_use]
pub fn compose_digest(digest: &Digest) -> Mail {
    let account = wording::one_line(&digest.account);
    let day = wording::day(digest.day);
    let summary = summary(digest.totals);
    let subject = format!(
        "{}: licenses on {day}: {summary}",
        wording::shortened(&account, 60)
    );
    let (companies, listed) = companies(digest);
    let totals = digest.totals;
    let all = totals.new + totals.changed + totals.still_open + totals.cleared;
    let left_out = i64::try_from(all)
        .unwrap_or(i64::MAX)
        .saturating_sub(listed);
    let page = DigestPage {
        title: format!("Licenses on {day}"),
        summary,
        companies,
        rest: (left_out > 0).then(|| format!("{} not listed here.", are_more(left_out))),
        inbox: digest.inbox.as_str(),
        account,
        day,
    };
    Mail {
        heading: digest.heading.clone(),
        subject,
        text: page.text(),
        html: rendered(&page),
    }
}

fn are_more(number: i64) -> String {
    let verb = if number == 1 { "is" } else { "are" };
    format!("{} {verb}", wording::count(number, "more finding"))
}

/// "3 new, 20 still open".
fn summary(totals: Totals) -> String {
    let parts = [
        (totals.new, "new"),
        (totals.changed, "changed"),
        (totals.cleared, "solved"),
        (totals.still_open, "still open"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    if parts.is_empty() {
        return "nothing to tell".to_owned();
    }
    parts.join(", ")
}

/// What is listed of each company, and how many findings that are.
fn companies(digest: &Digest) -> (Vec<Company>, i64) {
    let mut left = LINES_MAX;
    let mut listed: Vec<Company> = digest
        .companies
        .iter()
        .map(|company| Company {
            name: wording::one_line(&company.name),
            groups: Vec::new(),
        })
        .collect();
    for (heading, findings) in GROUPS {
        for (company, shown) in digest.companies.iter().zip(&mut listed) {
            let lines: Vec<Line> = findings(company)
                .iter()
                .take(left)
                .map(|about| line(about, heading))
                .collect();
            left -= lines.len();
            if !lines.is_empty() {
                shown.groups.push(Group { heading, lines });
            }
        }
    }
    listed.retain(|company| !company.groups.is_empty());
    (listed, i64::try_from(LINES_MAX - left).unwrap_or_default())
}

fn line(about: &About, heading: &str) -> Line {
    let text = if heading == "Solved" {
        wording::solved(about, Cleared::Gone, None)
    } else {
        wording::sentence(about)
    };
    Line {
        text,
        url: about.url.to_string(),
    }
}

impl DigestPage<'_> {
    /// The same in text.
    fn text(&self) -> String {
        let mut lines = vec![format!("{}: {}.", self.title, self.summary)];
        for company in &self.companies {
            lines.extend([String::new(), company.name.clone()]);
            for group in &company.groups {
                lines.push(format!("  {}", group.heading));
                lines.extend(group.lines.iter().map(|line| format!("  - {}", line.text)));
            }
        }
        if let Some(rest) = &self.rest {
            lines.extend([String::new(), rest.clone()]);
        }
        lines.extend([
            String::new(),
            format!("All of them: {}", self.inbox),
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
