//! A log as an MSP with many clients would have it: eight events a license.

use chrono::{DateTime, Days, NaiveDate, TimeDelta};
use contract::{Actor, Metadata, Principal};
use domain::{
    Change, Event,
    asset::InUseSource,
    asset_type::{Field, FieldKey, FieldKind, FieldRole, Metric, SelectOption},
    company::ExternalId,
    ids::{AssetTypeId, CompanyId, PersonId},
    money::{Currency, Money},
    value::Value,
};
use tokio_postgres::Client;
use uuid::Uuid;
use web::token::TokenText;

const PRODUCTS: u64 = 200;
const LICENSES_OF_A_COMPANY: usize = 100;
/// Events in one statement.
const PAGE: usize = 10_000;
const VENDORS: [&str; 10] = [
    "Microsoft",
    "Adobe",
    "Autodesk",
    "Zoom",
    "Atlassian",
    "Slack",
    "Sophos",
    "Veeam",
    "Citrix",
    "Sage",
];
const NAMES: [&str; 10] = [
    "Office",
    "Photoshop",
    "AutoCAD",
    "Meetings",
    "Jira",
    "Chat",
    "Endpoint",
    "Backup",
    "Desktop",
    "Accounts",
];
const EDITIONS: [&str; 5] = ["Standard", "Professional", "Enterprise", "Basic", "Premium"];
const TRADES: [&str; 5] = ["GmbH", "Inc", "Dental", "Law", "Bakery"];

/// What is made, before it is written.
pub(crate) struct Made {
    pub(crate) tenant: Uuid,
    token: Uuid,
    licenses: usize,
}

struct Log<'a> {
    client: &'a Client,
    tenant: Uuid,
    metadata: String,
    sequence: i64,
    versions: std::collections::HashMap<Uuid, i32>,
    facts: Vec<(Uuid, Option<Uuid>, NaiveDate, Event)>,
}

pub(crate) fn vendor(at: u64) -> &'static str {
    VENDORS[at as usize % VENDORS.len()]
}

pub(crate) fn product(at: u64) -> String {
    let at = at % PRODUCTS;
    let (name, edition) = (NAMES[at as usize % 10], EDITIONS[at as usize % 5]);
    format!("{name} {edition} {at}")
}

fn key(name: &str) -> FieldKey {
    FieldKey::from_stored(domain::text::snake_case(name))
}

fn field(name: &str, kind: FieldKind, role: Option<FieldRole>) -> Field {
    Field {
        key: key(name),
        name: name.to_owned(),
        kind,
        role,
        required: false,
        hint: None,
        default: None,
        shown_in_list: true,
        retired: false,
    }
}

fn fields() -> Vec<Field> {
    use FieldRole as R;
    let number = |decimals| FieldKind::Number {
        unit: None,
        decimals,
    };
    let options = vec![SelectOption {
        label: "Per-user".to_owned(),
        metric: Some(Metric::PerUser),
        agreement: None,
    }];
    vec![
        field("Product Name", FieldKind::Text, Some(R::Product)),
        field("Vendor", FieldKind::Text, Some(R::Vendor)),
        field(
            "License Type",
            FieldKind::Select { options },
            Some(R::LicenseMetric),
        ),
        field("License Key", FieldKind::Password, Some(R::LicenseKey)),
        field("Total Seats", number(0), Some(R::TotalSeats)),
        field("Assigned Seats", number(0), Some(R::AssignedSeats)),
        field("Expiry Date", FieldKind::Date, Some(R::ExpiryDate)),
        field("Auto-Renew", FieldKind::Boolean, Some(R::AutoRenew)),
        field("Annual Cost", number(2), Some(R::AnnualCost)),
        field("Purchase Date", FieldKind::Date, Some(R::PurchaseDate)),
        field("Order Number", FieldKind::Text, None),
        field("Notes", FieldKind::Textarea, None),
    ]
}

