//! Purchases, assignments, allocations, keys and decisions, as they are read.

use domain::{
    Event,
    asset::{InUseSource, PricePer, RenewalDecision},
    ids::CompanyId,
};
use serde_json::{Value as Json, json};

use crate::{
    facts::Account,
    held::{holder, money},
    stage::Stage,
};

#[tokio::test]
async fn purchases_tell_what_was_bought_and_what_is_left_of_it() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let license = account.license("Contoso", "Word");
    let mut facts = vec![account.company("Contoso")];
    facts.extend(license.registered("2026-01-01"));
    let price = (money("12.5", "EUR"), PricePer::Month);
    facts.push(license.bought_reducible(
        "2026-02-01",
        10,
        Some(price),
        Some(("2026-12-01", "2026-12-31")),
    ));
    facts.push(license.bought("2026-06-01", 3, None));
    let reduced = Event::PurchaseReduced {
        purchase_id: license.purchase("2026-02-01"),
        from: 10,
        to: 8,
    };
    facts.push(license.fact("2026-07-01", reduced));
    stage.record(&account, facts).await;
    let path = format!("/v1/assets/{}/purchases", license.asset);
    let all = stage.all_pages(&token, &path, 1).await;
    assert_eq!(all.len(), 2);
    assert_eq!(
        all[0],
        json!({
            "id": license.purchase("2026-02-01").0, "company_id": account.id("Contoso"), "quantity": 10,
            "quantity_now": 8, "from": "2026-02-01", "until": null,
            "unit_price": {"amount": "12.50", "currency": "EUR"}, "price_per": "month", "order": "PO 2026-02-01",
            "supplier": "Pax8", "reducible_from": "2026-12-01", "reducible_until": "2026-12-31",
            "reductions": [{"from": "2026-07-01", "quantity": 8}],
        })
    );
    assert_eq!(all[1]["unit_price"], json!(null));
    let before = stage.get(&token, &format!("{path}?as_of=2026-06-30")).await;
    assert_eq!(before.items("quantity_now"), [10, 3]);
    let csv = stage.get(&token, &format!("{path}?format=csv")).await;
    assert!(
        csv.text.contains(",10,8,2026-02-01,,12.50,EUR,month,"),
        "{}",
        csv.text
    );
}

/// A license of two users at Contoso, and one of the MSP's of which Contoso has seats.
async fn office() -> (Stage, Account, String) {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    for name in ["Ann Lee", "Bob"] {
        stage.name_user(&account, name).await;
    }
    let (word, guard) = (
        account.license("Contoso", "Word"),
        account.license("Us", "Guard"),
    );
    let mut facts = vec![
        account.company("Contoso"),
        account.company("Fabrikam"),
        account.company("Us"),
    ];
    facts.extend(word.seats(5, 3));
    facts.push(word.assigned("2026-02-01", &["Ann Lee", "Bob"], None));
    facts.push(word.released("2026-05-31", &["Bob"]));
    facts.extend(guard.seats(20, 0));
    facts.push(guard.allocated("2026-03-01", account.id("Contoso"), 4));
    facts.push(guard.allocated("2026-03-01", account.id("Fabrikam"), 6));
    facts.push(guard.assigned("2026-03-01", &["Ann Lee"], Some(account.id("Contoso"))));
    stage.record(&account, facts).await;
    (stage, account, token)
}

#[tokio::test]
async fn what_a_user_holds_is_found_by_name_across_licenses() {
    let (stage, account, token) = office().await;
    let ann = holder("Ann Lee");
    for (query, expected) in [
        ("".to_owned(), 3),
        ("?user=ann%20%20LEE".into(), 2),
        ("?user=Bob".into(), 1),
        ("?user=Bob&open=true".into(), 0),
        ("?user=Bob&as_of=2026-05-31".into(), 1),
        ("?user=Bob&user=Ann%20Lee".into(), 3),
        ("?user=Nobody".into(), 0),
        ("?device=Bob".into(), 0),
        (format!("?holder={ann}"), 2),
        (format!("?company={}", account.id("Contoso")), 3),
        (format!("?company={}", account.id("Us")), 0),
    ] {
        let found = stage
            .all_pages(&token, &format!("/v1/assignments{query}"), 1)
            .await;
        assert_eq!(found.len(), expected, "{query}");
    }
    let path = format!("/v1/assets/{}/assignments", account.id("Guard"));
    let of_guard = stage.get(&token, &path).await.json();
    assert_eq!(
        of_guard["items"][0],
        json!({
            "id": account.license("Us", "Guard").assignment("Ann Lee").0, "asset_id": account.id("Guard"),
            "asset_name": "Guard", "product": "Guard",
            "company": {"id": account.id("Contoso"), "name": "Contoso"}, "allocated": true,
            "holder": {"kind": "user", "id": ann, "name": "Ann Lee"}, "quantity": 1,
            "from": "2026-03-01", "until": null, "note": null,
        })
    );
    stage.erase_user(&account, "Ann Lee").await;
    let erased = stage.get(&token, &path).await.json();
    assert_eq!(
        erased["items"][0]["holder"],
        json!({"kind": "user", "id": ann, "name": null})
    );
    assert!(
        stage
            .get(&token, "/v1/assignments?user=Ann%20Lee")
            .await
            .items("id")
            .is_empty()
    );
    let many: Vec<String> = (0..21).map(|at| format!("user=u{at}")).collect();
    let refused = stage
        .get(&token, &format!("/v1/assignments?{}", many.join("&")))
        .await;
    assert_eq!(refused.problem(), "bad-query");
}

