use std::collections::BTreeSet;

use uuid::Uuid;

use crate::{facts::Account, stage::Stage};

/// Every route with an id of ours in it; a test holds this against the routes that there are.
fn routes(
    account: &Account,
    company: &str,
    product: &str,
    document: &str,
) -> Vec<(String, &'static str)> {
    let asset = account.id(product);
    let (company, document) = (account.id(company), account.id(document));
    vec![
        ("/v1/asset-types".into(), "/v1/asset-types"),
        (
            format!("/v1/asset-types/{}", account.asset_type),
            "/v1/asset-types/{id}",
        ),
        ("/v1/companies".into(), "/v1/companies"),
        (format!("/v1/companies/{company}"), "/v1/companies/{id}"),
        ("/v1/documents".into(), "/v1/documents"),
        (format!("/v1/documents/{document}"), "/v1/documents/{id}"),
        ("/v1/tags".into(), "/v1/tags"),
        ("/v1/vendors".into(), "/v1/vendors"),
        ("/v1/vendors?format=csv".into(), "/v1/vendors"),
        ("/v1/policy".into(), "/v1/policy"),
        ("/v1/assets".into(), "/v1/assets"),
        (format!("/v1/assets/{asset}"), "/v1/assets/{id}"),
        (
            format!("/v1/assets/{asset}?as_of=2026-06-01"),
            "/v1/assets/{id}",
        ),
        (
            format!("/v1/assets/{asset}/seat-history"),
            "/v1/assets/{id}/seat-history",
        ),
        (
            format!("/v1/assets/{asset}/timeline"),
            "/v1/assets/{id}/timeline",
        ),
        (
            format!("/v1/assets/{asset}/purchases"),
            "/v1/assets/{id}/purchases",
        ),
        (
            format!("/v1/assets/{asset}/assignments"),
            "/v1/assets/{id}/assignments",
        ),
        (
            format!("/v1/assets/{asset}/allocations"),
            "/v1/assets/{id}/allocations",
        ),
        (format!("/v1/assets/{asset}/keys"), "/v1/assets/{id}/keys"),
        (
            format!("/v1/assets/{asset}/renewals"),
            "/v1/assets/{id}/renewals",
        ),
        (format!("/v1/assets/{asset}/usage"), "/v1/assets/{id}/usage"),
        (
            format!("/v1/companies/{company}/count-sheet"),
            "/v1/companies/{id}/count-sheet",
        ),
        (
            format!("/v1/companies/{company}/review"),
            "/v1/companies/{id}/review",
        ),
        ("/v1/assignments".into(), "/v1/assignments"),
        ("/v1/assignments?format=csv".into(), "/v1/assignments"),
        ("/v1/products".into(), "/v1/products"),
        (
            format!("/v1/products/{}", account.id("catalogued")),
            "/v1/products/{id}",
        ),
        ("/v1/products/unresolved".into(), "/v1/products/unresolved"),
        ("/v1/spend".into(), "/v1/spend"),
        ("/v1/spend?group_by=license&format=csv".into(), "/v1/spend"),
        ("/v1/compliance".into(), "/v1/compliance"),
        ("/v1/compliance?group_by=license".into(), "/v1/compliance"),
        ("/v1/compliance?group_by=company".into(), "/v1/compliance"),
        ("/v1/compliance?group_by=vendor".into(), "/v1/compliance"),
        ("/v1/compliance/summary".into(), "/v1/compliance/summary"),
        ("/v1/expiries".into(), "/v1/expiries"),
        ("/v1/audit-trail".into(), "/v1/audit-trail"),
        ("/v1/assets?format=csv".into(), "/v1/assets"),
        ("/v1/asset-types?format=csv".into(), "/v1/asset-types"),
        ("/v1/companies?format=csv".into(), "/v1/companies"),
        ("/v1/documents?format=csv".into(), "/v1/documents"),
        ("/v1/tags?format=csv".into(), "/v1/tags"),
        (
            format!("/v1/assets/{asset}/seat-history?format=csv"),
            "/v1/assets/{id}/seat-history",
        ),
        (
            format!("/v1/assets/{asset}/timeline?format=csv"),
            "/v1/assets/{id}/timeline",
        ),
        ("/v1/compliance?format=csv".into(), "/v1/compliance"),
        ("/v1/expiries?format=csv".into(), "/v1/expiries"),
        ("/v1/audit-trail?format=csv".into(), "/v1/audit-trail"),
        ("/v1/audit-trail?format=ndjson".into(), "/v1/audit-trail"),
        (
            format!("/v1/companies/{company}/policy"),
            "/v1/companies/{id}/policy",
        ),
        (
            format!("/v1/asset-types/{}/policy", account.asset_type),
            "/v1/asset-types/{id}/policy",
        ),
        (
            format!("/v1/assets/{asset}/policy"),
            "/v1/assets/{id}/policy",
        ),
        ("/v1/alerts".into(), "/v1/alerts"),
        ("/v1/alerts?format=csv".into(), "/v1/alerts"),
        (
            format!("/v1/alerts/{}", account.id(&format!("{product} alert"))),
            "/v1/alerts/{id}",
        ),
        ("/v1/tickets".into(), "/v1/tickets"),
        ("/v1/integration-kinds".into(), "/v1/integration-kinds"),
        ("/v1/integrations".into(), "/v1/integrations"),
        (
            format!(
                "/v1/integrations/{}",
                account.id(&format!("{product} desk"))
            ),
            "/v1/integrations/{id}",
        ),
        ("/v1/calendar-feeds".into(), "/v1/calendar-feeds"),
        ("/v1/expiries.ics".into(), "/v1/expiries.ics"),
        ("/v1/ledger/entries".into(), "/v1/ledger/entries"),
        ("/v1/ledger/stream?after=0".into(), "/v1/ledger/stream"),
    ]
}

