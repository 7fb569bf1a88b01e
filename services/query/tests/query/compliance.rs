use domain::{
    compliance::{PoolDay, Standing},
    money::Amounts,
    policy::Policy,
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use read_models::compliance::queries::status;
use serde_json::json;

use crate::{facts::Account, stage::Stage};

#[tokio::test]
async fn pools_are_told_the_gravest_first_with_their_licenses_and_since_when() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let mut facts = vec![account.company("Contoso"), account.company("Fabrikam")];
    // Two licenses of one product are one pool; short since it was counted in May.
    let first = account.license("Contoso", "Word");
    facts.extend(first.seats(10, 8));
    let second = crate::facts::text("word");
    let other = account.license("Contoso", "Word (more)");
    facts.extend(other.seats(5, 5));
    facts.push(other.set("2026-01-01", "Product Name", second));
    facts.push(first.in_use("2026-05-01", Some(8), 12));
    facts.push(first.in_use("2026-07-01", Some(12), 14));
    let over = account.license("Fabrikam", "Photoshop");
    facts.extend(over.seats(10, 3));
    let fine = account.license("Fabrikam", "Zoom");
    facts.extend(fine.seats(10, 10));
    stage.record(&account, facts).await;

    let pools = stage.get(&token, "/v1/compliance").await;
    assert_eq!(
        pools.items("status"),
        ["under_licensed", "over_licensed", "compliant"]
    );
    let pool = &pools.json()["items"][0];
    assert_eq!(
        pool["company"],
        json!({"id": account.id("Contoso"), "name": "Contoso"})
    );
    assert_eq!(
        (&pool["owned"], &pool["in_use"], &pool["short"]),
        (&json!(15), &json!(19), &json!(4))
    );
    assert_eq!(
        (&pool["since"], &pool["license_count"]),
        (&json!("2026-05-01"), &json!(2))
    );
    assert_eq!(pool["licenses"].as_array().unwrap().len(), 2);
    assert_eq!(pool["licenses"][0]["owned"], 10);
    assert_eq!(stage.all_pages(&token, "/v1/compliance", 1).await.len(), 3);

    for (query, expected) in [
        (
            format!("company={}", account.id("Fabrikam")),
            &["over_licensed", "compliant"][..],
        ),
        ("product=WORD".into(), &["under_licensed"]),
        (
            "status=compliant&status=over_licensed".into(),
            &["over_licensed", "compliant"],
        ),
        ("product=word&as_of=2026-04-30".into(), &["compliant"]),
        ("product=word&as_of=2026-05-01".into(), &["under_licensed"]),
        ("product=word&as_of=2025-12-31".into(), &[]),
    ] {
        let answer = stage.get(&token, &format!("/v1/compliance?{query}")).await;
        assert_eq!(answer.items("status"), expected, "{query}");
    }
    let licenses = stage
        .all_pages(&token, "/v1/compliance?group_by=license", 1)
        .await;
    let statuses: Vec<_> = licenses
        .iter()
        .map(|license| license["status"].as_str().unwrap())
        .collect();
    assert_eq!(
        statuses,
        [
            "under_licensed",
            "under_licensed",
            "over_licensed",
            "compliant"
        ]
    );

    let summary = stage.get(&token, "/v1/compliance/summary").await.json();
    assert_eq!(
        (&summary["pools"], &summary["short"], &summary["spare"]),
        (&json!(3), &json!(4), &json!(7))
    );
    assert_eq!(summary["by_status"]["under_licensed"], 1);
    assert_eq!(summary["by_status"]["unknown"], 0);
}

#[tokio::test]
async fn pools_are_added_up_by_company_and_by_vendor_with_short_and_spare_apart() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let mut facts = vec![account.company("Contoso"), account.company("Fabrikam")];
    for (company, product, vendor, total, in_use) in [
        ("Contoso", "Word", Some("Microsoft"), 5, 9),
        ("Contoso", "Excel", Some("MICROSOFT"), 10, 3),
        ("Fabrikam", "Visio", Some("microsoft"), 4, 5),
        ("Fabrikam", "Zoom", None, 7, 7),
    ] {
        let license = account.license(company, product);
        facts.extend(license.seats(total, in_use));
        facts.extend(
            vendor.map(|vendor| license.set("2026-01-01", "Vendor", crate::facts::text(vendor))),
        );
    }
    facts.extend(
        account
            .license("Fabrikam", "Slack")
            .registered("2026-01-01"),
    );
    stage.record(&account, facts).await;

    let all = stage
        .all_pages(&token, "/v1/compliance?group_by=company", 1)
        .await;
    let [contoso, fabrikam] = &all[..] else {
        panic!("{all:?}");
    };
    assert_eq!(
        contoso,
        &json!({
            "company": {"id": account.id("Contoso"), "name": "Contoso"},
            "pools": 2, "short": 4, "spare": 7, "incomplete": 0,
            "stale": 0, "short_cost": [], "spare_cost": [], "recoverable_now": {"seats": 0, "cost": []},
            "recoverable_at_renewal": {"seats": 7, "cost": []},
            "by_status": {"expired_in_use": 0, "under_licensed": 1, "unknown": 0, "true_up_due": 0,
                "over_licensed": 1, "compliant": 0, "unlimited": 0},
        })
    );
    assert_eq!(
        (
            &fabrikam["pools"],
            &fabrikam["short"],
            &fabrikam["incomplete"]
        ),
        (&json!(3), &json!(1), &json!(1))
    );

    let all = stage
        .all_pages(&token, "/v1/compliance?group_by=vendor", 1)
        .await;
    let [none, microsoft] = &all[..] else {
        panic!("{all:?}");
    };
    assert_eq!((&none["vendor"], &none["pools"]), (&json!(null), &json!(2)));
    assert_eq!(none.get("company"), None);
    assert_eq!(
        (
            &microsoft["pools"],
            &microsoft["short"],
            &microsoft["spare"]
        ),
        (&json!(3), &json!(5), &json!(7))
    );
    for (query, pools) in [
        ("group_by=vendor&vendor=Microsoft".to_owned(), &[3][..]),
        ("group_by=company&status=under_licensed".into(), &[1, 1]),
        ("group_by=company&as_of=2025-12-31".into(), &[]),
        (
            format!("group_by=vendor&company={}", account.id("Contoso")),
            &[2],
        ),
    ] {
        let answer = stage.get(&token, &format!("/v1/compliance?{query}")).await;
        assert_eq!(answer.items("pools"), pools, "{query}");
    }
    let csv = stage
        .get(&token, "/v1/compliance?group_by=company&format=csv")
        .await;
    let id = account.id("Contoso");
    let line = csv.text.lines().nth(1).unwrap();
    assert!(
        line.starts_with(&format!("{id},Contoso,2,4,7,0,")),
        "{line}"
    );
}

