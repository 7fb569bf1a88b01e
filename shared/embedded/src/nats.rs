//! A nats-server of our own, with JetStream, on a free port of the loopback interface.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::net::TcpStream;

use crate::account::Account;
use crate::binaries::NatsBinary;
use crate::error::Error;
use crate::files;
use crate::launch::{self, Running};
use crate::orphans::{self, Fingerprint};
use crate::supervise::Server;

const NAME: &str = "nats-server";
/// The one user; everything that connects is ours or was given the URL.
const USER: &str = "seatledger";
/// Shuts JetStream down in order.
const STOP: Signal = Signal::SIGTERM;
/// JetStream reads its files before the port opens.
const READY_WAIT: Duration = Duration::from_secs(60);
/// Between two looks whether it is ready.
const READY_AGAIN: Duration = Duration::from_millis(5);

/// A nats-server under a data directory: how to start it and how to reach it.
#[derive(Debug, Clone)]
pub struct Nats {
    binary: NatsBinary,
    account: Account,
    store: PathBuf,
    run: PathBuf,
    logs: PathBuf,
    password: String,
    /// Found free at the first start, and kept, so that clients find the server again after a restart.
    port: Arc<OnceLock<u16>>,
}

impl Nats {
    /// `data_dir` must be absolute and ours alone.
    pub(crate) fn prepare(
        data_dir: &Path,
        binary: NatsBinary,
        account: &Account,
    ) -> Result<Self, Error> {
        let this = Self {
            account: account.clone(),
            store: data_dir.join("nats"),
            run: data_dir.join("run"),
            logs: data_dir.join("logs"),
            password: files::secret(&data_dir.join("secrets/nats"))?,
            port: Arc::default(),
            binary,
        };
        account.private_folder(&this.store)?;
        account.reach(&this.store)?;
        account.reach(&this.binary.program)?;
        Ok(this)
    }

    /// The URL, with user and password; it stays the same until the process ends.
    pub fn url(&self) -> String {
        format!(
            "nats://{USER}:{}@127.0.0.1:{}",
            self.password,
            self.port.get().copied().unwrap_or(0)
        )
    }

    /// The folder of its files; JetStream's are in `jetstream` below it.
    pub fn store(&self) -> &Path {
        &self.store
    }

    fn config_path(&self) -> PathBuf {
        self.run.join("nats.conf")
    }

    fn ports_path(&self, pid: nix::unistd::Pid) -> PathBuf {
        self.store.join(format!("{NAME}_{pid}.ports"))
    }

    /// The port of the last run is asked for again, since someone may have noted the URL.
    fn last_port(&self) -> Option<u16> {
        fs::read_to_string(self.run.join("nats.port"))
            .ok()?
            .trim()
            .parse()
            .ok()
    }

    fn configure(&self, port: Option<u16>) -> Result<(), Error> {
        let port = port.map_or("-1".to_owned(), |port| port.to_string());
        let text = format!(
            include_str!("nats/nats.conf"),
            port = port,
            ports = quoted(&self.store),
            store = quoted(&self.store),
            log = quoted(&self.logs.join("nats.log")),
            user = USER,
            password = self.password,
        );
        files::write_for(&self.account, &self.config_path(), &text)
    }

    async fn start(&self, port: Option<u16>) -> Result<(Running, u16), Error> {
        self.configure(port)?;
        let log = self.run.join("nats.out");
        let program = &self.binary.program;
        let mut command = launch::command_in(&self.account, program, &self.store, "TERM");
        command.arg("--config").arg(self.config_path());
        launch::output_to(&mut command, &log)?;
        let mut running = Running::start(command, program, STOP).await?;
        let ports = running
            .pid()
            .map(|pid| self.ports_path(pid))
            .unwrap_or_default();
        // Another server may sit on the port: ours says in a file of its own where it listens.
        let ready = async {
            loop {
                let written = fs::read_to_string(&ports).unwrap_or_default();
                if let Some(port) = parse_ports(&written)
                    && TcpStream::connect(("127.0.0.1", port)).await.is_ok()
                {
                    return port;
                }
                tokio::time::sleep(READY_AGAIN).await;
            }
        };
        tokio::select! {
            port = ready => Ok((running, port)),
            status = running.ended() => Err(launch::ended_early(NAME, &status, &self.logs.join("nats.log"))),
            () = tokio::time::sleep(READY_WAIT) => {
                Err(launch::not_ready(NAME, format!("not ready after {} s", READY_WAIT.as_secs()), &log))
            }
        }
    }
}

impl Server for Nats {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn launch(&self) -> Result<Running, Error> {
        let config = self.config_path();
        let left = Fingerprint {
            account: &self.account,
            name: NAME,
            folder: &self.store,
            argument: &config,
            stop: STOP,
        };
        orphans::stop(&left).await?;
        if let Some(port) = self.port.get() {
            return Ok(self.start(Some(*port)).await?.0);
        }
        let (running, port) = match self.last_port() {
            Some(port) if is_free(port).await => self.start(Some(port)).await?,
            _ => self.start(None).await?,
        };
        let _ = self.port.set(port);
        let noted = self.run.join("nats.port");
        fs::write(&noted, port.to_string()).map_err(Error::file("write", noted))?;
        Ok(running)
    }
}

async fn is_free(port: u16) -> bool {
    tokio::net::TcpListener::bind(("127.0.0.1", port))
        .await
        .is_ok()
}

/// The port in `{"nats":["nats://127.0.0.1:36561"]}`.
fn parse_ports(text: &str) -> Option<u16> {
    let (_, rest) = text.split_once("nats://127.0.0.1:")?;
    rest.split_once('"')?.0.parse().ok()
}

fn quoted(path: &Path) -> String {
    format!(
        "\"{}\"",
        path.display()
            .to_string()
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
    )
}

#[cfg(test)]
mod tests {
    use super::parse_ports;

    #[test]
    fn the_port_is_read_from_the_servers_ports_file() {
        assert_eq!(
            parse_ports(r#"{"nats":["nats://127.0.0.1:36561"]}"#),
            Some(36561)
        );
        assert_eq!(
            parse_ports(r#"{"nats":["nats://127.0.0.1:365"#),
            None,
            "half written"
        );
        assert_eq!(parse_ports(""), None);
    }
}
