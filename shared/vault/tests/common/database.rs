//! A database of a test's own.

use deadpool_postgres::{Manager, Pool};
use embedded::testing::{self, TestDatabase};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};
use vault::SecretStore;

/// A database of its own, and the store as the service has it.
pub(crate) async fn store() -> (TestDatabase, SecretStore) {
    let database = testing::postgres()
        .database("vault", async |config: Config| {
            let mut client = client(config).await;
            event_log::migrate(&mut client).await.unwrap();
            vault::migrate(&mut client).await.unwrap();
        })
        .await;
    let store = store_in(&database);
    (database, store)
}

pub(crate) fn store_in(database: &TestDatabase) -> SecretStore {
    store_named(database.name())
}

/// The store in a database of another process.
pub(crate) fn store_named(database: &str) -> SecretStore {
    let mut config = testing::postgres().superuser(database);
    config.user("seatledger_vault");
    let manager = Manager::new(config, NoTls);
    SecretStore::new(Pool::builder(manager).max_size(4).build().unwrap())
}

pub(crate) async fn client(config: Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

pub(crate) async fn assert_refused(client: &Client, statement: &str, code: &SqlState) {
    let refused = client.query(statement, &[]).await.unwrap_err();
    assert_eq!(refused.code(), Some(code), "{statement}: {refused}");
}