impl Made {
    pub(crate) fn new(licenses: usize) -> Self {
        Self {
            tenant: Uuid::new_v5(&Uuid::NAMESPACE_OID, b"tenant"),
            token: Uuid::new_v5(&Uuid::NAMESPACE_OID, b"token"),
            licenses,
        }
    }

    fn id(&self, what: &str) -> Uuid {
        Uuid::new_v5(&self.tenant, what.as_bytes())
    }

    pub(crate) fn companies(&self) -> Vec<Uuid> {
        let count = self.licenses.div_ceil(LICENSES_OF_A_COMPANY);
        (0..count).map(|at| self.company(at)).collect()
    }

    fn company(&self, at: usize) -> Uuid {
        self.id(&format!("company {at}"))
    }

    pub(crate) fn licenses(&self) -> Vec<Uuid> {
        (0..self.licenses)
            .map(|at| self.id(&format!("license {at}")))
            .collect()
    }

    /// Writes all of it as the superuser, and answers a token that sees all of it.
    pub(crate) async fn write(
        &self,
        client: &Client,
        today: NaiveDate,
    ) -> Result<String, tokio_postgres::Error> {
        let principal = Principal {
            actor: Actor::Person(self.id("person")),
            token: None,
        };
        let mut log = Log {
            client,
            tenant: self.tenant,
            metadata: Metadata::of(principal).encode(),
            sequence: 0,
            versions: std::collections::HashMap::new(),
            facts: Vec::new(),
        };
        let text = TokenText::generate(domain::ids::TokenId(self.token), [7; 32]);
        self.begin(&mut log, &text, today);
        for at in 0..self.companies().len() {
            let event = Event::CompanyAdded {
                name: format!("Company {at:04} {}", TRADES[at % TRADES.len()]),
                own: at == 0,
                time_zone: None,
            };
            let company = self.company(at);
            log.facts.push((company, Some(company), today, event));
        }
        for at in 0..self.licenses {
            self.license(&mut log, at, today);
            log.flush(PAGE).await?;
        }
        log.flush(1).await?;
        Ok(text.expose().to_owned())
    }

    fn begin(&self, log: &mut Log<'_>, text: &TokenText, today: NaiveDate) {
        let created = Event::TenantCreated {
            name: "MSP".to_owned(),
            time_zone: chrono_tz::Tz::UTC,
            currency: usd(),
        };
        let defined = Event::AssetTypeDefined {
            name: "Software License".to_owned(),
            fields: fields(),
        };
        let secret_sha256 = text.secret_sha256_bytes();
        let issued = Event::TokenIssued {
            person_id: Some(PersonId(self.id("person"))),
            integration: None,
            label: "bench".to_owned(),
            secret_sha256,
            companies: None,
            may_reveal: false,
            administer: false,
        };
        log.facts.push((self.tenant, None, today, created));
        log.facts.push((self.id("type"), None, today, defined));
        log.facts.push((self.token, None, today, issued));
    }

