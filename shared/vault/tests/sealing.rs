//! Sealing and opening, on SoftHSM.
#![allow(
    clippy::unwrap_used,
    reason = "clippy takes only the test functions themselves for tests"
)]

mod common;

use common::{aad, any_aad, assert_reads, config, vault};
use proptest::prelude::{ProptestConfig, any};
use proptest::test_runner::{TestCaseError, TestRunner};
use secrecy::SecretString;
use uuid::Uuid;
use vault::{Aad, ConnectError, PLAINTEXT_BYTES_MAX, Sealed, Vault, VaultConfig, VaultError};

const KEY: &str = "VK7JG-NPHTM-C97JM-9MPGT-3V66T";

#[tokio::test]
async fn what_is_sealed_opens_in_its_place() {
    let vault = vault().await;
    let longest = "x".repeat(PLAINTEXT_BYTES_MAX);
    for plaintext in ["", KEY, "Schlüssel 🔑", "nul \0 inside", &longest] {
        let sealed = vault.seal(&aad(), &plaintext.into()).await.unwrap();
        assert_reads(&vault.open(&aad(), &sealed).await.unwrap(), plaintext);
    }
    vault.health().await.unwrap();
}

#[tokio::test]
async fn any_text_opens_in_its_place_and_nowhere_else() {
    let vault = vault().await;
    let here = tokio::runtime::Handle::current();
    let property = move || {
        let mut runner = TestRunner::new(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::with_cases(200)
        });
        runner
            .run(
                &(any::<String>(), any_aad(), any_aad()),
                |(plaintext, place, elsewhere)| {
                    here.block_on(async {
                        let sealed = vault
                            .seal(&place, &plaintext.as_str().into())
                            .await
                            .unwrap();
                        let opened = vault.open(&place, &sealed).await.unwrap();
                        assert_reads(&opened, &plaintext);
                        let opened = vault.open(&elsewhere, &sealed).await;
                        if place != elsewhere && !is_tampered(&opened) {
                            return Err(TestCaseError::fail("it opened elsewhere"));
                        }
                        Ok(())
                    })
                },
            )
            .map_err(|failure| failure.to_string())
    };
    tokio::task::spawn_blocking(property)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_secret_that_is_too_long_is_refused() {
    let vault = vault().await;
    let too_long = SecretString::from("x".repeat(PLAINTEXT_BYTES_MAX + 1));
    let refused = vault.seal(&aad(), &too_long).await;
    assert!(matches!(
        refused,
        Err(VaultError::TooLong { length }) if length == PLAINTEXT_BYTES_MAX + 1
    ));
}

#[tokio::test]
async fn a_ciphertext_moved_by_any_part_of_its_place_is_tampered() {
    let vault = vault().await;
    let sealed = vault.seal(&aad(), &KEY.into()).await.unwrap();
    let other = Uuid::from_u128(99);
    type Move = fn(&mut Aad, Uuid);
    let moves: [(&str, Move); 6] = [
        ("tenant", |aad, other| aad.tenant_id = other),
        ("asset", |aad, other| aad.asset_id = other),
        ("secret", |aad, other| aad.secret_id = other),
        ("field", |aad, _| aad.field_key = "licensee_key".to_owned()),
        ("a longer field", |aad, _| aad.field_key.push('\0')),
        ("version", |aad, _| aad.version = 2),
    ];
    for (part, moved) in moves {
        let mut elsewhere = aad();
        moved(&mut elsewhere, other);
        assert!(
            is_tampered(&vault.open(&elsewhere, &sealed).await),
            "{part}"
        );
        assert!(
            is_tampered(&vault.rewrap(&elsewhere, &sealed).await),
            "{part}"
        );
    }
    assert_reads(&vault.open(&aad(), &sealed).await.unwrap(), KEY);
}

#[tokio::test]
async fn a_flipped_bit_anywhere_is_tampered_and_the_vault_goes_on() {
    let vault = vault().await;
    let sealed = vault.seal(&aad(), &KEY.into()).await.unwrap();
    type Part = fn(&mut Sealed) -> &mut [u8];
    let parts: [(&str, Part); 4] = [
        ("wrap nonce", |sealed| &mut sealed.wrap_nonce),
        ("wrapped key", |sealed| &mut sealed.wrapped_key),
        ("nonce", |sealed| &mut sealed.nonce),
        ("ciphertext", |sealed| &mut sealed.ciphertext),
    ];
    for (name, part) in parts {
        for byte in 0..part(&mut sealed.clone()).len() {
            for bit in 0..8 {
                let mut altered = sealed.clone();
                part(&mut altered)[byte] ^= 1 << bit;
                let opened = vault.open(&aad(), &altered).await;
                assert!(is_tampered(&opened), "{name}, byte {byte}, bit {bit}");
            }
        }
    }
    vault.health().await.unwrap();
    assert_reads(&vault.open(&aad(), &sealed).await.unwrap(), KEY);
}

