//! Any history of several licenses, seen as pools.

use std::collections::BTreeSet;

use super::{
    CALENDAR_DAYS,
    model::date,
    nth,
    steps::{Step, World, step},
};
use domain::{
    Refusal,
    asset::{License, LicenseDay},
    compliance::{PEAK_WINDOW_DAYS, PoolDay, PoolKey, Standing, pool_days, pools_of},
    money::Amounts,
};
use proptest::prelude::*;
use serde_json::json;

/// Long enough for a peak of the calendar to leave its window.
const DAYS: usize = CALENDAR_DAYS as usize + PEAK_WINDOW_DAYS as usize + 30;

/// What a pool's licenses add up to on a day, told one by one.
struct Naive(Vec<LicenseDay>);

impl Naive {
    fn owned(&self) -> i64 {
        self.0.iter().map(|share| share.owned.unwrap_or(0)).sum()
    }

    fn in_use(&self) -> i64 {
        self.0.iter().map(|share| share.in_use.unwrap_or(0)).sum()
    }

    fn incomplete(&self) -> bool {
        self.0
            .iter()
            .any(|share| share.owned.is_none() || share.in_use.is_none())
    }
}

fn shares(licenses: &[License<'_>], key: &PoolKey, on: usize) -> Naive {
    let share = |license: &License<'_>| license.share(key.company, date(on));
    Naive(licenses.iter().filter_map(share).collect())
}

fn within(part: &Amounts, whole: &Amounts) -> bool {
    part.iter().all(|part| {
        whole
            .0
            .get(&part.currency)
            .is_some_and(|whole| part.amount <= *whole)
    })
}

fn check_day(pool: &PoolDay, naive: &Naive, peaks: &[(i64, i64)]) -> Result<(), TestCaseError> {
    prop_assert_eq!((pool.owned, pool.in_use), (naive.owned(), naive.in_use()));
    prop_assert_eq!(pool.incomplete, naive.incomplete());
    if !pool.incomplete {
        let exceeded = peaks.iter().filter(|(owned, in_use)| in_use > owned);
        let short = exceeded
            .map(|(_, in_use)| in_use - pool.owned)
            .max()
            .unwrap_or(0)
            .max(0);
        let peak = peaks.iter().map(|(_, in_use)| *in_use).max().unwrap_or(0);
        prop_assert_eq!(
            (pool.short, pool.spare),
            (short, (pool.owned - peak).max(0))
        );
        prop_assert_eq!(pool.standing == Standing::Covered, pool.short == 0);
    } else {
        prop_assert_eq!(pool.spare, 0, "nothing is spare while a count is missing");
        prop_assert!(pool.standing != Standing::Covered);
    }
    prop_assert!(
        pool.short == 0 || pool.spare == 0,
        "short or spare, never both"
    );
    prop_assert!(pool.recoverable_now <= pool.spare);
    prop_assert!(within(&pool.recoverable_now_cost, &pool.spare_cost));
    prop_assert!(pool.spare > 0 || pool.spare_cost.is_empty());
    prop_assert!(pool.short > 0 || pool.short_cost.is_empty());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// A pool has on each day what its licenses have, and is judged by that: by the day alone, or by the peaks of
    /// the window.
    #[test]
    fn a_pool_is_the_sum_of_its_licenses_on_every_day(
        concurrent in any::<bool>(),
        ends in proptest::collection::vec(proptest::option::of(0..CALENDAR_DAYS), 1..4),
        steps in proptest::collection::vec((any::<prop::sample::Index>(), step()), 1..40)
    ) {
        let mut world = World::new();
        let metric = if concurrent { "Concurrent" } else { "Per-user" };
        let mut ids = Vec::new();
        for end in ends {
            let mut values = json!({"product_name": "Visio", "license_type": metric, "annual_cost": 1200});
            if let Some(end) = end {
                values["expiry_date"] = json!(nth(end).to_string());
            }
            ids.push(world.license(values));
        }
        for (which, step) in steps.iter().filter(|(_, step)| !matches!(step, Step::Transfer { .. })) {
            let id = *which.get(&ids);
            let Some(given) = world.command(id, step) else { continue };
            match world.ledger.when(given.command) {
                Ok(_) | Err(Refusal::Invalid(_) | Refusal::Conflict(_)) => {}
                Err(refusal) => prop_assert!(false, "{:?}: {}", step, refusal),
            }
        }
        let licenses: Vec<License<'_>> = ids.iter().map(|&id| world.ledger.license(id)).collect();
        let keys: BTreeSet<PoolKey> = licenses.iter().flat_map(pools_of).collect();
        let days: Vec<_> = licenses.iter().map(License::days).collect();
        for key in &keys {
            let pool = pool_days(key, &days);
            let mut peaks = Vec::new();
            for on in 0..DAYS {
                let naive = shares(&licenses, key, on);
                let told = pool.iter().find(|interval| interval.holds(date(on)));
                prop_assert_eq!(told.is_some(), !naive.0.is_empty(), "{:?} on day {}", key, on);
                peaks.push((naive.owned(), naive.in_use()));
                let window = if concurrent { PEAK_WINDOW_DAYS as usize } else { 1 };
                let window = &peaks[peaks.len().saturating_sub(window)..];
                if let Some(told) = told {
                    check_day(&told.value, &naive, window)
                        .map_err(|error| TestCaseError::fail(format!("day {on}: {error}")))?;
                }
            }
        }
    }
}
