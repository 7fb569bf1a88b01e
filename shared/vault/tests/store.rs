//! The table of sealed values, on Postgres.
#![allow(
    clippy::unwrap_used,
    reason = "clippy takes only the test functions themselves for tests"
)]

mod common;

use std::time::Duration;

use common::database::{assert_refused, client, store, store_in};
use common::{aad, assert_reads, reference, sealed, vault};
use embedded::testing;
use sha2::Digest;
use tokio_postgres::error::SqlState;
use uuid::Uuid;
use vault::{Aad, SecretRef, SecretStore, StoreError};

/// More than an hour, which is what orphans are swept after.
const LONG: Duration = Duration::from_secs(7_200);

#[tokio::test]
async fn what_is_put_is_got_and_opens_after_a_restart() {
    let (_database, store) = store().await;
    let sealed = {
        let vault = vault().await;
        let sealed = vault.seal(&aad(), &"VK7JG-NPHTM".into()).await.unwrap();
        store.put(&aad(), &sealed).await.unwrap();
        sealed
    };
    let got = store.get(&aad()).await.unwrap().unwrap();
    assert_eq!(got, sealed);
    let vault = vault().await;
    assert_reads(&vault.open(&aad(), &got).await.unwrap(), "VK7JG-NPHTM");

    let next = Aad {
        version: 2,
        ..aad()
    };
    assert!(store.get(&next).await.unwrap().is_none());
}

#[tokio::test]
async fn a_version_is_put_once() {
    let (_database, store) = store().await;
    store.put(&aad(), &sealed(1)).await.unwrap();
    let again = store.put(&aad(), &sealed(2)).await;
    assert!(matches!(again, Err(StoreError::Exists(secret)) if secret == reference(&aad())));
    assert_eq!(store.get(&aad()).await.unwrap().unwrap(), sealed(1));
}

#[tokio::test]
async fn a_tenant_sees_and_touches_its_own_secrets_only() {
    let (_database, store) = store().await;
    let mine = aad();
    let theirs = Aad {
        tenant_id: Uuid::from_u128(77),
        ..aad()
    };
    store.put(&mine, &sealed(1)).await.unwrap();
    assert!(store.get(&theirs).await.unwrap().is_none());
    let shredded = store.shred(theirs.tenant_id, theirs.secret_id).await;
    assert_eq!(shredded.unwrap(), 0);
    let swept = sweep(&store, theirs.tenant_id, Duration::ZERO, &[]).await;
    assert_eq!(swept, 0);
    assert!(store.get(&mine).await.unwrap().is_some());
    // The same ids are free in another tenant.
    store.put(&theirs, &sealed(3)).await.unwrap();
    assert_eq!(store.get(&mine).await.unwrap().unwrap(), sealed(1));
}

#[tokio::test]
async fn shredding_a_secret_deletes_all_its_versions() {
    let (_database, store) = store().await;
    let other = Aad {
        secret_id: Uuid::from_u128(4),
        ..aad()
    };
    store.put(&other, &sealed(1)).await.unwrap();
    for version in 1..=3 {
        let place = Aad { version, ..aad() };
        store.put(&place, &sealed(1)).await.unwrap();
    }
    let (tenant, secret) = (aad().tenant_id, aad().secret_id);
    assert_eq!(store.shred(tenant, secret).await.unwrap(), 3);
    assert_eq!(store.shred(tenant, secret).await.unwrap(), 0);
    assert!(store.get(&aad()).await.unwrap().is_none());
    assert!(store.get(&other).await.unwrap().is_some());
}

#[tokio::test]
async fn orphans_are_swept_once_they_are_old_and_unknown() {
    let (database, store) = store().await;
    let tenant = aad().tenant_id;
    // More than two pages of a sweep.
    let owner = client(database.owner_config()).await;
    let copied = owner
        .execute(include_str!("many_secrets.sql"), &[&tenant])
        .await
        .unwrap();
    assert_eq!(copied, 1_200);
    store.put(&aad(), &sealed(1)).await.unwrap();

    let known: Vec<SecretRef> = (1..=1_200_u128)
        .filter(|number| number % 3 == 0)
        .map(|number| SecretRef {
            secret_id: Uuid::from_u128(number << 64),
            version: 1,
        })
        .collect();
    assert_eq!(sweep(&store, tenant, 2 * LONG, &known).await, 0);
    assert_eq!(sweep(&store, tenant, LONG, &known).await, 800);
    assert_eq!(sweep(&store, tenant, LONG, &known).await, 0);
    // The one that is not old yet may still get its event.
    assert!(store.get(&aad()).await.unwrap().is_some());
    assert_eq!(sweep(&store, tenant, Duration::ZERO, &known).await, 1);
}

#[tokio::test]
async fn a_sweep_that_cannot_ask_the_ledger_deletes_nothing() {
    let (_database, store) = store().await;
    store.put(&aad(), &sealed(1)).await.unwrap();
    let asked = store
        .sweep_orphans(
            aad().tenant_id,
            Duration::ZERO,
            async |_: Vec<SecretRef>| {
                Err::<Vec<SecretRef>, _>(StoreError::Malformed(reference(&aad())))
            },
        )
        .await;
    assert!(asked.is_err());
    assert!(store.get(&aad()).await.unwrap().is_some());
}

