//! The real module, through cryptoki.

use std::fs::{File, TryLockError};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as Pkcs11Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::keys::{self, Keys, failed};
use super::port::{self, Wrapped};
use crate::aad::Aad;
use crate::envelope::{self, DataKey, NONCE_BYTES};
use crate::error::ConnectError;
use crate::vault::VaultConfig;

/// In bits. SoftHSM would take 0, which authenticates nothing.
const TAG_BITS: u64 = 128;

/// How long the first key waits for another process that makes it too.
const FIRST_KEY_LOCK_MAX: Duration = Duration::from_secs(20);

/// How often it looks whether the other is done.
const LOCK_POLL: Duration = Duration::from_millis(10);

const FIRST_VERSION: i32 = 1;

/// Something that was encrypted when the vault connected. That it decrypts says that the HSM works,
/// and that it is still the same one.
struct Canary {
    aad: Aad,
    plaintext: DataKey,
    wrapped: Wrapped,
}

pub(crate) struct Pkcs11Module {
    config: VaultConfig,
    initialize: bool,
    /// Loaded once: the library stays in the process while the module is let go and initialized.
    pkcs11: Pkcs11,
    canary: Option<Arc<Canary>>,
}

#[derive(Clone)]
pub(crate) struct Link {
    pkcs11: Pkcs11,
    slot: Slot,
    token_label: String,
    canary: Arc<Canary>,
}

pub(crate) struct TokenSession {
    session: Session,
    keys: Keys,
    token_label: String,
    canary: Arc<Canary>,
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
    fn find_and_prove(&mut self) -> Result<(Link, Session), ConnectError> {
        let slot = self.find_token()?;
        let keeper = self
            .pkcs11
            .open_ro_session(slot)
            .map_err(failed("open a session"))?;
        self.login(&keeper)?;
        if self.initialize && self.canary.is_none() {
            self.make_first_key(slot, &keeper)?;
        }
        let label = &self.config.token_label;
        let keys = Keys::read(&keeper)?;
        let canary = match &self.canary {
            Some(canary) => Arc::clone(canary),
            None => Arc::new(Canary::new(&keeper, &keys, label)?),
        };
        canary.check(&keeper, &keys, label)?;
        self.canary = Some(Arc::clone(&canary));
        let link = Link {
            pkcs11: self.pkcs11.clone(),
            slot,
            token_label: label.clone(),
            canary,
        };
        Ok((link, keeper))
    }

    /// Two processes that both saw no key would both make one, and each would seal what the other
    /// can't open. A lock on the module's own file holds between all that could.
    fn make_first_key(&self, slot: Slot, keeper: &Session) -> Result<(), ConnectError> {
        let _lock = self.lock_between_processes()?;
        if !Keys::read(keeper)?.is_empty() {
            return Ok(());
        }
        let session = self
            .pkcs11
            .open_rw_session(slot)
            .map_err(failed("open a session that may write"))?;
        keys::generate(&session, FIRST_VERSION)?;
        tracing::info!("made the first key-encryption key");
        Ok(())
    }

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
                Err(TryLockError::WouldBlock) if asked.elapsed() < FIRST_KEY_LOCK_MAX => {
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
        // Without OS_LOCKING_OK, SoftHSM crashes under threads.
        self.pkcs11
            .initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))
            .map_err(ConnectError::ModuleNotInitialized)?;
        let connected = self.find_and_prove();
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
        let session = link
            .pkcs11
            .open_ro_session(link.slot)
            .map_err(failed("open a session"))?;
        let keys = Keys::read(&session)?;
        Ok(TokenSession {
            session,
            keys,
            token_label: link.token_label.clone(),
            canary: Arc::clone(&link.canary),
        })
    }
}

impl port::Session for TokenSession {
    fn wrap(&mut self, aad: &Aad, data_key: &DataKey) -> Result<Wrapped, ConnectError> {
        if self.keys.are_stale() {
            self.keys = Keys::read(&self.session)?;
        }
        wrap(&self.session, &self.keys, &self.token_label, aad, data_key)
    }

