//! From the cause to its end.

use chrono::TimeDelta;
use serde_json::json;

use crate::desk::{Desk, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_shortage_has_one_ticket_which_is_resolved_with_it_and_the_next_names_it() {
    let desk = Desk::start("2026-06-01T10:00:00Z").await;
    let (_alerts, _integrations) = (desk.inside.alerts().await, desk.inside.integrations());
    let (integration, person) = desk.request_tracker().await;
    desk.turn_on(integration, "each").await;
    let company = desk.company().await;
    let values = json!({"total_seats": 25, "assigned_seats": 27, "expiry_date": "2027-06-30"});
    let license = desk.license(company.id, "Office", values).await;
    let first = desk.statuses(&person, &company, &["new"]).await.remove(0);
    let seen = person.see(&first).await;
    assert!(
        seen["Subject"].as_str().unwrap().contains("Office"),
        "{seen}"
    );

    desk.change(license, json!({"total_seats": 27})).await;
    desk.statuses(&person, &company, &["resolved"]).await;
    desk.change(license, json!({"assigned_seats": 29})).await;
    let second = desk
        .statuses(&person, &company, &["resolved", "new"])
        .await
        .remove(1);
    let description = person.texts(&second).await.remove(0);
    let link = format!("/Ticket/Display.html?id={first}");
    assert!(description.contains(&link), "{description}");

    // As the account sees it: the alert's present ticket.
    let path = format!("/v1/tickets?company={}", company.id);
    let ticket = until("it is listed", async || {
        let mut tickets = desk.list(&path).await;
        assert!(tickets.len() <= 1, "{tickets:?}");
        tickets
            .pop()
            .filter(|ticket| ticket["ticket_id"] == *second)
    })
    .await;
    assert_eq!(ticket["standing"], "open");
    assert_eq!(ticket["alert"]["occurrence"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_has_one_ticket_a_term_with_a_comment_at_the_later_day() {
    let desk = Desk::start("2026-06-01T10:00:00Z").await;
    let (_alerts, _integrations) = (desk.inside.alerts().await, desk.inside.integrations());
    let (integration, person) = desk.request_tracker().await;
    desk.turn_on(integration, "each").await;
    let company = desk.company().await;
    let values = json!({"total_seats": 25, "assigned_seats": 25, "expiry_date": "2026-07-31"});
    let license = desk.license(company.id, "Office", values).await;
    let ticket = desk.statuses(&person, &company, &["new"]).await.remove(0);
    let said = person.texts(&ticket).await.len();

    desk.pass(TimeDelta::days(30));
    desk.events("TicketCommented", 1).await;
    desk.statuses(&person, &company, &["new"]).await;
    let texts = person.texts(&ticket).await;
    assert_eq!(texts.len(), said + 1, "{texts:#?}");

    let path = format!("/v1/assets/{license}/renew");
    let renewed = desk
        .api()
        .post(&path, json!({"expiry_date": "2027-07-31"}))
        .await;
    let _ = renewed.good();
    desk.statuses(&person, &company, &["resolved"]).await;
    desk.inside.set_clock("2027-06-01T10:00:00Z");
    desk.statuses(&person, &company, &["resolved", "new"]).await;
    desk.events("TicketOpened", 2).await;
}
