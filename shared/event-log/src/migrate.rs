use postgres_protocol::password::scram_sha_256;
use tokio_postgres::Client;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// Held while migrating, so that services that start together do not migrate together. A number of
/// our own; nobody else may take it.
const MIGRATION_LOCK: i64 = 0x6c6f_676d_6967;

/// The roles of the database: each service logs in as its own, with what it needs and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Owns the tables; does not log in.
    Owner,
    /// Migrates, as a member of the owner.
    Migrator,
    /// Appends.
    Command,
    /// Reads the whole log to publish it.
    Relay,
    /// Reads the whole log and keeps read models.
    Projector,
    /// Reads one tenant at a time.
    Query,
    /// Keeps sealed secrets.
    Vault,
    /// Reads the whole log and finds what somebody should act on.
    Alerts,
    /// Reads the whole log and carries alerts and events to outside systems.
    Integration,
    /// Rebuilds read models; row-level security does not hold it.
    Loader,
    /// Deletes what has outlived its time.
    Janitor,
    /// Reads everything for a backup.
    Backup,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Owner,
        Self::Migrator,
        Self::Command,
        Self::Relay,
        Self::Projector,
        Self::Query,
        Self::Vault,
        Self::Alerts,
        Self::Integration,
        Self::Loader,
        Self::Janitor,
        Self::Backup,
    ];

    /// Its name in Postgres, with a prefix, since roles are shared by a whole cluster.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "seatledger_owner",
            Self::Migrator => "seatledger_migrator",
            Self::Command => "seatledger_command",
            Self::Relay => "seatledger_relay",
            Self::Projector => "seatledger_projector",
            Self::Query => "seatledger_query",
            Self::Vault => "seatledger_vault",
            Self::Alerts => "seatledger_alerts",
            Self::Integration => "seatledger_integration",
            Self::Loader => "seatledger_loader",
            Self::Janitor => "seatledger_janitor",
            Self::Backup => "seatledger_backup",
        }
    }
}

/// Why the database could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The migrations' lock or schema could not be had.
    #[error("cannot prepare the migration of the log")]
    Prepare(#[source] tokio_postgres::Error),
    /// A migration failed, or one that was applied has been edited since.
    #[error("cannot migrate the log")]
    Apply(#[source] Box<refinery::Error>),
    /// The password could not be set.
    #[error("cannot set the password of role {role}")]
    Password {
        /// Whose password.
        role: &'static str,
        /// What the database said.
        #[source]
        source: tokio_postgres::Error,
    },
}

/// Brings the log's schema and all roles up to date. Safe to call at each start and by several at
/// once; a database that a newer release has migrated is left as it is.
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
        .query_one("select to_regnamespace('log') is not null", &[])
        .await
        .map_err(MigrateError::Prepare)?
        .get(0);
    if !exists {
        client
            .batch_execute("create schema log")
            .await
            .map_err(MigrateError::Prepare)?;
    }
    // The history table has no schema in its name; it belongs beside what it describes.
    client
        .batch_execute("set search_path = log")
        .await
        .map_err(MigrateError::Prepare)?;
    let mut runner = embedded::migrations::runner().set_abort_missing(false);
    runner.set_migration_table_name("refinery_log");
    runner
        .run_async(client)
        .await
        .map_err(|error| MigrateError::Apply(Box::new(error)))?;
    Ok(())
}

/// Gives a role its password. What is sent is the SCRAM verifier, so the password itself is in no
/// statement log of the server.
///
/// # Errors
/// If the session may not alter the role.
pub async fn set_role_password(
    client: &Client,
    role: Role,
    password: &str,
) -> Result<(), MigrateError> {
    let verifier = scram_sha_256(password.as_bytes());
    // A verifier is base64, digits, `$`, `:` and `-`: there is nothing in it to escape.
    client
        .batch_execute(&format!("alter role {} password '{verifier}'", role.name()))
        .await
        .map_err(|source| MigrateError::Password {
            role: role.name(),
            source,
        })
}
