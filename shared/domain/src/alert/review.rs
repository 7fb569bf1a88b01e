//! From what is found to what is recorded.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{Alert, AlertStanding, Cleared, Finding};
use crate::event::Event;

/// What the rules find now for one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What.
    pub finding: Finding,
    /// The instant at which it has lasted long enough to be raised.
    pub due_at: DateTime<Utc>,
    /// How long it must last.
    pub after: TimeDelta,
}

/// What is to be recorded of an alert, given what is found now: `Err` with why nothing is.
pub(crate) fn review(
    alert: Option<&Alert>,
    found: Result<Wanted, Cleared>,
    now: DateTime<Utc>,
    today: NaiveDate,
) -> Vec<Event> {
    let standing = alert.map_or(AlertStanding::Cleared, |alert| alert.standing);
    let next = alert.map_or(1, |alert| alert.occurrence.saturating_add(1));
    let raised = |finding: Finding| Event::AlertRaised {
        finding,
        occurrence: next,
    };
    match (standing, found, alert) {
        (AlertStanding::Cleared, Err(_), _) => vec![],
        (_, Err(cleared), _) => vec![Event::AlertCleared { cleared }],
        (AlertStanding::Cleared, Ok(wanted), _) if wanted.due_at > now => {
            vec![Event::FindingNoticed {
                finding: wanted.finding,
                due_at: wanted.due_at,
            }]
        }
        (AlertStanding::Cleared, Ok(wanted), _) => vec![raised(wanted.finding)],
        // A policy that waits less than it did counts at once.
        (AlertStanding::Pending { due_at, noticed_at }, Ok(wanted), _)
            if due_at.min(noticed_at + wanted.after) > now =>
        {
            vec![]
        }
        (AlertStanding::Pending { .. }, Ok(wanted), _) => vec![raised(wanted.finding)],
        (AlertStanding::Open, Ok(wanted), Some(alert)) => changed(alert, wanted, raised, today),
        (AlertStanding::Open, Ok(wanted), None) => vec![raised(wanted.finding)],
    }
}

fn changed(
    alert: &Alert,
    wanted: Wanted,
    raised: impl Fn(Finding) -> Event,
    today: NaiveDate,
) -> Vec<Event> {
    let to = wanted.finding;
    if to.is_another_matter(&alert.finding) {
        let cleared = Event::AlertCleared {
            cleared: Cleared::NextTerm,
        };
        return vec![cleared, raised(to)];
    }
    let mut events = Vec::new();
    let worse = to.is_worse_than(&alert.finding);
    if to != alert.finding {
        events.push(Event::AlertChanged {
            from: alert.finding.clone(),
            to,
            worse,
        });
    }
    if !worse && alert.snoozed_until.is_some_and(|until| until < today) {
        events.push(Event::AlertWoken);
    }
    events
}
