//! Any history of a license, told in any order, against a naive model of each day.

use super::{
    CALENDAR_DAYS,
    model::{Model, date},
    nth,
    steps::{COMPANIES, Step, World, step},
};
use domain::{
    Answer, Refusal,
    asset::{InUseSource, License, LicenseDay},
    command::Detail,
    ids::AssetId,
};
use proptest::prelude::*;
use serde_json::json;

/// A little longer than the calendar: what happens on its last days goes on.
const DAYS: usize = CALENDAR_DAYS as usize + 20;

fn shares<'a>(license: &'a License<'_>, on: usize) -> impl Iterator<Item = LicenseDay> + 'a {
    let companies = license.companies().into_iter();
    companies.filter_map(move |company| license.share(company, date(on)))
}

/// What the companies own of a license on a day, added up; none if it is not known.
fn owned(license: &License<'_>, on: usize) -> Option<i64> {
    shares(license, on).map(|share| share.owned).sum()
}

/// What is true of a license on each day, whatever happened.
fn check_days(license: &License<'_>) -> Result<(), TestCaseError> {
    let days = license.days();
    for on in 0..DAYS {
        let day = date(on);
        let tracked = license.on(day).is_some();
        let whole = license.asset.seats.owned(day, license.term.in_force(day));
        if tracked {
            prop_assert_eq!(
                owned(license, on),
                whole,
                "what companies own adds up on day {}",
                on
            );
        }
        let named: i64 = shares(license, on)
            .filter(|share| share.source == InUseSource::Named)
            .filter_map(|share| share.in_use)
            .sum();
        if tracked && license.asset.source_on(day) == InUseSource::Named {
            let assignments = license.asset.seats.assignments.values();
            let held = assignments.filter(|assignment| assignment.holds(day));
            let held: i64 = held.map(|assignment| assignment.quantity).sum();
            prop_assert_eq!(named, held, "each assignment counts once on day {}", on);
        }
        for company in license.companies() {
            let alone = license.share(company, day);
            let mut own = days
                .iter()
                .filter(|days| days.value.company == company && days.holds(day));
            let told = own.next();
            prop_assert!(
                own.next().is_none(),
                "a company has one position on day {}",
                on
            );
            if let Some(told) = told {
                prop_assert_eq!(Some(&told.value), alone.as_ref(), "interval on day {}", on);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever order changes come in, each day holds what a day-by-day model says, for each company.
    #[test]
    fn any_history_equals_the_naive_model_on_every_day(
        end in proptest::option::of(0..CALENDAR_DAYS),
        steps in proptest::collection::vec(step(), 1..30)
    ) {
        let mut world = World::new();
        let mut values = json!({"product_name": "Visio"});
        if let Some(end) = end {
            values["expiry_date"] = json!(nth(end).to_string());
        }
        let id = world.license(values);
        let mut model = Model::new(end.map(|end| end as usize), COMPANIES);
        for step in steps.iter().filter(|step| !matches!(step, Step::Transfer { .. })) {
            let Some(given) = world.command(id, step) else { continue };
            match world.ledger.when(given.command.clone()) {
                Ok(_) => model.follow(step, given.id, &given.command),
                Err(Refusal::Invalid(_) | Refusal::Conflict(_)) => {}
                Err(refusal) => prop_assert!(false, "{:?}: {}", step, refusal),
            }
        }
        let license = world.ledger.license(id);
        for on in 0..DAYS {
            for (at, company) in world.companies.iter().enumerate() {
                let share = license.share(*company, date(on));
                let told = share.map(|share| (share.total, share.owned, share.in_use));
                prop_assert_eq!(told, model.share(at, on), "company {} on day {}", at, on);
            }
            let whole = license.asset.seats.owned(date(on), license.term.in_force(date(on)));
            prop_assert_eq!(whole, model.license_owned(on), "the license on day {}", on);
        }
        check_days(&license)?;
    }

    /// A transfer takes nothing away and makes nothing: on every day from it on both licenses have together what
    /// the one had, and on the days before nothing changed.
    #[test]
    fn a_transfer_keeps_every_seat_once(
        end in proptest::option::of(0..CALENDAR_DAYS),
        steps in proptest::collection::vec((any::<prop::sample::Index>(), step()), 1..30)
    ) {
        let mut world = World::new();
        let mut values = json!({"product_name": "Visio", "annual_cost": 1200});
        if let Some(end) = end {
            values["expiry_date"] = json!(nth(end).to_string());
        }
        let mut licenses = vec![world.license(values)];
        for (which, step) in &steps {
            let id = *which.get(&licenses);
            let Some(given) = world.command(id, step) else { continue };
            let before = snapshot(&world, id);
            let answer = match world.ledger.when(given.command.clone()) {
                Ok(answer) => answer,
                Err(Refusal::Invalid(_) | Refusal::Conflict(_)) => continue,
                Err(refusal) => return Err(TestCaseError::fail(format!("{step:?}: {refusal}"))),
            };
            if let (Step::Transfer { on, .. }, Answer { detail: Detail::Transferred(new), .. }) = (step, answer) {
                let (left, got) = (snapshot(&world, id), snapshot(&world, new));
                let from = *on as usize;
                // What was handed on on its first day is tracked on none.
                let handed_on = world.ledger.asset(id).tracked.days().next() == Some(date(from));
                if !handed_on {
                    prop_assert_eq!(&left[..from], &before[..from], "before the day nothing changed");
                }
                prop_assert!(got[..from].iter().all(Option::is_none), "the new license begins on the day");
                for on in from..DAYS {
                    prop_assert_eq!(together(left[on], got[on]), before[on], "day {}: {:?} and {:?}", on, left[on], got[on]);
                }
                licenses.push(new);
            }
        }
        for id in licenses {
            check_days(&world.ledger.license(id))?;
        }
    }
}

/// Seats that companies own together and have bought, on a day on which the license is tracked.
type Held = Option<(Option<i64>, Option<i64>)>;

fn snapshot(world: &World, id: AssetId) -> Vec<Held> {
    let license = world.ledger.license(id);
    let days = license.days();
    let on = |on| {
        days.iter().find(|days| days.holds(date(on)))?;
        Some((
            owned(&license, on),
            shares(&license, on).map(|share| share.total).sum(),
        ))
    };
    (0..DAYS).map(on).collect()
}

/// What two licenses have together; what is not known of one is not known of both.
fn together(one: Held, other: Held) -> Held {
    let add = |one: Option<i64>, other: Option<i64>| Some(one? + other?);
    match (one, other) {
        (Some(one), Some(other)) => Some((add(one.0, other.0), add(one.1, other.1))),
        (one, other) => one.or(other),
    }
}
