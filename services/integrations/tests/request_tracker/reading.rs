//! What a ticket says of itself, whatever people did with it.

use integrations::psa::{Psa, PsaError, TicketState};
use serde_json::json;

use super::{both, draft, ids, note, reference};

#[tokio::test]
async fn notes_of_ours_and_of_people_are_told_apart_in_their_order() {
    let (rt, person) = both().await;
    let id = rt.create(&draft(&reference("notes"))).await.unwrap().id;
    rt.comment(&id, "90 days left").await.unwrap();
    let html = "<p>Ordered <b>five</b> more</p>";
    person.say(&id, "correspond", html, "text/html").await;
    person.comment_with_files(&id, "see the quote").await;
    person
        .say(&id, "comment", "90 days left", "text/plain")
        .await;
    person
        .set(&id, json!({"Owner": "person", "Priority": 7}))
        .await;
    rt.comment(&id, "30 days left").await.unwrap();
    let read = rt.read(&id).await.unwrap();
    let said: Vec<(bool, &str)> = read
        .notes
        .iter()
        .map(|note| (note.ours, note.text.trim()))
        .collect();
    assert_eq!(
        said,
        [
            (true, "90 days left"),
            (false, "Ordered five more"),
            (false, "see the quote"),
            (false, "90 days left"),
            (true, "30 days left"),
        ]
    );
    assert!(!read.has_time);
    assert_eq!(read.status, "open", "who is answered has an open ticket");
}

#[tokio::test]
async fn notes_are_read_beyond_a_page() {
    let (rt, person) = both().await;
    let id = rt.create(&draft(&reference("many"))).await.unwrap().id;
    rt.comment(&id, "first").await.unwrap();
    let said: Vec<String> = (1..=104).map(|n| n.to_string()).collect();
    for some in said.chunks(26) {
        person.say_all(&id, some).await;
    }
    rt.comment(&id, "last").await.unwrap();
    let mut expected = vec![note(true, "first")];
    expected.extend(said.iter().map(|text| note(false, text)));
    expected.push(note(true, "last"));
    assert_eq!(rt.read(&id).await.unwrap().notes, expected);
}

#[tokio::test]
async fn time_on_a_ticket_is_seen() {
    let (rt, person) = both().await;
    let id = rt.create(&draft(&reference("time"))).await.unwrap().id;
    person.set(&id, json!({"TimeWorked": 5})).await;
    let read = rt.read(&id).await.unwrap();
    assert!(read.has_time);
    assert_eq!(read.notes, []);
}

#[tokio::test]
async fn a_ticket_is_open_or_closed_as_its_queue_means_it() {
    let (rt, person) = both().await;
    let id = rt.create(&draft(&reference("state"))).await.unwrap().id;
    let vendors = reference("vendor");
    let fields = json!({"seatledger_ref": vendors});
    let vendors = person.make("Vendor", "theirs", fields).await;
    for (id, status, state) in [
        (&id, "open", TicketState::Open),
        (&id, "stalled", TicketState::Open),
        (&id, "resolved", TicketState::Closed),
        (&id, "open", TicketState::Open),
        (&id, "rejected", TicketState::Closed),
        (&vendors, "working", TicketState::Open),
        (&vendors, "done", TicketState::Closed),
    ] {
        person.set(id, json!({"Status": status})).await;
        let read = rt.read(id).await.unwrap();
        assert_eq!((read.state, read.status.as_str()), (state, status));
    }
    let found = rt.find(&reference("vendor")).await.unwrap();
    assert_eq!(ids(&found), [vendors]);
}

#[tokio::test]
async fn a_merged_ticket_says_into_which_and_leaves_that_alone() {
    let (rt, person) = both().await;
    let reference = reference("merged");
    let id = rt.create(&draft(&reference)).await.unwrap().id;
    let other = person.make("Licenses", "All about Acme", json!({})).await;
    person.set(&id, json!({"MergeInto": other})).await;
    let merged = TicketState::Merged {
        into: other.clone(),
    };
    assert_eq!(rt.read(&id).await.unwrap().state, merged);
    let found = rt.find(&reference).await.unwrap();
    assert_eq!(ids(&found), [id.as_str()]);
    assert_eq!(found[0].state, merged);

    let error = rt.close(&id, "over").await.unwrap_err();
    assert!(
        matches!(&error, PsaError::Refused(said) if said.contains(&other)),
        "{error}"
    );
    let others = rt.read(&other).await.unwrap();
    assert_eq!(others.state, TicketState::Open);
    assert_eq!(
        others.notes,
        [note(true, "Line one\nLine two")],
        "what became part of it"
    );
}

#[tokio::test]
async fn what_is_merged_into_our_ticket_is_a_persons_note_on_it() {
    let (rt, person) = both().await;
    let id = rt.create(&draft(&reference("into"))).await.unwrap().id;
    let other = person
        .make("Licenses", "Acme cannot print", json!({}))
        .await;
    person.set(&other, json!({"MergeInto": id})).await;
    let read = rt.read(&id).await.unwrap();
    assert_eq!(read.state, TicketState::Open);
    assert_eq!(read.notes, [note(false, "made by a person")]);
}

#[tokio::test]
async fn a_deleted_ticket_stays_deleted_and_is_found_by_its_id_alone() {
    let (rt, person) = both().await;
    let reference = reference("deleted");
    let id = rt.create(&draft(&reference)).await.unwrap().id;
    person.delete(&id).await;
    assert_eq!(rt.read(&id).await.unwrap().state, TicketState::Deleted);
    assert_eq!(rt.find(&reference).await.unwrap(), []);
    rt.close(&id, "over").await.unwrap();
    assert_eq!(rt.read(&id).await.unwrap().state, TicketState::Deleted);
}

#[tokio::test]
async fn a_ticket_that_never_was_is_not_found() {
    let (rt, _) = both().await;
    for id in ["99999999", "0", "", "new", "../queue/1", "1?x=2", "-1"] {
        assert!(
            matches!(rt.read(id).await, Err(PsaError::NotFound)),
            "read {id}"
        );
        assert!(
            matches!(rt.comment(id, "x").await, Err(PsaError::NotFound)),
            "comment {id}"
        );
        assert!(
            matches!(rt.close(id, "x").await, Err(PsaError::NotFound)),
            "close {id}"
        );
    }
}

#[tokio::test]
async fn a_ticket_that_was_moved_out_of_our_sight_is_neither_gone_nor_our_credentials_fault() {
    let (rt, person) = both().await;
    let id = rt.create(&draft(&reference("moved"))).await.unwrap().id;
    person.set(&id, json!({"Queue": "Elsewhere"})).await;
    for error in [
        rt.read(&id).await.unwrap_err(),
        rt.comment(&id, "x").await.unwrap_err(),
        rt.close(&id, "x").await.unwrap_err(),
    ] {
        assert!(
            matches!(&error, PsaError::Refused(said) if said.contains("ShowTicket")),
            "{error}"
        );
    }
}
