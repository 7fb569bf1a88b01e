//! Licenses as they are really had: shared out, priced, renamed, counted by several sources.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use domain::{
    Event, Fact,
    asset::{
        Assignment, Holder, HolderKind, InUseSource, PricePer, Purchase, RenewalDecision, Window,
    },
    asset_type::FieldRole,
    ids::{AssetId, AssignmentId, CompanyId, HolderId, ProductId, PurchaseId, SecretId, TenantId},
    money::Money,
    product::{Alias, Product, ProductFacts},
};
use read_models::{
    Live, Model, catalog,
    compliance::{
        queries::{About, Group, Pools},
        spend::{self, Spend, SpendBy},
        usage::{Part, Usage, usage},
    },
    holdings,
    query::{Settings, Statement, ask},
    seats,
};
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use tokio_postgres::types::Json as Column;
use uuid::Uuid;

use crate::{
    history::{
        asset_registered, company_added, day, fact, id, in_use, license_fields, set,
        tenant_created, text, total, type_defined, usd,
    },
    stage::{Stage, assert_same, pool},
};

/// A log of one account, taken up live.
struct Account {
    stage: Stage,
    live: Live,
    tenant: Uuid,
}

impl Account {
    /// An MSP with two clients and no licenses.
    async fn new() -> Self {
        let stage = Stage::built().await;
        let live = stage.live(&Model::ALL).await;
        let mut account = Self {
            stage,
            live,
            tenant: id("tenant"),
        };
        account
            .add(vec![
                tenant_created(id("tenant")),
                company_added(id("msp"), "An MSP"),
                company_added(id("contoso"), "Contoso Dental"),
                company_added(id("fabrikam"), "Fabrikam"),
                type_defined(id("type"), license_fields()),
            ])
            .await;
        account
    }

    async fn add(&mut self, facts: Vec<Fact>) {
        let facts = facts.into_iter().map(|fact| (self.tenant, fact)).collect();
        self.stage.append_all(facts).await;
        self.stage.follow(&mut self.live, 100).await;
    }

    /// A license of a company, from the first of 2026.
    async fn license(&mut self, name: &str, company: &str, product: &str, facts: Vec<Fact>) {
        let on = day("2026-01-01");
        let mut all = vec![
            asset_registered(id(name), id("type"), id(company), on),
            set(id(name), on, "Product", text(product)),
        ];
        all.extend(facts);
        self.add(all).await;
    }

