//! What is held of a license, and what its history tells.

use super::*;

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
async fn who_held_seats_before_a_license_moved_is_told_to_whom_it_was_recorded_for() {
    let mut account = Account::new().await;
    let on = day("2026-02-01");
    // Whenever the move is said to be true: what was recorded before it is not the new owner's.
    for (license, moved_on) in [
        ("later", day("2026-03-01")),
        ("same day", on),
        ("back-dated", day("2026-01-15")),
    ] {
        let of = |company: &str, name: &str, counted_for: Option<&str>| {
            let given = Assignment {
                company: counted_for.map(|name| CompanyId(id(name))),
                ..assignment(&format!("{license} {name}"), name, on)
            };
            Fact {
                company: Some(CompanyId(id(company))),
                ..assigned(license, on, vec![given])
            }
        };
        let moved = Event::MovedToCompany {
            from: CompanyId(id("contoso")),
            to: CompanyId(id("fabrikam")),
        };
        let released = Event::SeatsReleased {
            assignment_ids: vec![AssignmentId(id(&format!("{license} anna")))],
        };
        let facts = vec![
            of("contoso", "anna", None),
            of("contoso", "guest", Some("adatum")),
            fact(id(license), moved_on, moved),
            of("fabrikam", "bert", None),
            fact(id(license), day("2026-04-01"), released),
        ];
        account.license(license, "contoso", "Office", facts).await;
        for (company, holder) in [
            ("contoso", "anna"),
            ("fabrikam", "bert"),
            ("adatum", "guest"),
        ] {
            let sees = holdings::queries::OfAsset {
                tenant: id("tenant"),
                asset: id(license),
                sees: Some(vec![id(company)]),
                day: day("2026-05-01"),
            };
            let held = holdings::queries::assignments_of_asset(sees, None, None, 10);
            let rows = account.ask(held).await;
            let holders: Vec<Option<Uuid>> = rows.iter().map(|row| row.get("holder_id")).collect();
            assert_eq!(holders, [Some(id(holder))], "{license}, {company}");
        }
    }
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
