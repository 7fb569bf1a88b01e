//! An MSP with a ticket desk.

use std::time::Duration;

use chrono::TimeDelta;
use embedded::testing;
use serde_json::{Value as Json, json};
use tests::{Api, Inside};
use uuid::Uuid;

use crate::person::Person;

/// A hang becomes a failure after this long. Nothing is measured by it.
pub(crate) const HANG: Duration = Duration::from_secs(120);
/// How long an open ticket is believed to be as it was read, and a little more.
pub(crate) const UNTIL_READ_AGAIN: TimeDelta = TimeDelta::minutes(11);

pub(crate) struct Desk {
    pub(crate) inside: Inside,
    pub(crate) license_type: Uuid,
}

/// A company, and how the ticket system calls it.
pub(crate) struct Company {
    pub(crate) id: Uuid,
    pub(crate) external: String,
}

pub(crate) fn id_of(answer: &Json) -> Uuid {
    answer["id"].as_str().unwrap().parse().unwrap()
}

/// Waits for what must happen.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let waited = tokio::time::timeout(HANG, async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    waited
        .await
        .unwrap_or_else(|_| panic!("it did not happen: {what}"))
}

/// Time for what must not happen.
pub(crate) async fn a_while() {
    tokio::time::sleep(Duration::from_secs(1)).await;
}

impl Desk {
    /// Shortages count at once, and renewals are told 60 and 30 days ahead.
    pub(crate) async fn start(now: &str) -> Self {
        let inside = Inside::start(now, chrono_tz::UTC).await;
        inside.let_time_pass();
        let policy = json!({"shortage_after_hours": 0, "lead_days": [60, 30]});
        let _ = inside.api.put("/v1/policy", policy).await.good();
        let license_type = json!({"template": "software-license"});
        let license_type = inside.api.post("/v1/asset-types", license_type).await;
        Self {
            license_type: id_of(&license_type.good()),
            inside,
        }
    }

    pub(crate) fn api(&self) -> &Api {
        &self.inside.api
    }

    /// The shared Request Tracker as an integration in dry run that was tried out, and a person who works there.
    pub(crate) async fn request_tracker(&self) -> (Uuid, Person) {
        let place = testing::request_tracker().await;
        let settings = json!({"url": place.url, "queue": "Licenses", "company_field": "company"});
        let integration = self.add("request_tracker", settings).await;
        self.keep_secret(integration, "token", &place.token).await;
        self.try_out(integration).await;
        (integration, Person::new(&place))
    }

    pub(crate) async fn add(&self, kind: &str, settings: Json) -> Uuid {
        let body = json!({"name": format!("Our {kind}"), "kind": kind, "settings": settings});
        id_of(&self.api().post("/v1/integrations", body).await.good())
    }

    pub(crate) async fn keep_secret(&self, integration: Uuid, name: &str, value: &str) {
        let path = format!("/v1/integrations/{integration}/secrets/{name}");
        let _ = self.api().put(&path, json!({"value": value})).await.good();
    }

    /// Tries an integration out, as one does before it is turned on.
    pub(crate) async fn try_out(&self, integration: Uuid) {
        let path = format!("/v1/integrations/{integration}/test");
        let tried = self.api().post(&path, json!({})).await.good();
        assert_eq!(tried, json!({"ok": true, "problem": null}));
    }

    pub(crate) async fn turn_on(&self, integration: Uuid, backlog: &str) {
        let path = format!("/v1/integrations/{integration}/mode");
        let mode = json!({"mode": "on", "backlog": backlog});
        let _ = self.api().post(&path, mode).await.good();
    }

    /// A company that the ticket system knows.
    pub(crate) async fn company(&self) -> Company {
        let external = format!("acme-{}", Uuid::new_v4().simple());
        let ids = json!([{"system": "request_tracker", "id": external}]);
        let body = json!({"name": external, "external_ids": ids});
        let id = id_of(&self.api().post("/v1/companies", body).await.good());
        Company { id, external }
    }

    pub(crate) async fn license(&self, company: Uuid, product: &str, values: Json) -> Uuid {
        let mut all = json!({"product_name": product});
        let more = values.as_object().unwrap().clone();
        all.as_object_mut().unwrap().extend(more);
        let body = json!({"type_id": self.license_type, "company_id": company, "values": all});
        id_of(&self.api().post("/v1/assets", body).await.good())
    }

    pub(crate) async fn change(&self, license: Uuid, values: Json) {
        let path = format!("/v1/assets/{license}");
        let changed = self.api().patch(&path, json!({"values": values})).await;
        let _ = changed.good();
    }

    /// Moves the clock on.
    pub(crate) fn pass(&self, time: TimeDelta) {
        let then = self.inside.now() + time;
        self.inside.set_clock(&then.to_rfc3339());
    }

    /// Waits until the ledger has so many events of a type, and answers them.
    pub(crate) async fn events(&self, kind: &str, count: usize) -> Vec<Json> {
        until(&format!("{count} {kind}"), async || {
            let events = self.inside.events(&[kind]).await;
            let payloads: Vec<Json> = events.into_iter().map(|(_, payload)| payload).collect();
            (payloads.len() >= count).then_some(payloads)
        })
        .await
    }

    /// Waits until a company's tickets in Request Tracker have these statuses, in their order; answers their ids.
    pub(crate) async fn statuses(
        &self,
        person: &Person,
        company: &Company,
        expected: &[&str],
    ) -> Vec<String> {
        let mut seen = Vec::new();
        let waited = tokio::time::timeout(HANG, async {
            loop {
                seen = person.tickets_of(&company.external).await;
                if seen.iter().map(|(_, status)| status).eq(expected) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        if waited.await.is_err() {
            let told = self
                .inside
                .events(&[
                    "AlertRaised",
                    "AlertChanged",
                    "AlertCleared",
                    "TicketOpened",
                    "DeliveryFailed",
                ])
                .await;
            panic!("{seen:?} and not {expected:?}; the ledger: {told:#?}");
        }
        seen.into_iter().map(|(id, _)| id).collect()
    }

    /// All of a list.
    pub(crate) async fn list(&self, path: &str) -> Vec<Json> {
        let listed = self.api().get(path).await.good();
        listed["items"].as_array().unwrap().clone()
    }
}
