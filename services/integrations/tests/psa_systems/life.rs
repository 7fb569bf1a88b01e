//! The life of a ticket, from ours and from a person's side.

use std::time::Duration;

use integrations::psa::{Note, PsaError, TicketState, Urgency};
use simulators::{COMPANIES, Kind};

use crate::bench::{Bench, draft};

pub(crate) async fn settings_that_serve_pass(bench: Bench) {
    bench.psa.check().await.unwrap();
    bench
        .simulator
        .person_creates(COMPANIES[0], "Printer", None);
    bench.psa.check().await.unwrap();
    let limits = bench.psa.limits();
    assert!(limits.calls_per_hour > 0 && limits.subject_length_max >= 100);
    assert_eq!(bench.simulator.tickets().len(), 1);
    bench.was_proper();
}

pub(crate) async fn what_is_made_is_found_again(bench: Bench) {
    let draft = draft("sl-1");
    let made = bench.psa.create(&draft).await.unwrap();
    assert_eq!(made.state, TicketState::Open);
    assert_eq!((made.notes.len(), made.has_time), (0, false));
    assert!(!made.number.is_empty());
    assert!(made.url.as_ref().unwrap().as_str().contains(&made.id));

    let [kept] = &bench.simulator.tickets()[..] else {
        panic!("one ticket")
    };
    assert_eq!(kept.subject, draft.subject);
    assert!(kept.body.starts_with(&draft.body), "{}", kept.body);
    assert_eq!(kept.company.to_string(), draft.company);
    assert_eq!(kept.reference.as_deref(), Some("sl-1"));

    let read = bench.psa.read(&made.id).await.unwrap();
    assert_eq!(
        (&read.id, &read.number, &read.url),
        (&made.id, &made.number, &made.url)
    );
    assert_eq!(read.state, TicketState::Open);
    assert_eq!(read.notes, []);
    assert_eq!(bench.psa.find("sl-1").await.unwrap(), [read]);
    bench.was_proper();
}

pub(crate) async fn a_subject_finds_nothing(bench: Bench) {
    let subject = draft("sl-1").subject;
    bench.simulator.person_creates(COMPANIES[0], &subject, None);
    bench
        .simulator
        .person_creates(COMPANIES[0], "about sl-1", None);
    bench
        .simulator
        .person_creates(COMPANIES[0], &subject, Some("sl-12"));
    assert_eq!(bench.psa.find("sl-1").await.unwrap(), []);
    bench.was_proper();
}

pub(crate) async fn all_of_one_reference_come_oldest_first(bench: Bench) {
    let made = bench.psa.create(&draft("sl-1")).await.unwrap();
    bench.psa.create(&draft("sl-2")).await.unwrap();
    let copy = bench
        .simulator
        .person_creates(COMPANIES[1], "a copy", Some("sl-1"));
    bench.simulator.person_closes(&made.id);
    let found = bench.psa.find("sl-1").await.unwrap();
    let ids: Vec<&str> = found.iter().map(|ticket| ticket.id.as_str()).collect();
    assert_eq!(ids, [&made.id, &copy]);
    assert_eq!(found[0].state, TicketState::Closed);
    assert_eq!(found[1].state, TicketState::Open);
    bench.was_proper();
}

pub(crate) async fn our_notes_come_back_as_they_were(bench: Bench) {
    let id = bench.psa.create(&draft("sl-1")).await.unwrap().id;
    let texts = [
        "30 days are left.",
        "Now <b>5</b> short & \"growing\";\n\n  see https://seats.example/?a=1&b=2 – ü",
    ];
    for text in texts {
        bench.psa.comment(&id, text).await.unwrap();
    }
    let ours = texts.map(|text| Note {
        ours: true,
        text: text.to_owned(),
    });
    assert_eq!(bench.psa.read(&id).await.unwrap().notes, ours);
    bench.was_proper();
}

