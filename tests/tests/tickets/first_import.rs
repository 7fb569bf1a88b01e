//! An MSP that comes with all its clients at once.

use std::{collections::BTreeSet, time::Duration};

use serde_json::json;
use simulators::{Kind, Simulator, zammad};

use crate::desk::{Desk, UNTIL_READ_AGAIN, id_of, until};

const COMPANIES: u64 = 100;
const FINDINGS_OF_EACH: usize = 6;
/// Enough for the tickets that may be made without a pause; nothing rests on it.
const ONE_LIFE: Duration = Duration::from_secs(3);
/// Lives of the service until it counts as a hang.
const LIVES_MAX: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_companies_with_six_findings_each_get_a_ticket_each_whoever_is_killed() {
    let desk = Desk::start("2026-06-01T10:00:00Z").await;
    let psa = Simulator::start(Kind::Zammad).await;
    let settings =
        json!({"url": psa.url, "group": zammad::GROUP, "reference_field": zammad::ATTRIBUTE});
    let integration = desk.add("zammad", settings).await;
    desk.keep_secret(integration, "token", zammad::TOKEN).await;
    desk.try_out(integration).await;
    for number in 0..COMPANIES {
        let external = 1_000 + number;
        psa.add_company(external);
        let ids = json!([{"system": "zammad", "id": external.to_string()}]);
        let body = json!({"name": format!("Client {number}"), "external_ids": ids});
        let company = id_of(&desk.api().post("/v1/companies", body).await.good());
        for product in 0..FINDINGS_OF_EACH {
            let (in_use, expiry) = match product % 2 {
                0 => (27, "2027-06-30"),
                _ => (25, "2026-07-15"),
            };
            let values =
                json!({"total_seats": 25, "assigned_seats": in_use, "expiry_date": expiry});
            desk.license(company, &format!("Product {product}"), values)
                .await;
        }
    }
    let _alerts = desk.inside.alerts().await;
    let dry = desk.inside.integrations();
    let findings = COMPANIES * FINDINGS_OF_EACH as u64;
    let path = format!("/v1/integrations/{integration}/standing");
    until("all are in the backlog", async || {
        let standing = desk.api().get(&path).await.good();
        (standing["backlog"] == json!(findings)).then_some(())
    })
    .await;
    assert_eq!(psa.tickets(), []);

    desk.turn_on(integration, "summary").await;
    dry.kill();
    let opened = async || {
        let opened = desk.inside.events(&["TicketOpened"]).await;
        opened.len() as u64
    };
    let mut lives = 0;
    while opened().await < findings {
        lives += 1;
        assert!(lives < LIVES_MAX, "{} of {findings}", opened().await);
        let life = desk.inside.integrations();
        tokio::time::sleep(ONE_LIFE).await;
        life.kill();
        desk.pass(UNTIL_READ_AGAIN);
    }
    let tickets = psa.tickets();
    let companies: BTreeSet<u64> = tickets.iter().map(|ticket| ticket.company).collect();
    assert_eq!(companies.len() as u64, COMPANIES);
    assert_eq!(tickets.len() as u64, COMPANIES);
    for ticket in &tickets {
        for product in 0..FINDINGS_OF_EACH {
            assert!(
                ticket.body.contains(&format!("Product {product}")),
                "{}",
                ticket.body
            );
        }
    }
    assert_eq!(psa.refusals(), Vec::<String>::new());
}
