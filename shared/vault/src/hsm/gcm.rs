//! Wrapping and unwrapping by a key of the token.

use cryptoki::error::Error as Pkcs11Error;
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;
use zeroize::Zeroizing;

use super::keys::{Keys, failed};
use crate::aad::KeyPlace;
use crate::envelope::{self, DataKey, NONCE_BYTES, Wrapped};
use crate::error::ConnectError;

/// In bits. SoftHSM would take 0, which authenticates nothing.
const TAG_BITS: u64 = 128;

/// Seals a key under the primary.
pub(crate) fn wrap(
    session: &Session,
    keys: &Keys,
    token_label: &str,
    place: &KeyPlace,
    data_key: &DataKey,
) -> Result<Wrapped, ConnectError> {
    let (key_version, key) = keys.primary().ok_or_else(|| ConnectError::KeyMissing {
        label: token_label.to_owned(),
    })?;
    wrap_under(session, key, key_version, place, data_key)
}

/// Seals a key. Random nonces of 96 bits are safe for 2^32 keys under one version of the KEK.
pub(crate) fn wrap_under(
    session: &Session,
    key: ObjectHandle,
    key_version: i32,
    place: &KeyPlace,
    data_key: &DataKey,
) -> Result<Wrapped, ConnectError> {
    let nonce = envelope::random::<NONCE_BYTES>().map_err(ConnectError::Random)?;
    let ciphertext = with_gcm(nonce, &place.encode(key_version), |mechanism| {
        session.encrypt(mechanism, key, data_key.as_slice())
    })
    .map_err(failed("encrypt a data key"))?;
    Ok(Wrapped {
        key_version,
        nonce,
        ciphertext,
    })
}

/// None where the token holds no key of the version that is named.
pub(crate) fn unwrap(
    session: &Session,
    keys: &Keys,
    place: &KeyPlace,
    wrapped: &Wrapped,
) -> Result<Option<DataKey>, ConnectError> {
    let Some(key) = keys.of_version(wrapped.key_version) else {
        return Ok(None);
    };
    unwrap_under(session, key.handle, place, wrapped).map(Some)
}

pub(crate) fn unwrap_under(
    session: &Session,
    key: ObjectHandle,
    place: &KeyPlace,
    wrapped: &Wrapped,
) -> Result<DataKey, ConnectError> {
    let aad = place.encode(wrapped.key_version);
    let plaintext = with_gcm(wrapped.nonce, &aad, |mechanism| {
        session.decrypt(mechanism, key, &wrapped.ciphertext)
    })
    .map(Zeroizing::new)
    .map_err(failed("decrypt a data key"))?;
    let data_key = plaintext
        .as_slice()
        .try_into()
        .map_err(|_| failed("decrypt a data key of 32 bytes")(Pkcs11Error::InvalidValue))?;
    Ok(Zeroizing::new(data_key))
}

fn with_gcm<T>(
    mut nonce: [u8; NONCE_BYTES],
    aad: &[u8],
    operation: impl FnOnce(&Mechanism<'_>) -> Result<T, Pkcs11Error>,
) -> Result<T, Pkcs11Error> {
    let parameters = GcmParams::new(&mut nonce, aad, TAG_BITS.into())?;
    operation(&Mechanism::AesGcm(parameters))
}
