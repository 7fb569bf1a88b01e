//! What must hold for any history.

use crate::support::{Ledger, contoso, day};
use chrono::{Days, NaiveDate, TimeZone, Utc};
use domain::{
    Command, Subject, asset::PurchaseDraft, calendar, ids::PurchaseId, timeline::Timeline,
};
use proptest::prelude::*;
use serde_json::json;

/// One thing that a person may do to a license, on a day of a small calendar.
#[derive(Debug, Clone)]
enum Step {
    Total {
        on: u64,
        to: i64,
    },
    Used {
        on: u64,
        to: Option<i64>,
    },
    Buy {
        from: u64,
        days: Option<u64>,
        quantity: i64,
    },
}

const CALENDAR_DAYS: u64 = 60;

fn step() -> impl Strategy<Value = Step> {
    let on = 0..CALENDAR_DAYS;
    prop_oneof![
        (on.clone(), 0..50i64).prop_map(|(on, to)| Step::Total { on, to }),
        (on.clone(), proptest::option::of(0..50i64)).prop_map(|(on, to)| Step::Used { on, to }),
        (on, proptest::option::of(0..30u64), 1..20i64).prop_map(|(from, days, quantity)| {
            Step::Buy {
                from,
                days,
                quantity,
            }
        }),
    ]
}

fn nth(n: u64) -> NaiveDate {
    day("2026-05-01") + Days::new(n)
}

/// The most naive model there is: what each day holds, told day by day.
#[derive(Default)]
struct Model {
    bought: Vec<i64>,
    first_bought: Option<u64>,
    typed: Vec<(u64, i64)>,
    used: Vec<(u64, Option<i64>)>,
}

impl Model {
    fn new() -> Self {
        Self {
            bought: vec![0; CALENDAR_DAYS as usize + 40],
            ..Self::default()
        }
    }

    fn total(&self, on: u64) -> Option<i64> {
        let latest = self
            .typed
            .iter()
            .filter(|(from, _)| *from <= on)
            .max_by_key(|(from, _)| *from);
        let bought = self.bought[on as usize];
        let ever = self.first_bought.is_some_and(|first| first <= on);
        (latest.is_some() || ever).then(|| (bought + latest.map_or(0, |(_, delta)| *delta)).max(0))
    }

    fn used_on(&self, on: u64) -> Option<i64> {
        self.used
            .iter()
            .filter(|(from, _)| *from <= on)
            .max_by_key(|(from, _)| *from)?
            .1
    }

    fn buy(&mut self, from: u64, days: Option<u64>, quantity: i64) {
        let last = days.map_or(self.bought.len() as u64 - 1, |days| from + days);
        for on in from..=last {
            self.bought[on as usize] += quantity;
        }
        self.first_bought = Some(self.first_bought.map_or(from, |first| first.min(from)));
    }
}

proptest! {
    /// Whatever order changes come in, each day holds what a day-by-day model says.
    #[test]
    fn any_order_of_dated_changes_equals_the_naive_model(steps in proptest::collection::vec(step(), 1..25)) {
        let mut ledger = Ledger::new();
        let (license_type, company) = (ledger.license_type(), ledger.company("Contoso"));
        let id = ledger.register(license_type, company, json!({"product_name": "Visio"}));
        let mut model = Model::new();
        for step in steps {
            match step {
                Step::Total { on, to } => {
                    ledger.patch_as(id, json!({"total_seats": to}), Some(&nth(on).to_string()), false);
                    if model.total(on) != Some(to) {
                        let delta = to - model.bought[on as usize];
                        model.typed.retain(|(from, _)| *from != on);
                        model.typed.push((on, delta));
                    }
                }
                Step::Used { on, to } => {
                    ledger.patch_as(id, json!({"assigned_seats": to}), Some(&nth(on).to_string()), false);
                    if model.used_on(on) != to {
                        model.used.retain(|(from, _)| *from != on);
                        model.used.push((on, to));
                    }
                }
                Step::Buy { from, days, quantity } => {
                    let purchase = PurchaseId(ledger.id());
                    let draft = PurchaseDraft {
                        quantity: json!(quantity),
                        from: Some(nth(from).to_string()),
                        until: days.map(|days| nth(from + days).to_string()),
                        ..PurchaseDraft::default()
                    };
                    ledger.when(Command::PurchaseSeats { id, purchase, draft }).unwrap();
                    model.buy(from, days, quantity);
                }
            }
        }
        let days = ledger.license(id).days();
        for on in 0..CALENDAR_DAYS {
            let position = ledger.position(id, &nth(on).to_string());
            prop_assert_eq!(position.total, model.total(on), "total on day {}", on);
            prop_assert_eq!(position.in_use, model.used_on(on), "in use on day {}", on);
            let interval = days.iter().find(|interval| interval.holds(nth(on)));
            if let Some(interval) = interval {
                prop_assert_eq!(&interval.value, &position, "interval on day {}", on);
            }
        }
        prop_assert!(days.windows(2).all(|two| two[0].until.unwrap() < two[1].from), "no day twice");
    }

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
