//! The HSM side: everything that calls into the PKCS#11 module, on threads of its own.

use std::time::Duration;

use crate::aad::Aad;
use crate::envelope::{DataKey, NONCE_BYTES, Sealed};
use crate::error::{ConnectError, VaultError};
use crate::vault::VaultConfig;

/// When a caller is told to come back.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// A data key as the HSM sealed it.
pub(crate) struct Wrapped {
    pub(crate) key_version: i32,
    pub(crate) nonce: [u8; NONCE_BYTES],
    pub(crate) ciphertext: Vec<u8>,
}

pub(crate) struct Hsm;

impl Hsm {
    pub(crate) async fn start(
        config: VaultConfig,
        _initialize: bool,
    ) -> Result<Self, ConnectError> {
        Err(ConnectError::TokenNotFound {
            label: config.token_label,
        })
    }
    pub(crate) async fn wrap(&self, _aad: &Aad, _key: DataKey) -> Result<Wrapped, VaultError> {
        Err(unavailable())
    }
    pub(crate) async fn unwrap(&self, _aad: &Aad, _: &Sealed) -> Result<DataKey, VaultError> {
        Err(unavailable())
    }
    pub(crate) async fn check(&self) -> Result<(), VaultError> {
        Err(unavailable())
    }
}

fn unavailable() -> VaultError {
    VaultError::Unavailable {
        retry_after: RETRY_AFTER,
    }
}
