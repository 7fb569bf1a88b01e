//! Given events, these rows.

use chrono::{Days, NaiveDate};
use domain::{
    Change, Event,
    asset::Asset,
    asset_type::{AssetType, FieldRole},
    expiry::{Expiring, ExpiryDay},
    ids::{AssetId, CompanyId, SecretId},
    money::Money,
    value::{SecretRef, Value},
};
use proptest::prelude::*;
use read_models::Model;
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::{
    history::{
        asset_registered, company_added, day, fact, id, in_use, key, license_fields, set,
        tenant_created, text, total, type_defined, usd,
    },
    stage::{Stage, assert_same, recorded_at},
};

/// A tenant with a company and one license of 25 seats, 27 of them in use.
async fn license(stage: &mut Stage) -> (Uuid, Uuid) {
    let (tenant, license, on) = (id("tenant"), id("license"), day("2026-02-01"));
    let facts = vec![
        tenant_created(tenant),
        company_added(id("contoso"), "Contoso Dental"),
        type_defined(id("type"), license_fields()),
        asset_registered(license, id("type"), id("contoso"), on),
        set(
            license,
            on,
            "Product",
            text("Microsoft 365  Business Premium"),
        ),
        set(license, on, "Vendor", text("Microsoft")),
        set(license, on, "License Type", text("Per-user")),
        total(license, on, None, 25),
        in_use(license, on, None, 27),
        fact(
            license,
            on,
            Event::TagAdded {
                tag: "audit-required".to_owned(),
            },
        ),
    ];
    stage
        .append_all(facts.into_iter().map(|fact| (tenant, fact)).collect())
        .await;
    (tenant, license)
}

