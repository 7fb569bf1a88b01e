//! The rules of pools: what is short, spare, unknown or unlimited, and from which day on.

use crate::support::{Ledger, day};
use domain::{
    asset::License,
    compliance::{PoolDay, PoolKey, Standing, Status, pool_days, pools_of},
    ids::AssetId,
    policy::Policy,
};
use serde_json::{Value as Json, json};

/// The pool of some licenses on a day.
fn pool(ledger: &Ledger, ids: &[AssetId], on: &str) -> Option<PoolDay> {
    let licenses: Vec<License<'_>> = ids.iter().map(|&id| ledger.license(id)).collect();
    let key: PoolKey = pools_of(&licenses[0]).into_iter().next()?;
    assert!(
        licenses
            .iter()
            .all(|license| pools_of(license).contains(&key)),
        "they are one pool"
    );
    let days: Vec<_> = licenses.iter().map(License::days).collect();
    let pool = pool_days(&key, &days);
    pool.into_iter()
        .find(|interval| interval.holds(day(on)))
        .map(|interval| interval.value)
}

fn license(metric: &str, values: Json) -> Json {
    let mut all = json!({"product_name": "Visio", "license_type": metric});
    all.as_object_mut()
        .unwrap()
        .extend(values.as_object().unwrap().clone());
    all
}

#[track_caller]
fn check(case: &str, licenses: &[Json], on: &str, expected: (Status, i64, i64)) {
    let mut ledger = Ledger::new();
    let (license_type, company) = (ledger.license_type(), ledger.company("Contoso Dental"));
    let ids: Vec<AssetId> = licenses
        .iter()
        .map(|values| ledger.register(license_type, company, values.clone()))
        .collect();
    let position = pool(&ledger, &ids, on).expect(case);
    let status = position.status(&Policy::default());
    assert_eq!(
        (status, position.short, position.spare),
        expected,
        "{case}: {position:?}"
    );
}

#[test]
fn a_pool_stands_as_its_seats_say() {
    let today = "2026-06-01";
    let seats = |owned: i64, used: i64| {
        license(
            "Per-user",
            json!({"total_seats": owned, "assigned_seats": used}),
        )
    };
    check(
        "more used than owned",
        &[seats(25, 27)],
        today,
        (Status::UnderLicensed, 2, 0),
    );
    check(
        "exactly enough",
        &[seats(25, 25)],
        today,
        (Status::Compliant, 0, 0),
    );
    check(
        "one spare of many",
        &[seats(25, 24)],
        today,
        (Status::Compliant, 0, 1),
    );
    check(
        "a fifth spare",
        &[seats(25, 20)],
        today,
        (Status::OverLicensed, 0, 5),
    );
    check(
        "less than a fifth spare",
        &[seats(26, 21)],
        today,
        (Status::Compliant, 0, 5),
    );
    check(
        "one of two spare is too few to matter",
        &[seats(2, 1)],
        today,
        (Status::Compliant, 0, 1),
    );
    check(
        "nothing bought, nothing used",
        &[seats(0, 0)],
        today,
        (Status::Compliant, 0, 0),
    );
    let uncounted = license("Per-user", json!({"total_seats": 5}));
    check(
        "a count is missing",
        std::slice::from_ref(&uncounted),
        today,
        (Status::Unknown, 0, 0),
    );
    check(
        "short in spite of a missing count",
        &[seats(1, 9), uncounted],
        today,
        (Status::UnderLicensed, 3, 0),
    );
    let unbought = license("Per-user", json!({"assigned_seats": 5}));
    check(
        "what is owned is not known",
        &[unbought],
        today,
        (Status::Unknown, 0, 0),
    );
    check(
        "two purchases on two licenses add up",
        &[seats(10, 12), seats(5, 1)],
        today,
        (Status::Compliant, 0, 2),
    );
}

#[test]
fn a_lapsed_license_that_is_used_is_graver_than_a_shortage() {
    let lapsed = license(
        "Subscription",
        json!({"total_seats": 5, "assigned_seats": 5, "purchase_date": "2025-05-01", "expiry_date": "2026-05-31"}),
    );
    check(
        "lapsed and used",
        std::slice::from_ref(&lapsed),
        "2026-06-01",
        (Status::ExpiredInUse, 5, 0),
    );
    let current = license(
        "Subscription",
        json!({"total_seats": 30, "assigned_seats": 20}),
    );
    check(
        "covered by another license",
        &[lapsed, current],
        "2026-06-01",
        (Status::Compliant, 0, 5),
    );
    let renewing = license(
        "Subscription",
        json!({"total_seats": 5, "assigned_seats": 5, "expiry_date": "2026-06-30", "auto_renew": true}),
    );
    check(
        "nobody advanced the date",
        &[renewing],
        "2026-07-20",
        (Status::Compliant, 0, 0),
    );
}

