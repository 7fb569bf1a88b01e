//! `seatledger vault`: the versions of the key-encryption key.

use std::{fs, io, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use event_log::Role;
use indicatif::{ProgressBar, ProgressStyle};
use vault::{KeyRing, KeyState, KeyStatus, Progress, RotateOptions, SecretStore, Unopened};

use crate::{
    servers::{Need, Servers},
    settings::Settings,
};

/// Connections to the table: one that holds the lock, one that works, one to spare.
const CONNECTIONS_MAX: usize = 3;

/// No HSM takes an hour to copy a key, and the rotation's lock is held meanwhile.
const SETTLE_SECONDS_MAX: u64 = 3_600;

/// What can be done about the keys that seal secrets.
#[derive(Debug, Subcommand)]
pub(crate) enum VaultVerb {
    /// Shows the versions of the key-encryption key, their state, and how much each wraps.
    Status,
    /// Makes a new key the primary and wraps everything under it, while services run. Finishes a rotation that was
    /// killed, if there is one, instead.
    Rotate {
        /// Seconds that the new key is left to be seen everywhere before it is used. Longer than an HSM takes to copy
        /// it to all of its replicas.
        #[arg(long, default_value_t = RotateOptions::default().settle.as_secs(), value_parser = clap::value_parser!(u64).range(..=SETTLE_SECONDS_MAX))]
        settle_seconds: u64,
    },
    /// Destroys the versions that only decrypt. It can't be undone: what backups hold under them can't be opened any
    /// more.
    DestroyOld {
        /// Really destroys them; without it, says which they are.
        #[arg(long)]
        yes: bool,
    },
    /// Makes the secrets that an older release stored findable by their equals.
    Backfill,
}

/// Does it.
pub(crate) async fn manage(settings: &Settings, verb: &VaultVerb) -> Result<()> {
    let servers = Servers::start(settings, Need::DatabasesAndHsm).await?;
    let done = with_keys(settings, &servers, verb).await;
    done.and(servers.stop().await)
}

async fn with_keys(settings: &Settings, servers: &Servers, verb: &VaultVerb) -> Result<()> {
    let store = SecretStore::new(servers.log().pool(Role::Vault, CONNECTIONS_MAX)?);
    let mut options = RotateOptions {
        flush: Arc::new(flush_of(settings)),
        ..RotateOptions::default()
    };
    if let VaultVerb::Rotate { settle_seconds } = verb {
        options.settle = Duration::from_secs(*settle_seconds);
    }
    let keys = KeyRing::new(servers.vault().await?, store, options);
    match verb {
        VaultVerb::Status => status(&keys).await,
        VaultVerb::Rotate { .. } => rotate(&keys).await,
        VaultVerb::DestroyOld { yes } => destroy_old(&keys, *yes).await,
        VaultVerb::Backfill => backfill(&keys).await,
    }
}

async fn status(keys: &KeyRing) -> Result<()> {
    let status = keys.status().await?;
    println!(
        "{:>7}  {:<12}  {:>9}  {:>10}",
        "version", "state", "secrets", "index keys"
    );
    for key in &status.keys {
        println!(
            "{:>7}  {:<12}  {:>9}  {:>10}",
            key.version, key.state, key.secrets, key.index_keys
        );
    }
    if status.rotation_unfinished {
        println!("a rotation was not finished: seatledger vault rotate goes on with it");
    }
    if status.without_fingerprint > 0 {
        println!(
            "{} secrets can't be found by their equals yet: seatledger vault backfill changes that",
            status.without_fingerprint
        );
    }
    Ok(())
}

async fn rotate(keys: &KeyRing) -> Result<()> {
    let bar = bar()?;
    let rotated = keys.rotate(|progress| show(&bar, progress)).await;
    bar.finish_and_clear();
    let rotated =
        rotated.context("nothing is lost, and seatledger vault rotate goes on from here")?;
    println!(
        "version {} is the primary; {} keys were wrapped anew",
        rotated.version, rotated.rewrapped
    );
    if rotated.resumed {
        println!("that finished a rotation that was begun earlier; run it again for another key");
    }
    name(&rotated.unopened);
    Ok(())
}

async fn destroy_old(keys: &KeyRing, yes: bool) -> Result<()> {
    let status = keys.status().await?;
    let old: Vec<&KeyStatus> = status
        .keys
        .iter()
        .filter(|key| key.state == KeyState::DecryptOnly)
        .collect();
    if old.is_empty() {
        println!("no version only decrypts: there is nothing to destroy");
        return Ok(());
    }
    if status.rotation_unfinished {
        bail!("a rotation was not finished: run seatledger vault rotate first");
    }
    if !yes {
        for key in old {
            println!("version {} would be destroyed", key.version);
        }
        println!(
            "nothing is destroyed yet: what backups hold under these can't be opened afterwards. Say so with --yes"
        );
        return Ok(());
    }
    println!(
        "each is kept for {} s more, for whoever has read a secret and opens it only now",
        RotateOptions::default().drain.as_secs()
    );
    let mut kept = Vec::new();
    for key in old {
        match keys.destroy(key.version).await {
            Ok(()) => println!("version {} is destroyed", key.version),
            Err(error) => kept.push(format!("version {} is kept: {error}", key.version)),
        }
    }
    if !kept.is_empty() {
        bail!("{}", kept.join("; "));
    }
    Ok(())
}

async fn backfill(keys: &KeyRing) -> Result<()> {
    let bar = bar()?;
    let backfilled = keys
        .backfill_fingerprints(|progress| show(&bar, progress))
        .await;
    bar.finish_and_clear();
    let backfilled =
        backfilled.context("nothing is lost, and seatledger vault backfill goes on from here")?;
    println!(
        "{} secrets can now be found by their equals",
        backfilled.backfilled
    );
    name(&backfilled.unopened);
    Ok(())
}

fn name(unopened: &Unopened) {
    if unopened.count == 0 {
        return;
    }
    println!(
        "{} keys do not open and stay as they are: altered, moved, or under a key that is lost",
        unopened.count
    );
    for secret in &unopened.secrets {
        println!("  secret {} version {}", secret.secret_id, secret.version);
    }
}

fn bar() -> Result<ProgressBar> {
    let bar = ProgressBar::new(0);
    let style = "{msg} {wide_bar} {human_pos}/{human_len}  {per_sec}  {eta} left";
    bar.set_style(ProgressStyle::with_template(style).context("the bar's template is wrong")?);
    Ok(bar)
}

fn show(bar: &ProgressBar, progress: Progress) {
    match progress {
        Progress::Made { version } => println!("version {version} is made and proved"),
        Progress::Resumed { version } => {
            println!("the rotation to version {version} is taken up again");
        }
        Progress::Settling { version, wait } => println!(
            "version {version} is left for {} s to be seen everywhere",
            wait.as_secs()
        ),
        Progress::Promoted { version } => {
            println!("version {version} is the primary; older ones only decrypt");
        }
        Progress::Rewrapping { done, total } => advance(bar, "wrapping anew", done, total),
        Progress::Backfilling { done, total } => advance(bar, "hashing", done, total),
    }
}

fn advance(bar: &ProgressBar, what: &'static str, done: u64, total: u64) {
    bar.set_message(what);
    bar.set_length(total.max(done));
    bar.set_position(done);
}

/// Flushes the embedded SoftHSM's files, whichever process runs it. A true HSM needs nothing.
fn flush_of(settings: &Settings) -> impl Fn() -> io::Result<()> + Send + Sync + use<> {
    let embedded = settings
        .pkcs11_module
        .is_none()
        .then(|| settings.data_dir.join("softhsm"));
    move || embedded.as_deref().map_or(Ok(()), flush_folder)
}

fn flush_folder(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            flush_folder(&entry.path())?;
        } else {
            fs::File::open(entry.path())?.sync_all()?;
        }
    }
    fs::File::open(folder)?.sync_all()
}