/// Names one thing of each kind for a marker, so that an answer that holds it tells on itself.
fn furnish(account: &Account, marker: &str) -> Vec<domain::Fact> {
    let company = format!("{marker} company");
    let product = format!("{marker} product");
    let license = account.license(&company, &product);
    let mut facts = vec![
        account.company(&company),
        account.document(&company, &format!("{marker} document")),
    ];
    facts.extend(license.seats(5, 9));
    let vendor = crate::facts::text(&format!("{marker} vendor"));
    facts.push(license.set("2026-01-01", "Vendor", vendor));
    facts.push(license.expires("2026-01-01", "2027-01-08"));
    facts.push(license.tagged("2026-01-01", &format!("{marker} tag")));
    facts.push(license.costs("2026-01-01", "100"));
    facts.push(license.bought("2026-01-01", 1, None));
    facts.push(license.assigned("2026-01-01", &[marker], None));
    facts.push(license.key_added("2026-01-01", &format!("{marker} key")));
    let lapse = domain::asset::RenewalDecision::Lapse;
    let note = format!("{marker} note");
    facts.push(license.decided("2027-01-08", lapse, account.person, &note));
    facts.extend(crate::alerts::furnish(account, marker));
    facts
}

/// A product of the account's catalog, which all its companies share.
fn catalogued(account: &Account, called: &str) -> domain::Fact {
    let facts = domain::product::ProductFacts::default();
    let mut fact = crate::held::product(account, "catalogued", &[], facts);
    if let domain::Event::ProductsAdded { products, .. } = &mut fact.event {
        called.clone_into(&mut products[0].name);
    }
    fact
}

fn is_stream(route: &str) -> bool {
    route == "/v1/ledger/stream"
}

