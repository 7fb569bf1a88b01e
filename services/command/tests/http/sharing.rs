//! Seats that other companies get.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stage::{Rights, Stage};

/// A license of the MSP's own, and a client.
struct Desk {
    stage: Stage,
    owner: Uuid,
    client: Uuid,
    license: Uuid,
}

impl Desk {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let type_id = stage.license_type().await;
        let owner = stage.company("Northwind IT").await;
        let client = stage.company("Contoso").await;
        let values = json!({
            "product_name": "Endpoint Protection", "total_seats": 100, "annual_cost": 1000,
            "expiry_date": "2027-12-31", "license_key": "AAAAA-BBBBB"
        });
        let license = stage.license_of(type_id, owner, values).await;
        Self {
            stage,
            owner,
            client,
            license,
        }
    }

    fn path(&self, route: &str) -> String {
        format!("/v1/assets/{}/{route}", self.license)
    }

    async fn limited_to(&self, companies: &[Uuid]) -> String {
        let rights = Rights {
            companies: Some(companies.to_vec()),
            may_reveal: true,
            administer: false,
        };
        self.stage.token(rights).await
    }
}

#[tokio::test]
async fn seats_are_allocated_and_taken_back() {
    let desk = Desk::new().await;
    let (stage, path) = (&desk.stage, desk.path("allocations"));
    let before = stage.log_length().await;
    let allocation =
        |seats: i64| json!({ "company_id": desk.client, "seats": seats, "reason": "contract" });
    let given = stage.post(&path, allocation(40)).await.done();
    assert_eq!(
        (given.id(), &given.body["warnings"]),
        (desk.license, &json!([]))
    );
    stage.post(&path, allocation(40)).await.done();
    let over = stage.post(&path, allocation(101)).await.done();
    assert_eq!(
        over.body["warnings"].as_array().unwrap().len(),
        1,
        "more than there are"
    );
    stage.post(&path, allocation(0)).await.done();
    let recorded = stage.recorded(before).await;
    let steps: Vec<(&Value, &Value)> = recorded
        .iter()
        .map(|(_, event)| (&event["from"], &event["to"]))
        .collect();
    let expected = [(0, 40), (40, 101), (101, 0)].map(|(from, to)| (json!(from), json!(to)));
    assert_eq!(steps, expected.each_ref().map(|(from, to)| (from, to)));
}

#[tokio::test]
async fn what_was_allocated_is_counted_for_whom_it_was_allocated_to() {
    let desk = Desk::new().await;
    let (stage, path) = (&desk.stage, desk.path("counts"));
    let count = json!({ "source": "synced", "count": 38, "company_id": desk.client });
    stage
        .refuses(Method::POST, &path, [(count.clone(), vec!["company_id"])])
        .await;
    let allocation = json!({ "company_id": desk.client, "seats": 40 });
    stage
        .post(&desk.path("allocations"), allocation)
        .await
        .done();
    let before = stage.log_length().await;
    stage.post(&path, count).await.done();
    let recorded = stage.recorded(before).await;
    let counted = &recorded.last().unwrap().1;
    assert_eq!(counted["counted_for"], desk.client.to_string());
}

