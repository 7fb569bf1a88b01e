use tokio_postgres::Client;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// Keeps two processes that start at once from migrating at once. A number of our own; nobody else
/// may take it.
const MIGRATION_LOCK: i64 = 0x7661_756c_746d_6967;

/// It lies in schema `vault`, beside what it describes.
const HISTORY_TABLE: &str = "refinery_vault";

/// Why the vault's table could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The lock, the role or the schema could not be had.
    #[error("cannot prepare the migration of the vault's table")]
    Prepare(#[source] tokio_postgres::Error),
    /// A migration failed, or one that was applied has been edited since.
    #[error("cannot migrate the vault's table")]
    Apply(#[source] Box<refinery::Error>),
}

/// Brings schema `vault` up to date, as the migrator or a superuser. The event log's migrations come
/// first: they make the roles. A database that a newer release has migrated is left as it is.
///
/// # Errors
/// If a migration fails, or if an applied one is not what this binary knows under its number.
pub async fn migrate(client: &mut Client) -> Result<(), MigrateError> {
    client
        .execute("select pg_advisory_lock($1)", &[&MIGRATION_LOCK])
        .await
        .map_err(MigrateError::Prepare)?;
    let applied = apply(client).await;
    let released = client
        .batch_execute(&format!(
            "reset role; reset search_path; select pg_advisory_unlock({MIGRATION_LOCK})"
        ))
        .await
        .map_err(MigrateError::Prepare);
    applied.and(released)
}

async fn apply(client: &mut Client) -> Result<(), MigrateError> {
    // The owner never logs in: who migrates becomes it, so that everything made here is the owner's.
    client
        .batch_execute("set role seatledger_owner")
        .await
        .map_err(MigrateError::Prepare)?;
    // Not `create schema if not exists`: that asks for a privilege even if there is nothing to do.
    let exists: bool = client
        .query_one("select to_regnamespace('vault') is not null", &[])
        .await
        .and_then(|row| row.try_get(0))
        .map_err(MigrateError::Prepare)?;
    if !exists {
        client
            .batch_execute("create schema vault")
            .await
            .map_err(MigrateError::Prepare)?;
    }
    client
        .batch_execute("set search_path = vault")
        .await
        .map_err(MigrateError::Prepare)?;
    embedded::migrations::runner()
        .set_abort_missing(false)
        .set_migration_table_name(HISTORY_TABLE)
        .run_async(client)
        .await
        .map(|_| ())
        .map_err(|error| MigrateError::Apply(Box::new(error)))
}