pub(crate) async fn what_a_person_does_is_seen(bench: Bench) {
    let id = bench.psa.create(&draft("sl-1")).await.unwrap().id;
    bench.psa.comment(&id, "30 days are left.").await.unwrap();
    bench.simulator.person_notes(&id, "Ordered 4 < 5 seats");
    bench.simulator.person_starts(&id);
    let read = bench.psa.read(&id).await.unwrap();
    assert_eq!(read.state, TicketState::Open);
    let authors: Vec<bool> = read.notes.iter().map(|note| note.ours).collect();
    assert_eq!(authors, [true, false]);
    assert_eq!(read.notes[1].text.trim(), "Ordered 4 < 5 seats");
    assert!(!read.has_time);
    let before = bench.psa.create(&draft("sl-2")).await.unwrap().id;
    bench.simulator.person_enters_time(&id, 15);
    assert!(bench.psa.read(&id).await.unwrap().has_time);
    assert!(!bench.psa.read(&before).await.unwrap().has_time);
    bench.was_proper();
}

pub(crate) async fn we_close_with_a_reason(bench: Bench) {
    let id = bench.psa.create(&draft("sl-1")).await.unwrap().id;
    bench.psa.close(&id, "4 seats were bought.").await.unwrap();
    let read = bench.psa.read(&id).await.unwrap();
    assert_eq!(read.state, TicketState::Closed);
    let reason = Note {
        ours: true,
        text: "4 seats were bought.".to_owned(),
    };
    assert_eq!(read.notes, [reason]);
    assert!(!read.status.is_empty());
    assert_eq!(bench.psa.find("sl-1").await.unwrap(), [read]);
    bench.psa.close(&id, "Again.").await.unwrap();
    bench.was_proper();
}

pub(crate) async fn a_person_closes_and_opens_again(bench: Bench) {
    let id = bench.psa.create(&draft("sl-1")).await.unwrap().id;
    bench.simulator.person_closes(&id);
    assert_eq!(
        bench.psa.read(&id).await.unwrap().state,
        TicketState::Closed
    );
    bench.simulator.person_reopens(&id);
    assert_eq!(bench.psa.read(&id).await.unwrap().state, TicketState::Open);
    bench.was_proper();
}

pub(crate) async fn a_merged_ticket_names_the_other(bench: Bench) {
    let id = bench.psa.create(&draft("sl-1")).await.unwrap().id;
    let into = bench
        .simulator
        .person_creates(COMPANIES[0], "All of Adobe", None);
    bench.simulator.person_merges(&id, &into);
    let merged = TicketState::Merged { into };
    assert_eq!(bench.psa.read(&id).await.unwrap().state, merged);
    assert_eq!(bench.psa.find("sl-1").await.unwrap()[0].state, merged);
    bench.was_proper();
}

pub(crate) async fn what_is_thrown_away_is_gone(bench: Bench) {
    let id = bench.psa.create(&draft("sl-1")).await.unwrap().id;
    bench.simulator.person_deletes(&id);
    match bench.psa.read(&id).await {
        Err(PsaError::NotFound) => {}
        read => assert_eq!(read.unwrap().state, TicketState::Deleted),
    }
    for ticket in bench.psa.find("sl-1").await.unwrap() {
        assert_eq!(ticket.state, TicketState::Deleted);
    }
    let comment = bench.psa.comment(&id, "30 days are left.").await;
    assert!(matches!(comment, Err(PsaError::NotFound)), "{comment:?}");
    let close = bench.psa.close(&id, "Bought.").await;
    assert!(matches!(close, Err(PsaError::NotFound)), "{close:?}");
    bench.was_proper();
}

pub(crate) async fn what_never_was_is_not_found(bench: Bench) {
    assert_eq!(bench.psa.find("sl-1").await.unwrap(), []);
    for id in ["4711", "abc", "", "../1", "1/notes", "-1"] {
        let read = bench.psa.read(id).await;
        assert!(matches!(read, Err(PsaError::NotFound)), "{id}: {read:?}");
        let comment = bench.psa.comment(id, "Bought.").await;
        assert!(
            matches!(comment, Err(PsaError::NotFound)),
            "{id}: {comment:?}"
        );
        let close = bench.psa.close(id, "Bought.").await;
        assert!(matches!(close, Err(PsaError::NotFound)), "{id}: {close:?}");
    }
    bench.was_proper();
}

