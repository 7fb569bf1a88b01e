//! Calendars, read by parsers that are not ours.

use std::{
    io,
    sync::{Arc, Mutex},
};

use domain::{
    Event, Fact,
    ids::{CompanyId, FeedId},
};
use icalendar::{Calendar, Component};
use tracing_subscriber::fmt::MakeWriter;
use uuid::Uuid;
use web::feed::FeedAddress;

use crate::{
    facts::{Account, id},
    stage::{Answer, Stage},
};

/// Everything that was logged.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl io::Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Logged {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Licenses of two companies.
async fn staged(account: &Account) -> (Stage, String) {
    let (mut stage, token) = Stage::with(account).await;
    let mut facts = vec![account.company("Contoso"), account.company("Fabrikam")];
    for (company, product, on) in [
        ("Contoso", "Word", "2027-01-08"),
        ("Fabrikam", "Zoom", "2026-11-01"),
        ("Fabrikam", "Long ago", "2026-07-01"),
        ("Fabrikam", "Far ahead", "2029-01-01"),
    ] {
        let license = account.license(company, product);
        facts.extend(license.seats(1, 1));
        facts.push(license.expires("2026-01-01", on));
    }
    let rolls = account.license("Fabrikam", "Slack");
    facts.extend(rolls.seats(1, 1));
    facts.extend([
        rolls.renews_itself("2026-01-01"),
        rolls.expires("2026-01-01", "2026-06-30"),
    ]);
    stage.record(account, facts).await;
    (stage, token)
}

/// The summaries, by both parsers.
#[track_caller]
fn summaries(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(
        answer.header("content-type"),
        Some("text/calendar; charset=utf-8")
    );
    let mut found = Vec::new();
    for calendar in ical::IcalParser::new(answer.text.as_bytes()) {
        for event in calendar.unwrap().events {
            let named = event
                .properties
                .into_iter()
                .find(|named| named.name == "SUMMARY");
            found.push(named.unwrap().value.unwrap());
        }
    }
    let calendar: Calendar = answer.text.parse().unwrap();
    let again = calendar
        .components
        .iter()
        .filter_map(|component| component.as_event());
    let again: Vec<&str> = again.map(|event| event.get_summary().unwrap()).collect();
    assert_eq!(found, again);
    found
}

fn opened(account: &Account, address: &FeedAddress, companies: Option<&[Uuid]>) -> Fact {
    let companies = companies.map(|ids| ids.iter().copied().map(CompanyId).collect());
    let event = Event::FeedOpened {
        label: "Renewals".to_owned(),
        secret_sha256: address.secret_sha256(),
        companies,
    };
    account.fact(address.feed().0, None, "2026-11-01", event)
}

#[tokio::test]
async fn what_ends_is_a_calendar_of_two_years_and_the_last_months() {
    let account = Account::new("Ours");
    let (mut stage, token) = staged(&account).await;
    let answer = stage.get(&token, "/v1/expiries.ics").await;
    assert_eq!(
        summaries(&answer),
        [
            "Expires: Fabrikam: Zoom",
            "Expires: Contoso: Word",
            "Renews itself (to be confirmed): Fabrikam: Slack"
        ]
    );
    assert!(
        answer.text.contains("DTSTART;VALUE=DATE:20261101"),
        "{}",
        answer.text
    );
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    let tag = answer.header("etag").unwrap().to_owned();
    let again = stage.get(&token, "/v1/expiries.ics").await;
    assert_eq!(
        (again.header("etag"), &again.text),
        (Some(tag.as_str()), &answer.text)
    );
    let known = stage
        .request(&token, "/v1/expiries.ics")
        .header("if-none-match", &tag);
    let known = Answer::of(known).await;
    assert_eq!((known.status.as_u16(), known.text.as_str()), (304, ""));
    let one = format!("/v1/expiries.ics?company={}", account.id("Contoso"));
    assert_eq!(summaries(&stage.get(&token, &one).await).len(), 1);
    let limited = stage
        .token(&account, "limited", Some(vec![account.id("Contoso")]))
        .await;
    assert_eq!(
        summaries(&stage.get(&limited, "/v1/expiries.ics").await).len(),
        1
    );
    let nobody = stage.get_without_token("/v1/expiries.ics").await;
    assert_eq!(nobody.problem(), "unauthorized");
}

