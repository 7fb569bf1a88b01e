//! Spend, usage and count sheets.

use domain::asset::{InUseSource, PricePer};
use serde_json::{Value as Json, json};

use crate::{facts::Account, held::money, stage::Stage};

fn usd(amount: &str) -> Json {
    json!([{"amount": amount, "currency": "USD"}])
}

async fn shop() -> (Stage, Account, String) {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let word = account.license("Contoso", "Word");
    let guard = account.license("Us", "Guard");
    let mut facts = vec![account.company("Contoso"), account.company("Us")];
    facts.extend(word.seats(10, 4));
    facts.push(word.costs("2026-01-01", "3650"));
    facts.push(word.set("2026-01-01", "Vendor", crate::facts::text("Microsoft")));
    facts.extend(guard.registered("2026-01-01"));
    facts.push(guard.bought(
        "2026-01-01",
        10,
        Some((money("10", "EUR"), PricePer::Month)),
    ));
    facts.push(guard.bought("2026-06-01", 2, Some((money("50", "USD"), PricePer::Once))));
    facts.push(guard.allocated("2026-01-01", account.id("Contoso"), 5));
    stage.record(&account, facts).await;
    (stage, account, token)
}

#[tokio::test]
async fn a_whole_year_costs_what_a_year_costs_and_a_part_of_it_its_days() {
    let (stage, account, token) = shop().await;
    for (query, total) in [
        (
            "group_by=license&product=word&from=2026-01-01&to=2026-12-31",
            usd("3650.00"),
        ),
        ("group_by=license&product=word", usd("3650.00")),
        (
            "group_by=license&product=word&from=2026-03-01&to=2026-03-01",
            usd("10.00"),
        ),
        (
            "group_by=license&product=word&from=2026-01-01&to=2027-12-31",
            usd("7300.00"),
        ),
        (
            "group_by=license&product=word&from=2024-01-01&to=2025-12-31",
            json!([]),
        ),
        (
            "group_by=license&product=guard&from=2026-06-01&to=2026-06-01",
            json!([
                {"amount": "3.29", "currency": "EUR"}, {"amount": "100.00", "currency": "USD"},
            ]),
        ),
    ] {
        let spend = stage
            .get(&token, &format!("/v1/spend?{query}"))
            .await
            .json();
        assert_eq!(spend["totals"]["total"], total, "{query}: {spend}");
    }
    let spend = stage
        .get(&token, "/v1/spend?product=guard&group_by=license")
        .await
        .json();
    assert_eq!(
        (&spend["from"], &spend["to"]),
        (&json!("2026-01-01"), &json!("2026-12-31"))
    );
    assert_eq!(
        spend["items"],
        json!([{"id": account.id("Guard"), "name": "Guard",
            "recurring": spend["totals"]["recurring"], "once": usd("100.00"), "total": spend["totals"]["total"]}])
    );
    for (query, field) in [
        ("from=2026-02-01&to=2026-01-01", "to"),
        ("from=2000-01-01&to=2026-01-01", "to"),
    ] {
        let refused = stage.get(&token, &format!("/v1/spend?{query}")).await;
        assert_eq!(refused.problem(), "bad-query", "{query}");
        assert!(refused.text.contains(field), "{}", refused.text);
    }
}

#[tokio::test]
async fn costs_are_added_up_by_company_vendor_product_and_license() {
    let (mut stage, account, token) = shop().await;
    for (group_by, names) in [
        ("company", json!(["Contoso", "Us"])),
        ("vendor", json!([null, "Microsoft"])),
        ("license", json!(["Guard", "Word"])),
        ("product", json!(["Guard", "Word"])),
    ] {
        let path = format!("/v1/spend?group_by={group_by}");
        let all = stage.all_pages(&token, &path, 1).await;
        let told: Vec<Json> = all.iter().map(|one| one["name"].clone()).collect();
        assert_eq!(json!(told), names, "{group_by}");
        let totals = &stage.get(&token, &path).await.json()["totals"]["total"];
        assert_eq!(
            totals[1],
            json!({"amount": "3750.00", "currency": "USD"}),
            "{group_by}"
        );
    }
    // Of the allocated license each company bears its share.
    let of = format!("/v1/spend?company={}", account.id("Contoso"));
    let contoso = stage.get(&token, &of).await.json();
    assert_eq!(
        contoso["totals"]["total"][1],
        json!({"amount": "3650.00", "currency": "USD"})
    );
    assert_eq!(contoso["items"][0]["once"], json!([]));
    let limited = stage
        .token(&account, "limited", Some(vec![account.id("Contoso")]))
        .await;
    let seen = stage.get(&limited, "/v1/spend").await.json();
    assert_eq!(seen["items"], contoso["items"]);
    let csv = stage
        .get(&token, "/v1/spend?group_by=vendor&format=csv")
        .await
        .text;
    assert!(csv.starts_with("id,name,recurring,once,total\r\n"), "{csv}");
    assert!(csv.contains(",Microsoft,3650.00 USD,,3650.00 USD"), "{csv}");
}

