//! Tickets are made, and found again by nothing but their reference.

use embedded::testing;
use integrations::psa::request_tracker::Settings;
use integrations::psa::{Draft, Priorities, Psa, PsaError, TicketState};
use serde_json::json;

use super::{both, connect, draft, ids, note, person::Person, reference, settings};

#[tokio::test]
async fn a_ticket_is_made_as_drafted_and_found_by_its_reference() {
    let place = testing::request_tracker().await;
    let person = Person::new(&place);
    let rt = connect(Settings {
        requestor: Some("boss@acme.invalid".to_owned()),
        priorities: Priorities {
            high: Some(80),
            ..Priorities::default()
        },
        ..settings(&place)
    });
    let draft = draft(&reference("made"));
    let made = rt.create(&draft).await.unwrap();
    assert_eq!(made.state, TicketState::Open);
    assert_eq!(made.status, "new");
    assert_eq!(made.number, format!("#{}", made.id));
    let page = format!("{}/Ticket/Display.html?id={}", place.url, made.id);
    assert_eq!(made.url.as_ref().unwrap().as_str(), page);
    assert_eq!((made.notes.len(), made.has_time), (0, false));

    assert_eq!(
        rt.find(&draft.reference).await.unwrap(),
        std::slice::from_ref(&made)
    );
    assert_eq!(rt.read(&made.id).await.unwrap(), made);

    let seen = person.see(&made.id).await;
    assert_eq!(seen["Subject"], draft.subject);
    assert_eq!(seen["Priority"], "80");
    assert_eq!(seen["Requestor"][0]["id"], "boss@acme.invalid");
    assert_eq!(person.field(&made.id, "company").await, json!(["acme-17"]));
    assert_eq!(person.texts(&made.id).await, [draft.body]);
}

#[tokio::test]
async fn what_only_resembles_our_ticket_is_not_found() {
    let (rt, person) = both().await;
    let ours = reference("like");
    for (subject, fields) in [
        (ours.clone(), json!({})),
        (format!("Re: {ours}"), json!({"company": ours})),
        (
            "case".into(),
            json!({"seatledger_ref": ours.to_uppercase()}),
        ),
        (
            "longer".into(),
            json!({"seatledger_ref": format!("{ours}-2")}),
        ),
        (
            "shorter".into(),
            json!({"seatledger_ref": ours[..ours.len() - 1]}),
        ),
        ("wild".into(), json!({"seatledger_ref": "%"})),
    ] {
        person.make("Licenses", &subject, fields).await;
    }
    assert_eq!(rt.find(&ours).await.unwrap(), []);
}

#[tokio::test]
async fn a_reference_is_looked_for_as_it_is_whatever_its_characters() {
    let (rt, _) = both().await;
    for (name, odd) in [
        ("quote", "it's"),
        ("double", "\"quoted\""),
        ("backslash", "back\\slash\\"),
        ("injection", "' OR id > 0 OR 'a' = '"),
        ("amp", "a&b=c+d %20 #"),
        ("brace", "{CF.{x}}"),
    ] {
        let reference = format!("{} {odd}", reference(name));
        assert_eq!(rt.find(&reference).await.unwrap(), [], "{odd}");
        let made = rt.create(&draft(&reference)).await.unwrap();
        assert_eq!(ids(&rt.find(&reference).await.unwrap()), [made.id], "{odd}");
    }
}

#[tokio::test]
async fn tickets_with_one_reference_are_found_the_oldest_first() {
    let (rt, person) = both().await;
    let reference = reference("twice");
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(rt.create(&draft(&reference)).await.unwrap().id);
    }
    person.set(&made[0], json!({"Status": "resolved"})).await;
    person
        .set(&made[1], json!({"Subject": "renamed", "Queue": "Vendor"}))
        .await;
    assert_eq!(ids(&rt.find(&reference).await.unwrap()), made);
}

#[tokio::test]
async fn any_text_arrives_as_it_was() {
    let (rt, person) = both().await;
    let long = "Zeile mit Ümläuten, 漢字 und 🦀\n".repeat(3_000);
    assert!(long.len() > 100_000);
    for (name, text) in [
        ("unicode", "Größe: 5 € — “quoted” 漢字 🦀 e\u{301}"),
        ("html", "<script>alert(1)</script> & <b>bold</b> &amp;"),
        (
            "lines",
            "one\n\n  indented\n-- \nnot a signature\n> not a quote\n\ttab",
        ),
        ("from", "From the start\nFrom: x\nSubject: y\n\n.\n"),
        ("long", &long),
    ] {
        let mut draft = draft(&reference(name));
        draft.body = text.to_owned();
        let subject: String = text.chars().take(rt.limits().subject_length_max).collect();
        draft.subject = subject.replace(['\n', '\t'], " ");
        let id = rt.create(&draft).await.unwrap().id;
        rt.comment(&id, text).await.unwrap();
        assert_eq!(person.texts(&id).await, [text, text], "{name}");
        let seen = person.see(&id).await["Subject"].clone();
        let seen = seen.as_str().unwrap().trim_end_matches('…');
        assert!(
            draft.subject.starts_with(seen) && seen.len() > 15,
            "{name}: {seen}"
        );
        let read = rt.read(&id).await.unwrap();
        assert!(read.notes == [note(true, text)], "{name}");
    }
}

#[tokio::test]
async fn a_ticket_that_would_not_be_found_again_is_an_error() {
    let place = testing::request_tracker().await;
    let rt = connect(Settings {
        token: place.powerless.clone().into(),
        ..settings(&place)
    });
    let error = rt.create(&draft(&reference("lost"))).await.unwrap_err();
    assert!(
        matches!(&error, PsaError::Refused(said) if said.contains("SetInitialCustomField") && said.contains('#')),
        "{error}"
    );
    let error = rt
        .create(&Draft {
            subject: String::new(),
            ..draft(&reference("x"))
        })
        .await;
    assert!(error.is_err());
}

#[tokio::test]
async fn another_queue_refuses_new_tickets_as_its_administrator_decided() {
    let place = testing::request_tracker().await;
    let rt = connect(Settings {
        queue: "Elsewhere".to_owned(),
        ..settings(&place)
    });
    let error = rt.create(&draft(&reference("queue"))).await.unwrap_err();
    assert!(
        matches!(&error, PsaError::Unauthorized(said) if said.contains("Elsewhere")),
        "{error}"
    );
}
