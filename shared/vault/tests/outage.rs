//! The HSM goes away and comes back. Each test runs again as a process of its own, with a token of its own.
#![allow(
    clippy::unwrap_used,
    reason = "clippy takes only the test functions themselves for tests"
)]

mod common;

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::token::{make_key, make_token, own_process, private_config, start_over, token_session};
use common::{aad, assert_reads, until};
use cryptoki::object::Attribute;
use vault::{ConnectError, Vault, VaultError};

#[tokio::test]
async fn a_token_directory_that_vanishes_and_returns_needs_no_restart() {
    let name = "a_token_directory_that_vanishes_and_returns_needs_no_restart";
    let Some(folder) = own_process(name) else {
        return;
    };
    make_token(|_| ());
    let vault = Vault::initialize(private_config()).await.unwrap();
    let sealed = vault.seal(&aad(), &"before".into()).await.unwrap();

    for _ in 0..3 {
        fs::rename(folder.join("tokens"), folder.join("gone")).unwrap();
        until(async || is_unavailable(&vault.health().await)).await;
        assert!(is_unavailable(&vault.open(&aad(), &sealed).await));
        assert!(is_unavailable(&vault.seal(&aad(), &"during".into()).await));

        fs::rename(folder.join("gone"), folder.join("tokens")).unwrap();
        until(async || vault.health().await.is_ok()).await;
        assert_reads(&vault.open(&aad(), &sealed).await.unwrap(), "before");
        let after = vault.seal(&aad(), &"after".into()).await.unwrap();
        assert_reads(&vault.open(&aad(), &after).await.unwrap(), "after");
    }
}

