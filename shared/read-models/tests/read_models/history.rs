//! Made histories: few subjects, all kinds of events, any days.

// An example takes this file in by its path, from where its own folder is not found.
#[path = "history/alerts.rs"]
mod alerts;
#[path = "history/licenses.rs"]
mod licenses;

use chrono::{Days, NaiveDate, NaiveTime};
use domain::{
    Change, Event, Fact,
    alert::{Kind, QuietHours},
    asset::{
        Assignment, Holder, HolderKind, InUseSource, PricePer, Purchase, RenewalDecision, Window,
    },
    asset_type::{Agreement, Field, FieldKey, FieldKind, FieldRole, Metric, SelectOption},
    company::ExternalId,
    ids::{
        AssetId, AssetTypeId, AssignmentId, CompanyId, HolderId, PersonId, ProductId, PurchaseId,
        SecretId, TenantId,
    },
    money::{Currency, Money},
    policy::Policy,
    product::{Alias, Product, ProductFacts},
    value::{SecretRef, Value},
};
use rust_decimal::Decimal;
use uuid::Uuid;

use alerts::alerting;
use licenses::{NAMES, SKUS, catalog, holding};

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

pub(crate) fn fact(stream: Uuid, effective_on: NaiveDate, event: Event) -> Fact {
    Fact {
        stream,
        company: None,
        effective_on,
        event,
    }
}

