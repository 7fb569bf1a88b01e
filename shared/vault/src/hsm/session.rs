//! A session on the token.

use std::thread;
use std::time::Duration;

use cryptoki::session::Session;

use super::gcm::{unwrap, wrap};
use super::keys::{KeyVersion, Keys};
use super::lifecycle::{self, KeyOrder};
use super::pkcs11::Link;
use super::port;
use crate::aad::KeyPlace;
use crate::envelope::{DataKey, Wrapped};
use crate::error::{ConnectError, KeyError};

/// While another process changes a key, SoftHSM may fail to read it for some milliseconds. An outage lasts longer than
/// these tries.
const TRIES_MAX: u32 = 4;
const RETRY_WAIT: Duration = Duration::from_millis(5);

pub(crate) struct TokenSession {
    link: Link,
    session: Session,
    keys: Keys,
}

impl TokenSession {
    pub(crate) fn new(link: Link) -> Result<Self, ConnectError> {
        let session = link.reading_session()?;
        let keys = patiently(|| link.read_keys(&session))?;
        Ok(Self {
            link,
            session,
            keys,
        })
    }

    fn wrap_under_primary(
        &self,
        place: &KeyPlace,
        data_key: &DataKey,
    ) -> Result<Wrapped, ConnectError> {
        wrap(
            &self.session,
            &self.keys,
            &self.link.token_label,
            place,
            data_key,
        )
    }
}

impl port::Session for TokenSession {
    fn wrap(&mut self, place: &KeyPlace, data_key: &DataKey) -> Result<Wrapped, ConnectError> {
        if self.keys.are_stale() {
            self.keys = patiently(|| self.link.read_keys(&self.session))?;
        }
        // A rotation may have retired the key since it was read, which is no fault of the HSM's.
        self.wrap_under_primary(place, data_key).or_else(|_| {
            patiently(|| {
                self.keys = self.link.read_keys(&self.session)?;
                self.wrap_under_primary(place, data_key)
            })
        })
    }

    fn unwrap(
        &mut self,
        place: &KeyPlace,
        wrapped: &Wrapped,
    ) -> Result<Option<DataKey>, ConnectError> {
        if self.keys.of_version(wrapped.key_version).is_none() {
            self.keys = patiently(|| self.link.read_keys(&self.session))?;
        }
        unwrap(&self.session, &self.keys, place, wrapped)
    }

    fn check(&mut self) -> Result<(), ConnectError> {
        patiently(|| {
            self.keys = self.link.read_keys(&self.session)?;
            self.link
                .canary
                .check(&self.session, &self.keys, &self.link.token_label)
        })
    }

    fn order(&mut self, order: KeyOrder) -> Result<Vec<KeyVersion>, KeyError> {
        self.keys = self.link.read_keys(&self.session)?;
        if order != KeyOrder::List {
            lifecycle::carry_out(&self.link.writing_session()?, &self.keys, order)?;
            if let KeyOrder::Destroy(version) = order {
                self.link.forget(version);
            }
            self.keys = self.link.read_keys(&self.session)?;
        }
        Ok(self.keys.versions())
    }
}

/// Tries again a few times whatever a token that is being written may fail with.
fn patiently<T>(mut work: impl FnMut() -> Result<T, ConnectError>) -> Result<T, ConnectError> {
    let mut tries = 1;
    loop {
        match work() {
            Err(
                ConnectError::Module { .. }
                | ConnectError::CanaryRefused(Some(_))
                | ConnectError::KeyMissing { .. }
                | ConnectError::KeyVanished { .. }
                | ConnectError::KeyUnsafe { .. },
            ) if tries < TRIES_MAX => {
                tries += 1;
                thread::park_timeout(RETRY_WAIT);
            }
            done => return done,
        }
    }
}
