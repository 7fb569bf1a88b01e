//! Request Tracker 5 as Debian packages it, on a database of its own: one that all tests share, started when the first
//! of them asks, and private ones to stop.

mod server;
mod shared;

use nix::sys::signal::Signal;
use tempfile::TempDir;

use self::server::RequestTracker;
use super::must;
use crate::account::Account;
use crate::launch::Running;
use crate::supervise::Server;

pub use shared::{Offer, offer};

/// The socket on which `with-servers` says where the shared one is.
pub const REQUEST_TRACKER: &str = "SEATLEDGER_TEST_REQUEST_TRACKER";

/// Where a Request Tracker is, and who may use it. It has the queue `Licenses`, the queue `Vendor` with the statuses
/// `fresh`, `working` and `done`, and the queue `Elsewhere`, which only the person sees. Tickets of the first two have
/// the custom fields `seatledger_ref` and `company`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestRequestTracker {
    /// Its address, without a path.
    pub url: String,
    /// The token of the user `seatledger`, who has just the rights that an integration needs.
    pub token: String,
    /// The token of the user `person`, who works on tickets.
    pub person: String,
    /// The token of the user `powerless`, who makes and sees tickets in `Licenses` and has no right beyond that.
    pub powerless: String,
}

/// The shared one. Keep apart from other tests by references of your own.
///
/// # Panics
/// Without the servers of `with-servers`, and without Request Tracker.
pub async fn request_tracker() -> TestRequestTracker {
    let socket = super::setting(REQUEST_TRACKER);
    match shared::ask(socket.as_ref()).await {
        Ok(found) => found,
        Err(error) => panic!("{error}"),
    }
}

/// One of the test's own.
#[derive(Debug)]
pub struct PrivateRequestTracker {
    server: RequestTracker,
    running: Option<Running>,
    _folder: TempDir,
}

/// Starts one of the test's own, which takes some seconds. Its address stays the same while it lives.
///
/// # Panics
/// When it does not start.
pub async fn private_request_tracker() -> PrivateRequestTracker {
    let account = must(Account::current());
    let folder = must(super::folder());
    let server = must(RequestTracker::prepare(folder.path(), &account).await);
    let running = Some(must(server.launch().await));
    PrivateRequestTracker {
        server,
        running,
        _folder: folder,
    }
}

impl PrivateRequestTracker {
    /// Where it is.
    pub fn place(&self) -> TestRequestTracker {
        self.server.place()
    }

    /// Stops it in order.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            must(server::stop(running).await);
        }
    }

    /// Starts it again on the same files and port.
    pub async fn start(&mut self) {
        self.stop().await;
        self.running = Some(must(self.server.launch().await));
    }

    /// Stops it as SIGSTOP does: it takes connections, and does not answer.
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        if let Some(running) = &self.running {
            must(server::send(running, signal));
        }
    }
}

impl Drop for PrivateRequestTracker {
    /// Killed, since its folder goes away at once.
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            let _ = server::send(running, Signal::SIGKILL);
        }
    }
}
