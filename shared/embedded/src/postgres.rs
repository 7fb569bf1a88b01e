//! A Postgres cluster of our own, on a Unix socket.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio_postgres::{Config, NoTls};

use crate::account::Account;
use crate::binaries::PostgresBinaries;
use crate::error::Error;
use crate::files;
use crate::launch::{self, Running};
use crate::orphans::{self, Fingerprint};
use crate::supervise::Server;

const NAME: &str = "postgres";
/// The superuser, who sets up roles and databases and does nothing else.
const SUPERUSER: &str = "postgres";
/// Part of the socket's file name; no port of this number is opened.
const PORT: u16 = 5432;
/// `sun_path` of a Unix socket's address holds 108 bytes, the last a zero.
const SOCKET_PATH_MAX: usize = 107;
/// Fast shutdown: sessions are ended, everything is written, no recovery is needed afterwards.
const STOP: Signal = Signal::SIGINT;
/// Recovery from a crash reads all WAL since the last checkpoint.
const READY_WAIT: Duration = Duration::from_secs(120);
/// Between two attempts to connect while it starts.
const READY_AGAIN: Duration = Duration::from_millis(10);

/// Whether commits survive a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// As for real data; roles log in by password.
    Durable,
    /// For tests that do not ask: no fsync, and every role logs in by its name alone.
    Throwaway,
}

/// A Postgres server under a data directory: how to start it and how to reach it.
#[derive(Debug, Clone)]
pub struct Postgres {
    binaries: PostgresBinaries,
    account: Account,
    durability: Durability,
    cluster: PathBuf,
    run: PathBuf,
    logs: PathBuf,
    secrets: PathBuf,
    sockets: PathBuf,
    superuser_password: String,
}

impl Postgres {
    /// Makes the cluster if there is none, and stops what an earlier run left of it. `data_dir` must be
    /// absolute and ours alone.
    pub(crate) async fn prepare(
        data_dir: &Path,
        binaries: PostgresBinaries,
        account: &Account,
        durability: Durability,
    ) -> Result<Self, Error> {
        let this = Self {
            account: account.clone(),
            durability,
            cluster: data_dir.join("postgres"),
            run: data_dir.join("run"),
            logs: data_dir.join("logs"),
            secrets: data_dir.join("secrets"),
            sockets: socket_folder(data_dir, account)?,
            superuser_password: files::secret(&data_dir.join("secrets").join(SUPERUSER))?,
            binaries,
        };
        account.reach(&this.cluster)?;
        account.reach(&this.binaries.bin.join("postgres"))?;
        if !this.cluster.exists() {
            this.initialize(data_dir).await?;
        }
        Ok(this)
    }

    /// The major version that wrote the data in this directory, if there is any.
    pub(crate) fn major_of(data_dir: &Path) -> Option<u32> {
        fs::read_to_string(data_dir.join("postgres/PG_VERSION"))
            .ok()?
            .trim()
            .parse()
            .ok()
    }

    /// How the superuser connects.
    pub fn superuser(&self, database: &str) -> Config {
        let mut config = self.config(SUPERUSER, database);
        config.password(&self.superuser_password);
        config
    }

    /// How a role connects; its password, if it needs one, is in [`Postgres::role_password`].
    pub fn config(&self, role: &str, database: &str) -> Config {
        let mut config = Config::new();
        config
            .host_path(&self.sockets)
            .port(PORT)
            .user(role)
            .dbname(database);
        config
    }

