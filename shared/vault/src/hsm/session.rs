//! A session on the token.

use cryptoki::session::Session;

use super::gcm::{unwrap, wrap};
use super::keys::{KeyVersion, Keys};
use super::lifecycle::{self, KeyOrder};
use super::pkcs11::Link;
use super::port;
use crate::aad::KeyPlace;
use crate::envelope::{DataKey, Wrapped};
use crate::error::{ConnectError, KeyError};

pub(crate) struct TokenSession {
    link: Link,
    session: Session,
    keys: Keys,
}

impl TokenSession {
    pub(crate) fn new(link: Link) -> Result<Self, ConnectError> {
        let session = link.reading_session()?;
        let keys = Keys::read(&session)?;
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

    fn primary(&self) -> Option<i32> {
        self.keys.primary().map(|(version, _)| version)
    }
}

impl port::Session for TokenSession {
    fn wrap(&mut self, place: &KeyPlace, data_key: &DataKey) -> Result<Wrapped, ConnectError> {
        if self.keys.are_stale() {
            self.keys = Keys::read(&self.session)?;
        }
        let wrapped = self.wrap_under_primary(place, data_key);
        if wrapped.is_ok() {
            return wrapped;
        }
        // A rotation may have retired the key since it was read, which is no fault of the HSM's.
        let tried = self.primary();
        self.keys = Keys::read(&self.session)?;
        if self.primary() == tried {
            return wrapped;
        }
        self.wrap_under_primary(place, data_key)
    }

    fn unwrap(
        &mut self,
        place: &KeyPlace,
        wrapped: &Wrapped,
    ) -> Result<Option<DataKey>, ConnectError> {
        if self.keys.of_version(wrapped.key_version).is_none() {
            self.keys = Keys::read(&self.session)?;
        }
        unwrap(&self.session, &self.keys, place, wrapped)
    }

    fn check(&mut self) -> Result<(), ConnectError> {
        self.keys = Keys::read(&self.session)?;
        self.link
            .canary
            .check(&self.session, &self.keys, &self.link.token_label)
    }

    fn order(&mut self, order: KeyOrder) -> Result<Vec<KeyVersion>, KeyError> {
        self.keys = Keys::read(&self.session)?;
        if order != KeyOrder::List {
            lifecycle::carry_out(&self.link.writing_session()?, &self.keys, order)?;
            self.keys = Keys::read(&self.session)?;
        }
        Ok(self.keys.versions())
    }
}
