//! The server's files and processes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

use super::TestRequestTracker;
use crate::account::Account;
use crate::error::Error;
use crate::launch::{self, Running};
use crate::supervise::Server;
use crate::{files, orphans};

const NAME: &str = "Request Tracker";
/// Where Debian's package puts the server, and what sets a database up.
const PROGRAM: &str = "/usr/share/request-tracker5/libexec/rt-server";
const SET_UP: &str = "/usr/sbin/rt-setup-database-5";
/// Its first process ends the others.
const STOP: Signal = Signal::SIGTERM;
/// Processes that answer: tests wait for each other at most a little.
const WORKERS: &str = "2";
/// It reads thousands of Perl files first.
const READY_WAIT: Duration = Duration::from_secs(60);
/// Between two looks whether it is ready.
const READY_AGAIN: Duration = Duration::from_millis(50);
/// Starts on free ports, in case that another took one in between.
const STARTS_MAX: usize = 5;

/// A Request Tracker in a folder: how to start it and how to reach it.
#[derive(Debug)]
pub(crate) struct RequestTracker {
    account: Account,
    folder: PathBuf,
    tokens: [String; 3],
    /// Found free at the first start, and kept.
    port: OnceLock<u16>,
}

impl RequestTracker {
    /// Makes the database below `parent`, with what tests need in it.
    pub(crate) async fn prepare(parent: &Path, account: &Account) -> Result<Self, Error> {
        let mut this = Self {
            account: account.clone(),
            folder: parent.join("request-tracker"),
            tokens: Default::default(),
            port: OnceLock::new(),
        };
        for program in [PROGRAM, SET_UP].map(Path::new) {
            if !program.exists() {
                return Err(missing(program));
            }
        }
        // Half a database is left by an earlier attempt that failed.
        if this.folder.exists() {
            fs::remove_dir_all(&this.folder).map_err(Error::file("remove", &this.folder))?;
        }
        for folder in ["", "sessions", "config.d"] {
            account.private_folder(&this.folder.join(folder))?;
        }
        account.reach(&this.folder)?;
        let data = this.folder.join("data.pl");
        files::write_for(account, &this.config(), include_str!("RT_SiteConfig.pm"))?;
        files::write_for(account, &data, include_str!("data.pl"))?;
        this.set_up(&["--action", "init", "--skip-create"]).await?;
        let data = data.display().to_string();
        this.set_up(&["--action", "insert", "--datafile", &data])
            .await?;
        for (token, user) in this
            .tokens
            .iter_mut()
            .zip(["seatledger", "person", "powerless"])
        {
            let file = this.folder.join(user).with_extension("token");
            *token = fs::read_to_string(&file).map_err(Error::file("read", &file))?;
        }
        Ok(this)
    }

    pub(crate) fn place(&self) -> TestRequestTracker {
        let [token, person, powerless] = self.tokens.clone();
        let port = self.port.get().copied().unwrap_or(0);
        TestRequestTracker {
            url: format!("http://127.0.0.1:{port}"),
            token,
            person,
            powerless,
        }
    }

    fn config(&self) -> PathBuf {
        self.folder.join("RT_SiteConfig.pm")
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = launch::command_in(&self.account, program, &self.folder, "TERM");
        command
            .env("HOME", &self.folder)
            .env("SEATLEDGER_RT_FOLDER", &self.folder)
            .env("RT_SITE_CONFIG", self.config())
            // The machine's own configuration is no concern of ours, and may be closed to us.
            .env("RT_SITE_CONFIG_DIR", self.folder.join("config.d"));
        command
    }

    async fn set_up(&self, arguments: &[&str]) -> Result<(), Error> {
        let mut command = self.command(SET_UP.as_ref());
        command.args(arguments);
        launch::run(command, "rt-setup-database", SET_UP.as_ref())
            .await
            .map(drop)
    }

    async fn start(&self, port: u16) -> Result<Running, Error> {
        let log = self.folder.join("server.log");
        let program = Path::new(PROGRAM);
        let mut command = self.command(program);
        command
            .args(["--host", "127.0.0.1", "--max-workers", WORKERS])
            .args(["--port", &port.to_string()])
            .env("SEATLEDGER_RT_PORT", port.to_string());
        launch::output_to(&mut command, &log)?;
        let mut running = Running::start(command, program, STOP).await?;
        let ready = async {
            // Another server may sit on the port, but none that knows the token.
            while !matches!(self.answers(port).await, Ok(true)) {
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

    async fn answers(&self, port: u16) -> io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        let [token, ..] = &self.tokens;
        let request = format!("GET /REST/2.0/rt HTTP/1.0\r\nAuthorization: token {token}\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut status = [0; 12];
        stream.read_exact(&mut status).await?;
        Ok(status.ends_with(b" 200"))
    }
}

impl Server for RequestTracker {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn launch(&self) -> Result<Running, Error> {
        if let Some(port) = self.port.get() {
            return self.start(*port).await;
        }
        let mut starts = 1;
        loop {
            let port = free_port().await?;
            match self.start(port).await {
                Ok(running) => {
                    let _ = self.port.set(port);
                    return Ok(running);
                }
                Err(error) if starts == STARTS_MAX => return Err(error),
                Err(_) => starts += 1,
            }
        }
    }
}

/// Sends a signal to the first process and all that it started: they are a group of their own.
pub(crate) fn send(running: &Running, signal: Signal) -> Result<(), Error> {
    match running.pid() {
        Some(pid) => orphans::send(Pid::from_raw(-pid.as_raw()), signal),
        None => Ok(()),
    }
}

/// Stops it in order, and whatever is left of its group by force: a worker may hang on a client that is gone.
pub(crate) async fn stop(running: Running) -> Result<(), Error> {
    let group = running.pid().map(|pid| Pid::from_raw(-pid.as_raw()));
    running.stop().await?;
    group.map_or(Ok(()), |group| orphans::send(group, Signal::SIGKILL))
}

async fn free_port() -> Result<u16, Error> {
    let found = async { TcpListener::bind(("127.0.0.1", 0)).await?.local_addr() };
    let address = found
        .await
        .map_err(Error::file("find a free port on", "127.0.0.1"))?;
    Ok(address.port())
}

fn missing(program: &Path) -> Error {
    let remedy = "Request Tracker is not installed; run: sudo apt-get install --no-install-recommends \
                  request-tracker5 rt5-db-sqlite rt5-standalone";
    Error::file("find", program)(io::Error::new(io::ErrorKind::NotFound, remedy))
}