    /// Some are short, most have seats to spare, a few lapsed while they were in use.
    fn license(&self, log: &mut Log<'_>, at: usize, today: NaiveDate) {
        let (asset, company) = (
            self.id(&format!("license {at}")),
            self.company(at / LICENSES_OF_A_COMPANY),
        );
        let number = at as u64;
        let of = (number * 31 + number / 100) % PRODUCTS;
        let (total, used) = (10 + (number % 50) as i64, (number * 7 % 40) as i64);
        let bought = today - Days::new(400);
        let lapsed = at % 5_000 == 17;
        let expiry = match lapsed {
            true => today - Days::new(5),
            false => today + Days::new(5 + number * 13 % 1_000),
        };
        let text = |text: String| Some(Value::Text(text));
        let change = |name: &str, to| Change {
            field: key(name),
            from: None,
            to,
        };
        let mut changes = vec![
            change("Product Name", text(product(of))),
            change("Vendor", text(vendor(of).to_owned())),
            change("License Type", Some(Value::Text("Per-user".to_owned()))),
            change("Purchase Date", Some(Value::Date(bought))),
            change("Order Number", text(format!("PO-{at}"))),
            change(
                "Notes",
                text(format!(
                    "Ordered under {} for the branch. Ask the reseller for the renewal quote in time.",
                    asset.simple()
                )),
            ),
        ];
        if at.is_multiple_of(4) && !lapsed {
            changes.push(change("Auto-Renew", Some(Value::Boolean(true))));
        }
        let external_id = ExternalId {
            system: "psa".to_owned(),
            id: format!("X{at}"),
        };
        let cost = Money {
            amount: (total * 12).into(),
            currency: usd(),
        };
        for (on, event) in [
            (
                bought,
                Event::AssetRegistered {
                    type_id: AssetTypeId(self.id("type")),
                    company_id: CompanyId(company),
                },
            ),
            (bought, Event::FieldsChanged { changes }),
            (bought, Event::ExternalIdLinked { external_id }),
            (
                bought,
                Event::TotalSeatsAdjusted {
                    from: None,
                    to: Some(total),
                    delta: Some(total),
                    correction: false,
                },
            ),
            (
                bought + Days::new(30),
                Event::SeatsInUseCounted {
                    source: InUseSource::Typed,
                    from: None,
                    to: Some(used + i64::from(lapsed) * 40),
                    counted_for: None,
                    correction: false,
                },
            ),
            (
                bought,
                Event::ExpiryChanged {
                    from: None,
                    to: Some(expiry),
                    correction: false,
                },
            ),
            (
                bought,
                Event::CostChanged {
                    role: FieldRole::AnnualCost,
                    from: None,
                    to: Some(cost),
                    correction: false,
                },
            ),
            (
                bought,
                Event::TagAdded {
                    tag: format!("tag-{}", at % 9),
                },
            ),
        ] {
            log.facts.push((asset, Some(company), on, event));
        }
    }
}

fn usd() -> Currency {
    Currency::USD
}

impl Log<'_> {
    /// Writes what waits, if it is so many events.
    async fn flush(&mut self, least: usize) -> Result<(), tokio_postgres::Error> {
        if self.facts.len() < least {
            return Ok(());
        }
        let facts = std::mem::take(&mut self.facts);
        let from = self.sequence + 1;
        let epoch = DateTime::from_timestamp(1_780_000_000, 0).unwrap_or_default();
        let mut streams = Vec::with_capacity(facts.len());
        let mut versions = Vec::with_capacity(facts.len());
        let mut types = Vec::with_capacity(facts.len());
        let mut schemas = Vec::with_capacity(facts.len());
        let mut companies = Vec::with_capacity(facts.len());
        let mut payloads = Vec::with_capacity(facts.len());
        let mut days = Vec::with_capacity(facts.len());
        let mut times = Vec::with_capacity(facts.len());
        for (stream, company, on, event) in facts {
            self.sequence += 1;
            let version = self.versions.entry(stream).or_default();
            *version += 1;
            let stored = contract::encode(&event);
            streams.push(stream);
            versions.push(*version);
            types.push(stored.event_type);
            schemas.push(stored.schema_version);
            companies.push(company);
            payloads.push(stored.payload);
            days.push(on);
            times.push(epoch + TimeDelta::milliseconds(self.sequence));
        }
        let sql = "insert into log.event
            select $1 + at - 1, $2, $1 + at - 1, stream, version, gen_random_uuid(), type, schema, company,
                payload::json, $3::text::json, day, time
            from unnest($4::uuid[], $5::integer[], $6::text[], $7::smallint[], $8::uuid[], $9::text[], $10::date[],
                $11::timestamptz[])
                with ordinality t (stream, version, type, schema, company, payload, day, time, at)";
        self.client
            .execute(
                sql,
                &[
                    &from,
                    &self.tenant,
                    &self.metadata,
                    &streams,
                    &versions,
                    &types,
                    &schemas,
                    &companies,
                    &payloads,
                    &days,
                    &times,
                ],
            )
            .await?;
        Ok(())
    }
}
