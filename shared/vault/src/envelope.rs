use std::fmt;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use secrecy::{ExposeSecret, SecretString};
use zeroize::{Zeroize, Zeroizing};

use crate::aad::Aad;
use crate::error::VaultError;

/// The longest secret, in bytes: far above any license key or license file, and far below what
/// would make the vault a file store.
pub const PLAINTEXT_BYTES_MAX: usize = 16 * 1024;

/// Plaintexts are padded to a multiple of this many bytes, length first: whoever holds only the
/// table could otherwise tell one vendor's keys from another's by their length.
const PADDED_TO_BYTES: usize = 32;
const LENGTH_BYTES: usize = 4;
pub(crate) const TAG_BYTES: usize = 16;

pub(crate) const NONCE_BYTES: usize = 12;
pub(crate) const DATA_KEY_BYTES: usize = 32;

/// The key of one secret version; wiped from memory when dropped.
pub(crate) type DataKey = Zeroizing<[u8; DATA_KEY_BYTES]>;

/// A sealed value, as it is stored. Nothing in it is secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The version of the key-encryption key that wraps the data key.
    pub key_version: i32,
    /// The nonce under which the data key was wrapped.
    pub wrap_nonce: [u8; 12],
    /// The data key, encrypted and authenticated by the HSM.
    pub wrapped_key: Vec<u8>,
    /// The nonce under which the value was encrypted.
    pub nonce: [u8; 12],
    /// The padded value, encrypted and authenticated under the data key.
    pub ciphertext: Vec<u8>,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed")
            .field("key_version", &self.key_version)
            .field("ciphertext_bytes", &self.ciphertext.len())
            .finish_non_exhaustive()
    }
}

impl Sealed {
    pub(crate) fn wrapped(&self) -> Wrapped {
        Wrapped {
            key_version: self.key_version,
            nonce: self.wrap_nonce,
            ciphertext: self.wrapped_key.clone(),
        }
    }
}

/// A key of 32 bytes as the HSM sealed it. Nothing in it is secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Wrapped {
    /// The version of the key-encryption key that wraps it.
    pub(crate) key_version: i32,
    pub(crate) nonce: [u8; NONCE_BYTES],
    pub(crate) ciphertext: Vec<u8>,
}

/// A value that is sealed under its data key, before the HSM wrapped that.
pub(crate) struct SealedValue {
    pub(crate) nonce: [u8; NONCE_BYTES],
    pub(crate) ciphertext: Vec<u8>,
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

pub(crate) fn new_data_key() -> Result<DataKey, VaultError> {
    let mut key = DataKey::default();
    getrandom::fill(key.as_mut_slice()).map_err(VaultError::Random)?;
    Ok(key)
}

/// Encrypts in place, in one buffer that never grows: no copy of the plaintext stays behind.
pub(crate) fn seal_value(
    aad: &Aad,
    data_key: &DataKey,
    plaintext: &SecretString,
) -> Result<SealedValue, VaultError> {
    let plaintext = plaintext.expose_secret().as_bytes();
    let too_long = || VaultError::TooLong {
        length: plaintext.len(),
    };
    if plaintext.len() > PLAINTEXT_BYTES_MAX {
        return Err(too_long());
    }
    let length = u32::try_from(plaintext.len()).map_err(|_| too_long())?;
    let padded = (LENGTH_BYTES + plaintext.len()).next_multiple_of(PADDED_TO_BYTES);
    let mut buffer = Zeroizing::new(Vec::with_capacity(padded + TAG_BYTES));
    buffer.extend_from_slice(&length.to_be_bytes());
    buffer.extend_from_slice(plaintext);
    buffer.resize(padded, 0);

    let nonce = random::<NONCE_BYTES>().map_err(VaultError::Random)?;
    cipher(data_key)
        .encrypt_in_place(&Nonce::from(nonce), &aad.for_value(), &mut *buffer)
        .map_err(|_| too_long())?;
    Ok(SealedValue {
        nonce,
        ciphertext: std::mem::take(&mut *buffer),
    })
}

pub(crate) fn open_value(
    aad: &Aad,
    data_key: &DataKey,
    sealed: &Sealed,
) -> Result<SecretString, VaultError> {
    let mut buffer = Zeroizing::new(sealed.ciphertext.clone());
    cipher(data_key)
        .decrypt_in_place(&Nonce::from(sealed.nonce), &aad.for_value(), &mut *buffer)
        .map_err(|_| VaultError::Tampered)?;
    let (length, rest) = buffer
        .split_first_chunk::<LENGTH_BYTES>()
        .ok_or(VaultError::Tampered)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| VaultError::Tampered)?;
    let plaintext = rest.get(..length).ok_or(VaultError::Tampered)?;
    let plaintext = std::str::from_utf8(plaintext).map_err(|_| VaultError::Tampered)?;
    Ok(SecretString::from(plaintext))
}

fn cipher(data_key: &DataKey) -> Aes256Gcm {
    let mut key = aes_gcm::Key::<Aes256Gcm>::from(**data_key);
    let cipher = Aes256Gcm::new(&key);
    key.zeroize();
    cipher
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::aad::KeyPlace;

    fn place(tenant: u128, field_key: &str) -> Aad {
        Aad {
            tenant_id: Uuid::from_u128(tenant),
            asset_id: Uuid::nil(),
            secret_id: Uuid::nil(),
            field_key: field_key.to_owned(),
            version: 1,
        }
    }

    fn seal(aad: &Aad, data_key: &DataKey, plaintext: &str) -> Sealed {
        let value = seal_value(aad, data_key, &plaintext.into()).unwrap();
        Sealed {
            key_version: 1,
            wrap_nonce: [0; NONCE_BYTES],
            wrapped_key: Vec::new(),
            nonce: value.nonce,
            ciphertext: value.ciphertext,
        }
    }

    #[test]
    fn a_value_is_bound_to_its_place_even_where_the_data_key_is_known() {
        let data_key = new_data_key().unwrap();
        let sealed = seal(&place(1, "key"), &data_key, "VK7JG");
        let opened = open_value(&place(1, "key"), &data_key, &sealed).unwrap();
        assert_eq!(opened.expose_secret(), "VK7JG");
        for elsewhere in [place(2, "key"), place(1, "key2"), place(1, "")] {
            let opened = open_value(&elsewhere, &data_key, &sealed);
            assert!(matches!(opened, Err(VaultError::Tampered)));
        }
    }

    #[test]
    fn lengths_show_in_steps_of_32_bytes_and_fit_the_table() {
        let data_key = new_data_key().unwrap();
        // Plaintext and ciphertext, in bytes; the ends are those that the table checks.
        for (plaintext, ciphertext) in [
            (0, 48),
            (28, 48),
            (29, 80),
            (60, 80),
            (PLAINTEXT_BYTES_MAX, 16_432),
        ] {
            let sealed = seal(&place(1, "key"), &data_key, &"x".repeat(plaintext));
            assert_eq!(sealed.ciphertext.len(), ciphertext, "{plaintext}");
        }
    }

    #[test]
    fn what_is_bound_to_a_value_is_never_what_is_bound_to_a_data_key() {
        let aad = place(1, "key");
        let (secret, index) = (
            KeyPlace::Secret(aad.clone()),
            KeyPlace::Index(aad.tenant_id),
        );
        assert_ne!(aad.for_value(), secret.encode(1));
        assert_ne!(secret.encode(1), secret.encode(2));
        assert_ne!(secret.encode(1), index.encode(1));
        assert_ne!(index.encode(1), index.encode(2));
        assert_ne!(index.encode(1), KeyPlace::Index(Uuid::nil()).encode(1));
    }
}
