//! Whatever is asked, in whatever order: nothing panics, a refusal changes nothing, and the days of what comes
//! of it are the days asked for one by one.

use crate::support::{Ledger, contoso, day};
use chrono::{Days, NaiveDate};
use domain::{
    Command, Subject,
    asset::{AssetPatch, License, PurchaseDraft, RenewalDraft},
    asset_type::{FieldDraft, FieldPatch},
    command::CompanyPatch,
    compliance::{Status, pool_days, pools_of},
    ids::{AssetId, CompanyId, PurchaseId},
    policy::Policy,
    product::Catalog,
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use uuid::Uuid;

const DAYS: u64 = 120;

fn nth(n: u64) -> NaiveDate {
    day("2026-05-01") + Days::new(n)
}

fn date() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (0..DAYS).prop_map(|n| nth(n).to_string()),
        1 => prop::sample::select(&["1900-01-01", "9999-12-31", "2028-02-29"][..]).prop_map(Into::into),
        1 => ".{0,12}",
    ]
}

/// A value that may be nonsense for the field.
fn value() -> impl Strategy<Value = Json> {
    prop_oneof![
        4 => (0..60i64).prop_map(Json::from),
        3 => date().prop_map(Json::from),
        2 => any::<bool>().prop_map(Json::from),
        1 => Just(Json::Null),
        1 => any::<i64>().prop_map(Json::from),
        1 => any::<f64>().prop_map(Json::from),
        1 => ".{0,20}".prop_map(Json::from),
        1 => prop::sample::select(&["Site", "Concurrent", "Per-user", "1e400", "-0.0000001"][..]).prop_map(Json::from),
        1 => (any::<i64>(), "[A-Z]{2,4}").prop_map(|(amount, currency)| json!({"amount": amount, "currency": currency})),
    ]
}

