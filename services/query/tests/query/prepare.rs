use read_models::{
    catalog, compliance, expiry, holdings, query::Settings, query::Statement, register, seats,
    tags, trail,
};
use register::queries::{AssetKey, AssetOrder, Assets, Bound, FieldFilter, FieldTest, ValueKind};
use uuid::Uuid;

use crate::stage::Stage;

/// Every statement that the service runs on the read models, in all its variants.
fn statements() -> Vec<Statement> {
    let settings = Settings::default();
    let tenant = Uuid::nil();
    let day = "2026-11-24".parse().unwrap();
    let about = || compliance::queries::About {
        tenant,
        sees: None,
        day,
        settings: &settings,
    };
    let mut statements = vec![
        compliance::queries::pools(about(), compliance::queries::Pools::default(), None, 1, 1),
        compliance::queries::licenses(about(), compliance::queries::Pools::default(), None, 1),
        compliance::queries::summary(about(), &compliance::queries::Pools::default()),
        expiry::queries::expiries(
            expiry::queries::Expiries {
                tenant,
                sees: None,
                day,
                companies: None,
                within_days: None,
                not_before: None,
            },
            None,
            1,
        ),
        tags::queries::tags(tenant, None, day, None, None, 1),
        seats::queries::history(tenant, tenant, None, day, None, 1),
        trail::queries::entries(tenant, None, trail::queries::Entries::default(), None, 1),
        trail::queries::timeline(tenant, tenant, None, day, None, 1),
        register::queries::asset_count(about(), Assets::default()),
        register::queries::asset(about(), tenant),
        register::queries::asset_types(tenant, None, None, 1),
        register::queries::companies(tenant, None, None, None, None, 1),
        register::queries::documents(tenant, None, None, None, None, None, 1),
        register::queries::policy(tenant),
        register::queries::vendors(tenant, None, day, None, None, 1),
    ];
    statements.extend(of_licenses(tenant, day));
    for group in [
        compliance::queries::Group::Company,
        compliance::queries::Group::Vendor,
    ] {
        let pools = compliance::queries::Pools::default();
        statements.push(compliance::queries::groups(about(), pools, group, None, 1));
    }
    let keys = AssetKey::ALL.into_iter().map(|(key, _)| key);
    for key in keys.chain(field_keys()) {
        for descending in [false, true] {
            let order = AssetOrder {
                key: key.clone(),
                descending,
            };
            for wanted in [Assets::default(), everything()] {
                statements.push(register::queries::assets(about(), wanted, &order, None, 1));
            }
        }
    }
    statements.push(register::queries::asset_count(about(), everything()));
    statements
}

fn field_keys() -> Vec<AssetKey> {
    let kinds = [ValueKind::Text, ValueKind::Number, ValueKind::Day];
    let keys = kinds.into_iter().flat_map(|kind| {
        [false, true].map(|dated| AssetKey::Field {
            field: "seats".to_owned(),
            kind,
            dated,
        })
    });
    keys.collect()
}

/// Every filter at once, and every question about fields of every kind.
fn everything() -> Assets {
    let texts = || vec!["a".to_owned(), "b".to_owned()];
    let tests = [
        FieldTest::AnyOf(texts()),
        FieldTest::NoneOf(texts()),
        FieldTest::Contains(texts()),
        FieldTest::AtLeast(Bound::Number("1".to_owned())),
        FieldTest::AtMost(Bound::Day("2026-11-24".parse().unwrap())),
        FieldTest::Empty(true),
    ];
    let kinds = [
        ValueKind::Text,
        ValueKind::Labels,
        ValueKind::Number,
        ValueKind::Day,
    ];
    let fields = kinds.into_iter().flat_map(|kind| {
        let tests = tests.clone();
        tests.into_iter().flat_map(move |test| {
            [false, true].map(|dated| FieldFilter {
                field: "seats".to_owned(),
                kind,
                dated,
                test: test.clone(),
            })
        })
    });
    Assets {
        search: Some("word wo".to_owned()),
        vendors: Some(texts()),
        statuses: Some(texts()),
        fields: fields.collect(),
        ..Assets::default()
    }
}

fn of_licenses(tenant: Uuid, day: chrono::NaiveDate) -> Vec<Statement> {
    use catalog::queries::{Products, Unresolved};
    use compliance::spend::{Spend, SpendBy, spend};
    use holdings::queries::{Assignments, OfAsset};
    let of = || OfAsset {
        tenant,
        asset: tenant,
        sees: None,
        day,
    };
    let products = Products {
        tenant,
        sees: None,
        day,
        search: None,
        vendors: None,
        ids: None,
        merged: false,
    };
    let unresolved = Unresolved {
        tenant,
        sees: None,
        day,
        companies: None,
    };
    let assignments = Assignments {
        tenant,
        sees: None,
        held_on: None,
        holders: None,
        companies: None,
        assets: None,
    };
    let mut statements = vec![
        holdings::queries::purchases(of(), None, 1),
        holdings::queries::allocations(of(), None, 1),
        holdings::queries::keys(of(), None, 1),
        holdings::queries::renewals(of(), None, 1),
        holdings::queries::assignments(assignments, None, 1),
        catalog::queries::products(products, None, 1),
        catalog::queries::unresolved(unresolved, None, 1),
        catalog::queries::resolve(tenant, None, None),
        catalog::queries::covering(tenant, vec![]),
        compliance::usage::usage(tenant, tenant, None, day, day, day),
    ];
    for by in [
        SpendBy::Company,
        SpendBy::Vendor,
        SpendBy::Product,
        SpendBy::License,
    ] {
        let asked = Spend {
            tenant,
            sees: None,
            from: day,
            until: day,
            companies: None,
            product_keys: None,
            vendors: None,
            assets: None,
        };
        statements.push(spend(asked, by, None, 1));
    }
    statements
}

#[tokio::test]
async fn every_statement_can_be_prepared_and_has_the_parameters_that_it_gets() {
    let stage = Stage::new().await;
    for statement in statements() {
        let prepared = stage.superuser.prepare(&statement.sql).await;
        let prepared = prepared.unwrap_or_else(|error| panic!("{error:?}\n{}", statement.sql));
        assert_eq!(
            prepared.params().len(),
            statement.parameters.len(),
            "{}",
            statement.sql
        );
        for model in statement.models {
            assert!(read_models::Model::parse(model).is_some(), "{model}");
        }
    }
    for sql in [
        include_str!("../../../../shared/read-models/src/query/begin.sql"),
        include_str!("../../../../shared/read-models/src/query/standing.sql"),
        include_str!("../../src/people.sql"),
        include_str!("../../src/holders.sql"),
        include_str!("../../src/holder_called.sql"),
        include_str!("../../src/holders_of.sql"),
        include_str!("../../src/expiries.sql"),
        include_str!("../../src/count_sheet.sql"),
        include_str!("../../src/assets/details.sql"),
        include_str!("../../src/holdings/keys.sql"),
        include_str!("../../src/compliance/ends.sql"),
    ] {
        stage
            .superuser
            .prepare(sql)
            .await
            .unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
    }
}
