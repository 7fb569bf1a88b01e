use tokio_postgres::Client;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// Keeps two processes that start at once from migrating at once; any fixed number that no other
/// crate uses.
const MIGRATION_LOCK: i64 = 0x7661_756c_7400_0001; // "vault"

const HISTORY_TABLE: &str = "refinery_vault";

/// Why the vault's table could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The advisory lock was not had or not let go.
    #[error("the lock for the vault's migrations failed")]
    Lock(#[source] tokio_postgres::Error),
    /// A migration failed; Postgres is as it was before it.
    #[error("a migration of the vault's table failed")]
    Migration(#[source] Box<refinery::Error>),
}

/// Brings schema `vault` up to date. The event log's migrations come first: they make the roles.
///
/// # Errors
/// When a migration fails or was changed after it ran.
pub async fn migrate(client: &mut Client) -> Result<(), MigrateError> {
    lock(client, "SELECT pg_advisory_lock($1)").await?;
    let migrated = embedded::migrations::runner()
        .set_migration_table_name(HISTORY_TABLE)
        .run_async(client)
        .await;
    lock(client, "SELECT pg_advisory_unlock($1)").await?;
    migrated
        .map(|_| ())
        .map_err(|error| MigrateError::Migration(Box::new(error)))
}

async fn lock(client: &Client, statement: &str) -> Result<(), MigrateError> {
    client
        .query_one(statement, &[&MIGRATION_LOCK])
        .await
        .map(|_| ())
        .map_err(MigrateError::Lock)
}
