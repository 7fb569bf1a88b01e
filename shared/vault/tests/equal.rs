//! Equal secrets are found by their fingerprints, and what ends a secret ends its fingerprint.
#![allow(
    clippy::unwrap_used,
    reason = "clippy takes only the test functions themselves for tests"
)]

mod common;

use std::time::Duration;

use common::database::{assert_refused, client, store};
use common::{aad, reference, sealed, vault};
use tokio_postgres::error::SqlState;
use uuid::Uuid;
use vault::{
    Aad, EqualSecret, Fingerprint, FingerprintError, KeyRing, Progress, RotateOptions, SecretStore,
    StoreError, Vault, VaultError,
};

const KEY: &str = "VK7JG-NPHTM-C97JM-9MPGT-3V66T";

#[tokio::test]
async fn equal_values_of_an_account_are_found_and_no_others() {
    let (_database, store) = store().await;
    let vault = vault().await;
    let (mine, theirs) = (aad().tenant_id, Uuid::from_u128(77));
    for (tenant_id, number, text) in [
        (mine, 1, KEY),
        (mine, 2, "  VK7JG-NPHTM-C97JM-9MPGT-3V66T\n"),
        (mine, 3, "vk7jg-nphtm-c97jm-9mpgt-3v66t"),
        (mine, 4, "VK7JG NPHTM C97JM 9MPGT 3V66T"),
        (mine, 5, "another"),
        (theirs, 6, KEY),
    ] {
        keep(&vault, &store, &place(tenant_id, number), text).await;
    }
    let fingerprint = fingerprint(&vault, &store, mine, KEY).await;
    assert_eq!(
        store.find_equal(mine, &fingerprint).await.unwrap(),
        [found(&place(mine, 1)), found(&place(mine, 2))]
    );
    assert_eq!(store.find_equal(theirs, &fingerprint).await.unwrap(), []);
    let other = self::fingerprint(&vault, &store, theirs, KEY).await;
    assert_ne!(fingerprint, other);
    assert_eq!(
        store.find_equal(theirs, &other).await.unwrap(),
        [found(&place(theirs, 6))]
    );
}

#[tokio::test]
async fn a_fingerprint_is_the_same_after_a_restart_and_for_all_who_ask_first_at_once() {
    let (_database, store) = store().await;
    let tenant_id = aad().tenant_id;
    let first = {
        let vault = vault().await;
        let asked: Vec<_> = (0..16)
            .map(|_| {
                let (vault, store) = (vault.clone(), store.clone());
                tokio::spawn(async move { fingerprint(&vault, &store, tenant_id, KEY).await })
            })
            .collect();
        let mut answered = Vec::new();
        for asked in asked {
            answered.push(asked.await.unwrap());
        }
        answered.dedup();
        assert_eq!(answered.len(), 1);
        answered[0]
    };
    let vault = vault().await;
    assert_eq!(fingerprint(&vault, &store, tenant_id, KEY).await, first);
}

#[tokio::test]
async fn every_version_is_found_until_it_is_deleted() {
    let (_database, store) = store().await;
    let vault = vault().await;
    let tenant_id = aad().tenant_id;
    for version in 1..=3 {
        let place = Aad { version, ..aad() };
        keep(&vault, &store, &place, KEY).await;
    }
    keep(&vault, &store, &place(tenant_id, 9), KEY).await;
    let fingerprint = fingerprint(&vault, &store, tenant_id, KEY).await;
    let all = async || store.find_equal(tenant_id, &fingerprint).await.unwrap();
    assert_eq!(all().await.len(), 4);
    store.delete(tenant_id, &[reference(&aad())]).await.unwrap();
    assert_eq!(all().await.len(), 3);
    assert_eq!(store.shred(tenant_id, aad().secret_id).await.unwrap(), 2);
    assert_eq!(all().await, [found(&place(tenant_id, 9))]);
    assert_eq!(store.shred(tenant_id, aad().secret_id).await.unwrap(), 0);
}

