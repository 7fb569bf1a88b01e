//! The life of a key-encryption key, on SoftHSM and Postgres. Each test has a token of its own.
#![allow(
    clippy::unwrap_used,
    reason = "clippy takes only the test functions themselves for tests"
)]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use common::database::{client, store, store_named};
use common::stage::{ROWS, Stage, assert_opens, options, place, tenant};
use common::token::{own_process, private_config};
use common::{aad, assert_reads, reference, until};
use proptest::prelude::{ProptestConfig, Strategy, any};
use proptest::test_runner::TestRunner;
use tokio::sync::Notify;
use vault::{
    Aad, KeyError, KeyRing, KeyRingError, KeyState, Progress, RotateOptions, Sealed, SecretStore,
    StoreError, Vault, VaultError,
};

/// Where a process that seals beside the test finds its database.
const SEALER_DATABASE: &str = "VAULT_TEST_SEALER_DATABASE";

#[tokio::test]
async fn a_rotation_wraps_everything_anew_and_the_old_key_can_then_be_destroyed() {
    let name = "a_rotation_wraps_everything_anew_and_the_old_key_can_then_be_destroyed";
    let Some(_) = own_process(name) else { return };
    let stage = Stage::new().await;
    let (mine, theirs) = (tenant(1), tenant(2));
    let before = stage.ciphertexts().await;
    let fingerprint = stage.fingerprint(mine, "secret 1").await;
    assert_eq!(stage.states().await, [(1, KeyState::Primary, 2 * ROWS)]);
    let old = stage.store.get(&place(mine, 1)).await.unwrap().unwrap();
    assert!(matches!(
        stage.ring.destroy(1).await,
        Err(KeyRingError::Key(KeyError::State {
            state: KeyState::Primary,
            ..
        }))
    ));

    let mut said = Vec::new();
    let rotated = stage
        .ring
        .rotate(|progress| said.push(progress))
        .await
        .unwrap();
    assert_eq!((rotated.version, rotated.resumed), (2, false));
    // The index key of the one tenant that has a fingerprint is among them.
    assert_eq!(u128::from(rotated.rewrapped), 2 * ROWS + 1);
    assert_eq!(rotated.unopened.count, 0);
    assert_eq!(said[0], Progress::Made { version: 2 });
    assert!(matches!(said[1], Progress::Settling { version: 2, .. }));
    assert_eq!(said[2], Progress::Promoted { version: 2 });
    let (done, total) = (rotated.rewrapped, rotated.rewrapped);
    assert_eq!(said.last(), Some(&Progress::Rewrapping { done, total }));

    assert_eq!(
        stage.states().await,
        [
            (1, KeyState::DecryptOnly, 0),
            (2, KeyState::Primary, 2 * ROWS)
        ]
    );
    stage.assert_all_open().await;
    assert_eq!(stage.ciphertexts().await, before);
    assert_eq!(stage.fingerprint(mine, "secret 1").await, fingerprint);
    let late = place(theirs, 99);
    let sealed = stage.vault.seal(&late, &"late".into()).await.unwrap();
    assert_eq!(sealed.key_version, 2);
    // Sealed long ago, and not yet destroyed: it still opens, and may still be stored.
    assert_reads(
        &stage.vault.open(&place(mine, 1), &old).await.unwrap(),
        "secret 1",
    );

    stage.ring.destroy(1).await.unwrap();
    stage.ring.destroy(1).await.unwrap();
    let opened = stage.vault.open(&place(mine, 1), &old).await;
    assert!(matches!(
        opened,
        Err(VaultError::KeyMissing { key_version: 1 })
    ));
    let put = stage.store.put(&late, &old).await;
    let Err(StoreError::Query { source, .. }) = put else {
        panic!("what was sealed under a destroyed key was stored: {put:?}");
    };
    let message = source.as_db_error().unwrap().message().to_owned();
    assert!(message.contains("version 1 of the key-encryption key is destroyed"));
    assert_eq!(
        stage.states().await,
        [
            (1, KeyState::Destroyed, 0),
            (2, KeyState::Primary, 2 * ROWS)
        ]
    );
    stage.vault.health().await.unwrap();
    stage.assert_all_open().await;
    // After a restart too, and its number is not given again.
    let stage = stage.restarted().await;
    stage.assert_all_open().await;
    assert_eq!(stage.ring.rotate(|_| ()).await.unwrap().version, 3);
    assert_eq!(stage.fingerprint(mine, "secret 1").await, fingerprint);
}

