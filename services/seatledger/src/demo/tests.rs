use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use domain::{
    Command, Refusal,
    asset::License,
    asset_type::Metric,
    compliance::{PoolDay, PoolKey, Status, pool_days, pools_of},
    expiry::{Bucket, Expiring},
    ids::{HolderId, TenantId},
    policy::Policy,
};

use uuid::Uuid;

use super::{Holders, Step, companies::COMPANIES, ids::Ids, schemas, steps, tale, testing::Ledger};

/// An ordinary day, the ends of February and of the year, and a day after a leap day.
const DAYS: [&str; 5] = [
    "2026-11-24",
    "2028-02-29",
    "2027-03-01",
    "2026-12-31",
    "2027-01-01",
];

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// The demo with holders that have ids.
fn told(tenant: TenantId, today: NaiveDate) -> Vec<Step> {
    let ids = (1..).map(|id| HolderId(Uuid::from_u128(id)));
    let holders = Holders::of_ids(ids.take(Holders::names().len()).collect());
    steps(tenant, today, &holders)
}

#[track_caller]
fn loaded(today: NaiveDate) -> Ledger {
    let mut ledger = Ledger::on(today);
    ledger
        .give(Command::AdoptStartingSet)
        .expect("well-known products");
    for step in told(ledger.tenant, today) {
        ledger
            .sealed
            .extend(step.keys.iter().map(|key| key.value.clone()));
        if let Err(refusal) = ledger.give(step.command) {
            panic!("{today}: {} is refused: {refusal:?}", step.name);
        }
    }
    ledger
}

fn licenses(ledger: &Ledger) -> Vec<License<'_>> {
    let assets = ledger.assets().into_iter();
    assets
        .filter_map(|asset| License::of(asset, ledger.asset_type(asset.type_id), ledger.catalog()))
        .collect()
}

fn pools(ledger: &Ledger, today: NaiveDate) -> BTreeMap<PoolKey, PoolDay> {
    let mut members: BTreeMap<PoolKey, Vec<_>> = BTreeMap::new();
    for license in licenses(ledger) {
        for key in pools_of(&license) {
            members.entry(key).or_default().push(license.days());
        }
    }
    let at = |(key, members): (PoolKey, Vec<_>)| {
        let days = pool_days(&key, &members);
        let position = days
            .into_iter()
            .find(|interval| interval.holds(today))?
            .value;
        Some((key, position))
    };
    members.into_iter().filter_map(at).collect()
}

#[test]
fn every_command_is_accepted_whatever_the_day() {
    for today in DAYS {
        let ledger = loaded(day(today));
        let count = licenses(&ledger).len();
        assert!((200..=240).contains(&count), "{count} licenses");
        assert!(
            ledger.recorded.len() < 10_000,
            "it must load within seconds"
        );
    }
}

#[test]
fn a_second_load_makes_no_license_twice() {
    let today = day(DAYS[0]);
    let mut ledger = loaded(today);
    for step in told(ledger.tenant, today) {
        if let domain::Command::RegisterAsset { .. } = step.command {
            let refused = ledger.give(step.command);
            assert!(matches!(refused, Err(Refusal::Conflict(_))), "{refused:?}");
        }
    }
}

#[test]
fn two_accounts_share_nothing() {
    let today = day(DAYS[0]);
    let ids = |tenant| {
        let steps = told(TenantId(Uuid::from_u128(tenant)), today).into_iter();
        let made = steps.filter_map(|step| match step.command {
            domain::Command::RegisterAsset { id, .. } => Some(id),
            _ => None,
        });
        made.collect::<BTreeSet<_>>()
    };
    assert!(ids(1).is_disjoint(&ids(2)));
}

#[test]
fn the_same_day_gives_the_same_steps_with_names_of_their_own() {
    let (tenant, today) = (Ledger::on(day(DAYS[0])).tenant, day(DAYS[0]));
    let once: Vec<String> = told(tenant, today)
        .iter()
        .map(|step| format!("{:?}", step.command))
        .collect();
    let twice: Vec<String> = told(tenant, today)
        .iter()
        .map(|step| format!("{:?}", step.command))
        .collect();
    assert_eq!(once, twice);
    let names: BTreeSet<String> = told(tenant, today)
        .into_iter()
        .map(|step| step.name)
        .collect();
    assert_eq!(names.len(), once.len());
}

#[test]
fn every_license_stands_today_as_its_table_says() {
    for today in DAYS.map(day) {
        let ledger = loaded(today);
        let ids = Ids::of(ledger.tenant);
        let by_id: BTreeMap<_, _> = licenses(&ledger)
            .into_iter()
            .map(|license| (license.asset.id, license))
            .collect();
        for company in &COMPANIES {
            for holding in company.holdings.iter().copied().flatten() {
                let name = tale::name(company, holding);
                let position = by_id[&ids.asset(&name)].on(today).expect("a position");
                assert_eq!(
                    (position.total, position.in_use),
                    (holding.owned, holding.used),
                    "{name} on {today}"
                );
            }
        }
    }
}

#[test]
fn pools_stand_in_every_way_that_there_is() {
    for today in DAYS.map(day) {
        let ledger = loaded(today);
        let mut counts: BTreeMap<Status, usize> = BTreeMap::new();
        for position in pools(&ledger, today).values() {
            *counts
                .entry(position.status(&Policy::default()))
                .or_default() += 1;
        }
        for (status, word) in Status::ALL {
            assert!(
                counts.get(&status).is_some_and(|count| *count >= 3),
                "{word} on {today}: {counts:?}"
            );
        }
        assert!(
            counts[&Status::Compliant] > 100,
            "most are in order: {counts:?}"
        );
    }
}

