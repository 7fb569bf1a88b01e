//! What the tests of this crate share.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use embedded::testing;
use proptest::prelude::{Strategy, any};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;
use vault::{Aad, THREADS_DEFAULT, Vault, VaultConfig};

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
