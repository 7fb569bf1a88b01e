//! The servers that a command uses: those that the settings name, embedded ones for the rest.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use embedded::{Durability, Embedded, Given, Options, Parts, SoftHsm};
use event_log::Role;
use secrecy::SecretString;
use vault::VaultConfig;

use crate::{
    database::{Database, connect},
    settings::Settings,
};

/// The embedded database's name.
const DATABASE: &str = "seatledger";

/// Whether the table of secrets ever took a row. Its size says so to a role to which row-level security shows
/// no tenant's rows, as none could be counted by a service that is not to read them all.
const EVER_KEPT_SECRETS: &str = "select pg_relation_size(to_regclass('vault.secret_version')) > 0";

/// How to reach the servers, and the embedded ones among them while they run.
pub(crate) struct Servers {
    embedded: Option<Embedded>,
    log: Database,
    read: Database,
    nats_url: String,
    hsm: Option<VaultConfig>,
}

/// What a command needs of the servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Databases, bus and HSM.
    All,
    /// The databases alone; an embedded one that another process runs is used as it is.
    Databases,
    /// The databases and the HSM; embedded ones that another process runs are used as they are.
    DatabasesAndHsm,
}

impl Servers {
    /// Starts what must run embedded, brings the databases up to date, and says how to reach everything.
    pub(crate) async fn start(settings: &Settings, need: Need) -> Result<Self> {
        let parts = Parts {
            postgres: settings.database_url.is_none(),
            nats: settings.nats_url.is_none() && need == Need::All,
            hsm: settings.pkcs11_module.is_none() && need != Need::Databases,
        };
        let embedded = if parts.postgres || parts.nats || parts.hsm {
            match Embedded::start(&options(settings, parts)).await {
                Ok(embedded) => Some(embedded),
                Err(embedded::Error::InUse { .. }) if need != Need::All => {
                    return Self::of_another_process(settings, need, parts);
                }
                Err(error) => return Err(error).context("cannot start the embedded servers"),
            }
        } else {
            None
        };
        let log = match (
            &settings.database_url,
            embedded.as_ref().and_then(Embedded::postgres),
        ) {
            (Some(url), _) => {
                let database = Database::external(url, settings.passwords.as_deref())?;
                if may_migrate(&database) {
                    migrate(&database.role(Role::Migrator)?).await?;
                }
                database
            }
            (None, Some(postgres)) => embedded_database(postgres).await?,
            (None, None) => bail!("there is no database: name one with DATABASE_URL"),
        };
        let read = read_database(settings, &log).await?;
        let nats_url = match (
            &settings.nats_url,
            embedded.as_ref().and_then(Embedded::nats),
        ) {
            (Some(url), _) => url.clone(),
            (None, Some(nats)) => nats.url(),
            (None, None) => String::new(),
        };
        let hsm = match (
            external_hsm(settings, need)?,
            embedded.as_ref().and_then(Embedded::hsm),
        ) {
            (None, Some(softhsm)) => Some(softhsm_config(softhsm)?),
            (external, _) => external,
        };
        let servers = Self {
            embedded,
            log,
            read,
            nats_url,
            hsm,
        };
        servers.note_down(settings)?;
        Ok(servers)
    }