#[tokio::test]
async fn a_part_of_a_license_becomes_another_companys_license() {
    let desk = Desk::new().await;
    let (stage, path) = (&desk.stage, desk.path("transfer"));
    let before = stage.log_length().await;
    let body = json!({ "company_id": desk.client, "quantity": 40, "reason": "sold" });
    let send = || {
        let ask = stage
            .ask(Method::POST, &path)
            .header("idempotency-key", "k1");
        ask.json(&body).send()
    };
    let transferred = send().await;
    assert_eq!(transferred.made(), desk.license, "{}", transferred.text);
    let new: Uuid = transferred.body["new_asset_id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let length = stage.log_length().await;
    let again = send().await;
    assert_eq!(
        (again.status, &again.text),
        (transferred.status, &transferred.text)
    );
    assert_eq!(stage.log_length().await, length, "transferred once");
    let recorded = stage.recorded(before).await;
    let payload_of = |wanted: &str| {
        let all: Vec<&Value> = recorded
            .iter()
            .filter(|(event, _)| event == wanted)
            .map(|(_, payload)| payload)
            .collect();
        all
    };
    let sent = payload_of("SeatsTransferred");
    assert_eq!(
        *sent[0],
        json!({ "to_asset": new, "to_company": desk.client, "quantity": 40 })
    );
    let totals: Vec<&Value> = payload_of("TotalSeatsAdjusted")
        .into_iter()
        .map(|event| &event["to"])
        .collect();
    assert_eq!(totals, [&json!(60), &json!(40)]);
    let costs: Vec<&Value> = payload_of("CostChanged")
        .into_iter()
        .map(|event| &event["to"]["amount"])
        .collect();
    assert_eq!(costs, [&json!("600.00"), &json!("400.00")]);
    let theirs = stage.events(new).await;
    assert!(
        theirs
            .iter()
            .all(|event| event.company_id == Some(desk.client))
    );
    assert!(
        theirs
            .iter()
            .all(|event| event.event_type != "SecretStored"),
        "keys stay behind"
    );
    let reveal = format!("/v1/assets/{new}/secrets/license_key/reveal");
    stage
        .post(&reveal, json!({}))
        .await
        .problem(404, "not-found");
    let old_reveal = desk.path("secrets/license_key/reveal");
    stage.post(&old_reveal, json!({})).await.done();
}

#[tokio::test]
async fn a_whole_license_that_is_given_away_is_archived() {
    let desk = Desk::new().await;
    let (stage, path) = (&desk.stage, desk.path("transfer"));
    let body = json!({ "company_id": desk.client });
    let transferred = stage.post(&path, body.clone()).await;
    transferred.made();
    let types = stage.event_types(desk.license).await;
    assert_eq!(
        types[types.len() - 2..],
        ["SeatsTransferred", "AssetArchived"]
    );
    stage.post(&path, body).await.problem(409, "conflict");
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_share_is_said_at_once() {
    let desk = Desk::new().await;
    let Desk {
        stage,
        owner,
        client,
        ..
    } = &desk;
    let allocations = [
        (json!({}), vec!["company_id"]),
        (json!({ "company_id": client }), vec!["seats"]),
        (
            json!({ "company_id": "Contoso", "seats": 1 }),
            vec!["company_id"],
        ),
        (
            json!({ "company_id": owner, "seats": -1, "effective_on": "soon" }),
            vec!["company_id", "effective_on", "seats"],
        ),
        (
            json!({ "company_id": client, "seats": 1, "quantity": 1 }),
            vec!["quantity"],
        ),
    ];
    stage
        .refuses(Method::POST, &desk.path("allocations"), allocations)
        .await;
    let transfers = [
        (json!({ "quantity": 1 }), vec!["company_id"]),
        (
            json!({ "company_id": owner, "quantity": 0, "effective_on": "2027-02-30" }),
            vec!["company_id", "effective_on", "quantity"],
        ),
        (
            json!({ "company_id": client, "quantity": 101 }),
            vec!["quantity"],
        ),
        (
            json!({ "company_id": client, "quantity": 1, "effective_on": "1999-01-01" }),
            vec!["effective_on", "quantity"],
        ),
    ];
    stage
        .refuses(Method::POST, &desk.path("transfer"), transfers)
        .await;
    let given = json!({ "company_id": client, "seats": 1 });
    stage.post(&desk.path("allocations"), given).await.done();
    let whole = json!({ "company_id": client });
    stage
        .refuses(
            Method::POST,
            &desk.path("transfer"),
            [(whole, vec!["company_id"])],
        )
        .await;
    let unknown = Uuid::now_v7();
    for (route, body) in [
        ("allocations", json!({ "company_id": unknown, "seats": 1 })),
        ("transfer", json!({ "company_id": unknown })),
    ] {
        let reply = stage.post(&desk.path(route), body).await;
        reply.problem(404, "not-found");
    }
    let client_path = format!("/v1/companies/{client}/archive");
    stage.post(&client_path, json!({})).await.done();
    for (route, body) in [
        ("allocations", json!({ "company_id": client, "seats": 2 })),
        ("transfer", json!({ "company_id": client, "quantity": 1 })),
    ] {
        let reply = stage.post(&desk.path(route), body).await;
        reply.problem(409, "conflict");
    }
}

#[tokio::test]
async fn who_gives_seats_away_sees_both_companies() {
    let desk = Desk::new().await;
    let Desk {
        stage,
        owner,
        client,
        ..
    } = &desk;
    let requests = || {
        [
            ("allocations", json!({ "company_id": client, "seats": 1 })),
            ("transfer", json!({ "company_id": client, "quantity": 1 })),
        ]
    };
    let length = stage.log_length().await;
    for one in [owner, client] {
        let token = desk.limited_to(&[*one]).await;
        for (route, body) in requests() {
            let ask = stage.ask(Method::POST, &desk.path(route)).by(&token);
            ask.json(&body).send().await.problem(404, "not-found");
        }
    }
    // The tokens themselves were recorded: two events each.
    assert_eq!(stage.log_length().await, length + 4);
    let both = desk.limited_to(&[*owner, *client]).await;
    for (route, body) in requests() {
        let ask = stage.ask(Method::POST, &desk.path(route)).by(&both);
        let reply = ask.json(&body).send().await;
        assert!(reply.status.is_success(), "{route}: {}", reply.text);
    }
}