#[test]
fn sites_are_unlimited_while_in_force_and_usage_never_short() {
    let site = license("Site", json!({"expiry_date": "2026-06-30"}));
    check(
        "in force",
        std::slice::from_ref(&site),
        "2026-06-30",
        (Status::Unlimited, 0, 0),
    );
    check(
        "lapsed, nobody knows who uses it",
        &[site],
        "2026-07-01",
        (Status::Unknown, 0, 0),
    );
    let used = license(
        "Site",
        json!({"total_seats": 1, "assigned_seats": 40, "expiry_date": "2026-06-30"}),
    );
    check(
        "lapsed and used",
        &[used],
        "2026-07-01",
        (Status::ExpiredInUse, 40, 0),
    );
}

#[test]
fn concurrent_use_is_judged_by_the_peaks_of_the_window() {
    let mut ledger = Ledger::new();
    let (license_type, company) = (ledger.license_type(), ledger.company("Contoso Dental"));
    let values = license(
        "Concurrent",
        json!({"total_seats": 10, "assigned_seats": 8}),
    );
    let id = ledger.register(license_type, company, values);
    ledger
        .on("2026-06-10")
        .patch(id, json!({"assigned_seats": 13}));
    ledger
        .on("2026-06-11")
        .patch(id, json!({"assigned_seats": 7}));
    let on = |ledger: &Ledger, day: &str| {
        let position = pool(ledger, &[id], day).unwrap();
        (position.standing, position.short)
    };
    assert_eq!(on(&ledger, "2026-06-09"), (Standing::Covered, 0));
    assert_eq!(on(&ledger, "2026-06-10"), (Standing::UnderLicensed, 3));
    assert_eq!(
        on(&ledger, "2026-09-07"),
        (Standing::UnderLicensed, 3),
        "the peak's 90th day"
    );
    assert_eq!(
        on(&ledger, "2026-09-08"),
        (Standing::Covered, 0),
        "the peak has left the window"
    );
    // Seats bought since cover the peak; a lawful reduction after it does not make one.
    ledger
        .on("2026-07-01")
        .patch(id, json!({"total_seats": 12}));
    assert_eq!(on(&ledger, "2026-07-01"), (Standing::UnderLicensed, 1));
    ledger
        .on("2026-07-02")
        .patch(id, json!({"total_seats": 20}));
    assert_eq!(on(&ledger, "2026-07-02"), (Standing::Covered, 0));
    ledger.on("2026-10-20").patch(id, json!({"total_seats": 7}));
    assert_eq!(on(&ledger, "2026-10-20"), (Standing::Covered, 0));
}

#[test]
fn a_corrected_count_leaves_no_peak() {
    let mut ledger = Ledger::new();
    let (license_type, company) = (ledger.license_type(), ledger.company("Contoso Dental"));
    let values = license(
        "Concurrent",
        json!({"total_seats": 20, "assigned_seats": 8}),
    );
    let id = ledger.register(license_type, company, values);
    ledger
        .on("2026-06-10")
        .patch(id, json!({"assigned_seats": 100}));
    ledger
        .on("2026-06-12")
        .patch_as(id, json!({"assigned_seats": 10}), None, true);
    assert_eq!(
        pool(&ledger, &[id], "2026-06-12").unwrap().standing,
        Standing::Covered
    );
}

#[test]
fn an_archived_license_is_in_no_pool() {
    let mut ledger = Ledger::new();
    let (license_type, company) = (ledger.license_type(), ledger.company("Contoso Dental"));
    let id = ledger.register(license_type, company, crate::support::contoso());
    ledger
        .on("2026-06-05")
        .when(domain::Command::ArchiveAsset { id })
        .unwrap();
    assert!(pool(&ledger, &[id], "2026-06-04").is_some());
    assert_eq!(pool(&ledger, &[id], "2026-06-05"), None);
}

#[test]
fn a_moved_license_counts_for_each_company_on_its_days() {
    let mut ledger = Ledger::new();
    let license_type = ledger.license_type();
    let (old, new) = (ledger.company("Contoso Dental"), ledger.company("Fabrikam"));
    let id = ledger.register(license_type, old, crate::support::contoso());
    let effective_on = Some("2026-06-10".into());
    ledger
        .when(domain::Command::MoveAsset {
            id,
            company: new,
            effective_on,
        })
        .unwrap();
    let license = ledger.license(id);
    let owner = |on: &str| {
        let keys = pools_of(&license);
        let mut holding = keys.iter().filter(|key| {
            pool_days(key, &[license.days()])
                .iter()
                .any(|interval| interval.holds(day(on)))
        });
        let owner = holding.next().unwrap().company;
        assert!(holding.next().is_none(), "one company at a time");
        owner
    };
    assert_eq!(owner("2026-06-09"), old);
    assert_eq!(owner("2026-06-10"), new);
}

#[test]
fn spelling_makes_no_other_product() {
    let mut ledger = Ledger::new();
    let (license_type, company) = (ledger.license_type(), ledger.company("Contoso Dental"));
    let named = |name: &str| json!({"product_name": name, "total_seats": 1, "assigned_seats": 1});
    let one = ledger.register(license_type, company, named("Adobe  Acrobat pro"));
    let two = ledger.register(license_type, company, named(" adobe acrobat PRO "));
    assert_eq!(pool(&ledger, &[one, two], "2026-06-01").unwrap().owned, 2);
}