#[tokio::test]
async fn a_company_sees_its_share_of_a_license_that_is_anothers() {
    let (mut stage, account, all) = office().await;
    let guard = format!("/v1/assets/{}", account.id("Guard"));
    let allocations = stage.get(&all, &format!("{guard}/allocations")).await;
    assert_eq!(
        allocations
            .items("seats")
            .iter()
            .map(|seats| seats.as_i64().unwrap())
            .sum::<i64>(),
        10
    );
    let contoso = stage
        .token(&account, "contoso", Some(vec![account.id("Contoso")]))
        .await;
    let nobody = stage.token(&account, "nobody", Some(vec![])).await;
    let us = stage
        .token(&account, "us", Some(vec![account.id("Us")]))
        .await;
    let share = stage
        .get(&contoso, &format!("{guard}/allocations"))
        .await
        .json();
    assert_eq!(
        share["items"],
        json!([{"company": {"id": account.id("Contoso"), "name": "Contoso"}, "seats": 4, "from": "2026-03-01",
            "until": null}])
    );
    for (token, path, status, items) in [
        (&contoso, "", 404, None),
        (&contoso, "/assignments", 200, Some(1)),
        (&contoso, "/assignments?user=Bob", 200, Some(0)),
        (&contoso, "/purchases", 404, None),
        (&contoso, "/keys", 404, None),
        (&contoso, "/renewals", 404, None),
        (&contoso, "/usage", 200, None),
        (&nobody, "/assignments", 404, None),
        (&nobody, "/allocations", 404, None),
        (&nobody, "/usage", 404, None),
        (&us, "/assignments", 200, Some(0)),
        (&us, "/allocations", 200, Some(0)),
        (&us, "/purchases", 200, Some(0)),
    ] {
        let answer = stage.get(token, &format!("{guard}{path}")).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        if let Some(items) = items {
            assert_eq!(
                answer.json()["items"].as_array().unwrap().len(),
                items,
                "{path}"
            );
        }
    }
    let held = stage.get(&contoso, "/v1/assignments").await;
    assert_eq!(held.items("id").len(), 3);
    assert!(
        stage
            .get(&us, "/v1/assignments")
            .await
            .items("id")
            .is_empty()
    );
}