    /// The embedded servers that another process runs on the same data directory.
    fn of_another_process(settings: &Settings, need: Need, parts: Parts) -> Result<Self> {
        let noted = noted_file(settings);
        let text = fs::read_to_string(&noted).with_context(|| {
            format!(
                "another seatledger is starting on {}: try again",
                settings.data_dir.display()
            )
        })?;
        let note = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
        };
        let log = match (&settings.database_url, note("DATABASE_URL")) {
            (Some(url), _) => Database::external(url, settings.passwords.as_deref())?,
            (None, Some(url)) => Database::external(url, Some(&settings.data_dir.join("secrets")))?,
            (None, None) => bail!(
                "the seatledger on {} runs no database",
                settings.data_dir.display()
            ),
        };
        let read = match &settings.read_database_url {
            Some(url) => Database::external(url, settings.passwords.as_deref())?,
            None => log.clone(),
        };
        let hsm = match (external_hsm(settings, need)?, note("PKCS11_MODULE")) {
            (None, Some(module)) if parts.hsm => Some(VaultConfig {
                module: PathBuf::from(module),
                token_label: note("PKCS11_TOKEN_LABEL").unwrap_or_default().to_owned(),
                pin: secret(&settings.data_dir.join("secrets/hsm-pin"))?,
                threads: vault::THREADS_DEFAULT,
            }),
            (external, _) => external,
        };
        let nats_url = settings
            .nats_url
            .clone()
            .or_else(|| note("NATS_URL").map(str::to_owned));
        Ok(Self {
            embedded: None,
            log,
            read,
            nats_url: nats_url.unwrap_or_default(),
            hsm,
        })
    }

    /// Writes down how to reach the embedded servers, for commands that are given while they run.
    fn note_down(&self, settings: &Settings) -> Result<()> {
        let Some(embedded) = &self.embedded else {
            return Ok(());
        };
        let mut text = String::new();
        if let Some(postgres) = embedded.postgres() {
            text.push_str(&format!("DATABASE_URL={}\n", postgres.url(DATABASE)));
        }
        if let Some(nats) = embedded.nats() {
            text.push_str(&format!("NATS_URL={}\n", nats.url()));
        }
        if let Some(hsm) = embedded.hsm() {
            let module = hsm.module.display();
            text.push_str(&format!(
                "PKCS11_MODULE={module}\nPKCS11_TOKEN_LABEL={}\n",
                hsm.token_label
            ));
        }
        private_file(&noted_file(settings), &text)
    }

    /// The database of the log.
    pub(crate) fn log(&self) -> &Database {
        &self.log
    }

    /// The database of the read models.
    pub(crate) fn read(&self) -> &Database {
        &self.read
    }

    /// Where NATS is, with user and password if it wants them.
    pub(crate) fn nats_url(&self) -> &str {
        &self.nats_url
    }

    /// Brings the databases that the settings name up to date, also with a migrator who needs no password.
    /// Embedded ones are since they were started.
    pub(crate) async fn migrate(&self, settings: &Settings) -> Result<()> {
        if settings.database_url.is_some() {
            migrate(&self.log.role(Role::Migrator)?).await?;
        }
        if settings.read_database_url.is_some() {
            migrate_read_models(&self.read).await?;
        }
        Ok(())
    }

    /// Opens the vault. A new installation gets its key now; where secrets were ever kept, a key that is not
    /// found was lost, and a new one in its place would only hide that.
    pub(crate) async fn vault(&self) -> Result<vault::Vault> {
        let config = self
            .hsm()
            .ok_or_else(|| anyhow!("there is no HSM: name one with PKCS11_MODULE"))?;
        if self.ever_kept_secrets().await? {
            return vault::Vault::connect(config)
                .await
                .context("cannot use the HSM; secrets are kept under its key, so it gets no new one: if it was lost, restore it");
        }
        let vault = vault::Vault::initialize(config)
            .await
            .context("cannot use the HSM")?;
        if let Some(softhsm) = self.embedded.as_ref().and_then(Embedded::hsm) {
            // SoftHSM leaves a new key to the file cache; a power cut now would lose all that is sealed under it.
            softhsm
                .flush()
                .await
                .context("cannot flush the HSM's files")?;
        }
        Ok(vault)
    }

    async fn ever_kept_secrets(&self) -> Result<bool> {
        let client = connect(&self.log.role(Role::Vault)?).await?;
        let row = client
            .query_one(EVER_KEPT_SECRETS, &[])
            .await
            .context("cannot see whether secrets were ever kept")?;
        row.get::<_, Option<bool>>(0)
            .ok_or_else(|| anyhow!("the database has no table of secrets: run seatledger migrate"))
    }

    /// How to reach the HSM, if there is one.
    pub(crate) fn hsm(&self) -> Option<VaultConfig> {
        self.hsm.clone()
    }

    /// How the embedded servers are.
    pub(crate) fn conditions(&self) -> Option<embedded::Conditions> {
        self.embedded.as_ref().map(Embedded::conditions)
    }

    /// Stops the embedded servers.
    pub(crate) async fn stop(self) -> Result<()> {
        match self.embedded {
            Some(embedded) => embedded
                .stop()
                .await
                .context("cannot stop the embedded servers"),
            None => Ok(()),
        }
    }
}

