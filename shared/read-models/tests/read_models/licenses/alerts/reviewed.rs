//! What is to be reviewed.

use super::*;

/// The ids of all that is in candidates.
fn assets_of(candidates: &[Candidate]) -> BTreeSet<Uuid> {
    let assets = candidates.iter().flat_map(|candidate| match &candidate.of {
        Review::Pool { licenses, .. } => licenses.clone(),
        Review::Asset(asset) => vec![*asset],
        Review::Token(_) => Vec::new(),
    });
    assets.map(|asset| asset.0).collect()
}

fn expires(name: &str, on: &str) -> Fact {
    let event = Event::ExpiryChanged {
        from: None,
        to: Some(day(on)),
        correction: false,
    };
    fact(id(name), day("2026-01-01"), event)
}

fn domain_type() -> Fact {
    type_defined(
        id("domain"),
        vec![
            field("Name", FieldKind::Text, Some(FieldRole::Product)),
            field("Expires", FieldKind::Date, Some(FieldRole::ExpiryDate)),
            field("Care", FieldKind::Date, Some(FieldRole::MaintenanceUntil)),
        ],
    )
}

fn domain(name: &str, fact: Fact) -> Vec<Fact> {
    let on = day("2026-01-01");
    vec![
        asset_registered(id(name), id("domain"), id("contoso"), on),
        fact,
    ]
}

#[tokio::test]
async fn a_changed_license_is_reviewed_with_its_pool_and_with_the_one_it_was_told_of() {
    let mut account = Account::new().await;
    for name in ["one", "two"] {
        let on = day("2026-01-01");
        let seats = vec![total(id(name), on, None, 5)];
        account.license(name, "contoso", "Visio", seats).await;
    }
    account.add(vec![domain_type()]).await;
    account
        .add(domain("contoso.com", expires("contoso.com", "2026-09-01")))
        .await;
    let of = |names: &[&str]| {
        let assets = names.iter().map(|name| id(name)).collect();
        candidates::of_assets(id("tenant"), assets)
    };
    let visio = account.pool_of("one").await;
    let found = account.candidates(of(&["one"])).await;
    assert_eq!(found.len(), 1);
    assert!(matches!(&found[0].of, Review::Pool { key, .. } if *key == visio));
    assert_eq!(assets_of(&found), named(&["one", "two"]));
    assert!(!found[0].is_too_large);
    assert_eq!(account.candidates(of(&["one", "two"])).await, found);
    let alone = account.candidates(of(&["contoso.com"])).await;
    assert_eq!(alone[0].of, Review::Asset(AssetId(id("contoso.com"))));

    // One leaves the pool that an alert is about: both are reviewed, each with those that are in it.
    let alert = account.about_pool(Kind::UnderLicensed, "one").await;
    account.add(vec![raised("alert", alert)]).await;
    let renamed = set(id("one"), day("2026-01-01"), "Product", text("Project"));
    account.add(vec![renamed]).await;
    let project = account.pool_of("one").await;
    let licenses: BTreeMap<ProductKey, Vec<AssetId>> = account
        .candidates(of(&["one"]))
        .await
        .into_iter()
        .filter_map(|candidate| match candidate.of {
            Review::Pool { key, licenses } => Some((key.product, licenses)),
            _ => None,
        })
        .collect();
    let expected = [
        (visio.product, vec![AssetId(id("two"))]),
        (project.product, vec![AssetId(id("one"))]),
    ];
    assert_eq!(licenses, BTreeMap::from(expected));
}