#[tokio::test]
async fn of_a_license_that_came_from_another_company_only_what_came_since_is_seen() {
    let account = Account::new("Ours");
    let (mut stage, all) = Stage::with(&account).await;
    let license = account.license("Old", "Word");
    let mut facts = vec![account.company("Old"), account.company("New")];
    facts.extend(license.registered("2026-01-01"));
    facts.push(license.bought("2026-01-01", 5, None));
    facts.push(license.key_added("2026-01-01", "first"));
    facts.push(license.assigned("2026-01-01", &["Ann"], None));
    facts.push(license.assigned("2026-06-01", &["Recorded on the day of the move"], None));
    facts.push(license.assigned("2026-09-01", &["Recorded before a back-dated move"], None));
    stage.record(&account, facts).await;
    let [from, to] = ["Old", "New"].map(|name| CompanyId(account.id(name)));
    let moved = license.fact("2026-06-01", Event::MovedToCompany { from, to });
    let same = account.license("New", "Word");
    stage
        .record(
            &account,
            vec![
                moved,
                same.bought("2026-07-01", 2, None),
                same.key_added("2026-07-01", "second"),
                same.assigned("2026-07-01", &["Bob"], None),
            ],
        )
        .await;
    let new = stage.token(&account, "new", Some(vec![to.0])).await;
    let old = stage.token(&account, "old", Some(vec![from.0])).await;
    for (path, of_all) in [("purchases", 2), ("keys", 2), ("assignments", 4)] {
        let path = format!("/v1/assets/{}/{path}", license.asset);
        assert_eq!(
            stage.get(&all, &path).await.items("id").len(),
            of_all,
            "{path}"
        );
        assert_eq!(stage.get(&new, &path).await.items("id").len(), 1, "{path}");
        if !path.ends_with("assignments") {
            assert_eq!(stage.get(&old, &path).await.status, 404, "{path}");
        }
    }
    let keys = stage
        .get(&new, &format!("/v1/assets/{}/keys", license.asset))
        .await
        .json();
    let key = keys["items"][0].as_object().unwrap();
    let names: Vec<&str> = key.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "added_on",
            "assignment_id",
            "company_id",
            "id",
            "label",
            "secret_version",
            "stored_at"
        ]
    );
    assert_eq!(key["stored_at"], "2026-11-01T00:16:00.000000Z");
    assert_eq!(
        (&key["label"], &key["added_on"]),
        (&json!("second"), &json!("2026-07-01"))
    );
}

#[tokio::test]
async fn what_is_decided_about_a_term_is_told_by_the_license_and_by_its_end() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let license = account.license("Contoso", "Word");
    let mut facts = vec![account.company("Contoso")];
    facts.extend(license.seats(10, 6));
    facts.push(license.expires("2026-01-01", "2026-12-31"));
    facts.push(license.decided(
        "2026-12-31",
        RenewalDecision::ChangeTo(6),
        account.person,
        "too many",
    ));
    stage.record(&account, facts).await;
    let expected = json!({
        "term_end": "2026-12-31", "decision": "change", "quantity": 6,
        "owner": {"kind": "person", "id": account.person, "name": "Ada"}, "note": "too many",
    });
    let path = format!("/v1/assets/{}", license.asset);
    let renewals = stage.get(&token, &format!("{path}/renewals")).await.json();
    assert_eq!(renewals["items"], json!([expected]));
    assert_eq!(stage.get(&token, &path).await.json()["renewal"], expected);
    let ends = stage.get(&token, "/v1/expiries").await.json();
    assert_eq!(ends["items"][0]["renewal"], expected);
    let csv = stage.get(&token, "/v1/expiries?format=csv").await.text;
    assert!(
        csv.lines().nth(1).unwrap().ends_with(",change,6,Ada"),
        "{csv}"
    );
    // Of another term nothing is decided.
    let later = license.expires("2026-11-01", "2027-12-31");
    stage.record(&account, vec![later]).await;
    assert_eq!(stage.get(&token, &path).await.json()["renewal"], Json::Null);
}

