//! Envelope encryption with a key that never leaves the HSM (PKCS#11).
//!
//! Each secret version has a random data key. The value is sealed with AES-256-GCM under it, in
//! software; the data key is sealed by the HSM under the key-encryption key (KEK), which is
//! sensitive and not extractable. Both bind the [`Aad`]: a ciphertext that is moved to another
//! tenant, asset, secret, field or version does not open.
//!
//! The seam is narrow on purpose, since the HSM side is to move to a process of its own:
//! [`Vault::seal`], [`Vault::open`], [`Vault::rewrap`], [`Vault::fingerprint`], [`Vault::health`].
//! [`SecretStore`] keeps what was sealed, in Postgres, and knows no key. [`KeyRing`] rotates and destroys
//! versions of the KEK; [its module](keyring) tells their life.
//!
//! Equal secrets of a tenant are found by their [`Fingerprint`], a hash under the tenant's index key, which is
//! wrapped as data keys are.
#![warn(missing_docs)]

mod aad;
mod envelope;
mod error;
mod fingerprint;
mod hsm;
pub mod keyring;
mod store;
mod vault;

pub use aad::Aad;
pub use envelope::{PLAINTEXT_BYTES_MAX, Sealed};
pub use error::{ConnectError, KeyError, KeyState, VaultError};
pub use fingerprint::{Fingerprint, FingerprintError};
pub use keyring::{
    Backfilled, KeyRing, KeyRingError, KeyStatus, Progress, RotateOptions, Rotated, Status,
    Unopened,
};
pub use store::{EqualSecret, MigrateError, SecretRef, SecretStore, StoreError, migrate};
pub use vault::{THREADS_DEFAULT, THREADS_MAX, Vault, VaultConfig};
