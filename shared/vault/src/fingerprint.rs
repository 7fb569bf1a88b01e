//! The keyed hash by which equal secrets are found without opening any.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use lru::LruCache;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use uuid::Uuid;

use crate::aad::KeyPlace;
use crate::envelope::{self, DataKey};
use crate::error::VaultError;
use crate::store::{SecretStore, StoreError};
use crate::vault::Vault;

/// Index keys that are kept in memory: 32 bytes for each of the tenants that were busy last. More would only save one
/// look into the table and one call into the HSM.
const INDEX_KEYS_MAX: NonZeroUsize = NonZeroUsize::new(1_024).unwrap();

/// How values are prepared and hashed. It changes when that changes, so that hashes of two schemes never agree.
const SCHEME: u8 = 1;

/// HMAC-SHA-256 of a secret under its tenant's index key: equal for equal secrets of one tenant, and telling nothing
/// to whoever lacks that key. Spaces around the value don't count; those within it do, and so does case.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// As it is stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// It does not belong in logs: there, equal ones could be told.
impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fingerprint").finish_non_exhaustive()
    }
}

/// Why there is no fingerprint.
#[derive(Debug, thiserror::Error)]
pub enum FingerprintError {
    /// The HSM did not open or wrap the index key.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The index key could not be read or stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The index keys of this process; each is wiped from memory when it makes room, and all with the last vault.
pub(crate) struct IndexKeys(Mutex<LruCache<Uuid, Arc<DataKey>>>);

impl IndexKeys {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(LruCache::new(INDEX_KEYS_MAX)))
    }

    fn get(&self, tenant_id: Uuid) -> Option<Arc<DataKey>> {
        self.lock().get(&tenant_id).cloned()
    }

    fn keep(&self, tenant_id: Uuid, key: &Arc<DataKey>) {
        self.lock().put(tenant_id, Arc::clone(key));
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<Uuid, Arc<DataKey>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vault {
    /// The fingerprint of a secret of a tenant. The tenant's index key is made when it is first needed, and fetched
    /// from `store` once a process.
    ///
    /// # Errors
    /// When the index key can't be had: as for [`Vault::open`] and [`SecretStore::get`].
    pub async fn fingerprint(
        &self,
        store: &SecretStore,
        tenant_id: Uuid,
        plaintext: &SecretString,
    ) -> Result<Fingerprint, FingerprintError> {
        let key = match self.index_keys.get(tenant_id) {
            Some(key) => key,
            None => {
                let key = Arc::new(self.fetch_index_key(store, tenant_id).await?);
                self.index_keys.keep(tenant_id, &key);
                key
            }
        };
        Ok(hash(&key, plaintext))
    }

    async fn fetch_index_key(
        &self,
        store: &SecretStore,
        tenant_id: Uuid,
    ) -> Result<DataKey, FingerprintError> {
        let stored = match store.index_key(tenant_id).await? {
            Some(stored) => stored,
            None => {
                let wrapped = self
                    .hsm
                    .wrap(KeyPlace::Index(tenant_id), envelope::new_data_key()?)
                    .await?;
                store.put_index_key(tenant_id, &wrapped).await?
            }
        };
        let key = self.hsm.unwrap(KeyPlace::Index(tenant_id), stored).await?;
        Ok(key)
    }
}

fn hash(index_key: &DataKey, plaintext: &SecretString) -> Fingerprint {
    // A key of a block's length is taken as it is: padded with zeros, as HMAC does with any shorter one.
    let mut block = zeroize::Zeroizing::new([0; 64]);
    for (to, from) in block.iter_mut().zip(index_key.iter()) {
        *to = *from;
    }
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    mac.update(&[SCHEME]);
    mac.update(plaintext.expose_secret().trim().as_bytes());
    Fingerprint(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Fingerprint {
        hash(&DataKey::new([7; 32]), &text.into())
    }

    #[test]
    fn spaces_around_a_value_do_not_count_and_all_else_does() {
        for (one, other, equal) in [
            ("VK7JG-NPHTM", "VK7JG-NPHTM", true),
            ("VK7JG-NPHTM", "  VK7JG-NPHTM\r\n", true),
            ("VK7JG-NPHTM", "\u{a0}VK7JG-NPHTM\u{3000}", true),
            ("", " \t", true),
            ("VK7JG-NPHTM", "vk7jg-nphtm", false),
            ("VK7JG NPHTM", "VK7JGNPHTM", false),
            ("VK7JG NPHTM", "VK7JG  NPHTM", false),
            ("VK7JG-NPHTM", "VK7JG-NPHTN", false),
        ] {
            assert_eq!(of(one) == of(other), equal, "{one:?} and {other:?}");
        }
    }

    #[test]
    fn it_is_hmac_sha_256_of_the_scheme_and_the_value() {
        let mut mac = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
        mac.update(b"\x01VK7JG");
        let expected: [u8; 32] = mac.finalize().into_bytes().into();
        assert_eq!(of("VK7JG").as_bytes(), &expected);
        let other = hash(&DataKey::new([8; 32]), &"VK7JG".into());
        assert_ne!(of("VK7JG"), other);
    }

    #[test]
    fn no_more_index_keys_are_kept_than_the_bound() {
        let keys = IndexKeys::new();
        let kept = |number: usize| keys.get(Uuid::from_u128(number as u128)).is_some();
        for number in 0..=INDEX_KEYS_MAX.get() {
            let key = Arc::new(DataKey::default());
            keys.keep(Uuid::from_u128(number as u128), &key);
        }
        assert!(!kept(0));
        assert!(kept(1) && kept(INDEX_KEYS_MAX.get()));
    }

    #[test]
    fn nothing_of_it_is_printed() {
        assert_eq!(format!("{:?}", of("VK7JG")), "Fingerprint { .. }");
    }
}
