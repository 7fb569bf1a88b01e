//! What is missing, what is spare, what it costs, how much is used.

use super::*;

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
