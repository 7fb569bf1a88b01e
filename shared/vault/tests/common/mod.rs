//! What the tests of this crate share.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod database;
pub(crate) mod stage;
pub(crate) mod token;

use std::time::Duration;

use embedded::testing;
use proptest::prelude::{Strategy, any};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;
use vault::{Aad, Sealed, SecretRef, THREADS_DEFAULT, Vault, VaultConfig};

/// Between looks at what another does.
const POLL: Duration = Duration::from_millis(20);
/// After this a test has waited in vain: well above the longest pause between tries to connect.
const PATIENCE: Duration = Duration::from_secs(60);

/// The shared token.
pub(crate) fn config() -> VaultConfig {
    let hsm = testing::hsm();
    VaultConfig {
        module: hsm.module,
        token_label: hsm.token_label,
        pin: hsm.pin.into(),
        threads: THREADS_DEFAULT,
    }
}

/// The vault on the shared token.
pub(crate) async fn vault() -> Vault {
    Vault::initialize(config()).await.unwrap()
}

pub(crate) fn aad() -> Aad {
    Aad {
        tenant_id: Uuid::from_u128(1),
        asset_id: Uuid::from_u128(2),
        secret_id: Uuid::from_u128(3),
        field_key: "license_key".to_owned(),
        version: 1,
    }
}

pub(crate) fn any_aad() -> impl Strategy<Value = Aad> {
    (
        any::<u128>(),
        any::<u128>(),
        any::<u128>(),
        any::<String>(),
        any::<i32>(),
    )
        .prop_map(|(tenant, asset, secret, field_key, version)| Aad {
            tenant_id: Uuid::from_u128(tenant),
            asset_id: Uuid::from_u128(asset),
            secret_id: Uuid::from_u128(secret),
            field_key,
            version,
        })
}

#[track_caller]
pub(crate) fn assert_reads(secret: &SecretString, expected: &str) {
    assert_eq!(secret.expose_secret(), expected);
}

pub(crate) fn reference(aad: &Aad) -> SecretRef {
    SecretRef {
        secret_id: aad.secret_id,
        version: aad.version,
    }
}

/// A row of the right shape, which opens nothing.
pub(crate) fn sealed(number: u8) -> Sealed {
    Sealed {
        key_version: 1,
        wrap_nonce: [number; 12],
        wrapped_key: vec![number; 48],
        nonce: [number; 12],
        ciphertext: vec![number; 48],
    }
}

pub(crate) async fn until(mut condition: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !condition().await {
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap();
}