pub(crate) fn field(name: &str, kind: FieldKind, role: Option<FieldRole>) -> Field {
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

/// The fields of a license, by their names and roles.
pub(crate) fn license_fields() -> Vec<Field> {
    use FieldRole as R;
    let number = || FieldKind::Number {
        unit: None,
        decimals: 0,
    };
    let metrics = vec![
        option("Per-user", Some(Metric::PerUser), None),
        option("Site", Some(Metric::Site), None),
        option("Concurrent", Some(Metric::Concurrent), None),
        option("Perpetual", None, Some(Agreement::Perpetual)),
    ];
    vec![
        field("Product", FieldKind::Text, Some(R::Product)),
        field("SKU", FieldKind::Text, Some(R::Sku)),
        field("Vendor", FieldKind::Text, Some(R::Vendor)),
        field(
            "License Type",
            FieldKind::Select { options: metrics },
            Some(R::LicenseMetric),
        ),
        field("Key", FieldKind::Password, Some(R::LicenseKey)),
        field("Seats", number(), Some(R::TotalSeats)),
        field("In Use", number(), Some(R::AssignedSeats)),
        field("Expires", FieldKind::Date, Some(R::ExpiryDate)),
        field("Auto Renew", FieldKind::Boolean, Some(R::AutoRenew)),
        field("Notice", number(), Some(R::NoticeDays)),
        field("Cancel By", FieldKind::Date, Some(R::CancelBy)),
        field("True Up", FieldKind::Date, Some(R::TrueUpOn)),
        field("Reassignable", FieldKind::Boolean, Some(R::Reassignable)),
        field("Term", number(), Some(R::TermLength)),
        field(
            "Cost",
            FieldKind::Number {
                unit: None,
                decimals: 2,
            },
            Some(R::AnnualCost),
        ),
        field(
            "Weight",
            FieldKind::Number {
                unit: None,
                decimals: 3,
            },
            None,
        ),
        field("Notes", FieldKind::Textarea, None),
    ]
}

pub(crate) fn tenant_created(tenant: Uuid) -> Fact {
    let event = Event::TenantCreated {
        name: "MSP".to_owned(),
        time_zone: chrono_tz::Tz::Europe__Berlin,
        currency: usd(),
    };
    fact(tenant, day("2026-01-01"), event)
}

pub(crate) fn company_added(company: Uuid, name: &str) -> Fact {
    let event = Event::CompanyAdded {
        name: name.to_owned(),
        own: false,
        time_zone: None,
    };
    Fact {
        company: Some(CompanyId(company)),
        ..fact(company, day("2026-01-01"), event)
    }
}

pub(crate) fn type_defined(asset_type: Uuid, fields: Vec<Field>) -> Fact {
    let event = Event::AssetTypeDefined {
        name: "Software License".to_owned(),
        fields,
    };
    fact(asset_type, day("2026-01-01"), event)
}

pub(crate) fn asset_registered(
    asset: Uuid,
    asset_type: Uuid,
    company: Uuid,
    on: NaiveDate,
) -> Fact {
    let (type_id, company_id) = (AssetTypeId(asset_type), CompanyId(company));
    fact(
        asset,
        on,
        Event::AssetRegistered {
            type_id,
            company_id,
        },
    )
}

pub(crate) fn set(asset: Uuid, on: NaiveDate, name: &str, to: Option<Value>) -> Fact {
    let change = Change {
        field: key(name),
        from: None,
        to,
    };
    fact(
        asset,
        on,
        Event::FieldsChanged {
            changes: vec![change],
        },
    )
}

pub(crate) fn text(value: &str) -> Option<Value> {
    Some(Value::Text(value.to_owned()))
}

pub(crate) fn total(asset: Uuid, on: NaiveDate, from: Option<i64>, to: i64) -> Fact {
    let (to, delta) = (Some(to), Some(to));
    fact(
        asset,
        on,
        Event::TotalSeatsAdjusted {
            from,
            to,
            delta,
            correction: false,
        },
    )
}

pub(crate) fn in_use(asset: Uuid, on: NaiveDate, from: Option<i64>, to: i64) -> Fact {
    let (source, to) = (InUseSource::Typed, Some(to));
    fact(
        asset,
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

/// Numbers that look random and are the same for the same seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }

    fn count(&mut self) -> i64 {
        i64::try_from(self.below(40)).unwrap()
    }

    fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[usize::try_from(self.below(choices.len() as u64)).unwrap()]
    }

    fn day(&mut self) -> NaiveDate {
        day("2025-06-01") + Days::new(self.below(900))
    }
}

/// What one tenant has.
struct Account {
    tenant: Uuid,
    types: Vec<Uuid>,
    companies: Vec<Uuid>,
    assets: Vec<Uuid>,
    documents: Vec<Uuid>,
    products: Vec<Uuid>,
    purchases: Vec<(Uuid, Uuid)>,
    assignments: Vec<(Uuid, Uuid)>,
    alerts: Vec<Uuid>,
    integrations: Vec<Uuid>,
    feeds: Vec<Uuid>,
}

pub(crate) struct History {
    dice: Dice,
    accounts: Vec<Account>,
    made: u64,
}

impl History {
    pub(crate) fn new(seed: u64, tenants: u64) -> Self {
        let account = |at: u64| Account {
            tenant: id(&format!("{seed} tenant {at}")),
            types: Vec::new(),
            companies: Vec::new(),
            assets: Vec::new(),
            documents: Vec::new(),
            products: Vec::new(),
            purchases: Vec::new(),
            assignments: Vec::new(),
            alerts: Vec::new(),
            integrations: Vec::new(),
            feeds: Vec::new(),
        };
        Self {
            dice: Dice::new(seed),
            accounts: (0..tenants).map(account).collect(),
            made: 0,
        }
    }

    pub(crate) fn take(&mut self, count: usize) -> Vec<(Uuid, Fact)> {
        (0..count).map(|_| self.step()).collect()
    }

    fn step(&mut self) -> (Uuid, Fact) {
        self.made += 1;
        let at = usize::try_from(self.dice.below(self.accounts.len() as u64)).unwrap();
        let account = &mut self.accounts[at];
        let dice = &mut self.dice;
        let new = Uuid::new_v5(&account.tenant, &self.made.to_be_bytes());
        let fact = match account {
            Account { types, .. } if types.is_empty() => {
                types.push(new);
                type_defined(new, license_fields())
            }
            Account { companies, .. } if companies.len() < 2 => {
                companies.push(new);
                company_added(new, "Contoso")
            }
            Account {
                tenant, documents, ..
            } if documents.is_empty() => {
                documents.push(new);
                tenant_created(*tenant)
            }
            Account {
                types,
                companies,
                assets,
                ..
            } if assets.is_empty() || dice.below(12) == 0 => {
                assets.push(new);
                asset_registered(new, *dice.of(types), *dice.of(companies), dice.day())
            }
            _ if dice.below(10) == 0 => other(account, dice, new),
            _ if dice.below(7) == 0 => alerting(account, dice, new),
            _ if dice.below(8) == 0 => catalog(account, dice, new),
            _ if dice.below(2) == 0 => holding(account, dice, new),
            Account {
                assets,
                companies,
                purchases,
                ..
            } => {
                let asset = *dice.of(assets);
                let event = asset_event(dice, asset, companies, new);
                if let Event::SeatsPurchased { .. } = &event {
                    purchases.push((asset, new));
                }
                fact(asset, dice.day(), event)
            }
        };
        (account.tenant, fact)
    }
}

/// An event of anything but an asset.
fn other(account: &mut Account, dice: &mut Dice, new: Uuid) -> Fact {
    let on = dice.day();
    let asset_type = *dice.of(&account.types);
    let company = *dice.of(&account.companies);
    let number = FieldKind::Number {
        unit: None,
        decimals: 0,
    };
    let (stream, event) = match dice.below(11) {
        0 => {
            account.types.push(new);
            return type_defined(
                new,
                license_fields()
                    .into_iter()
                    .filter(|_| dice.below(4) > 0)
                    .collect(),
            );
        }
        1 => (
            asset_type,
            Event::AssetTypeRenamed {
                from: "a".to_owned(),
                to: format!("T{}", dice.count()),
            },
        ),
        2 => (
            asset_type,
            Event::FieldRetired {
                key: dice.of(&license_fields()).key.clone(),
            },
        ),
        3 => {
            let to = dice.of(&license_fields()).clone();
            (
                asset_type,
                Event::FieldChanged {
                    from: to.clone(),
                    to: Field {
                        name: "New".to_owned(),
                        ..to
                    },
                },
            )
        }
        4 => {
            let field = field("Seats Two", number, Some(FieldRole::TotalSeats));
            (asset_type, Event::FieldAdded { field })
        }
        5 => (
            company,
            Event::CompanyRenamed {
                from: "a".to_owned(),
                to: format!("C{}", dice.count()),
            },
        ),
        6 => (
            company,
            Event::ExternalIdLinked {
                external_id: external_id(dice),
            },
        ),
        7 => {
            let policy = Policy {
                min_spare_seats: dice.count(),
                typed_stale_after_days: (dice.below(2) == 0).then_some(30),
                muted: [Kind::ConfirmRenewal]
                    .into_iter()
                    .filter(|_| dice.below(2) == 0)
                    .collect(),
                quiet_hours: (dice.below(2) == 0).then(|| QuietHours {
                    from: NaiveTime::from_hms_opt(22, 0, 0).unwrap(),
                    until: NaiveTime::from_hms_opt(7, 30, 0).unwrap(),
                    weekends: true,
                }),
                ..Policy::default()
            };
            (
                TenantId(account.tenant).policy_stream(),
                Event::PolicySet { policy },
            )
        }
        8 => {
            account.documents.push(new);
            let company_id = CompanyId(company);
            let (title, body) = ("Audit".to_owned(), "All is well.".to_owned());
            (
                new,
                Event::DocumentWritten {
                    company_id,
                    title,
                    body,
                },
            )
        }
        9 => {
            let (title, body) = (format!("Audit {}", dice.count()), String::new());
            (
                *dice.of(&account.documents),
                Event::DocumentRevised { title, body },
            )
        }
        _ => {
            let Some(asset) = account.assets.first() else {
                return company_added(new, "Fabrikam");
            };
            let (asset_id, field) = (AssetId(*asset), key("Key"));
            let (secret_id, secret_version) = (SecretId::of_field(asset_id, "key"), 1);
            (
                new,
                Event::SecretRevealed {
                    asset_id,
                    field,
                    secret_id,
                    secret_version,
                },
            )
        }
    };
    let company = (stream == company).then_some(CompanyId(company));
    Fact {
        company,
        ..fact(stream, on, event)
    }
}

fn external_id(dice: &mut Dice) -> ExternalId {
    ExternalId {
        system: "halo".to_owned(),
        id: dice.count().to_string(),
    }
}

fn asset_event(dice: &mut Dice, asset: Uuid, companies: &[Uuid], new: Uuid) -> Event {
    let (from, to) = (
        Some(dice.count()),
        (dice.below(6) > 0).then(|| dice.count()),
    );
    let correction = dice.below(4) == 0;
    let amount = Money {
        amount: Decimal::new(dice.count() * 100 + 5, 2),
        currency: if dice.below(4) == 0 {
            Currency::parse("EUR").unwrap()
        } else {
            usd()
        },
    };
    let cost = (dice.below(5) > 0).then_some(amount);
    match dice.below(20) {
        0..=3 => Event::TotalSeatsAdjusted {
            from,
            to,
            delta: to,
            correction,
        },
        4..=6 => {
            let source = *dice.of(&[InUseSource::Typed, InUseSource::Synced]);
            Event::SeatsInUseCounted {
                source,
                counted_for: None,
                from,
                to,
                correction,
            }
        }
        7 => Event::SeatsPurchased {
            purchase: Purchase {
                id: PurchaseId(new),
                quantity: dice.count(),
                from: dice.day(),
                until: (dice.below(2) == 0).then(|| dice.day()),
                unit_price: cost,
                order: None,
                supplier: (dice.below(2) == 0).then(|| "Dist".to_owned()),
                price_per: *dice.of(&[
                    None,
                    Some(PricePer::Month),
                    Some(PricePer::Year),
                    Some(PricePer::Once),
                ]),
                reducible: (dice.below(2) == 0).then(|| Window {
                    from: dice.day(),
                    until: None,
                }),
            },
        },
        8 => Event::PurchaseEnded {
            purchase_id: PurchaseId(new),
        },
        9 => Event::ExpiryChanged {
            from: None,
            to: (dice.below(5) > 0).then(|| dice.day()),
            correction,
        },
        10 => Event::TermRenewed {
            from: dice.day(),
            to: dice.day(),
        },
        11 => {
            let role = *dice.of(&[FieldRole::AnnualCost, FieldRole::AnnualPrice]);
            Event::CostChanged {
                role,
                from: None,
                to: cost,
                correction,
            }
        }
        12 => Event::TagAdded {
            tag: format!("tag-{}", dice.below(4)),
        },
        13 => Event::TagRemoved {
            tag: format!("tag-{}", dice.below(4)),
        },
        14 => {
            let (from, to) = (
                CompanyId(*dice.of(companies)),
                CompanyId(*dice.of(companies)),
            );
            Event::MovedToCompany { from, to }
        }
        15 if dice.below(2) == 0 => Event::AssetArchived,
        15 => Event::AssetRestored,
        16 => Event::ExternalIdLinked {
            external_id: external_id(dice),
        },
        _ => {
            let changes = (0..=dice.below(3)).map(|_| change(dice, asset)).collect();
            Event::FieldsChanged { changes }
        }
    }
}

fn change(dice: &mut Dice, asset: Uuid) -> Change {
    let number = |count: i64| Value::Number(Decimal::from(count));
    let (name, value) = match dice.below(13) {
        0 | 1 => ("Product", Value::Text((*dice.of(&NAMES)).to_owned())),
        2 => (
            "Vendor",
            Value::Text((*dice.of(&["Microsoft", "Adobe"])).to_owned()),
        ),
        3 => {
            let label = *dice.of(&["Per-user", "Site", "Concurrent", "Perpetual"]);
            ("License Type", Value::Text(label.to_owned()))
        }
        4 => ("Auto Renew", Value::Boolean(dice.below(2) == 0)),
        5 => ("Notice", number(dice.count())),
        6 => ("Cancel By", Value::Date(dice.day())),
        7 => ("Term", number(dice.count() + 1)),
        8 => {
            let version = i32::try_from(dice.count()).unwrap() + 1;
            let secret_id = SecretId::of_field(AssetId(asset), "key");
            ("Key", Value::Secret(SecretRef { secret_id, version }))
        }
        9 => ("SKU", Value::Text((*dice.of(&SKUS)).to_owned())),
        10 => ("True Up", Value::Date(dice.day())),
        11 => ("Reassignable", Value::Boolean(dice.below(2) == 0)),
        _ => ("Notes", Value::Text(format!("Ä note \"{}\"", dice.count()))),
    };
    Change {
        field: key(name),
        from: None,
        to: (dice.below(5) > 0).then_some(value),
    }
}
