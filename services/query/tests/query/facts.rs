//! Facts as commands would have recorded them.

use chrono::NaiveDate;
use domain::{
    Change, Event, Fact,
    asset::InUseSource,
    asset_type::{Agreement, Field, FieldKey, FieldKind, FieldRole, Metric, SelectOption},
    ids::{AssetTypeId, CompanyId, PersonId},
    money::{Currency, Money},
    policy::Policy,
    value::{SecretRef, Value},
};
use uuid::Uuid;

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn id(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

pub(crate) fn key(name: &str) -> FieldKey {
    FieldKey::of_name(name).unwrap()
}

pub(crate) fn usd() -> Currency {
    Currency::parse("USD").unwrap()
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

fn option(label: &str, metric: Option<Metric>, agreement: Option<Agreement>) -> SelectOption {
    SelectOption {
        label: label.to_owned(),
        metric,
        agreement,
    }
}

pub(crate) fn license_fields() -> Vec<Field> {
    use FieldRole as R;
    let number = |decimals| FieldKind::Number {
        unit: None,
        decimals,
    };
    let metrics = vec![
        option("Per-user", Some(Metric::PerUser), None),
        option("Site", Some(Metric::Site), None),
        option("Perpetual", None, Some(Agreement::Perpetual)),
    ];
    vec![
        field("Product Name", FieldKind::Text, Some(R::Product)),
        field("Vendor", FieldKind::Text, Some(R::Vendor)),
        field(
            "License Type",
            FieldKind::Select { options: metrics },
            Some(R::LicenseMetric),
        ),
        field("License Key", FieldKind::Password, Some(R::LicenseKey)),
        field("Total Seats", number(0), Some(R::TotalSeats)),
        field("Assigned Seats", number(0), Some(R::AssignedSeats)),
        field("Expiry Date", FieldKind::Date, Some(R::ExpiryDate)),
        field("Auto-Renew", FieldKind::Boolean, Some(R::AutoRenew)),
        field("Annual Cost", number(2), Some(R::AnnualCost)),
        field("Notes", FieldKind::Textarea, None),
    ]
}

/// One account with what it needs to have assets.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) tenant: Uuid,
    pub(crate) person: Uuid,
    pub(crate) asset_type: Uuid,
    name: &'static str,
}

impl Account {
    pub(crate) fn new(name: &'static str) -> Self {
        let of = |what: &str| id(&format!("{name} {what}"));
        Self {
            tenant: of("tenant"),
            person: of("person"),
            asset_type: of("type"),
            name,
        }
    }

    pub(crate) fn id(&self, what: &str) -> Uuid {
        id(&format!("{} {what}", self.name))
    }

    pub(crate) fn fact(&self, stream: Uuid, company: Option<Uuid>, on: &str, event: Event) -> Fact {
        Fact {
            stream,
            company: company.map(CompanyId),
            effective_on: day(on),
            event,
        }
    }

    pub(crate) fn opened(&self) -> Vec<Fact> {
        let created = Event::TenantCreated {
            name: format!("{} MSP", self.name),
            time_zone: chrono_tz::Tz::Europe__Berlin,
            currency: usd(),
        };
        let invited = Event::PersonInvited {
            person_id: PersonId(self.person),
        };
        let defined = Event::AssetTypeDefined {
            name: format!("{} Software License", self.name),
            fields: license_fields(),
        };
        vec![
            self.fact(self.tenant, None, "2026-01-01", created),
            self.fact(self.tenant, None, "2026-01-01", invited),
            self.fact(self.asset_type, None, "2026-01-01", defined),
        ]
    }

    pub(crate) fn company(&self, name: &str) -> Fact {
        let event = Event::CompanyAdded {
            name: name.to_owned(),
            own: false,
            time_zone: None,
        };
        let company = self.id(name);
        self.fact(company, Some(company), "2026-01-01", event)
    }

    pub(crate) fn renamed(&self, company: &str, to: &str) -> Fact {
        let event = Event::CompanyRenamed {
            from: company.to_owned(),
            to: to.to_owned(),
        };
        let company = self.id(company);
        self.fact(company, Some(company), "2026-01-01", event)
    }

    pub(crate) fn document(&self, company: &str, title: &str) -> Fact {
        let company = self.id(company);
        let event = Event::DocumentWritten {
            company_id: CompanyId(company),
            title: title.to_owned(),
            body: format!("The text of {title}"),
        };
        self.fact(self.id(title), Some(company), "2026-01-01", event)
    }

    pub(crate) fn policy(&self, min_spare_seats: i64) -> Fact {
        let policy = Policy {
            min_spare_seats,
            ..Policy::default()
        };
        let stream = domain::ids::TenantId(self.tenant).policy_stream();
        self.fact(stream, None, "2026-01-01", Event::PolicySet { policy })
    }

    pub(crate) fn license<'a>(&'a self, company: &str, product: &'a str) -> License<'a> {
        License {
            account: self,
            company: self.id(company),
            asset: self.id(product),
            product,
        }
    }
}

/// An asset of the type of licenses, named for its product.
pub(crate) struct License<'a> {
    account: &'a Account,
    company: Uuid,
    pub(crate) asset: Uuid,
    product: &'a str,
}

