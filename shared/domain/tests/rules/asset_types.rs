//! Types are made from the usual twelve fields, by hand or from the template, and keep their meaning.

use crate::support::{Ledger, told};
use domain::{
    Command, Detail, Event, Refusal,
    asset_type::{Agreement, FieldDraft, FieldPatch, FieldRole, Metric, OptionDraft},
    ids::AssetTypeId,
};

fn field(name: &str, kind: &str) -> FieldDraft {
    FieldDraft {
        name: name.into(),
        kind: kind.into(),
        ..FieldDraft::default()
    }
}

fn select(name: &str, labels: &[&str]) -> FieldDraft {
    let option = |label: &&str| OptionDraft {
        label: (*label).into(),
        ..OptionDraft::default()
    };
    FieldDraft {
        options: labels.iter().map(option).collect(),
        ..field(name, "select")
    }
}

/// The twelve fields as the usual form has them, without a word about roles.
fn by_hand() -> Vec<FieldDraft> {
    vec![
        field("Product Name", "Text"),
        field("Vendor", "Text"),
        select(
            "License Type",
            &[
                "Per-user",
                "per-device",
                "site",
                "concurrent",
                "subscription",
            ],
        ),
        field("License Key", "Password"),
        field("Total Seats", "Number"),
        field("Assigned Seats", "Number"),
        field("Purchase Date", "Date"),
        field("Expiry Date", "Date"),
        field("Auto-Renew", "Boolean"),
        field("Annual Cost", "Number"),
        field("Vendor Portal URL", "URL"),
        field("Notes", "Rich Text"),
    ]
}

fn define(ledger: &mut Ledger, name: &str, fields: Vec<FieldDraft>) -> (AssetTypeId, Command) {
    let id = AssetTypeId(ledger.id());
    (
        id,
        Command::DefineAssetType {
            id,
            name: Some(name.into()),
            template: None,
            fields,
        },
    )
}

#[test]
fn the_usual_fields_have_their_roles_whether_typed_or_from_the_template() {
    let mut ledger = Ledger::new();
    let (id, command) = define(&mut ledger, "Licences", by_hand());
    let Detail::Fields(answers) = ledger.when(command).unwrap().detail else {
        panic!("no fields")
    };
    let template = ledger.license_type();
    let roles = |id| -> Vec<_> {
        let fields = ledger.asset_type(id).live_fields();
        fields
            .map(|field| (field.key.to_string(), field.role, field.kind.name()))
            .collect()
    };
    assert_eq!(roles(id), roles(template));
    assert_eq!(answers.iter().filter(|answer| answer.inferred).count(), 10);
    let keys: Vec<String> = roles(id).into_iter().map(|(key, ..)| key).collect();
    assert_eq!(
        keys.join(" "),
        "product_name vendor license_type license_key total_seats assigned_seats purchase_date expiry_date \
         auto_renew annual_cost vendor_portal_url notes"
    );
    let license_type = ledger.asset_type(id).field("license_type").unwrap();
    let meaning = |label| {
        license_type
            .kind
            .option(label)
            .map(|option| (option.metric, option.agreement))
    };
    assert_eq!(meaning("SITE"), Some((Some(Metric::Site), None)));
    assert_eq!(
        meaning("Subscription"),
        Some((Some(Metric::PerUser), Some(Agreement::Subscription)))
    );
}

#[test]
fn a_type_of_another_name_takes_part_by_the_role_of_its_date() {
    let mut ledger = Ledger::new();
    let (id, command) = define(
        &mut ledger,
        "SSL Certificate",
        vec![field("Domain", "text"), field("Valid until", "date")],
    );
    ledger.when(command).unwrap();
    let asset_type = ledger.asset_type(id);
    assert_eq!(
        asset_type.field("valid_until").unwrap().role,
        Some(FieldRole::ExpiryDate)
    );
    assert!(!asset_type.is_license());
}

#[test]
fn a_role_may_be_named_or_opted_out_of() {
    let mut ledger = Ledger::new();
    let named = FieldDraft {
        role: Some(Some("expiry_date".into())),
        ..field("Ende", "date")
    };
    let out = FieldDraft {
        role: Some(None),
        ..field("Total Seats", "number")
    };
    let (id, command) = define(&mut ledger, "Lizenz", vec![named, out]);
    ledger.when(command).unwrap();
    let asset_type = ledger.asset_type(id);
    assert_eq!(
        asset_type.field("ende").unwrap().role,
        Some(FieldRole::ExpiryDate)
    );
    assert!(!asset_type.is_license());
}

#[test]
fn all_faults_of_a_definition_are_told_at_once() {
    let mut ledger = Ledger::new();
    let fields = vec![
        field("Name", "text"),
        field("name", "text"),
        field("Size", "huge"),
        select("Choice", &[]),
        select("License Type", &["per-user", "whatever"]),
        FieldDraft {
            role: Some(Some("expiry_date".into())),
            ..field("Ends", "text")
        },
        FieldDraft {
            role: Some(Some("colour".into())),
            ..field("Colour", "text")
        },
        FieldDraft {
            decimals: Some(2),
            ..field("Total Seats", "number")
        },
        FieldDraft {
            default: Some("x".into()),
            ..field("License Key", "password")
        },
    ];
    let (_, command) = define(&mut ledger, " ", fields);
    assert_eq!(
        ledger.invalid(command),
        [
            "name",
            "fields[1].name",
            "fields[2].kind",
            "fields[3].options",
            "fields[4].options[1]",
            "fields[5].role",
            "fields[6].role",
            "fields[7].decimals",
            "fields[8].default"
        ]
    );
}

