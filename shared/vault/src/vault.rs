use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;

use crate::aad::{Aad, KeyPlace};
use crate::envelope::{self, Sealed, Wrapped};
use crate::error::{ConnectError, VaultError};
use crate::fingerprint::IndexKeys;
use crate::hsm::Hsm;

/// How many threads call into the module when the settings don't say: SoftHSM barely gains by more.
pub const THREADS_DEFAULT: usize = 2;
/// More threads than this are never started.
pub const THREADS_MAX: usize = 16;

/// Where the key-encryption key is, and how to get at it.
#[derive(Clone)]
pub struct VaultConfig {
    /// Path of the PKCS#11 module, a shared library.
    pub module: PathBuf,
    /// The label of the token; slot numbers change, labels don't.
    pub token_label: String,
    /// The PIN of the token's user. It is tried once.
    pub pin: SecretString,
    /// How many threads call into the module, from 1 to [`THREADS_MAX`]; [`THREADS_DEFAULT`] is good.
    pub threads: usize,
}

impl fmt::Debug for VaultConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VaultConfig")
            .field("module", &self.module)
            .field("token_label", &self.token_label)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

/// Seals and opens secrets. Cheap to clone; all clones share the threads that hold the HSM.
///
/// A PKCS#11 module is global to its process, so a process has one vault. When the last clone is
/// dropped, the module is let go.
#[derive(Clone)]
pub struct Vault {
    pub(crate) hsm: Arc<Hsm>,
    pub(crate) index_keys: Arc<IndexKeys>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

impl Vault {
    /// Connects to a token that holds a key-encryption key, and makes the canary.
    ///
    /// # Errors
    /// One [`ConnectError`] per thing that may be missing; each names its remedy.
    pub async fn connect(config: VaultConfig) -> Result<Self, ConnectError> {
        Self::start(config, false).await
    }

    /// As [`Vault::connect`], and makes version 1 of the key if the token holds none. For the set-up of
    /// a new installation only: a new key in place of a lost one opens nothing that was sealed before.
    ///
    /// # Errors
    /// As for [`Vault::connect`].
    pub async fn initialize(config: VaultConfig) -> Result<Self, ConnectError> {
        Self::start(config, true).await
    }

    /// Seals a secret of at most [`PLAINTEXT_BYTES_MAX`](crate::PLAINTEXT_BYTES_MAX) bytes for one place, under the newest key.
    ///
    /// # Errors
    /// `TooLong`, `Busy` or `Unavailable`.
    pub async fn seal(&self, aad: &Aad, plaintext: &SecretString) -> Result<Sealed, VaultError> {
        let data_key = envelope::new_data_key()?;
        let value = envelope::seal_value(aad, &data_key, plaintext)?;
        let wrapped = self
            .hsm
            .wrap(KeyPlace::Secret(aad.clone()), data_key)
            .await?;
        Ok(Sealed {
            key_version: wrapped.key_version,
            wrap_nonce: wrapped.nonce,
            wrapped_key: wrapped.ciphertext,
            nonce: value.nonce,
            ciphertext: value.ciphertext,
        })
    }

    /// Opens a secret in the place that it was sealed for.
    ///
    /// # Errors
    /// `Tampered` when any bit of it or of `aad` is another; `KeyMissing`, `Busy` or `Unavailable`.
    pub async fn open(&self, aad: &Aad, sealed: &Sealed) -> Result<SecretString, VaultError> {
        let data_key = self
            .hsm
            .unwrap(KeyPlace::Secret(aad.clone()), sealed.wrapped())
            .await?;
        envelope::open_value(aad, &data_key, sealed)
    }

    /// Wraps the data key again under the newest key; the ciphertext stays the same.
    ///
    /// # Errors
    /// As for [`Vault::open`].
    pub async fn rewrap(&self, aad: &Aad, sealed: &Sealed) -> Result<Sealed, VaultError> {
        let wrapped = self
            .rewrap_key(KeyPlace::Secret(aad.clone()), sealed.wrapped())
            .await?;
        Ok(Sealed {
            key_version: wrapped.key_version,
            wrap_nonce: wrapped.nonce,
            wrapped_key: wrapped.ciphertext,
            nonce: sealed.nonce,
            ciphertext: sealed.ciphertext.clone(),
        })
    }

    /// Proves that the HSM works: finds its keys and decrypts the canary.
    ///
    /// # Errors
    /// `Unavailable` while it does not; `Busy` when the queue is full.
    pub async fn health(&self) -> Result<(), VaultError> {
        self.hsm.check().await
    }

    async fn start(config: VaultConfig, initialize: bool) -> Result<Self, ConnectError> {
        Ok(Self {
            hsm: Arc::new(Hsm::start(config, initialize).await?),
            index_keys: Arc::new(IndexKeys::new()),
        })
    }

    pub(crate) async fn rewrap_key(
        &self,
        place: KeyPlace,
        wrapped: Wrapped,
    ) -> Result<Wrapped, VaultError> {
        let key = self.hsm.unwrap(place.clone(), wrapped).await?;
        self.hsm.wrap(place, key).await
    }
}