#[tokio::test]
async fn the_calendar_proposes_the_pools_and_assets_that_may_stand_otherwise() {
    let mut account = Account::new().await;
    let care = |name: &str, on: &str| {
        let until = Some(Value::Date(day(on)));
        set(id(name), day("2026-01-01"), "Care", until)
    };
    account.add(vec![domain_type()]).await;
    // The policy's reminder is of 60 days.
    account.seats("enough", 10, 9, vec![]).await;
    account.seats("short", 10, 12, vec![]).await;
    account.seats("spare", 10, 4, vec![]).await;
    account
        .seats("soon", 10, 9, vec![expires("soon", "2026-07-31")])
        .await;
    account
        .seats("later", 10, 9, vec![expires("later", "2026-08-01")])
        .await;
    account
        .seats("ended", 0, 0, vec![expires("ended", "2026-03-03")])
        .await;
    account
        .seats("long gone", 0, 0, vec![expires("long gone", "2026-03-02")])
        .await;
    let renews = |name: &str| {
        let yes = Some(Value::Boolean(true));
        set(id(name), day("2026-01-01"), "Auto Renew", yes)
    };
    let notice = Some(Value::Number(Decimal::from(30)));
    let notice = set(id("notice"), day("2026-01-01"), "Notice", notice);
    account
        .seats(
            "notice",
            10,
            9,
            vec![
                expires("notice", "2026-08-30"),
                renews("notice"),
                notice.clone(),
            ],
        )
        .await;
    account
        .seats(
            "presumed",
            10,
            9,
            vec![expires("presumed", "2026-02-01"), renews("presumed")],
        )
        .await;
    for (name, fact) in [
        ("soon.com", expires("soon.com", "2026-07-31")),
        ("later.com", expires("later.com", "2026-08-01")),
        ("cared.com", care("cared.com", "2026-07-01")),
        ("uncared.com", care("uncared.com", "2026-05-01")),
        ("told.com", expires("told.com", "2028-01-01")),
        ("asked.com", expires("asked.com", "2028-01-01")),
    ] {
        account.add(domain(name, fact)).await;
    }
    account
        .add(vec![
            raised(
                "of told.com",
                about_asset(Kind::Expiring, "told.com", "contoso"),
            ),
            // What a person asks for is for no rule to judge.
            raised(
                "of asked.com",
                about_asset(Kind::ByHand, "asked.com", "contoso"),
            ),
        ])
        .await;

    let pools = |everything| candidates::pools_due(id("tenant"), today(), everything, None, 100);
    let due = ["short", "spare", "soon", "ended", "notice", "presumed"];
    let found = account.candidates(pools(false)).await;
    assert_eq!(assets_of(&found), named(&due));
    let all = account.candidates(pools(true)).await;
    assert_eq!(all.len(), 9);

    // Page after page it is the same.
    let mut walked = Vec::new();
    let mut after: Option<AfterPool> = None;
    loop {
        let statement = candidates::pools_due(id("tenant"), today(), false, after.as_ref(), 1);
        let rows = account.ask(statement).await;
        let Some(last) = rows.last() else { break };
        after = Some(AfterPool::of(last).unwrap());
        walked.extend(rows.iter().map(|row| Candidate::of(row).unwrap()));
    }
    assert_eq!(walked, found);

    let assets = |everything, after: Option<Uuid>, limit| {
        candidates::assets_due(id("tenant"), today(), everything, after.map(AssetId), limit)
    };
    let found = account.candidates(assets(false, None, 100)).await;
    let due = named(&["soon.com", "cared.com", "told.com"]);
    assert_eq!(assets_of(&found), due);
    let all = account.candidates(assets(true, None, 100)).await;
    assert_eq!(all.len(), 6);
    let second = due.iter().nth(1).copied();
    let last = account.candidates(assets(false, second, 100)).await;
    assert_eq!(assets_of(&last).first(), due.last());

    // A company that is reminded earlier than all, and wants seats to be free.
    let policy = AlertOverrides {
        lead_days: Some(vec![61]),
        min_free_seats: Some(2),
        ..AlertOverrides::default()
    };
    let said = fact(id("contoso"), today(), Event::CompanyPolicySet { policy });
    account.add(vec![said]).await;
    let found = assets_of(&account.candidates(pools(false)).await);
    assert!(found.is_superset(&named(&["later", "enough"])));
    let found = assets_of(&account.candidates(assets(false, None, 100)).await);
    assert!(found.contains(&id("later.com")));

    // A license that is put away leaves its pool empty; its alert is reviewed all the same.
    let alert = about_asset(Kind::Expired, "long gone", "contoso");
    account.add(vec![raised("of the gone", alert)]).await;
    let archived = fact(id("long gone"), day("2026-05-01"), Event::AssetArchived);
    account.add(vec![archived]).await;
    let found = assets_of(&account.candidates(pools(false)).await);
    assert!(found.contains(&id("long gone")));
    account.rebuilt_is_the_same().await;
}