#[tokio::test]
async fn an_outage_is_noticed_by_opening_and_blamed_on_no_ciphertext() {
    let name = "an_outage_is_noticed_by_opening_and_blamed_on_no_ciphertext";
    let Some(folder) = own_process(name) else {
        return;
    };
    make_token(|_| ());
    let vault = Vault::initialize(private_config()).await.unwrap();
    let sealed = vault.seal(&aad(), &"before".into()).await.unwrap();
    let mut altered = sealed.clone();
    altered.wrapped_key[0] ^= 1;
    assert!(matches!(
        vault.open(&aad(), &altered).await,
        Err(VaultError::Tampered)
    ));

    fs::rename(folder.join("tokens"), folder.join("gone")).unwrap();
    // Nobody asked for the vault's health.
    assert!(is_unavailable(&vault.open(&aad(), &altered).await));
    fs::rename(folder.join("gone"), folder.join("tokens")).unwrap();
    until(async || vault.open(&aad(), &sealed).await.is_ok()).await;
    assert!(matches!(
        vault.open(&aad(), &altered).await,
        Err(VaultError::Tampered)
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_in_the_middle_of_an_outage_get_their_secret_or_are_told_to_wait() {
    let name = "callers_in_the_middle_of_an_outage_get_their_secret_or_are_told_to_wait";
    let Some(folder) = own_process(name) else {
        return;
    };
    make_token(|_| ());
    let vault = Vault::initialize(private_config()).await.unwrap();
    let sealed = vault.seal(&aad(), &"before".into()).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..16)
        .map(|_| {
            let (vault, sealed, stop) = (vault.clone(), sealed.clone(), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut opened = 0;
                while !stop.load(Ordering::Relaxed) {
                    match vault.open(&aad(), &sealed).await {
                        Ok(secret) => {
                            assert_reads(&secret, "before");
                            opened += 1;
                        }
                        Err(VaultError::Unavailable { .. } | VaultError::Busy) => {
                            tokio::time::sleep(Duration::from_millis(1)).await;
                        }
                        Err(error) => panic!("{error}"),
                    }
                }
                opened
            })
        })
        .collect();
    for _ in 0..4 {
        fs::rename(folder.join("tokens"), folder.join("gone")).unwrap();
        until(async || is_unavailable(&vault.health().await)).await;
        fs::rename(folder.join("gone"), folder.join("tokens")).unwrap();
        until(async || vault.health().await.is_ok()).await;
    }
    stop.store(true, Ordering::Relaxed);
    for caller in callers {
        assert!(caller.await.unwrap() > 0);
    }
}

#[tokio::test]
async fn processes_that_are_set_up_at_once_make_one_key() {
    let name = "processes_that_are_set_up_at_once_make_one_key";
    let Some(folder) = own_process(name) else {
        return;
    };
    let made = folder.join("token-made");
    if made.exists() {
        // One of the processes below.
        Vault::initialize(private_config()).await.unwrap();
        return;
    }
    make_token(|_| ());
    fs::write(&made, "").unwrap();
    let processes: Vec<_> = (0..6)
        .map(|_| {
            Command::new(std::env::current_exe().unwrap())
                .args([name, "--exact", "--nocapture"])
                .spawn()
                .unwrap()
        })
        .collect();
    for mut process in processes {
        assert!(process.wait().unwrap().success());
    }
    // More than one would be refused.
    Vault::connect(private_config()).await.unwrap();
}

#[tokio::test]
async fn another_token_of_the_same_label_is_not_taken_for_the_one_that_went() {
    let name = "another_token_of_the_same_label_is_not_taken_for_the_one_that_went";
    let Some(folder) = own_process(name) else {
        return;
    };
    let (real, other) = (folder.join("real"), folder.join("other"));
    let tokens = folder.join("tokens");
    make_token(|session| {
        make_key(session, "seatledger-kek-v1", false);
    });
    fs::rename(&tokens, &other).unwrap();
    fs::create_dir(&tokens).unwrap();
    make_token(|_| ());
    let vault = Vault::initialize(private_config()).await.unwrap();
    let sealed = vault.seal(&aad(), &"before".into()).await.unwrap();

    fs::rename(&tokens, &real).unwrap();
    fs::rename(&other, &tokens).unwrap();
    until(async || is_unavailable(&vault.health().await)).await;
    // Several tries to connect later.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(is_unavailable(&vault.health().await));
    assert!(is_unavailable(&vault.open(&aad(), &sealed).await));

    fs::rename(&tokens, &other).unwrap();
    fs::rename(&real, &tokens).unwrap();
    until(async || vault.health().await.is_ok()).await;
    assert_reads(&vault.open(&aad(), &sealed).await.unwrap(), "before");
}

#[tokio::test]
async fn a_key_that_is_missing_unsafe_or_ambiguous_is_refused() {
    let name = "a_key_that_is_missing_unsafe_or_ambiguous_is_refused";
    let Some(folder) = own_process(name) else {
        return;
    };
    let label = "seatledger-kek-v1";

    make_token(|session| {
        make_key(session, "another-application", true);
    });
    let missing = Vault::connect(private_config()).await;
    assert!(matches!(missing, Err(ConnectError::KeyMissing { .. })));

    start_over(&folder);
    make_token(|session| {
        make_key(session, label, true);
    });
    let unsafe_key = Vault::initialize(private_config()).await;
    assert!(matches!(unsafe_key, Err(ConnectError::KeyUnsafe { key }) if key == label));

    start_over(&folder);
    make_token(|session| {
        make_key(session, label, false);
        make_key(session, label, false);
    });
    let ambiguous = Vault::connect(private_config()).await;
    assert!(matches!(
        ambiguous,
        Err(ConnectError::KeyAmbiguous { count: 2, .. })
    ));
}

#[tokio::test]
async fn a_value_is_sealed_under_the_newest_key_that_may_encrypt() {
    let name = "a_value_is_sealed_under_the_newest_key_that_may_encrypt";
    let Some(_) = own_process(name) else { return };
    make_token(|session| {
        make_key(session, "seatledger-kek-v1", false);
        make_key(session, "seatledger-kek-v01", false);
    });
    let first = Vault::connect(private_config()).await.unwrap();
    let old = first.seal(&aad(), &"old".into()).await.unwrap();
    assert_eq!(old.key_version, 1);
    drop(first);

    let (pkcs11, session) = token_session();
    make_key(&session, "seatledger-kek-v2", false);
    // Pending: made, and not to be used yet.
    let pending = make_key(&session, "seatledger-kek-v3", false);
    session
        .update_attributes(pending, &[Attribute::Encrypt(false)])
        .unwrap();
    drop(session);
    pkcs11.finalize().unwrap();

    let second = Vault::connect(private_config()).await.unwrap();
    let new = second.rewrap(&aad(), &old).await.unwrap();
    assert_eq!(new.key_version, 2);
    for sealed in [old, new] {
        assert_reads(&second.open(&aad(), &sealed).await.unwrap(), "old");
    }
}

fn is_unavailable<T>(result: &Result<T, VaultError>) -> bool {
    matches!(result, Err(VaultError::Unavailable { .. }))
}
