//! Servers of a test's own, to be killed, stopped and started again on the same files.

use std::path::PathBuf;

use nix::sys::signal::Signal;
use tempfile::TempDir;
use tokio_postgres::Config;

use super::{must, programs};
use crate::account::Account;
use crate::binaries::{NatsBinary, PostgresBinaries};
use crate::embedded::prepare_data_dir;
use crate::launch::Running;
use crate::nats::Nats;
use crate::orphans;
use crate::postgres::{Durability, Postgres};
use crate::supervise::Server;

/// A Postgres of the test's own.
#[derive(Debug)]
pub struct PrivatePostgres {
    held: Held<Postgres>,
}

/// A nats-server of the test's own.
#[derive(Debug)]
pub struct PrivateNats {
    held: Held<Nats>,
}

/// Starts a Postgres of the test's own.
///
/// # Panics
/// When it does not start, or without the programs of `with-servers`.
pub async fn private_postgres(durability: Durability) -> PrivatePostgres {
    let (folder, data_dir, account) = data_dir();
    let binaries = must(PostgresBinaries::find(&data_dir, &programs(), None).await);
    let server = must(Postgres::prepare(&data_dir, binaries, &account, durability).await);
    PrivatePostgres {
        held: Held::start(server, folder).await,
    }
}

/// Starts a nats-server of the test's own. Its URL stays the same while it lives.
///
/// # Panics
/// When it does not start, or without the programs of `with-servers`.
pub async fn private_nats() -> PrivateNats {
    let (folder, data_dir, account) = data_dir();
    let binary = must(NatsBinary::find(&data_dir, &programs()).await);
    let server = must(Nats::prepare(&data_dir, binary, &account));
    PrivateNats {
        held: Held::start(server, folder).await,
    }
}

impl PrivatePostgres {
    /// How the superuser connects.
    pub fn superuser(&self, database: &str) -> Config {
        self.held.server.superuser(database)
    }

    /// How a role connects (by password, if the server is [`Durability::Durable`]).
    pub fn config(&self, role: &str, database: &str) -> Config {
        self.held.server.config(role, database)
    }

    /// The connection string without user or password, as in `DATABASE_URL`.
    pub fn url(&self, database: &str) -> String {
        self.held.server.url(database)
    }

    /// The cluster's folder, to be copied or replaced while the server is stopped.
    pub fn cluster(&self) -> PathBuf {
        self.held.folder.path().join("postgres")
    }

    /// Kills it as `kill -9` does, and waits until it is gone.
    pub async fn kill(&mut self) {
        self.held.kill().await;
    }

    /// Stops it in order.
    pub async fn stop(&mut self) {
        self.held.stop().await;
    }

    /// Starts it again on the same files.
    pub async fn start(&mut self) {
        self.held.start_again().await;
    }

    /// Stops it as SIGSTOP does: it is there, and does not answer.
    pub fn freeze(&self) {
        self.held.signal(Signal::SIGSTOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.held.signal(Signal::SIGCONT);
    }
}

impl PrivateNats {
    /// The URL, with user and password.
    pub fn url(&self) -> String {
        self.held.server.url()
    }

    /// The folder of JetStream's files, to be deleted, copied or replaced while the server is stopped.
    pub fn store(&self) -> PathBuf {
        self.held.server.store().join("jetstream")
    }

    /// Kills it as `kill -9` does, and waits until it is gone.
    pub async fn kill(&mut self) {
        self.held.kill().await;
    }

    /// Stops it in order.
    pub async fn stop(&mut self) {
        self.held.stop().await;
    }

    /// Starts it again on the same files and port.
    pub async fn start(&mut self) {
        self.held.start_again().await;
    }

    /// Stops it as SIGSTOP does: it is there, and does not answer.
    pub fn freeze(&self) {
        self.held.signal(Signal::SIGSTOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.held.signal(Signal::SIGCONT);
    }
}

/// A server that nobody watches, in a folder that goes with it.
#[derive(Debug)]
struct Held<S> {
    server: S,
    running: Option<Running>,
    folder: TempDir,
}

impl<S: Server> Held<S> {
    async fn start(server: S, folder: TempDir) -> Self {
        let running = Some(must(server.launch().await));
        Self {
            server,
            running,
            folder,
        }
    }

    async fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            must(running.kill().await);
        }
    }

    async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            must(running.stop().await);
        }
    }

    async fn start_again(&mut self) {
        self.stop().await;
        self.running = Some(must(self.server.launch().await));
    }
}

impl<S> Held<S> {
    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.running.as_ref().and_then(Running::pid) {
            must(orphans::send(pid, signal));
        }
    }
}

impl<S> Drop for Held<S> {
    /// Killed, since its folder goes away at once.
    fn drop(&mut self) {
        if let Some(pid) = self.running.as_ref().and_then(Running::pid) {
            let _ = orphans::send(pid, Signal::SIGKILL);
        }
    }
}

fn data_dir() -> (TempDir, PathBuf, Account) {
    let account = must(Account::current());
    let folder = must(super::folder());
    let data_dir = must(prepare_data_dir(folder.path(), &account));
    (folder, data_dir, account)
}