    async fn rows(&self, sql: &str) -> Vec<Json> {
        let sql = format!("select to_jsonb(t) from ({sql}) t");
        let rows = self.stage.superuser.query(&sql, &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// What the service's own role is answered.
    async fn ask(&self, statement: Statement) -> Vec<tokio_postgres::Row> {
        let pool = pool(self.stage.config("seatledger_query"));
        let client = pool.get().await.unwrap();
        ask(&client, self.tenant, &statement, true)
            .await
            .unwrap()
            .rows
    }

    async fn rebuilt_is_the_same(&self) {
        let lived = self.stage.dump().await;
        self.stage.rebuild(&Model::ALL).await.unwrap();
        assert_same(&lived, &self.stage.dump().await, "live and rebuilt");
    }
}

fn costs(asset: &str, on: NaiveDate, amount: i64) -> Fact {
    let to = Some(Money {
        amount: Decimal::from(amount),
        currency: usd(),
    });
    let event = Event::CostChanged {
        role: FieldRole::AnnualCost,
        from: None,
        to,
        correction: false,
    };
    fact(id(asset), on, event)
}

fn allocated(asset: &str, company: &str, on: NaiveDate, from: i64, to: i64) -> Fact {
    let company_id = CompanyId(id(company));
    let event = Event::SeatsAllocated {
        company_id,
        from,
        to,
    };
    fact(id(asset), on, event)
}

fn assignment(name: &str, holder: &str, from: NaiveDate) -> Assignment {
    Assignment {
        id: AssignmentId(id(name)),
        holder: Holder {
            kind: HolderKind::User,
            id: HolderId(id(holder)),
        },
        quantity: 1,
        from,
        until: None,
        company: None,
        note: None,
    }
}

fn assigned(asset: &str, on: NaiveDate, assignments: Vec<Assignment>) -> Fact {
    let over_by = None;
    let event = Event::SeatsAssigned {
        assignments,
        over_by,
    };
    fact(id(asset), on, event)
}

fn product(name: &str, aliases: &[Alias], facts: ProductFacts) -> Product {
    Product {
        id: ProductId(id(name)),
        name: name.to_owned(),
        aliases: aliases.iter().cloned().collect(),
        facts,
        merged_into: None,
    }
}

fn catalog_fact(event: Event) -> Fact {
    let stream = TenantId(id("tenant")).catalog_stream();
    fact(stream, day("2026-02-01"), event)
}

fn added(products: Vec<Product>) -> Fact {
    catalog_fact(Event::ProductsAdded {
        source: None,
        products,
    })
}

fn about(day: NaiveDate, settings: &Settings) -> About<'_> {
    About {
        tenant: id("tenant"),
        sees: None,
        day,
        settings,
    }
}

fn spend_of(from: &str, until: &str) -> Spend {
    Spend {
        tenant: id("tenant"),
        sees: None,
        from: day(from),
        until: day(until),
        companies: None,
        product_keys: None,
        vendors: None,
        assets: None,
    }
}

fn json_of(row: &tokio_postgres::Row, column: &str) -> Json {
    row.get::<_, Column<Json>>(column).0
}

/// A license of the MSP's own with 100 seats for 1000 USD a year, shared out from March on.
async fn shared_out() -> Account {
    let mut account = Account::new().await;
    let (january, march) = (day("2026-01-01"), day("2026-03-01"));
    let facts = vec![
        total(id("edr"), january, None, 100),
        costs("edr", january, 1000),
        allocated("edr", "contoso", march, 0, 30),
        allocated("edr", "fabrikam", march, 0, 20),
    ];
    account
        .license("edr", "msp", "Endpoint Protection", facts)
        .await;
    account
}

#[tokio::test]
async fn each_company_has_its_part_of_what_is_shared_out() {
    let account = shared_out().await;
    let days = "select c.name, l.from_day, l.until_day, l.allocated, l.total, l.annual_cost
        from compliance.license_day l join register.company c using (company_id) order by 1, 2";
    let row = |name: &str,
               from: &str,
               until: Option<&str>,
               allocated: bool,
               seats: i64,
               cost: &str| {
        json!({
            "name": name, "from_day": from, "until_day": until, "allocated": allocated, "total": seats,
            "annual_cost": {"USD": cost},
        })
    };
    let expected = [
        row(
            "An MSP",
            "2026-01-01",
            Some("2026-02-28"),
            false,
            100,
            "1000.00",
        ),
        row("An MSP", "2026-03-01", None, false, 50, "500.00"),
        row("Contoso Dental", "2026-03-01", None, true, 30, "300.00"),
        row("Fabrikam", "2026-03-01", None, true, 20, "200.00"),
    ];
    assert_eq!(account.rows(days).await, expected);
    let allocations =
        "select company_id, from_day, until_day, seats from holdings.allocation order by seats";
    assert_eq!(
        account.rows(allocations).await,
        [
            json!({"company_id": id("fabrikam"), "from_day": "2026-03-01", "until_day": null, "seats": 20}),
            json!({"company_id": id("contoso"), "from_day": "2026-03-01", "until_day": null, "seats": 30}),
        ]
    );
    account.rebuilt_is_the_same().await;
}

#[tokio::test]
async fn each_company_bears_its_part_of_the_cost_and_all_of_them_bear_all_of_it() {
    let mut account = shared_out().await;
    let bought = Purchase {
        id: PurchaseId(id("purchase")),
        quantity: 3,
        from: day("2026-06-15"),
        until: None,
        unit_price: Some(Money {
            amount: Decimal::new(9995, 2),
            currency: usd(),
        }),
        price_per: Some(PricePer::Once),
        order: Some("PO 7".to_owned()),
        supplier: None,
        reducible: None,
    };
    let purchase = Fact {
        company: Some(CompanyId(id("contoso"))),
        ..fact(
            id("cad"),
            day("2026-06-15"),
            Event::SeatsPurchased { purchase: bought },
        )
    };
    account
        .license("cad", "contoso", "Draw It", vec![purchase])
        .await;
    type Groups = &'static [(&'static str, &'static str, &'static str)];
    let cases: [(&str, &str, SpendBy, Groups); 6] = [
        (
            "2026-01-01",
            "2026-12-31",
            SpendBy::Company,
            &[
                ("An MSP", "580.82", ""),
                ("Contoso Dental", "251.51", "299.85"),
                ("Fabrikam", "167.67", ""),
            ],
        ),
        (
            "2026-01-01",
            "2026-12-31",
            SpendBy::License,
            &[
                ("Draw It", "", "299.85"),
                ("Endpoint Protection", "1000.00", ""),
            ],
        ),
        // A leap year costs what a year costs.
        (
            "2028-01-01",
            "2028-12-31",
            SpendBy::Product,
            &[("Endpoint Protection", "1000.00", "")],
        ),
        (
            "2027-01-01",
            "2028-12-31",
            SpendBy::Product,
            &[("Endpoint Protection", "2000.00", "")],
        ),
        (
            "2026-02-01",
            "2026-02-01",
            SpendBy::Product,
            &[("Endpoint Protection", "2.74", "")],
        ),
        ("2025-01-01", "2025-12-31", SpendBy::Company, &[]),
    ];
    for (from, until, by, expected) in cases {
        let rows = account
            .ask(spend::spend(spend_of(from, until), by, None, 100))
            .await;
        let amount = |row, column| {
            let amount = json_of(row, column)["USD"].clone();
            amount.as_str().unwrap_or_default().to_owned()
        };
        let found: Vec<(String, String, String)> = rows
            .iter()
            .map(|row| {
                (
                    row.get("name"),
                    amount(row, "recurring"),
                    amount(row, "once"),
                )
            })
            .collect();
        let expected: Vec<(String, String, String)> = expected
            .iter()
            .map(|(name, recurring, once)| {
                (
                    (*name).to_owned(),
                    (*recurring).to_owned(),
                    (*once).to_owned(),
                )
            })
            .collect();
        assert_eq!(found, expected, "{from} to {until} by {by:?}");
    }
    let limited = Spend {
        sees: Some(vec![id("fabrikam")]),
        ..spend_of("2026-01-01", "2026-12-31")
    };
    let rows = account
        .ask(spend::spend(limited, SpendBy::Vendor, None, 100))
        .await;
    assert_eq!(rows.len(), 1);
    assert_eq!(json_of(&rows[0], "amount"), json!({"USD": "167.67"}));
}

