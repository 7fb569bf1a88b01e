use tokio_postgres::Client;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// Held while migrating, so that services that start together do not migrate together. A number of our own;
/// nobody else may take it.
const MIGRATION_LOCK: i64 = 0x7265_6164_6d69;

/// Why the read models' database could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The migrations' lock or schema could not be had.
    #[error("cannot prepare the migration of the read models' database")]
    Prepare(#[source] tokio_postgres::Error),
    /// A migration failed, or one that was applied has been edited since.
    #[error("cannot migrate the read models' database")]
    Apply(#[source] Box<refinery::Error>),
}

/// Brings checkpoints and roles up to date; the read models themselves are built by a rebuild. Safe to call at
/// each start and by several at once, on the log's database or another.
///
/// The first time this creates roles and takes a superuser; later the migrator is enough.
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
            "reset search_path; select pg_advisory_unlock({MIGRATION_LOCK})"
        ))
        .await
        .map_err(MigrateError::Prepare);
    applied.and(released)
}

async fn apply(client: &mut Client) -> Result<(), MigrateError> {
    // Not `create schema if not exists`: that asks for a privilege even if there is nothing to do.
    let exists: bool = client
        .query_one("select to_regnamespace('read') is not null", &[])
        .await
        .map_err(MigrateError::Prepare)?
        .get(0);
    if !exists {
        client
            .batch_execute("create schema read")
            .await
            .map_err(MigrateError::Prepare)?;
    }
    // The history table has no schema in its name; it belongs beside what it describes.
    client
        .batch_execute("set search_path = read")
        .await
        .map_err(MigrateError::Prepare)?;
    let mut runner = embedded::migrations::runner().set_abort_missing(false);
    runner.set_migration_table_name("refinery_read");
    runner
        .run_async(client)
        .await
        .map_err(|error| MigrateError::Apply(Box::new(error)))?;
    client
        .batch_execute(include_str!("sql/grant_create.sql"))
        .await
        .map_err(MigrateError::Prepare)
}
