use std::io;

use crate::error::{KeyError, VaultError};
use crate::fingerprint::FingerprintError;
use crate::store::StoreError;

/// Why something about the keys was not done, or not to its end. What was done stays, and the next run goes on.
#[derive(Debug, thiserror::Error)]
pub enum KeyRingError {
    /// The HSM did not answer.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The table could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys in the token could not be changed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The token's files could not be made to outlast a power cut.
    #[error("the token's files cannot be flushed")]
    Flush(#[source] io::Error),
    /// Someone else rotates or destroys keys now.
    #[error("the keys are being changed by another process: wait until it is done")]
    Locked,
    /// Rows that do not open name the version.
    #[error(
        "{rows} rows under version {version} of the key-encryption key do not open, so they can't be wrapped anew: it is kept until they are restored or their secrets destroyed"
    )]
    InUse {
        /// The version that was to be destroyed.
        version: i32,
        /// How many rows name it, of all MSP accounts.
        rows: u64,
    },
    /// The database does not know of a finished rotation to the primary: it is not the token's own, or an older copy.
    #[error(
        "this database saw no whole rotation to version {primary} of the key-encryption key: if it is the one that belongs to the token, rotate first"
    )]
    NotRotatedHere {
        /// The version that is the primary.
        primary: i32,
    },
    /// The HSM wrapped under an older version than the rotation made the primary.
    #[error(
        "the token wraps under version {used}, not under version {wanted}: is it one token, and does nobody else change its keys?"
    )]
    NotPrimary {
        /// The version that was expected.
        wanted: i32,
        /// The version that was used.
        used: i32,
    },
    /// 2,147,483,647 versions were made.
    #[error("there is no number left for another version of the key-encryption key")]
    NoNumberLeft,
}

impl From<FingerprintError> for KeyRingError {
    fn from(error: FingerprintError) -> Self {
        match error {
            FingerprintError::Vault(error) => Self::Vault(error),
            FingerprintError::Store(error) => Self::Store(error),
        }
    }
}
