//! Notes and the end of a ticket.

use embedded::testing;
use integrations::psa::request_tracker::Settings;
use integrations::psa::{Psa, PsaError, TicketState};
use serde_json::json;

use super::{both, connect, draft, ids, note, reference, settings};

#[tokio::test]
async fn a_ticket_is_closed_with_a_note() {
    let (rt, person) = both().await;
    let reference = reference("close");
    let id = rt.create(&draft(&reference)).await.unwrap().id;
    rt.close(&id, "back within the license").await.unwrap();
    let read = rt.read(&id).await.unwrap();
    assert_eq!(read.state, TicketState::Closed);
    assert_eq!(read.status, "resolved");
    assert_eq!(read.notes, [note(true, "back within the license")]);
    assert_eq!(ids(&rt.find(&reference).await.unwrap()), [id.as_str()]);

    rt.close(&id, "again").await.unwrap();
    person.set(&id, json!({"Status": "rejected"})).await;
    rt.close(&id, "once more").await.unwrap();
    let read = rt.read(&id).await.unwrap();
    assert_eq!(read.status, "rejected", "a person's word stays");
    assert_eq!(read.notes.len(), 3);
}

#[tokio::test]
async fn closing_says_when_the_queue_has_no_such_status() {
    let place = testing::request_tracker().await;
    let rt = connect(Settings {
        closed_status: "finished".to_owned(),
        ..settings(&place)
    });
    let id = rt.create(&draft(&reference("status"))).await.unwrap().id;
    let error = rt.close(&id, "over").await.unwrap_err();
    assert!(
        matches!(&error, PsaError::Refused(said) if said.contains("\"finished\"")),
        "{error}"
    );
    assert_eq!(rt.read(&id).await.unwrap().state, TicketState::Open);
}

#[tokio::test]
async fn notes_without_the_right_to_write_them_are_refused_with_the_remedy() {
    let place = testing::request_tracker().await;
    let id = connect(settings(&place))
        .create(&draft(&reference("right")))
        .await
        .unwrap()
        .id;
    let rt = connect(Settings {
        token: place.powerless.clone().into(),
        ..settings(&place)
    });
    let error = rt.comment(&id, "x").await.unwrap_err();
    assert!(
        matches!(&error, PsaError::Refused(said) if said.contains("CommentOnTicket")),
        "{error}"
    );
}