#[tokio::test]
async fn a_feed_answers_at_its_address_alone_until_it_is_closed() {
    let account = Account::new("Ours");
    let (mut stage, token) = staged(&account).await;
    let all = FeedAddress::generate(FeedId(id("all")), [1; 32]);
    let some = FeedAddress::generate(FeedId(id("some")), [2; 32]);
    let contoso = account.id("Contoso");
    let facts = vec![
        opened(&account, &all, None),
        opened(&account, &some, Some(&[contoso])),
    ];
    stage.record(&account, facts).await;
    assert_eq!(
        summaries(&stage.get_without_token(&all.path()).await).len(),
        3
    );
    let own = stage.get_without_token(&some.path()).await;
    assert_eq!(summaries(&own), ["Expires: Contoso: Word"]);
    assert!(own.text.contains("Renewals"));
    // A token, good or bad, makes no difference.
    assert_eq!(summaries(&stage.get(&token, &some.path()).await).len(), 1);
    assert_eq!(
        summaries(&stage.get("slt_wrong", &some.path()).await).len(),
        1
    );
    let listed = stage.get(&token, "/v1/calendar-feeds").await;
    assert_eq!(listed.items("label"), ["Renewals", "Renewals"]);
    assert!(!listed.text.contains(&all.path()));

    let wrong = FeedAddress::generate(all.feed(), [9; 32]).path();
    let none = FeedAddress::generate(FeedId(id("none")), [1; 32]).path();
    let stranger = FeedAddress::generate(FeedId(account.tenant), [1; 32]).path();
    let closing = account.fact(all.feed().0, None, "2026-11-02", Event::FeedClosed);
    stage.record(&account, vec![closing]).await;
    for path in [
        &wrong,
        &none,
        &stranger,
        &all.path(),
        "/v1/calendar/x.ics",
        "/v1/calendar/x",
    ] {
        let answer = stage.get_without_token(path).await;
        assert_eq!(answer.problem(), "not-found", "{path}");
    }
    let open = stage.get(&token, "/v1/calendar-feeds?closed=false").await;
    assert_eq!(open.items("id").len(), 1);
    let other = stage
        .token(&account, "limited", Some(vec![account.id("Fabrikam")]))
        .await;
    assert_eq!(
        stage
            .get(&other, "/v1/calendar-feeds")
            .await
            .items("id")
            .len(),
        0
    );
}

#[tokio::test]
async fn a_feed_is_read_at_a_bounded_rate_and_its_secret_is_in_no_log() {
    let logged = Logged::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(logged.clone())
        .init();
    let account = Account::new("Ours");
    let (mut stage, token) = staged(&account).await;
    let address = FeedAddress::generate(FeedId(id("all")), [1; 32]);
    stage
        .record(&account, vec![opened(&account, &address, None)])
        .await;
    let secret = address.path();
    let secret = secret.split('.').nth(1).unwrap();
    // Only what is logged of the service counts: the client beside it logs what it asks for.
    let mut refused = None;
    for _ in 0..200 {
        let answer = stage.get_without_token(&address.path()).await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("some limit");
    assert!(refused.header("retry-after").is_some());
    assert!(!refused.text.contains(secret));
    let nowhere = stage
        .get_without_token(&format!("{}/x", address.path()))
        .await;
    assert_eq!(nowhere.problem(), "not-found");
    assert_eq!(
        stage.get(&token, "/v1/expiries.ics").await.status,
        200,
        "others go on"
    );
    let text = String::from_utf8(logged.0.lock().unwrap().clone()).unwrap();
    let ours = text
        .lines()
        .filter(|line| !line.contains("reqwest") && !line.contains("hyper"));
    let ours: Vec<&str> = ours.collect();
    assert!(
        ours.iter().any(|line| line.contains("/v1/calendar/{file}")),
        "it was logged"
    );
    let leak = ours.iter().find(|line| line.contains(secret));
    assert_eq!(leak, None);
}
