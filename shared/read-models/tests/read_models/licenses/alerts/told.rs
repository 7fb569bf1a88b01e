//! What is told of alerts and of their tickets.

use super::*;

#[tokio::test]
async fn alerts_come_by_urgency_or_by_age_and_only_to_who_may_see_them() {
    let mut account = Account::new().await;
    account.seats("short", 10, 12, vec![]).await;
    account
        .license("theirs", "fabrikam", "Acrobat", vec![])
        .await;
    let deadline = |finding: Finding, on: &str| Finding {
        deadline: Some(day(on)),
        ..finding
    };
    let over = account.about_pool(Kind::OverLicensed, "short").await;
    let reveals = Finding::new(Kind::RevealBudget, Of::Token(TokenId(id("token"))), None);
    account
        .add(vec![
            raised(
                "review",
                Finding {
                    since: Some(day("2026-01-01")),
                    ..over
                },
            ),
            raised(
                "later",
                deadline(
                    about_asset(Kind::Expiring, "short", "contoso"),
                    "2026-08-01",
                ),
            ),
            raised(
                "sooner",
                deadline(
                    about_asset(Kind::RenewalNotice, "theirs", "fabrikam"),
                    "2026-07-01",
                ),
            ),
            raised(
                "gravest",
                deadline(
                    about_asset(Kind::ExpiredInUse, "short", "contoso"),
                    "2026-09-01",
                ),
            ),
            raised(
                "reveals",
                Finding {
                    since: Some(day("2026-06-01")),
                    ..reveals
                },
            ),
        ])
        .await;
    let urgent = ["gravest", "reveals", "sooner", "later", "review"];
    let newest = ["reveals", "gravest", "sooner", "later", "review"];
    let ids = |rows: &[tokio_postgres::Row]| -> Vec<Uuid> {
        rows.iter().map(|row| row.get("alert_id")).collect()
    };
    for (order, expected) in [(AlertOrder::Urgent, urgent), (AlertOrder::Newest, newest)] {
        let mut found = Vec::new();
        let mut after: Option<AfterAlert> = None;
        loop {
            let statement = alerts(
                id("tenant"),
                None,
                today(),
                Alerts::default(),
                order,
                after.as_ref(),
                2,
            );
            let rows = account.ask(statement).await;
            let Some(last) = rows.last() else { break };
            let alert_id = last.get("alert_id");
            after = Some(match order {
                AlertOrder::Urgent => AfterAlert::Urgent {
                    gravity: last.get("gravity"),
                    urgent_on: last.get("urgent_on"),
                    alert_id,
                },
                AlertOrder::Newest => AfterAlert::Newest {
                    begun_at: last.get("begun_at"),
                    alert_id,
                },
            });
            found.extend(ids(&rows));
        }
        let expected: Vec<Uuid> = expected.iter().map(|name| id(name)).collect();
        assert_eq!(found, expected, "{order:?}");
    }

    let visio = account.pool_of("short").await.product.0;
    let word = |word: &str| Some(vec![word.to_owned()]);
    let snoozed = Event::AlertSnoozed { until: today() };
    account
        .add(vec![
            of_alert("later", "contoso", snoozed),
            of_alert(
                "sooner",
                "fabrikam",
                Event::AlertAcknowledged {
                    integration_id: None,
                },
            ),
        ])
        .await;
    let all = Alerts::default;
    for (sees, which, expected) in [
        (Some("fabrikam"), all(), vec!["sooner"]),
        (
            None,
            Alerts {
                companies: Some(vec![id("fabrikam")]),
                ..all()
            },
            vec!["sooner"],
        ),
        (
            None,
            Alerts {
                one: Some(id("later")),
                ..all()
            },
            vec!["later"],
        ),
        (
            None,
            Alerts {
                kinds: word("expired_in_use"),
                ..all()
            },
            vec!["gravest"],
        ),
        (
            None,
            Alerts {
                causes: word("expiry"),
                ..all()
            },
            vec!["gravest", "sooner", "later"],
        ),
        (
            None,
            Alerts {
                standings: word("cleared"),
                ..all()
            },
            vec![],
        ),
        (
            None,
            Alerts {
                acknowledged: Some(true),
                ..all()
            },
            vec!["sooner"],
        ),
        (
            None,
            Alerts {
                snoozed: Some(true),
                ..all()
            },
            vec!["later"],
        ),
        (
            None,
            Alerts {
                snoozed: Some(false),
                causes: word("expiry"),
                ..all()
            },
            vec!["gravest", "sooner"],
        ),
        (
            None,
            Alerts {
                assets: Some(vec![id("short")]),
                ..all()
            },
            vec!["gravest", "later", "review"],
        ),
        (
            None,
            Alerts {
                product_keys: Some(vec![visio]),
                ..all()
            },
            vec!["gravest", "later", "review"],
        ),
    ] {
        let sees = sees.map(|company| vec![id(company)]);
        let asked = format!("{sees:?} {which:?}");
        let statement = alerts(
            id("tenant"),
            sees,
            today(),
            which,
            AlertOrder::Urgent,
            None,
            10,
        );
        let expected: Vec<Uuid> = expected.into_iter().map(id).collect();
        assert_eq!(ids(&account.ask(statement).await), expected, "{asked}");
    }
}