#[tokio::test]
async fn a_ciphertext_of_another_length_is_tampered() {
    let vault = vault().await;
    let sealed = vault.seal(&aad(), &KEY.into()).await.unwrap();
    let alterations: [fn(&mut Sealed); 6] = [
        |sealed| sealed.wrapped_key.clear(),
        |sealed| sealed.wrapped_key.truncate(15),
        |sealed| sealed.wrapped_key.push(0),
        |sealed| sealed.ciphertext.clear(),
        |sealed| sealed.ciphertext.truncate(15),
        |sealed| sealed.ciphertext.push(0),
    ];
    for (number, alter) in alterations.into_iter().enumerate() {
        let mut altered = sealed.clone();
        alter(&mut altered);
        assert!(is_tampered(&vault.open(&aad(), &altered).await), "{number}");
    }
    vault.health().await.unwrap();
}

#[tokio::test]
async fn a_row_of_a_key_that_the_token_does_not_hold_says_so() {
    let vault = vault().await;
    let mut sealed = vault.seal(&aad(), &KEY.into()).await.unwrap();
    sealed.key_version = 1_000_000;
    let opened = vault.open(&aad(), &sealed).await;
    assert!(matches!(
        opened,
        Err(VaultError::KeyMissing {
            key_version: 1_000_000
        })
    ));
    vault.health().await.unwrap();
}

#[tokio::test]
async fn the_ciphertext_tells_neither_the_secret_nor_its_exact_length() {
    let vault = vault().await;
    let sealed = vault.seal(&aad(), &KEY.into()).await.unwrap();
    let shorter = vault.seal(&aad(), &"VK7JG".into()).await.unwrap();
    let longer = vault.seal(&aad(), &KEY[..28].into()).await.unwrap();
    assert_eq!(shorter.ciphertext.len(), longer.ciphertext.len());
    for part in [&sealed.ciphertext, &sealed.wrapped_key] {
        assert!(
            !part
                .windows(5)
                .any(|window| KEY.as_bytes().windows(5).any(|w| w == window))
        );
    }
    let again = vault.seal(&aad(), &KEY.into()).await.unwrap();
    assert_ne!(sealed.ciphertext, again.ciphertext);
    assert_ne!(sealed.wrapped_key, again.wrapped_key);
    let printed = format!("{sealed:?} {vault:?} {:?}", config());
    assert_eq!(
        printed,
        format!(
            "Sealed {{ key_version: 1, ciphertext_bytes: 80, .. }} Vault {{ .. }} VaultConfig {{ module: {:?}, token_label: {:?}, threads: 2, .. }}",
            config().module,
            config().token_label
        )
    );
}

#[tokio::test]
async fn a_rewrapped_value_keeps_its_ciphertext_and_opens() {
    let vault = vault().await;
    let sealed = vault.seal(&aad(), &KEY.into()).await.unwrap();
    let rewrapped = vault.rewrap(&aad(), &sealed).await.unwrap();
    assert_eq!(rewrapped.ciphertext, sealed.ciphertext);
    assert_ne!(rewrapped.wrapped_key, sealed.wrapped_key);
    assert_reads(&vault.open(&aad(), &rewrapped).await.unwrap(), KEY);
    assert_reads(&vault.open(&aad(), &sealed).await.unwrap(), KEY);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_callers_at_once_get_each_their_own() {
    let vault = Vault::initialize(VaultConfig {
        threads: 4,
        ..config()
    })
    .await
    .unwrap();
    let callers: Vec<_> = (0..64_i32)
        .map(|caller| {
            let vault = vault.clone();
            tokio::spawn(async move {
                for round in 0..20 {
                    let place = Aad {
                        version: caller,
                        ..aad()
                    };
                    let plaintext = format!("{caller} {round}");
                    let sealed = vault
                        .seal(&place, &plaintext.as_str().into())
                        .await
                        .unwrap();
                    assert_reads(&vault.open(&place, &sealed).await.unwrap(), &plaintext);
                    // The altered rows of some are no trouble for the others.
                    let mut altered = sealed;
                    altered.wrapped_key[0] ^= 1;
                    assert!(is_tampered(&vault.open(&place, &altered).await));
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
}

#[tokio::test]
async fn what_is_missing_is_named_with_its_remedy() {
    let module = Vault::connect(VaultConfig {
        module: "/nowhere/libsofthsm2.so".into(),
        ..config()
    });
    let error = module.await.unwrap_err();
    assert!(matches!(error, ConnectError::ModuleNotFound { .. }));
    assert!(error.to_string().contains("install SoftHSM"), "{error}");

    let token = Vault::connect(VaultConfig {
        token_label: "no such token".to_owned(),
        ..config()
    });
    let error = token.await.unwrap_err();
    assert!(matches!(error, ConnectError::TokenNotFound { .. }));
    assert!(error.to_string().contains("--init-token"), "{error}");

    let pin = Vault::connect(VaultConfig {
        pin: "a wrong pin".into(),
        ..config()
    });
    let error = pin.await.unwrap_err();
    assert!(matches!(error, ConnectError::PinRefused { .. }), "{error}");
    assert!(error.to_string().contains("not tried again"), "{error}");

    // None of them keeps the next from connecting.
    vault().await.health().await.unwrap();
}

#[tokio::test]
async fn a_process_has_one_vault_at_a_time() {
    let first = vault().await;
    let second = Vault::connect(config()).await;
    assert!(matches!(second, Err(ConnectError::AlreadyConnected)));
    drop(first);
    Vault::connect(config())
        .await
        .unwrap()
        .health()
        .await
        .unwrap();
}

fn is_tampered<T>(result: &Result<T, VaultError>) -> bool {
    matches!(result, Err(VaultError::Tampered))
}