#[tokio::test]
async fn usage_tells_peak_average_and_what_a_used_seat_costs() {
    let (mut stage, account, token) = shop().await;
    let word = account.license("Contoso", "Word");
    stage
        .record(
            &account,
            vec![
                word.in_use("2026-11-11", Some(4), 9),
                word.in_use("2026-11-16", Some(9), 4),
            ],
        )
        .await;
    let path = format!("/v1/assets/{}/usage", word.asset);
    let usage = stage
        .get(&token, &format!("{path}?from=2026-11-11&to=2026-11-20"))
        .await
        .json();
    assert_eq!(
        usage,
        json!({
            "asset_id": word.asset, "from": "2026-11-11", "to": "2026-11-20", "days": 10, "days_known": 10, "peak": 9,
            "peak_on": "2026-11-11", "peak_days": [{"from": "2026-11-11", "to": "2026-11-15"}], "average": "6.5",
            "owned_average": "10", "cost": usd("100.00"), "cost_per_used_seat": usd("15.38"),
        })
    );
    let usual = stage.get(&token, &path).await.json();
    assert_eq!(
        (&usual["from"], &usual["to"], &usual["days"]),
        (&json!("2026-08-27"), &json!("2026-11-24"), &json!(90))
    );
    let refused = stage
        .get(&token, &format!("{path}?from=2026-11-11&to=2026-11-10"))
        .await;
    assert_eq!(refused.problem(), "bad-query");
}

#[tokio::test]
async fn a_count_sheet_has_all_licenses_that_a_company_owns() {
    let (mut stage, account, token) = shop().await;
    let word = account.license("Contoso", "Word");
    let mut facts = account.license("Contoso", "Zoom").seats(3, 2);
    facts.push(word.counted("2026-09-01", InUseSource::Synced, 6));
    facts.push(word.counted_by("2026-09-01", InUseSource::Synced));
    facts.push(word.expires("2026-01-01", "2026-12-31"));
    stage.record(&account, facts).await;
    let path = format!("/v1/companies/{}/count-sheet", account.id("Contoso"));
    let sheet = stage.all_pages(&token, &path, 1).await;
    assert_eq!(
        sheet[0],
        json!({
            "asset_id": word.asset, "name": "Word", "product": null, "metric": "per_user", "total": 10, "owned": 10,
            "in_use": 6, "source": "synced", "counted_on": "2026-09-01", "stale": true, "typed": 4,
            "version": 9, "expiry_date": "2026-12-31",
        })
    );
    assert_eq!((sheet.len(), &sheet[1]["name"]), (2, &json!("Zoom")));
    let then = stage.get(&token, &format!("{path}?as_of=2026-08-31")).await;
    assert_eq!(then.items("in_use"), [4, 2]);
    assert!(
        stage
            .get(&token, &format!("{path}?as_of=2025-01-01"))
            .await
            .items("name")
            .is_empty()
    );
    // What others have of a license is among its total, which is typed as one number.
    let us = format!("/v1/companies/{}/count-sheet", account.id("Us"));
    let us = stage.get(&token, &us).await;
    assert_eq!(
        (us.items("total"), us.items("owned")),
        (vec![json!(12)], vec![json!(7)])
    );
    let nowhere = format!("/v1/companies/{}/count-sheet", account.id("Nowhere"));
    assert_eq!(stage.get(&token, &nowhere).await.problem(), "not-found");
    let limited = stage
        .token(&account, "limited", Some(vec![account.id("Us")]))
        .await;
    assert_eq!(stage.get(&limited, &path).await.problem(), "not-found");
}
