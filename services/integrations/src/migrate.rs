//! The schema `integration`.

use tokio_postgres::Client;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// Held while migrating, so that services that start together do not migrate together. A number of our
/// own; nobody else may take it.
const MIGRATION_LOCK: i64 = 0x696e_7467_6d69_6772;

/// It lies in schema `integration`, beside what it describes.
const HISTORY_TABLE: &str = "refinery_integration";

/// Why the schema `integration` could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The migrations' lock or schema could not be had.
    #[error("cannot prepare the migration of integrations")]
    Prepare(#[source] tokio_postgres::Error),
    /// A migration failed, or one that was applied has been edited since.
    #[error("cannot migrate integrations")]
    Apply(#[source] Box<refinery::Error>),
}

/// Brings the schema `integration` up to date, as *migrator* or superuser. Comes after the log's migrations, which make
/// the roles. Safe to call at each start and by several at once; what a newer release has migrated is left as it
/// is.
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
            "reset search_path; reset role; select pg_advisory_unlock({MIGRATION_LOCK})"
        ))
        .await
        .map_err(MigrateError::Prepare);
    applied.and(released)
}

async fn apply(client: &mut Client) -> Result<(), MigrateError> {
    client
        .batch_execute(include_str!("sql/prepare.sql"))
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