#[tokio::test]
async fn what_is_missing_and_what_is_spare_has_its_price_and_old_counts_are_stale() {
    let mut account = Account::new().await;
    let january = day("2026-01-01");
    for (name, company, seats, used, cost) in [
        ("short", "contoso", 25, 27, 2500),
        ("spare", "fabrikam", 20, 5, 1000),
    ] {
        let synced = Event::SeatsInUseCounted {
            source: InUseSource::Synced,
            counted_for: None,
            from: None,
            to: Some(used),
            correction: false,
        };
        let source = Event::InUseSourceChanged {
            from: InUseSource::Typed,
            to: InUseSource::Synced,
        };
        let facts = vec![
            total(id(name), january, None, seats),
            fact(id(name), january, source),
            fact(id(name), january, synced),
            costs(name, january, cost),
        ];
        account.license(name, company, "Office", facts).await;
    }
    let settings = Settings::default();
    // A month and some days after the count it is not relied on any more.
    for (on, stale) in [(day("2026-02-05"), false), (day("2026-02-06"), true)] {
        let statement = read_models::compliance::queries::pools(
            about(on, &settings),
            Pools::default(),
            None,
            10,
            10,
        );
        let rows = account.ask(statement).await;
        let found: Vec<(String, Json, Json, bool, bool)> = rows
            .iter()
            .map(|row| {
                (
                    row.get("status"),
                    json_of(row, "short_cost"),
                    json_of(row, "spare_cost"),
                    row.get("stale"),
                    row.get("incomplete"),
                )
            })
            .collect();
        let status = |status: &str, short: Json, spare: Json| {
            (status.to_owned(), short, spare, stale, stale)
        };
        assert_eq!(
            found,
            [
                status("under_licensed", json!({"USD": "200.00"}), json!({})),
                status("over_licensed", json!({}), json!({"USD": "750.00"})),
            ]
        );
        let licenses = json_of(&rows[0], "licenses");
        assert_eq!(licenses[0]["difference"], -2);
        assert_eq!(licenses[0]["synced"], 27);

        let summary =
            read_models::compliance::queries::summary(about(on, &settings), &Pools::default());
        let summed: BTreeMap<String, (i64, Json, Json)> = account
            .ask(summary)
            .await
            .iter()
            .map(|row| {
                let sums = (
                    row.get("stale"),
                    json_of(row, "short_cost"),
                    json_of(row, "spare_cost"),
                );
                (row.get("status"), sums)
            })
            .collect();
        let count = i64::from(stale);
        assert_eq!(
            summed["under_licensed"],
            (count, json!({"USD": "200.00"}), json!({}))
        );
        assert_eq!(
            summed["over_licensed"],
            (count, json!({}), json!({"USD": "750.00"}))
        );
        let groups = read_models::compliance::queries::groups(
            about(on, &settings),
            Pools::default(),
            Group::Company,
            None,
            10,
        );
        let rows = account.ask(groups).await;
        let names: Vec<(String, i64, Json)> = rows
            .iter()
            .map(|row| {
                (
                    row.get("name"),
                    row.get("stale"),
                    json_of(row, "spare_cost"),
                )
            })
            .collect();
        assert_eq!(
            names,
            [
                ("Contoso Dental".to_owned(), count, json!({})),
                ("Fabrikam".to_owned(), count, json!({"USD": "750.00"})),
            ]
        );
    }
    account.rebuilt_is_the_same().await;
}

