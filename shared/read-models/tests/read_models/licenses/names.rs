//! What licenses are called, and what the catalog makes of it.

use super::*;

#[tokio::test]
async fn a_name_that_the_catalog_learns_brings_its_licenses_into_one_pool() {
    let mut account = Account::new().await;
    let january = day("2026-01-01");
    for (name, called) in [
        ("one", "Office 365 E3"),
        ("other", "O365  e3"),
        ("third", "Visio"),
    ] {
        let facts = vec![
            total(id(name), january, None, 10),
            in_use(id(name), january, None, 8),
        ];
        account.license(name, "contoso", called, facts).await;
    }
    let sku = set(id("third"), january, "SKU", text("D-87"));
    account.add(vec![sku]).await;
    let pools = "select product, owned, in_use from compliance.pool_day order by product";
    let of = |product: &str, owned: i64, in_use: i64| json!({ "product": product, "owned": owned, "in_use": in_use });
    let apart = [
        of("O365  e3", 10, 8),
        of("Office 365 E3", 10, 8),
        of("Visio", 10, 8),
    ];
    assert_eq!(account.rows(pools).await, apart);
    let unresolved = |after| {
        let which = catalog::queries::Unresolved {
            tenant: id("tenant"),
            sees: None,
            day: day("2026-02-01"),
            companies: None,
        };
        catalog::queries::unresolved(which, after, 10)
    };
    let names = |rows: &[tokio_postgres::Row]| -> Vec<(Option<String>, Option<String>, i64)> {
        rows.iter()
            .map(|row| (row.get("name"), row.get("sku"), row.get("licenses")))
            .collect()
    };
    let name = |name: &str, sku: Option<&str>| (Some(name.to_owned()), sku.map(str::to_owned), 1);
    let visio = name("Visio", Some("D-87"));
    let rows = account.ask(unresolved(None)).await;
    assert_eq!(
        names(&rows),
        [
            name("O365  e3", None),
            name("Office 365 E3", None),
            visio.clone()
        ]
    );
    let first = catalog::queries::AfterName {
        name_key: rows[0].get("name_key"),
        sku_key: rows[0].get("sku_key"),
    };
    assert_eq!(names(&account.ask(unresolved(Some(first))).await).len(), 2);

    let facts = ProductFacts {
        vendor: Some("Microsoft".to_owned()),
        ..ProductFacts::default()
    };
    let e3 = product("Office 365 E3", &[Alias::Name("o365 E3".to_owned())], facts);
    let suite = ProductFacts {
        suite_of: [e3.id].into(),
        ..ProductFacts::default()
    };
    let m365 = product("Microsoft 365 E3", &[], suite);
    account
        .add(vec![added(vec![e3.clone(), m365.clone()])])
        .await;
    let together = [of("Office 365 E3", 20, 16), of("Visio", 10, 8)];
    assert_eq!(account.rows(pools).await, together);
    assert_eq!(names(&account.ask(unresolved(None)).await), [visio]);
    let vendors = "select distinct vendor from compliance.license_day where product_id is not null";
    assert_eq!(
        account.rows(vendors).await,
        [json!({"vendor": "Microsoft"})]
    );

    let products = |search: Option<&str>| {
        let which = catalog::queries::Products {
            tenant: id("tenant"),
            sees: None,
            day: day("2026-02-01"),
            search: search.map(str::to_owned),
            vendors: None,
            ids: None,
            merged: false,
        };
        catalog::queries::products(which, None, 10)
    };
    let rows = account.ask(products(Some("o365"))).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].get::<_, i64>("licenses"), 2);
    assert_eq!(rows[0].get::<_, i32>("version"), 1);
    assert_eq!(
        json_of(&rows[0], "aliases"),
        json!([{"kind": "name", "text": "o365 E3"}])
    );
    let covering = catalog::queries::covering(id("tenant"), vec![e3.id.0]);
    let mut keys: Vec<String> = account
        .ask(covering)
        .await
        .iter()
        .map(|row| row.get(0))
        .collect();
    keys.sort();
    let mut expected: Vec<String> = [&e3, &m365]
        .map(|product| format!("product {}", product.id))
        .into();
    expected.sort();
    assert_eq!(keys, expected);

    // A part number is more exact than a name, and a merge takes all along.
    let sku = Alias::Sku("d-87".to_owned());
    let plan = product("Visio Plan 2", &[sku], ProductFacts::default());
    let merged = Event::ProductMerged {
        product_id: plan.id,
        into: e3.id,
    };
    account
        .add(vec![added(vec![plan.clone()]), catalog_fact(merged)])
        .await;
    assert_eq!(account.rows(pools).await, [of("Office 365 E3", 30, 24)]);
    let resolved = catalog::queries::resolve(id("tenant"), Some("VISIO"), Some(" D-87 "));
    let rows = account.ask(resolved).await;
    let found: Vec<(String, Uuid)> = rows
        .iter()
        .map(|row| (row.get("kind"), row.get("product_id")))
        .collect();
    assert_eq!(found, [("sku".to_owned(), e3.id.0)]);
    // As cold as after a restart.
    account.live = account.stage.live(&Model::ALL).await;
    let removed = Event::AliasRemoved {
        product_id: e3.id,
        alias: Alias::Name("O365 E3".to_owned()),
    };
    account.add(vec![catalog_fact(removed)]).await;
    let left = [of("O365  e3", 10, 8), of("Office 365 E3", 20, 16)];
    assert_eq!(account.rows(pools).await, left);
    account.rebuilt_is_the_same().await;
}

#[tokio::test]
async fn a_products_usual_notice_moves_the_deadline_of_licenses_that_say_none() {
    let mut account = Account::new().await;
    let on = day("2026-01-01");
    let ends = Event::ExpiryChanged {
        from: None,
        to: Some(day("2026-12-31")),
        correction: false,
    };
    account
        .license("one", "contoso", "Office", vec![fact(id("one"), on, ends)])
        .await;
    let notice = "select notice_days from expiry.expiry_day limit 1";
    assert_eq!(account.rows(notice).await, [json!({"notice_days": 0})]);
    let facts = ProductFacts {
        notice_days: Some(30),
        ..ProductFacts::default()
    };
    account
        .add(vec![added(vec![product("office", &[], facts)])])
        .await;
    assert_eq!(account.rows(notice).await, [json!({"notice_days": 30})]);
    account.rebuilt_is_the_same().await;
}