#[tokio::test]
async fn what_an_older_release_stored_is_backfilled_and_a_kill_costs_nothing() {
    const ROWS: u64 = 23;
    let (database, store) = store().await;
    let vault = vault().await;
    let ring = ring(&vault, &store);
    let (mine, theirs) = (aad().tenant_id, Uuid::from_u128(77));
    for tenant_id in [mine, theirs] {
        for number in 1..=ROWS {
            let place = place(tenant_id, number.into());
            let sealed = vault.seal(&place, &KEY.into()).await.unwrap();
            store.put(&place, &sealed).await.unwrap();
        }
    }
    let broken = place(mine, 1_000);
    store.put(&broken, &sealed(1)).await.unwrap();
    let left = async || ring.status().await.unwrap().without_fingerprint;
    assert_eq!(left().await, 2 * ROWS + 1);

    for kill_at in [1, 4, 6, ROWS] {
        let killed = tokio::sync::Notify::new();
        let before = left().await;
        tokio::select! {
            biased;
            () = killed.notified() => {}
            backfilled = ring.backfill_fingerprints(|progress| {
                if matches!(progress, Progress::Backfilling { done, .. } if done == kill_at) {
                    killed.notify_one();
                }
            }) => assert!(backfilled.unwrap().backfilled + 1 >= before),
        }
        assert!(left().await <= before);
    }
    let rest = left().await;
    assert!((2..2 * ROWS).contains(&rest), "{rest}");
    let backfilled = ring.backfill_fingerprints(|_| ()).await.unwrap();
    assert_eq!(backfilled.backfilled, rest - 1);
    assert_eq!(backfilled.unopened.secrets, [reference(&broken)]);
    assert_eq!(left().await, 1);
    for tenant_id in [mine, theirs] {
        let fingerprint = fingerprint(&vault, &store, tenant_id, KEY).await;
        let found = store.find_equal(tenant_id, &fingerprint).await.unwrap();
        assert_eq!(found.len(), usize::try_from(ROWS).unwrap());
    }
    drop(database);
}

#[tokio::test]
async fn neither_a_fingerprint_nor_an_index_key_is_ever_another() {
    let (database, store) = store().await;
    let vault = vault().await;
    keep(&vault, &store, &aad(), KEY).await;
    let role = client(database.config("seatledger_vault")).await;
    let owner = client(database.owner_config()).await;
    role.batch_execute(&format!("set app.tenant = '{}'", aad().tenant_id))
        .await
        .unwrap();
    for statement in [
        "update vault.secret_version set fingerprint = decode(repeat('00', 32), 'hex')",
        "update vault.secret_version set fingerprint = null",
    ] {
        for client in [&role, &owner] {
            assert_refused(client, statement, &SqlState::INTEGRITY_CONSTRAINT_VIOLATION).await;
        }
    }
    for (statement, code) in [
        (
            "delete from vault.index_key",
            SqlState::INSUFFICIENT_PRIVILEGE,
        ),
        ("truncate vault.index_key", SqlState::INSUFFICIENT_PRIVILEGE),
        (
            "update vault.index_key set tenant_id = gen_random_uuid()",
            SqlState::INSUFFICIENT_PRIVILEGE,
        ),
        (
            "update vault.key_version set destroyed_at = now()",
            SqlState::INSUFFICIENT_PRIVILEGE,
        ),
        (
            "insert into vault.key_version (version, destroyed_at) values (1, now())",
            SqlState::INSUFFICIENT_PRIVILEGE,
        ),
    ] {
        assert_refused(&role, statement, &code).await;
    }
    assert_refused(
        &owner,
        "update vault.index_key set tenant_id = gen_random_uuid()",
        &SqlState::INTEGRITY_CONSTRAINT_VIOLATION,
    )
    .await;
    for other in [
        "seatledger_command",
        "seatledger_query",
        "seatledger_projector",
    ] {
        let other = client(database.config(other)).await;
        for statement in [
            "select from vault.index_key",
            "select from vault.key_version",
            "select vault.key_usage()",
            "select vault.condemn_key(1)",
        ] {
            assert_refused(&other, statement, &SqlState::INSUFFICIENT_PRIVILEGE).await;
        }
    }
}