pub(crate) async fn a_new_ticket_is_seen_when_the_index_has_it(bench: Bench) {
    let lag = Duration::from_secs(60);
    bench.simulator.search_lags(lag);
    let made = bench.psa.create(&draft("sl-1")).await.unwrap();
    assert_eq!(bench.psa.find("sl-1").await.unwrap(), []);
    bench.simulator.advance(lag);
    assert_eq!(bench.psa.find("sl-1").await.unwrap()[0].id, made.id);
    if bench.simulator.kind == Kind::Zammad {
        assert!(bench.psa.limits().search_lag > lag);
    }
}

pub(crate) async fn a_search_that_ignores_what_it_is_asked_is_not_believed(bench: Bench) {
    bench.simulator.ignore_filters();
    for number in 0..5 {
        bench
            .simulator
            .person_creates(COMPANIES[0], "Printer", Some(&format!("x-{number}")));
    }
    assert_eq!(bench.psa.find("sl-1").await.unwrap(), []);
    let made = bench.psa.create(&draft("sl-1")).await.unwrap();
    assert_eq!(bench.psa.find("sl-1").await.unwrap()[0].id, made.id);
    // More than a page: whether a ticket has the reference is not known, and "none" would make a second one.
    for _ in 0..120 {
        bench
            .simulator
            .person_creates(COMPANIES[0], "Printer", None);
    }
    let found = bench.psa.find("sl-2").await;
    assert!(matches!(found, Err(PsaError::Garbled(_))), "{found:?}");
    bench.was_proper();
}

pub(crate) async fn urgency_becomes_a_priority(bench: Bench) {
    for (urgency, reference) in [
        (Urgency::Low, "sl-1"),
        (Urgency::Normal, "sl-2"),
        (Urgency::High, "sl-3"),
    ] {
        let draft = integrations::psa::Draft {
            urgency,
            ..draft(reference)
        };
        bench.psa.create(&draft).await.unwrap();
    }
    let priorities: Vec<Option<u64>> = bench
        .simulator
        .tickets()
        .iter()
        .map(|ticket| ticket.priority)
        .collect();
    let normal = (bench.simulator.kind == Kind::Autotask).then_some(1);
    assert_eq!(priorities, [Some(2), normal, Some(4)]);
    bench.was_proper();
}

pub(crate) async fn long_texts_fit(bench: Bench) {
    let mut draft = draft("sl-1");
    draft.subject = "ä".repeat(400);
    draft.body = "Line ü\n".repeat(3_000);
    let id = bench.psa.create(&draft).await.unwrap().id;
    let kept = &bench.simulator.tickets()[0];
    assert!(kept.subject.chars().count() <= bench.psa.limits().subject_length_max);
    assert!(kept.subject.ends_with('…'));
    bench
        .psa
        .comment(&id, &"Line ü\n".repeat(3_000))
        .await
        .unwrap();
    bench.was_proper();
}

pub(crate) async fn an_unknown_company_makes_no_ticket(bench: Bench) {
    for company in ["999", "Contoso", ""] {
        let mut draft = draft("sl-1");
        company.clone_into(&mut draft.company);
        let made = bench.psa.create(&draft).await;
        // Autotask tells what it does not accept by the status of a failure.
        let told = match &made {
            Err(PsaError::Refused(_)) => true,
            Err(PsaError::Failed { .. }) => bench.simulator.kind == Kind::Autotask,
            _ => false,
        };
        assert!(told, "{company}: {made:?}");
    }
    assert_eq!(bench.simulator.tickets(), []);
}

pub(crate) async fn a_reference_that_means_more_is_never_sent(bench: Bench) {
    bench.psa.create(&draft("sl-1")).await.unwrap();
    for reference in ["sl-1\" or id>0 or summary=\"", "sl-*", "* OR *", "sl-1&x=y"] {
        match bench.psa.find(reference).await {
            Err(PsaError::Refused(_)) => {}
            found => assert_eq!(found.unwrap(), [], "{reference}"),
        }
    }
    bench.was_proper();
}
