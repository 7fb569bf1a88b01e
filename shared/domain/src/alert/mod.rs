//! Alerts: open findings that somebody should act on, themselves recorded as events.
//!
//! There is one stream for each subject and cause. When the cause comes again, or another term begins, the alert is
//! raised anew with the next *occurrence*: that is what one ticket is made for.

mod finding;
mod kind;
mod quiet;
mod review;
mod rules;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

pub use finding::{About, FINDING_LICENSES_MAX, Finding};
pub use kind::{Cause, Kind};
pub use quiet::QuietHours;
pub use review::Wanted;
pub(crate) use review::review;
pub use rules::{
    AlertOverrides, AlertRules, EXPIRED_FOR_DAYS, Found, LONGEST_SHORTAGE_HOURS,
    LONGEST_SURPLUS_DAYS, Reviewing, asset_findings, pool_findings, token_findings,
};

use crate::{
    event::Event,
    ids::{AlertId, CompanyId, IntegrationId, TenantId},
};

/// How many licenses of a pool can be reviewed in one decision: each is a stream to be read.
pub const REVIEWED_LICENSES_MAX: usize = 1_000;
/// How many alerts one ticket may stand for.
pub const TICKET_ALERTS_MAX: usize = 200;

/// An alert, as its events made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Also the id of its stream.
    pub id: AlertId,
    /// What was found last.
    pub finding: Finding,
    /// How it stands.
    pub standing: AlertStanding,
    /// How often it was raised. What was noticed and gone before it was raised counts for nothing.
    pub occurrence: u32,
    /// Somebody knows of it: nothing more is told until it gets worse.
    pub acknowledged: bool,
    /// Nothing is told up to and including this day.
    pub snoozed_until: Option<NaiveDate>,
    /// Its ticket in each system, of this occurrence.
    pub tickets: BTreeMap<IntegrationId, AlertTicket>,
}

/// How an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertStanding {
    /// Noticed, and to be raised at this instant if it lasts that long.
    Pending {
        /// When.
        due_at: DateTime<Utc>,
        /// When it was noticed.
        noticed_at: DateTime<Utc>,
    },
    /// Raised, and not gone.
    Open,
    /// Gone.
    Cleared,
}

/// Why an alert is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cleared {
    /// What was found is no longer so.
    Gone,
    /// Another term has begun, or it is another company's now.
    NextTerm,
    /// It is decided what is to be done, and there is time until the deadline.
    Decided,
    /// A person says so.
    ByPerson,
}

impl Cleared {
    /// All reasons with their words.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Gone, "gone"),
        (Self::NextTerm, "next_term"),
        (Self::Decided, "decided"),
        (Self::ByPerson, "by_person"),
    ];
}

crate::words::worded!(Cleared);

/// A ticket in another system, as it is known there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketRef {
    /// By which the system is asked for it.
    pub id: String,
    /// What people call it, such as `#1234`.
    pub number: String,
    /// Where a person opens it.
    pub url: Option<String>,
}

/// An alert's ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertTicket {
    /// Which.
    pub ticket: TicketRef,
    /// How it stands there, as far as was seen.
    pub standing: TicketStanding,
}

/// How a ticket stands in its system, as far as was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TicketStanding {
    /// Open, and nobody worked on it.
    Open,
    /// Open, and a person worked on it: it is theirs to close.
    TakenOver,
    /// We closed it.
    Closed,
    /// A person closed it.
    ClosedByPerson,
    /// It is gone: it is not made again for this occurrence.
    Deleted,
}

impl TicketStanding {
    /// All with their words.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Open, "open"),
        (Self::TakenOver, "taken_over"),
        (Self::Closed, "closed"),
        (Self::ClosedByPerson, "closed_by_person"),
        (Self::Deleted, "deleted"),
    ];
}

crate::words::worded!(TicketStanding);

/// What an integration tells of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TicketNews {
    /// There is a ticket now: made, or found by its reference.
    Opened(TicketRef),
    /// It is known how it stands.
    Stands(TicketStanding),
    /// It became part of another.
    Merged(TicketRef),
    /// We wrote on it.
    Commented(String),
    /// It could not be delivered, and is not tried again by itself.
    Failed(String),
}

impl AlertId {
    /// The alert about a subject for a cause. Derived, so that whoever looks finds the same.
    #[must_use]
    pub fn of(tenant: TenantId, cause: Cause, about: &About) -> Self {
        let name = format!("alert\n{}\n{}", cause.as_str(), about.key());
        Self(Uuid::new_v5(&tenant.0, name.as_bytes()))
    }
}

impl Alert {
    pub(crate) fn begun(id: AlertId, event: &Event, recorded_at: DateTime<Utc>) -> Option<Self> {
        let (Event::FindingNoticed { finding, .. } | Event::AlertRaised { finding, .. }) = event
        else {
            return None;
        };
        let mut alert = Self {
            id,
            finding: finding.clone(),
            standing: AlertStanding::Cleared,
            occurrence: 0,
            acknowledged: false,
            snoozed_until: None,
            tickets: BTreeMap::new(),
        };
        alert.evolve(event, recorded_at);
        Some(alert)
    }

    pub(crate) fn evolve(&mut self, event: &Event, recorded_at: DateTime<Utc>) {
        match event {
            Event::FindingNoticed { finding, due_at } => {
                self.finding.clone_from(finding);
                self.standing = AlertStanding::Pending {
                    due_at: *due_at,
                    noticed_at: recorded_at,
                };
            }
            Event::AlertRaised {
                finding,
                occurrence,
            } => {
                self.finding.clone_from(finding);
                self.standing = AlertStanding::Open;
                self.occurrence = *occurrence;
                self.acknowledged = false;
                self.snoozed_until = None;
                self.tickets.clear();
            }
            Event::AlertChanged { to, worse, .. } => {
                self.finding.clone_from(to);
                if *worse {
                    self.acknowledged = false;
                    self.snoozed_until = None;
                }
            }
            Event::AlertCleared { .. } => self.standing = AlertStanding::Cleared,
            Event::AlertAcknowledged { .. } => self.acknowledged = true,
            Event::AlertSnoozed { until } => self.snoozed_until = Some(*until),
            Event::AlertWoken => self.snoozed_until = None,
            Event::TicketOpened {
                integration_id,
                ticket,
            } => {
                let opened = AlertTicket {
                    ticket: ticket.clone(),
                    standing: TicketStanding::Open,
                };
                self.tickets.insert(*integration_id, opened);
            }
            Event::TicketChanged {
                integration_id, to, ..
            } => {
                if let Some(known) = self.tickets.get_mut(integration_id) {
                    known.standing = *to;
                }
            }
            Event::TicketMerged {
                integration_id,
                into,
            } => {
                if let Some(known) = self.tickets.get_mut(integration_id) {
                    known.ticket.clone_from(into);
                }
            }
            _ => {}
        }
    }

    /// Whether it was raised and is not gone.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.standing == AlertStanding::Open
    }

    /// Whose it is; none for what concerns the whole account.
    #[must_use]
    pub fn company(&self) -> Option<CompanyId> {
        self.finding.company
    }
}
