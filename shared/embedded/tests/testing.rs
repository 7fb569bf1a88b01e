//! What every other crate's tests rely on.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use embedded::{Durability, testing};
use tokio_postgres::{Client, Config, NoTls};

async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn migrate(config: Config) {
    let client = connect(&config).await;
    client
        .batch_execute("create table migrated (n int); insert into migrated values (1)")
        .await
        .unwrap();
}

async fn count(client: &Client) -> i64 {
    client
        .query_one("select count(*) from migrated", &[])
        .await
        .unwrap()
        .get(0)
}

#[tokio::test]
async fn each_test_has_a_migrated_database_of_its_own() {
    let postgres = testing::postgres();
    let (one, other) = tokio::join!(
        postgres.database("own database", migrate),
        postgres.database("own database", migrate)
    );
    let (one_client, other_client) = (
        connect(&one.owner_config()).await,
        connect(&other.owner_config()).await,
    );
    one_client
        .batch_execute("insert into migrated values (2)")
        .await
        .unwrap();
    assert_eq!(count(&one_client).await, 2);
    assert_eq!(count(&other_client).await, 1);
}

#[tokio::test]
async fn a_database_is_gone_when_its_test_is() {
    let postgres = testing::postgres();
    let database = postgres.empty_database().await;
    let name = database.name().to_owned();
    let _still_connected = connect(&database.owner_config()).await;
    drop(database);
    let client = connect(&postgres.superuser("postgres")).await;
    let found = client
        .query_opt("select from pg_database where datname = $1", &[&name])
        .await
        .unwrap();
    assert!(found.is_none());
}

#[tokio::test]
async fn a_template_whose_migration_failed_is_made_again() {
    let postgres = testing::postgres();
    let failed = tokio::spawn({
        let postgres = postgres.clone();
        async move {
            let fails = async |config: Config| {
                connect(&config)
                    .await
                    .batch_execute("create table half_done ()")
                    .await
                    .unwrap();
                panic!("the migration fails");
            };
            postgres.database("fails once", fails).await
        }
    });
    assert!(failed.await.is_err());
    let database = postgres.database("fails once", migrate).await;
    let client = connect(&database.owner_config()).await;
    assert_eq!(count(&client).await, 1);
    assert!(
        client
            .query_opt("select from pg_tables where tablename = 'half_done'", &[])
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_connection_string_reaches_the_database() {
    let database = testing::postgres().database("own database", migrate).await;
    let mut config: Config = database.url().parse().unwrap();
    config.user("postgres");
    assert_eq!(count(&connect(&config).await).await, 1);
}

#[tokio::test]
async fn a_killed_private_postgres_starts_again_with_its_data() {
    for durability in [Durability::Throwaway, Durability::Durable] {
        let mut postgres = testing::private_postgres(durability).await;
        migrate(postgres.superuser("postgres")).await;
        postgres.kill().await;
        assert!(postgres.superuser("postgres").connect(NoTls).await.is_err());
        postgres.start().await;
        assert_eq!(
            count(&connect(&postgres.superuser("postgres")).await).await,
            1
        );
        postgres.stop().await;
        postgres.start().await;
        let mut config: Config = postgres.url("postgres").parse().unwrap();
        config
            .user("postgres")
            .password(postgres.superuser("postgres").get_password().unwrap());
        assert_eq!(count(&connect(&config).await).await, 1);
    }
}

#[tokio::test]
async fn a_killed_private_nats_starts_again_on_the_same_url() {
    let mut nats = testing::private_nats().await;
    let url = nats.url();
    for _ in 0..2 {
        nats.kill().await;
        nats.start().await;
        assert_eq!(nats.url(), url);
    }
    assert!(nats.store().exists());
}

#[tokio::test]
async fn the_shared_token_and_nats_server_are_there() {
    let hsm = testing::hsm();
    assert!(hsm.module.exists());
    assert_eq!(hsm.token_label, "seatledger");
    assert!(hsm.pin.len() > 8);
    let address = testing::nats().url;
    let (_, address) = address.rsplit_once('@').unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_ok());
}

#[tokio::test]
async fn all_tests_share_one_request_tracker() {
    let (one, other) = tokio::join!(testing::request_tracker(), testing::request_tracker());
    assert_eq!(one, other);
    assert!(answers(&one.url).await);
}

#[tokio::test]
async fn a_request_tracker_of_a_tests_own_is_stopped_and_started_at_the_same_address() {
    let mut own = testing::private_request_tracker().await;
    let place = own.place();
    assert!(answers(&place.url).await);
    own.stop().await;
    assert!(!answers(&place.url).await);
    own.start().await;
    assert_eq!(own.place(), place);
    assert!(answers(&place.url).await);
    drop(own);
    // Its processes have been killed, and are gone in a moment.
    while answers(&place.url).await {
        tokio::task::yield_now().await;
    }
}

async fn answers(url: &str) -> bool {
    let address = url.strip_prefix("http://").unwrap();
    tokio::net::TcpStream::connect(address).await.is_ok()
}
