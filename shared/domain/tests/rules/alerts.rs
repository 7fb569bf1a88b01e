//! What is found, when it is told, and when it is over.

use std::collections::BTreeSet;

use crate::support::{Ledger, contoso};
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use domain::{
    Command, Event, Refusal, Subject,
    access::{Actor, Principal},
    alert::{
        About, AlertOverrides, Cause, Kind, QuietHours, TicketNews, TicketRef, TicketStanding,
    },
    asset::DecisionDraft,
    asset_type::FieldDraft,
    command::{PolicyOf, Review},
    ids::{AlertId, AssetId, CompanyId, IntegrationId, PersonId},
    policy::Policy,
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// One company's licenses of one product, all reviewed together.
struct Watched {
    ledger: Ledger,
    company: CompanyId,
    licenses: Vec<AssetId>,
}

impl Watched {
    fn of(values: Json) -> Self {
        let mut ledger = Ledger::new();
        let (license_type, company) = (ledger.license_type(), ledger.company("Contoso Dental"));
        for name in ["Term Length", "Notice Days"] {
            ledger
                .when(Command::AddField {
                    id: license_type,
                    field: FieldDraft {
                        name: name.into(),
                        kind: "number".into(),
                        ..FieldDraft::default()
                    },
                })
                .unwrap();
        }
        let license = ledger.register(license_type, company, values);
        Self {
            ledger,
            company,
            licenses: vec![license],
        }
    }

    fn with(extra: Json) -> Self {
        let mut values = contoso();
        values
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        Self::of(values)
    }

    fn policy(&mut self, change: impl FnOnce(&mut Policy)) -> &mut Self {
        let mut policy = Policy::default();
        change(&mut policy);
        self.ledger.when(Command::SetPolicy { policy }).unwrap();
        self
    }

    fn also(&mut self, values: Json) -> AssetId {
        let license_type = self.ledger.asset(self.licenses[0]).type_id;
        let license = self.ledger.register(license_type, self.company, values);
        self.licenses.push(license);
        license
    }

    fn command(&self, recorded_at: Option<DateTime<Utc>>) -> Command {
        let first = self.ledger.license(self.licenses[0]);
        let key = domain::compliance::PoolKey {
            company: self.company,
            product: first.product_key(),
            metric: first.metric,
        };
        Command::ReviewAlerts {
            of: Review::Pool {
                key,
                licenses: self.licenses.clone(),
            },
            recorded_at,
        }
    }

    /// What a review of the calendar records, in short.
    fn review(&mut self) -> Vec<String> {
        self.reviewed(None)
    }

    fn reviewed(&mut self, recorded_at: Option<DateTime<Utc>>) -> Vec<String> {
        let command = self.command(recorded_at);
        let (events, outcome) = self.ledger.decide(command);
        outcome.expect("a review");
        events.iter().map(told).collect()
    }

    /// On noon of a day.
    fn on(&mut self, day: &str) -> Vec<String> {
        self.ledger.on(day);
        self.review()
    }

    fn alert(&self, cause: Cause, about: About) -> &domain::alert::Alert {
        let id = AlertId::of(self.ledger.tenant, cause, &about);
        match self.ledger.subject(id.0) {
            Some(Subject::Alert(alert)) => alert,
            other => panic!("no alert: {other:?}"),
        }
    }

    fn expiry_alert(&self) -> AlertId {
        self.alert(Cause::Expiry, About::Asset(self.licenses[0])).id
    }
}

/// An event in short: what, how often, which threshold, how many seats.
fn told(event: &Event) -> String {
    let finding = |finding: &domain::alert::Finding| {
        let part = |name: &str, value: Option<String>| {
            value.map_or(String::new(), |value| format!(" {name} {value}"))
        };
        format!(
            "{}{}{}",
            finding.kind.as_str(),
            part("lead", finding.lead_days.map(|days| days.to_string())),
            part("seats", finding.seats.map(|seats| seats.to_string())),
        )
    };
    match event {
        Event::FindingNoticed { finding: found, .. } => format!("noticed {}", finding(found)),
        Event::AlertRaised {
            finding: found,
            occurrence,
        } => format!("raised {} #{occurrence}", finding(found)),
        Event::AlertChanged { to, worse, .. } => format!(
            "{} {}",
            if *worse { "worse" } else { "changed" },
            finding(to)
        ),
        Event::AlertCleared { cleared } => format!("cleared {}", cleared.as_str()),
        Event::AlertWoken => "woken".to_owned(),
        Event::AlertAcknowledged { integration_id } => match integration_id {
            Some(_) => "acknowledged there".to_owned(),
            None => "acknowledged".to_owned(),
        },
        other => format!("{other:?}"),
    }
}

/// Enough seats, so that nothing but its end is found.
fn covered(extra: Json) -> Watched {
    let mut values = json!({"total_seats": 25, "assigned_seats": 25});
    values
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    Watched::with(values)
}

#[test]
fn a_shortage_is_noticed_waited_out_and_raised_once() {
    let mut watched = Watched::with(json!({"expiry_date": "2027-06-30"}));
    let typed_at = watched.ledger.now;
    assert_eq!(
        watched.reviewed(Some(typed_at)),
        ["noticed under_licensed seats 2"]
    );
    assert_eq!(watched.review(), [""; 0]);
    watched.ledger.now = typed_at + TimeDelta::hours(24) - TimeDelta::seconds(1);
    assert_eq!(watched.review(), [""; 0]);
    watched.ledger.now = typed_at + TimeDelta::hours(24);
    assert_eq!(watched.review(), ["raised under_licensed seats 2 #1"]);
    assert_eq!(watched.review(), [""; 0], "each once");
    let license = watched.licenses[0];
    watched.ledger.patch(license, json!({"assigned_seats": 29}));
    assert_eq!(watched.review(), ["worse under_licensed seats 4"]);
    watched.ledger.patch(license, json!({"assigned_seats": 26}));
    assert_eq!(watched.review(), ["changed under_licensed seats 1"]);
    watched.ledger.patch(license, json!({"total_seats": 26}));
    assert_eq!(watched.review(), ["cleared gone"]);
    assert_eq!(watched.review(), [""; 0]);
}

#[test]
fn a_shortage_that_is_mended_in_time_is_never_told() {
    let mut watched = Watched::with(json!({"expiry_date": "2027-06-30"}));
    let at = watched.ledger.now;
    watched.reviewed(Some(at));
    let license = watched.licenses[0];
    watched.ledger.patch(license, json!({"total_seats": 27}));
    assert_eq!(watched.review(), ["cleared gone"]);
    watched.ledger.patch(license, json!({"total_seats": 25}));
    watched.policy(|policy| policy.shortage_after_hours = 0);
    assert_eq!(
        watched.review(),
        ["raised under_licensed seats 2 #1"],
        "what was never raised was no occurrence"
    );
}

#[test]
fn whoever_was_asleep_for_three_days_raises_what_has_lasted() {
    let mut watched = Watched::with(json!({"expiry_date": "2027-06-30"}));
    let typed_at = watched.ledger.now;
    watched.ledger.on("2026-06-04");
    assert_eq!(
        watched.reviewed(Some(typed_at)),
        ["raised under_licensed seats 2 #1"]
    );
}

#[test]
fn a_term_is_brought_to_mind_at_each_lead_day_and_told_when_it_is_over() {
    let mut watched = covered(json!({"expiry_date": "2026-12-31"}));
    watched.policy(|policy| policy.lead_days = vec![60, 30, 7]);
    // 60 days before 31 December is 1 November.
    for (on, expected) in [
        ("2026-10-31", vec![]),
        ("2026-11-01", vec!["raised expiring lead 60 #1"]),
        ("2026-11-02", vec![]),
        ("2026-12-01", vec!["changed expiring lead 30"]),
        // Three days nobody looked.
        ("2026-12-27", vec!["changed expiring lead 7"]),
        ("2026-12-31", vec![]),
        ("2027-01-01", vec!["worse expired_in_use seats 25"]),
        ("2027-01-02", vec![]),
    ] {
        assert_eq!(watched.on(on), expected, "{on}");
    }
    let license = watched.licenses[0];
    watched.ledger.patch(license, json!({"assigned_seats": 0}));
    assert_eq!(watched.review(), ["changed expired"]);
    assert_eq!(watched.on("2027-03-31"), [""; 0], "90 days");
    assert_eq!(watched.on("2027-04-01"), ["cleared gone"]);
}

#[test]
fn a_renewal_ends_the_matter_and_the_new_term_starts_afresh() {
    let mut watched = covered(json!({"expiry_date": "2026-07-16"}));
    assert_eq!(watched.review(), ["raised expiring lead 60 #1"]);
    let license = watched.licenses[0];
    watched
        .ledger
        .patch(license, json!({"expiry_date": "2027-07-16"}));
    assert_eq!(watched.review(), ["cleared gone"]);
    assert_eq!(watched.on("2027-05-20"), ["raised expiring lead 60 #2"]);
    // To an end that is near as well: another term, another matter.
    watched
        .ledger
        .patch(license, json!({"expiry_date": "2027-06-10"}));
    assert_eq!(
        watched.review(),
        ["cleared next_term", "raised expiring lead 60 #3"]
    );
}

#[test]
fn an_end_that_is_put_right_earlier_or_later_is_told_again() {
    let mut watched = covered(json!({"expiry_date": "2026-12-31"}));
    assert_eq!(watched.review(), [""; 0]);
    let license = watched.licenses[0];
    watched
        .ledger
        .patch_as(license, json!({"expiry_date": "2026-06-20"}), None, true);
    assert_eq!(watched.review(), ["raised expiring lead 60 #1"]);
}

#[test]
fn what_renews_itself_is_told_before_notice_must_be_given() {
    let mut watched = covered(json!({
        "expiry_date": "2026-12-31", "auto_renew": true, "notice_days": 30
    }));
    for (on, expected) in [
        ("2026-10-01", vec![]),
        ("2026-10-02", vec!["raised renewal_notice lead 60 #1"]),
        ("2026-12-01", vec![]),
        // It is too late to cancel, and nobody needs to do anything.
        ("2026-12-02", vec!["cleared gone"]),
        ("2027-01-01", vec!["raised confirm_renewal #1"]),
    ] {
        assert_eq!(watched.on(on), expected, "{on}");
    }
}

#[test]
fn monthly_terms_that_renew_themselves_roll_without_a_word() {
    let mut watched = covered(json!({
        "expiry_date": "2026-06-30", "auto_renew": true, "term_length": 1
    }));
    for on in [
        "2026-06-01",
        "2026-06-30",
        "2026-07-01",
        "2027-02-28",
        "2028-02-29",
    ] {
        assert_eq!(watched.on(on), [""; 0], "{on}");
    }
}

#[test]
fn reminders_as_long_as_the_term_do_not_apply() {
    let mut watched = covered(json!({
        "purchase_date": "2026-05-20", "expiry_date": "2026-07-19", "term_length": 2
    }));
    watched.policy(|policy| policy.lead_days = vec![90, 61, 14]);
    assert_eq!(watched.on("2026-06-01"), [""; 0]);
    assert_eq!(watched.on("2026-07-05"), ["raised expiring lead 14 #1"]);
}

#[test]
fn a_decision_quiets_its_reminders_until_the_deadline() {
    let mut watched = covered(json!({"expiry_date": "2026-07-16"}));
    assert_eq!(watched.review(), ["raised expiring lead 60 #1"]);
    let decide = |decision: &str| Command::DecideRenewal {
        id: watched.licenses[0],
        draft: DecisionDraft {
            decision: Some(decision.into()),
            ..DecisionDraft::default()
        },
    };
    let renew = decide("renew");
    watched.ledger.when(renew).unwrap();
    assert_eq!(watched.review(), ["cleared decided"]);
    assert_eq!(watched.on("2026-07-15"), [""; 0]);
    assert_eq!(watched.on("2026-07-16"), ["raised expiring lead 60 #2"]);
}

#[test]
fn what_was_left_to_lapse_and_is_not_in_use_is_no_concern() {
    let mut watched = covered(json!({"expiry_date": "2026-07-16", "assigned_seats": 0}));
    let decide = Command::DecideRenewal {
        id: watched.licenses[0],
        draft: DecisionDraft {
            decision: Some("lapse".into()),
            owner: Some(PersonId(Uuid::from_u128(7))),
            ..DecisionDraft::default()
        },
    };
    watched.ledger.when(decide).unwrap();
    assert_eq!(watched.on("2026-08-01"), [""; 0]);
}

#[test]
fn a_lapse_is_told_with_its_license_and_not_as_a_shortage_too() {
    let mut watched = covered(json!({"expiry_date": "2026-07-16"}));
    watched.policy(|policy| policy.shortage_after_hours = 0);
    watched.review();
    assert_eq!(watched.on("2026-07-17"), ["worse expired_in_use seats 25"]);
    // Two more than were ever owned: that is a shortage of its own.
    let license = watched.licenses[0];
    watched.ledger.patch(license, json!({"assigned_seats": 27}));
    assert_eq!(
        watched.review(),
        [
            "raised under_licensed seats 2 #1",
            "worse expired_in_use seats 27"
        ]
    );
}

#[test]
fn users_whom_another_license_covers_make_no_alert_of_the_lapsed_one() {
    let mut watched = covered(json!({"expiry_date": "2026-07-16"}));
    let mut other = contoso();
    other["expiry_date"] = json!("2027-07-16");
    other["assigned_seats"] = json!(0);
    watched.also(other);
    assert_eq!(watched.review(), ["raised expiring lead 60 #1"]);
    assert_eq!(watched.on("2026-07-17"), ["cleared gone"]);
}

#[test]
fn a_surplus_is_for_the_review_when_it_has_lasted() {
    let mut watched = Watched::with(json!({"assigned_seats": 10, "expiry_date": "2027-06-30"}));
    assert_eq!(watched.on("2026-06-30"), [""; 0]);
    assert_eq!(
        watched.on("2026-07-01"),
        ["raised over_licensed seats 15 #1"]
    );
    assert!(Kind::OverLicensed.is_for_review());
}

#[test]
fn few_free_seats_are_told_only_where_somebody_wants_to_know() {
    let mut watched = Watched::with(json!({"assigned_seats": 22, "expiry_date": "2027-06-30"}));
    assert_eq!(watched.review(), [""; 0]);
    let policy = AlertOverrides {
        min_free_seats: Some(5),
        ..AlertOverrides::default()
    };
    let of = PolicyOf::Company(watched.company);
    watched
        .ledger
        .when(Command::SetAlertPolicy { of, policy })
        .unwrap();
    assert_eq!(watched.review(), ["raised few_free_seats seats 3 #1"]);
    let license = watched.licenses[0];
    watched.ledger.patch(license, json!({"assigned_seats": 24}));
    assert_eq!(watched.review(), ["worse few_free_seats seats 1"]);
}

#[test]
fn the_more_particular_policy_stands() {
    let lead = |days: u32| AlertOverrides {
        lead_days: Some(vec![days]),
        ..AlertOverrides::default()
    };
    let cases: [(&[&str], &str); 4] = [
        (&[], "raised expiring lead 60 #1"),
        (&["type"], "raised expiring lead 100 #1"),
        (&["type", "company"], "raised expiring lead 200 #1"),
        (
            &["type", "company", "license"],
            "raised expiring lead 300 #1",
        ),
    ];
    for (levels, expected) in cases {
        let mut watched = covered(json!({"expiry_date": "2026-07-16"}));
        for level in levels {
            let (of, days) = match *level {
                "type" => {
                    let id = watched.ledger.asset(watched.licenses[0]).type_id;
                    (PolicyOf::AssetType(id), 100)
                }
                "company" => (PolicyOf::Company(watched.company), 200),
                _ => (PolicyOf::Asset(watched.licenses[0]), 300),
            };
            let policy = lead(days);
            watched
                .ledger
                .when(Command::SetAlertPolicy { of, policy })
                .unwrap();
        }
        assert_eq!(watched.review(), [expected], "{levels:?}");
    }
}

#[test]
fn what_is_muted_is_cleared_and_not_raised() {
    let mut watched = covered(json!({"expiry_date": "2026-07-16"}));
    assert_eq!(watched.review().len(), 1);
    watched.policy(|policy| policy.muted = BTreeSet::from([Kind::Expiring]));
    assert_eq!(watched.review(), ["cleared gone"]);
}

#[test]
fn what_is_archived_or_deleted_from_a_pool_is_cleared() {
    let mut watched = covered(json!({"expiry_date": "2026-07-16"}));
    watched.review();
    let id = watched.licenses[0];
    watched.ledger.when(Command::ArchiveAsset { id }).unwrap();
    let of = Review::Asset(id);
    let command = Command::ReviewAlerts {
        of,
        recorded_at: None,
    };
    let (events, _) = watched.ledger.decide(command);
    assert_eq!(
        events.iter().map(told).collect::<Vec<_>>(),
        ["cleared gone"]
    );
}

#[test]
fn who_knows_of_it_is_told_again_only_when_it_is_worse() {
    let mut watched = covered(json!({"expiry_date": "2026-12-31"}));
    watched.policy(|policy| policy.lead_days = vec![60, 30]);
    watched.on("2026-11-01");
    let id = watched.expiry_alert();
    watched
        .ledger
        .when(Command::AcknowledgeAlert { id })
        .unwrap();
    let acknowledged = |watched: &Watched| {
        watched
            .alert(Cause::Expiry, About::Asset(watched.licenses[0]))
            .acknowledged
    };
    watched.on("2026-12-01");
    assert!(acknowledged(&watched));
    watched.on("2027-01-01");
    assert!(!acknowledged(&watched));
}

#[test]
fn what_is_put_off_wakes_on_its_day() {
    let mut watched = covered(json!({"expiry_date": "2026-07-16"}));
    watched.review();
    let id = watched.expiry_alert();
    for until in ["2026-05-31", "2028-01-01", "soon"] {
        let until = Some(until.to_owned());
        assert_eq!(
            watched.ledger.invalid(Command::SnoozeAlert { id, until }),
            ["until"]
        );
    }
    let until = Some("2026-06-10".to_owned());
    watched
        .ledger
        .when(Command::SnoozeAlert { id, until })
        .unwrap();
    assert_eq!(watched.on("2026-06-10"), [""; 0]);
    assert_eq!(watched.on("2026-06-11"), ["woken"]);
    assert_eq!(watched.on("2026-06-12"), [""; 0]);
}

#[test]
fn a_ticket_that_a_person_closed_says_that_they_know() {
    let mut watched = covered(json!({"expiry_date": "2026-07-16"}));
    watched.review();
    let alert = watched.expiry_alert();
    let integration = IntegrationId(Uuid::from_u128(5));
    let mut tell = |news: TicketNews| -> Vec<String> {
        let command = Command::TellTicket {
            alerts: vec![alert],
            integration,
            news,
        };
        let (events, outcome) = watched.ledger.decide(command);
        outcome.unwrap();
        events.iter().map(told).collect()
    };
    let ticket = TicketRef {
        id: "1".into(),
        number: "#1".into(),
        url: None,
    };
    assert_eq!(tell(TicketNews::Opened(ticket.clone())).len(), 1);
    assert_eq!(
        tell(TicketNews::Opened(ticket)),
        [""; 0],
        "told again after a crash"
    );
    let closed = TicketNews::Stands(TicketStanding::ClosedByPerson);
    assert_eq!(tell(closed.clone())[1], "acknowledged there");
    assert_eq!(tell(closed), [""; 0]);
}

#[test]
fn callers_cannot_make_findings_up() {
    let mut watched = covered(json!({"expiry_date": "2026-07-16"}));
    let tenant = watched.ledger.tenant;
    let command = watched.command(None);
    watched.ledger.principal = Principal {
        actor: Actor::Integration("RMM".into()),
        ..Principal::system(tenant)
    };
    assert!(matches!(
        watched.ledger.refused(command),
        Refusal::Unauthorized | Refusal::Forbidden(_)
    ));
}

#[test]
fn nobody_is_disturbed_at_night_and_on_weekends() {
    let quiet = QuietHours {
        from: "20:00:00".parse().unwrap(),
        until: "07:00:00".parse().unwrap(),
        weekends: true,
    };
    let berlin = chrono_tz::Europe::Berlin;
    // Local times; 2026-03-29 and 2026-10-25 are Sundays on which the clocks change.
    for (now, ends) in [
        ("2026-06-03 12:00", "2026-06-03 12:00"),
        ("2026-06-03 19:59", "2026-06-03 19:59"),
        ("2026-06-03 20:00", "2026-06-04 07:00"),
        ("2026-06-04 06:59", "2026-06-04 07:00"),
        ("2026-06-04 07:00", "2026-06-04 07:00"),
        ("2026-06-05 21:00", "2026-06-08 07:00"),
        ("2026-06-06 12:00", "2026-06-08 07:00"),
        ("2026-03-28 12:00", "2026-03-30 07:00"),
        ("2026-10-25 02:30", "2026-10-26 07:00"),
    ] {
        let local = |text: &str| {
            let local = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
            berlin
                .from_local_datetime(&local)
                .earliest()
                .unwrap()
                .with_timezone(&Utc)
        };
        assert_eq!(quiet.ends(local(now), berlin), local(ends), "{now}");
    }
}

/// What a step of a random life does.
#[derive(Debug, Clone)]
enum Step {
    Use(i64),
    Own(i64),
    Days(u8),
    Renew(u16),
    Review,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..40_i64).prop_map(Step::Use),
        (1..40_i64).prop_map(Step::Own),
        (0..70_u8).prop_map(Step::Days),
        (1..500_u16).prop_map(Step::Renew),
        Just(Step::Review),
    ];
    proptest::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever happened and however often it was looked meanwhile: what is open after a review is what one review
    /// of the same ledger would open, a second review finds nothing, and occurrences count up by one.
    #[test]
    fn what_is_open_does_not_depend_on_how_often_it_was_looked(steps in steps()) {
        let mut often = covered(json!({"expiry_date": "2026-12-31"}));
        let mut once = covered(json!({"expiry_date": "2026-12-31"}));
        for watched in [&mut often, &mut once] {
            watched.policy(|policy| policy.shortage_after_hours = 0);
        }
        for step in &steps {
            for (watched, looks) in [(&mut often, true), (&mut once, false)] {
                let license = watched.licenses[0];
                match step {
                    Step::Use(seats) => drop(watched.ledger.patch(license, json!({"assigned_seats": seats}))),
                    Step::Own(seats) => drop(watched.ledger.patch(license, json!({"total_seats": seats}))),
                    Step::Days(days) => watched.ledger.now += TimeDelta::days(i64::from(*days)),
                    Step::Renew(days) => {
                        let end = watched.ledger.now.date_naive() + TimeDelta::days(i64::from(*days));
                        watched.ledger.patch(license, json!({"expiry_date": end.to_string()}));
                    }
                    Step::Review if looks => drop(watched.review()),
                    Step::Review => {}
                }
            }
        }
        for watched in [&mut often, &mut once] {
            watched.review();
            prop_assert_eq!(watched.review(), Vec::<String>::new());
        }
        let open = |watched: &Watched| {
            let mut open = Vec::new();
            for (cause, _) in Cause::ALL {
                let first = watched.ledger.license(watched.licenses[0]);
                let pool = domain::compliance::PoolKey {
                    company: watched.company, product: first.product_key(), metric: first.metric,
                };
                for about in [About::Pool(pool), About::Asset(watched.licenses[0])] {
                    let id = AlertId::of(watched.ledger.tenant, cause, &about);
                    if let Some(Subject::Alert(alert)) = watched.ledger.subject(id.0)
                        && alert.is_open() {
                        open.push(alert.finding.clone());
                    }
                }
            }
            open
        };
        prop_assert_eq!(open(&often), open(&once));
        let mut raised = std::collections::BTreeMap::new();
        for (fact, _) in &often.ledger.recorded {
            if let Event::AlertRaised { occurrence, .. } = fact.event {
                let before = raised.insert(fact.stream, occurrence).unwrap_or(0);
                prop_assert_eq!(occurrence, before + 1);
            }
        }
    }
}
