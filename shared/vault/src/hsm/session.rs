//! A session on the token: wrapping, unwrapping and the canary.

use std::sync::Arc;

use cryptoki::error::Error as Pkcs11Error;
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::session::Session;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::keys::{Keys, failed};
use super::port::{self, Wrapped};
use crate::aad::Aad;
use crate::envelope::{self, DataKey, NONCE_BYTES};
use crate::error::ConnectError;

/// In bits. SoftHSM would take 0, which authenticates nothing.
const TAG_BITS: u64 = 128;

pub(crate) struct TokenSession {
    session: Session,
    keys: Keys,
    token_label: String,
    canary: Arc<Canary>,
}

/// Something that was encrypted when the vault connected. That it decrypts says that the HSM works,
/// and that it is still the same one.
pub(crate) struct Canary {
    aad: Aad,
    plaintext: DataKey,
    wrapped: Wrapped,
}

impl TokenSession {
    pub(crate) fn new(
        session: Session,
        token_label: String,
        canary: Arc<Canary>,
    ) -> Result<Self, ConnectError> {
        let keys = Keys::read(&session)?;
        Ok(Self {
            session,
            keys,
            token_label,
            canary,
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
    pub(crate) fn new(
        session: &Session,
        keys: &Keys,
        token_label: &str,
    ) -> Result<Self, ConnectError> {
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

    pub(crate) fn check(
        &self,
        session: &Session,
        keys: &Keys,
        token_label: &str,
    ) -> Result<(), ConnectError> {
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
