//! The database is a wall: what each role may see and do, and what nobody may.

use embedded::Durability;
use embedded::testing;
use event_log::{Role, breaches};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use crate::setup::{Log, add, connect, done, keyed, request};

/// The log's own numbers, which no tenant chooses.
const EXCEPTED: [&str; 2] = ["log.event_pkey", "log.event_stream_id_version_key"];

async fn log_with_two_tenants() -> (Log, Uuid, Uuid) {
    let log = Log::new().await;
    let appender = log.appender();
    let (one, other) = (Uuid::now_v7(), Uuid::now_v7());
    for tenant in [one, other] {
        let request = keyed(tenant, add(Uuid::now_v7()), tenant, "k", 1);
        done(&appender.submit(request).await);
        let name = crate::setup::name(Uuid::now_v7(), "Contoso");
        done(&appender.submit(crate::setup::request(tenant, name)).await);
    }
    (log, one, other)
}

async fn texts(client: &Client, sql: &str) -> Vec<String> {
    let rows = client.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn count(client: &Client, table: &str) -> Result<i64, tokio_postgres::Error> {
    let sql = format!("select count(*) from log.{table}");
    Ok(client.query_one(&sql, &[]).await?.get(0))
}

#[tokio::test]
async fn every_table_with_a_tenant_stands_behind_the_wall() {
    let log = Log::new().await;
    let superuser = log.superuser().await;
    assert_eq!(breaches(&superuser, &EXCEPTED).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_new_table_that_forgets_is_found() {
    let log = Log::new().await;
    let superuser = log.superuser().await;
    superuser
        .batch_execute(
            "create schema newer;
             create table newer.thing (id uuid primary key, tenant_id uuid, secret text);
             grant select on newer.thing to seatledger_query, public;
             grant update (secret) on newer.thing to seatledger_vault;
             create policy all_of_it on newer.thing for select to public using (true);
             create policy idle on newer.thing for select to seatledger_janitor using (true)",
        )
        .await
        .unwrap();
    let found = breaches(&superuser, &EXCEPTED).await.unwrap();
    let expected = [
        "newer.thing: everyone (public) has a grant",
        "newer.thing: policy all_of_it is for everyone (public)",
        "newer.thing: policy idle is for seatledger_janitor, which has no grant",
        "newer.thing: row-level security is not enabled",
        "newer.thing: row-level security is not forced",
        "newer.thing: seatledger_query has a grant and no policy",
        "newer.thing: seatledger_vault has a grant and no policy",
        "newer.thing: unique key newer.thing_pkey does not start with tenant_id",
    ];
    let mut found: Vec<&str> = found.iter().map(String::as_str).collect();
    found.sort_unstable();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn the_grants_are_these_and_no_more() {
    let log = Log::new().await;
    let superuser = log.superuser().await;
    let tables = texts(
        &superuser,
        "select format('%s %s: %s', c.relname, replace(r.rolname, 'seatledger_', ''),
                string_agg(lower(a.privilege_type), ' ' order by a.privilege_type))
         from pg_class c, aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee
         where c.relnamespace = 'log'::regnamespace and a.grantee <> c.relowner
         group by c.relname, r.rolname order by 1",
    )
    .await;
    let expected = [
        "claim backup: select",
        "claim command: delete insert select",
        "event alerts: select",
        "event backup: select",
        "event command: insert select",
        "event integration: select",
        "event loader: select",
        "event projector: select",
        "event query: select",
        "event relay: select",
        "receipt backup: select",
        "receipt command: insert select",
        "receipt janitor: delete",
        "refinery_log backup: select",
    ];
    assert_eq!(tables, expected);
    let columns = texts(
        &superuser,
        "select format('%s.%s %s: %s', t.attrelid::regclass, t.attname, replace(r.rolname, 'seatledger_', ''),
                lower(a.privilege_type))
         from pg_attribute t join pg_class c on c.oid = t.attrelid, aclexplode(t.attacl) a
         join pg_roles r on r.oid = a.grantee
         where c.relnamespace = 'log'::regnamespace order by 1",
    )
    .await;
    let expected = [
        "log.claim.owner command: update",
        "log.receipt.created_at janitor: select",
        "log.receipt.key janitor: select",
        "log.receipt.principal janitor: select",
        "log.receipt.tenant_id janitor: select",
    ];
    assert_eq!(columns, expected);
    let functions = texts(
        &superuser,
        "select format('%s %s %s %s: %s', p.proname, case when p.prosecdef then 'definer' else 'invoker' end,
                replace(o.rolname, 'seatledger_', ''), p.proconfig[1],
                (select string_agg(replace(r.rolname, 'seatledger_', ''), ' ' order by r.rolname)
                 from aclexplode(p.proacl) a join pg_roles r on r.oid = a.grantee
                 where a.grantee <> p.proowner))
         from pg_proc p join pg_roles o on o.oid = p.proowner
         where p.pronamespace = 'log'::regnamespace
           and not exists (select from aclexplode(p.proacl) a where a.grantee = 0)
         order by 1",
    )
    .await;
    let path = "search_path=pg_catalog, pg_temp";
    let expected = [
        format!("head definer owner {path}: alerts command integration projector query relay"),
        format!("head_is definer owner {path}: command"),
        format!("headers_after definer owner {path}: command"),
        format!("refuse_change invoker owner {path}: "),
    ];
    assert_eq!(functions, expected);
}

#[tokio::test]
async fn the_roles_are_what_they_should_be() {
    let log = Log::new().await;
    let roles = texts(
        &log.superuser().await,
        "select format('%s%s%s%s', rolname,
                case when rolcanlogin then ' login' end,
                case when rolbypassrls then ' bypassrls' end,
                case when rolsuper or rolcreaterole or rolcreatedb or rolreplication then ' powerful' end)
         from pg_roles where rolname like 'seatledger%' order by rolname",
    )
    .await;
    let expected = [
        "seatledger_alerts login",
        "seatledger_backup login bypassrls",
        "seatledger_command login",
        "seatledger_integration login",
        "seatledger_janitor login",
        "seatledger_loader login bypassrls",
        "seatledger_migrator login",
        "seatledger_owner",
        "seatledger_projector login",
        "seatledger_query login",
        "seatledger_relay login",
        "seatledger_vault login",
    ];
    assert_eq!(roles, expected);
    let mut names: Vec<&str> = Role::ALL.map(Role::name).to_vec();
    names.sort_unstable();
    assert!(
        names
            .iter()
            .zip(expected)
            .all(|(name, role)| role.starts_with(name))
    );
    let command = log.client(Role::Command).await;
    for (setting, value) in [
        ("statement_timeout", "5s"),
        ("lock_timeout", "2s"),
        ("idle_in_transaction_session_timeout", "1s"),
    ] {
        assert_eq!(texts(&command, &format!("show {setting}")).await, [value]);
    }
}

