//! Before the first ticket: a dry run, and companies that the ticket system does not know yet.

use serde_json::json;

use crate::desk::{Company, Desk, a_while, id_of, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_what_it_would_do_and_then_does_it_in_one_ticket() {
    let desk = Desk::start("2026-06-01T10:00:00Z").await;
    let (_alerts, _integrations) = (desk.inside.alerts().await, desk.inside.integrations());
    let (integration, person) = desk.request_tracker().await;
    let company = desk.company().await;
    for product in ["Office", "Backup"] {
        let values = json!({"total_seats": 25, "assigned_seats": 27, "expiry_date": "2027-06-30"});
        desk.license(company.id, product, values).await;
    }
    let path = format!("/v1/integrations/{integration}/backlog");
    let backlog = until("both are in the backlog", async || {
        let backlog = desk.list(&path).await;
        (backlog.len() == 2).then_some(backlog)
    })
    .await;
    for item in backlog {
        assert_eq!(item["kind"], "under_licensed");
        assert_eq!(item["company_id"], json!(company.id));
    }
    a_while().await;
    desk.statuses(&person, &company, &[]).await;

    desk.turn_on(integration, "summary").await;
    let ticket = desk.statuses(&person, &company, &["new"]).await.remove(0);
    let description = person.texts(&ticket).await.remove(0);
    for product in ["Office", "Backup"] {
        assert!(description.contains(product), "{description}");
    }
    desk.events("TicketOpened", 2).await;
    assert_eq!(desk.list(&path).await, Vec::<serde_json::Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_unknown_there_is_listed_and_gets_its_ticket_once_it_is_linked() {
    let desk = Desk::start("2026-06-01T10:00:00Z").await;
    let (_alerts, _integrations) = (desk.inside.alerts().await, desk.inside.integrations());
    let (integration, person) = desk.request_tracker().await;
    desk.turn_on(integration, "each").await;
    let company = desk
        .api()
        .post("/v1/companies", json!({"name": "Contoso Dental"}))
        .await;
    let company = Company {
        id: id_of(&company.good()),
        external: format!("contoso-{}", uuid::Uuid::new_v4().simple()),
    };
    let values = json!({"total_seats": 25, "assigned_seats": 27, "expiry_date": "2027-06-30"});
    desk.license(company.id, "Office", values).await;
    let path = format!("/v1/integrations/{integration}/parked");
    let parked = until("it is listed", async || {
        let mut parked = desk.list(&path).await;
        parked.pop()
    })
    .await;
    assert_eq!(parked["company_id"], json!(company.id));
    assert!(
        parked["why"].as_str().unwrap().contains("no PSA company"),
        "{parked}"
    );
    desk.statuses(&person, &company, &[]).await;

    let ids = json!([{"system": "request_tracker", "id": company.external}]);
    let linked = format!("/v1/companies/{}", company.id);
    let linked = desk
        .api()
        .patch(&linked, json!({"external_ids": ids}))
        .await;
    let _ = linked.good();
    desk.statuses(&person, &company, &["new"]).await;
    until("nothing is parked", async || {
        desk.list(&path).await.is_empty().then_some(())
    })
    .await;
}