#[tokio::test]
async fn every_route_is_in_the_table_and_wants_a_token() {
    let account = Account::new("Ours");
    let (mut stage, _) = Stage::with(&account).await;
    let token = stage.administrator(&account).await;
    stage.record(&account, furnish(&account, "ours")).await;
    stage
        .record(&account, vec![catalogued(&account, "ours")])
        .await;
    let routes = routes(&account, "ours company", "ours product", "ours document");
    let listed: BTreeSet<&str> = routes.iter().map(|(_, route)| *route).collect();
    let paths = stage.document["paths"].as_object().unwrap();
    // The address of a feed is a secret by itself; its own tests tell who may read it.
    let there = paths.keys().map(String::as_str);
    let there: BTreeSet<&str> = there
        .filter(|path| *path != "/v1/calendar/{file}")
        .collect();
    assert_eq!(listed, there);
    for (target, route) in &routes {
        let refused = stage.get_without_token(target).await;
        assert_eq!(
            (refused.status.as_u16(), refused.problem().as_str()),
            (401, "unauthorized"),
            "{target}"
        );
        if !is_stream(route) {
            assert_eq!(stage.get(&token, target).await.status, 200, "{target}");
        }
    }
}

#[tokio::test]
async fn another_accounts_things_are_nowhere() {
    let (ours, theirs) = (Account::new("Ours"), Account::new("Theirs"));
    let (mut stage, _) = Stage::with(&ours).await;
    let token = stage.administrator(&ours).await;
    stage.open(&theirs).await;
    stage.record(&ours, furnish(&ours, "ours")).await;
    stage.record(&theirs, furnish(&theirs, "theirs")).await;
    stage
        .record(&theirs, vec![catalogued(&theirs, "theirs")])
        .await;
    for (target, route) in routes(
        &theirs,
        "theirs company",
        "theirs product",
        "theirs document",
    ) {
        if is_stream(route) {
            continue;
        }
        let answer = stage.get(&token, &target).await;
        assert!(
            !answer.text.to_lowercase().contains("theirs"),
            "{target}: {}",
            answer.text
        );
        if route.contains("{id}") {
            let nothing = route.replace("{id}", &Uuid::from_u128(1).to_string());
            let nothing = stage.get(&token, &nothing).await;
            assert_eq!(
                (answer.status.as_u16(), &answer.text),
                (404, &nothing.text),
                "{target}"
            );
        }
    }
    for filter in ["company", "asset"] {
        let of = theirs.id(&format!("theirs {}", filter.replace("asset", "product")));
        let answer = stage
            .get(&token, &format!("/v1/audit-trail?{filter}={of}"))
            .await;
        assert!(answer.items("entry").is_empty(), "{filter}");
    }
    for target in [
        "assets",
        "compliance",
        "expiries",
        "tags",
        "documents",
        "vendors",
        "assignments",
        "products/unresolved",
        "spend",
    ] {
        let target = format!("/v1/{target}?company={}", theirs.id("theirs company"));
        assert_eq!(
            stage.get(&token, &target).await.json()["items"]
                .as_array()
                .unwrap()
                .len(),
            0,
            "{target}"
        );
    }
    let target = format!("/v1/assets?ids={}", theirs.id("theirs product"));
    assert!(stage.get(&token, &target).await.items("id").is_empty());
}

