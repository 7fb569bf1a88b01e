//! What can go wrong, each with the remedy in its text.

use std::io;
use std::path::PathBuf;

/// Why the embedded servers could not be started, stopped or used. Its text names the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No PostgreSQL in a version that we can use.
    #[error(
        "no PostgreSQL {wanted} was found (looked in {looked}); deploy/run fetches one, or install \
         Debian's postgresql, or name a bin folder with SEATLEDGER_POSTGRES_BIN"
    )]
    PostgresNotFound {
        /// The version that would do.
        wanted: String,
        /// Where it was looked for.
        looked: String,
    },
    /// No nats-server in a version that we can use.
    #[error(
        "no nats-server 2.12 or newer was found (looked in {looked}); deploy/run fetches one, or \
         name the program with SEATLEDGER_NATS_SERVER"
    )]
    NatsNotFound {
        /// Where it was looked for.
        looked: String,
    },
    /// No SoftHSM module and tool.
    #[error(
        "SoftHSM's libsofthsm2.so and softhsm2-util were not found (looked in {looked}); deploy/run \
         fetches them, or run: apt-get install softhsm2"
    )]
    SoftHsmNotFound {
        /// Where it was looked for.
        looked: String,
    },
    /// `setpriv`, through which servers are started, is missing.
    #[error("setpriv was not found in /usr/bin or /bin; run: apt-get install util-linux")]
    SetprivNotFound,
    /// We run as root and there is no account `nobody` for the servers.
    #[error(
        "PostgreSQL refuses to run as root, and the account `nobody` does not exist; create it, or \
         start as another user"
    )]
    NoAccount,
    /// We run as root, and the servers' account can't reach a directory on the way.
    #[error(
        "the servers run as `nobody`, which cannot pass through {directory}; run: chmod o+x \
         {directory}, or put the data elsewhere (SEATLEDGER_DATA_DIR=/var/lib/seatledger)",
        directory = .directory.display()
    )]
    Unreachable {
        /// The first directory that is closed to others.
        directory: PathBuf,
    },
    /// Another process uses the data directory.
    #[error(
        "{data_dir} is in use by another seatledger; stop that one first, or choose another \
         directory with SEATLEDGER_DATA_DIR",
        data_dir = .data_dir.display()
    )]
    InUse {
        /// The data directory.
        data_dir: PathBuf,
    },
    /// The folder for a socket whose own path would be too long belongs to someone else.
    #[error(
        "{directory} should hold Postgres's socket, but it is not a private folder of ours; remove \
         it, or use a data directory with a shorter path",
        directory = .directory.display()
    )]
    SocketFolder {
        /// The folder that is in the way.
        directory: PathBuf,
    },
    /// The process was not started with the SoftHSM configuration of its data directory.
    #[error(
        "SOFTHSM2_CONF must be {expected} before the process starts, but is {found}; start through \
         deploy/run, or run: export SOFTHSM2_CONF={expected}",
        expected = .expected.display(),
        found = .found.as_ref().map_or("not set".to_owned(), |path| path.display().to_string())
    )]
    SoftHsmConf {
        /// The configuration of this data directory.
        expected: PathBuf,
        /// What the process was started with.
        found: Option<PathBuf>,
    },
    /// The token exists, its PIN does not.
    #[error(
        "the SoftHSM token is there, but its PIN is not: put {pin_file} back from the backup",
        pin_file = .pin_file.display()
    )]
    PinLost {
        /// Where the PIN was.
        pin_file: PathBuf,
    },
    /// A tool that sets something up (initdb, softhsm2-util) failed.
    #[error("{program} failed ({status}): {output}")]
    SetUp {
        /// Its name.
        program: &'static str,
        /// How it ended.
        status: String,
        /// The end of what it wrote.
        output: String,
    },
    /// A server ended before it was ready, or took too long.
    #[error("{server} did not start: {reason}\n{log}")]
    NotReady {
        /// Its name.
        server: &'static str,
        /// How it ended, or how long we waited.
        reason: String,
        /// The end of what it wrote.
        log: String,
    },
    /// A program could not be started.
    #[error("could not start {program}", program = .program.display())]
    Spawn {
        /// Its path.
        program: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file or folder could not be read, written or changed.
    #[error("could not {operation} {path}", path = .path.display())]
    File {
        /// What was tried, as a verb.
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// A server of an earlier run is still there and does not end.
    #[error("process {pid}, left from an earlier run, does not end; run: kill -9 {pid}")]
    Orphan {
        /// Its process id.
        pid: i32,
    },
    /// A process could not be signalled.
    #[error("could not send a signal to process {pid}")]
    Signal {
        /// Its process id.
        pid: i32,
        /// Why.
        #[source]
        source: nix::Error,
    },
    /// The system gave no random bytes for a secret.
    #[error("the system gave no random bytes")]
    Random(#[source] getrandom::Error),
    /// The role's name can't be that of a file.
    #[error("{role:?} is not a role's name: letters, digits and underscores only")]
    RoleName {
        /// The name given.
        role: String,
    },
}

impl Error {
    /// For `map_err`: which operation failed on which path.
    pub(crate) fn file(
        operation: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            operation,
            path,
            source,
        }
    }
}