#[tokio::test]
async fn amounts_of_several_currencies_are_summed_apart() {
    let mut account = Account::new().await;
    let january = day("2026-01-01");
    let price = |currency: &str, amount: i64| {
        let currency = domain::money::Currency::parse(currency).unwrap();
        Some(Money {
            amount: Decimal::from(amount),
            currency,
        })
    };
    let bought = |name: &str, unit_price| {
        let purchase = Purchase {
            id: PurchaseId(id(name)),
            quantity: 10,
            from: january,
            until: None,
            unit_price,
            price_per: Some(PricePer::Year),
            order: None,
            supplier: None,
            reducible: Some(Window {
                from: january,
                until: None,
            }),
        };
        fact(id("mixed"), january, Event::SeatsPurchased { purchase })
    };
    let facts = vec![
        bought("first", price("USD", 10)),
        bought("second", price("EUR", 20)),
        in_use(id("mixed"), january, None, 10),
    ];
    account.license("mixed", "contoso", "Office", facts).await;
    let settings = Settings::default();
    let summary =
        read_models::compliance::queries::summary(about(january, &settings), &Pools::default());
    let rows = account.ask(summary).await;
    let half = json!({"EUR": "100.00", "USD": "50.00"});
    assert_eq!(json_of(&rows[0], "spare_cost"), half);
    assert_eq!(json_of(&rows[0], "recoverable_now_cost"), half);
    assert_eq!(rows[0].get::<_, i64>("recoverable_now"), 10);
    let groups = read_models::compliance::queries::groups(
        about(january, &settings),
        Pools::default(),
        Group::Vendor,
        None,
        10,
    );
    assert_eq!(json_of(&account.ask(groups).await[0], "spare_cost"), half);
}

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

