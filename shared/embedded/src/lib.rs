//! A private Postgres, nats-server and SoftHSM token under one data directory, for run and for tests.
//!
//! [`Embedded::start`] finds the servers' programs, sets up what is not there yet, recovers from an
//! earlier crash, starts the servers and watches them until [`Embedded::stop`]. Nothing is shared with
//! a server that the machine already runs: Postgres listens on a Unix socket of its own and on no
//! port, nats-server on a free port of the loopback interface.
//!
//! ```text
//! <data>/lock        held while a process uses the directory
//! <data>/secrets/    passwords and PINs, a file each, mode 0600
//! <data>/run/        what is written anew at each start: configuration, start-up output
//! <data>/postgres/   the cluster
//! <data>/nats/       JetStream's files
//! <data>/softhsm/    softhsm2.conf and the token
//! <data>/sockets/    Postgres's socket
//! <data>/logs/       the servers' logs
//! <data>/servers/    programs that deploy/run fetched
//! ```
//!
//! [`testing`] gives every test its servers and a migrated database of its own.
#![warn(missing_docs)]

mod account;
mod binaries;
mod embedded;
mod error;
mod files;
mod launch;
mod nats;
mod orphans;
mod postgres;
mod softhsm;
mod supervise;
pub mod testing;

pub use binaries::{Given, NatsBinary, PostgresBinaries, SoftHsmBinaries};
pub use embedded::{Conditions, Embedded, Options, Parts};
pub use error::Error;
pub use nats::Nats;
pub use postgres::{Durability, Postgres};
pub use softhsm::SoftHsm;
pub use supervise::Condition;
