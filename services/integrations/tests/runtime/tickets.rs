use std::time::Duration;

use domain::{Event, company::ExternalId, ids::AssetId, integration::Backlog};
use integrations::psa::TicketState;
use uuid::Uuid;

use crate::{
    stage::{Stage, a_while, ending, short, until},
    system::Fault,
};

#[tokio::test]
async fn an_alert_gets_a_ticket_notes_and_its_end_and_the_ledger_knows() {
    let stage = Stage::new(1).await;
    let _running = stage.run();
    let msp = stage.with_tickets(1).await;
    let asset = AssetId(Uuid::now_v7());
    let first = ending(&msp, asset, 60);
    let alert = stage.raise(&msp, &first, 1).await;
    let made = until("a ticket", async || msp.system.open().pop()).await;
    assert_eq!(made.draft.company, msp.company.to_string());
    assert!(
        made.draft.subject.contains("Acme"),
        "{}",
        made.draft.subject
    );
    until("the ledger", async || {
        let events = stage.events(&msp, alert.0).await;
        (events.last()? == "TicketOpened").then_some(())
    })
    .await;
    let second = ending(&msp, asset, 30);
    stage.worsen(&msp, alert, &first, &second).await;
    until("a note", async || {
        let open = msp.system.open();
        (open.first()?.shown.notes.len() == 1).then_some(())
    })
    .await;
    until("the ledger", async || {
        let events = stage.events(&msp, alert.0).await;
        (events.last()? == "TicketCommented").then_some(())
    })
    .await;
    stage.clear(&msp, alert).await;
    until("its end", async || {
        msp.system.open().is_empty().then_some(())
    })
    .await;
    until("the ledger", async || {
        let events = stage.events(&msp, alert.0).await;
        (events.last()? == "TicketChanged").then_some(())
    })
    .await;
    let events = stage.events(&msp, alert.0).await;
    let expected = [
        "AlertRaised",
        "TicketOpened",
        "AlertChanged",
        "TicketCommented",
        "AlertCleared",
        "TicketChanged",
    ];
    assert_eq!(events, expected);
    // The next term starts afresh.
    stage.raise(&msp, &ending(&msp, asset, 60), 2).await;
    until("a second ticket", async || msp.system.open().pop()).await;
    assert_eq!(msp.system.tickets().len(), 2);
}

#[tokio::test]
async fn one_that_a_person_works_on_is_told_and_stays_open() {
    let stage = Stage::new(1).await;
    let _running = stage.run();
    let msp = stage.with_tickets(1).await;
    let alert = stage.raise(&msp, &short(&msp, "visio", 3), 1).await;
    let made = until("a ticket", async || msp.system.open().pop()).await;
    msp.system.person_writes(&made.shown.id);
    stage.clear(&msp, alert).await;
    until("a note", async || {
        (msp.system.open().first()?.shown.notes.len() == 2).then_some(())
    })
    .await;
    a_while().await;
    let open = msp.system.open();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].shown.notes.len(), 2);
    assert!(
        open[0].shown.notes[1].text.contains("stays open"),
        "{:?}",
        open[0].shown.notes
    );
}

#[tokio::test]
async fn closed_by_a_person_it_is_acknowledged_until_it_worsens() {
    let stage = Stage::new(1).await;
    let _running = stage.run();
    let msp = stage.with_tickets(1).await;
    let finding = short(&msp, "visio", 3);
    let alert = stage.raise(&msp, &finding, 1).await;
    let made = until("a ticket", async || msp.system.open().pop()).await;
    msp.system
        .change(&made.shown.id, |ticket| ticket.state = TicketState::Closed);
    stage.clock.advance(Duration::from_secs(11 * 60));
    until("an acknowledgement", async || {
        let events = stage.events(&msp, alert.0).await;
        events
            .iter()
            .any(|event| event == "AlertAcknowledged")
            .then_some(())
    })
    .await;
    a_while().await;
    assert_eq!(msp.system.tickets().len(), 1);
    stage
        .worsen(&msp, alert, &finding, &short(&msp, "visio", 5))
        .await;
    let again = until("a new ticket", async || msp.system.open().pop()).await;
    assert!(again.draft.reference.ends_with("-2"));
    assert!(again.draft.body.contains(&made.shown.number));
}