#[tokio::test]
async fn an_index_key_opens_in_its_own_account_only() {
    let (database, store) = store().await;
    let (mine, theirs) = (aad().tenant_id, Uuid::from_u128(77));
    {
        let vault = vault().await;
        fingerprint(&vault, &store, mine, KEY).await;
    }
    let owner = client(database.owner_config()).await;
    owner
        .execute(include_str!("copy_index_key.sql"), &[&mine, &theirs])
        .await
        .unwrap();
    let vault = vault().await;
    let moved = vault.fingerprint(&store, theirs, &KEY.into()).await;
    assert!(matches!(
        moved,
        Err(FingerprintError::Vault(VaultError::Tampered))
    ));
    fingerprint(&vault, &store, mine, KEY).await;
}

#[tokio::test]
async fn a_shred_that_was_recorded_and_not_carried_out_is_finished() {
    let (database, store) = store().await;
    let tenant_id = aad().tenant_id;
    // More than two pages.
    let owner = client(database.owner_config()).await;
    owner
        .execute(include_str!("many_secrets.sql"), &[&tenant_id])
        .await
        .unwrap();
    for version in 1..=2 {
        store
            .put(&Aad { version, ..aad() }, &sealed(1))
            .await
            .unwrap();
    }
    let theirs = place(Uuid::from_u128(77), 3);
    store.put(&theirs, &sealed(1)).await.unwrap();
    let in_ledger = |secret_id: &Uuid| {
        let number = secret_id.as_u128() >> 64;
        *secret_id == aad().secret_id || (number > 0 && number.is_multiple_of(3))
    };
    let finish = async || {
        store
            .finish_shreds(tenant_id, async |mut page: Vec<Uuid>| {
                page.retain(in_ledger);
                // What nobody asked about is left alone.
                page.push(Uuid::from_u128(1 << 64));
                Ok::<_, StoreError>(page)
            })
            .await
            .unwrap()
    };
    let unsure = store
        .finish_shreds(tenant_id, async |_: Vec<Uuid>| {
            Err::<Vec<Uuid>, _>(StoreError::Malformed(reference(&aad())))
        })
        .await;
    assert!(unsure.is_err());
    assert!(store.get(&aad()).await.unwrap().is_some());
    // The first page holds the secret with two versions, and the one that was pushed is on it.
    let shredded = finish().await;
    assert_eq!(shredded, 400 + 2 + 1);
    assert!(store.get(&aad()).await.unwrap().is_none());
    assert!(store.get(&theirs).await.unwrap().is_some());
    assert_eq!(finish().await, 0);
}

#[tokio::test]
async fn the_wall_between_accounts_stands() {
    let (database, _store) = store().await;
    let migrator = client(database.config("seatledger_migrator")).await;
    let keys = [
        "log.event_pkey",
        "log.event_event_id_key",
        "log.event_stream_id_version_key",
    ];
    let mut breaches = event_log::breaches(&migrator, &keys).await.unwrap();
    breaches.retain(|breach| breach.starts_with("vault."));
    assert_eq!(breaches, Vec::<String>::new());
}

fn ring(vault: &Vault, store: &SecretStore) -> KeyRing {
    let options = RotateOptions {
        settle: Duration::ZERO,
        batch_rows: 5,
        ..RotateOptions::default()
    };
    KeyRing::new(vault.clone(), store.clone(), options)
}

async fn keep(vault: &Vault, store: &SecretStore, place: &Aad, text: &str) {
    let sealed = vault.seal(place, &text.into()).await.unwrap();
    let fingerprint = fingerprint(vault, store, place.tenant_id, text).await;
    store
        .put_with_fingerprint(place, &sealed, &fingerprint)
        .await
        .unwrap();
}

async fn fingerprint(
    vault: &Vault,
    store: &SecretStore,
    tenant_id: Uuid,
    text: &str,
) -> Fingerprint {
    vault
        .fingerprint(store, tenant_id, &text.into())
        .await
        .unwrap()
}

fn place(tenant_id: Uuid, number: u128) -> Aad {
    Aad {
        tenant_id,
        secret_id: Uuid::from_u128(number),
        ..aad()
    }
}

fn found(place: &Aad) -> EqualSecret {
    EqualSecret {
        secret: reference(place),
        asset_id: place.asset_id,
    }
}
