//! Examines whether everything that Seatledger relies on works, and says how to mend what does not.

mod shown;

use anyhow::{Context, Result, bail};
use bus::{Bus, BusConfig};
use event_log::Role;
use tokio_postgres::error::SqlState;
use vault::Aad;

use crate::{
    database::{Database, connect},
    servers::{Need, Servers},
    settings::Settings,
};

/// The oldest PostgreSQL on which the tests pass, as `server_version_num`.
const POSTGRES_VERSION_MIN: i32 = 150_000;
/// The oldest NATS server of which the relay's first sequences and expected last sequences were proven.
const NATS_VERSION_MIN: (u32, u32) = (2, 12);
/// How long the truncate that must be refused may wait for the log, and appends behind it.
const TRUNCATE_WAIT_MILLISECONDS: u32 = 200;
/// How often it is tried on a log that is busy.
const TRUNCATE_TRIES_MAX: usize = 5;
/// The roles that log in to a database that holds the read models alone.
const READ_ROLES: [Role; 3] = [Role::Projector, Role::Query, Role::Loader];
/// Unique keys of the log that may start otherwise than with the tenant: they are the log's own.
pub(crate) const LOG_KEYS: [&str; 2] = ["log.event_pkey", "log.event_stream_id_version_key"];

/// Whether triggers that nobody's session skips stand before every change. Of `tgtype`, 8 is delete, 16 update,
/// 32 truncate.
const TRIGGERS_FOR_ALL: &str = "select coalesce(bit_or(tgtype::int) & 56 = 56, false) from pg_trigger \
     where tgrelid = 'log.event'::regclass and tgenabled = 'A' and not tgisinternal";

/// What was found, line by line.
#[derive(Default)]
struct Findings {
    bad: usize,
}

impl Findings {
    fn note(&mut self, what: &str, found: Result<String>) {
        match found {
            Ok(detail) => println!("  ok   {what}: {detail}"),
            Err(error) => {
                self.bad += 1;
                println!("  BAD  {what}: {error:#}");
            }
        }
    }
}

/// Prints the settings in force and what works; an error if anything does not.
pub(crate) async fn examine(settings: &Settings) -> Result<()> {
    println!("settings");
    for (name, value) in shown::in_force(settings) {
        println!("  {name} = {value}");
    }
    println!("servers");
    let servers = match Servers::start(settings, Need::DatabasesAndHsm).await {
        Ok(servers) => servers,
        Err(error) => {
            println!("  BAD  start: {error:#}");
            bail!("the servers cannot be used; the line above names the remedy");
        }
    };
    let mut findings = Findings::default();
    findings.note("PostgreSQL version", version(servers.log()).await);
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Owner) {
        findings.note(
            &format!("login of {}", role.name()),
            login(servers.log(), role).await,
        );
    }
    if settings.read_database_url.is_some() {
        for role in READ_ROLES {
            findings.note(
                &format!("login of {}, read models", role.name()),
                login(servers.read(), role).await,
            );
        }
    }
    findings.note("durable commits, log", durable(servers.log()).await);
    findings.note("append-only log", append_only(servers.log()).await);
    findings.note("wall between accounts, log", wall(servers.log()).await);
    findings.note(
        "wall between accounts, read models",
        wall(servers.read()).await,
    );
    findings.note("advisory locks", advisory_locks(servers.log()).await);
    findings.note("NATS with JetStream", nats(servers.nats_url()).await);
    findings.note("HSM", hsm(&servers).await);
    servers.stop().await?;
    match findings.bad {
        0 => Ok(()),
        bad => bail!("{bad} of the above do not work"),
    }
}

async fn version(log: &Database) -> Result<String> {
    let client = connect(&log.role(Role::Command)?).await?;
    let row = client
        .query_one(
            "select current_setting('server_version'), current_setting('server_version_num')::int",
            &[],
        )
        .await?;
    let (shown, number): (String, i32) = (row.get(0), row.get(1));
    if number < POSTGRES_VERSION_MIN {
        bail!("{shown} is too old: use PostgreSQL 15 or newer");
    }
    Ok(shown)
}

async fn login(log: &Database, role: Role) -> Result<String> {
    let client = connect(&log.role(role)?).await.with_context(|| {
        let short = role.name().trim_start_matches("seatledger_").to_uppercase();
        format!("give the role its password in the file that {short}_PASSWORD_FILE names")
    })?;
    let row = client
        .query_one(
            "select rolsuper from pg_roles where rolname = current_user",
            &[],
        )
        .await?;
    if row.get(0) {
        bail!(
            "the role is a superuser, whom no policy holds: take that away (alter role … nosuperuser)"
        );
    }
    Ok("works, and is no superuser".to_owned())
}

/// An answered append must survive a power cut.
async fn durable(log: &Database) -> Result<String> {
    let client = connect(&log.role(Role::Command)?).await?;
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        let row = client
            .query_one("select current_setting($1)", &[&setting])
            .await?;
        let value: &str = row.get(0);
        if value == "off" {
            bail!("{setting} is off, so that a power cut loses what was answered: set it on");
        }
    }
    Ok("fsync, full_page_writes and synchronous_commit are on".to_owned())
}