#[tokio::test]
async fn an_alert_tells_its_licenses_its_tickets_and_when_what_happened() {
    let mut account = Account::new().await;
    account.seats("short", 10, 12, vec![]).await;
    let finding = account.about_pool(Kind::UnderLicensed, "short").await;
    let integration_id = IntegrationId(id("zammad"));
    let ticket = |number: &str| TicketRef {
        id: number.to_owned(),
        number: format!("#{number}"),
        url: None,
    };
    let renamed = of_alert(
        "contoso",
        "contoso",
        Event::CompanyRenamed {
            from: String::new(),
            to: "Contoso Dental".to_owned(),
        },
    );
    let before = account.stage.append(id("tenant"), renamed).await;
    let facts = vec![
        raised("alert", finding.clone()),
        of_alert(
            "alert",
            "contoso",
            Event::TicketOpened {
                integration_id,
                ticket: ticket("1"),
            },
        ),
        of_alert(
            "alert",
            "contoso",
            Event::TicketCommented {
                integration_id,
                what: "worse".to_owned(),
            },
        ),
        of_alert(
            "alert",
            "contoso",
            Event::AlertCleared {
                cleared: domain::alert::Cleared::Gone,
            },
        ),
        of_alert(
            "alert",
            "contoso",
            Event::AlertRaised {
                finding,
                occurrence: 2,
            },
        ),
        of_alert(
            "alert",
            "contoso",
            Event::TicketOpened {
                integration_id,
                ticket: ticket("2"),
            },
        ),
    ];
    account.add(facts).await;
    let statement = alerts(
        id("tenant"),
        None,
        today(),
        Alerts::default(),
        AlertOrder::Urgent,
        None,
        10,
    );
    let rows = account.ask(statement).await;
    let row = &rows[0];
    let column = |name: &str| row.get::<_, Json>(name);
    assert_eq!(row.get::<_, &str>("product"), "short");
    assert_eq!(row.get::<_, &str>("company_name"), "Contoso Dental");
    assert_eq!(row.get::<_, i32>("occurrence"), 2);
    assert_eq!(
        row.get::<_, DateTime<Utc>>("raised_at"),
        recorded_at(before + 5)
    );
    assert_eq!(row.get::<_, Option<DateTime<Utc>>>("cleared_at"), None);
    assert_eq!(
        column("licenses"),
        json!([{ "asset_id": id("short"), "name": "short" }])
    );
    assert_eq!(column("tickets")[0]["number"], json!("#2"));
    assert_eq!(column("tickets").as_array().unwrap().len(), 1);
    let rows = account
        .ask(tickets(id("tenant"), None, Tickets::default(), None, 10))
        .await;
    assert_eq!(rows.len(), 1);
    assert_eq!(
        rows[0].get::<_, DateTime<Utc>>("opened_at"),
        recorded_at(before + 6)
    );
    let theirs = Some(vec![id("fabrikam")]);
    let none = tickets(id("tenant"), theirs.clone(), Tickets::default(), None, 10);
    assert!(account.ask(none).await.is_empty());

    // All of it stands in the history of the license, also the first ticket.
    let types = |rows: &[tokio_postgres::Row]| -> Vec<String> {
        let types = rows.iter().filter_map(|row| row.get("event_type"));
        types.collect()
    };
    let timeline =
        |sees, after| trail::queries::timeline(id("tenant"), id("short"), sees, today(), after, 10);
    let rows = account.ask(timeline(None, Some(before))).await;
    let told = [
        "AlertRaised",
        "TicketOpened",
        "TicketCommented",
        "AlertCleared",
        "AlertRaised",
        "TicketOpened",
    ];
    assert_eq!(types(&rows), told);
    assert_eq!(types(&account.ask(timeline(theirs, None)).await), [""; 0]);
    let entries = trail::queries::Entries {
        assets: Some(vec![id("short")]),
        types: Some(vec!["TicketOpened".to_owned()]),
        ..trail::queries::Entries::default()
    };
    let entries = trail::queries::entries(id("tenant"), None, entries, None, 10);
    assert_eq!(account.ask(entries).await.len(), 2);
}