#[tokio::test]
async fn alerts_are_due_when_they_have_waited_long_enough_and_when_they_were_put_off_long_enough() {
    let mut account = Account::new().await;
    account.seats("short", 10, 12, vec![]).await;
    account.seats("other", 10, 12, vec![]).await;
    let at = |hour: i64| recorded_at(hour * 3600);
    let next = async |account: &Account, hour| {
        let rows = account.ask(candidates::next_due(id("tenant"), at(hour)));
        NextDue::of(&rows.await[0]).unwrap()
    };
    assert_eq!(next(&account, 0).await, NextDue::default());
    let finding = account.about_pool(Kind::UnderLicensed, "short").await;
    let noticed = Event::FindingNoticed {
        finding,
        due_at: at(5),
    };
    let finding = account.about_pool(Kind::UnderLicensed, "other").await;
    let noticed_later = Event::FindingNoticed {
        finding,
        due_at: at(9),
    };
    let token = Finding::new(Kind::RevealBudget, Of::Token(TokenId(id("token"))), None);
    account
        .add(vec![
            of_alert("pending", "contoso", noticed),
            of_alert("pending later", "contoso", noticed_later),
            raised("put off", about_asset(Kind::ByHand, "other", "contoso")),
            of_alert("put off", "contoso", Event::AlertSnoozed { until: today() }),
            raised("reveals", token),
        ])
        .await;
    // What is overdue does not hide what comes after it.
    for (now, due_at) in [(4, Some(at(5))), (5, Some(at(9))), (9, None)] {
        let expected = NextDue {
            due_at,
            snoozed_until: Some(today()),
        };
        assert_eq!(next(&account, now).await, expected, "{now}");
    }
    let tomorrow = day("2026-06-02");
    for (now, today, due) in [
        (at(4), today(), vec![]),
        (at(5), today(), vec!["pending"]),
        (at(4), tomorrow, vec!["put off"]),
        (at(6), tomorrow, vec!["pending", "put off"]),
    ] {
        let asked = |after| candidates::due(id("tenant"), now, today, after, 100);
        let rows = account.ask(asked(None)).await;
        let found: Vec<Due> = rows.iter().map(|row| Due::of(row).unwrap()).collect();
        let alerts: BTreeSet<Uuid> = found.iter().map(|due| due.alert.0).collect();
        assert_eq!(alerts, named(&due), "{now} {today}");
        for found in &found {
            let license = match found.alert == AlertId(id("pending")) {
                true => "short",
                false => "other",
            };
            let Review::Pool { key, licenses } = &found.candidate.of else {
                panic!("{found:?}");
            };
            assert_eq!(*key, account.pool_of(license).await);
            assert_eq!(*licenses, [AssetId(id(license))]);
        }
        if let Some(last) = found.last() {
            assert!(account.ask(asked(Some(last.alert))).await.is_empty());
        }
    }
    let tokens = account
        .candidates(candidates::tokens_due(id("tenant"), None, 10))
        .await;
    assert_eq!(tokens[0].of, Review::Token(TokenId(id("token"))));
    let none = candidates::tokens_due(id("tenant"), Some(TokenId(id("token"))), 10);
    assert!(account.ask(none).await.is_empty());
}
