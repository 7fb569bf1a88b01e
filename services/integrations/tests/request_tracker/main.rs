//! Tickets in a Request Tracker as Debian packages it, with a person beside us who works on them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod closing;
mod making;
mod person;
mod reading;
mod setting_up;

use embedded::testing::{self, TestRequestTracker};
use integrations::http::{self, Reach};
use integrations::psa::request_tracker::{RequestTracker, Settings};
use integrations::psa::{Draft, Note, Priorities, Ticket, Urgency};

use self::person::Person;

fn settings(place: &TestRequestTracker) -> Settings {
    Settings {
        url: place.url.parse().unwrap(),
        token: place.token.clone().into(),
        queue: "Licenses".to_owned(),
        reference_field: "seatledger_ref".to_owned(),
        company_field: Some("company".to_owned()),
        requestor: None,
        closed_status: "resolved".to_owned(),
        priorities: Priorities::default(),
    }
}

fn connect(settings: Settings) -> RequestTracker {
    RequestTracker::new(http::client(Reach::Anywhere).unwrap(), settings).unwrap()
}

async fn both() -> (RequestTracker, Person) {
    let place = testing::request_tracker().await;
    (connect(settings(&place)), Person::new(&place))
}

/// One of this process alone, so that tests of one server don't meet.
fn reference(name: &str) -> String {
    format!("sl-{}-{name}", std::process::id())
}

fn draft(reference: &str) -> Draft {
    Draft {
        reference: reference.to_owned(),
        company: "acme-17".to_owned(),
        subject: "Acme: 3 seats too many of Office".to_owned(),
        body: "Line one\nLine two".to_owned(),
        urgency: Urgency::High,
    }
}

fn note(ours: bool, text: &str) -> Note {
    Note {
        ours,
        text: text.to_owned(),
    }
}

fn ids(tickets: &[Ticket]) -> Vec<&str> {
    tickets.iter().map(|ticket| ticket.id.as_str()).collect()
}
