//! The schema `access`.

use refinery::embed_migrations;
use tokio_postgres::Client;

embed_migrations!("migrations");

/// The table that remembers which migrations ran; each crate has its own, so they don't number against
/// each other.
const HISTORY: &str = "refinery_web";

/// The schema `access` could not be brought up to date.
#[derive(Debug, thiserror::Error)]
#[error("could not migrate the schema `access`")]
pub struct MigrateError(#[source] Box<refinery::Error>);

/// Brings the schema `access` up to date. After the log's migrations, which make the roles and the
/// `log.event` that `access.authenticate` reads; as *migrator*, under the caller's advisory lock. Newer
/// migrations than this binary knows are accepted, so that versions can run side by side.
///
/// # Errors
/// [`MigrateError`], with the statement's error as its source; nothing of that migration was kept.
pub async fn migrate(client: &mut Client) -> Result<(), MigrateError> {
    let mut runner = migrations::runner().set_abort_missing(false);
    runner
        .set_migration_table_name(HISTORY)
        .run_async(client)
        .await
        .map(|_| ())
        .map_err(|error| MigrateError(Box::new(error)))
}
