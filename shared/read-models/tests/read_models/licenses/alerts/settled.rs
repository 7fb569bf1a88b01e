//! What is settled of alerts: their rules, and who is told.

use super::*;

#[tokio::test]
async fn integrations_and_feeds_are_told_without_what_is_secret() {
    let mut account = Account::new().await;
    let config = |name: &str| IntegrationConfig {
        name: name.to_owned(),
        kind: IntegrationKind::Zammad,
        settings: [("group".to_owned(), "Licenses".to_owned())].into(),
        filter: Filter {
            kinds: [Kind::Expiring].into(),
            ..Filter::default()
        },
        group_renewals: true,
    };
    let stored = SecretRef {
        secret_id: SecretId(id("token")),
        version: 3,
    };
    let opened = |companies: Option<&str>| Event::FeedOpened {
        label: "Calendar".to_owned(),
        secret_sha256: [7; 32],
        companies: companies.map(|company| [CompanyId(id(company))].into()),
    };
    let facts = [
        (
            "zammad",
            Event::IntegrationAdded {
                config: config("B"),
            },
        ),
        (
            "other",
            Event::IntegrationAdded {
                config: config("A"),
            },
        ),
        (
            "zammad",
            Event::IntegrationSecretStored {
                secret: "token".to_owned(),
                stored,
            },
        ),
        (
            "zammad",
            Event::IntegrationModeSet {
                from: Mode::DryRun,
                to: Mode::On,
                backlog: None,
            },
        ),
        ("other", Event::IntegrationRemoved),
        ("everybody's", opened(None)),
        ("contoso's", opened(Some("contoso"))),
        ("closed", opened(Some("contoso"))),
        ("closed", Event::FeedClosed),
    ];
    let facts = facts.map(|(stream, event)| fact(id(stream), today(), event));
    account.add(facts.into()).await;
    for (one, removed, expected) in [
        (None, None, vec!["other", "zammad"]),
        (None, Some(false), vec!["zammad"]),
        (Some("other"), None, vec!["other"]),
    ] {
        let rows = account
            .ask(integrations(id("tenant"), one.map(id), removed, None, 10))
            .await;
        let found: Vec<Uuid> = rows.iter().map(|row| row.get("integration_id")).collect();
        let expected: Vec<Uuid> = expected.into_iter().map(id).collect();
        assert_eq!(found, expected);
    }
    let rows = account
        .ask(integrations(
            id("tenant"),
            Some(id("zammad")),
            None,
            None,
            10,
        ))
        .await;
    let column = |name: &str| rows[0].get::<_, Json>(name);
    assert_eq!(rows[0].get::<_, &str>("mode"), "on");
    assert_eq!(column("secrets"), json!({ "token": 3 }));
    assert_eq!(column("settings"), json!({ "group": "Licenses" }));
    assert_eq!(
        column("filter"),
        json!({ "companies": [], "kinds": ["expiring"], "events": [], "types": [] })
    );
    for (sees, closed, expected) in [
        (None, None, vec!["everybody's", "contoso's", "closed"]),
        (None, Some(true), vec!["closed"]),
        (Some("contoso"), Some(false), vec!["contoso's"]),
        (Some("fabrikam"), None, vec![]),
    ] {
        let sees = sees.map(|company| vec![id(company)]);
        let rows = account
            .ask(feeds(id("tenant"), sees, None, closed, None, 10))
            .await;
        let found: BTreeSet<Uuid> = rows.iter().map(|row| row.get("feed_id")).collect();
        assert_eq!(found, named(&expected));
    }
}

#[tokio::test]
async fn the_register_tells_what_the_rules_of_alerts_are_and_where_they_are_otherwise() {
    let mut account = Account::new().await;
    account.license("one", "contoso", "Visio", vec![]).await;
    let said = || AlertOverrides {
        shortage_after_hours: Some(4),
        muted: Some([Kind::OverLicensed].into()),
        ..AlertOverrides::default()
    };
    let policy = Policy {
        muted: [Kind::ConfirmRenewal].into(),
        min_free_seats: Some(2),
        quiet_hours: Some(QuietHours {
            from: NaiveTime::from_hms_opt(22, 0, 0).unwrap(),
            until: NaiveTime::from_hms_opt(7, 30, 0).unwrap(),
            weekends: true,
        }),
        ..Policy::default()
    };
    let of = |stream, event| fact(stream, today(), event);
    account
        .add(vec![
            of(
                TenantId(id("tenant")).policy_stream(),
                Event::PolicySet { policy },
            ),
            of(id("contoso"), Event::CompanyPolicySet { policy: said() }),
            of(id("type"), Event::TypePolicySet { policy: said() }),
            of(id("one"), Event::AssetPolicySet { policy: said() }),
            of(id("fabrikam"), Event::CompanyPolicySet { policy: said() }),
            // As it is for all again.
            of(
                id("fabrikam"),
                Event::CompanyPolicySet {
                    policy: AlertOverrides::default(),
                },
            ),
        ])
        .await;
    let told = json!({
        "lead_days": null, "shortage_after_hours": 4, "surplus_after_days": null, "min_free_seats": null,
        "muted": ["over_licensed"]
    });
    for (table, name, expected) in [
        ("company where company_id", "contoso", &told),
        ("company where company_id", "fabrikam", &Json::Null),
        ("asset_type where type_id", "type", &told),
        ("asset where asset_id", "one", &told),
    ] {
        let sql = format!("select alerts from register.{table} = '{}'", id(name));
        assert_eq!(account.rows(&sql).await[0]["alerts"], *expected, "{name}");
    }
    let rows = account.ask(register::queries::policy(id("tenant"))).await;
    let row = &rows[0];
    assert_eq!(row.get::<_, i32>("shortage_after_hours"), 24);
    assert_eq!(row.get::<_, i32>("surplus_after_days"), 30);
    assert_eq!(row.get::<_, Option<i64>>("min_free_seats"), Some(2));
    assert_eq!(row.get::<_, Vec<&str>>("muted"), ["confirm_renewal"]);
    assert_eq!(
        row.get::<_, Json>("quiet_hours"),
        json!({ "from": "22:00", "until": "07:30", "weekends": true })
    );
    account.rebuilt_is_the_same().await;
}