#[tokio::test]
async fn one_that_was_thrown_away_is_not_made_again() {
    let stage = Stage::new(1).await;
    let _running = stage.run();
    let msp = stage.with_tickets(1).await;
    let finding = short(&msp, "visio", 3);
    let alert = stage.raise(&msp, &finding, 1).await;
    let made = until("a ticket", async || msp.system.open().pop()).await;
    msp.system
        .change(&made.shown.id, |ticket| ticket.state = TicketState::Deleted);
    stage
        .worsen(&msp, alert, &finding, &short(&msp, "visio", 5))
        .await;
    until("the ledger", async || {
        let events = stage.events(&msp, alert.0).await;
        (events.last()? == "TicketChanged").then_some(())
    })
    .await;
    stage
        .worsen(&msp, alert, &finding, &short(&msp, "visio", 7))
        .await;
    a_while().await;
    assert_eq!(msp.system.tickets().len(), 1);
}

#[tokio::test]
async fn a_merged_one_is_followed_and_not_closed() {
    let stage = Stage::new(1).await;
    let _running = stage.run();
    let msp = stage.with_tickets(1).await;
    let alert = stage.raise(&msp, &short(&msp, "visio", 3), 1).await;
    let one = until("a ticket", async || msp.system.open().pop()).await;
    stage.raise(&msp, &short(&msp, "project", 3), 1).await;
    until("two tickets", async || {
        (msp.system.open().len() == 2).then_some(())
    })
    .await;
    let into = msp.system.tickets()[1].shown.id.clone();
    msp.system.change(&one.shown.id, |ticket| {
        ticket.state = TicketState::Merged { into }
    });
    stage.clear(&msp, alert).await;
    until("a note on the other", async || {
        (msp.system.tickets()[1].shown.notes.len() == 1).then_some(())
    })
    .await;
    until("the ledger", async || {
        let events = stage.events(&msp, alert.0).await;
        events
            .iter()
            .any(|event| event == "TicketMerged")
            .then_some(())
    })
    .await;
    assert_eq!(msp.system.open().len(), 1);
}

#[tokio::test]
async fn without_an_id_there_it_waits_and_goes_on_when_it_is_linked() {
    let stage = Stage::new(1).await;
    let _running = stage.run();
    let msp = stage.with_tickets(1).await;
    stage.names.unlinked.lock().unwrap().insert(msp.company);
    stage.raise(&msp, &short(&msp, "visio", 3), 1).await;
    let parked = until("a parked ticket", async || {
        let parked = stage
            .desk
            .parked(msp.tenant, msp.integration, None, 10)
            .await
            .unwrap();
        parked.into_iter().next()
    })
    .await;
    assert!(parked.why.starts_with("no PSA company"), "{}", parked.why);
    assert_eq!(parked.company, Some(msp.company));
    assert_eq!(msp.system.calls(), 0);
    stage.names.unlinked.lock().unwrap().clear();
    let external_id = ExternalId {
        system: "zammad".to_owned(),
        id: "7".to_owned(),
    };
    stage
        .record(&msp, msp.company.0, Event::ExternalIdLinked { external_id })
        .await;
    until("a ticket", async || msp.system.open().pop()).await;
    let parked = stage
        .desk
        .parked(msp.tenant, msp.integration, None, 10)
        .await
        .unwrap();
    assert_eq!(parked, []);
}

