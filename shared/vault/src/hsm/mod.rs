//! The HSM side: everything that calls into the PKCS#11 module, on threads of its own.

mod board;
mod canary;
mod gcm;
mod keys;
mod lifecycle;
mod pkcs11;
mod port;
mod session;
#[cfg(test)]
mod tests;
mod threads;

use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use self::board::{Board, Job, Reply};
use self::pkcs11::{Link, Pkcs11Module};
use self::port::Module;
use crate::aad::KeyPlace;
use crate::envelope::{DATA_KEY_BYTES, DataKey, TAG_BYTES, Wrapped};
use crate::error::{ConnectError, KeyError, VaultError};
use crate::vault::{THREADS_MAX, VaultConfig};

pub(crate) use keys::{KeyVersion, SEEN_MAX};
pub(crate) use lifecycle::KeyOrder;

/// How long a caller waits for its answer.
const CALL_DEADLINE: Duration = Duration::from_secs(3);

/// How long connecting may take; it writes to the token when it makes a key.
const CONNECT_DEADLINE: Duration = Duration::from_secs(30);

/// How long a drop waits for the module to be let go: the process may end next, and would crash with
/// a thread in the module.
const CLOSING_MAX: Duration = Duration::from_secs(2);

/// How often a drop looks whether the owner has ended; that takes well under a millisecond.
const CLOSING_POLL: Duration = Duration::from_micros(200);

/// A PKCS#11 module is global to its process. The owner thread of the one vault holds this.
static MODULE: Mutex<()> = Mutex::new(());

/// A handle on the threads that hold the HSM; they stop when it is dropped.
pub(crate) struct Hsm<L: Clone = Link> {
    board: Arc<Board<L>>,
    deadline: Duration,
    owner: Option<thread::JoinHandle<()>>,
}

impl Hsm<Link> {
    pub(crate) async fn start(config: VaultConfig, initialize: bool) -> Result<Self, ConnectError> {
        let workers = config.threads.clamp(1, THREADS_MAX);
        Self::start_module(workers, CALL_DEADLINE, move || {
            Pkcs11Module::load(config, initialize)
        })
        .await
    }
}

impl<L: Clone + Send + 'static> Hsm<L> {
    /// Starts the threads on the module that `load` makes, on the owner thread.
    async fn start_module<M: Module<Link = L>>(
        workers: usize,
        deadline: Duration,
        load: impl FnOnce() -> Result<M, ConnectError> + Send + 'static,
    ) -> Result<Self, ConnectError> {
        let mut hsm = Self {
            board: Arc::new(Board::new(workers)),
            deadline,
            owner: None,
        };
        let board = Arc::clone(&hsm.board);
        let (connected, connecting) = oneshot::channel();
        let owner = thread::Builder::new()
            .name("vault-hsm-owner".to_owned())
            .spawn(move || {
                let _module = match lock_module() {
                    Ok(lock) => lock,
                    Err(error) => {
                        let _ = connected.send(Err(error));
                        return;
                    }
                };
                match load() {
                    Ok(module) => threads::own(module, &board, workers, |result| {
                        let _ = connected.send(result);
                    }),
                    Err(error) => {
                        let _ = connected.send(Err(error));
                    }
                }
            })
            .map_err(ConnectError::Thread)?;
        hsm.owner = Some(owner);
        // Where this returns early, `hsm` is dropped, which stops the threads.
        match tokio::time::timeout(CONNECT_DEADLINE, connecting).await {
            Ok(Ok(result)) => result.map(|()| hsm),
            Ok(Err(_)) | Err(_) => Err(ConnectError::Hung {
                waited: CONNECT_DEADLINE,
            }),
        }
    }

    pub(crate) async fn wrap(
        &self,
        place: KeyPlace,
        data_key: DataKey,
    ) -> Result<Wrapped, VaultError> {
        self.call("wrap", |reply| Job::Wrap(place, data_key, reply))
            .await
    }

    pub(crate) async fn unwrap(
        &self,
        place: KeyPlace,
        wrapped: Wrapped,
    ) -> Result<DataKey, VaultError> {
        // Modules have overrun on ciphertexts shorter than their tag: none is shown one.
        if wrapped.ciphertext.len() != DATA_KEY_BYTES + TAG_BYTES {
            return Err(VaultError::Tampered);
        }
        self.call("unwrap", |reply| Job::Unwrap(place, wrapped, reply))
            .await
    }

    /// Whoever gets no answer in time asks with [`KeyOrder::List`] what came of it.
    pub(crate) async fn order(
        &self,
        order: KeyOrder,
    ) -> Result<Result<Vec<KeyVersion>, KeyError>, VaultError> {
        self.call("order", |reply| Job::Order(order, reply)).await
    }

    pub(crate) async fn check(&self) -> Result<(), VaultError> {
        self.call("check", Job::Check).await
    }

    /// Never waits longer than the deadline, whatever the module does.
    async fn call<T>(
        &self,
        operation: &'static str,
        job: impl FnOnce(Reply<T>) -> Job,
    ) -> Result<T, VaultError> {
        let asked = Instant::now();
        let (reply, answer) = oneshot::channel();
        self.board.submit(job(reply))?;
        let result = match tokio::time::timeout(self.deadline, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(self.board.unavailable()),
            Err(_) => Err(self.board.overdue()),
        };
        metrics::histogram!("seatledger_vault_call_seconds", "operation" => operation)
            .record(asked.elapsed());
        result
    }
}

impl<L: Clone> Drop for Hsm<L> {
    fn drop(&mut self) {
        self.board.stop();
        let Some(owner) = self.owner.take() else {
            return;
        };
        let asked = Instant::now();
        while !owner.is_finished() && asked.elapsed() < CLOSING_MAX {
            thread::park_timeout(CLOSING_POLL);
        }
        if owner.is_finished() {
            let _ = owner.join();
        }
    }
}

fn lock_module() -> Result<MutexGuard<'static, ()>, ConnectError> {
    match MODULE.try_lock() {
        Ok(lock) => Ok(lock),
        Err(TryLockError::Poisoned(lock)) => Ok(lock.into_inner()),
        Err(TryLockError::WouldBlock) => Err(ConnectError::AlreadyConnected),
    }
}