/// A value that mostly fits.
fn entry() -> impl Strategy<Value = (String, Json)> {
    prop_oneof![
        4 => (prop::sample::select(&["total_seats", "assigned_seats", "annual_cost", "months"][..]), 0..60i64)
            .prop_map(|(key, to)| (key.to_owned(), json!(to))),
        4 => (prop::sample::select(&["expiry_date", "purchase_date"][..]), date())
            .prop_map(|(key, to)| (key.to_owned(), json!(to))),
        2 => any::<bool>().prop_map(|to| ("auto_renew".to_owned(), json!(to))),
        2 => (prop::sample::select(&["total_seats", "assigned_seats", "expiry_date", "license_type", "months",
            "auto_renew", "annual_cost", "notes", "license_key", "vendor_portal_url", "none"][..]), value())
            .prop_map(|(key, to)| (key.to_owned(), to)),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    let id = AssetId(ASSET);
    let optional_date = || proptest::option::of(date());
    let patch = (
        proptest::collection::vec(entry(), 1..4),
        optional_date(),
        any::<bool>(),
    )
        .prop_map(
            move |(values, effective_on, correction)| Command::ChangeAsset {
                id,
                patch: AssetPatch {
                    values: values.into_iter().collect(),
                    effective_on,
                    correction,
                    ..AssetPatch::default()
                },
            },
        );
    let purchase = (0..4u128, value(), optional_date(), optional_date()).prop_map(
        move |(purchase, quantity, from, until)| Command::PurchaseSeats {
            id,
            purchase: PurchaseId(Uuid::from_u128(purchase)),
            draft: PurchaseDraft {
                quantity,
                from,
                until,
                ..PurchaseDraft::default()
            },
        },
    );
    let end =
        (0..4u128, optional_date()).prop_map(move |(purchase, last_day)| Command::EndPurchase {
            id,
            purchase: PurchaseId(Uuid::from_u128(purchase)),
            last_day,
            with_term: false,
        });
    let renew = (
        date(),
        proptest::option::of(value()),
        proptest::option::of(value()),
    )
        .prop_map(move |(expiry_date, quantity, cost)| Command::RenewTerm {
            id,
            draft: RenewalDraft {
                expiry_date,
                quantity,
                cost,
            },
        });
    let moved =
        (0..3u128, optional_date()).prop_map(move |(to, effective_on)| Command::MoveAsset {
            id,
            company: CompanyId(Uuid::from_u128(COMPANIES + to)),
            effective_on,
        });
    let role = (
        prop::sample::select(
            &[
                "months",
                "total_seats",
                "expiry_date",
                "annual_cost",
                "auto_renew",
            ][..],
        ),
        proptest::option::of(prop::sample::select(
            &[
                "term_length",
                "notice_days",
                "total_seats",
                "annual_cost",
                "expiry_date",
                "auto_renew",
            ][..],
        )),
    )
        .prop_map(|(key, role)| Command::ChangeField {
            id: domain::ids::AssetTypeId(TYPE),
            key: key.into(),
            patch: FieldPatch {
                role: Some(role.map(Into::into)),
                ..FieldPatch::default()
            },
        });
    let tag = (".{0,6}", any::<bool>()).prop_map(move |(tag, on)| Command::SetTag { id, tag, on });
    let company = (".{0,6}", ".{0,6}", ".{0,6}").prop_map(|(name, system, external)| {
        Command::ChangeCompany {
            id: CompanyId(Uuid::from_u128(COMPANIES)),
            patch: CompanyPatch {
                name: Some(name),
                external_ids: vec![(system, external)],
                ..CompanyPatch::default()
            },
        }
    });
    prop_oneof![
        8 => patch,
        2 => purchase,
        1 => end,
        2 => renew,
        1 => moved,
        1 => role,
        1 => tag,
        1 => company,
        1 => Just(Command::ArchiveAsset { id }),
        2 => Just(Command::RestoreAsset { id }),
    ]
}

const ASSET: Uuid = Uuid::from_u128(77);
const TYPE: Uuid = Uuid::from_u128(88);
const COMPANIES: u128 = 90;

fn world() -> Ledger {
    let mut ledger = Ledger::new();
    let id = domain::ids::AssetTypeId(TYPE);
    let define = Command::DefineAssetType {
        id,
        name: None,
        template: Some("software-license".into()),
        fields: vec![],
    };
    ledger.when(define).unwrap();
    let field = FieldDraft {
        name: "Months".into(),
        kind: "number".into(),
        ..FieldDraft::default()
    };
    ledger.when(Command::AddField { id, field }).unwrap();
    for n in 0..2u128 {
        let draft = domain::command::CompanyDraft {
            name: format!("Company {n}"),
            ..Default::default()
        };
        let id = CompanyId(Uuid::from_u128(COMPANIES + n));
        ledger.when(Command::AddCompany { id, draft }).unwrap();
    }
    let company = CompanyId(Uuid::from_u128(COMPANIES));
    let draft = Ledger::draft(id, company, contoso());
    let id = AssetId(ASSET);
    ledger.when(Command::RegisterAsset { id, draft }).unwrap();
    ledger
}

proptest! {
    #[test]
    fn any_commands_leave_days_that_agree_with_each_day_asked_alone(
        steps in proptest::collection::vec((command(), 0..4u64), 1..30)
    ) {
        let mut ledger = world();
        let mut today = 31;
        for (command, later) in steps {
            today = (today + later).min(DAYS - 1);
            ledger.on(&nth(today).to_string());
            let recorded = ledger.recorded.len();
            let (events, outcome) = ledger.decide(command);
            if outcome.is_err() {
                prop_assert!(events.is_empty());
                prop_assert_eq!(ledger.recorded.len(), recorded);
            }
        }
        let own = ledger.recorded.iter().filter(|(fact, _)| fact.stream == ASSET);
        let asset = ledger.asset(AssetId(ASSET));
        prop_assert_eq!(Subject::fold(own.map(|(fact, at)| (fact, *at))), Subject::Asset(Box::new(asset.clone())));
        let asset_type = ledger.asset_type(asset.type_id);
        let term = domain::expiry::Expiring::of(asset, asset_type, Catalog::empty());
        let ends = term.days();
        let license = License::of(asset, asset_type, Catalog::empty());
        let days = license.as_ref().map(License::days).unwrap_or_default();
        let pools: Vec<_> = license.iter().flat_map(pools_of)
            .map(|key| pool_days(&key, std::slice::from_ref(&days)))
            .collect();
        let policy = Policy::default();
        for on in (0..DAYS).map(nth).chain(["1900-01-01", "2028-02-29", "9999-12-31"].map(day)) {
            let end = ends.iter().find(|interval| interval.holds(on)).map(|interval| interval.value);
            if ends.first().is_some_and(|first| first.from <= on) {
                prop_assert_eq!(end, term.on(on), "the end on {}", on);
            }
            if let Some(end) = end {
                let presumed = end.expiry_on(on);
                prop_assert!(term.deadline(presumed) <= presumed);
            }
            let Some(license) = &license else { continue };
            let at = days.iter().find(|interval| interval.holds(on)).map(|interval| &interval.value);
            if days.first().is_some_and(|first| first.from <= on) {
                prop_assert_eq!(at.cloned(), license.on(on), "the license on {}", on);
            }
            let pooled: Vec<_> = pools.iter().filter_map(|pool| pool.iter().find(|interval| interval.holds(on))).collect();
            prop_assert_eq!(pooled.len(), usize::from(at.is_some()), "one company at a time on {}", on);
            for pool in pooled {
                prop_assert!(pool.value.short >= 0 && pool.value.spare >= 0);
                prop_assert!(pool.value.short == 0 || pool.value.spare == 0);
                prop_assert!(Status::ALL.iter().any(|(status, _)| *status == pool.value.status(&policy)));
            }
        }
    }

    /// What was typed for today is what is read today.
    #[test]
    fn what_was_typed_today_is_read_today(
        steps in proptest::collection::vec(
            (0..80u64, 0..40i64, any::<bool>(), 0..3u64, 0..4u8), 1..20)
    ) {
        let mut ledger = world();
        let id = AssetId(ASSET);
        let mut today = 31;
        for (ahead, to, correction, later, what) in steps {
            today = (today + later).min(DAYS - 1);
            let on = nth(today).to_string();
            ledger.on(&on);
            let end = nth(today.saturating_sub(20) + ahead);
            let values = match what {
                0 => json!({"expiry_date": end.to_string()}),
                1 => json!({"total_seats": to}),
                2 => json!({"assigned_seats": to, "annual_cost": to}),
                _ => json!({"expiry_date": end.to_string(), "total_seats": to}),
            };
            let before = ledger.asset(id).clone();
            ledger.patch_as(id, values.clone(), None, correction);
            let asset = ledger.asset(id);
            if what == 0 || what == 3 {
                let read = asset.term.end_from(nth(today)).unwrap().expiry;
                prop_assert_eq!(read, Some(end), "{} on {} after {:?}", values, on, before.term);
            }
            if what == 1 || what == 3 {
                prop_assert_eq!(asset.seats.total(nth(today)), Some(to), "{} on {} after {:?}", values, on, before.seats);
            }
            if what == 2 {
                prop_assert_eq!(ledger.position(id, &on).in_use, Some(to));
            }
        }
    }
}
