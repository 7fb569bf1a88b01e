//! The real module, through cryptoki: connecting to its token.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as Pkcs11Error, RvError};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;

use super::canary::CurrentCanary;
use super::keys::{self, Keys, failed};
use super::port;
use super::session::TokenSession;
use crate::error::ConnectError;
use crate::vault::VaultConfig;

/// How long connecting waits for another process that connects too; each takes some milliseconds.
const CONNECTING_LOCK_MAX: Duration = Duration::from_secs(10);

/// How often it looks whether the other is done.
const LOCK_POLL: Duration = Duration::from_millis(10);

const FIRST_VERSION: i32 = 1;

pub(crate) struct Pkcs11Module {
    config: VaultConfig,
    initialize: bool,
    /// Loaded once: the library stays in the process while the module is let go and initialized.
    pkcs11: Pkcs11,
    canary: Option<Arc<CurrentCanary>>,
    seen: Arc<SeenKeys>,
}

/// The versions that this process has seen, so that it notices when one vanishes.
#[derive(Default)]
struct SeenKeys(Mutex<BTreeSet<i32>>);

impl SeenKeys {
    fn lock(&self) -> MutexGuard<'_, BTreeSet<i32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone)]
pub(crate) struct Link {
    pkcs11: Pkcs11,
    slot: Slot,
    pub(crate) token_label: String,
    pub(crate) canary: Arc<CurrentCanary>,
    seen: Arc<SeenKeys>,
}

impl Link {
    /// Reads the keys, and refuses to do with fewer than were seen before: a row under one that the module merely lost
    /// sight of would be taken for lost.
    pub(crate) fn read_keys(&self, session: &Session) -> Result<Keys, ConnectError> {
        let keys = Keys::read(session)?;
        let mut seen = self.seen.lock();
        if let Some(vanished) = seen
            .iter()
            .find(|version| keys.of_version(**version).is_none())
        {
            let key = keys::label(*vanished);
            return Err(ConnectError::KeyVanished { key });
        }
        seen.extend(keys.versions().iter().map(|key| key.version));
        Ok(keys)
    }

    /// This process has destroyed it.
    pub(crate) fn forget(&self, version: i32) {
        self.seen.lock().remove(&version);
    }

    pub(crate) fn reading_session(&self) -> Result<Session, ConnectError> {
        self.pkcs11
            .open_ro_session(self.slot)
            .map_err(failed("open a session"))
    }

    pub(crate) fn writing_session(&self) -> Result<Session, ConnectError> {
        self.pkcs11
            .open_rw_session(self.slot)
            .map_err(failed("open a session that may write"))
    }
}

impl Pkcs11Module {
    pub(crate) fn load(config: VaultConfig, initialize: bool) -> Result<Self, ConnectError> {
        let pkcs11 =
            Pkcs11::new(&config.module).map_err(|source| ConnectError::ModuleNotFound {
                module: config.module.clone(),
                source,
            })?;
        Ok(Self {
            config,
            initialize,
            pkcs11,
            canary: None,
            seen: Arc::default(),
        })
    }

    fn find_token(&self) -> Result<Slot, ConnectError> {
        let label = &self.config.token_label;
        let mut found = Vec::new();
        for slot in self
            .pkcs11
            .get_slots_with_initialized_token()
            .map_err(failed("list its slots"))?
        {
            let token = self
                .pkcs11
                .get_token_info(slot)
                .map_err(failed("describe a token"))?;
            if token.label() == label {
                found.push(slot);
            }
        }
        match found[..] {
            [slot] => Ok(slot),
            [] => Err(ConnectError::TokenNotFound {
                label: label.clone(),
            }),
            _ => Err(ConnectError::TokenAmbiguous {
                label: label.clone(),
                count: found.len(),
            }),
        }
    }

