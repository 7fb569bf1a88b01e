//! Where callers, workers and the owner meet: the bounded queue, and whether it is served.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::keys::KeyVersion;
use super::lifecycle::KeyOrder;
use crate::aad::KeyPlace;
use crate::envelope::{DataKey, Wrapped};
use crate::error::{ConnectError, KeyError, VaultError};

/// Calls that may wait: at SoftHSM's 30,000 a second they are worth 10 ms.
pub(crate) const QUEUE_CALLS_MAX: usize = 256;

/// A call takes microseconds; a thread that is in one for this long hangs.
const HANG_AFTER: Duration = Duration::from_secs(2);

/// The least time that a caller is told to wait.
const RETRY_AFTER_MIN: Duration = Duration::from_secs(1);

pub(crate) type Reply<T> = oneshot::Sender<Result<T, VaultError>>;

/// A call into the module. Dropping it unanswered tells its caller `Unavailable`.
pub(crate) enum Job {
    Wrap(KeyPlace, DataKey, Reply<Wrapped>),
    Unwrap(KeyPlace, Wrapped, Reply<DataKey>),
    Check(Reply<()>),
    /// An order that is refused says nothing about the HSM, so it is an answer too.
    Order(KeyOrder, Reply<Result<Vec<KeyVersion>, KeyError>>),
}

impl Job {
    fn is_abandoned(&self) -> bool {
        match self {
            Job::Wrap(.., reply) => reply.is_closed(),
            Job::Unwrap(.., reply) => reply.is_closed(),
            Job::Check(reply) => reply.is_closed(),
            Job::Order(.., reply) => reply.is_closed(),
        }
    }
}

enum Mode<L> {
    Serving(L),
    /// The workers park, then the owner connects anew.
    Broken,
    /// For ever.
    Stopped,
}

/// What the owner wakes for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    Broken,
    Stopped,
}

struct State<L> {
    mode: Mode<L>,
    jobs: VecDeque<Job>,
    /// For each worker, since when it has been in a job.
    busy_since: Vec<Option<Instant>>,
    /// Workers that hold no session.
    parked: usize,
    retry_after: Duration,
}

pub(crate) struct Board<L> {
    state: Mutex<State<L>>,
    workers: Condvar,
    owner: Condvar,
}

impl<L: Clone> Board<L> {
    /// A board that serves nothing until [`Board::serve`].
    pub(crate) fn new(workers: usize) -> Self {
        Self {
            state: Mutex::new(State {
                mode: Mode::Broken,
                jobs: VecDeque::new(),
                busy_since: vec![None; workers],
                parked: 0,
                retry_after: RETRY_AFTER_MIN,
            }),
            workers: Condvar::new(),
            owner: Condvar::new(),
        }
    }

    // For callers.

    pub(crate) fn submit(&self, job: Job) -> Result<(), VaultError> {
        let mut state = self.lock();
        if !matches!(state.mode, Mode::Serving(_)) {
            return Err(state.unavailable());
        }
        if state.jobs.len() >= QUEUE_CALLS_MAX {
            state.jobs.retain(|waiting| !waiting.is_abandoned());
        }
        if state.jobs.len() >= QUEUE_CALLS_MAX {
            return Err(VaultError::Busy);
        }
        state.jobs.push_back(job);
        self.workers.notify_one();
        Ok(())
    }

    pub(crate) fn unavailable(&self) -> VaultError {
        self.lock().unavailable()
    }

    /// Why a caller waited in vain: its turn did not come, or a thread hangs in the module, which is
    /// then taken for broken.
    pub(crate) fn overdue(&self) -> VaultError {
        let hangs = self
            .lock()
            .busy_since
            .iter()
            .flatten()
            .any(|since| since.elapsed() >= HANG_AFTER);
        if hangs {
            tracing::error!("a call into the PKCS#11 module hangs");
            self.set_broken();
        }
        let state = self.lock();
        match state.mode {
            Mode::Serving(_) => VaultError::Busy,
            Mode::Broken | Mode::Stopped => state.unavailable(),
        }
    }

