//! What a value may be, what becomes of it when its field changes, and how large all of it may get.

use crate::support::{Ledger, contoso};
use domain::{
    Command, Event, Refusal,
    asset::AssetPatch,
    asset_type::{FIELDS_MAX, FieldDraft, FieldPatch, Metric, OptionDraft},
    ids::AssetId,
    product::Catalog,
    text,
};
use serde_json::{Value as Json, json};

fn licensed() -> (Ledger, AssetId) {
    let mut ledger = Ledger::new();
    let (license_type, company) = (ledger.license_type(), ledger.company("Contoso Dental"));
    let id = ledger.register(license_type, company, contoso());
    (ledger, id)
}

fn change(id: AssetId, values: Json) -> Command {
    let patch = AssetPatch {
        values: serde_json::from_value(values).unwrap(),
        ..AssetPatch::default()
    };
    Command::ChangeAsset { id, patch }
}

fn add_field(ledger: &mut Ledger, id: AssetId, field: FieldDraft) {
    let id = ledger.asset(id).type_id;
    ledger.when(Command::AddField { id, field }).unwrap();
}

fn change_field(ledger: &Ledger, id: AssetId, key: &str, patch: FieldPatch) -> Command {
    Command::ChangeField {
        id: ledger.asset(id).type_id,
        key: key.into(),
        patch,
    }
}

#[test]
fn money_is_kept_exactly_or_refused() {
    let (mut ledger, id) = licensed();
    let kept = [
        (json!("1e2"), "100.00"),
        (json!(0.1), "0.10"),
        (json!("0.000001"), "0.000001"),
        (json!("6600"), "6600.00"),
        (json!(1e3), "1000.00"),
        (json!("1000000000000"), "1000000000000.00"),
        (json!({"amount": 12, "currency": "eur"}), "12.00"),
        (json!("-0"), "0.00"),
    ];
    for (given, amount) in kept {
        ledger
            .when(change(id, json!({"annual_cost": given})))
            .unwrap();
        let cost = ledger
            .position(id, "2026-06-01")
            .annual_cost
            .iter()
            .next()
            .unwrap();
        assert_eq!(cost.amount.to_string(), amount, "{given}");
    }
    let long = format!("1.{}1", "0".repeat(40));
    let refused = [
        json!("1e400"),
        json!("1e-400"),
        json!("1e99999999999999999999"),
        json!("-1"),
        json!("0.0000001"),
        json!(long),
        json!("1000000000000.01"),
        json!("NaN"),
        json!("Infinity"),
        json!("1,000"),
        json!("0x10"),
        json!("9".repeat(5_000)),
        json!({"amount": "1"}),
        json!({"amount": "1", "currency": "€"}),
        json!({"amount": "1", "currency": "EUR", "vat": 1}),
        json!([1]),
        json!(true),
    ];
    for given in refused {
        let fields = ledger.invalid(change(id, json!({"annual_cost": given})));
        assert_eq!(fields, ["values.annual_cost"], "{given}");
    }
}

#[test]
fn dates_are_written_in_one_way() {
    for text in [
        "2026-1-1",
        "+2026-1-01",
        "2026-01-1",
        "20260101",
        "2026-01-32",
        "2025-02-29",
        "1899-12-31",
        "9999-12-3x",
        "２０２６-01-01",
        "2026-01-01T00:00",
        "",
    ] {
        assert!(domain::calendar::parse_date(text).is_err(), "{text}");
    }
    for text in ["1900-01-01", "2024-02-29", "9999-12-31"] {
        assert!(domain::calendar::parse_date(text).is_ok(), "{text}");
    }
}

#[test]
fn a_line_of_text_shows_what_it_is() {
    for bad in [
        "\u{0}",
        "a\u{7}b",
        "a\nb",
        "a\u{2028}b",
        "a\u{202e}b",
        "a\u{2066}b",
        "\u{200b}",
        "\u{feff} ",
    ] {
        assert!(text::line(bad, 100).is_err(), "{bad:?}");
    }
    // Joiners and marks of direction belong to writing.
    for good in ["نرم\u{200c}افزار", "👩\u{200d}💻", "\u{200f}שלום"] {
        assert!(text::line(good, 100).is_ok(), "{good:?}");
    }
}

