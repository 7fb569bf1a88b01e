//! What a rotation is tried on: a token of the test's own, and rows of two tenants in a database.

use std::time::Duration;

use embedded::testing::TestDatabase;
use secrecy::SecretString;
use uuid::Uuid;
use vault::{Aad, KeyRing, KeyState, RotateOptions, SecretStore, Vault};

use super::database::store;
use super::token::{make_token, private_config};
use super::{aad, assert_reads};

/// Rows of each of two tenants; with batches of four, several and a rest.
pub(crate) const ROWS: u128 = 11;

pub(crate) struct Stage {
    pub(crate) database: TestDatabase,
    pub(crate) vault: Vault,
    pub(crate) store: SecretStore,
    pub(crate) ring: KeyRing,
}

impl Stage {
    /// A token with its first key, and rows of two tenants under it.
    pub(crate) async fn new() -> Self {
        make_token(|_| ());
        let (database, store) = store().await;
        let vault = Vault::initialize(private_config()).await.unwrap();
        for tenant_id in [tenant(1), tenant(2)] {
            for number in 1..=ROWS {
                let place = place(tenant_id, number);
                let text = SecretString::from(format!("secret {number}"));
                let sealed = vault.seal(&place, &text).await.unwrap();
                store.put(&place, &sealed).await.unwrap();
            }
        }
        Self {
            ring: KeyRing::new(vault.clone(), store.clone(), options()),
            database,
            vault,
            store,
        }
    }

    pub(crate) async fn restarted(self) -> Self {
        let Self {
            database,
            vault,
            store,
            ring,
        } = self;
        drop(ring);
        drop(vault);
        let vault = Vault::connect(private_config()).await.unwrap();
        Self {
            ring: KeyRing::new(vault.clone(), store.clone(), options()),
            database,
            vault,
            store,
        }
    }

    pub(crate) async fn assert_all_open(&self) {
        for tenant_id in [tenant(1), tenant(2)] {
            for number in 1..=ROWS {
                let place = place(tenant_id, number);
                assert_opens(
                    &self.vault,
                    &self.store,
                    &place,
                    &format!("secret {number}"),
                )
                .await;
            }
        }
    }

    pub(crate) async fn ciphertexts(&self) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        for number in 1..=ROWS {
            let sealed = self.store.get(&place(tenant(1), number)).await.unwrap();
            all.push(sealed.unwrap().ciphertext);
        }
        all
    }

    pub(crate) async fn fingerprint(&self, tenant_id: Uuid, text: &str) -> vault::Fingerprint {
        self.vault
            .fingerprint(&self.store, tenant_id, &text.into())
            .await
            .unwrap()
    }

    pub(crate) async fn states(&self) -> Vec<(i32, KeyState, u128)> {
        let status = self.ring.status().await.unwrap();
        let keys = status.keys.iter();
        keys.map(|key| (key.version, key.state, key.secrets.into()))
            .collect()
    }

    pub(crate) async fn primary(&self) -> i32 {
        let states = self.states().await;
        let primary = states.iter().find(|key| key.1 == KeyState::Primary);
        primary.unwrap().0
    }
}

pub(crate) async fn assert_opens(vault: &Vault, store: &SecretStore, place: &Aad, text: &str) {
    let sealed = store.get(place).await.unwrap().unwrap();
    assert_reads(&vault.open(place, &sealed).await.unwrap(), text);
}

pub(crate) fn options() -> RotateOptions {
    RotateOptions {
        settle: Duration::from_millis(50),
        drain: Duration::from_secs(1),
        batch_rows: 4,
        ..RotateOptions::default()
    }
}

pub(crate) fn tenant(number: u128) -> Uuid {
    Uuid::from_u128(number << 96)
}

pub(crate) fn place(tenant_id: Uuid, number: u128) -> Aad {
    Aad {
        tenant_id,
        secret_id: Uuid::from_u128(number),
        ..aad()
    }
}
