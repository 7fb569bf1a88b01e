//! Rebuilds beside readers, rivals and the live projector.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use read_models::{Error, Model, Stage as Progress, rebuild};

use crate::{
    history::History,
    stage::{Stage, assert_same, connect},
};

#[tokio::test(flavor = "multi_thread")]
async fn readers_never_see_half_a_generation() {
    let mut stage = Stage::built().await;
    stage.append_all(History::new(5, 2).take(600)).await;
    let mut live = stage.live(&Model::ALL).await;
    stage.follow(&mut live, 200).await;
    let wanted = stage
        .value("select count(*) from register.asset")
        .await
        .unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (config, done, wanted) =
                (stage.config("postgres"), Arc::clone(&done), wanted.clone());
            tokio::spawn(async move {
                let client = connect(&config).await;
                let statement = client
                    .prepare("select count(*)::text from register.asset")
                    .await
                    .unwrap();
                let mut reads = 0;
                while !done.load(Ordering::Relaxed) {
                    let count: String = client.query_one(&statement, &[]).await.unwrap().get(0);
                    assert_eq!(count, wanted);
                    reads += 1;
                }
                reads
            })
        })
        .collect();
    for _ in 0..3 {
        stage.rebuild(&Model::ALL).await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    for reader in readers {
        assert!(reader.await.unwrap() > 0);
    }
    let left =
        "select count(*) from pg_namespace where nspname like '%\\_next' or nspname like '%\\_old'";
    assert_eq!(stage.value(left).await.unwrap(), "0");
    let generations = "select string_agg(distinct generation::text, ',') from read.checkpoint";
    assert_eq!(stage.value(generations).await.unwrap(), "4");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_appended_during_a_rebuild_is_in_it() {
    let mut stage = Stage::built().await;
    let mut history = History::new(6, 2);
    stage.append_all(history.take(300)).await;
    let mut live = stage.live(&Model::ALL).await;
    let (sender, mut indexing) = tokio::sync::mpsc::unbounded_channel();
    let on_stage = Arc::new(move |stage| {
        if matches!(stage, Progress::Indexing { done: 1, .. }) {
            let _ = sender.send(());
        }
    });
    let sources = stage.sources();
    let rebuilding = tokio::spawn(async move { rebuild(&sources, &Model::ALL, on_stage).await });
    indexing.recv().await.unwrap();
    stage.append_all(history.take(250)).await;
    // Until the new generation is in its place.
    let moved = loop {
        let events = stage.events(live.position(), 20).await;
        if events.is_empty() {
            break None;
        }
        if let Err(error) = live.apply(events).await {
            break Some(error);
        }
    };
    assert!(
        matches!(moved, None | Some(Error::Moved { .. })),
        "{moved:?}"
    );
    let rebuilt = rebuilding.await.unwrap().unwrap();
    assert!(rebuilt.sequence >= 300);
    stage.append_all(history.take(20)).await;
    let moved = live.apply(stage.events(live.position(), 5).await).await;
    assert!(matches!(moved, Err(Error::Moved { .. })), "{moved:?}");
    let mut live = stage.live(&Model::ALL).await;
    stage.follow(&mut live, 50).await;
    let lived = stage.dump().await;
    stage.rebuild(&Model::ALL).await.unwrap();
    assert_same(&lived, &stage.dump().await, "live and rebuilt");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_that_was_given_up_leaves_the_live_rows_and_can_be_begun_again() {
    let mut stage = Stage::built().await;
    stage.append_all(History::new(7, 2).take(500)).await;
    stage.rebuild(&Model::ALL).await.unwrap();
    let before = stage.dump().await;
    for at in 0..4 {
        let (sender, mut reached) = tokio::sync::mpsc::unbounded_channel();
        let on_stage = Arc::new(move |stage| {
            let here = match stage {
                Progress::Folding { .. } => at == 0,
                Progress::Indexing { done, total } => {
                    at == 1 && done == 1 || at == 2 && done == total
                }
                Progress::Swapping => at == 3,
            };
            if here {
                let _ = sender.send(());
            }
        });
        let sources = stage.sources();
        let rebuilding =
            tokio::spawn(async move { rebuild(&sources, &Model::ALL, on_stage).await });
        reached.recv().await.unwrap();
        rebuilding.abort();
        let _ = rebuilding.await;
        assert_same(&before, &stage.dump().await, "before and after");
    }
    again(&stage).await;
    assert_same(&before, &stage.dump().await, "before and rebuilt");
}

/// Rebuilds once the one that was given up has let go of its lock, which its connection does on its own.
async fn again(stage: &Stage) {
    loop {
        match stage.rebuild(&Model::ALL).await {
            Ok(_) => return,
            Err(Error::Busy) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_model_can_be_rebuilt_alone_and_two_rebuilds_do_not_meet() {
    let mut stage = Stage::built().await;
    stage.append_all(History::new(8, 2).take(300)).await;
    let mut live = stage.live(&Model::ALL).await;
    stage.follow(&mut live, 100).await;
    let lived = stage.dump().await;
    let (one, two) = tokio::join!(
        stage.rebuild(&[Model::Expiry]),
        stage.rebuild(&[Model::Trail])
    );
    let outcomes = [one, two];
    assert_eq!(
        outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Err(Error::Busy)))
            .count(),
        1
    );
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_same(&lived, &stage.dump().await, "live and rebuilt");
}