/// Tries what must not be possible.
async fn append_only(log: &Database) -> Result<String> {
    let client = connect(&log.role(Role::Migrator)?).await?;
    let row = client.query_one(TRIGGERS_FOR_ALL, &[]).await?;
    if !row.get::<_, bool>(0) {
        bail!(
            "log.event has no trigger, ENABLE ALWAYS, against each of update, delete and truncate: restore it"
        );
    }
    for change in ["update log.event set type = type", "delete from log.event"] {
        if refused(&client, change).await? == Refused::Busy {
            bail!("`{change}` waited for a lock: try again");
        }
    }
    for _ in 0..TRUNCATE_TRIES_MAX {
        if refused(&client, "truncate log.event").await? == Refused::AsItShould {
            return Ok("update, delete and truncate are refused".to_owned());
        }
    }
    Ok(
        "update and delete are refused; truncate has its trigger, but the log is too busy to try it"
            .to_owned(),
    )
}

#[derive(PartialEq, Eq)]
enum Refused {
    AsItShould,
    /// It was not tried, since others use the table.
    Busy,
}

/// Tries a change that is taken back, should it be possible.
async fn refused(client: &tokio_postgres::Client, change: &str) -> Result<Refused> {
    // Appends queue behind a truncate that waits for its lock.
    let tried = client
        .batch_execute(&format!(
            "begin; set local lock_timeout = {TRUNCATE_WAIT_MILLISECONDS}; {change}; rollback"
        ))
        .await;
    let Err(error) = tried else {
        bail!("`{change}` was possible: look who owns the table, and what its trigger does");
    };
    // A failed statement leaves its transaction open.
    client.batch_execute("rollback").await?;
    match error.code() {
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => Ok(Refused::AsItShould),
        Some(&SqlState::LOCK_NOT_AVAILABLE) => Ok(Refused::Busy),
        _ => Err(error).with_context(|| format!("`{change}` failed otherwise than by a refusal")),
    }
}

async fn wall(database: &Database) -> Result<String> {
    let client = connect(&database.role(Role::Migrator)?).await?;
    let breaches = event_log::breaches(&client, &LOG_KEYS).await?;
    if breaches.is_empty() {
        Ok("stands".to_owned())
    } else {
        bail!("{}", breaches.join("; "))
    }
}

async fn advisory_locks(log: &Database) -> Result<String> {
    let one = connect(&log.role(Role::Command)?).await?;
    let two = connect(&log.role(Role::Command)?).await?;
    let key: i64 = 0x5EA7;
    let taken: bool = one
        .query_one("select pg_try_advisory_lock($1)", &[&key])
        .await?
        .get(0);
    let again: bool = two
        .query_one("select pg_try_advisory_lock($1)", &[&key])
        .await?
        .get(0);
    if !taken || again {
        bail!(
            "they do not exclude: is a pooler in transaction mode in between? connect to PostgreSQL directly"
        );
    }
    Ok("exclude".to_owned())
}

async fn nats(url: &str) -> Result<String> {
    if url.is_empty() {
        return Ok("embedded; started with seatledger run".to_owned());
    }
    let bus = Bus::connect(BusConfig::new(url)).await?;
    let version = bus.probe().await?;
    let (major, minor) = NATS_VERSION_MIN;
    if numbers(&version).is_none_or(|version| version < NATS_VERSION_MIN) {
        bail!("{version} is too old: use nats-server {major}.{minor} or newer");
    }
    Ok(format!(
        "{version}; it was not tried with a stream: that streams begin at a given sequence and take a message \
         only after the expected one is known of {major}.{minor} and newer"
    ))
}

/// Major and minor of a version.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.trim_start_matches('v').split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Seals and opens, and tries to open for another asset.
async fn hsm(servers: &Servers) -> Result<String> {
    let vault = servers.vault().await?;
    vault.health().await?;
    let aad = |asset| Aad {
        tenant_id: uuid::Uuid::nil(),
        asset_id: asset,
        secret_id: uuid::Uuid::nil(),
        field_key: "doctor".to_owned(),
        version: 1,
    };
    let (one, other) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
    let plain = secrecy::SecretString::from("a probe");
    let sealed = vault.seal(&aad(one), &plain).await?;
    vault.open(&aad(one), &sealed).await?;
    if vault.open(&aad(other), &sealed).await.is_ok() {
        bail!(
            "a sealed value was opened for another asset: the module ignores additional data; use another"
        );
    }
    Ok("seals, opens, and refuses what was moved".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        let table = [
            ("2.12.0", true),
            ("2.15.1", true),
            ("v3.0.0-beta", true),
            ("2.9.25", false),
            ("1.13.0", false),
            ("", false),
        ];
        for (version, good) in table {
            assert_eq!(
                numbers(version) >= Some(NATS_VERSION_MIN),
                good,
                "{version}"
            );
        }
    }
}