#[tokio::test]
async fn nobody_changes_an_event() {
    let (log, _, _) = log_with_two_tenants().await;
    let triggers = texts(
        &log.superuser().await,
        "select tgname::text from pg_trigger
         where tgrelid = 'log.event'::regclass and tgenabled = 'A' order by 1",
    )
    .await;
    assert_eq!(triggers, ["refuse_row", "refuse_statement"]);

    let mut clients = vec![
        log.superuser().await,
        log.superuser().await,
        log.superuser().await,
    ];
    clients[1]
        .batch_execute("set role seatledger_owner")
        .await
        .unwrap();
    clients[2]
        .batch_execute("set session_replication_role = replica")
        .await
        .unwrap();
    for role in Role::ALL {
        if role != Role::Owner {
            let mut config = log.config(role);
            config.options("-c default_transaction_read_only=off");
            clients.push(connect(&config).await);
        }
    }
    for client in clients {
        client
            .batch_execute(&format!(
                "set app.tenants = '{0}'; set app.tenant = '{0}'",
                Uuid::now_v7()
            ))
            .await
            .unwrap();
        for change in [
            "update log.event set payload = '{}'",
            "delete from log.event",
            "truncate log.event",
            "truncate log.event cascade",
            "merge into log.event e using (select 1) s on true when matched then delete",
        ] {
            let error = client.batch_execute(change).await.unwrap_err();
            assert_eq!(
                error.code(),
                Some(&SqlState::INSUFFICIENT_PRIVILEGE),
                "{change}: {error:?}"
            );
        }
    }
    assert_eq!(log.events().await.len(), 4);
}

#[tokio::test]
async fn the_query_role_sees_one_tenant_and_fails_loudly_without_one() {
    let (log, one, _) = log_with_two_tenants().await;
    let client = log.client(Role::Query).await;
    let unset = count(&client, "event").await.unwrap_err();
    assert_eq!(unset.code(), Some(&SqlState::UNDEFINED_OBJECT), "{unset:?}");
    client
        .batch_execute(&format!("begin; set local app.tenant = '{one}'"))
        .await
        .unwrap();
    assert_eq!(count(&client, "event").await.unwrap(), 2);
    client.batch_execute("commit").await.unwrap();
    let emptied = count(&client, "event").await.unwrap_err();
    assert_eq!(
        emptied.code(),
        Some(&SqlState::INVALID_TEXT_REPRESENTATION),
        "{emptied:?}"
    );
    for table in ["claim", "receipt"] {
        let error = count(&client, table).await.unwrap_err();
        assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
    }
}

