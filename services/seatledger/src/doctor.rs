//! Examines whether everything that Seatledger relies on works, and says how to mend what does not.

use anyhow::{Context, Result, bail};
use bus::{Bus, BusConfig};
use event_log::Role;
use vault::Aad;

use crate::{
    servers::{Database, Need, Servers, connect},
    settings::Settings,
};

/// The oldest PostgreSQL on which the tests pass, as `server_version_num`.
const POSTGRES_VERSION_MIN: i32 = 150_000;
/// Unique keys of the log that may start otherwise than with the tenant: they are the log's own.
pub(crate) const LOG_KEYS: [&str; 2] = ["log.event_pkey", "log.event_stream_id_version_key"];

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
    for (name, value) in in_force(settings) {
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

fn in_force(settings: &Settings) -> Vec<(&'static str, String)> {
    let or_embedded = |value: &Option<String>| match value {
        Some(url) => without_password(url),
        None => "embedded".to_owned(),
    };
    let read = settings
        .read_database_url
        .as_deref()
        .map_or("the log's".to_owned(), without_password);
    let module = settings.pkcs11_module.as_ref();
    vec![
        (
            "SEATLEDGER_DATA_DIR",
            settings.data_dir.display().to_string(),
        ),
        ("DATABASE_URL", or_embedded(&settings.database_url)),
        ("READ_DATABASE_URL", read),
        ("NATS_URL", or_embedded(&settings.nats_url)),
        (
            "PKCS11_MODULE",
            module.map_or("embedded SoftHSM".to_owned(), |path| {
                path.display().to_string()
            }),
        ),
        ("PKCS11_TOKEN_LABEL", settings.pkcs11_token_label.clone()),
        ("SEATLEDGER_LOG", settings.log.clone()),
    ]
}

/// A URL as it may be shown.
fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme + 3 < at => {
            format!("{}…{}", &url[..scheme + 3], &url[at..])
        }
        _ => url.to_owned(),
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

/// Tries what must not be possible.
async fn append_only(log: &Database) -> Result<String> {
    let client = connect(&log.role(Role::Migrator)?).await?;
    let triggers = client
        .query_one(
            "select count(*) from pg_trigger where tgrelid = 'log.event'::regclass and tgenabled = 'A' \
             and not tgisinternal",
            &[],
        )
        .await?;
    let count: i64 = triggers.get(0);
    if count == 0 {
        bail!("no trigger of log.event is ENABLE ALWAYS: run seatledger migrate");
    }
    for change in [
        "update log.event set type = type",
        "delete from log.event",
        "truncate log.event",
    ] {
        if client
            .batch_execute(&format!("begin; {change}; rollback"))
            .await
            .is_ok()
        {
            bail!("`{change}` was possible: run seatledger migrate, and look who owns the table");
        }
        // A failed statement leaves its transaction open.
        client.batch_execute("rollback").await?;
    }
    Ok("update, delete and truncate are refused".to_owned())
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
    Ok(bus.probe().await?)
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
