//! The threads, on a module that hangs, panics and breaks when it is told to.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};

use cryptoki::context::Function;
use cryptoki::error::{Error as Pkcs11Error, RvError};
use uuid::Uuid;

use super::board::QUEUE_CALLS_MAX;
use super::port::Session;
use super::*;
use crate::aad::Aad;

/// Well above what a call needs, well below what hanging is.
const DEADLINE: Duration = Duration::from_millis(2_500);

/// Between looks at what another thread does.
const POLL: Duration = Duration::from_millis(10);

/// After this a test has waited in vain.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the played module does; shared by all its sessions.
#[derive(Default)]
struct Play {
    canary_fails: AtomicBool,
    pin_refused: AtomicBool,
    connects: AtomicUsize,
    sessions: AtomicUsize,
    /// How many sessions were open when the module was let go: has to be none.
    let_go_under: AtomicUsize,
    held: Mutex<bool>,
    released: Condvar,
}

impl Play {
    fn hold(&self, hold: bool) {
        *self.held.lock().unwrap() = hold;
        self.released.notify_all();
    }

    fn pass(&self) {
        let held = self.held.lock().unwrap();
        drop(self.released.wait_while(held, |held| *held).unwrap());
    }
}

struct PlayedModule(Arc<Play>);
struct PlayedSession(Arc<Play>);

impl Module for PlayedModule {
    type Link = Arc<Play>;
    type Keeper = ();
    type Session = PlayedSession;

    fn connect(&mut self) -> Result<(Arc<Play>, ()), ConnectError> {
        self.0.connects.fetch_add(1, Ordering::SeqCst);
        if self.0.pin_refused.load(Ordering::SeqCst) {
            return Err(ConnectError::PinRefused {
                label: "played".to_owned(),
                source: Pkcs11Error::Pkcs11(RvError::PinIncorrect, Function::Login),
            });
        }
        canary(&self.0)?;
        Ok((Arc::clone(&self.0), ()))
    }

    fn disconnect(&mut self, (): ()) {
        let open = self.0.sessions.load(Ordering::SeqCst);
        self.0.let_go_under.fetch_add(open, Ordering::SeqCst);
    }

    fn session(link: &Arc<Play>) -> Result<PlayedSession, ConnectError> {
        link.sessions.fetch_add(1, Ordering::SeqCst);
        Ok(PlayedSession(Arc::clone(link)))
    }
}

