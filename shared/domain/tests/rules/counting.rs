//! Who counts the seats in use, and what happens when more are taken than are owned.

use crate::support::{Ledger, contoso, told};
use domain::{
    Command, Event, Refusal,
    asset::{AssignmentDraft, CountDraft, Holder, HolderKind, InUseSource, SheetLine},
    asset_type::OverUse,
    command::Detail,
    ids::{AssetId, AssignmentId, CompanyId, HolderId},
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

fn licensed(values: Json) -> (Ledger, AssetId, CompanyId) {
    let mut ledger = Ledger::new();
    let (license_type, company) = (ledger.license_type(), ledger.company("Contoso Dental"));
    let id = ledger.register(license_type, company, values);
    (ledger, id, company)
}

fn blank() -> Json {
    json!({"product_name": "Visio", "total_seats": 10, "expiry_date": "2026-07-16"})
}

fn count(id: AssetId, source: &str, to: Json, on: &str) -> Command {
    let draft = CountDraft {
        source: source.into(),
        count: to,
        counted_on: Some(on.into()),
        ..CountDraft::default()
    };
    Command::CountSeats { id, draft }
}

fn assign(ledger: &mut Ledger, id: AssetId, from: &str) -> Result<domain::Answer, Refusal> {
    let new = ledger.id();
    let draft = AssignmentDraft {
        id: AssignmentId(new),
        holder: Holder {
            kind: HolderKind::User,
            id: HolderId(new),
        },
        company: None,
        quantity: Json::Null,
        from: Some(from.into()),
        until: None,
        note: None,
    };
    ledger.when(Command::AssignSeats {
        id,
        drafts: vec![draft],
    })
}

#[test]
fn a_count_that_is_made_again_is_recorded_once_for_a_day() {
    let (mut ledger, id, _) = licensed(contoso());
    let again = count(id, "typed", json!(27), "2026-06-10");
    let (events, _) = ledger.decide(again.clone());
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(ledger.decide(again).0, [], "nothing to do");
    let counted_on = ledger.position(id, "2026-06-12").counted_on.unwrap();
    assert_eq!(counted_on.to_string(), "2026-06-10");
}

#[test]
fn a_count_that_is_not_fit_is_told_all_at_once() {
    let (mut ledger, id, _) = licensed(contoso());
    let draft = CountDraft {
        source: "guessed".into(),
        count: json!(-1),
        counted_on: Some("1 June".into()),
        ..CountDraft::default()
    };
    told(
        &mut ledger,
        Command::CountSeats { id, draft },
        &[
            ("source", "\"guessed\" is no source: choose typed or synced"),
            (
                "count",
                "is -1: a whole number from 0 to 100000000 is expected",
            ),
            (
                "counted_on",
                "\"1 June\" is no date: write it as year-month-day, such as 2027-01-31, from 1900 to 9999",
            ),
        ],
    );
    let named = "\"named\" is counted by assignments: assign seats instead";
    told(
        &mut ledger,
        count(id, "named", json!(1), "2026-06-01"),
        &[("source", named)],
    );
    let nobody = CompanyId(Uuid::from_u128(3));
    let draft = CountDraft {
        source: "typed".into(),
        count: json!(1),
        counted_for: Some(nobody),
        ..CountDraft::default()
    };
    let none = format!("{nobody} has no seats of the license on 2026-06-01: allocate some first");
    told(
        &mut ledger,
        Command::CountSeats { id, draft },
        &[("company_id", &none)],
    );
}

#[test]
fn the_first_source_that_counts_is_the_one_that_stands() {
    let (mut ledger, id, _) = licensed(blank());
    assert_eq!(
        ledger
            .decide(count(id, "synced", json!(null), "2026-06-05"))
            .0,
        [],
        "nothing is known"
    );
    ledger
        .when(count(id, "synced", json!(7), "2026-06-05"))
        .unwrap();
    ledger
        .when(count(id, "synced", json!(6), "2026-06-03"))
        .unwrap();
    for (on, in_use) in [
        ("2026-06-02", None),
        ("2026-06-03", Some(6)),
        ("2026-06-05", Some(7)),
    ] {
        assert_eq!(ledger.seats(id, on).1, in_use, "{on}");
    }
    ledger
        .when(count(id, "typed", json!(9), "2026-06-06"))
        .unwrap();
    let position = ledger.position(id, "2026-06-07");
    assert_eq!(
        (position.in_use, position.counts.typed),
        (Some(7), Some(9)),
        "shown as a difference"
    );
}

#[test]
fn another_source_counts_from_its_day_on_and_changes_none_before() {
    let (mut ledger, id, _) = licensed(contoso());
    let set = |source: &str, on: &str| Command::SetInUseSource {
        id,
        source: source.into(),
        effective_on: Some(on.into()),
    };
    let (events, _) = ledger.decide(set("named", "2026-06-10"));
    let (from, to) = (InUseSource::Typed, InUseSource::Named);
    assert_eq!(events, [Event::InUseSourceChanged { from, to }]);
    assert_eq!(ledger.seats(id, "2026-06-09").1, Some(27));
    assert_eq!(ledger.seats(id, "2026-06-10").1, Some(0));
    assert_eq!(
        ledger.decide(set("named", "2026-06-12")).0,
        [],
        "nothing to do"
    );
    let unknown = "\"agent\" is no source: choose typed, named or synced";
    told(
        &mut ledger,
        set("agent", "2026-06-12"),
        &[("source", unknown)],
    );
}

#[test]
fn over_use_is_allowed_told_or_refused_as_the_type_says() {
    for (rule, over_by) in [
        (OverUse::Allow, None),
        (OverUse::Warn, Some(1)),
        (OverUse::Block, None),
    ] {
        let (mut ledger, id, _) = licensed(blank());
        set_over_use(&mut ledger, id, rule);
        for _ in 0..10 {
            let warnings = assign(&mut ledger, id, "2026-06-02").unwrap().warnings;
            let over_use = |warning: &String| warning.contains("more seats");
            assert!(
                !warnings.iter().any(over_use),
                "{rule:?}: there are seats, though the term will end"
            );
        }
        match assign(&mut ledger, id, "2026-06-02") {
            Ok(answer) => {
                let expected =
                    over_by.map(|by| format!("{by} more seats are in use than are owned"));
                assert_eq!(answer.warnings, Vec::from_iter(expected), "{rule:?}");
            }
            Err(refusal) => {
                let message = "takes 1 more seats than are owned, which \"Software License\" does not allow: buy \
                               seats or give some back first";
                assert_eq!(
                    (rule, refusal),
                    (OverUse::Block, Refusal::Conflict(message.to_owned()))
                );
            }
        }
    }
}

#[test]
fn a_blocked_license_that_has_ended_gives_no_seats() {
    let (mut ledger, id, _) = licensed(blank());
    set_over_use(&mut ledger, id, OverUse::Block);
    ledger.on("2026-08-01");
    assert!(matches!(
        assign(&mut ledger, id, "2026-08-01"),
        Err(Refusal::Conflict(_))
    ));
}

#[test]
fn what_is_counted_elsewhere_is_a_fact_and_never_refused() {
    let (mut ledger, id, _) = licensed(blank());
    set_over_use(&mut ledger, id, OverUse::Block);
    ledger
        .when(count(id, "synced", json!(40), "2026-06-05"))
        .unwrap();
    let typed = count(id, "typed", json!(41), "2026-06-05");
    ledger
        .when(typed)
        .expect("what is typed beside it is a difference");
}

fn set_over_use(ledger: &mut Ledger, id: AssetId, rule: OverUse) {
    let type_id = ledger.asset(id).type_id;
    let over_use = Some(rule.as_str().to_owned());
    let command = Command::ChangeAssetType {
        id: type_id,
        name: None,
        over_use,
    };
    ledger.when(command).unwrap();
}

fn line(asset: AssetId, in_use: Json, total: Option<Json>) -> SheetLine {
    SheetLine {
        asset,
        in_use: Some(in_use),
        total,
        version: None,
    }
}

#[test]
fn a_sheet_is_recorded_whole_or_not_at_all() {
    let (mut ledger, id, company) = licensed(contoso());
    let license_type = ledger.asset(id).type_id;
    let other = ledger.register(license_type, company, blank());
    let elsewhere = ledger.company("Fabrikam");
    let foreign = ledger.register(license_type, elsewhere, blank());
    let sheet = |lines| Command::CountSheet {
        company,
        lines,
        effective_on: Some("2026-06-05".into()),
    };
    let stale = SheetLine {
        version: Some(99),
        ..line(other, json!(1), None)
    };
    let current = ledger.version(other.0);
    told(
        &mut ledger,
        sheet(vec![
            line(id, json!("many"), Some(json!(-2))),
            line(id, json!(1), None),
            line(foreign, json!(1), None),
            stale,
        ]),
        &[
            (
                "lines[0].total",
                "is -2: a whole number from 0 to 100000000 is expected",
            ),
            (
                "lines[0].in_use",
                "is \"many\": a whole number from 0 to 100000000 is expected",
            ),
            ("lines[1].asset_id", "stands in the sheet twice"),
            (
                "lines[2].asset_id",
                &format!("the company has no license {foreign}"),
            ),
            (
                "lines[3].version",
                &format!("was changed meanwhile: the current version is {current}"),
            ),
        ],
    );
    told(
        &mut ledger,
        sheet(vec![]),
        &[("lines", "there are 0: 1 to 500 are expected")],
    );
    let lines = vec![
        line(id, json!(20), Some(json!(30))),
        line(other, json!(null), None),
    ];
    let answer = ledger.when(sheet(lines.clone())).unwrap();
    assert_eq!(
        answer.detail,
        Detail::Sheet {
            changed: 1,
            unchanged: 1
        }
    );
    assert_eq!(ledger.seats(id, "2026-06-05"), (Some(30), Some(20)));
    let again = ledger.when(sheet(lines)).unwrap();
    assert_eq!(
        again.detail,
        Detail::Sheet {
            changed: 0,
            unchanged: 2
        },
        "nothing to do"
    );
}

#[test]
fn whoever_gives_a_count_is_told_which_one_stands() {
    let (mut ledger, id, _) = licensed(blank());
    let first = assign(&mut ledger, id, "2026-06-02").unwrap().warnings;
    assert_eq!(
        first,
        [
            "nobody had counted this license: from now on its seats in use are those of the source \"named\""
        ]
    );
    let second = assign(&mut ledger, id, "2026-06-02").unwrap().warnings;
    assert!(second.is_empty(), "{second:?}");
    let draft = CountDraft {
        source: "typed".into(),
        count: json!(33),
        counted_on: Some("2026-06-03".into()),
        ..CountDraft::default()
    };
    let typed = ledger.when(Command::CountSeats { id, draft }).unwrap();
    assert_eq!(
        typed.warnings,
        [
            "the seats in use are those of the source \"named\": what was given as \"typed\" is shown beside it"
        ]
    );
}
