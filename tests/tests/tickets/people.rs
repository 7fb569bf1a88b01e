//! Tickets that people work on, close and ask for.

use serde_json::json;

use crate::desk::{Desk, UNTIL_READ_AGAIN, a_while, until};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_works_on_is_not_closed_but_told() {
    let desk = Desk::start("2026-06-01T10:00:00Z").await;
    let (_alerts, _integrations) = (desk.inside.alerts().await, desk.inside.integrations());
    let (integration, person) = desk.request_tracker().await;
    desk.turn_on(integration, "each").await;
    let company = desk.company().await;
    let values = json!({"total_seats": 25, "assigned_seats": 27, "expiry_date": "2027-06-30"});
    let license = desk.license(company.id, "Office", values).await;
    let ticket = desk.statuses(&person, &company, &["new"]).await.remove(0);
    desk.events("TicketOpened", 1).await;
    person.comments(&ticket, "I called them.").await;
    let said = person.texts(&ticket).await.len();

    desk.change(license, json!({"total_seats": 27})).await;
    let told = desk.events("TicketCommented", 1).await;
    assert_eq!(told[0]["what"], "told that it is solved");
    let changed = desk.events("TicketChanged", 1).await;
    assert_eq!(changed[0]["to"], "taken_over");
    desk.pass(UNTIL_READ_AGAIN);
    a_while().await;
    let open = person.tickets_of(&company.external).await;
    assert_eq!(open.len(), 1);
    assert_ne!(open[0].1, "resolved");
    let texts = person.texts(&ticket).await;
    assert_eq!(texts.len(), said + 1, "{texts:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_closes_is_acknowledged_until_it_gets_worse() {
    let desk = Desk::start("2026-06-01T10:00:00Z").await;
    let (_alerts, _integrations) = (desk.inside.alerts().await, desk.inside.integrations());
    let (integration, person) = desk.request_tracker().await;
    desk.turn_on(integration, "each").await;
    let company = desk.company().await;
    let values = json!({"total_seats": 25, "assigned_seats": 27, "expiry_date": "2027-06-30"});
    let license = desk.license(company.id, "Office", values).await;
    let ticket = desk.statuses(&person, &company, &["new"]).await.remove(0);
    desk.events("TicketOpened", 1).await;
    person.resolves(&ticket).await;

    desk.pass(UNTIL_READ_AGAIN);
    let acknowledged = desk.events("AlertAcknowledged", 1).await;
    assert_eq!(acknowledged[0]["integration_id"], json!(integration));
    let changed = desk.events("TicketChanged", 1).await;
    assert_eq!(changed[0]["to"], "closed_by_person");
    desk.pass(UNTIL_READ_AGAIN);
    a_while().await;
    desk.statuses(&person, &company, &["resolved"]).await;

    desk.change(license, json!({"assigned_seats": 30})).await;
    let second = desk
        .statuses(&person, &company, &["resolved", "new"])
        .await
        .remove(1);
    let description = person.texts(&second).await.remove(0);
    assert!(
        description.contains(&format!("/Ticket/Display.html?id={ticket}")),
        "{description}"
    );
    desk.events("TicketOpened", 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_by_hand_stands_in_the_timeline_with_its_link_until_it_is_cleared() {
    let desk = Desk::start("2026-06-01T10:00:00Z").await;
    let (_alerts, _integrations) = (desk.inside.alerts().await, desk.inside.integrations());
    let (integration, person) = desk.request_tracker().await;
    desk.turn_on(integration, "each").await;
    let company = desk.company().await;
    let values = json!({"total_seats": 25, "assigned_seats": 25, "expiry_date": "2027-06-30"});
    let license = desk.license(company.id, "Office", values).await;
    let note = "Ask them how many seats they need next year";
    let body = json!({"integration_id": integration, "note": note});
    let path = format!("/v1/assets/{license}/tickets");
    let asked = desk.api().post(&path, body).await.good();
    let ticket = desk.statuses(&person, &company, &["new"]).await.remove(0);
    let description = person.texts(&ticket).await.remove(0);
    assert!(description.contains(note), "{description}");

    let path = format!("/v1/assets/{license}/timeline");
    let opened = until("the timeline shows the ticket", async || {
        let entries = desk.list(&path).await;
        let has = |kind: &str| entries.iter().any(|entry| entry["type"] == kind);
        let opened = entries.iter().find(|entry| entry["type"] == "TicketOpened");
        opened
            .filter(|_| has("AlertRaised") && has("TicketRequested"))
            .cloned()
    })
    .await;
    let url = opened["details"]["ticket"]["url"]
        .as_str()
        .unwrap_or_default();
    assert!(
        url.ends_with(&format!("Display.html?id={ticket}")),
        "{opened}"
    );

    let alert = asked["id"].as_str().unwrap();
    let path = format!("/v1/alerts/{alert}/clear");
    let _ = desk.api().post(&path, json!({})).await.good();
    desk.statuses(&person, &company, &["resolved"]).await;
}