    fn login(&self, session: &Session) -> Result<(), ConnectError> {
        match session.login(UserType::User, Some(&self.config.pin)) {
            // The login is the token's, not the session's.
            Ok(()) | Err(Pkcs11Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
            Err(source) if refuses_pin(&source) => Err(ConnectError::PinRefused {
                label: self.config.token_label.clone(),
                source,
            }),
            Err(source) => Err(failed("log in")(source)),
        }
    }

    /// Finds the token and proves it. The keeper that it returns holds the login.
    fn find_and_prove(
        &mut self,
        lock: Result<File, ConnectError>,
    ) -> Result<(Link, Session), ConnectError> {
        let slot = self.find_token()?;
        let keeper = self
            .pkcs11
            .open_ro_session(slot)
            .map_err(failed("open a session"))?;
        self.login(&keeper)?;
        if self.initialize && self.canary.is_none() {
            // Two processes that both saw no key would both make one, and each would seal what the
            // other can't open.
            let _lock = lock?;
            self.make_first_key(slot, &keeper)?;
        }
        let label = &self.config.token_label;
        let keys = Keys::read(&keeper)?;
        let canary = match &self.canary {
            Some(canary) => Arc::clone(canary),
            None => Arc::new(CurrentCanary::new(&keeper, &keys, label)?),
        };
        canary.check(&keeper, &keys, label)?;
        self.canary = Some(Arc::clone(&canary));
        // The module was initialized just now: what it doesn't show is not there.
        *self.seen.lock() = keys.versions().iter().map(|key| key.version).collect();
        let link = Link {
            seen: Arc::clone(&self.seen),
            pkcs11: self.pkcs11.clone(),
            slot,
            token_label: label.clone(),
            canary,
        };
        Ok((link, keeper))
    }

    fn make_first_key(&self, slot: Slot, keeper: &Session) -> Result<(), ConnectError> {
        if !Keys::read(keeper)?.is_empty() {
            return Ok(());
        }
        let session = self
            .pkcs11
            .open_rw_session(slot)
            .map_err(failed("open a session that may write"))?;
        keys::generate(&session, &keys::label(FIRST_VERSION))?;
        tracing::info!("made the first key-encryption key");
        Ok(())
    }

    /// Holds between all processes that use this module, since it is the module's own file. SoftHSM
    /// writes the token's file when someone logs in, and another process that reads it meanwhile
    /// finds a broken token, or one without a PIN.
    fn lock_between_processes(&self) -> Result<File, ConnectError> {
        let module = &self.config.module;
        let failed = |source| ConnectError::Lock {
            module: module.clone(),
            source,
        };
        let file = File::open(module).map_err(failed)?;
        let asked = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if asked.elapsed() < CONNECTING_LOCK_MAX => {
                    thread::park_timeout(LOCK_POLL);
                }
                Err(error) => return Err(failed(error.into())),
            }
        }
    }

    fn finalize(&self) {
        if let Err(error) = self.pkcs11.clone().finalize() {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the PKCS#11 module does not finalize"
            );
        }
    }
}

impl port::Module for Pkcs11Module {
    type Link = Link;
    type Keeper = Session;
    type Session = TokenSession;

    fn connect(&mut self) -> Result<(Link, Session), ConnectError> {
        // Without it connecting may fail, and making the first key is refused.
        let lock = self.lock_between_processes();
        // Without OS_LOCKING_OK, SoftHSM crashes under threads.
        self.pkcs11
            .initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))
            .map_err(ConnectError::ModuleNotInitialized)?;
        let connected = self.find_and_prove(lock);
        if connected.is_err() {
            self.finalize();
        }
        connected
    }

    fn disconnect(&mut self, keeper: Session) {
        drop(keeper);
        self.finalize();
    }

    fn session(link: &Link) -> Result<TokenSession, ConnectError> {
        TokenSession::new(link.clone())
    }
}

fn refuses_pin(error: &Pkcs11Error) -> bool {
    matches!(
        error,
        Pkcs11Error::Pkcs11(
            RvError::PinIncorrect
                | RvError::PinInvalid
                | RvError::PinLenRange
                | RvError::PinExpired
                | RvError::PinLocked,
            _
        )
    )
}
