//! What the threads need of a PKCS#11 module. A trait, so that tests can play one that hangs, panics
//! or breaks at will; the real one is in `pkcs11`.

use super::keys::KeyVersion;
use super::lifecycle::KeyOrder;
use crate::aad::KeyPlace;
use crate::envelope::{DataKey, Wrapped};
use crate::error::{ConnectError, KeyError};

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
    fn wrap(&mut self, place: &KeyPlace, data_key: &DataKey) -> Result<Wrapped, ConnectError>;

    /// None where the token holds no key of that version. An error says nothing about whose fault it
    /// is: SoftHSM answers the same for an altered ciphertext and for a broken token.
    fn unwrap(
        &mut self,
        place: &KeyPlace,
        wrapped: &Wrapped,
    ) -> Result<Option<DataKey>, ConnectError>;

    /// Finds the keys and decrypts the canary: what decides whether the HSM is down.
    fn check(&mut self) -> Result<(), ConnectError>;

    /// Changes a version of the key-encryption key, and tells all versions as they are then.
    fn order(&mut self, order: KeyOrder) -> Result<Vec<KeyVersion>, KeyError>;
}
