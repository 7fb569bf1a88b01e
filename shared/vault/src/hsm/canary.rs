//! The canary: what says whether the HSM works, and is still the one that was connected first.

use std::sync::{Arc, Mutex, PoisonError};

use cryptoki::session::Session;
use uuid::Uuid;

use super::gcm::{unwrap, unwrap_under, wrap, wrap_under};
use super::keys::{Key, Keys};
use crate::aad::{Aad, KeyPlace};
use crate::envelope::{self, DataKey, Wrapped};
use crate::error::ConnectError;

/// Something that was encrypted under the primary.
struct Canary {
    plaintext: DataKey,
    wrapped: Wrapped,
}

/// The canary that all sessions of the process share. A rotation makes it anew under the new primary, since the key
/// that it was made under will be destroyed one day.
pub(crate) struct CurrentCanary(Mutex<Arc<Canary>>);

impl CurrentCanary {
    pub(crate) fn new(
        session: &Session,
        keys: &Keys,
        token_label: &str,
    ) -> Result<Self, ConnectError> {
        let canary = Canary::new(session, keys, token_label)?;
        Ok(Self(Mutex::new(Arc::new(canary))))
    }

    pub(crate) fn check(
        &self,
        session: &Session,
        keys: &Keys,
        token_label: &str,
    ) -> Result<(), ConnectError> {
        // Not held while the HSM is asked: it may hang.
        let canary = Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let made_under = canary.wrapped.key_version;
        let primary = keys.primary().map(|(version, _)| version);
        match unwrap(session, keys, &place(), &canary.wrapped) {
            Ok(Some(plaintext)) if plaintext == canary.plaintext => {}
            Ok(Some(_)) => return Err(ConnectError::CanaryRefused(None)),
            // A process that nobody asked anything of slept through a rotation. Another token's keys would hardly
            // be newer and lack this one.
            Ok(None) if primary > Some(made_under) => {
                tracing::info!(
                    made_under,
                    "the canary's key is destroyed: made another canary"
                );
            }
            Ok(None) => {
                return Err(ConnectError::KeyMissing {
                    label: token_label.to_owned(),
                });
            }
            Err(ConnectError::Module { source, .. }) => {
                return Err(ConnectError::CanaryRefused(Some(source)));
            }
            Err(error) => return Err(error),
        }
        if primary != Some(made_under) {
            let anew = Arc::new(Canary::new(session, keys, token_label)?);
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = anew;
        }
        Ok(())
    }
}

impl Canary {
    fn new(session: &Session, keys: &Keys, token_label: &str) -> Result<Self, ConnectError> {
        let plaintext = DataKey::new(envelope::random().map_err(ConnectError::Random)?);
        let wrapped = wrap(session, keys, token_label, &place(), &plaintext)?;
        Ok(Self { plaintext, wrapped })
    }
}

/// That a key which nobody relies on yet decrypts what it encrypts.
pub(crate) fn prove(session: &Session, key: &Key) -> Result<(), ConnectError> {
    let plaintext = DataKey::new(envelope::random().map_err(ConnectError::Random)?);
    let wrapped = wrap_under(session, key.handle, key.version, &place(), &plaintext)?;
    let opened = unwrap_under(session, key.handle, &place(), &wrapped)?;
    if opened == plaintext {
        Ok(())
    } else {
        Err(ConnectError::CanaryRefused(None))
    }
}

fn place() -> KeyPlace {
    KeyPlace::Secret(Aad {
        tenant_id: Uuid::nil(),
        asset_id: Uuid::nil(),
        secret_id: Uuid::nil(),
        field_key: "canary".to_owned(),
        version: 0,
    })
}
