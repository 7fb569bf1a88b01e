//! A database, and how each role logs in to it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use event_log::Role;

/// A database and how each role logs in to it.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    base: tokio_postgres::Config,
    passwords: Passwords,
}

#[derive(Debug, Clone)]
enum Passwords {
    /// A file for each role, named by the role.
    Folder(PathBuf),
    /// By `<ROLE>_PASSWORD_FILE`, else no password: the server trusts or asks nobody.
    Environment,
}

impl Database {
    /// A database that the settings name.
    pub(crate) fn external(url: &str, passwords: Option<&Path>) -> Result<Self> {
        let base: tokio_postgres::Config = url
            .parse()
            .context("DATABASE_URL is no PostgreSQL connection string")?;
        let passwords = passwords.map_or(Passwords::Environment, |folder| {
            Passwords::Folder(folder.to_owned())
        });
        Ok(Self { base, passwords })
    }

    /// How a role logs in.
    pub(crate) fn role(&self, role: Role) -> Result<tokio_postgres::Config> {
        let mut config = self.base.clone();
        config.user(role.name()).application_name(role.name());
        let file = self.password_file(role);
        if let Some(file) = file {
            let password = fs::read_to_string(&file).with_context(|| {
                format!(
                    "cannot read the password of {} in {}",
                    role.name(),
                    file.display()
                )
            })?;
            config.password(password.trim_end());
        }
        Ok(config)
    }

    /// Whether a password was given for a role: in a file of its own, or in the connection string.
    pub(crate) fn has_password(&self, role: Role) -> bool {
        let in_file = match (&self.passwords, self.password_file(role)) {
            (Passwords::Folder(_), Some(file)) => file.exists(),
            // One that is named and missing is a mistake, which logging in tells.
            (Passwords::Environment, named) => named.is_some(),
            (Passwords::Folder(_), None) => false,
        };
        in_file || self.base.get_password().is_some()
    }

    fn password_file(&self, role: Role) -> Option<PathBuf> {
        let short = role.name().trim_start_matches("seatledger_");
        match &self.passwords {
            Passwords::Folder(folder) => {
                let own = folder.join(role.name());
                Some(if own.exists() {
                    own
                } else {
                    folder.join(short)
                })
            }
            Passwords::Environment => named_password_file(short),
        }
    }

    /// A pool of connections of a role. No connection is made yet.
    pub(crate) fn pool(
        &self,
        role: Role,
        connections_max: usize,
    ) -> Result<deadpool_postgres::Pool> {
        pool(self.role(role)?, connections_max)
    }
}

/// A pool of at most so many connections.
fn pool(config: tokio_postgres::Config, connections_max: usize) -> Result<deadpool_postgres::Pool> {
    /// A request that waits longer than this for a connection is better told so.
    const WAIT: std::time::Duration = std::time::Duration::from_secs(5);
    let recycling = deadpool_postgres::ManagerConfig {
        recycling_method: deadpool_postgres::RecyclingMethod::Fast,
    };
    let manager = deadpool_postgres::Manager::from_config(config, tokio_postgres::NoTls, recycling);
    deadpool_postgres::Pool::builder(manager)
        .max_size(connections_max)
        .wait_timeout(Some(WAIT))
        .create_timeout(Some(WAIT))
        .runtime(deadpool_postgres::Runtime::Tokio1)
        .build()
        .context("cannot make a pool of connections")
}

#[expect(
    clippy::disallowed_methods,
    reason = "a setting whose name depends on the role, read at the start"
)]
fn named_password_file(role: &str) -> Option<PathBuf> {
    std::env::var(format!("{}_PASSWORD_FILE", role.to_uppercase()))
        .ok()
        .map(PathBuf::from)
}

/// One connection, driven in the background until it is dropped.
pub(crate) async fn connect(config: &tokio_postgres::Config) -> Result<tokio_postgres::Client> {
    let (client, connection) = config
        .connect(tokio_postgres::NoTls)
        .await
        .context("cannot connect to PostgreSQL")?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended");
        }
    });
    Ok(client)
}