#[test]
fn a_flood_of_faults_is_not_answered_by_a_larger_one() {
    let (mut ledger, id) = licensed();
    let many: serde_json::Map<String, Json> =
        (0..20_000).map(|n| (format!("k{n}"), json!(1))).collect();
    assert_eq!(ledger.invalid(change(id, Json::Object(many))), ["values"]);
    let options = (0..200).map(|n| OptionDraft {
        label: format!("Option {n}"),
        metric: Some("none".into()),
        ..OptionDraft::default()
    });
    let fields = vec![
        FieldDraft {
            name: "License type".into(),
            kind: "select".into(),
            options: options.collect(),
            ..FieldDraft::default()
        };
        FIELDS_MAX
    ];
    let define = Command::DefineAssetType {
        id: domain::ids::AssetTypeId(ledger.id()),
        name: Some("Many".into()),
        template: None,
        fields,
    };
    assert!(ledger.invalid(define).len() <= 100);
}

#[test]
fn large_changes_are_recorded_in_parts() {
    let (mut ledger, id) = licensed();
    let names = ["Terms", "Contacts", "History"];
    for name in names {
        let field = FieldDraft {
            name: name.into(),
            kind: "textarea".into(),
            ..FieldDraft::default()
        };
        add_field(&mut ledger, id, field);
    }
    let all = |letter: &str| {
        let text = letter.repeat(text::BODY_LENGTH_MAX);
        json!({"terms": text, "contacts": text, "history": text, "vendor": letter})
    };
    for letter in ["a", "b"] {
        let events = ledger.patch(id, all(letter));
        assert!(events.len() > 1, "{}", events.len());
        for event in events {
            let Event::FieldsChanged { changes } = event else {
                panic!("{event:?}")
            };
            let bytes = changes.iter().flat_map(|change| [&change.from, &change.to]);
            let bytes: usize = bytes
                .map(|value| match value {
                    Some(domain::value::Value::Text(text)) => text.len(),
                    _ => 0,
                })
                .sum();
            assert!(bytes <= 2 * text::BODY_LENGTH_MAX, "{bytes}");
        }
        assert_eq!(
            ledger.asset(id).values["vendor"],
            domain::value::Value::Text(letter.into())
        );
    }
    // What sanitizing makes longer than a text may be is refused, or it could never be changed again.
    let growing = json!({"notes": "&".repeat(text::BODY_LENGTH_MAX)});
    assert_eq!(ledger.invalid(change(id, growing)), ["values.notes"]);
}

#[test]
fn an_option_that_was_taken_out_keeps_its_meaning_for_who_holds_it() {
    let (mut ledger, id) = licensed();
    ledger.patch(id, json!({"license_type": "Site"}));
    let options = |labels: &[&str]| FieldPatch {
        options: Some(
            labels
                .iter()
                .map(|label| OptionDraft {
                    label: (*label).into(),
                    ..OptionDraft::default()
                })
                .collect(),
        ),
        ..FieldPatch::default()
    };
    let patch = options(&["Per-user", "Enterprise"]);
    let renamed = change_field(&ledger, id, "license_type", patch);
    ledger.when(renamed).unwrap();
    assert_eq!(ledger.license(id).metric, Metric::Site);
    assert_eq!(
        ledger.patch(id, json!({"license_type": "Site"})),
        [],
        "what was read may be sent back"
    );
    ledger.patch(id, json!({"license_type": "Per-user"}));
    let gone = change(id, json!({"license_type": "Site"}));
    assert_eq!(ledger.invalid(gone), ["values.license_type"]);
}

#[test]
fn a_default_stays_among_the_options() {
    let (mut ledger, id) = licensed();
    let set = FieldPatch {
        default: Some(json!("site")),
        ..FieldPatch::default()
    };
    let command = change_field(&ledger, id, "license_type", set);
    ledger.when(command).unwrap();
    let options = vec![OptionDraft {
        label: "Per-user".into(),
        ..OptionDraft::default()
    }];
    let patch = FieldPatch {
        options: Some(options),
        ..FieldPatch::default()
    };
    let command = change_field(&ledger, id, "license_type", patch.clone());
    assert_eq!(ledger.invalid(command), ["default"]);
    let patch = FieldPatch {
        default: Some(Json::Null),
        ..patch
    };
    let command = change_field(&ledger, id, "license_type", patch);
    ledger.when(command).unwrap();
}

