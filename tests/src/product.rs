use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::Api;

/// How long a start may take on a loaded machine: a first start makes a cluster and a token.
const START_WAIT: Duration = Duration::from_secs(120);
/// How long an orderly stop may take.
const STOP_WAIT: Duration = Duration::from_secs(60);

/// The product, running on a data directory of its own, as `deploy/run` starts it.
#[derive(Debug)]
pub struct Product {
    process: tokio::process::Child,
    data_dir: PathBuf,
    /// Where it is served.
    pub url: String,
}

/// The binary: the one that `deploy/test` built, or built now for who runs a test by hand.
#[expect(
    clippy::disallowed_methods,
    reason = "tests are told by deploy/test what it built"
)]
fn binary() -> PathBuf {
    if let Ok(built) = std::env::var("SEATLEDGER_TEST_BINARY") {
        return PathBuf::from(built);
    }
    let own = std::env::current_exe().expect("a program has a path");
    let profile = own
        .ancestors()
        .find(|folder| folder.ends_with("debug") || folder.ends_with("release"));
    let profile = profile.expect("it stands below the profile's folder");
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--locked", "--package", "seatledger"]);
    if profile.ends_with("release") {
        build.arg("--release");
    }
    assert!(
        build
            .stdin(Stdio::null())
            .status()
            .expect("cargo runs")
            .success(),
        "the binary does not build"
    );
    profile.join("seatledger")
}

impl Product {
    /// A command of the binary on a data directory.
    #[must_use]
    pub fn command(data_dir: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .env("SEATLEDGER_DATA_DIR", data_dir)
            .env("SOFTHSM2_CONF", data_dir.join("softhsm/softhsm2.conf"))
            .env("SEATLEDGER_LISTEN", "127.0.0.1:0")
            .env("SEATLEDGER_LOG", "warn")
            .env_remove("PKCS11_MODULE")
            .env_remove("DATABASE_URL")
            .env_remove("NATS_URL")
            .stdin(Stdio::null());
        command
    }

    /// A folder that the servers' account can reach.
    #[must_use]
    pub fn folder() -> tempfile::TempDir {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::Builder::new()
            .prefix("sl-")
            .tempdir()
            .expect("a temporary folder");
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))
            .expect("its mode");
        folder
    }

    /// Starts `seatledger run`.
    pub async fn start(data_dir: &Path) -> Self {
        Self::start_with(data_dir, &[]).await
    }

    /// Starts `seatledger run` with further arguments.
    pub async fn start_with(data_dir: &Path, arguments: &[&str]) -> Self {
        let mut all = vec!["run"];
        all.extend(arguments);
        let mut command = tokio::process::Command::from(Self::command(data_dir, &all));
        let mut process = command
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let ready = async {
            while let Some(line) = lines.next_line().await.expect("its output can be read") {
                if let Some(at) = line.find("http://") {
                    let url = line[at..]
                        .split_whitespace()
                        .next()
                        .expect("a URL")
                        .to_owned();
                    // The pipe must be read on, or the process stops when it is full.
                    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                    return url;
                }
            }
            panic!("it ended before it was ready");
        };
        let url = tokio::time::timeout(START_WAIT, ready)
            .await
            .expect("it is ready in time");
        Self {
            process,
            data_dir: data_dir.to_owned(),
            url,
        }
    }

    /// The first administrator's token.
    #[must_use]
    pub fn token(&self) -> String {
        let file = self.data_dir.join("admin-token");
        std::fs::read_to_string(file)
            .expect("the token was written")
            .trim()
            .to_owned()
    }

    /// A client of the first administrator.
    #[must_use]
    pub fn api(&self) -> Api {
        Api::new(&self.url, &self.token())
    }

    /// The process.
    #[must_use]
    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.process.id().expect("it runs")).expect("a pid"))
    }

    /// Ends it without a word, as a crash would.
    pub async fn kill(mut self) {
        kill(self.pid(), Signal::SIGKILL).expect("it can be killed");
        self.process.wait().await.expect("it ends");
    }

    /// Presses Ctrl-C and waits.
    pub async fn stop(mut self) {
        kill(self.pid(), Signal::SIGINT).expect("it can be asked to stop");
        let ended = tokio::time::timeout(STOP_WAIT, self.process.wait()).await;
        let status = ended.expect("it stops in time").expect("it ends");
        assert!(status.success(), "it stops in order: {status}");
    }
}

/// The processes that work for a data directory: its servers, and whoever started them.
#[must_use]
pub fn processes_of(data_dir: &Path) -> Vec<String> {
    let wanted = data_dir.to_string_lossy().into_owned();
    let processes = std::fs::read_dir("/proc")
        .expect("/proc")
        .filter_map(Result::ok);
    let command = |entry: std::fs::DirEntry| {
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&line).replace('\0', " "))
    };
    processes
        .filter_map(command)
        .filter(|line| line.contains(&wanted))
        .collect()
}
