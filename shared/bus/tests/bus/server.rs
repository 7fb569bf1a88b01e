//! A nats-server of the test's own, whose files can be copied, put back and deleted while it is dead.

use std::path::Path;
use std::process::Command;

use embedded::testing::{PrivateNats, private_nats};
use tempfile::TempDir;

pub(crate) struct Server {
    nats: PrivateNats,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self {
            nats: private_nats().await,
        }
    }

    pub(crate) fn url(&self) -> String {
        self.nats.url()
    }

    /// kill -9.
    pub(crate) async fn kill(&mut self) {
        self.nats.kill().await;
    }

    pub(crate) async fn run(&mut self) {
        self.nats.start().await;
    }

    /// Stops it in its tracks, its connections open.
    pub(crate) fn freeze(&self) {
        self.nats.freeze();
    }

    pub(crate) fn thaw(&self) {
        self.nats.thaw();
    }

    pub(crate) fn copy_store(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        copy_all(&self.nats.store(), &copy.path().join("store"));
        copy
    }

    pub(crate) fn put_store_back(&self, copy: &TempDir) {
        self.delete_store();
        copy_all(&copy.path().join("store"), &self.nats.store());
    }

    pub(crate) fn delete_store(&self) {
        std::fs::remove_dir_all(self.nats.store()).unwrap();
    }
}

/// Copies a folder with its owners: the server may run as somebody else.
fn copy_all(from: &Path, to: &Path) {
    let done = Command::new("cp")
        .arg("-a")
        .arg(from)
        .arg(to)
        .status()
        .unwrap();
    assert!(done.success());
}