#[test]
fn a_number_that_becomes_a_length_of_terms_cannot_stop_the_calendar() {
    for months in [
        json!(0),
        json!(-3),
        json!("0.5"),
        json!(1_000_000),
        json!(24),
    ] {
        let (mut ledger, id) = licensed();
        let field = FieldDraft {
            name: "Months".into(),
            kind: "number".into(),
            ..FieldDraft::default()
        };
        add_field(&mut ledger, id, field);
        ledger.patch(id, json!({"months": months, "auto_renew": true}));
        ledger.on("2026-06-20");
        ledger.patch(id, json!({"auto_renew": false}));
        ledger.patch_as(id, json!({"auto_renew": true}), Some("2040-01-01"), false);
        let patch = FieldPatch {
            role: Some(Some("term_length".into())),
            ..FieldPatch::default()
        };
        let command = change_field(&ledger, id, "months", patch);
        ledger.when(command).unwrap();
        let term = ledger.license(id).term;
        assert!((1..=1_200).contains(&term.term_months), "{months}");
        assert!(!term.days().is_empty());
        assert!(!ledger.license(id).days().is_empty());
        let halves = change(id, json!({"months": "2.5"}));
        assert_eq!(ledger.invalid(halves), ["values.months"]);
    }
}

#[test]
fn a_retired_field_keeps_its_key_and_gives_up_its_role() {
    let (mut ledger, id) = licensed();
    let asset_type = ledger.asset(id).type_id;
    let retire = Command::RetireField {
        id: asset_type,
        key: "expiry_date".into(),
    };
    ledger.when(retire).unwrap();
    let field = |name: &str| Command::AddField {
        id: asset_type,
        field: FieldDraft {
            name: name.into(),
            kind: "date".into(),
            ..FieldDraft::default()
        },
    };
    let Refusal::Invalid(faults) = ledger.refused(field("Expiry date")) else {
        panic!("not invalid")
    };
    assert!(faults[0].message.contains("retired"), "{faults:?}");
    ledger.when(field("Expires on")).unwrap();
    // The end belongs to the role, not to the field.
    let events = ledger.patch(id, json!({"expires_on": "2026-07-16"}));
    assert_eq!(events, []);
    let gone = change(id, json!({"expiry_date": "2027-07-16"}));
    assert_eq!(ledger.invalid(gone), ["values.expiry_date"]);
}

#[test]
fn defaults_are_for_who_names_nothing() {
    let (mut ledger, id) = licensed();
    let set = FieldPatch {
        default: Some(json!(5)),
        ..FieldPatch::default()
    };
    let command = change_field(&ledger, id, "total_seats", set);
    ledger.when(command).unwrap();
    let (asset_type, company) = {
        let asset = ledger.asset(id);
        (asset.type_id, asset.latest_company())
    };
    let total = |ledger: &mut Ledger, values: Json| {
        let id = ledger.register(asset_type, company, values);
        ledger.seats(id, "2026-06-01").0
    };
    assert_eq!(total(&mut ledger, json!({"product_name": "A"})), Some(5));
    let none = json!({"product_name": "A", "total_seats": null});
    assert_eq!(total(&mut ledger, none), None);
    // What is kept by day can't become a plain value that shows nothing of it.
    let patch = FieldPatch {
        role: Some(None),
        ..FieldPatch::default()
    };
    let command = change_field(&ledger, id, "total_seats", patch);
    assert!(ledger.invalid(command).contains(&"role".to_owned()));
    let retire = Command::RetireField {
        id: asset_type,
        key: "total_seats".into(),
    };
    ledger.when(retire).unwrap();
}