#[tokio::test]
async fn a_rotation_that_is_killed_at_any_row_goes_on_and_loses_nothing() {
    let name = "a_rotation_that_is_killed_at_any_row_goes_on_and_loses_nothing";
    let Some(_) = own_process(name) else { return };
    let stage = Stage::new().await;
    let here = tokio::runtime::Handle::current();
    let cut_short = AtomicU32::new(0);
    let property = move || {
        let mut runner = TestRunner::new(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::with_cases(24)
        });
        // Some are killed more than once before they come through.
        let kills = proptest::collection::vec(any::<Kill>(), 1..4);
        runner
            .run(&kills, |kills| {
                here.block_on(async {
                    let next = stage.primary().await + 1;
                    for kill in kills {
                        rotate_and_kill(&stage.ring, kill).await;
                        stage.assert_all_open().await;
                        if stage.ring.status().await.unwrap().rotation_unfinished {
                            cut_short.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                    if stage.primary().await < next
                        || stage.ring.status().await.unwrap().rotation_unfinished
                    {
                        let rotated = stage.ring.rotate(|_| ()).await.unwrap();
                        assert!(rotated.version >= next);
                        assert_eq!(rotated.unopened.count, 0);
                    }
                    let status = stage.ring.status().await.unwrap();
                    assert!(!status.rotation_unfinished);
                    let (primary, older) = status.keys.split_last().unwrap();
                    assert_eq!(primary.state, KeyState::Primary);
                    assert_eq!(u128::from(primary.secrets), 2 * ROWS);
                    for key in older {
                        assert_eq!((key.state, key.secrets), (KeyState::DecryptOnly, 0));
                        assert_eq!(key.index_keys, 0);
                    }
                    stage.assert_all_open().await;
                });
                Ok(())
            })
            .map_err(|failure| failure.to_string())?;
        // Or nothing was tried.
        Ok::<_, String>(cut_short.load(Ordering::SeqCst))
    };
    let cut_short = tokio::task::spawn_blocking(property)
        .await
        .unwrap()
        .unwrap();
    assert!(cut_short >= 10, "{cut_short}");
}

#[tokio::test]
async fn a_rotation_that_was_killed_before_its_key_was_used_makes_no_other() {
    let name = "a_rotation_that_was_killed_before_its_key_was_used_makes_no_other";
    let Some(_) = own_process(name) else { return };
    let stage = Stage::new().await;
    let killed = Arc::new(Notify::new());
    let settling = KeyRing::new(
        stage.vault.clone(),
        stage.store.clone(),
        RotateOptions {
            settle: Duration::from_secs(3_600),
            ..options()
        },
    );
    tokio::select! {
        biased;
        () = killed.notified() => {}
        rotated = settling.rotate(|progress| {
            if matches!(progress, Progress::Settling { .. }) {
                killed.notify_one();
            }
        }) => panic!("it did not wait: {rotated:?}"),
    }
    assert_eq!(
        stage.states().await,
        [(1, KeyState::Primary, 2 * ROWS), (2, KeyState::Pending, 0)]
    );
    // Nobody uses it yet.
    let sealed = stage.vault.seal(&aad(), &"meanwhile".into()).await.unwrap();
    assert_eq!(sealed.key_version, 1);
    assert!(matches!(
        stage.ring.destroy(2).await,
        Err(KeyRingError::Key(KeyError::State { .. }))
    ));
    let rotated = stage.ring.rotate(|_| ()).await.unwrap();
    assert_eq!((rotated.version, rotated.resumed), (2, true));
    stage.assert_all_open().await;
    assert_reads(
        &stage.vault.open(&aad(), &sealed).await.unwrap(),
        "meanwhile",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_whose_connections_are_cut_loses_nothing() {
    let name = "a_rotation_whose_connections_are_cut_loses_nothing";
    let Some(_) = own_process(name) else { return };
    let stage = Stage::new().await;
    let owner = client(stage.database.owner_config()).await;
    let here = tokio::runtime::Handle::current();
    for cut_at in [1, 4, 5, 2 * u64::try_from(ROWS).unwrap()] {
        let before = stage.primary().await;
        let cut = stage
            .ring
            .rotate(|progress| {
                let Progress::Rewrapping { done, .. } = progress else {
                    return;
                };
                if done == cut_at {
                    let cut = owner.execute(include_str!("cut_the_vault.sql"), &[]);
                    tokio::task::block_in_place(|| here.block_on(cut)).unwrap();
                }
            })
            .await;
        // Cut between two statements, the pool connects anew and it comes through. Otherwise the next run does, once the
        // pool has seen which of its connections are gone.
        if cut.is_err() {
            until(async || match stage.ring.rotate(|_| ()).await {
                Ok(rotated) => rotated.resumed,
                Err(_) => false,
            })
            .await;
        }
        assert_eq!(stage.primary().await, before + 1);
        let older: u128 = stage
            .states()
            .await
            .iter()
            .rev()
            .skip(1)
            .map(|key| key.2)
            .sum();
        assert_eq!(older, 0);
        stage.assert_all_open().await;
    }
}

#[tokio::test]
async fn a_process_that_seals_beside_a_rotation_needs_no_restart() {
    let name = "a_process_that_seals_beside_a_rotation_needs_no_restart";
    let Some(folder) = own_process(name) else {
        return;
    };
    if let Some(database) = std::env::var_os(SEALER_DATABASE) {
        return seal_beside(&folder, database.to_str().unwrap()).await;
    }
    let stage = Stage::new().await;
    let mut sealers: Vec<Child> = (0..2)
        .map(|number| {
            Command::new(std::env::current_exe().unwrap())
                .args([name, "--exact", "--nocapture"])
                .env(
                    SEALER_DATABASE,
                    format!("{} {number}", stage.database.name()),
                )
                .spawn()
                .unwrap()
        })
        .collect();
    let has_sealed = |number: u32, version: i32| folder.join(format!("{number} sealed v{version}"));
    let all_seal_under = async |version| {
        until(async || (0..2).all(|number| has_sealed(number, version).exists())).await;
    };
    all_seal_under(1).await;
    let rotated = stage.ring.rotate(|_| ()).await.unwrap();
    assert_eq!(rotated.version, 2);
    // At once: the HSM refuses the old key to who still knows it as the primary.
    all_seal_under(2).await;
    // Whatever was sealed just before and stored just afterwards is wrapped anew first.
    stage.ring.destroy(1).await.unwrap();
    // They seal on, and are well, without the key of their first canary.
    for number in 0..2 {
        fs::remove_file(has_sealed(number, 2)).unwrap();
    }
    all_seal_under(2).await;
    fs::write(folder.join("stop"), "").unwrap();
    for sealer in &mut sealers {
        assert!(sealer.wait().unwrap().success());
    }
    let status = stage.ring.status().await.unwrap();
    assert!(status.keys.iter().all(|key| key.state != KeyState::Missing));
    stage.assert_all_open().await;
}

/// Seals, stores and opens until told to stop, as a command service does.
async fn seal_beside(folder: &Path, database: &str) {
    let (database, number) = database.split_once(' ').unwrap();
    let store = store_named(database);
    let vault = Vault::connect(private_config()).await.unwrap();
    let tenant_id = tenant(10 + number.parse::<u128>().unwrap());
    let mut stored: Vec<Aad> = Vec::new();
    for next in 1.. {
        if folder.join("stop").exists() {
            break;
        }
        let place = place(tenant_id, next);
        let text = place.secret_id.to_string();
        let sealed = served(async || vault.seal(&place, &text.as_str().into()).await).await;
        match store.put(&place, &sealed).await {
            Ok(()) => stored.push(place),
            // Its key was destroyed in between: a service seals again.
            Err(StoreError::Query { source, .. }) if source.as_db_error().is_some() => continue,
            Err(error) => panic!("{error}"),
        }
        let done = format!("{number} sealed v{}", sealed.key_version);
        fs::write(folder.join(done), "").unwrap();
        // It is wrapped anew under a key that was not there when this process began.
        let theirs = self::place(tenant(1), 1);
        for place in stored.iter().rev().take(5).chain(stored.iter().take(5)) {
            opens_beside(&vault, &store, place, &place.secret_id.to_string()).await;
        }
        opens_beside(&vault, &store, &theirs, "secret 1").await;
        served(async || vault.health().await).await;
    }
    for place in &stored {
        opens_beside(&vault, &store, place, &place.secret_id.to_string()).await;
    }
}

async fn opens_beside(vault: &Vault, store: &SecretStore, place: &Aad, text: &str) {
    let sealed = store.get(place).await.unwrap().unwrap();
    let opened = served(async || vault.open(place, &sealed).await).await;
    assert_reads(&opened, text);
}

/// A vault that connects anew, since a key is gone, says so; nothing else is forgiven.
async fn served<T>(mut work: impl AsyncFnMut() -> Result<T, VaultError>) -> T {
    let mut answer = None;
    until(async || match work().await {
        Ok(value) => {
            answer = Some(value);
            true
        }
        Err(VaultError::Unavailable { .. }) => false,
        Err(error) => panic!("{error}"),
    })
    .await;
    answer.unwrap()
}

#[tokio::test]
async fn two_rotations_at_once_make_one_key_each_and_in_turn() {
    let name = "two_rotations_at_once_make_one_key_each_and_in_turn";
    let Some(_) = own_process(name) else { return };
    let stage = Stage::new().await;
    let (one, other) = tokio::join!(stage.ring.rotate(|_| ()), stage.ring.rotate(|_| ()));
    let mut versions = [one.unwrap().version, other.unwrap().version];
    versions.sort_unstable();
    assert_eq!(versions, [2, 3]);
    stage.assert_all_open().await;

    let holder = client(stage.database.config("seatledger_vault")).await;
    holder
        .execute(include_str!("hold_the_keys.sql"), &[])
        .await
        .unwrap();
    assert!(matches!(
        stage.ring.rotate(|_| ()).await,
        Err(KeyRingError::Locked)
    ));
    assert!(matches!(
        stage.ring.destroy(1).await,
        Err(KeyRingError::Locked)
    ));
}

#[tokio::test]
async fn a_row_that_does_not_open_holds_up_no_other_and_keeps_its_key_alive() {
    let name = "a_row_that_does_not_open_holds_up_no_other_and_keeps_its_key_alive";
    let Some(_) = own_process(name) else { return };
    let stage = Stage::new().await;
    // Sealed for another place than where it lies.
    let moved = place(tenant(1), 500);
    let sealed = stage.vault.seal(&aad(), &"moved".into()).await.unwrap();
    stage.store.put(&moved, &sealed).await.unwrap();
    let lost = place(tenant(2), 501);
    let under_lost = Sealed {
        key_version: 1,
        wrapped_key: vec![7; 48],
        ..sealed.clone()
    };
    stage.store.put(&lost, &under_lost).await.unwrap();

    let rotated = stage.ring.rotate(|_| ()).await.unwrap();
    assert_eq!(u128::from(rotated.rewrapped), 2 * ROWS);
    assert_eq!(rotated.unopened.count, 2);
    assert_eq!(
        rotated.unopened.secrets,
        [reference(&moved), reference(&lost)]
    );
    stage.assert_all_open().await;
    assert!(matches!(
        stage.ring.destroy(1).await,
        Err(KeyRingError::InUse {
            version: 1,
            rows: 2
        })
    ));
    // The next rotation makes a key all the same.
    let rotated = stage.ring.rotate(|_| ()).await.unwrap();
    assert_eq!((rotated.version, rotated.resumed), (3, false));
    for row in [moved, lost] {
        stage
            .store
            .shred(row.tenant_id, row.secret_id)
            .await
            .unwrap();
    }
    stage.ring.destroy(1).await.unwrap();
    stage.ring.destroy(2).await.unwrap();
    stage.assert_all_open().await;
}

#[tokio::test]
async fn a_key_is_not_destroyed_under_a_value_that_is_being_stored() {
    let name = "a_key_is_not_destroyed_under_a_value_that_is_being_stored";
    let Some(_) = own_process(name) else { return };
    let stage = Stage::new().await;
    stage.ring.rotate(|_| ()).await.unwrap();
    let storing = client(stage.database.config("seatledger_vault")).await;
    storing
        .batch_execute(&format!(
            "begin; set local app.tenant = '{}'; {}",
            tenant(5),
            include_str!("one_under_version_1.sql")
        ))
        .await
        .unwrap();
    let (destroyed, stored) = tokio::join!(stage.ring.destroy(1), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        storing.batch_execute("commit").await
    });
    stored.unwrap();
    assert!(matches!(
        destroyed,
        Err(KeyRingError::InUse {
            version: 1,
            rows: 1
        })
    ));
}

#[tokio::test]
async fn what_was_stored_after_its_rotation_went_by_is_wrapped_anew_before_its_key_goes() {
    let name = "what_was_stored_after_its_rotation_went_by_is_wrapped_anew_before_its_key_goes";
    let Some(_) = own_process(name) else { return };
    let stage = Stage::new().await;
    let late = place(tenant(2), 700);
    let sealed = stage.vault.seal(&late, &"late".into()).await.unwrap();
    stage.ring.rotate(|_| ()).await.unwrap();
    stage.store.put(&late, &sealed).await.unwrap();
    let states = stage.states().await;
    assert_eq!(
        states,
        [
            (1, KeyState::DecryptOnly, 1),
            (2, KeyState::Primary, 2 * ROWS)
        ]
    );
    stage.ring.destroy(1).await.unwrap();
    assert_opens(&stage.vault, &stage.store, &late, "late").await;
    stage.assert_all_open().await;
}

#[tokio::test]
async fn a_key_is_not_destroyed_on_the_word_of_another_database() {
    let name = "a_key_is_not_destroyed_on_the_word_of_another_database";
    let Some(_) = own_process(name) else { return };
    let stage = Stage::new().await;
    stage.ring.rotate(|_| ()).await.unwrap();
    // It names no key at all.
    let (_other_database, other_store) = store().await;
    let other = KeyRing::new(stage.vault.clone(), other_store, options());
    assert!(matches!(
        other.destroy(1).await,
        Err(KeyRingError::NotRotatedHere { primary: 2 })
    ));
    stage.assert_all_open().await;
    stage.ring.destroy(1).await.unwrap();
}

#[tokio::test]
async fn a_version_that_is_not_there_is_told_and_never_made_again() {
    let name = "a_version_that_is_not_there_is_told_and_never_made_again";
    let Some(_) = own_process(name) else { return };
    let stage = Stage::new().await;
    assert!(matches!(
        stage.ring.destroy(9).await,
        Err(KeyRingError::Key(KeyError::Missing { version: 9 }))
    ));
    // The token is older than the database.
    let lost = place(tenant(1), 500);
    let sealed = stage.vault.seal(&lost, &"lost".into()).await.unwrap();
    let sealed = Sealed {
        key_version: 4,
        ..sealed
    };
    stage.store.put(&lost, &sealed).await.unwrap();
    let states = stage.states().await;
    assert_eq!(
        states,
        [(1, KeyState::Primary, 2 * ROWS), (4, KeyState::Missing, 1)]
    );
    assert_eq!(stage.ring.rotate(|_| ()).await.unwrap().version, 5);
    stage.assert_all_open().await;
}

/// Where a rotation is killed.
#[derive(Clone, Copy, Debug)]
enum Kill {
    Made,
    Promoted,
    Row(u32),
}

impl proptest::arbitrary::Arbitrary for Kill {
    type Parameters = ();
    type Strategy = proptest::strategy::BoxedStrategy<Self>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        (0..30_u32)
            .prop_map(|at| match at {
                0 => Self::Made,
                1 => Self::Promoted,
                row => Self::Row(row - 1),
            })
            .boxed()
    }
}

/// Drops the rotation where it is told to; it may come through before.
async fn rotate_and_kill(ring: &KeyRing, kill: Kill) {
    let (reached, killed) = (AtomicU32::new(0), Notify::new());
    let rotation = ring.rotate(|progress| {
        let here = match (progress, kill) {
            (Progress::Made { .. }, Kill::Made) | (Progress::Promoted { .. }, Kill::Promoted) => {
                true
            }
            (Progress::Rewrapping { .. }, Kill::Row(row)) => {
                reached.fetch_add(1, Ordering::SeqCst) + 1 == row
            }
            _ => false,
        };
        if here {
            killed.notify_one();
        }
    });
    tokio::select! {
        biased;
        () = killed.notified() => {}
        done = rotation => { done.unwrap(); }
    }
}
