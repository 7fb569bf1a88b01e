//! Who may see and do what.

use read_models::Model;

use crate::{
    history::History,
    stage::{Stage, connect},
};

/// The log's own keys: what a tenant could hit starts with the tenant.
const OWN_KEYS: [&str; 2] = ["log.event_pkey", "log.event_stream_id_version_key"];

#[tokio::test]
async fn every_table_is_walled_in() {
    let stage = Stage::built().await;
    let breaches = event_log::breaches(&stage.superuser, &OWN_KEYS)
        .await
        .unwrap();
    assert_eq!(breaches, Vec::<String>::new());
}

#[tokio::test]
async fn a_query_sees_one_tenant_and_changes_nothing() {
    let mut stage = Stage::built().await;
    stage.append_all(History::new(9, 2).take(300)).await;
    stage.rebuild(&Model::ALL).await.unwrap();
    let tenants = stage
        .superuser
        .query("select distinct tenant_id::text from trail.entry", &[])
        .await
        .unwrap();
    let tenant: String = tenants[0].get(0);
    let client = connect(&stage.config("seatledger_query")).await;
    let sql = "select schemaname || '.' || tablename from pg_tables where schemaname = any ($1)";
    let schemas: Vec<&str> = Model::ALL
        .iter()
        .map(|model| model.name())
        .chain(["read"])
        .collect();
    let tables = stage.superuser.query(sql, &[&schemas]).await.unwrap();
    for table in tables.iter().map(|row| row.get::<_, String>(0)) {
        if ["read.checkpoint", "read.refinery_read"].contains(&table.as_str()) {
            continue;
        }
        let count = format!("select count(*) from {table} where tenant_id <> '{tenant}'");
        let any = format!("select count(*) from {table}");
        let empty = stage
            .superuser
            .query_one(&any, &[])
            .await
            .unwrap()
            .get::<_, i64>(0)
            == 0;
        // The setting is looked at as soon as there is a row that it could show.
        assert_eq!(
            client.query(&any, &[]).await.is_ok(),
            empty,
            "{table}: without a tenant"
        );
        client
            .batch_execute(&format!("begin; set local app.tenant = '{tenant}'"))
            .await
            .unwrap();
        let others: i64 = client.query_one(&count, &[]).await.unwrap().get(0);
        assert_eq!(others, 0, "{table}");
        let own = format!("select count(*) from {table} where tenant_id = '{tenant}'");
        let seen: i64 = client.query_one(&own, &[]).await.unwrap().get(0);
        let there: i64 = stage.superuser.query_one(&own, &[]).await.unwrap().get(0);
        assert_eq!(seen, there, "{table}");
        client
            .batch_execute("commit; set default_transaction_read_only = off")
            .await
            .unwrap();
        assert!(
            client
                .batch_execute(&format!("delete from {table}"))
                .await
                .is_err(),
            "{table}"
        );
    }
}
