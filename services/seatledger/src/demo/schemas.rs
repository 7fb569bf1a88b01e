//! The MSP's asset types: licenses from the template, certificates made by hand.

use domain::{
    Command,
    asset_type::{FieldDraft, FieldPatch, OptionDraft},
};

use super::{Step, ids::Ids};

pub(super) const LICENSE: &str = "Software License";
pub(super) const CERTIFICATE: &str = "SSL Certificate";

/// The template's license types, and one that servers need.
const LICENSE_TYPES: [&str; 6] = [
    "Per-user",
    "Per-device",
    "Per-core",
    "Site",
    "Concurrent",
    "Subscription",
];

const AGREEMENTS: [&str; 6] = [
    "Perpetual",
    "Subscription",
    "Trial",
    "OEM",
    "Not for resale",
    "Free",
];

pub(super) fn steps(ids: &Ids) -> Vec<Step> {
    let license = ids.asset_type(LICENSE);
    let define = Command::DefineAssetType {
        id: license,
        name: None,
        template: Some("software-license".to_owned()),
        fields: Vec::new(),
    };
    let per_core = Command::ChangeField {
        id: license,
        key: "license_type".to_owned(),
        patch: FieldPatch {
            options: Some(options(&LICENSE_TYPES)),
            ..FieldPatch::default()
        },
    };
    let certificate = Command::DefineAssetType {
        id: ids.asset_type(CERTIFICATE),
        name: Some(CERTIFICATE.to_owned()),
        template: None,
        fields: certificate_fields(),
    };
    let mut steps = vec![
        Step::new("types/license", define),
        Step::new("types/license/per-core", per_core).because("Servers are licensed by the core"),
    ];
    steps.extend(added_fields().into_iter().map(|field| {
        let name = format!("types/license/{}", field.name);
        Step::new(name, Command::AddField { id: license, field })
    }));
    steps.push(Step::new("types/certificate", certificate));
    steps
}

fn added_fields() -> [FieldDraft; 8] {
    [
        FieldDraft {
            options: options(&AGREEMENTS),
            ..field("Agreement", "select")
        },
        FieldDraft {
            hint: Some("The last day of updates and support".to_owned()),
            ..field("Maintenance Until", "date")
        },
        FieldDraft {
            unit: Some("days".to_owned()),
            hint: Some("Before the expiry, if the license renews itself".to_owned()),
            ..field("Notice Days", "number")
        },
        FieldDraft {
            unit: Some("months".to_owned()),
            ..field("Term Length", "number")
        },
        field("SKU", "text"),
        FieldDraft {
            hint: Some("What the client pays us".to_owned()),
            ..field("Annual Price", "number")
        },
        FieldDraft {
            hint: Some("When use beyond what is owned is counted and billed".to_owned()),
            ..field("True-Up On", "date")
        },
        FieldDraft {
            hint: Some("Whether a seat that is taken back can be given to another".to_owned()),
            ..field("Reassignable", "boolean")
        },
    ]
}

/// No role is named: those of the expiry and of the switch are told from the names.
fn certificate_fields() -> Vec<FieldDraft> {
    vec![
        FieldDraft {
            required: true,
            shown_in_list: true,
            ..field("Common Name", "text")
        },
        FieldDraft {
            shown_in_list: true,
            ..field("Issuer", "text")
        },
        FieldDraft {
            options: options(&["DNS", "Web server", "E-mail"]),
            ..field("Proof of Control", "select")
        },
        FieldDraft {
            required: true,
            shown_in_list: true,
            ..field("Expires On", "date")
        },
        field("Auto-Renew", "boolean"),
        field("Notes", "textarea"),
    ]
}

fn field(name: &str, kind: &str) -> FieldDraft {
    FieldDraft {
        name: name.to_owned(),
        kind: kind.to_owned(),
        ..FieldDraft::default()
    }
}

fn options(labels: &[&str]) -> Vec<OptionDraft> {
    let option = |label: &&str| OptionDraft {
        label: (*label).to_owned(),
        ..OptionDraft::default()
    };
    labels.iter().map(option).collect()
}
