//! The catalog, and what it finds.

use domain::{
    Event,
    asset::PricePer,
    ids::ProductId,
    product::{Alias, ProductFacts},
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    facts::Account,
    held::{money, of_catalog, product, suite_of},
    stage::Stage,
};

async fn catalog() -> (Stage, Account, String) {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let microsoft = |facts| ProductFacts {
        vendor: Some("Microsoft".into()),
        ..facts
    };
    let mut facts = vec![
        account.company("Contoso"),
        account.company("Fabrikam"),
        product(
            &account,
            "Word",
            &["WRD-1"],
            microsoft(ProductFacts {
                notice_days: Some(30),
                ..ProductFacts::default()
            }),
        ),
        product(&account, "Excel", &[], microsoft(ProductFacts::default())),
        product(
            &account,
            "Office",
            &["OFF-1"],
            microsoft(suite_of(&account, &["Word", "Excel"])),
        ),
        product(
            &account,
            "Everything",
            &[],
            microsoft(suite_of(&account, &["Office"])),
        ),
        product(&account, "Zoom", &[], ProductFacts::default()),
    ];
    for (company, name, total, in_use) in [
        ("Contoso", "Word", 5, 5),
        ("Contoso", "Office", 10, 4),
        ("Fabrikam", "Excel", 2, 3),
        ("Fabrikam", "Mystery", 1, 1),
    ] {
        facts.extend(account.license(company, name).seats(total, in_use));
    }
    stage.record(&account, facts).await;
    (stage, account, token)
}

