//! A migrated database for each test, cloned from a template.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use tokio_postgres::{Client, Config, NoTls};

use super::must;
use crate::files;

/// Advisory lock in the database `postgres`: one template is migrated at a time, since migrations also
/// make roles, which all databases share.
const TEMPLATE_LOCK: i64 = 0x7365_6174;
/// Postgres cuts names at 63 bytes; prefix and hash need the rest.
const READABLE_MAX: usize = 30;
const SUPERUSER: &str = "postgres";

/// The shared Postgres server.
#[derive(Debug, Clone)]
pub struct TestPostgres {
    sockets: PathBuf,
}

/// A database that only one test uses; dropped in the end.
#[derive(Debug)]
pub struct TestDatabase {
    server: TestPostgres,
    name: String,
}

impl TestPostgres {
    pub(super) fn new(sockets: PathBuf) -> Self {
        Self { sockets }
    }

    /// A new database, cloned from the template of this name. The first to ask makes the template:
    /// `migrate` gets the superuser's configuration for it, and must have closed its connections when
    /// it returns.
    ///
    /// # Panics
    /// When Postgres refuses.
    pub async fn database(
        &self,
        template_name: &str,
        migrate: impl AsyncFnOnce(Config),
    ) -> TestDatabase {
        let template = template_database(template_name);
        let client = connect(&self.superuser(SUPERUSER)).await;
        if !exists(&client, &template).await {
            must(
                client
                    .execute("select pg_advisory_lock($1)", &[&TEMPLATE_LOCK])
                    .await,
            );
            if !exists(&client, &template).await {
                self.make_template(&client, &template, migrate).await;
            }
            must(
                client
                    .execute("select pg_advisory_unlock($1)", &[&TEMPLATE_LOCK])
                    .await,
            );
        }
        let name = format!("test_{}", must(files::random_hex(8)));
        // Not file_copy: its two checkpoints took twice as long as writing a small template to the WAL.
        must(
            client
                .batch_execute(&format!(
                    "create database {name} template {template} strategy wal_log"
                ))
                .await,
        );
        TestDatabase {
            server: self.clone(),
            name,
        }
    }

    /// A new, empty database.
    ///
    /// # Panics
    /// When Postgres refuses.
    pub async fn empty_database(&self) -> TestDatabase {
        let name = format!("test_{}", must(files::random_hex(8)));
        let client = connect(&self.superuser(SUPERUSER)).await;
        must(
            client
                .batch_execute(&format!("create database {name} template template0"))
                .await,
        );
        TestDatabase {
            server: self.clone(),
            name,
        }
    }

    /// How the superuser connects to a database.
    pub fn superuser(&self, database: &str) -> Config {
        self.config(SUPERUSER, database)
    }

    fn config(&self, role: &str, database: &str) -> Config {
        let mut config = Config::new();
        config.host_path(&self.sockets).user(role).dbname(database);
        config
    }

    /// Under another name until it is complete: a test that panics in its migration leaves no half template.
    async fn make_template(
        &self,
        client: &Client,
        template: &str,
        migrate: impl AsyncFnOnce(Config),
    ) {
        let unfinished = format!("{template}_new");
        must(
            client
                .batch_execute(&format!(
                    "drop database if exists {unfinished} with (force)"
                ))
                .await,
        );
        must(
            client
                .batch_execute(&format!("create database {unfinished} template template0"))
                .await,
        );
        migrate(self.superuser(&unfinished)).await;
        // A connection that was dropped a moment ago would be in the way of renaming and of cloning.
        let end = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1";
        must(client.execute(end, &[&unfinished]).await);
        must(
            client
                .batch_execute(&format!("alter database {unfinished} rename to {template}"))
                .await,
        );
    }
}

impl TestDatabase {
    /// How a role connects. Roles have their full names (`seatledger_command`) and no passwords here.
    pub fn config(&self, role: &str) -> Config {
        self.server.config(role, &self.name)
    }

    /// How the superuser connects.
    pub fn owner_config(&self) -> Config {
        self.server.superuser(&self.name)
    }

    /// The connection string without user or password, as in `DATABASE_URL`.
    pub fn url(&self) -> String {
        format!(
            "postgresql:///{}?host={}",
            self.name,
            self.server.sockets.display()
        )
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for TestDatabase {
    /// On a thread of its own, since a test's runtime can't be waited for here. Best effort: the whole
    /// server is thrown away when the tests are over.
    fn drop(&mut self) {
        let config = self.server.superuser(SUPERUSER);
        let statement = format!("drop database if exists {} with (force)", self.name);
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .ok()?;
            runtime.block_on(async {
                let (client, connection) = config.connect(NoTls).await.ok()?;
                tokio::spawn(connection);
                client.batch_execute(&statement).await.ok()
            })
        });
        let _ = dropping.join();
    }
}

fn template_database(template_name: &str) -> String {
    let mut hasher = DefaultHasher::new();
    template_name.hash(&mut hasher);
    let readable: String = template_name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .take(READABLE_MAX)
        .collect();
    format!("template_{readable}_{:016x}", hasher.finish())
}

async fn exists(client: &Client, database: &str) -> bool {
    let found = client
        .query_opt("select from pg_database where datname = $1", &[&database])
        .await;
    must(found).is_some()
}

async fn connect(config: &Config) -> Client {
    let (client, connection) = must(config.connect(NoTls).await);
    tokio::spawn(connection);
    client
}
