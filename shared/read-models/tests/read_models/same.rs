//! Whatever happened, and however it arrived: live, rebuilt and replayed rows are the same.

use proptest::prelude::*;
use read_models::Model;

use crate::{
    history::{Dice, History},
    stage::{Stage, assert_same},
};

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(test);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 30, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn live_rows_equal_rebuilt_rows(seed in any::<u64>(), count in 1_usize..400, batch in 1_usize..120) {
        run(async {
            let mut stage = Stage::built().await;
            let mut live = stage.live(&Model::ALL).await;
            let mut history = History::new(seed, 3);
            stage.append_all(history.take(count)).await;
            stage.follow(&mut live, batch).await;
            let lived = stage.dump().await;
            stage.rebuild(&Model::ALL).await.unwrap();
            assert_same(&lived, &stage.dump().await, "live and rebuilt");
        });
    }

    #[test]
    fn restarts_duplicates_and_models_apart_change_nothing(seed in any::<u64>(), count in 1_usize..300) {
        run(async {
            let mut stage = Stage::built().await;
            let mut dice = Dice::new(seed);
            stage.append_all(History::new(seed, 2).take(count)).await;
            let (one, other) = Model::ALL.split_at(1 + dice.below(5) as usize);
            let mut lives = [stage.live(one).await, stage.live(other).await, stage.live(other).await];
            let mut tries = 0;
            while lives.iter().any(|live| live.position() < count as i64) {
                tries += 1;
                let at = if tries < 200 { dice.below(3) as usize } else { tries % 3 };
                // Some events again, some missing, from wherever this one stands.
                let back = dice.below(20) as i64;
                let after = (lives[at].position() - back).max(0);
                let events = stage.events(after, 1 + dice.below(60) as usize).await;
                let _ = lives[at].apply(events).await;
                if dice.below(5) == 0 {
                    lives[at] = stage.live(if at == 0 { one } else { other }).await;
                }
            }
            let lived = stage.dump().await;
            stage.rebuild(&Model::ALL).await.unwrap();
            assert_same(&lived, &stage.dump().await, "live and rebuilt");
        });
    }
}