#[tokio::test]
async fn the_command_role_sees_and_writes_the_tenants_of_its_batch() {
    let (log, one, other) = log_with_two_tenants().await;
    let client = log.client(Role::Command).await;
    let tables = ["event", "claim", "receipt"];
    for table in tables {
        let unset = count(&client, table).await.unwrap_err();
        assert_eq!(unset.code(), Some(&SqlState::UNDEFINED_OBJECT), "{table}");
    }
    client.batch_execute("set app.tenants = ''").await.unwrap();
    for table in tables {
        let empty = count(&client, table).await.unwrap_err();
        assert_eq!(
            empty.code(),
            Some(&SqlState::INVALID_TEXT_REPRESENTATION),
            "{table}"
        );
    }
    for (tenants, factor) in [(format!("{one}"), 1), (format!("{one},{other}"), 2)] {
        client
            .batch_execute(&format!("set app.tenants = '{tenants}'"))
            .await
            .unwrap();
        assert_eq!(count(&client, "event").await.unwrap(), 2 * factor);
        assert_eq!(count(&client, "claim").await.unwrap(), factor);
        assert_eq!(count(&client, "receipt").await.unwrap(), factor);
    }
    let foreign = Uuid::now_v7();
    for write in [
        format!(
            "insert into log.event values (5, '{foreign}', 1, '{foreign}', 1, '{foreign}', 'x', 1, null,
                '{{}}', '{{}}', '2026-01-01', '2026-01-01')"
        ),
        format!("insert into log.claim values ('{foreign}', 's', 'k', '{foreign}')"),
        format!("insert into log.receipt values ('{foreign}', '{foreign}', 'k', 200, '{{}}', '')"),
        "update log.claim set tenant_id = tenant_id".to_owned(),
        "delete from log.receipt".to_owned(),
    ] {
        let error = client.batch_execute(&write).await.unwrap_err();
        assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{write}: {error:?}");
    }
}

#[tokio::test]
async fn the_janitor_can_neither_see_nor_delete_a_young_receipt() {
    let (log, _, _) = log_with_two_tenants().await;
    let janitor = log.client(Role::Janitor).await;
    assert_eq!(
        janitor
            .execute("delete from log.receipt", &[])
            .await
            .unwrap(),
        0
    );
    let body = janitor
        .query("select body from log.receipt", &[])
        .await
        .unwrap_err();
    assert_eq!(body.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
    assert_eq!(count(&log.superuser().await, "receipt").await.unwrap(), 2);
}

#[tokio::test]
async fn migrating_again_as_migrator_changes_nothing_and_a_newer_database_is_accepted() {
    let log = Log::new().await;
    let mut migrator = log.client(Role::Migrator).await;
    event_log::migrate(&mut migrator).await.unwrap();
    migrator
        .batch_execute(
            "set role seatledger_owner;
             create table log.later (id integer);
             reset role;
             insert into log.refinery_log values (1000, 'later', '2026-11-24T00:00:00Z', '1')",
        )
        .await
        .unwrap();
    event_log::migrate(&mut migrator).await.unwrap();
    let appender = log.appender();
    done(
        &appender
            .submit(request(Uuid::now_v7(), add(Uuid::now_v7())))
            .await,
    );
}

#[tokio::test]
async fn databases_of_one_cluster_migrate_side_by_side() {
    // A cluster of its own: here the roles do not exist yet.
    let postgres = testing::private_postgres(Durability::Throwaway).await;
    let superuser = connect(&postgres.superuser("postgres")).await;
    let names: Vec<String> = (0..4).map(|number| format!("ledger_{number}")).collect();
    for name in &names {
        let create = format!("create database {name}");
        superuser.batch_execute(&create).await.unwrap();
    }
    // Two services in each, too.
    let migrations = names.iter().chain(&names).map(|name| async {
        let mut client = connect(&postgres.superuser(name)).await;
        event_log::migrate(&mut client).await
    });
    for migrated in futures_util::future::join_all(migrations).await {
        migrated.unwrap();
    }
    for name in &names {
        let client = connect(&postgres.superuser(name)).await;
        assert_eq!(breaches(&client, &EXCEPTED).await.unwrap(), [""; 0]);
    }
}