#[test]
fn a_required_secret_cannot_be_left_out_nor_cleared() {
    use domain::value::{SecretInput, SecretRef};
    let (mut ledger, id) = licensed();
    let patch = FieldPatch {
        required: Some(true),
        ..FieldPatch::default()
    };
    let command = change_field(&ledger, id, "license_key", patch);
    ledger.when(command).unwrap();
    let (asset_type, company) = {
        let asset = ledger.asset(id);
        (asset.type_id, asset.latest_company())
    };
    let new = AssetId(ledger.id());
    let mut draft = Ledger::draft(asset_type, company, contoso());
    for input in [
        None,
        Some(SecretInput::Unchanged),
        Some(SecretInput::Cleared),
    ] {
        draft.secrets = input
            .into_iter()
            .map(|input| ("license_key".into(), input))
            .collect();
        let register = Command::RegisterAsset {
            id: new,
            draft: draft.clone(),
        };
        assert_eq!(ledger.invalid(register), ["values.license_key"]);
    }
    let sealed = SecretRef {
        secret_id: domain::ids::SecretId::of_field(new, "license_key"),
        version: 1,
    };
    draft.secrets = [("license_key".into(), SecretInput::Sealed(sealed))].into();
    ledger
        .when(Command::RegisterAsset { id: new, draft })
        .unwrap();
    let patch = AssetPatch {
        secrets: [("license_key".into(), SecretInput::Cleared)].into(),
        ..AssetPatch::default()
    };
    let fields = ledger.invalid(Command::ChangeAsset { id: new, patch });
    assert_eq!(fields, ["values.license_key"]);
    assert_eq!(
        ledger.invalid(change(new, json!({"license_key": null}))),
        ["values.license_key"]
    );
}

#[test]
fn a_field_that_gets_its_role_later_brings_the_values_that_assets_have() {
    use crate::support::day;
    use domain::{asset::PurchaseDraft, expiry::Expiring, ids::PurchaseId};
    let mut ledger = Ledger::new();
    let asset_type = domain::ids::AssetTypeId(ledger.id());
    let field = |name: &str, kind: &str| FieldDraft {
        name: name.into(),
        kind: kind.into(),
        ..FieldDraft::default()
    };
    let define = Command::DefineAssetType {
        id: asset_type,
        name: Some("SSL Certificate".into()),
        template: None,
        fields: vec![
            field("Host", "text"),
            field("Ends", "date"),
            field("Hosts", "number"),
        ],
    };
    ledger.when(define).unwrap();
    let company = ledger.company("Contoso Dental");
    let id = ledger.register(
        asset_type,
        company,
        json!({"ends": "2026-07-16", "hosts": 5}),
    );
    for (key, role) in [("ends", "expiry_date"), ("hosts", "total_seats")] {
        let patch = FieldPatch {
            role: Some(Some(role.into())),
            ..FieldPatch::default()
        };
        let command = change_field(&ledger, id, key, patch);
        ledger.when(command).unwrap();
    }
    let end = |ledger: &Ledger| {
        let term = Expiring::of(
            ledger.asset(id),
            ledger.asset_type(asset_type),
            Catalog::empty(),
        );
        term.on(day("2026-06-01")).map(|known| known.expiry_date)
    };
    assert_eq!(end(&ledger), Some(day("2026-07-16")));
    assert_eq!(ledger.seats(id, "2026-06-01").0, Some(5));
    // Sent back as it is, it is nothing new; what is changed is changed from it.
    assert_eq!(
        ledger.patch(id, json!({"ends": "2026-07-16", "hosts": 5})),
        []
    );
    let purchase = PurchaseId(ledger.id());
    let draft = PurchaseDraft {
        quantity: json!(2),
        ..PurchaseDraft::default()
    };
    let buy = Command::PurchaseSeats {
        id,
        purchase,
        draft,
    };
    ledger.when(buy).unwrap();
    assert_eq!(ledger.seats(id, "2026-06-01").0, Some(7));
    let events = ledger.patch(id, json!({"ends": "2027-07-16"}));
    assert!(
        matches!(events[..], [Event::TermRenewed { .. }]),
        "{events:?}"
    );
    assert_eq!(end(&ledger), Some(day("2027-07-16")));
    assert_eq!(ledger.seats(id, "2026-07-16").0, Some(7));
    assert_eq!(ledger.seats(id, "2027-07-16").0, Some(7));
}
