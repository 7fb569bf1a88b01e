//! Ticket systems for tests: each answers its API as its makers document it, refuses what a strict reading of that
//! refuses, keeps what it is told, and fails in the ways that are asked of it.
//!
//! ```no_run
//! # async fn example() {
//! use simulators::{Fault, Kind, Simulator};
//!
//! let psa = Simulator::start(Kind::Zammad).await;
//! psa.next_change(Fault::FailAfter); // the ticket is made, and the answer is 500
//! // … an adapter under test calls psa.url …
//! psa.person_notes("1", "I take this one");
//! assert_eq!(psa.tickets().len(), 1);
//! assert!(psa.refusals().is_empty(), "{:?}", psa.refusals());
//! # }
//! ```
//!
//! A simulator has a clock of its own: each call takes it a second, [`Simulator::advance`] more.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say so"
)]

mod ask;
pub mod autotask;
pub mod connectwise;
mod fault;
pub mod halo;
mod line;
mod server;
mod shape;
mod store;
pub mod zammad;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use url::Url;

use ask::{Ask, Reply};
use fault::Faults;
pub use fault::{EVERY_FAULT, Fault};
use store::Store;
pub use store::{Author, Call, Note, Status, Ticket};

/// Companies that each simulator has from the start.
pub const COMPANIES: [u64; 2] = [101, 102];

/// Which system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// See [`zammad`].
    Zammad,
    /// See [`connectwise`].
    ConnectWise,
    /// See [`halo`].
    Halo,
    /// See [`autotask`].
    Autotask,
}

/// All systems.
pub const EVERY_KIND: [Kind; 4] = [Kind::Zammad, Kind::ConnectWise, Kind::Halo, Kind::Autotask];

impl Kind {
    fn answer(self, store: &mut Store, ask: &Ask) -> Reply {
        let answer = match self {
            Self::Zammad => zammad::answer(store, ask),
            Self::ConnectWise => connectwise::answer(store, ask),
            Self::Halo => halo::answer(store, ask),
            Self::Autotask => autotask::answer(store, ask),
        };
        answer.unwrap_or_else(|refusal| refusal)
    }

    /// An error in the system's own shape.
    fn error(self, status: u16, text: &str) -> Reply {
        match self {
            Self::Zammad => zammad::error(status, text),
            Self::ConnectWise => connectwise::error(status, text),
            Self::Halo => halo::error(status, text),
            Self::Autotask => autotask::error(status, text),
        }
    }

    /// Where the API lies under the server's address: what an adapter is given.
    fn base(self) -> &'static str {
        match self {
            Self::Zammad | Self::Halo => "/",
            Self::ConnectWise => "/v4_6_release/apis/3.0/",
            Self::Autotask => "/ATServicesRest/V1.0/",
        }
    }
}

/// A running system. It stops when dropped.
pub struct Simulator {
    /// What an adapter is given as the address.
    pub url: Url,
    /// Which system it is.
    pub kind: Kind,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    kind: Kind,
    store: Mutex<Store>,
    faults: Mutex<Faults>,
}