#[tokio::test]
async fn a_token_that_is_limited_to_companies_sees_nothing_of_others() {
    let account = Account::new("Ours");
    let (mut stage, all) = Stage::with(&account).await;
    stage.record(&account, furnish(&account, "seen")).await;
    stage.record(&account, furnish(&account, "hidden")).await;
    stage
        .record(&account, vec![catalogued(&account, "shared")])
        .await;
    let limited = stage
        .token(&account, "limited", Some(vec![account.id("seen company")]))
        .await;
    let none = stage.token(&account, "none", Some(vec![])).await;

    for (target, route) in routes(&account, "seen company", "seen product", "seen document") {
        let answer = stage.get(&limited, &target).await;
        if route.starts_with("/v1/ledger") || route.starts_with("/v1/integrations") {
            assert_eq!(answer.problem(), "forbidden", "{target}");
            continue;
        }
        assert_eq!(answer.status, 200, "{target}: {}", answer.text);
        assert!(!answer.text.contains("hidden"), "{target}: {}", answer.text);
        let shared = [
            "/v1/asset-types",
            "/v1/policy",
            "/v1/compliance/summary",
            "/v1/products",
            "/v1/assets/{id}/allocations",
            "/v1/assets/{id}/usage",
            "/v1/assets/{id}/policy",
            "/v1/companies/{id}/policy",
            "/v1/integration-kinds",
        ];
        if !shared.iter().any(|of| route.starts_with(of)) {
            assert!(
                answer.text.contains("seen")
                    || answer
                        .text
                        .contains(&account.id("seen company").to_string())
                    || answer.text.contains("\"total\"")
                    || answer.text.contains(",total,"),
                "{target}: {}",
                answer.text
            );
        }
    }
    for (target, route) in routes(
        &account,
        "hidden company",
        "hidden product",
        "hidden document",
    ) {
        let of_one = route.contains("{id}")
            && !["/v1/asset-types", "/v1/products", "/v1/integrations"]
                .iter()
                .any(|shared| route.starts_with(shared));
        if of_one {
            assert_eq!(stage.get(&all, &target).await.status, 200, "{target}");
            assert_eq!(
                stage.get(&limited, &target).await.problem(),
                "not-found",
                "{target}"
            );
            assert_eq!(
                stage.get(&none, &target).await.problem(),
                "not-found",
                "{target}"
            );
        }
    }
    let pools = |token: String| {
        let stage = &stage;
        async move { stage.get(&token, "/v1/compliance/summary").await.json()["pools"].as_i64() }
    };
    assert_eq!(pools(all).await, Some(2));
    assert_eq!(pools(limited.clone()).await, Some(1));
    assert_eq!(pools(none.clone()).await, Some(0));
    let target = format!("/v1/assets?company={}", account.id("hidden company"));
    assert!(stage.get(&limited, &target).await.items("id").is_empty());
    assert!(
        stage
            .get(&none, "/v1/companies")
            .await
            .items("id")
            .is_empty()
    );
}

#[tokio::test]
async fn an_asset_that_moved_away_is_gone_and_one_that_came_shows_no_time_before() {
    let account = Account::new("Ours");
    let (mut stage, _) = Stage::with(&account).await;
    let mut facts = vec![account.company("Old"), account.company("New")];
    let license = account.license("Old", "Word");
    facts.extend(license.seats(5, 5));
    stage.record(&account, facts).await;
    let [old, new] = ["Old", "New"].map(|name| domain::ids::CompanyId(account.id(name)));
    let moved = license.fact(
        "2026-06-01",
        domain::Event::MovedToCompany { from: old, to: new },
    );
    stage.record(&account, vec![moved]).await;
    let old = stage.token(&account, "old", Some(vec![old.0])).await;
    let new = stage.token(&account, "new", Some(vec![new.0])).await;
    let path = format!("/v1/assets/{}", license.asset);
    for (token, query, status) in [
        (&new, "", 200),
        (&old, "", 404),
        (&new, "/timeline", 200),
        (&old, "/timeline", 404),
        (&old, "/seat-history", 404),
        (&old, "?as_of=2026-05-31", 200),
        (&new, "?as_of=2026-05-31", 404),
        (&new, "?as_of=2026-06-01", 200),
    ] {
        assert_eq!(
            stage.get(token, &format!("{path}{query}")).await.status,
            status,
            "{query}"
        );
    }
    // What was counted while it was another's.
    assert!(
        stage
            .get(&new, &format!("{path}/seat-history"))
            .await
            .items("entry")
            .is_empty()
    );
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_once() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    assert_eq!(stage.get(&token, "/v1/policy").await.status, 200);
    stage.revoke(&account, "all").await;
    assert_eq!(
        stage.get(&token, "/v1/policy").await.problem(),
        "unauthorized"
    );
}