async fn rows(stage: &Stage, sql: &str) -> Vec<Json> {
    let rows = stage
        .superuser
        .query(&format!("select to_jsonb(t) from ({sql}) t"), &[])
        .await
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_license_that_lacks_seats_is_short_until_they_are_bought() {
    let mut stage = Stage::built().await;
    let (tenant, license) = license(&mut stage).await;
    let mut live = stage.live(&Model::ALL).await;
    stage.follow(&mut live, 100).await;
    let pools = "select product, product_key, metric, from_day, until_day, owned, in_use, short, spare, standing
        from compliance.pool_day order by from_day";
    let pool = |from: &str,
                until: Option<&str>,
                owned: i64,
                short: i64,
                spare: i64,
                standing: &str| {
        json!({
            "product": "Microsoft 365  Business Premium", "product_key": "microsoft 365 business premium",
            "metric": "per_user", "from_day": from, "until_day": until, "owned": owned, "in_use": 27,
            "short": short, "spare": spare, "standing": standing,
        })
    };
    let short = pool("2026-02-01", None, 25, 2, 0, "under_licensed");
    assert_eq!(rows(&stage, pools).await, [short]);

    stage
        .append(tenant, total(license, day("2026-03-01"), Some(25), 30))
        .await;
    stage.follow(&mut live, 100).await;
    let before = pool("2026-02-01", Some("2026-02-28"), 25, 2, 0, "under_licensed");
    let after = pool("2026-03-01", None, 30, 0, 3, "covered");
    assert_eq!(rows(&stage, pools).await, [before, after]);

    let history =
        "select entry, kind, from_count, to_count, effective_on, actor_kind, actor, reason
        from seats.change order by entry desc limit 1";
    let change = json!({
        "entry": 11, "kind": "total", "from_count": 25, "to_count": 30, "effective_on": "2026-03-01",
        "actor_kind": "person", "actor": Uuid::from_u128(7), "reason": null,
    });
    assert_eq!(rows(&stage, history).await, [change]);
    let tags = "select tag, asset_id, company_id, from_day, until_day from tags.tag";
    let tag = json!({
        "tag": "audit-required", "asset_id": license, "company_id": id("contoso"),
        "from_day": "0001-01-01", "until_day": null,
    });
    assert_eq!(rows(&stage, tags).await, [tag]);
    assert_eq!(
        stage
            .value("select count(*) from trail.entry")
            .await
            .unwrap(),
        "11"
    );
    let progress = "select count(*) from read.progress where entry = 11 and halted_reason is null";
    assert_eq!(
        stage.value(progress).await.unwrap(),
        Model::ALL.len().to_string()
    );
}

#[tokio::test]
async fn the_register_shows_values_as_the_api_answers_them() {
    let mut stage = Stage::built().await;
    let (tenant, license) = license(&mut stage).await;
    let secret_id = SecretId::of_field(AssetId(license), "key");
    let cost = Money {
        amount: Decimal::new(66005, 1),
        currency: usd(),
    };
    let on = day("2026-02-01");
    let facts = vec![
        set(
            license,
            on,
            "Key",
            Some(Value::Secret(SecretRef {
                secret_id,
                version: 3,
            })),
        ),
        set(
            license,
            on,
            "Notice",
            Some(Value::Number(Decimal::from(30))),
        ),
        set(
            license,
            on,
            "Weight",
            Some(Value::Number(Decimal::new(1500, 3))),
        ),
        set(license, on, "Auto Renew", Some(Value::Boolean(true))),
        fact(
            license,
            on,
            Event::CostChanged {
                role: FieldRole::AnnualCost,
                from: None,
                to: Some(cost),
                correction: false,
            },
        ),
        fact(
            license,
            on,
            Event::ExpiryChanged {
                from: None,
                to: Some(day("2026-12-31")),
                correction: false,
            },
        ),
    ];
    stage
        .append_all(facts.into_iter().map(|fact| (tenant, fact)).collect())
        .await;
    let mut live = stage.live(&Model::ALL).await;
    stage.follow(&mut live, 100).await;
    let asset = rows(
        &stage,
        "select name, vendor, metric, values, tags, version, entry from register.asset",
    )
    .await;
    let expected = json!({
        "name": "Microsoft 365  Business Premium", "vendor": "Microsoft", "metric": "per_user",
        "tags": ["audit-required"], "version": 13, "entry": 16,
        "values": {
            "product": "Microsoft 365  Business Premium", "vendor": "Microsoft", "license_type": "Per-user",
            "key": {"set": true, "secret_version": 3, "stored_at": recorded_at(11).format("%Y-%m-%dT%H:%M:%S.000000Z").to_string()},
            "notice": 30, "weight": "1.5", "auto_renew": true,
        },
    });
    assert_eq!(asset, [expected]);
    let days = rows(
        &stage,
        "select from_day, until_day, archived, dated from register.asset_day order by 1",
    )
    .await;
    let dated = json!({
        "seats": 25, "in_use": 27, "expires": "2026-12-31", "cost": {"amount": "6600.50", "currency": "USD"},
    });
    assert_eq!(
        days,
        [
            json!({"from_day": "0001-01-01", "until_day": "2026-01-31", "archived": false, "dated": {}}),
            json!({"from_day": "2026-02-01", "until_day": null, "archived": false, "dated": dated}),
        ]
    );
}

#[tokio::test]
async fn a_license_that_moves_leaves_one_pool_for_another() {
    let mut stage = Stage::built().await;
    let (tenant, license) = license(&mut stage).await;
    stage
        .append(tenant, company_added(id("fabrikam"), "Fabrikam"))
        .await;
    let (from, to) = (CompanyId(id("contoso")), CompanyId(id("fabrikam")));
    stage
        .append(
            tenant,
            fact(
                license,
                day("2026-05-01"),
                Event::MovedToCompany { from, to },
            ),
        )
        .await;
    let mut live = stage.live(&Model::ALL).await;
    stage.follow(&mut live, 3).await;
    let pools = rows(
        &stage,
        "select company_id, from_day, until_day, short from compliance.pool_day order by 2",
    )
    .await;
    assert_eq!(
        pools,
        [
            json!({"company_id": id("contoso"), "from_day": "2026-02-01", "until_day": "2026-04-30", "short": 2}),
            json!({"company_id": id("fabrikam"), "from_day": "2026-05-01", "until_day": null, "short": 2}),
        ]
    );
}

#[tokio::test]
async fn a_changed_type_changes_the_rows_of_all_its_assets() {
    let mut stage = Stage::built().await;
    let (tenant, _) = license(&mut stage).await;
    let more = (0..1_200).map(|at| {
        let asset = id(&format!("license {at}"));
        (
            tenant,
            asset_registered(asset, id("type"), id("contoso"), day("2026-02-01")),
        )
    });
    stage.append_all(more.collect()).await;
    let mut live = stage.live(&Model::ALL).await;
    stage.follow(&mut live, 1_000).await;
    assert_eq!(
        stage
            .value("select count(*) from compliance.license_day")
            .await
            .unwrap(),
        "1201"
    );
    stage
        .append(
            tenant,
            fact(
                id("type"),
                day("2026-03-01"),
                Event::FieldRetired { key: key("Seats") },
            ),
        )
        .await;
    // As cold as after a restart.
    let mut live = stage.live(&Model::ALL).await;
    stage.follow(&mut live, 1_000).await;
    assert_eq!(
        stage
            .value("select count(*) from compliance.license_day")
            .await
            .unwrap(),
        "0"
    );
    assert_eq!(
        stage
            .value("select count(*) from compliance.pool_day")
            .await
            .unwrap(),
        "0"
    );
    assert_eq!(
        stage
            .value("select count(*) from register.asset where metric is null")
            .await
            .unwrap(),
        "1201"
    );
    let lived = stage.dump().await;
    stage.rebuild(&Model::ALL).await.unwrap();
    assert_same(&lived, &stage.dump().await, "live and rebuilt");
}

/// The first days of terms and the days that are asked about.
fn any_day() -> impl Strategy<Value = NaiveDate> {
    (0_u64..20_000).prop_map(|days| day("2000-01-29") + Days::new(days))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ends_in_sql_are_those_of_the_domain(
        cases in prop::collection::vec((any_day(), prop::option::of(1_u32..40), any_day()), 100),
    ) {
        block_on(async {
            let expected: Vec<NaiveDate> = cases
                .iter()
                .map(|&(expiry_date, rolls_months, on)| ExpiryDay { expiry_date, rolls_months }.expiry_on(on))
                .collect();
            let ends: Vec<NaiveDate> = cases.iter().map(|case| case.0).collect();
            let months: Vec<Option<i32>> = cases.iter().map(|case| case.1.map(|months| months as i32)).collect();
            let days: Vec<NaiveDate> = cases.iter().map(|case| case.2).collect();
            let sql = "select expiry.rolled(e, m, d) from unnest($1::date[], $2::integer[], $3::date[]) t (e, m, d)";
            let client = shared().await;
            let rows = client.query(sql, &[&ends, &months, &days]).await.unwrap();
            let found: Vec<NaiveDate> = rows.iter().map(|row| row.get(0)).collect();
            assert_eq!(found, expected);
        });
    }

    #[test]
    fn deadlines_in_sql_are_those_of_the_domain(
        end in any_day(), renews in any::<bool>(), term in 1_u32..40, notice in 0_u32..200,
        cancel in prop::option::of(0_u64..500),
    ) {
        block_on(async {
            let cancel_by = cancel.and_then(|days| end.checked_sub_days(Days::new(days)));
            let expected = deadline(end, renews, term, notice, cancel_by);
            let client = shared().await;
            let sql = "select expiry.deadline($1, $2, $3, $4, $5)";
            let row = client.query_one(sql, &[&end, &renews, &(term as i32), &(notice as i32), &cancel_by]).await;
            let found: NaiveDate = row.unwrap().get(0);
            assert_eq!(found, expected);
        });
    }
}

fn deadline(
    end: NaiveDate,
    renews: bool,
    term: u32,
    notice: u32,
    cancel_by: Option<NaiveDate>,
) -> NaiveDate {
    let on = day("2026-01-01");
    let mut asset_type = domain::Subject::default();
    asset_type.evolve(&type_defined(id("type"), license_fields()), recorded_at(1));
    let mut asset = domain::Subject::default();
    let number = |value: u32| Some(Value::Number(Decimal::from(value)));
    let changes = vec![
        Change {
            field: key("Auto Renew"),
            from: None,
            to: Some(Value::Boolean(renews)),
        },
        Change {
            field: key("Term"),
            from: None,
            to: number(term),
        },
        Change {
            field: key("Notice"),
            from: None,
            to: number(notice),
        },
        Change {
            field: key("Cancel By"),
            from: None,
            to: cancel_by.map(Value::Date),
        },
    ];
    asset.evolve(
        &asset_registered(id("license"), id("type"), id("contoso"), on),
        recorded_at(2),
    );
    asset.evolve(
        &fact(id("license"), on, Event::FieldsChanged { changes }),
        recorded_at(3),
    );
    let (asset, asset_type): (Asset, AssetType) = match (asset, asset_type) {
        (domain::Subject::Asset(asset), domain::Subject::AssetType(asset_type)) => {
            (*asset, asset_type)
        }
        other => panic!("{other:?}"),
    };
    Expiring::of(&asset, &asset_type, domain::product::Catalog::empty()).deadline(end)
}

fn block_on<T>(test: impl Future<Output = T>) -> T {
    runtime().block_on(test)
}

fn runtime() -> &'static tokio::runtime::Runtime {
    static RUNTIME: std::sync::OnceLock<tokio::runtime::Runtime> = std::sync::OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap()
    })
}

/// One database for all cases: they only call functions. It lives until the process ends.
async fn shared() -> &'static tokio_postgres::Client {
    static STAGE: tokio::sync::OnceCell<&'static Stage> = tokio::sync::OnceCell::const_new();
    let stage = STAGE
        .get_or_init(|| async { &*Box::leak(Box::new(Stage::built().await)) })
        .await;
    &stage.superuser
}