fn options(settings: &Settings, parts: Parts) -> Options {
    Options {
        data_dir: settings.data_dir.clone(),
        parts,
        given: Given {
            postgres_bin: settings.postgres_bin.clone(),
            nats_server: settings.nats_server.clone(),
            softhsm_module: settings.softhsm_module.clone(),
            softhsm_util: settings.softhsm_util.clone(),
        },
        softhsm2_conf: settings.softhsm2_conf.clone(),
        durability: Durability::Durable,
    }
}

fn noted_file(settings: &Settings) -> PathBuf {
    settings.data_dir.join("run/servers.env")
}

/// Writes a file that only its owner may read.
pub(crate) fn private_file(path: &Path, text: &str) -> Result<()> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let write = || {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(text.as_bytes())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

fn secret(file: &Path) -> Result<SecretString> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(SecretString::from(text.trim_end().to_owned()))
}

/// The HSM that the settings name. A service that needs none may not be able to read its PIN.
fn external_hsm(settings: &Settings, need: Need) -> Result<Option<VaultConfig>> {
    if need == Need::Databases {
        return Ok(None);
    }
    let (Some(module), Some(pin_file)) = (&settings.pkcs11_module, &settings.pkcs11_pin_file)
    else {
        return Ok(None);
    };
    Ok(Some(VaultConfig {
        module: module.clone(),
        token_label: settings.pkcs11_token_label.clone(),
        pin: secret(pin_file)?,
        threads: vault::THREADS_DEFAULT,
    }))
}

fn softhsm_config(softhsm: &SoftHsm) -> Result<VaultConfig> {
    Ok(VaultConfig {
        module: softhsm.module.clone(),
        token_label: softhsm.token_label.clone(),
        pin: secret(&softhsm.pin_file)?,
        threads: vault::THREADS_DEFAULT,
    })
}

/// The embedded database, made and migrated as its superuser, with a password for each role.
async fn embedded_database(postgres: &embedded::Postgres) -> Result<Database> {
    let maintenance = connect(&postgres.superuser("postgres")).await?;
    let exists = maintenance
        .query_opt("select from pg_database where datname = $1", &[&DATABASE])
        .await
        .context("cannot look for the database")?;
    if exists.is_none() {
        maintenance
            .batch_execute(&format!("create database {DATABASE}"))
            .await
            .context("cannot create the database")?;
    }
    migrate(&postgres.superuser(DATABASE)).await?;
    let mut folder = PathBuf::new();
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Owner) {
        let file = postgres.role_password(role.name())?;
        let password =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        event_log::set_role_password(&maintenance, role, password.trim_end()).await?;
        folder = file.parent().map(Path::to_owned).unwrap_or_default();
    }
    Database::external(&postgres.url(DATABASE), Some(&folder))
}

async fn read_database(settings: &Settings, log: &Database) -> Result<Database> {
    let Some(url) = &settings.read_database_url else {
        return Ok(log.clone());
    };
    let database = Database::external(url, settings.passwords.as_deref())?;
    if may_migrate(&database) {
        migrate_read_models(&database).await?;
    }
    Ok(database)
}

/// A service that was given no password of the migrator leaves that to who has it.
fn may_migrate(database: &Database) -> bool {
    let given = database.has_password(Role::Migrator);
    if !given {
        tracing::debug!("there is no password of the migrator: the database is used as it is");
    }
    given
}

async fn migrate_read_models(database: &Database) -> Result<()> {
    let mut client = connect(&database.role(Role::Migrator)?).await?;
    read_models::migrate(&mut client)
        .await
        .context("cannot migrate the read models' database")
}

/// Brings a database up to date: the log, the vault's table, access, jobs, and the read models'
/// bookkeeping.
async fn migrate(config: &tokio_postgres::Config) -> Result<()> {
    let mut client = connect(config).await?;
    event_log::migrate(&mut client).await?;
    vault::migrate(&mut client).await?;
    web::access::migrate(&mut client).await?;
    command::migrate(&mut client).await?;
    alerts::migrate(&mut client).await?;
    integrations::migrate(&mut client).await?;
    read_models::migrate(&mut client)
        .await
        .context("cannot migrate the read models")?;
    Ok(())
}
