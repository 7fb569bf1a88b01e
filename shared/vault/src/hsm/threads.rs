//! The threads: workers with a session each, and one owner that connects, and connects anew when the
//! module is broken. A module is global to its process, so while it is let go no worker may be in it:
//! they park first.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::board::{Board, Job, Wake};
use super::port::{Module, Session};
use crate::error::{ConnectError, VaultError};

/// The pause after the first failed try to connect anew; it doubles with each, up to the maximum.
const BACKOFF_MIN: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(10);

/// How long the owner waits for the workers to leave the module before it says that one hangs in it.
const PARKING_MAX: Duration = Duration::from_secs(5);

/// Runs on the owner thread, from connecting to the stop. `connected` is told how connecting went.
pub(crate) fn own<M: Module>(
    mut module: M,
    board: &Arc<Board<M::Link>>,
    workers: usize,
    connected: impl FnOnce(Result<(), ConnectError>),
) {
    let (link, mut keeper) = match module.connect() {
        Ok(connection) => connection,
        Err(error) => return connected(Err(error)),
    };
    if let Err(error) = spawn::<M>(board, workers) {
        board.stop();
        module.disconnect(keeper);
        return connected(Err(ConnectError::Thread(error)));
    }
    board.serve(link);
    up(true);
    connected(Ok(()));

    let mut backoff = Backoff::default();
    while board.wait_for_trouble() == Wake::Broken {
        up(false);
        if !everyone_parked(board) {
            break;
        }
        module.disconnect(keeper);
        match recover(&mut module, board, &mut backoff) {
            Some(anew) => keeper = anew,
            None => return,
        }
        up(true);
    }
    up(false);
    if board.wait_parked(PARKING_MAX) {
        module.disconnect(keeper);
    } else {
        // To let the module go under a thread that hangs in it would be a crash.
        std::mem::forget(keeper);
    }
}

fn spawn<M: Module>(board: &Arc<Board<M::Link>>, workers: usize) -> std::io::Result<()> {
    for worker in 0..workers {
        let board = Arc::clone(board);
        thread::Builder::new()
            .name(format!("vault-hsm-{worker}"))
            .spawn(move || work::<M>(&board, worker))?;
    }
    Ok(())
}

/// Waits for the workers to leave the module, however long one hangs in it; false when stopped.
fn everyone_parked<L: Clone>(board: &Board<L>) -> bool {
    while !board.wait_parked(PARKING_MAX) {
        tracing::error!(
            "a call hangs in the PKCS#11 module; if it does not come back, restart the process"
        );
        if board.stopped_within(Duration::ZERO) {
            return false;
        }
    }
    true
}

/// Connects anew, until it works; None when stopped, or when trying again could lock the token.
fn recover<M: Module>(
    module: &mut M,
    board: &Board<M::Link>,
    backoff: &mut Backoff,
) -> Option<M::Keeper> {
    loop {
        if board.stopped_within(backoff.pause()) {
            return None;
        }
        match module.connect() {
            Ok((link, keeper)) => {
                tracing::info!("the HSM is back");
                board.serve(link);
                return Some(keeper);
            }
            Err(error @ ConnectError::PinRefused { .. }) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the HSM stays down until a restart"
                );
                return None;
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the HSM is still down"
                );
            }
        }
    }
}

/// The pauses between tries. A module that breaks again soon after it came back goes on where it was,
/// so that it is not let go and initialized in a tight loop.
#[derive(Default)]
struct Backoff {
    last: Option<(Instant, Duration)>,
}

impl Backoff {
    /// Nothing at first, then from the minimum doubling to the maximum.
    fn pause(&mut self) -> Duration {
        let pause = match self.last {
            Some((at, last)) if at.elapsed() < last + BACKOFF_MAX => {
                (last * 2).clamp(BACKOFF_MIN, BACKOFF_MAX)
            }
            _ => Duration::ZERO,
        };
        self.last = Some((Instant::now(), pause));
        pause
    }
}

fn work<M: Module>(board: &Board<M::Link>, worker: usize) {
    while let Some(link) = board.park(worker) {
        // A panic costs its caller the answer and this worker its session, no more.
        let served = catch_unwind(AssertUnwindSafe(|| serve::<M>(board, worker, &link)));
        match served {
            Ok(Ok(())) => {}
            Ok(Err(error)) => board.broken(&error),
            Err(_) => tracing::error!("a panic on a thread of the HSM"),
        }
    }
}

/// Does jobs on one session. Returns when the worker is to park, or is better off with a new session.
fn serve<M: Module>(
    board: &Board<M::Link>,
    worker: usize,
    link: &M::Link,
) -> Result<(), ConnectError> {
    let mut session = M::session(link)?;
    while let Some(job) = board.next(worker) {
        match job {
            Job::Wrap(place, data_key, reply) => {
                // Nothing of a caller's can make this fail.
                let wrapped = session.wrap(&place, &data_key)?;
                let _ = reply.send(Ok(wrapped));
            }
            Job::Check(reply) => {
                session.check()?;
                let _ = reply.send(Ok(()));
            }
            Job::Order(order, reply) => {
                let answer = session.order(order);
                let failed = answer.is_err();
                let _ = reply.send(Ok(answer));
                if failed {
                    session = M::session(link)?;
                    session.check()?;
                }
            }
            Job::Unwrap(place, wrapped, reply) => {
                let mut unwrapped = session.unwrap(&place, &wrapped);
                if !matches!(unwrapped, Ok(Some(_))) {
                    // Whose fault? The canary says, before and after another try, so that no passing outage is taken
                    // for a fault of the row. On a new session: a failure may leave the old one in the middle of an
                    // operation.
                    session = M::session(link)?;
                    session.check()?;
                    unwrapped = session.unwrap(&place, &wrapped);
                }
                let fault = match unwrapped {
                    Ok(Some(data_key)) => {
                        let _ = reply.send(Ok(data_key));
                        continue;
                    }
                    Ok(None) => VaultError::KeyMissing {
                        key_version: wrapped.key_version,
                    },
                    Err(_) => VaultError::Tampered,
                };
                session = M::session(link)?;
                session.check()?;
                let _ = reply.send(Err(fault));
            }
        }
    }
    Ok(())
}

fn up(is_up: bool) {
    metrics::gauge!("seatledger_vault_up").set(if is_up { 1.0 } else { 0.0 });
}
