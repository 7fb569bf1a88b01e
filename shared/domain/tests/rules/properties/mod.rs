//! What must hold for any history.

mod catalogs;
mod histories;
mod model;
mod pools;
mod steps;

use crate::support::{Ledger, contoso, day};
use chrono::{Days, NaiveDate, TimeZone, Utc};
use domain::{Subject, calendar, timeline::Timeline};
use proptest::prelude::*;
use serde_json::json;

/// The days of the small calendar on which things happen.
const CALENDAR_DAYS: u64 = 60;

fn nth(n: u64) -> NaiveDate {
    day("2026-05-01") + Days::new(n)
}

proptest! {
    /// Folding the recorded events again gives the state that the commands were decided on.
    #[test]
    fn replay_equals_state(seats in proptest::collection::vec((0..CALENDAR_DAYS, 0..50i64), 0..20)) {
        let mut ledger = Ledger::new();
        let (license_type, company) = (ledger.license_type(), ledger.company("Contoso"));
        let id = ledger.register(license_type, company, contoso());
        for (on, to) in seats {
            ledger.patch_as(id, json!({"total_seats": to}), Some(&nth(on).to_string()), to % 3 == 0);
        }
        let own = ledger.recorded.iter().filter(|(fact, _)| fact.stream == id.0);
        let replayed = Subject::fold(own.map(|(fact, at)| (fact, *at)));
        prop_assert_eq!(replayed, Subject::Asset(Box::new(ledger.asset(id).clone())));
        let count = ledger.recorded.iter().filter(|(fact, _)| fact.stream == id.0).count();
        prop_assert_eq!(ledger.version(id.0) as usize, count, "versions are 1..n");
    }

    /// A timeline does not depend on the order in which facts of different days are recorded.
    #[test]
    fn a_timeline_forgets_the_order_of_recording(
        facts in proptest::collection::btree_map(0..CALENDAR_DAYS, 0..9u8, 0..20).prop_map(Vec::from_iter)
            .prop_shuffle()
    ) {
        let mut shuffled = Timeline::default();
        for (on, value) in &facts {
            shuffled.set(nth(*on), *value);
        }
        let mut sorted = facts;
        sorted.sort_unstable();
        for on in 0..CALENDAR_DAYS {
            let expected = sorted.iter().rfind(|(from, _)| *from <= on).map(|(_, value)| value);
            prop_assert_eq!(shuffled.at(nth(on)), expected);
        }
    }

    /// A day begins at the tenant's midnight, whatever its offset and whether clocks change on it.
    #[test]
    fn a_day_is_the_tenants_day(zone in zones(), n in 0..365u64, seconds in 0..86_400i64) {
        let date = day("2026-01-01") + Days::new(n);
        let noon = date.and_hms_opt(12, 0, 0).unwrap();
        let noon = zone.from_local_datetime(&noon).earliest().unwrap().with_timezone(&Utc);
        prop_assert_eq!(calendar::day_of(noon, zone), date);
        let later = noon + chrono::TimeDelta::seconds(seconds);
        let expected = later.with_timezone(&zone).date_naive();
        prop_assert_eq!(calendar::day_of(later, zone), expected);
        prop_assert!(calendar::days_left(date, expected) <= 1);
    }

    /// The presumed end of a term that renews itself is the first that is not past.
    #[test]
    fn a_presumed_term_ends_on_or_after_the_day(first in 0..800u64, months in 1..37u32, ahead in 0..3_000u64) {
        let expiry_date = day("2024-01-31") + Days::new(first);
        let on = expiry_date + Days::new(ahead);
        let known = domain::expiry::ExpiryDay { expiry_date, rolls_months: Some(months) };
        let end = known.expiry_on(on);
        let ends = (0..).map(|count| calendar::months_later(expiry_date, months, count));
        prop_assert_eq!(Some(end), ends.into_iter().find(|end| *end >= on));
    }
}

fn zones() -> impl Strategy<Value = chrono_tz::Tz> {
    prop::sample::select(&[
        chrono_tz::UTC,
        chrono_tz::Europe::Berlin,
        chrono_tz::America::New_York,
        chrono_tz::America::St_Johns,
        chrono_tz::Pacific::Kiritimati,
        chrono_tz::Pacific::Pago_Pago,
        chrono_tz::Australia::Lord_Howe,
        chrono_tz::Asia::Kathmandu,
    ])
}
