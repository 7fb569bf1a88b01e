use proptest::prelude::*;

use super::*;

const HOUR: Duration = Duration::from_secs(60 * 60);

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

#[test]
fn a_delivery_is_tried_soon_and_then_over_three_days() {
    let (mut now, mut times) = (start(), Vec::new());
    while let Some(next) = next_attempt(Uuid::nil(), times.len() as u32 + 1, now, None) {
        now = next;
        times.push((now - start()).num_seconds());
    }
    let nominal = [
        5, 65, 365, 2_165, 9_365, 27_365, 63_365, 99_365, 135_365, 171_365, 207_365, 243_365,
    ];
    assert_eq!(times.len(), nominal.len());
    assert_eq!(times.len() as u32 + 1, ATTEMPTS_MAX);
    for (time, nominal) in times.into_iter().zip(nominal) {
        assert!(
            (nominal * 90 / 100..=nominal * 105 / 100 + 1).contains(&time),
            "{time} for {nominal}"
        );
    }
}

#[test]
fn a_receiver_is_given_the_time_it_asks_for_within_reason() {
    let wait = |failed, asked| {
        let next = next_attempt(Uuid::nil(), failed, start(), Some(asked)).unwrap();
        (next - start()).to_std().unwrap()
    };
    assert_eq!(wait(1, 2 * HOUR), 2 * HOUR);
    assert_eq!(wait(1, 1000 * HOUR), 10 * HOUR);
    assert_eq!(wait(1, Duration::MAX), 10 * HOUR);
    assert!(wait(6, Duration::ZERO) > 4 * HOUR, "no sooner than ours");
    let after_the_last = next_attempt(Uuid::nil(), ATTEMPTS_MAX, start(), Some(HOUR));
    assert_eq!(after_the_last, None, "it asks, but for three days it did");
}

proptest! {
    #[test]
    fn every_delivery_ends_within_three_days_or_soon_after_waits_it_was_asked_for(
        id in any::<u128>(),
        asked in proptest::collection::vec(proptest::option::of(0_u64..1_000_000), 12),
        late in proptest::collection::vec(0_i64..600_000, 12),
    ) {
        let id = Uuid::from_u128(id);
        let mut now = start();
        for failed in 1..ATTEMPTS_MAX {
            let next = next_attempt(id, failed, now, None).unwrap();
            prop_assert_eq!(next_attempt(id, failed, now, None), Some(next), "whoever asks");
            prop_assert!(next > now);
            now = next;
        }
        prop_assert_eq!(next_attempt(id, ATTEMPTS_MAX, now, None), None);
        prop_assert!((now - start()).to_std().unwrap() <= TRIED_FOR_MAX);

        // However late we are ourselves, no attempt is left out.
        let mut now = start();
        for failed in 1..ATTEMPTS_MAX {
            let at = failed as usize - 1;
            let next = next_attempt(id, failed, now, asked[at].map(Duration::from_secs)).unwrap();
            prop_assert!((next - now).to_std().unwrap() <= LONGEST * 105 / 100);
            now = next + chrono::Duration::seconds(late[at]);
        }
    }

    #[test]
    fn an_endpoint_that_takes_something_is_never_disabled_for_failing(
        steps in proptest::collection::vec((any::<bool>(), 0_i64..200_000), 1..200),
    ) {
        let (mut health, mut now, mut last_success) = (Health::default(), start(), start());
        for (succeeds, seconds) in steps {
            now += chrono::Duration::seconds(seconds);
            if succeeds {
                health = health.succeeded();
                last_success = now;
                prop_assert_eq!(health.circuit(), Circuit::Closed);
            } else {
                health = health.failed(now, false);
            }
            match health.circuit() {
                Circuit::Closed => prop_assert!(health.failures_in_row < DOWN_AFTER),
                Circuit::Open { probe_at } => {
                    prop_assert!(probe_at > now && probe_at <= now + PROBE_MAX);
                }
                Circuit::Disabled(why) => {
                    let Disabled::Failing { since } = why else { panic!("{why:?}") };
                    prop_assert!(since >= last_success && now - since >= chrono::Duration::hours(72));
                    prop_assert!(health.failures_in_row >= DOWN_AFTER);
                }
            }
        }
    }
}

#[test]
fn an_endpoint_that_fails_is_left_alone_ever_longer() {
    let (mut health, mut waits) = (Health::default(), Vec::new());
    for _ in 0..40 {
        health = health.failed(start(), false);
        if let Circuit::Open { probe_at } = health.circuit() {
            waits.push((probe_at - start()).num_seconds());
        }
    }
    assert_eq!(&waits[..7], [30, 60, 120, 240, 480, 900, 900]);
    assert_eq!(waits.len(), 36, "four failures are no outage");
}

#[test]
fn when_an_endpoint_is_disabled() {
    let at = |hours| start() + chrono::Duration::hours(hours);
    let failing = Circuit::Disabled(Disabled::Failing { since: at(0) });
    for (name, hours, gone, wanted) in [
        ("nothing failed", vec![], false, Some(Circuit::Closed)),
        (
            "two failures with a quiet week between",
            vec![0, 168],
            false,
            Some(Circuit::Closed),
        ),
        ("many within hours", vec![0, 1, 2, 3, 4, 5], false, None),
        ("just before three days", vec![0, 1, 2, 3, 71], false, None),
        ("for three days", vec![0, 1, 2, 3, 72], false, Some(failing)),
        (
            "it says so itself",
            vec![0],
            true,
            Some(Circuit::Disabled(Disabled::Gone)),
        ),
    ] {
        let health = hours.into_iter().fold(Health::default(), |health, hours| {
            health.failed(at(hours), gone)
        });
        let circuit = health.circuit();
        match wanted {
            Some(wanted) => assert_eq!(circuit, wanted, "{name}"),
            None => assert!(
                matches!(circuit, Circuit::Open { .. }),
                "{name}: {circuit:?}"
            ),
        }
        assert_eq!(health.succeeded().circuit(), Circuit::Closed, "{name}");
    }
}