#[tokio::test]
async fn a_dry_run_shows_its_backlog_and_a_summary_tells_it_once_a_company() {
    let stage = Stage::new(1).await;
    let _running = stage.run();
    let settings = [("url", "https://tickets.example/"), ("group", "Licenses")];
    let msp = stage.msp("zammad", &settings, 1).await;
    let finding = short(&msp, "visio", 3);
    let alert = stage.raise(&msp, &finding, 1).await;
    let other = stage.raise(&msp, &short(&msp, "project", 2), 1).await;
    until("a backlog", async || {
        let backlog = stage
            .desk
            .backlog(msp.tenant, msp.integration, None, 10)
            .await
            .unwrap();
        (backlog.len() == 2).then_some(())
    })
    .await;
    assert_eq!(msp.system.calls(), 0);
    stage.turn_on(&msp, Backlog::Summary).await;
    let summary = until("a summary", async || msp.system.open().pop()).await;
    assert!(
        summary.draft.subject.contains("2 findings"),
        "{}",
        summary.draft.subject
    );
    a_while().await;
    assert_eq!(msp.system.tickets().len(), 1);
    // What gets worse later has a ticket of its own.
    stage
        .worsen(&msp, alert, &finding, &short(&msp, "visio", 5))
        .await;
    until("a ticket of its own", async || {
        (msp.system.open().len() == 2).then_some(())
    })
    .await;
    stage.clear(&msp, other).await;
    until("the summary's end", async || {
        (msp.system.open().len() == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn refused_credentials_pause_it_until_they_are_changed() {
    let stage = Stage::new(1).await;
    let _running = stage.run();
    let msp = stage.with_tickets(1).await;
    msp.system.refuse_credentials(true);
    stage.raise(&msp, &short(&msp, "visio", 3), 1).await;
    until("a pause", async || {
        let standing = stage
            .desk
            .standing(msp.tenant, msp.integration)
            .await
            .unwrap();
        standing?.paused_because
    })
    .await;
    let calls = msp.system.calls();
    stage.raise(&msp, &short(&msp, "project", 3), 1).await;
    a_while().await;
    assert_eq!(msp.system.calls(), calls, "a locked account helps nobody");
    msp.system.refuse_credentials(false);
    let command = domain::Command::StoreIntegrationSecret {
        id: msp.integration,
        name: "token".to_owned(),
        sealed: domain::value::SecretRef {
            secret_id: domain::ids::SecretId(Uuid::now_v7()),
            version: 1,
        },
    };
    stage.submit(&msp, command).await;
    stage.clock.advance(Duration::from_secs(60));
    until("both tickets", async || {
        (msp.system.open().len() == 2).then_some(())
    })
    .await;
    let standing = stage
        .desk
        .standing(msp.tenant, msp.integration)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(standing.paused_because, None);
}

#[tokio::test]
async fn it_waits_as_long_as_it_is_asked_to() {
    let stage = Stage::new(1).await;
    let _running = stage.run();
    let msp = stage.with_tickets(1).await;
    msp.system.fail_next(Fault::Busy(120));
    stage.raise(&msp, &short(&msp, "visio", 3), 1).await;
    until("a call", async || (msp.system.calls() > 0).then_some(())).await;
    a_while().await;
    assert_eq!(msp.system.calls(), 1);
    stage.clock.advance(Duration::from_secs(121));
    until("a ticket", async || msp.system.open().pop()).await;
}

#[tokio::test]
async fn two_services_make_one_ticket() {
    let stage = Stage::new(1).await;
    let first = stage.run();
    let _second = stage.run();
    let msp = stage.with_tickets(1).await;
    stage.raise(&msp, &short(&msp, "visio", 3), 1).await;
    until("a ticket", async || msp.system.open().pop()).await;
    a_while().await;
    assert_eq!(msp.system.tickets().len(), 1);
    drop(first);
    stage.raise(&msp, &short(&msp, "project", 3), 1).await;
    until("the other's ticket", async || {
        (msp.system.open().len() == 2).then_some(())
    })
    .await;
    a_while().await;
    assert_eq!(msp.system.tickets().len(), 2);
}

#[tokio::test]
async fn renewals_of_one_vendor_and_day_share_a_ticket() {
    let stage = Stage::new(1).await;
    let _running = stage.run();
    let msp = stage.with_tickets(1).await;
    let mut alerts = Vec::new();
    for _ in 0..3 {
        let finding = ending(&msp, AssetId(Uuid::now_v7()), 60);
        alerts.push(stage.raise(&msp, &finding, 1).await);
    }
    until("a ticket", async || msp.system.open().pop()).await;
    for alert in &alerts {
        until("the ledger knows", async || {
            let events = stage.events(&msp, alert.0).await;
            events
                .iter()
                .any(|event| event == "TicketOpened")
                .then_some(())
        })
        .await;
    }
    assert_eq!(msp.system.tickets().len(), 1);
    for alert in alerts {
        assert_eq!(msp.system.open().len(), 1);
        stage.clear(&msp, alert).await;
        a_while().await;
    }
    until("its end", async || {
        msp.system.open().is_empty().then_some(())
    })
    .await;
}