impl License<'_> {
    pub(crate) fn fact(&self, on: &str, event: Event) -> Fact {
        self.account.fact(self.asset, Some(self.company), on, event)
    }

    pub(crate) fn registered(&self, on: &str) -> Vec<Fact> {
        let event = Event::AssetRegistered {
            type_id: AssetTypeId(self.account.asset_type),
            company_id: CompanyId(self.company),
        };
        vec![
            self.fact(on, event),
            self.set(on, "Product Name", text(self.product)),
        ]
    }

    pub(crate) fn set(&self, on: &str, name: &str, to: Option<Value>) -> Fact {
        let change = Change {
            field: key(name),
            from: None,
            to,
        };
        self.fact(
            on,
            Event::FieldsChanged {
                changes: vec![change],
            },
        )
    }

    pub(crate) fn secret(&self, on: &str, version: i32) -> Fact {
        let secret_id =
            domain::ids::SecretId::of_field(domain::ids::AssetId(self.asset), "license_key");
        self.set(
            on,
            "License Key",
            Some(Value::Secret(SecretRef { secret_id, version })),
        )
    }

    pub(crate) fn total(&self, on: &str, from: Option<i64>, to: i64) -> Fact {
        let (to, delta) = (Some(to), Some(to));
        self.fact(
            on,
            Event::TotalSeatsAdjusted {
                from,
                to,
                delta,
                correction: false,
            },
        )
    }

    pub(crate) fn in_use(&self, on: &str, from: Option<i64>, to: i64) -> Fact {
        let (source, to) = (InUseSource::Typed, Some(to));
        self.fact(
            on,
            Event::SeatsInUseCounted {
                source,
                counted_for: None,
                from,
                to,
                correction: false,
            },
        )
    }

    pub(crate) fn expires(&self, on: &str, to: &str) -> Fact {
        self.fact(
            on,
            Event::ExpiryChanged {
                from: None,
                to: Some(day(to)),
                correction: false,
            },
        )
    }

    pub(crate) fn renews_itself(&self, on: &str) -> Fact {
        self.set(on, "Auto-Renew", Some(Value::Boolean(true)))
    }

    pub(crate) fn costs(&self, on: &str, amount: &str) -> Fact {
        let to = Some(Money {
            amount: amount.parse().unwrap(),
            currency: usd(),
        });
        let role = FieldRole::AnnualCost;
        self.fact(
            on,
            Event::CostChanged {
                role,
                from: None,
                to,
                correction: false,
            },
        )
    }

    pub(crate) fn moved(&self, on: &str, to: &str) -> Fact {
        let event = Event::MovedToCompany {
            from: CompanyId(self.company),
            to: CompanyId(self.account.id(to)),
        };
        self.fact(on, event)
    }

    pub(crate) fn linked(&self, system: &str, external: &str) -> Fact {
        let external_id = domain::company::ExternalId {
            system: system.to_owned(),
            id: external.to_owned(),
        };
        self.fact("2026-01-01", Event::ExternalIdLinked { external_id })
    }

    pub(crate) fn tagged(&self, on: &str, tag: &str) -> Fact {
        self.fact(
            on,
            Event::TagAdded {
                tag: tag.to_owned(),
            },
        )
    }

    /// With seats from the beginning of the year.
    pub(crate) fn seats(&self, total: i64, in_use: i64) -> Vec<Fact> {
        let mut facts = self.registered("2026-01-01");
        facts.push(self.total("2026-01-01", None, total));
        facts.push(self.in_use("2026-01-01", None, in_use));
        facts
    }
}

pub(crate) fn text(value: &str) -> Option<Value> {
    Some(Value::Text(value.to_owned()))
}