#[test]
fn licenses_of_every_metric_end_in_every_stretch_of_time() {
    let today = day(DAYS[0]);
    let ledger = loaded(today);
    let (mut metrics, mut buckets) = (BTreeSet::new(), BTreeSet::new());
    for license in licenses(&ledger) {
        metrics.insert(license.metric);
        let ends = license.term.on(today).map(|expiry| expiry.expiry_on(today));
        buckets.extend(ends.map(|end| Bucket::of((end - today).num_days())));
    }
    let expected = [
        Metric::PerUser,
        Metric::PerDevice,
        Metric::PerCore,
        Metric::Concurrent,
        Metric::Site,
    ];
    assert_eq!(metrics, BTreeSet::from(expected));
    assert_eq!(buckets.len(), 6, "{buckets:?}");
}

#[test]
fn certificates_expire_though_they_are_no_licenses() {
    let today = day(DAYS[0]);
    let ledger = loaded(today);
    let type_id = Ids::of(ledger.tenant).asset_type(schemas::CERTIFICATE);
    let certificates = ledger
        .assets()
        .into_iter()
        .filter(|asset| asset.type_id == type_id);
    let ends: Vec<_> = certificates
        .map(|asset| Expiring::of(asset, ledger.asset_type(type_id), ledger.catalog()).on(today))
        .collect();
    assert_eq!(ends.len(), 14);
    assert!(ends.iter().all(Option::is_some));
}

#[test]
fn history_spans_two_years_and_reaches_beyond_today() {
    let today = day(DAYS[0]);
    let ledger = loaded(today);
    let days: BTreeSet<NaiveDate> = ledger
        .recorded
        .iter()
        .map(|fact| fact.effective_on)
        .collect();
    assert!(
        days.first()
            .is_some_and(|first| first.year() <= today.year() - 2)
    );
    assert!(days.last().is_some_and(|last| *last > today));
    let months = days
        .iter()
        .map(|day| (day.year(), day.month()))
        .collect::<BTreeSet<_>>();
    assert!(months.len() >= 24, "{} months", months.len());
}

#[test]
fn what_is_activated_by_a_key_has_one_of_its_own() {
    let ledger = loaded(day(DAYS[0]));
    let keys: Vec<&String> = ledger.sealed.iter().collect();
    assert!(keys.len() >= 30, "{} keys", keys.len());
    assert!(keys.iter().all(|key| key.starts_with("DEMO-")));
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
}

#[test]
fn a_license_that_is_shared_is_one_short_at_one_client_and_stale_at_another() {
    for today in DAYS.map(day) {
        let ledger = loaded(today);
        let ids = Ids::of(ledger.tenant);
        let shared = ids.asset("Northwind IT Services/Huntress Managed EDR/all clients");
        let license = licenses(&ledger)
            .into_iter()
            .find(|license| license.asset.id == shared)
            .expect("the shared license");
        let key = license.product_key();
        let pools = pools(&ledger, today);
        let of = |company| {
            let found = pools
                .iter()
                .find(|(pool, _)| pool.company == ids.company(company) && pool.product == key);
            found.expect(company).1
        };
        assert_eq!(of("Contoso Dental").short, 1, "{today}");
        assert_eq!(
            of("Contoso Dental").status(&Policy::default()),
            Status::UnderLicensed
        );
        assert!(of("Alpine Ski House").is_stale(&Policy::default(), today));
        let stale = pools
            .values()
            .filter(|pool| pool.is_stale(&Policy::default(), today));
        assert_eq!(stale.count(), 2, "{today}");
        let sharing = license
            .days()
            .into_iter()
            .filter(|share| share.holds(today));
        assert_eq!(sharing.count(), 12, "eleven clients, and the MSP itself");
    }
}

#[test]
fn a_key_stands_for_each_seat_and_a_seat_that_stays_with_its_machine_is_not_given_back() {
    let today = day(DAYS[0]);
    let ledger = loaded(today);
    let ids = Ids::of(ledger.tenant);
    let known = licenses(&ledger);
    let license = |name: &str| {
        let found = known
            .iter()
            .find(|license| license.asset.id == ids.asset(name));
        found.unwrap_or_else(|| panic!("no {name}"))
    };
    let keyed = license("Trey Research/Camtasia 2024/").asset;
    assert_eq!(keyed.keys.len(), 4);
    let oem = license("Contoso Dental/Windows 11 Pro/reception").on(today);
    assert_eq!(
        oem.expect("a position").in_use,
        Some(5),
        "one was taken back, and is gone"
    );
    let pilot = license("Wingtip Accounting/Microsoft 365 Copilot/pilot").on(today);
    let pilot = pilot.expect("a position");
    assert_eq!((pilot.total, pilot.in_use), (Some(13), Some(9)));
    let parts = [
        "Adventure Works Cycles/Foxit PDF Editor+/workshop",
        "Adventure Works Cycles/Foxit PDF Editor+/workshop/Tailspin Toys",
    ];
    for part in parts {
        assert_eq!(
            license(part).on(today).expect("a position").total,
            Some(6),
            "{part}"
        );
    }
    let decided = known
        .iter()
        .filter(|license| !license.asset.renewals.is_empty());
    assert_eq!(decided.count(), 5);
}