impl Shared {
    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Simulator {
    /// Starts one on a free port, with [`COMPANIES`] and no tickets.
    ///
    /// # Panics
    /// If no port can be opened.
    pub async fn start(kind: Kind) -> Self {
        let shared = Arc::new(Shared {
            kind,
            store: Mutex::new(Store::new()),
            faults: Mutex::new(Faults::default()),
        });
        let (address, server) = server::start(Arc::clone(&shared)).await;
        let url = format!("http://{address}{}", kind.base());
        Self {
            url: url.parse().unwrap(),
            kind,
            shared,
            server,
        }
    }

    /// The next call fails so; several wait in line. Calls for an access token don't count.
    pub fn next(&self, fault: Fault) {
        self.shared.faults().next(fault);
    }

    /// The next call that changes something fails so; several wait in line.
    pub fn next_change(&self, fault: Fault) {
        self.shared.faults().next_change(fault);
    }

    /// From now on calls fail by chance: `per_mille` of them, in ways drawn from `faults`, all decided by the seed
    /// and the order of calls.
    pub fn fail_by_chance(&self, seed: u64, per_mille: u64, faults: &[Fault]) {
        self.shared.faults().by_chance(seed, per_mille, faults);
    }

    /// No further faults.
    pub fn recover(&self) {
        *self.shared.faults() = Faults::default();
    }

    /// New tickets stay unseen by searches for so long, in the simulator's time: a call takes a second.
    pub fn search_lags(&self, lag: Duration) {
        self.shared.store().lag = lag;
    }

    /// Lets the simulator's time pass.
    pub fn advance(&self, time: Duration) {
        self.shared.store().now += time;
    }

    /// Searches answer everything, whatever is asked for.
    pub fn ignore_filters(&self) {
        self.shared.store().ignores_filters = true;
    }

    /// Lists leave out what Halo's may leave out.
    pub fn list_tersely(&self) {
        self.shared.store().terse_lists = true;
    }

    /// Access tokens given so far serve no more.
    pub fn withdraw_tokens(&self) {
        self.shared.store().tokens.clear();
    }

    /// How many calls others made in this hour.
    pub fn others_called(&self, calls: u64) {
        self.shared.store().others_calls = calls;
    }

    /// Adds a company.
    pub fn add_company(&self, id: u64) {
        self.shared.store().companies.insert(id);
    }

    /// A person makes a ticket. Answers its id.
    pub fn person_creates(&self, company: u64, subject: &str, reference: Option<&str>) -> String {
        let id = self.shared.store().create(Ticket {
            company,
            subject: subject.to_owned(),
            body: "made by hand".to_owned(),
            reference: reference.map(str::to_owned),
            by: Author::Person,
            ..Ticket::default()
        });
        id.to_string()
    }

    /// A person writes a note.
    pub fn person_notes(&self, id: &str, text: &str) {
        self.change(id, |ticket| ticket.note(Author::Person, text));
    }

    /// The system itself writes a note, by a rule of its own.
    pub fn rule_notes(&self, id: &str, text: &str) {
        self.change(id, |ticket| ticket.note(Author::Rule, text));
    }

    /// A person enters time.
    pub fn person_enters_time(&self, id: &str, minutes: u64) {
        self.change(id, |ticket| ticket.minutes += minutes);
    }

    /// A person begins to work on it.
    pub fn person_starts(&self, id: &str) {
        self.change(id, |ticket| ticket.status = Status::InProgress);
    }

    /// A person closes it.
    pub fn person_closes(&self, id: &str) {
        self.change(id, |ticket| ticket.status = Status::Closed);
    }

    /// A person opens it again.
    pub fn person_reopens(&self, id: &str) {
        self.change(id, |ticket| ticket.status = Status::InProgress);
    }

    /// A person merges it into another.
    pub fn person_merges(&self, id: &str, into: &str) {
        let into = into.parse().unwrap();
        self.change(id, |ticket| ticket.merged_into = Some(into));
    }

    /// A person throws it away.
    pub fn person_deletes(&self, id: &str) {
        self.change(id, |ticket| ticket.deleted = true);
    }

    /// A person moves it to where our account may not look.
    pub fn person_hides(&self, id: &str) {
        self.change(id, |ticket| ticket.hidden = true);
    }

    /// All tickets, as they stand, deleted ones included.
    #[must_use]
    pub fn tickets(&self) -> Vec<Ticket> {
        self.shared.store().tickets.clone()
    }

    /// The tickets with a reference.
    #[must_use]
    pub fn tickets_of(&self, reference: &str) -> Vec<Ticket> {
        let mut tickets = self.tickets();
        tickets.retain(|ticket| ticket.reference.as_deref() == Some(reference));
        tickets
    }

    /// The calls so far, faulty ones included.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.store().calls.clone()
    }

    /// What was refused because a caller sent what the documented API does not accept.
    #[must_use]
    pub fn refusals(&self) -> Vec<String> {
        self.shared.store().refusals.clone()
    }

    #[track_caller]
    fn change(&self, id: &str, change: impl FnOnce(&mut Ticket)) {
        let id: u64 = id.parse().expect("the id of a ticket is a number");
        let mut store = self.shared.store();
        let ticket = store.tickets.iter_mut().find(|ticket| ticket.id == id);
        change(ticket.unwrap_or_else(|| panic!("there is no ticket {id}")));
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}