#[tokio::test]
async fn products_are_listed_searched_and_read_one_by_one() {
    let (mut stage, account, token) = catalog().await;
    for (query, expected) in [
        ("", &["Everything", "Excel", "Office", "Word", "Zoom"][..]),
        (
            "?vendor=MICROSOFT",
            &["Everything", "Excel", "Office", "Word"],
        ),
        ("?q=wrd", &["Word"]),
        ("?q=o&vendor=microsoft", &["Office", "Word"]),
        ("?q=%20", &["Everything", "Excel", "Office", "Word", "Zoom"]),
    ] {
        let found = stage
            .all_pages(&token, &format!("/v1/products{query}"), 2)
            .await;
        let names: Vec<&str> = found
            .iter()
            .map(|one| one["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, expected, "{query}");
    }
    let path = format!("/v1/products/{}", account.id("Word"));
    let word = stage.get(&token, &path).await;
    assert_eq!(word.header("etag"), Some("\"5\""));
    let word = word.json();
    assert_eq!(
        (
            &word["names"],
            &word["skus"],
            &word["notice_days"],
            &word["licenses"],
            &word["companies"]
        ),
        (
            &json!([]),
            &json!(["WRD-1"]),
            &json!(30),
            &json!(1),
            &json!(1)
        )
    );
    assert_eq!(word.get("was"), None);
    let nothing = format!("/v1/products/{}", Uuid::from_u128(1));
    assert_eq!(stage.get(&token, &nothing).await.problem(), "not-found");
    let long = format!("/v1/products?q={}", "a".repeat(201));
    assert_eq!(stage.get(&token, &long).await.problem(), "bad-query");
    // Counts are of what the token sees, the catalog is everybody's.
    let limited = stage
        .token(&account, "limited", Some(vec![account.id("Fabrikam")]))
        .await;
    let seen = stage.get(&limited, &path).await.json();
    assert_eq!(
        (&seen["name"], &seen["licenses"]),
        (&json!("Word"), &json!(0))
    );
}

#[tokio::test]
async fn a_merged_product_answers_what_it_turned_out_to_be() {
    let (mut stage, account, token) = catalog().await;
    let [word, excel] = ["Word", "Excel"].map(|name| ProductId(account.id(name)));
    let merged = of_catalog(
        &account,
        Event::ProductMerged {
            product_id: excel,
            into: word,
        },
    );
    stage.record(&account, vec![merged]).await;
    let one = stage.get(&token, &format!("/v1/products/{excel}")).await;
    assert_eq!(one.header("etag"), Some("\"6\""));
    let one = one.json();
    assert_eq!((&one["id"], &one["licenses"]), (&json!(word.0), &json!(2)));
    assert_eq!(
        one["was"],
        json!({"id": excel.0, "name": "Excel", "merged_into": word.0})
    );
    let names = stage.get(&token, "/v1/products").await.items("name");
    assert_eq!(names, ["Everything", "Office", "Word", "Zoom"]);
}

#[tokio::test]
async fn names_that_are_nobodys_wait_for_a_decision() {
    let (mut stage, account, token) = catalog().await;
    let mut more = account.license("Contoso", "mystery").seats(4, 4);
    more.extend(account.license("Contoso", "Riddle").seats(4, 4));
    stage.record(&account, more).await;
    let queue = stage.all_pages(&token, "/v1/products/unresolved", 1).await;
    let counts: Vec<_> = queue
        .iter()
        .map(|one| (&one["licenses"], &one["companies"]))
        .collect();
    assert_eq!(counts, [(&json!(2), &json!(2)), (&json!(1), &json!(1))]);
    let of = format!("/v1/products/unresolved?company={}", account.id("Fabrikam"));
    assert_eq!(stage.get(&token, &of).await.items("name"), ["Mystery"]);
    let limited = stage
        .token(&account, "limited", Some(vec![account.id("Fabrikam")]))
        .await;
    let seen = stage.get(&limited, "/v1/products/unresolved").await;
    assert_eq!(
        (seen.items("name"), seen.items("licenses")),
        (vec![json!("Mystery")], vec![json!(1)])
    );
    let named = of_catalog(
        &account,
        Event::AliasAdded {
            product_id: ProductId(account.id("Zoom")),
            alias: Alias::Name("Mystery".into()),
        },
    );
    stage.record(&account, vec![named]).await;
    assert_eq!(
        stage
            .get(&token, "/v1/products/unresolved")
            .await
            .items("name"),
        ["Riddle"]
    );
}

#[tokio::test]
async fn a_product_is_found_by_id_name_and_part_number_with_the_suites_that_hold_it() {
    let (stage, account, token) = catalog().await;
    let of = |name: &str| account.id(name);
    for (query, expected) in [
        ("product=excel".to_owned(), vec!["Excel", "Office"]),
        (format!("product={}", of("Word")), vec!["Office", "Word"]),
        ("product=OFF-1".into(), vec!["Office"]),
        ("product=Mystery".into(), vec!["Mystery"]),
        (
            "product=word&product=mystery".into(),
            vec!["Mystery", "Office", "Word"],
        ),
        ("product=Nothing".into(), vec![]),
        (format!("product={}", Uuid::from_u128(1)), vec![]),
    ] {
        let answer = stage.get(&token, &format!("/v1/compliance?{query}")).await;
        let products = answer.items("product");
        let mut names: Vec<&str> = products
            .iter()
            .map(|one| one["name"].as_str().unwrap())
            .collect();
        names.sort_unstable();
        assert_eq!(names, expected, "{query}");
    }
    let pools = stage
        .get(&token, "/v1/compliance?product=Office")
        .await
        .json();
    let pool = &pools["items"][0];
    assert_eq!(
        pool["product"],
        json!({"id": of("Office"), "name": "Office"})
    );
    assert_eq!(
        pool["covers"],
        json!([{"id": of("Excel"), "name": "Excel"}, {"id": of("Word"), "name": "Word"}])
    );
    let mystery = stage
        .get(&token, "/v1/compliance?product=mystery")
        .await
        .json();
    assert_eq!(
        mystery["items"][0]["product"],
        json!({"id": null, "name": "Mystery"})
    );
    assert_eq!(mystery["items"][0]["covers"], json!([]));
}

#[tokio::test]
async fn pools_tell_what_is_short_and_spare_in_money_and_when_it_can_be_recovered() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let (word, zoom) = (
        account.license("Contoso", "Word"),
        account.license("Contoso", "Zoom"),
    );
    let mut facts = vec![account.company("Contoso")];
    facts.extend(word.registered("2026-01-01"));
    let year = |amount, currency| Some((money(amount, currency), PricePer::Year));
    let now = Some(("2026-11-01", "2026-11-30"));
    facts.push(word.bought_reducible("2026-01-01", 6, year("100", "USD"), now));
    facts.push(word.bought("2026-01-01", 14, year("100", "USD")));
    facts.push(word.in_use("2026-01-01", None, 10));
    facts.push(word.expires("2026-01-01", "2026-12-31"));
    facts.extend(zoom.seats(4, 6));
    facts.push(zoom.costs("2026-01-01", "400"));
    stage.record(&account, facts).await;
    let over = stage
        .get(&token, "/v1/compliance?product=word")
        .await
        .json();
    let pool = &over["items"][0];
    let usd = |amount: &str| json!([{"amount": amount, "currency": "USD"}]);
    assert_eq!(
        (&pool["spare"], &pool["spare_cost"]),
        (&json!(10), &usd("1000.00"))
    );
    assert_eq!(
        pool["recoverable_now"],
        json!({"seats": 6, "cost": usd("600.00")})
    );
    assert_eq!(
        pool["recoverable_at_renewal"],
        json!({"seats": 4, "cost": usd("400.00"), "on": "2026-12-31"})
    );
    let license = &pool["licenses"][0];
    assert_eq!(
        (
            &license["difference"],
            &license["source"],
            &license["expiry_date"],
            &license["annual_cost"]
        ),
        (
            &json!(10),
            &json!("typed"),
            &json!("2026-12-31"),
            &usd("2000.00")
        )
    );
    let short = stage
        .get(&token, "/v1/compliance?product=zoom")
        .await
        .json();
    assert_eq!(short["items"][0]["short_cost"], usd("200.00"));
    let summary = stage.get(&token, "/v1/compliance/summary").await.json();
    assert_eq!(
        (
            &summary["short_cost"],
            &summary["spare_cost"],
            &summary["recoverable_now"]
        ),
        (
            &usd("200.00"),
            &usd("1000.00"),
            &json!({"seats": 6, "cost": usd("600.00")})
        )
    );
    assert_eq!(
        summary["recoverable_at_renewal"],
        json!({"seats": 4, "cost": usd("400.00")})
    );
    let groups = stage
        .get(&token, "/v1/compliance?group_by=company")
        .await
        .json();
    assert_eq!(
        (
            &groups["items"][0]["short_cost"],
            &groups["items"][0]["spare_cost"]
        ),
        (&usd("200.00"), &usd("1000.00"))
    );
    // The projected position: past its term nothing is owned.
    let later = stage
        .get(&token, "/v1/compliance?product=word&as_of=2027-01-01")
        .await
        .json();
    assert_eq!(
        (&later["items"][0]["status"], &later["items"][0]["short"]),
        (&json!("expired_in_use"), &json!(10))
    );
    let csv = stage
        .get(&token, "/v1/compliance?product=word&format=csv")
        .await
        .text;
    assert!(
        csv.contains(",6,600.00 USD,4,400.00 USD,2026-12-31"),
        "{csv}"
    );
}
