use read_models::{
    compliance, expiry, query::Settings, query::Statement, register, seats, tags, trail,
};
use uuid::Uuid;

use crate::stage::Stage;

/// Every statement that the service runs on the read models, in all its variants.
fn statements() -> Vec<Statement> {
    use register::queries::{AssetKey, AssetOrder, Assets};
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
    for group in [
        compliance::queries::Group::Company,
        compliance::queries::Group::Vendor,
    ] {
        let pools = compliance::queries::Pools::default();
        statements.push(compliance::queries::groups(about(), pools, group, None, 1));
    }
    for (key, _) in AssetKey::ALL {
        for descending in [false, true] {
            let order = AssetOrder { key, descending };
            statements.push(register::queries::assets(
                about(),
                Assets::default(),
                order,
                None,
                1,
            ));
        }
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
    ] {
        stage
            .superuser
            .prepare(sql)
            .await
            .unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
    }
}