#[test]
fn a_second_field_of_an_inferred_role_is_kept_plain_with_a_warning() {
    let mut ledger = Ledger::new();
    let fields = vec![field("Expiry Date", "date"), field("Expires on", "date")];
    let (id, command) = define(&mut ledger, "Domain", fields);
    let answer = ledger.when(command).unwrap();
    assert_eq!(answer.warnings.len(), 1, "{:?}", answer.warnings);
    assert_eq!(
        ledger.asset_type(id).field("expires_on").unwrap().role,
        None
    );
}

#[test]
fn names_are_unique_whatever_their_spelling_and_free_again_after_a_rename() {
    let mut ledger = Ledger::new();
    let (id, command) = define(&mut ledger, "Domain", by_hand());
    ledger.when(command).unwrap();
    let (_, again) = define(&mut ledger, " DOMAIN ", by_hand());
    assert!(matches!(
        ledger.refused(again.clone()),
        Refusal::Conflict(_)
    ));
    ledger
        .when(Command::ChangeAssetType {
            id,
            name: Some("domain".into()),
            over_use: None,
        })
        .unwrap();
    assert!(
        matches!(ledger.refused(again.clone()), Refusal::Conflict(_)),
        "its own name stays taken"
    );
    ledger
        .when(Command::ChangeAssetType {
            id,
            name: Some("Web domain".into()),
            over_use: None,
        })
        .unwrap();
    ledger.when(again).unwrap();
}

#[test]
fn name_and_rule_of_a_type_change_together_or_not_at_all() {
    let mut ledger = Ledger::new();
    let id = ledger.license_type();
    let change = |name: &str, over_use: &str| Command::ChangeAssetType {
        id,
        name: Some(name.to_owned()),
        over_use: Some(over_use.to_owned()),
    };
    let Refusal::Invalid(errors) = ledger.refused(change("", "sometimes")) else {
        panic!("both are wrong");
    };
    let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["name", "over_use"]);
    let (events, outcome) = ledger.decide(change("Licenses", "block"));
    outcome.unwrap();
    assert_eq!(events.len(), 2);
    let (events, _) = ledger.decide(change("Licenses", "block"));
    assert!(events.is_empty(), "an equal rule is no event");
}

#[test]
fn a_field_keeps_its_key_when_it_is_renamed() {
    let mut ledger = Ledger::new();
    let id = ledger.license_type();
    let patch = FieldPatch {
        name: Some("Publisher".into()),
        ..FieldPatch::default()
    };
    ledger
        .when(Command::ChangeField {
            id,
            key: "vendor".into(),
            patch: patch.clone(),
        })
        .unwrap();
    assert_eq!(
        ledger.asset_type(id).field("vendor").unwrap().name,
        "Publisher"
    );
    let (events, _) = ledger.decide(Command::ChangeField {
        id,
        key: "vendor".into(),
        patch,
    });
    assert_eq!(events, [], "the same again is nothing new");
    ledger
        .when(Command::RetireField {
            id,
            key: "vendor".into(),
        })
        .unwrap();
    assert_eq!(
        ledger.refused(Command::RetireField {
            id,
            key: "vendor".into()
        }),
        Refusal::NotFound("field")
    );
}

#[test]
fn a_field_can_be_added_but_not_twice() {
    let mut ledger = Ledger::new();
    let id = ledger.license_type();
    let (events, _) = ledger.decide(Command::AddField {
        id,
        field: field("Reseller", "text"),
    });
    assert!(matches!(events[..], [Event::FieldAdded { .. }]));
    assert_eq!(
        ledger.invalid(Command::AddField {
            id,
            field: field("reseller", "text")
        }),
        ["name"]
    );
}

#[test]
fn a_field_whose_values_are_kept_by_day_keeps_its_role() {
    let mut ledger = Ledger::new();
    let id = ledger.license_type();
    let message = "the values of expiry_date are kept by day as expiry_date, which a field can't lose: retire the \
                   field, and add another without the role";
    for role in [None, Some("maintenance_until".to_owned())] {
        let command = Command::ChangeField {
            id,
            key: "expiry_date".into(),
            patch: FieldPatch {
                role: Some(role),
                ..FieldPatch::default()
            },
        };
        told(&mut ledger, command, &[("role", message)]);
    }
}

#[test]
fn a_cost_that_gets_its_role_later_counts() {
    let mut ledger = Ledger::new();
    let id = AssetTypeId(ledger.id());
    let field = |name: &str, kind: &str, role: Option<&str>| FieldDraft {
        name: name.into(),
        kind: kind.into(),
        role: Some(role.map(Into::into)),
        ..FieldDraft::default()
    };
    let fields = vec![
        field("Seats", "number", Some("total_seats")),
        FieldDraft {
            unit: Some("USD".into()),
            ..field("Yearly", "number", None)
        },
    ];
    let define = Command::DefineAssetType {
        id,
        name: Some("Plan".into()),
        template: None,
        fields,
    };
    ledger.when(define).unwrap();
    let company = ledger.company("Contoso");
    let asset = ledger.register(id, company, serde_json::json!({"seats": 3, "yearly": 120}));
    let command = Command::ChangeField {
        id,
        key: "yearly".into(),
        patch: FieldPatch {
            role: Some(Some("annual_cost".into())),
            ..FieldPatch::default()
        },
    };
    ledger.when(command).unwrap();
    let cost = ledger.position(asset, "2026-06-01").annual_cost;
    assert_eq!(cost.iter().count(), 1, "{cost:?}");
}
