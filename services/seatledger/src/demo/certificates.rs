//! Certificates: assets that expire and are no licenses.

use chrono::{Days, NaiveDate};
use domain::{Command, asset::AssetDraft};
use serde_json::json;

use super::{Step, companies::Company, ids::Ids, schemas};

/// Host, issuer, days to the expiry, whether it renews itself.
const CERTIFICATES: [(&str, &str, &str, i64, bool); 14] = [
    ("northwind-it.example", "www", "Let's Encrypt", 61, true),
    ("northwind-it.example", "rmm", "DigiCert", 118, false),
    ("contosodental.example", "www", "Let's Encrypt", 47, true),
    ("contosodental.example", "remote", "Sectigo", 25, false),
    ("fabrikam.example", "www", "DigiCert", 203, false),
    ("fabrikam.example", "vpn", "DigiCert", 5, false),
    ("adventure-works.example", "shop", "DigiCert", 80, false),
    ("wingtip.example", "portal", "Sectigo", -4, false),
    ("treyresearch.example", "git", "Let's Encrypt", 33, true),
    ("woodgrove.example", "online", "Entrust", 160, false),
    ("woodgrove.example", "mail", "Entrust", 45, false),
    ("margiestravel.example", "www", "Let's Encrypt", 12, true),
    ("litware.example", "vpn", "Sectigo", 270, false),
    ("alpineskihouse.example", "tickets", "DigiCert", 88, false),
];

pub(super) fn steps(company: &Company, ids: &Ids, today: NaiveDate) -> Vec<Step> {
    let own = CERTIFICATES
        .iter()
        .filter(|(site, ..)| *site == company.site);
    own.map(|&(site, host, issuer, ends_in, renews)| {
        let name = format!("{host}.{site}");
        let values = json!({
            "common_name": name,
            "issuer": issuer,
            "proof_of_control": if renews { "DNS" } else { "E-mail" },
            "expires_on": day_in(today, ends_in).to_string(),
            "auto_renew": renews,
        });
        let draft = AssetDraft {
            type_id: ids.asset_type(schemas::CERTIFICATE),
            company_id: ids.company(company.name),
            values: entries(values),
            secrets: Default::default(),
            tags: vec!["certificate".to_owned()],
            external_ids: Vec::new(),
            effective_on: None,
        };
        let id = ids.asset(&name);
        Step::new(
            format!("certificates/{name}"),
            Command::RegisterAsset { id, draft },
        )
    })
    .collect()
}

/// A day so many days from today; a negative number counts back.
pub(super) fn day_in(today: NaiveDate, days: i64) -> NaiveDate {
    let far = Days::new(days.unsigned_abs());
    let day = if days < 0 {
        today.checked_sub_days(far)
    } else {
        today.checked_add_days(far)
    };
    day.unwrap_or(today)
}

pub(super) fn entries(
    values: serde_json::Value,
) -> std::collections::BTreeMap<String, serde_json::Value> {
    match values {
        serde_json::Value::Object(entries) => entries.into_iter().collect(),
        _ => Default::default(),
    }
}