impl Drop for PlayedSession {
    fn drop(&mut self) {
        self.0.sessions.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Session for PlayedSession {
    fn wrap(&mut self, place: &KeyPlace, data_key: &DataKey) -> Result<Wrapped, ConnectError> {
        let panics = matches!(place, KeyPlace::Secret(aad) if aad.field_key == "panic");
        assert!(!panics, "played panic");
        self.0.pass();
        canary(&self.0)?;
        Ok(Wrapped {
            key_version: 1,
            nonce: [0; 12],
            ciphertext: [data_key.as_slice(), &[0; 16]].concat(),
        })
    }

    /// Fails for anybody's ciphertext, as SoftHSM does for an altered one.
    fn unwrap(&mut self, _: &KeyPlace, wrapped: &Wrapped) -> Result<Option<DataKey>, ConnectError> {
        if wrapped.key_version == 1 {
            Err(broken())
        } else {
            Ok(None)
        }
    }

    fn check(&mut self) -> Result<(), ConnectError> {
        canary(&self.0)
    }

    fn order(&mut self, order: KeyOrder) -> Result<Vec<KeyVersion>, KeyError> {
        match order {
            KeyOrder::List => Ok(Vec::new()),
            KeyOrder::Make(version)
            | KeyOrder::Promote(version)
            | KeyOrder::Retire(version)
            | KeyOrder::Destroy(version) => Err(KeyError::Missing { version }),
        }
    }
}

fn canary(play: &Play) -> Result<(), ConnectError> {
    if play.canary_fails.load(Ordering::SeqCst) {
        Err(ConnectError::CanaryRefused(None))
    } else {
        Ok(())
    }
}

fn broken() -> ConnectError {
    ConnectError::Module {
        operation: "decrypt",
        source: Pkcs11Error::Pkcs11(RvError::GeneralError, Function::Decrypt),
    }
}

fn place(field_key: &str) -> KeyPlace {
    KeyPlace::Secret(Aad {
        tenant_id: Uuid::nil(),
        asset_id: Uuid::nil(),
        secret_id: Uuid::nil(),
        field_key: field_key.to_owned(),
        version: 1,
    })
}

fn wrapped(key_version: i32) -> Wrapped {
    Wrapped {
        key_version,
        nonce: [0; 12],
        ciphertext: vec![0; 48],
    }
}

async fn start(workers: usize) -> (Arc<Play>, Arc<Hsm<Arc<Play>>>) {
    let play = Arc::new(Play::default());
    let module = PlayedModule(Arc::clone(&play));
    let hsm = Hsm::start_module(workers, DEADLINE, move || Ok(module))
        .await
        .unwrap();
    (play, Arc::new(hsm))
}

async fn wrap(hsm: &Hsm<Arc<Play>>) -> Result<(), VaultError> {
    hsm.wrap(place("key"), DataKey::default()).await.map(|_| ())
}

async fn until_up(hsm: &Hsm<Arc<Play>>) {
    until(async || hsm.check().await.is_ok()).await;
}

async fn until(mut condition: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !condition().await {
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap();
}

fn is_unavailable<T>(result: &Result<T, VaultError>) -> bool {
    matches!(result, Err(VaultError::Unavailable { .. }))
}

#[tokio::test]
async fn a_ciphertext_that_fails_while_the_canary_is_fine_is_tampered() {
    let (play, hsm) = start(1).await;
    for _ in 0..3 {
        let opened = hsm.unwrap(place("key"), wrapped(1)).await;
        assert!(matches!(opened, Err(VaultError::Tampered)));
        let opened = hsm.unwrap(place("key"), wrapped(7)).await;
        assert!(matches!(
            opened,
            Err(VaultError::KeyMissing { key_version: 7 })
        ));
    }
    wrap(&hsm).await.unwrap();
    assert_eq!(play.connects.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_ciphertext_that_fails_beside_the_canary_is_an_outage_and_it_comes_back() {
    let (play, hsm) = start(2).await;
    play.canary_fails.store(true, Ordering::SeqCst);
    assert!(is_unavailable(&hsm.unwrap(place("key"), wrapped(1)).await));
    assert!(is_unavailable(&wrap(&hsm).await));
    play.canary_fails.store(false, Ordering::SeqCst);
    until_up(&hsm).await;
    wrap(&hsm).await.unwrap();
    assert!(play.connects.load(Ordering::SeqCst) > 1);
    assert_eq!(play.let_go_under.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_refused_order_is_no_outage_unless_the_canary_says_so() {
    let (play, hsm) = start(1).await;
    let refused = hsm.order(KeyOrder::Retire(3)).await.unwrap();
    assert!(matches!(refused, Err(KeyError::Missing { version: 3 })));
    wrap(&hsm).await.unwrap();
    assert_eq!(play.connects.load(Ordering::SeqCst), 1);
    play.canary_fails.store(true, Ordering::SeqCst);
    assert!(hsm.order(KeyOrder::Retire(3)).await.unwrap().is_err());
    until(async || is_unavailable(&wrap(&hsm).await)).await;
    play.canary_fails.store(false, Ordering::SeqCst);
    until_up(&hsm).await;
}

#[tokio::test]
async fn a_refused_pin_is_not_tried_again() {
    let (play, hsm) = start(1).await;
    play.pin_refused.store(true, Ordering::SeqCst);
    play.canary_fails.store(true, Ordering::SeqCst);
    assert!(is_unavailable(&wrap(&hsm).await));
    // The owner thread gives up, and the module with it.
    until(async || MODULE.try_lock().is_ok()).await;
    play.pin_refused.store(false, Ordering::SeqCst);
    play.canary_fails.store(false, Ordering::SeqCst);
    assert!(is_unavailable(&wrap(&hsm).await));
    assert_eq!(play.connects.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_panic_costs_one_answer() {
    let (play, hsm) = start(1).await;
    let panicked = hsm.wrap(place("panic"), DataKey::default()).await;
    assert!(is_unavailable(&panicked));
    wrap(&hsm).await.unwrap();
    assert_eq!(play.connects.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_full_queue_is_busy_and_drains() {
    let (play, hsm) = start(1).await;
    play.hold(true);
    let mut waiting = Vec::new();
    let refused = loop {
        let hsm = Arc::clone(&hsm);
        let call = tokio::spawn(async move { wrap(&hsm).await });
        // It asks now, and waits unless it is refused.
        tokio::task::yield_now().await;
        if call.is_finished() {
            break call.await.unwrap();
        }
        waiting.push(call);
    };
    assert!(matches!(refused, Err(VaultError::Busy)));
    // One may be in the module already.
    assert!((QUEUE_CALLS_MAX..=QUEUE_CALLS_MAX + 1).contains(&waiting.len()));
    play.hold(false);
    for call in waiting {
        call.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_caller_that_went_away_takes_no_place_in_the_queue() {
    let (play, hsm) = start(1).await;
    play.hold(true);
    for _ in 0..3 * QUEUE_CALLS_MAX {
        let gone = tokio::time::timeout(Duration::ZERO, wrap(&hsm)).await;
        assert!(gone.is_err());
    }
    play.hold(false);
    wrap(&hsm).await.unwrap();
}

#[tokio::test]
async fn a_hung_call_hangs_no_caller_and_the_module_is_not_let_go_under_it() {
    let (play, hsm) = start(2).await;
    play.hold(true);
    let (first, second) = tokio::join!(wrap(&hsm), wrap(&hsm));
    assert!(is_unavailable(&first) && is_unavailable(&second));
    // Known by now, so that nobody waits any more.
    let (reply, _answer) = oneshot::channel();
    assert!(is_unavailable(&hsm.board.submit(Job::Check(reply))));
    assert_eq!(play.connects.load(Ordering::SeqCst), 1);
    play.hold(false);
    until_up(&hsm).await;
    wrap(&hsm).await.unwrap();
    assert_eq!(play.connects.load(Ordering::SeqCst), 2);
    assert_eq!(play.let_go_under.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_dropped_vault_lets_the_module_go_so_that_the_next_can_have_it() {
    for _ in 0..3 {
        let (play, hsm) = start(2).await;
        wrap(&hsm).await.unwrap();
        drop(hsm);
        drop(play);
    }
}