#[tokio::test]
async fn one_more_assignment_of_thousands_is_one_more_row_written() {
    let mut account = Account::new().await;
    account.license("big", "contoso", "Office", vec![]).await;
    let from = day("2026-02-01");
    let names: Vec<String> = (0..5_000).map(|at| format!("assignment {at}")).collect();
    let batches = names.chunks(500).map(|names| {
        let assignments = names.iter().map(|name| assignment(name, name, from));
        assigned("big", from, assignments.collect())
    });
    account.add(batches.collect()).await;
    let writers = "select count(*)::int as rows, count(distinct xmin::text)::int as writers from holdings.assignment";
    let before = account.rows(writers).await;
    assert_eq!(before[0]["rows"], 5_000);
    let last = "select count(*)::int as rows from holdings.assignment
        where xmin::text::bigint = (select max(xmin::text::bigint) from holdings.assignment)";
    account
        .add(vec![assigned(
            "big",
            from,
            vec![assignment("one more", "x", from)],
        )])
        .await;
    assert_eq!(account.rows(last).await, [json!({"rows": 1})]);
    let released = Event::SeatsReleased {
        assignment_ids: vec![AssignmentId(id("assignment 7"))],
    };
    account
        .add(vec![fact(id("big"), day("2026-03-01"), released)])
        .await;
    assert_eq!(account.rows(last).await, [json!({"rows": 1})]);
    // After a restart it is not known what was written last, and still only what differs is.
    account.live = account.stage.live(&Model::ALL).await;
    account
        .add(vec![assigned(
            "big",
            from,
            vec![assignment("yet one", "y", from)],
        )])
        .await;
    assert_eq!(account.rows(last).await, [json!({"rows": 1})]);

    let of = || holdings::queries::OfAsset {
        tenant: id("tenant"),
        asset: id("big"),
        sees: None,
        day: day("2026-04-01"),
    };
    let held = |after: Option<&holdings::queries::AfterAssignment>| {
        holdings::queries::assignments_of_asset(of(), Some(day("2026-04-01")), after, 4_000)
    };
    let rows = account.ask(held(None)).await;
    let last = &rows[3_999];
    let after = holdings::queries::AfterAssignment {
        from_day: last.get("from_day"),
        assignment_id: last.get("assignment_id"),
    };
    assert_eq!(account.ask(held(Some(&after))).await.len(), 1_001);
}