#[tokio::test]
async fn nothing_but_the_wrapping_of_a_row_ever_changes() {
    let (database, store) = store().await;
    store.put(&aad(), &sealed(1)).await.unwrap();
    let vault = client(database.config("seatledger_vault")).await;
    let owner = client(database.owner_config()).await;
    vault
        .batch_execute(&format!("set app.tenant = '{}'", aad().tenant_id))
        .await
        .unwrap();
    for column in [
        "tenant_id = gen_random_uuid()",
        "secret_id = gen_random_uuid()",
        "version = 9",
        "asset_id = gen_random_uuid()",
        "field_key = 'other'",
        "nonce = decode(repeat('00', 12), 'hex')",
        "ciphertext = decode(repeat('00', 48), 'hex')",
        "created_at = now() - interval '1 year'",
    ] {
        let update = format!("update vault.secret_version set {column}");
        assert_refused(&vault, &update, &SqlState::INSUFFICIENT_PRIVILEGE).await;
        assert_refused(&owner, &update, &SqlState::INTEGRITY_CONSTRAINT_VIOLATION).await;
    }
    assert_refused(
        &vault,
        "truncate vault.secret_version",
        &SqlState::INSUFFICIENT_PRIVILEGE,
    )
    .await;
    assert_eq!(store.get(&aad()).await.unwrap().unwrap(), sealed(1));
}

#[tokio::test]
async fn without_a_tenant_the_wall_is_loud() {
    let (database, store) = store().await;
    store.put(&aad(), &sealed(1)).await.unwrap();
    let vault = client(database.config("seatledger_vault")).await;
    let select = "select from vault.secret_version";
    assert_refused(&vault, select, &SqlState::UNDEFINED_OBJECT).await;
    // What a pooled connection is left with.
    vault
        .batch_execute("begin; set local app.tenant = 'x'; commit")
        .await
        .unwrap();
    assert_refused(&vault, select, &SqlState::INVALID_TEXT_REPRESENTATION).await;

    for other in [
        "seatledger_command",
        "seatledger_query",
        "seatledger_projector",
    ] {
        let other = client(database.config(other)).await;
        assert_refused(&other, select, &SqlState::INSUFFICIENT_PRIVILEGE).await;
    }
}

#[tokio::test]
async fn the_database_holds_no_plaintext() {
    const PLANTED: &str = "PLANTED-CANARY-7F3A9";
    let (database, store) = store().await;
    let vault = vault().await;
    let sealed = vault.seal(&aad(), &PLANTED.into()).await.unwrap();
    let fingerprint = vault
        .fingerprint(&store, aad().tenant_id, &PLANTED.into())
        .await
        .unwrap();
    store
        .put_with_fingerprint(&aad(), &sealed, &fingerprint)
        .await
        .unwrap();
    let owner = client(database.owner_config()).await;
    let row: String = owner
        .query_one(include_str!("all_rows.sql"), &[])
        .await
        .unwrap()
        .get(0);
    let hex: String = PLANTED.bytes().map(|byte| format!("{byte:02x}")).collect();
    for start in 0..=PLANTED.len() - 4 {
        assert!(!row.contains(&PLANTED[start..start + 4]));
        assert!(!row.contains(&hex[start * 2..(start + 4) * 2]));
    }
    // Nor a hash that whoever guesses the secret could make too.
    let unkeyed = sha2::Sha256::digest(PLANTED);
    let unkeyed: String = unkeyed.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(!row.contains(&unkeyed));
    assert_reads(&vault.open(&aad(), &sealed).await.unwrap(), PLANTED);
}

#[tokio::test]
async fn the_migrator_is_enough_and_migrating_again_changes_nothing() {
    let database = testing::postgres().empty_database().await;
    let mut owner = client(database.owner_config()).await;
    event_log::migrate(&mut owner).await.unwrap();
    let mut migrator = client(database.config("seatledger_migrator")).await;
    vault::migrate(&mut migrator).await.unwrap();
    let store = store_in(&database);
    store.put(&aad(), &sealed(1)).await.unwrap();
    vault::migrate(&mut migrator).await.unwrap();
    vault::migrate(&mut owner).await.unwrap();
    assert_eq!(store.get(&aad()).await.unwrap().unwrap(), sealed(1));
    let owners: Vec<String> = owner
        .query(include_str!("owners.sql"), &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert_eq!(owners, ["seatledger_owner"]);
}

async fn sweep(
    store: &SecretStore,
    tenant_id: Uuid,
    older_than: Duration,
    known: &[SecretRef],
) -> u64 {
    store
        .sweep_orphans(tenant_id, older_than, async |candidates: Vec<SecretRef>| {
            let known = candidates
                .iter()
                .filter(|candidate| known.contains(candidate));
            Ok::<_, StoreError>(known.copied().collect())
        })
        .await
        .unwrap()
}
