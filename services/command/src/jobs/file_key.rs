//! The key under which a file lies in the database until its job ends.

use aes_gcm::{
    Aes256Gcm, Nonce,
    aead::{AeadInOut, KeyInit},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::ids::TenantId;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vault::{Aad, Sealed, Vault, VaultError};
use zeroize::{Zeroize, Zeroizing};

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

/// The key of one file. It seals each chunk once, so a chunk's number is nonce enough.
pub(super) struct FileKey {
    key: Zeroizing<[u8; KEY_BYTES]>,
    tenant: TenantId,
    job: Uuid,
}

/// Why a file can't be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeyError {
    #[error("the system has no randomness")]
    Random(#[source] getrandom::Error),
    #[error("the key of a file can't be wrapped or unwrapped")]
    Vault(#[source] VaultError),
    #[error("the key of a file is malformed")]
    Malformed,
    #[error("a chunk of a file is not what was sealed")]
    Tampered,
}

impl KeyError {
    /// Whether it stays so: the key that wraps it was destroyed, or what is kept is not what was.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Self::Malformed | Self::Tampered => true,
            Self::Vault(error) => {
                matches!(error, VaultError::KeyMissing { .. } | VaultError::Tampered)
            }
            Self::Random(_) => false,
        }
    }
}

/// A wrapped key as it is kept. Nothing in it is secret.
#[derive(Serialize, Deserialize)]
struct Wrapped {
    key_version: i32,
    wrap_nonce: String,
    wrapped_key: String,
    nonce: String,
    ciphertext: String,
}

impl FileKey {
    pub(super) fn generate(tenant: TenantId, job: Uuid) -> Result<Self, KeyError> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(&mut *key).map_err(KeyError::Random)?;
        Ok(Self { key, tenant, job })
    }

    /// The key as it may be kept.
    pub(super) async fn wrap(&self, vault: &Vault) -> Result<String, KeyError> {
        let text = SecretString::from(STANDARD.encode(*self.key));
        let sealed = vault
            .seal(&place(self.tenant, self.job), &text)
            .await
            .map_err(KeyError::Vault)?;
        let wrapped = Wrapped {
            key_version: sealed.key_version,
            wrap_nonce: STANDARD.encode(sealed.wrap_nonce),
            wrapped_key: STANDARD.encode(&sealed.wrapped_key),
            nonce: STANDARD.encode(sealed.nonce),
            ciphertext: STANDARD.encode(&sealed.ciphertext),
        };
        serde_json::to_string(&wrapped).map_err(|_| KeyError::Malformed)
    }

    pub(super) async fn unwrap(
        vault: &Vault,
        tenant: TenantId,
        job: Uuid,
        wrapped: &str,
    ) -> Result<Self, KeyError> {
        let wrapped: Wrapped = serde_json::from_str(wrapped).map_err(|_| KeyError::Malformed)?;
        let bytes = |text: &str| STANDARD.decode(text).map_err(|_| KeyError::Malformed);
        let nonce = |text: &str| -> Result<[u8; NONCE_BYTES], KeyError> {
            bytes(text)?.try_into().map_err(|_| KeyError::Malformed)
        };
        let sealed = Sealed {
            key_version: wrapped.key_version,
            wrap_nonce: nonce(&wrapped.wrap_nonce)?,
            wrapped_key: bytes(&wrapped.wrapped_key)?,
            nonce: nonce(&wrapped.nonce)?,
            ciphertext: bytes(&wrapped.ciphertext)?,
        };
        let text = vault
            .open(&place(tenant, job), &sealed)
            .await
            .map_err(KeyError::Vault)?;
        let decoded = Zeroizing::new(bytes(text.expose_secret())?);
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        if decoded.len() != KEY_BYTES {
            return Err(KeyError::Malformed);
        }
        key.copy_from_slice(&decoded);
        Ok(Self { key, tenant, job })
    }

    /// Seals a chunk in place.
    pub(super) fn seal(&self, number: i32, chunk: &mut Vec<u8>) -> Result<(), KeyError> {
        self.cipher()
            .encrypt_in_place(&nonce(number), &self.context(), chunk)
            .map_err(|_| KeyError::Tampered)
    }

    /// Opens a chunk in place.
    pub(super) fn open(&self, number: i32, chunk: &mut Vec<u8>) -> Result<(), KeyError> {
        self.cipher()
            .decrypt_in_place(&nonce(number), &self.context(), chunk)
            .map_err(|_| KeyError::Tampered)
    }

    fn cipher(&self) -> Aes256Gcm {
        let mut key = aes_gcm::Key::<Aes256Gcm>::from(*self.key);
        let cipher = Aes256Gcm::new(&key);
        key.zeroize();
        cipher
    }

    /// What a chunk is bound to, beside its number.
    fn context(&self) -> Vec<u8> {
        [self.tenant.0.as_bytes().as_slice(), self.job.as_bytes()].concat()
    }
}

/// Where the key belongs. No secret has a job's id.
fn place(tenant: TenantId, job: Uuid) -> Aad {
    Aad {
        tenant_id: tenant.0,
        asset_id: job,
        secret_id: job,
        field_key: "import file".to_owned(),
        version: 1,
    }
}

fn nonce(number: i32) -> Nonce<<Aes256Gcm as aes_gcm::aead::AeadCore>::NonceSize> {
    let mut nonce = [0; NONCE_BYTES];
    nonce[..4].copy_from_slice(&number.to_be_bytes());
    Nonce::from(nonce)
}