#[tokio::test]
async fn what_is_held_of_a_license_is_told_to_whom_it_was_recorded_for() {
    let mut account = Account::new().await;
    let on = day("2026-01-01");
    let purchase = Purchase {
        id: PurchaseId(id("purchase")),
        quantity: 10,
        from: on,
        until: None,
        unit_price: None,
        price_per: None,
        order: Some("PO 7".to_owned()),
        supplier: Some("Dist".to_owned()),
        reducible: None,
    };
    let reduced = Event::PurchaseReduced {
        purchase_id: purchase.id,
        from: 10,
        to: 6,
    };
    let key = |name: &str| Event::KeyAdded {
        secret_id: SecretId(id(name)),
        secret_version: 1,
        label: Some(name.to_owned()),
        assignment_id: None,
    };
    let decided = Event::RenewalDecided {
        term_end: day("2026-12-31"),
        decision: Some(RenewalDecision::ChangeTo(8)),
        owner: None,
        note: None,
    };
    let of = |company: &str, on: NaiveDate, event: Event| Fact {
        company: Some(CompanyId(id(company))),
        ..fact(id("one"), on, event)
    };
    let moved = Event::MovedToCompany {
        from: CompanyId(id("contoso")),
        to: CompanyId(id("fabrikam")),
    };
    let facts = vec![
        of("contoso", on, Event::SeatsPurchased { purchase }),
        of("contoso", day("2026-02-01"), reduced),
        of("contoso", on, key("old key")),
        assigned("one", on, vec![assignment("a seat", "anna", on)]),
        of("contoso", day("2026-03-01"), moved),
        of("fabrikam", day("2026-03-02"), key("new key")),
        of("fabrikam", day("2026-03-02"), decided),
    ];
    account.license("one", "contoso", "Office", facts).await;
    let sees = |company: &str| holdings::queries::OfAsset {
        tenant: id("tenant"),
        asset: id("one"),
        sees: Some(vec![id(company)]),
        day: day("2026-04-01"),
    };
    for (company, purchases, keys, seats) in
        [("contoso", 1, "old key", 1), ("fabrikam", 0, "new key", 0)]
    {
        let found = |rows: &[tokio_postgres::Row], column: &str| {
            let there = rows
                .iter()
                .filter(|row| row.get::<_, Option<Uuid>>(column).is_some());
            there.count()
        };
        let rows = account
            .ask(holdings::queries::purchases(sees(company), None, 10))
            .await;
        assert_eq!(found(&rows, "purchase_id"), purchases, "{company}");
        if purchases == 1 {
            assert_eq!(rows[0].get::<_, i64>("quantity_now"), 6);
        }
        let rows = account
            .ask(holdings::queries::keys(sees(company), None, 10))
            .await;
        let labels: Vec<String> = rows.iter().map(|row| row.get("label")).collect();
        assert_eq!(labels, [keys], "{company}");
        let rows = account
            .ask(holdings::queries::assignments_of_asset(
                sees(company),
                None,
                None,
                10,
            ))
            .await;
        assert_eq!(found(&rows, "assignment_id"), seats, "{company}");
        assert_eq!(rows[0].get::<_, Uuid>("owner_id"), id("fabrikam"));
        let rows = account
            .ask(holdings::queries::renewals(sees(company), None, 10))
            .await;
        let decisions: Vec<Option<String>> = rows.iter().map(|row| row.get("decision")).collect();
        let decided = (company == "fabrikam").then(|| "change_to".to_owned());
        assert_eq!(decisions, [decided]);
        let which = holdings::queries::Assignments {
            tenant: id("tenant"),
            sees: Some(vec![id(company)]),
            held_on: Some(day("2026-04-01")),
            holders: Some(vec![id("anna")]),
            companies: None,
            assets: None,
        };
        let rows = account
            .ask(holdings::queries::assignments(which, None, 10))
            .await;
        assert_eq!(rows.len(), seats, "{company}");
    }
    account
        .ask(holdings::queries::allocations(sees("contoso"), None, 10))
        .await;
    account.rebuilt_is_the_same().await;
}

