//! Names of seat holders against a real Postgres, as the roles that keep and read them.
#![allow(
    clippy::unwrap_used,
    reason = "what fails in a test should fail the test"
)]

use deadpool_postgres::{Manager, Pool};
use domain::{
    asset::HolderKind,
    ids::{HolderId, TenantId},
};
use embedded::testing::{self, TestDatabase};
use tokio_postgres::{Client, NoTls, error::SqlState};
use uuid::Uuid;
use web::access::{HolderName, Holders, migrate};

const OURS: TenantId = TenantId(Uuid::from_u128(0xa));
const THEIRS: TenantId = TenantId(Uuid::from_u128(0xb));

async fn database() -> TestDatabase {
    testing::postgres()
        .database("holders", async |config| {
            let (mut client, connection) = config.connect(NoTls).await.unwrap();
            let connection = tokio::spawn(connection);
            event_log::migrate(&mut client).await.unwrap();
            migrate(&mut client).await.unwrap();
            drop(client);
            connection.await.unwrap().unwrap();
        })
        .await
}

fn holders(database: &TestDatabase) -> Holders {
    let manager = Manager::new(database.config("seatledger_command"), NoTls);
    Holders::new(Pool::builder(manager).max_size(4).build().unwrap())
}

async fn connect(config: tokio_postgres::Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn user(name: &str) -> HolderName {
    HolderName::new(HolderKind::User, name.to_owned())
}

#[tokio::test]
async fn a_name_is_found_or_made_once_within_its_tenant_and_erased_for_good() {
    let database = database().await;
    let holders = holders(&database);
    let names = [user("Ada"), user(" ADA "), user("Grace")];
    assert_eq!(
        holders.find(OURS, &names).await.unwrap(),
        [None, None, None]
    );
    let made = holders.find_or_make(OURS, &names).await.unwrap();
    assert_eq!((made[0], made.len()), (made[1], 3));
    assert_ne!(made[0], made[2]);
    assert_eq!(holders.find_or_make(OURS, &names).await.unwrap(), made);
    let device = HolderName::new(HolderKind::Device, "Ada".to_owned());
    let device = holders.find_or_make(OURS, &[device]).await.unwrap();
    assert_ne!(device[0], made[0]);

    let others = holders.find_or_make(THEIRS, &names).await.unwrap();
    assert!(others.iter().all(|other| !made.contains(other)));
    assert!(!holders.erase(THEIRS, made[0]).await.unwrap());
    assert!(holders.erase(OURS, made[0]).await.unwrap());
    assert!(!holders.erase(OURS, made[0]).await.unwrap());
    let left = holders.find(OURS, &names).await.unwrap();
    assert_eq!(left, [None, None, Some(made[2])]);
    assert!(holders.find_or_make(OURS, &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn many_who_make_the_same_names_at_once_get_the_same_holders() {
    let database = database().await;
    let holders = holders(&database);
    for round in 0..10 {
        let name = |at: usize| user(&format!("user {round} {at}"));
        let forward: Vec<HolderName> = (0..300).map(name).collect();
        let backward: Vec<HolderName> = forward.iter().rev().cloned().collect();
        let (one, other, third) = tokio::join!(
            holders.find_or_make(OURS, &forward),
            holders.find_or_make(OURS, &backward),
            holders.find_or_make(OURS, &forward),
        );
        let mut other = other.unwrap();
        other.reverse();
        let one: Vec<HolderId> = one.unwrap();
        assert_eq!((&one, &one), (&other, &third.unwrap()));
    }
}

#[tokio::test]
async fn names_are_behind_the_wall_and_can_not_be_rewritten() {
    let database = database().await;
    let holders = holders(&database);
    for tenant in [OURS, THEIRS] {
        holders.find_or_make(tenant, &[user("Ada")]).await.unwrap();
    }
    let mut query = connect(database.config("seatledger_query")).await;
    let transaction = query.transaction().await.unwrap();
    let setting = format!("set local app.tenant = '{OURS}'");
    transaction.batch_execute(&setting).await.unwrap();
    let rows = transaction
        .query("select tenant_id from access.seat_holder", &[])
        .await
        .unwrap();
    let tenants: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(tenants, [OURS.0]);
    drop(transaction);

    let mut command = connect(database.config("seatledger_command")).await;
    let transaction = command.transaction().await.unwrap();
    let setting = format!("set local app.tenants = '{OURS}'");
    transaction.batch_execute(&setting).await.unwrap();
    let update = "update access.seat_holder set name = 'Eve'";
    let refused = transaction.execute(update, &[]).await.unwrap_err();
    assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
    drop(transaction);

    let owner = connect(database.owner_config()).await;
    let log = ["log.event_pkey", "log.event_stream_id_version_key"];
    let breaches = event_log::breaches(&owner, &log).await.unwrap();
    let of_names: Vec<&String> = breaches
        .iter()
        .filter(|breach| breach.contains("seat_holder"))
        .collect();
    assert!(of_names.is_empty(), "{of_names:?}");
}