#[tokio::test]
async fn a_license_tells_who_counts_its_seats_and_how_the_others_differ() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let license = account.license("Contoso", "Word");
    let mut facts = vec![account.company("Contoso"), account.company("Fabrikam")];
    facts.extend(license.seats(20, 9));
    facts.push(license.counted("2026-06-01", InUseSource::Synced, 7));
    facts.push(license.counted_by("2026-06-01", InUseSource::Synced));
    facts.push(license.assigned("2026-06-01", &["Ann", "Bob"], None));
    facts.push(license.allocated("2026-07-01", account.id("Fabrikam"), 5));
    facts.push(crate::held::product(
        &account,
        "Microsoft Word",
        &[],
        domain::product::ProductFacts::default(),
    ));
    facts.push(crate::held::of_catalog(
        &account,
        Event::AliasAdded {
            product_id: domain::ids::ProductId(account.id("Microsoft Word")),
            alias: domain::product::Alias::Name("word".into()),
        },
    ));
    facts.push(license.expires("2026-01-01", "2026-12-31"));
    facts.push(license.decided("2026-12-31", RenewalDecision::Lapse, account.person, "gone"));
    stage.record(&account, facts).await;
    let path = format!("/v1/assets/{}", license.asset);
    let now = stage.get(&token, &path).await.json();
    assert_eq!(
        now["in_use"],
        json!({"source": "synced", "count": 7, "counted_on": "2026-06-01", "stale": true, "typed": 9, "named": 2,
            "synced": 7})
    );
    assert_eq!(
        (
            &now["allocated"],
            &now["catalog_product"]["name"],
            &now["product"]
        ),
        (&json!(5), &json!("Microsoft Word"), &json!("Word"))
    );
    assert_eq!(now["position"]["owned"], 15);
    // Folded from the log it is the same.
    let today = stage
        .get(&token, &format!("{path}?as_of=2026-11-24"))
        .await
        .json();
    assert_eq!(today, now);
    for (query, source, count, allocated) in [
        ("as_of=2026-05-31", "typed", 9, 0),
        ("as_of=2026-06-30", "synced", 7, 0),
        ("as_of=2026-07-01", "synced", 7, 5),
    ] {
        let then = stage.get(&token, &format!("{path}?{query}")).await.json();
        assert_eq!(
            (
                &then["in_use"]["source"],
                &then["in_use"]["count"],
                &then["allocated"]
            ),
            (&json!(source), &json!(count), &json!(allocated)),
            "{query}"
        );
    }
    let before = crate::stage::recorded_at(5).to_rfc3339();
    let unknown = stage.request(&token, &path).query(&[("known_at", before)]);
    let unknown = crate::stage::Answer::of(unknown).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn of_many_who_were_given_seats_the_first_few_that_are_seen_are_named() {
    let account = Account::new("Ours");
    let (mut stage, all) = Stage::with(&account).await;
    let users: Vec<String> = (0..130).map(|at| format!("User {at:03}")).collect();
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    let license = account.license("Us", "Guard");
    let mut facts = vec![account.company("Us"), account.company("Contoso")];
    facts.extend(license.seats(500, 0));
    facts.push(license.allocated("2026-03-01", account.id("Contoso"), 200));
    let mut given = license.assigned("2026-03-01", &users, None);
    let mut taken = license.released("2026-05-31", &users);
    // The first 90 are Contoso's; taken back they are in the other order.
    if let Event::SeatsAssigned { assignments, .. } = &mut given.event {
        for assignment in &mut assignments[..90] {
            assignment.company = Some(CompanyId(account.id("Contoso")));
        }
    }
    if let Event::SeatsReleased { assignment_ids } = &mut taken.event {
        assignment_ids.reverse();
    }
    facts.extend([given, taken]);
    stage.record(&account, facts).await;
    let ours = stage
        .token(&account, "ours", Some(vec![account.id("Us")]))
        .await;
    let path = format!("/v1/assets/{}/timeline", license.asset);
    for (token, given, taken) in [
        (
            &all,
            (0..20).collect::<Vec<_>>(),
            (110..130).rev().collect(),
        ),
        // Far down the list it is not searched on for what a token sees.
        (
            &ours,
            (90..100).collect(),
            (110..130).rev().collect::<Vec<_>>(),
        ),
    ] {
        let timeline = stage.get(token, &path).await.json();
        for (kind, expected) in [("SeatsAssigned", given), ("SeatsReleased", taken)] {
            let entries = timeline["items"].as_array().unwrap();
            let entry = entries.iter().find(|entry| entry["type"] == kind).unwrap();
            let ids = entry["holders"].as_array().unwrap().iter();
            let ids: Vec<&str> = ids.map(|holder| holder["id"].as_str().unwrap()).collect();
            let named = |at: &usize| holder(users[*at]).to_string();
            let expected: Vec<String> = expected.iter().map(named).collect();
            assert_eq!(ids, expected, "{kind}");
        }
    }
}

#[tokio::test]
async fn changes_of_seats_name_those_who_had_them() {
    let (stage, account, token) = office().await;
    let path = format!("/v1/assets/{}", account.id("Word"));
    let history = stage
        .get(&token, &format!("{path}/seat-history"))
        .await
        .json();
    let told: Vec<(&str, i64, Vec<&str>)> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|change| change["quantity"].is_i64())
        .map(|change| {
            let holders = change["holders"].as_array().unwrap().iter();
            let names = holders
                .map(|holder| holder["name"].as_str().unwrap())
                .collect();
            (
                change["kind"].as_str().unwrap(),
                change["quantity"].as_i64().unwrap(),
                names,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("assigned", 2, vec!["Ann Lee", "Bob"]),
            ("released", 1, vec!["Bob"])
        ]
    );
    let timeline = stage.get(&token, &format!("{path}/timeline")).await.json();
    let released = timeline["items"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&released["type"], &released["holders"][0]["name"]),
        (&json!("SeatsReleased"), &json!("Bob"))
    );
    stage.erase_user(&account, "Bob").await;
    let history = stage.get(&token, &format!("{path}/seat-history")).await;
    assert!(!history.text.contains("Bob"), "{}", history.text);
}