    fn unwrap(&mut self, aad: &Aad, wrapped: &Wrapped) -> Result<Option<DataKey>, ConnectError> {
        if self.keys.of_version(wrapped.key_version).is_none() {
            self.keys = Keys::read(&self.session)?;
        }
        unwrap(&self.session, &self.keys, aad, wrapped)
    }

    fn check(&mut self) -> Result<(), ConnectError> {
        self.keys = Keys::read(&self.session)?;
        self.canary
            .check(&self.session, &self.keys, &self.token_label)
    }
}

impl Canary {
    fn new(session: &Session, keys: &Keys, token_label: &str) -> Result<Self, ConnectError> {
        let aad = Aad {
            tenant_id: Uuid::nil(),
            asset_id: Uuid::nil(),
            secret_id: Uuid::nil(),
            field_key: "canary".to_owned(),
            version: 0,
        };
        let plaintext = DataKey::new(envelope::random().map_err(ConnectError::Random)?);
        let wrapped = wrap(session, keys, token_label, &aad, &plaintext)?;
        Ok(Self {
            aad,
            plaintext,
            wrapped,
        })
    }

    fn check(&self, session: &Session, keys: &Keys, token_label: &str) -> Result<(), ConnectError> {
        match unwrap(session, keys, &self.aad, &self.wrapped) {
            Ok(Some(plaintext)) if plaintext == self.plaintext => Ok(()),
            Ok(Some(_)) => Err(ConnectError::CanaryRefused(None)),
            Ok(None) => Err(ConnectError::KeyMissing {
                label: token_label.to_owned(),
            }),
            Err(ConnectError::Module { source, .. }) => {
                Err(ConnectError::CanaryRefused(Some(source)))
            }
            Err(error) => Err(error),
        }
    }
}

/// Seals a data key under the primary. Random nonces of 96 bits are safe for 2^32 data keys under one
/// version of the KEK.
fn wrap(
    session: &Session,
    keys: &Keys,
    token_label: &str,
    aad: &Aad,
    data_key: &DataKey,
) -> Result<Wrapped, ConnectError> {
    let (key_version, key) = keys.primary().ok_or_else(|| ConnectError::KeyMissing {
        label: token_label.to_owned(),
    })?;
    let nonce = envelope::random::<NONCE_BYTES>().map_err(ConnectError::Random)?;
    let ciphertext = with_gcm(nonce, &aad.for_data_key(key_version), |mechanism| {
        session.encrypt(mechanism, key, data_key.as_slice())
    })
    .map_err(failed("encrypt a data key"))?;
    Ok(Wrapped {
        key_version,
        nonce,
        ciphertext,
    })
}

fn unwrap(
    session: &Session,
    keys: &Keys,
    aad: &Aad,
    wrapped: &Wrapped,
) -> Result<Option<DataKey>, ConnectError> {
    let Some(key) = keys.of_version(wrapped.key_version) else {
        return Ok(None);
    };
    let aad = aad.for_data_key(wrapped.key_version);
    let plaintext = with_gcm(wrapped.nonce, &aad, |mechanism| {
        session.decrypt(mechanism, key, &wrapped.ciphertext)
    })
    .map(Zeroizing::new)
    .map_err(failed("decrypt a data key"))?;
    let data_key = plaintext
        .as_slice()
        .try_into()
        .map_err(|_| failed("decrypt a data key of 32 bytes")(Pkcs11Error::InvalidValue))?;
    Ok(Some(Zeroizing::new(data_key)))
}

fn with_gcm<T>(
    mut nonce: [u8; NONCE_BYTES],
    aad: &[u8],
    operation: impl FnOnce(&Mechanism<'_>) -> Result<T, Pkcs11Error>,
) -> Result<T, Pkcs11Error> {
    let parameters = GcmParams::new(&mut nonce, aad, TAG_BITS.into())?;
    operation(&Mechanism::AesGcm(parameters))
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
