//! What each company has of a license, and bears.

use super::*;

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