#[tokio::test]
async fn the_history_of_seats_tells_who_had_them() {
    let mut account = Account::new().await;
    let on = day("2026-02-01");
    let purchase = Purchase {
        id: PurchaseId(id("purchase")),
        quantity: 10,
        from: on,
        until: None,
        unit_price: None,
        price_per: None,
        order: None,
        supplier: None,
        reducible: None,
    };
    let purchase_id = purchase.id;
    let two = Assignment {
        quantity: 2,
        ..assignment("two", "server", on)
    };
    let facts = vec![
        fact(id("one"), on, Event::SeatsPurchased { purchase }),
        assigned("one", on, vec![assignment("a seat", "anna", on), two]),
        fact(
            id("one"),
            day("2026-03-31"),
            Event::SeatsReleased {
                assignment_ids: vec![AssignmentId(id("two"))],
            },
        ),
        fact(
            id("one"),
            on,
            Event::PurchaseReduced {
                purchase_id,
                from: 10,
                to: 8,
            },
        ),
        allocated("one", "fabrikam", on, 0, 3),
        fact(
            id("one"),
            on,
            Event::InUseSourceChanged {
                from: InUseSource::Typed,
                to: InUseSource::Named,
            },
        ),
        fact(
            id("one"),
            on,
            Event::SeatsTransferred {
                to_asset: AssetId(id("other")),
                to_company: CompanyId(id("fabrikam")),
                quantity: Some(4),
            },
        ),
        fact(
            id("one"),
            on,
            Event::SeatsReceived {
                from_asset: AssetId(id("elder")),
                quantity: None,
            },
        ),
    ];
    account.license("one", "contoso", "Office", facts).await;
    let rows = account
        .ask(seats::queries::history(
            id("tenant"),
            id("one"),
            None,
            on,
            None,
            100,
        ))
        .await;
    type Change = (
        String,
        Option<i64>,
        Option<i64>,
        Option<i64>,
        Option<Uuid>,
        Option<Uuid>,
    );
    let found: Vec<Change> = rows
        .iter()
        .map(|row| {
            (
                row.get("kind"),
                row.get("from_count"),
                row.get("to_count"),
                row.get("quantity"),
                row.get("for_company"),
                row.get("other_asset"),
            )
        })
        .collect();
    let change = |kind: &str, from, to, quantity| (kind.to_owned(), from, to, quantity, None, None);
    let fabrikam = Some(id("fabrikam"));
    let expected: Vec<Change> = vec![
        change("purchase", None, Some(10), None),
        change("assigned", Some(0), Some(3), Some(3)),
        change("released", Some(3), Some(1), Some(2)),
        change("reduced", Some(10), Some(8), None),
        (
            "allocated".to_owned(),
            Some(0),
            Some(3),
            None,
            fabrikam,
            None,
        ),
        change("source", None, None, None),
        (
            "transferred".to_owned(),
            None,
            None,
            Some(4),
            fabrikam,
            Some(id("other")),
        ),
        (
            "received".to_owned(),
            None,
            None,
            None,
            None,
            Some(id("elder")),
        ),
    ];
    assert_eq!(found, expected);
    let sources: Vec<Option<String>> = rows.iter().map(|row| row.get("from_source")).collect();
    assert_eq!(sources[5].as_deref(), Some("typed"));
}

#[tokio::test]
async fn use_over_a_window_is_what_its_days_say() {
    let mut account = Account::new().await;
    let (january, february, march) = (day("2026-01-01"), day("2026-02-01"), day("2026-03-01"));
    let facts = vec![
        total(id("one"), january, None, 40),
        in_use(id("one"), february, None, 30),
        in_use(id("one"), march, Some(30), 10),
        costs("one", january, 3650),
    ];
    account.license("one", "contoso", "Office", facts).await;
    // 10 days that nobody counted, 28 with 30 seats in use, 10 with 10.
    let (from, until) = (day("2026-01-22"), day("2026-03-10"));
    let rows = account
        .ask(usage(id("tenant"), id("one"), None, from, until, january))
        .await;
    let parts: Vec<Part> = rows
        .iter()
        .filter_map(|row| Part::of(row).unwrap())
        .collect();
    let used = Usage::of(&parts, from, until);
    assert_eq!((used.days, used.days_known), (48, 38));
    assert_eq!(used.peak, Some(30));
    assert_eq!(used.peak_days, [(february, day("2026-02-28"))]);
    assert_eq!(used.average, Some(Decimal::new(2474, 2))); // 940 seat days of 38
    assert_eq!(used.owned_average, Some(Decimal::from(40)));
    let dollars = |amount: Decimal| BTreeMap::from([(usd(), amount)]);
    assert_eq!(used.cost.0, dollars(Decimal::from(480)));
    assert_eq!(used.cost_per_used_seat.0, dollars(Decimal::new(1940, 2))); // 480 * 38 / 940

    let none = Usage::of(&[], from, from + Days::new(1));
    assert_eq!(
        (none.days, none.days_known, none.peak, none.average),
        (2, 0, None, None)
    );
    assert!(none.cost_per_used_seat.is_empty());
}