#[tokio::test]
async fn the_policy_is_compared_at_the_moment_of_reading() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let mut facts = vec![account.company("Contoso")];
    facts.extend(account.license("Contoso", "Word").seats(10, 3));
    stage.record(&account, facts).await;
    let over = "/v1/compliance?status=over_licensed";
    assert_eq!(stage.get(&token, over).await.items("spare"), [7]);
    stage.record(&account, vec![account.policy(8)]).await;
    assert!(stage.get(&token, over).await.items("spare").is_empty());
    assert!(
        stage
            .get(&token, "/v1/assets?status=over_licensed")
            .await
            .items("id")
            .is_empty()
    );
    stage.record(&account, vec![account.policy(7)]).await;
    assert_eq!(stage.get(&token, over).await.items("spare"), [7]);
}

#[tokio::test]
async fn a_day_is_the_tenants_day() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let license = account.license("Contoso", "Word");
    let mut facts = vec![account.company("Contoso")];
    facts.extend(license.seats(10, 3));
    facts.push(license.expires("2026-01-01", "2026-11-24"));
    stage.record(&account, facts).await;
    // Berlin is an hour ahead: its 25th begins at 23:00 UTC.
    for (now, days_left, owned) in [
        ("2026-11-24T22:59:59Z", 0, 10),
        ("2026-11-24T23:00:00Z", -1, 0),
    ] {
        *stage.now.lock().unwrap() = now.parse().unwrap();
        assert_eq!(
            stage.get(&token, "/v1/expiries").await.items("days_left"),
            [days_left],
            "{now}"
        );
        assert_eq!(
            stage.get(&token, "/v1/compliance").await.items("owned"),
            [owned],
            "{now}"
        );
    }
}

/// The thresholds stand twice: in the domain, and in SQL, where they can filter.
#[tokio::test]
async fn the_database_and_the_domain_judge_alike() {
    let stage = Stage::new().await;
    let mut runner = TestRunner::deterministic();
    let standings = proptest::sample::select(Standing::ALL.map(|(standing, _)| standing).to_vec());
    let cases = proptest::collection::vec(
        (standings, 0..60_i64, 0..60_i64, 0..20_i64, 0..=100_i64),
        2000,
    );
    let cases = cases.new_tree(&mut runner).unwrap().current();
    let column =
        |of: fn(&(Standing, i64, i64, i64, i64)) -> i64| cases.iter().map(of).collect::<Vec<_>>();
    let words: Vec<&str> = cases.iter().map(|case| case.0.as_str()).collect();
    let sql = format!(
        "select {} from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
            with ordinality pool (standing, owned, spare, min_spare, ratio, at) order by at",
        status("pool", "pool.min_spare", "pool.ratio")
    );
    let rows = stage
        .superuser
        .query(
            &sql,
            &[
                &words,
                &column(|c| c.1),
                &column(|c| c.2),
                &column(|c| c.3),
                &column(|c| c.4),
            ],
        )
        .await
        .unwrap();
    for ((standing, owned, spare, min_spare_seats, spare_ratio_percent), row) in
        cases.into_iter().zip(rows)
    {
        let policy = Policy {
            min_spare_seats,
            spare_ratio_percent,
            ..Policy::default()
        };
        let day = PoolDay {
            owned,
            in_use: 0,
            short: 0,
            spare,
            incomplete: false,
            short_cost: Amounts::default(),
            spare_cost: Amounts::default(),
            recoverable_now: 0,
            recoverable_now_cost: Amounts::default(),
            oldest_typed: None,
            oldest_synced: None,
            standing,
        };
        assert_eq!(
            row.get::<_, &str>(0),
            day.status(&policy).as_str(),
            "{day:?} {policy:?}"
        );
    }
}
