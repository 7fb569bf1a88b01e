//! What the threads need of a PKCS#11 module. A trait, so that tests can play one that hangs, panics
//! or breaks at will; the real one is in `pkcs11`.

use crate::aad::Aad;
use crate::envelope::{DataKey, NONCE_BYTES};
use crate::error::ConnectError;

/// A data key as the HSM sealed it.
#[derive(Clone)]
pub(crate) struct Wrapped {
    pub(crate) key_version: i32,
    pub(crate) nonce: [u8; NONCE_BYTES],
    pub(crate) ciphertext: Vec<u8>,
}

/// The module of this process. Only its owner thread has it.
pub(crate) trait Module: Send + 'static {
    /// What a thread needs to open a session of its own.
    type Link: Clone + Send + 'static;
    /// What holds the login while no thread has a session.
    type Keeper;
    type Session: Session;

    /// Initializes the module, finds the token, logs in and proves it by the canary. What failed
    /// halfway is undone.
    fn connect(&mut self) -> Result<(Self::Link, Self::Keeper), ConnectError>;

    /// Lets the module go. No session may be open: a new one may get the number of an old one, and
    /// closing the old would close the new.
    fn disconnect(&mut self, keeper: Self::Keeper);

    fn session(link: &Self::Link) -> Result<Self::Session, ConnectError>;
}

/// One thread's session.
pub(crate) trait Session {
    fn wrap(&mut self, aad: &Aad, data_key: &DataKey) -> Result<Wrapped, ConnectError>;

    /// None where the token holds no key of that version. An error says nothing about whose fault it
    /// is: SoftHSM answers the same for an altered ciphertext and for a broken token.
    fn unwrap(&mut self, aad: &Aad, wrapped: &Wrapped) -> Result<Option<DataKey>, ConnectError>;

    /// Finds the keys and decrypts the canary: what decides whether the HSM is down.
    fn check(&mut self) -> Result<(), ConnectError>;
}
