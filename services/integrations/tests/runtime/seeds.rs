//! Killed at any moment, with a system that fails at every other call: one ticket for each cause, always.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use domain::alert::Cause;
use integrations::psa::TicketState;
use tokio::time::{Instant, sleep, timeout};

use crate::{
    chance::Chance,
    stage::{Stage, short},
};

/// Accounts, each with its own seed, that one service carries at a time.
const TOGETHER: u64 = 10;
/// How often the service is killed.
const KILLS: u64 = 12;
/// Virtual seconds in a true one.
const SPEED: u64 = 60;
const CALM_MAX: Duration = Duration::from_secs(60);

#[expect(clippy::print_stdout, reason = "whoever repeats a run needs its seeds")]
async fn runs(first: u64) {
    let seeds: Vec<u64> = (first..first + TOGETHER).collect();
    println!("seeds {seeds:?}");
    let stage = Arc::new(Stage::new(SPEED).await);
    let mut msps = Vec::new();
    for &seed in &seeds {
        let msp = stage.with_tickets(seed).await;
        msp.system
            .fail_by_chance(350, TimeDelta::seconds(i64::try_from(seed % 20).unwrap()));
        msps.push(msp);
    }
    let mut chance = Chance(first);
    let mut alerts: Vec<Vec<_>> = msps.iter().map(|_| Vec::new()).collect();
    for round in 0..KILLS {
        for (msp, alerts) in msps.iter().zip(&mut alerts) {
            match chance.below(4) {
                0 | 1 if alerts.len() < 3 => {
                    let product = format!("product {}", alerts.len());
                    let finding = short(msp, &product, 2);
                    assert_eq!(finding.kind.cause(), Cause::Shortage);
                    let alert = stage.raise(msp, &finding, 1).await;
                    alerts.push((alert, finding, true));
                }
                2 => {
                    if let Some((alert, finding, true)) =
                        alerts.last_mut().map(|(a, f, open)| (*a, f, *open))
                    {
                        let mut worse = finding.clone();
                        worse.seats = worse.seats.map(|seats| seats + 1);
                        stage.worsen(msp, alert, finding, &worse).await;
                        *finding = worse;
                    }
                }
                3 => {
                    if let Some((alert, _, open)) = alerts.first_mut().filter(|(_, _, open)| *open)
                    {
                        *open = false;
                        stage.clear(msp, *alert).await;
                    }
                }
                _ => {}
            }
        }
        let lives = Duration::from_millis(300 + chance.below(700));
        // Dropped wherever it is.
        let _ = timeout(lives, integrations::run(stage.context.clone())).await;
        for (seed, msp) in seeds.iter().zip(&msps) {
            check_never_two(*seed, round, msp);
        }
    }
    for msp in &msps {
        msp.system.fail_by_chance(0, TimeDelta::zero());
    }
    let _running = stage.run();
    let began = Instant::now();
    for ((seed, msp), alerts) in seeds.iter().zip(&msps).zip(&alerts) {
        let wanted = alerts.iter().filter(|(_, _, open)| *open).count();
        loop {
            check_never_two(*seed, KILLS, msp);
            if msp.system.open().len() == wanted {
                break;
            }
            assert!(
                began.elapsed() < CALM_MAX,
                "seed {seed}: {wanted} wanted, {:#?}",
                msp.system.tickets()
            );
            sleep(Duration::from_millis(20)).await;
        }
    }
    sleep(Duration::from_millis(1_500)).await;
    for ((seed, msp), alerts) in seeds.iter().zip(&msps).zip(&alerts) {
        let wanted = alerts.iter().filter(|(_, _, open)| *open).count();
        assert_eq!(msp.system.open().len(), wanted, "seed {seed} does not rest");
        check_never_two(*seed, KILLS, msp);
    }
}

fn check_never_two(seed: u64, round: u64, msp: &crate::stage::Msp) {
    let tickets = msp.system.tickets();
    for kept in &tickets {
        let same = tickets.iter().filter(|other| {
            other.draft.reference == kept.draft.reference && other.shown.state == TicketState::Open
        });
        assert!(
            same.count() <= 1,
            "seed {seed}, round {round}: two open tickets: {tickets:#?}"
        );
    }
}

macro_rules! seeded {
    ($($name:ident $first:literal),* $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            runs($first).await;
        }
    )*};
}

seeded! {
    seeds_0_to_9 0, seeds_10_to_19 10, seeds_20_to_29 20, seeds_30_to_39 30, seeds_40_to_49 40,
    seeds_50_to_59 50, seeds_60_to_69 60, seeds_70_to_79 70, seeds_80_to_89 80, seeds_90_to_99 90,
    seeds_100_to_109 100, seeds_110_to_119 110, seeds_120_to_129 120, seeds_130_to_139 130,
    seeds_140_to_149 140, seeds_150_to_159 150, seeds_160_to_169 160, seeds_170_to_179 170,
    seeds_180_to_189 180, seeds_190_to_199 190,
}
