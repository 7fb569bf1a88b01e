//! The three servers under one data directory, from start to stop.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};
use tokio::sync::watch;

use crate::account::Account;
use crate::binaries::{Given, NatsBinary, PostgresBinaries, SoftHsmBinaries};
use crate::error::Error;
use crate::files;
use crate::nats::Nats;
use crate::postgres::{Durability, Postgres};
use crate::softhsm::SoftHsm;
use crate::supervise::{Condition, Supervised};

/// Which servers to run; the others are somewhere else, by the user's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// Postgres.
    pub postgres: bool,
    /// nats-server.
    pub nats: bool,
    /// The SoftHSM token.
    pub hsm: bool,
}

impl Parts {
    /// All three.
    pub const ALL: Self = Self {
        postgres: true,
        nats: true,
        hsm: true,
    };
}

/// How to start.
#[derive(Debug, Clone)]
pub struct Options {
    /// Everything is kept under this directory; it is made if it is missing.
    pub data_dir: PathBuf,
    /// Which servers.
    pub parts: Parts,
    /// Programs that the user named.
    pub given: Given,
    /// What `SOFTHSM2_CONF` was when the process started.
    pub softhsm2_conf: Option<PathBuf>,
    /// Whether Postgres's commits survive a power cut.
    pub durability: Durability,
}

/// How the watched servers are.
#[derive(Debug, Clone)]
pub struct Conditions {
    /// Postgres.
    pub postgres: watch::Receiver<Condition>,
    /// nats-server.
    pub nats: watch::Receiver<Condition>,
}

/// The running servers. Dropping it tells them to stop; [`Embedded::stop`] also waits for it.
#[derive(Debug)]
pub struct Embedded {
    postgres: Option<(Postgres, Supervised)>,
    nats: Option<(Nats, Supervised)>,
    hsm: Option<SoftHsm>,
    data_dir: PathBuf,
    /// Held until everything else is gone: fields are dropped in this order.
    _lock: Flock<File>,
}

impl Embedded {
    /// Starts what `options` names and waits until it answers. The first start makes the cluster and
    /// the token; a later one finds everything as it was, also after a crash.
    ///
    /// # Errors
    /// See [`Error`]: each names its remedy. Nothing is left running.
    pub async fn start(options: &Options) -> Result<Self, Error> {
        let account = Account::current()?;
        let data_dir = prepare_data_dir(&options.data_dir, &account)?;
        let lock = lock(&data_dir)?;
        let (postgres, nats, hsm) = tokio::try_join!(
            start_postgres(&data_dir, &account, options),
            start_nats(&data_dir, &account, options),
            start_hsm(&data_dir, options),
        )?;
        Ok(Self {
            postgres,
            nats,
            hsm,
            data_dir,
            _lock: lock,
        })
    }

    /// Postgres, if it was asked for.
    pub fn postgres(&self) -> Option<&Postgres> {
        self.postgres.as_ref().map(|(postgres, _)| postgres)
    }

    /// nats-server, if it was asked for.
    pub fn nats(&self) -> Option<&Nats> {
        self.nats.as_ref().map(|(nats, _)| nats)
    }

    /// The token, if it was asked for.
    pub fn hsm(&self) -> Option<&SoftHsm> {
        self.hsm.as_ref()
    }

    /// The data directory, as an absolute path.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Reports when a server dies, is back, or is given up.
    pub fn conditions(&self) -> Conditions {
        let absent = || watch::channel(Condition::Absent).1;
        Conditions {
            postgres: self
                .postgres
                .as_ref()
                .map_or_else(absent, |(_, watched)| watched.condition()),
            nats: self
                .nats
                .as_ref()
                .map_or_else(absent, |(_, watched)| watched.condition()),
        }
    }

    /// Stops nats-server, then Postgres, each in order, and waits until they are gone.
    ///
    /// # Errors
    /// That a server can't be signalled.
    pub async fn stop(self) -> Result<(), Error> {
        let Self {
            postgres,
            nats,
            _lock,
            ..
        } = self;
        let nats = match nats {
            Some((_, watched)) => watched.stop().await,
            None => Ok(()),
        };
        let postgres = match postgres {
            Some((postgres, watched)) => watched.stop().await.and(postgres.tidy()),
            None => Ok(()),
        };
        nats.and(postgres)
    }
}

/// The folders that all servers share.
pub(crate) fn prepare_data_dir(data_dir: &Path, account: &Account) -> Result<PathBuf, Error> {
    // Open for passing through, since the servers may run under another account.
    files::folder(data_dir, 0o711)?;
    let data_dir = data_dir
        .canonicalize()
        .map_err(Error::file("look at", data_dir))?;
    account.reach(&data_dir.join("postgres"))?;
    files::folder(&data_dir.join("run"), 0o711)?;
    files::folder(&data_dir.join("secrets"), 0o700)?;
    account.private_folder(&data_dir.join("logs"))?;
    Ok(data_dir)
}

/// Taken by the kernel from a process that dies, so it is never stale.
pub(crate) fn lock(data_dir: &Path) -> Result<Flock<File>, Error> {
    let path = data_dir.join("lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(Error::file("open", &path))?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, error)| match error {
        nix::Error::EWOULDBLOCK => Error::InUse {
            data_dir: data_dir.to_owned(),
        },
        error => Error::file("lock", path)(error.into()),
    })
}

async fn start_postgres(
    data_dir: &Path,
    account: &Account,
    options: &Options,
) -> Result<Option<(Postgres, Supervised)>, Error> {
    if !options.parts.postgres {
        return Ok(None);
    }
    let binaries =
        PostgresBinaries::find(data_dir, &options.given, Postgres::major_of(data_dir)).await?;
    let postgres = Postgres::prepare(data_dir, binaries, account, options.durability).await?;
    let watched = Supervised::start(&postgres).await?;
    Ok(Some((postgres, watched)))
}

async fn start_nats(
    data_dir: &Path,
    account: &Account,
    options: &Options,
) -> Result<Option<(Nats, Supervised)>, Error> {
    if !options.parts.nats {
        return Ok(None);
    }
    let binary = NatsBinary::find(data_dir, &options.given).await?;
    let nats = Nats::prepare(data_dir, binary, account)?;
    let watched = Supervised::start(&nats).await?;
    Ok(Some((nats, watched)))
}

async fn start_hsm(data_dir: &Path, options: &Options) -> Result<Option<SoftHsm>, Error> {
    if !options.parts.hsm {
        return Ok(None);
    }
    let binaries = SoftHsmBinaries::find(data_dir, &options.given)?;
    let hsm = SoftHsm::prepare(data_dir, &binaries).await?;
    hsm.check_conf(options.softhsm2_conf.as_deref())?;
    Ok(Some(hsm))
}
