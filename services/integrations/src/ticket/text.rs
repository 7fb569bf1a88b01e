//! What a ticket says, and what is added to it.

use std::fmt::Write;

use domain::alert::{Cleared, Kind};

use super::{
    machine::Known,
    row::{Member, TicketRow},
};
use crate::{
    context::LookupError,
    psa::{Draft, Urgency},
    telling::Telling,
    wording::{self, Comment, Renewal, Renewals, SUBJECT_LENGTH_MAX, Summary, Then, What, comment},
};

/// Alerts of a group that one note tells of; the ticket's link shows them all.
const TOLD_AT_ONCE_MAX: usize = 20;

/// A ticket to be made.
pub(super) async fn draft(
    telling: &Telling<'_>,
    row: &TicketRow,
    reference: String,
    company: String,
    subject_length_max: usize,
) -> Result<Draft, LookupError> {
    let open: Vec<&Member> = row.members.iter().filter(|member| member.open).collect();
    let urgency = open.iter().map(|member| urgency(member.finding.kind)).max();
    let (subject, mut body) = match open.as_slice() {
        _ if row.is_summary() => {
            let summary = summary(telling, row, &open).await?;
            (
                wording::summary_subject(&summary),
                wording::summary_body(&summary),
            )
        }
        [one] => {
            let about = telling.about(one.alert, &one.finding).await?;
            (wording::subject(&about), wording::body(&about))
        }
        many => {
            let renewals = renewals(telling, row, many).await?;
            (
                wording::renewals_subject(&renewals),
                wording::renewals_body(&renewals),
            )
        }
    };
    if let Some(earlier) = &row.progress.earlier {
        let _ = writeln!(body, "\n{}", follows(earlier));
    }
    let _ = writeln!(body, "\nReference: {reference}");
    Ok(Draft {
        reference,
        company,
        subject: wording::shortened(&subject, subject_length_max.min(SUBJECT_LENGTH_MAX)),
        body,
        urgency: urgency.unwrap_or(Urgency::Normal),
    })
}

fn follows(earlier: &Known) -> String {
    let at = earlier
        .url
        .as_ref()
        .map_or_else(String::new, |url| format!(": {url}"));
    format!("Before, there was ticket {}{at}", earlier.number)
}

fn urgency(kind: Kind) -> Urgency {
    match kind {
        Kind::UnderLicensed | Kind::ExpiredInUse | Kind::TrueUpDue | Kind::RevealBudget => {
            Urgency::High
        }
        Kind::OverLicensed | Kind::ConfirmRenewal | Kind::FewFreeSeats => Urgency::Low,
        _ => Urgency::Normal,
    }
}

async fn company_name(telling: &Telling<'_>, row: &TicketRow) -> Result<String, LookupError> {
    let known = match row.company {
        Some(id) => {
            telling
                .context
                .names
                .company(telling.tenant, Some(id))
                .await?
        }
        None => None,
    };
    Ok(known.map_or_else(|| telling.account.name.clone(), |known| known.name))
}

async fn summary(
    telling: &Telling<'_>,
    row: &TicketRow,
    open: &[&Member],
) -> Result<Summary, LookupError> {
    let mut findings = Vec::with_capacity(open.len());
    for member in open {
        findings.push(telling.about(member.alert, &member.finding).await?);
    }
    Ok(Summary {
        company: company_name(telling, row).await?,
        today: telling.today,
        findings,
        url: telling.alerts_url(row.company),
    })
}

async fn renewals(
    telling: &Telling<'_>,
    row: &TicketRow,
    open: &[&Member],
) -> Result<Renewals, LookupError> {
    let mut vendor = None;
    let mut lines = Vec::with_capacity(open.len());
    for member in open {
        let about = telling.about(member.alert, &member.finding).await?;
        let name = about.license.clone().or_else(|| about.product.clone());
        vendor = vendor.or_else(|| about.vendor.clone());
        lines.push(Renewal {
            license: name.unwrap_or_else(|| "a license".to_owned()),
            expiry: member.finding.term.unwrap_or(telling.today),
            owned: member.finding.owned,
            renews_itself: matches!(about.what, What::RenewalNotice { .. }),
            money: about.money,
        });
    }
    let deadline = open
        .iter()
        .filter_map(|member| member.finding.deadline)
        .min();
    Ok(Renewals {
        company: company_name(telling, row).await?,
        vendor,
        deadline: deadline.unwrap_or(telling.today),
        today: telling.today,
        lines,
        url: telling.alerts_url(row.company),
    })
}

/// A note of what the ticket does not say yet, or that nothing is left of it.
pub(super) async fn note(
    telling: &Telling<'_>,
    row: &TicketRow,
    marker: &str,
    then: Option<Then>,
) -> Result<String, LookupError> {
    let mut text = String::new();
    let told = row.members.iter().filter(|member| match then {
        Some(_) => true,
        None => member.is_news() || member.telling.is_some(),
    });
    for member in told.take(TOLD_AT_ONCE_MAX) {
        let now = member.telling.as_ref().unwrap_or(&member.finding);
        let about = telling.about(member.alert, now).await?;
        let was = match &member.told {
            Some(was) => Some(telling.about(member.alert, was).await?),
            None => None,
        };
        let part = match (&was, member.open) {
            (_, false) => comment(Comment::Recovered {
                about: &about,
                why: member.cleared.unwrap_or(Cleared::Gone),
                now: None,
                then: then.unwrap_or(Then::OthersStand),
            }),
            (Some(was), true)
                if *was != about && now.is_worse_than(member.told.as_ref().unwrap_or(now)) =>
            {
                comment(Comment::Worse { was, now: &about })
            }
            _ => comment(Comment::LeadDay(&about)),
        };
        text.push_str(&part);
        text.push('\n');
    }
    if text.is_empty() {
        text.push_str("Nothing of this is left to do.\n");
    }
    let _ = writeln!(text, "({marker})");
    Ok(text)
}
