//! Alerts, found by the real service on a clock that the test sets: each once, whatever happens to who looks.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say so"
)]

use std::time::Duration;

use serde_json::{Value as Json, json};
use tests::Inside;
use uuid::Uuid;

/// A hang becomes a failure after this long. Nothing is measured by it.
const HANG: Duration = Duration::from_secs(30);

struct Told {
    inside: Inside,
    license_type: Uuid,
    company: Uuid,
}

fn id_of(answer: &Json) -> Uuid {
    answer["id"].as_str().unwrap().parse().unwrap()
}

impl Told {
    async fn start(now: &str, zone: chrono_tz::Tz) -> Self {
        let inside = Inside::start(now, zone).await;
        let api = &inside.api;
        let license_type = api.post("/v1/asset-types", json!({"template": "software-license"}));
        let license_type = id_of(&license_type.await.good());
        let company = api.post("/v1/companies", json!({"name": "Contoso Dental"}));
        let company = id_of(&company.await.good());
        Self {
            inside,
            license_type,
            company,
        }
    }

    async fn license(&self, product: &str, values: Json) -> Uuid {
        let mut all = json!({"product_name": product});
        all.as_object_mut()
            .unwrap()
            .extend(values.as_object().unwrap().clone());
        let body = json!({"type_id": self.license_type, "company_id": self.company, "values": all});
        id_of(&self.inside.api.post("/v1/assets", body).await.good())
    }

    async fn change(&self, license: Uuid, values: Json) {
        let path = format!("/v1/assets/{license}");
        let _ = self
            .inside
            .api
            .patch(&path, json!({"values": values}))
            .await
            .good();
    }

    /// What was raised, changed and cleared, in short.
    async fn told(&self) -> Vec<String> {
        let types = [
            "FindingNoticed",
            "AlertRaised",
            "AlertChanged",
            "AlertCleared",
        ];
        let events = self.inside.events(&types).await;
        let short = |(name, payload): (String, Json)| match name.as_str() {
            "AlertRaised" => format!(
                "raised {} #{}",
                payload["finding"]["kind"].as_str().unwrap(),
                payload["occurrence"]
            ),
            "FindingNoticed" => format!("noticed {}", payload["finding"]["kind"].as_str().unwrap()),
            "AlertChanged" => format!(
                "changed {} {}",
                payload["to"]["kind"].as_str().unwrap(),
                payload["to"]["lead_days"]
            ),
            _ => format!("cleared {}", payload["cleared"].as_str().unwrap()),
        };
        events.into_iter().map(short).collect()
    }

    /// Waits until exactly this was told.
    async fn expect(&self, expected: &[&str]) {
        let waited = tokio::time::timeout(HANG, async {
            while self.told().await != expected {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        if waited.await.is_err() {
            assert_eq!(self.told().await, expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shortage_is_raised_when_it_has_lasted_and_cleared_when_it_is_gone() {
    let told = Told::start("2026-06-01T10:00:00Z", chrono_tz::UTC).await;
    let _alerts = told.inside.alerts().await;
    let values = json!({"total_seats": 25, "assigned_seats": 27, "expiry_date": "2027-06-30"});
    let license = told.license("Office", values).await;
    told.expect(&["noticed under_licensed"]).await;
    told.inside.set_clock("2026-06-02T10:00:01Z");
    told.expect(&["noticed under_licensed", "raised under_licensed #1"])
        .await;
    told.change(license, json!({"total_seats": 27})).await;
    let all = [
        "noticed under_licensed",
        "raised under_licensed #1",
        "cleared gone",
    ];
    told.expect(&all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_days_without_anybody_looking_and_a_crossing_is_still_told_once() {
    let told = Told::start("2026-10-31T22:00:00Z", chrono_tz::America::New_York).await;
    let values = json!({"total_seats": 25, "assigned_seats": 25, "expiry_date": "2026-12-31"});
    told.license("Office", values).await;
    let first = told.inside.alerts().await;
    // 60 days before 31 December is 1 November, which begins at four in New York's summer time.
    told.inside.set_clock("2026-11-01T03:59:59Z");
    tokio::time::sleep(Duration::from_millis(600)).await;
    told.expect(&[]).await;
    first.kill();
    told.inside.set_clock("2026-11-04T12:00:00Z");
    // Two at once, and one of them dies.
    let second = told.inside.alerts().await;
    let _third = told.inside.alerts().await;
    told.expect(&["raised expiring #1"]).await;
    second.kill();
    told.inside.set_clock("2027-01-01T05:00:01Z");
    told.expect(&["raised expiring #1", "changed expired_in_use null"])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_policy_and_of_the_type_counts_for_all_that_there_is() {
    let told = Told::start("2026-06-01T10:00:00Z", chrono_tz::UTC).await;
    let _alerts = told.inside.alerts().await;
    let values = json!({"total_seats": 5, "assigned_seats": 5, "expiry_date": "2026-08-20"});
    for product in ["Office", "Backup"] {
        told.license(product, values.clone()).await;
    }
    let _ = told
        .inside
        .api
        .put("/v1/policy", json!({"lead_days": [90]}))
        .await
        .good();
    told.expect(&["raised expiring #1", "raised expiring #1"])
        .await;
}