    /// The connection string of a database without user or password, as in `DATABASE_URL`.
    pub fn url(&self, database: &str) -> String {
        let host: String = self
            .sockets
            .to_string_lossy()
            .bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => {
                    char::from(byte).to_string()
                }
                _ => format!("%{byte:02X}"),
            })
            .collect();
        format!("postgresql:///{database}?host={host}&port={PORT}")
    }

    /// The file (mode 0600) with this role's password, made at random when first asked for.
    ///
    /// # Errors
    /// [`Error::RoleName`], or that the file can't be written.
    pub fn role_password(&self, role: &str) -> Result<PathBuf, Error> {
        if role.is_empty() || !role.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(Error::RoleName {
                role: role.to_owned(),
            });
        }
        let path = self.secrets.join(role);
        files::secret(&path)?;
        Ok(path)
    }

    /// The folder of its socket.
    pub fn socket_folder(&self) -> &Path {
        &self.sockets
    }

    async fn initialize(&self, data_dir: &Path) -> Result<(), Error> {
        // Under another name until it is complete, so that a killed initdb is simply begun again.
        let unfinished = data_dir.join("postgres.new");
        match fs::remove_dir_all(&unfinished) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Error::file("remove", unfinished)(error));
            }
            _ => {}
        }
        self.account.private_folder(&unfinished)?;
        let password = self.run.join("initdb-password");
        files::write_for(&self.account, &password, &self.superuser_password)?;
        let initdb = self.binaries.bin.join("initdb");
        let mut command = launch::command_in(&self.account, &initdb, &unfinished, "KILL");
        command
            .arg("--pgdata")
            .arg(&unfinished)
            .args([
                "--username",
                SUPERUSER,
                "--auth",
                "scram-sha-256",
                "--pwfile",
            ])
            .arg(&password)
            .args([
                "--encoding",
                "UTF8",
                "--locale",
                "C.UTF-8",
                "--data-checksums",
                "--no-instructions",
                "--no-sync",
            ]);
        let made = launch::run(command, "initdb", &initdb).await;
        fs::remove_file(&password).map_err(Error::file("remove", &password))?;
        made?;
        if self.durability == Durability::Durable {
            files::flush_all(&unfinished).await?;
        }
        fs::rename(&unfinished, &self.cluster).map_err(Error::file("rename", &unfinished))?;
        // Else a power cut could bring the old name back, and with it the belief that it is unfinished.
        files::flush_folder(data_dir)
    }

    /// Our configuration stands outside the cluster, which belongs to the servers' account, and is
    /// written anew at each start.
    fn configure(&self) -> Result<(), Error> {
        let (hba, settings) = match self.durability {
            Durability::Durable => (
                include_str!("postgres/pg_hba.conf"),
                include_str!("postgres/durable.conf"),
            ),
            Durability::Throwaway => (
                include_str!("postgres/throwaway_hba.conf"),
                include_str!("postgres/throwaway.conf"),
            ),
        };
        let hba_path = self.run.join("pg_hba.conf");
        let sockets = format!(
            "\"{}\"",
            self.sockets.display().to_string().replace('"', "\"\"")
        );
        let paths = format!(
            "hba_file = {}\nunix_socket_directories = {}\nlog_directory = {}\n",
            quoted(&hba_path.display().to_string()),
            quoted(&sockets),
            quoted(&self.logs.display().to_string()),
        );
        files::write_for(&self.account, &hba_path, hba)?;
        files::write_for(
            &self.account,
            &self.config_path(),
            &format!("{paths}port = {PORT}\n{settings}"),
        )
    }

    /// Leaves nothing in `/tmp` when stopped.
    pub(crate) fn tidy(&self) -> Result<(), Error> {
        if self.sockets.parent() == self.cluster.parent() {
            return Ok(());
        }
        fs::remove_dir(&self.sockets).map_err(Error::file("remove", &self.sockets))
    }

    fn config_path(&self) -> PathBuf {
        self.run.join("postgresql.conf")
    }

    /// With nothing of ours left running, lock files are stale, whatever process has their ids now.
    fn remove_stale_locks(&self) -> Result<(), Error> {
        let socket = self.sockets.join(format!(".s.PGSQL.{PORT}"));
        let socket_lock = self.sockets.join(format!(".s.PGSQL.{PORT}.lock"));
        for path in [self.cluster.join("postmaster.pid"), socket, socket_lock] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(Error::file("remove", path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Server for Postgres {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn launch(&self) -> Result<Running, Error> {
        let left = Fingerprint {
            account: &self.account,
            name: NAME,
            folder: &self.cluster,
            argument: &self.cluster,
            stop: STOP,
        };
        orphans::stop(&left).await?;
        self.remove_stale_locks()?;
        self.configure()?;
        let log = self.run.join("postgres.out");
        let program = self.binaries.bin.join("postgres");
        let mut command = launch::command_in(&self.account, &program, &self.cluster, "INT");
        command
            .arg("-D")
            .arg(&self.cluster)
            .arg("-c")
            .arg(format!("config_file={}", self.config_path().display()));
        launch::output_to(&mut command, &log)?;
        let mut running = Running::start(command, &program, STOP).await?;
        let config = self.superuser("postgres");
        let ready = async {
            while config.connect(NoTls).await.is_err() {
                tokio::time::sleep(READY_AGAIN).await;
            }
        };
        tokio::select! {
            () = ready => Ok(running),
            status = running.ended() => Err(launch::ended_early(NAME, &status, &log)),
            () = tokio::time::sleep(READY_WAIT) => {
                Err(launch::not_ready(NAME, format!("not ready after {} s", READY_WAIT.as_secs()), &log))
            }
        }
    }
}

/// A folder for the socket: under the data directory, or under `/tmp` if its path is too long there.
fn socket_folder(data_dir: &Path, account: &Account) -> Result<PathBuf, Error> {
    let fits = |folder: &Path| {
        folder.as_os_str().len() + format!("/.s.PGSQL.{PORT}").len() <= SOCKET_PATH_MAX
    };
    let near = data_dir.join("sockets");
    if fits(&near) {
        account.private_folder(&near)?;
        return Ok(near);
    }
    let mut hasher = DefaultHasher::new();
    data_dir.hash(&mut hasher);
    let short = PathBuf::from(format!(
        "/tmp/seatledger-{}-{:016x}",
        account.uid(),
        hasher.finish()
    ));
    account.private_folder(&short)?;
    // Anyone may make folders in /tmp, so it must be a true one, and closed to all but its owner.
    let found = short
        .symlink_metadata()
        .map_err(Error::file("look at", &short))?;
    if !found.is_dir() || found.uid() != account.uid() || found.permissions().mode() & 0o077 != 0 {
        return Err(Error::SocketFolder { directory: short });
    }
    Ok(short)
}

/// A string of Postgres's configuration file.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}