    pub(crate) fn stop(&self) {
        let mut state = self.lock();
        state.mode = Mode::Stopped;
        state.jobs.clear();
        self.workers.notify_all();
        self.owner.notify_all();
    }

    // For workers.

    /// Waits, holding no session, until the module is served; None when it never will be again.
    pub(crate) fn park(&self, worker: usize) -> Option<L> {
        let mut state = self.lock();
        state.set_idle(worker);
        state.parked += 1;
        self.owner.notify_all();
        loop {
            match &state.mode {
                Mode::Serving(link) => {
                    let link = link.clone();
                    state.parked -= 1;
                    return Some(link);
                }
                Mode::Stopped => return None,
                Mode::Broken => state = wait(&self.workers, state),
            }
        }
    }

    /// Waits for a job that someone still waits for; None when the worker is to park.
    pub(crate) fn next(&self, worker: usize) -> Option<Job> {
        let mut state = self.lock();
        state.set_idle(worker);
        while matches!(state.mode, Mode::Serving(_)) {
            match state.jobs.pop_front() {
                Some(job) if job.is_abandoned() => {}
                Some(job) => {
                    state.set_busy(worker);
                    return Some(job);
                }
                None => state = wait(&self.workers, state),
            }
        }
        None
    }

    /// Says that the module is broken, and why. Those who wait are told so.
    pub(crate) fn broken(&self, reason: &ConnectError) {
        tracing::error!(error = reason as &dyn std::error::Error, "the HSM is down");
        self.set_broken();
    }

    // For the owner.

    pub(crate) fn wait_for_trouble(&self) -> Wake {
        let mut state = self.lock();
        loop {
            match state.mode {
                Mode::Serving(_) => state = wait(&self.owner, state),
                Mode::Broken => return Wake::Broken,
                Mode::Stopped => return Wake::Stopped,
            }
        }
    }

    /// Waits until no worker holds a session; false when that takes longer than `patience`.
    pub(crate) fn wait_parked(&self, patience: Duration) -> bool {
        let state = self.lock();
        let (state, timeout) = self
            .owner
            .wait_timeout_while(state, patience, |state| {
                state.parked < state.busy_since.len()
            })
            .unwrap_or_else(PoisonError::into_inner);
        drop(state);
        !timeout.timed_out()
    }

    /// Waits this long before the next try, and tells callers so; true when stopped meanwhile.
    pub(crate) fn stopped_within(&self, pause: Duration) -> bool {
        let mut state = self.lock();
        state.retry_after = pause.max(RETRY_AFTER_MIN);
        let (state, _) = self
            .owner
            .wait_timeout_while(state, pause, |state| !matches!(state.mode, Mode::Stopped))
            .unwrap_or_else(PoisonError::into_inner);
        matches!(state.mode, Mode::Stopped)
    }

    /// Lets the workers go on; not after a stop.
    pub(crate) fn serve(&self, link: L) {
        let mut state = self.lock();
        if !matches!(state.mode, Mode::Stopped) {
            state.mode = Mode::Serving(link);
            state.retry_after = RETRY_AFTER_MIN;
        }
        self.workers.notify_all();
    }

    fn set_broken(&self) {
        let mut state = self.lock();
        if matches!(state.mode, Mode::Serving(_)) {
            state.mode = Mode::Broken;
            state.jobs.clear();
        }
        self.workers.notify_all();
        self.owner.notify_all();
    }

    /// A poisoned lock is taken all the same: nothing under it can be left half done by a panic.
    fn lock(&self) -> MutexGuard<'_, State<L>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<L> State<L> {
    fn unavailable(&self) -> VaultError {
        VaultError::Unavailable {
            retry_after: self.retry_after,
        }
    }

    fn set_busy(&mut self, worker: usize) {
        if let Some(since) = self.busy_since.get_mut(worker) {
            *since = Some(Instant::now());
        }
    }

    fn set_idle(&mut self, worker: usize) {
        if let Some(since) = self.busy_since.get_mut(worker) {
            *since = None;
        }
    }
}

fn wait<'a, T>(condition: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condition
        .wait(guard)
        .unwrap_or_else(PoisonError::into_inner)
}
