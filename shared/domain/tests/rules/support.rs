//! A tenant's ledger in memory, for tests that say: given these events, when this command, then that.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use domain::{
    Answer, Command, Event, Fact, Facts, Order, Refusal, Subject,
    access::Principal,
    asset::{Asset, AssetDraft, AssetPatch, License, LicenseDay},
    asset_type::AssetType,
    command::{ClaimKey, CompanyDraft},
    decide,
    ids::{AssetId, AssetTypeId, CompanyId, TenantId},
    money::Currency,
    needs,
    product::Catalog,
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// How often `needs` may ask again: an external id names an asset, which names its type.
const ROUNDS_MAX: usize = 4;

pub(crate) struct Ledger {
    pub(crate) tenant: TenantId,
    pub(crate) principal: Principal,
    pub(crate) now: DateTime<Utc>,
    pub(crate) if_match: Option<i32>,
    pub(crate) recorded: Vec<(Fact, DateTime<Utc>)>,
    subjects: HashMap<Uuid, (Subject, i32)>,
    claims: HashMap<ClaimKey, Uuid>,
    ids: u128,
}

/// What a command asked to be read, and nothing else: `needs` must be complete.
struct Read<'a> {
    ledger: &'a Ledger,
    streams: Vec<Uuid>,
    claims: Vec<ClaimKey>,
}

impl Facts for Read<'_> {
    fn subject(&self, stream: Uuid) -> Option<&Subject> {
        let read = self.streams.contains(&stream);
        read.then(|| {
            self.ledger
                .subjects
                .get(&stream)
                .map_or(&Subject::Nothing, |(subject, _)| subject)
        })
    }

    fn version(&self, stream: Uuid) -> i32 {
        let known = self
            .ledger
            .subjects
            .get(&stream)
            .filter(|_| self.streams.contains(&stream));
        known.map_or(0, |(_, version)| *version)
    }

    fn claim(&self, key: &ClaimKey) -> Option<Option<Uuid>> {
        self.claims
            .contains(key)
            .then(|| self.ledger.claims.get(key).copied())
    }
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

impl Ledger {
    /// A tenant in Berlin, on 1 June 2026 at noon.
    pub(crate) fn new() -> Self {
        let mut ledger = Self::without_account();
        let create = Self::create_tenant();
        ledger.when(create).expect("a tenant");
        ledger
    }

    /// The command that opens the account.
    pub(crate) fn create_tenant() -> Command {
        Command::CreateTenant {
            name: "Northwind IT".into(),
            time_zone: chrono_tz::Europe::Berlin,
            currency: Currency::USD,
        }
    }

    /// The same day, when nobody has opened the account yet.
    pub(crate) fn without_account() -> Self {
        let tenant = TenantId(Uuid::from_u128(1));
        Self {
            tenant,
            principal: Principal::system(tenant),
            now: Utc.with_ymd_and_hms(2026, 6, 1, 10, 0, 0).unwrap(),
            if_match: None,
            recorded: Vec::new(),
            subjects: HashMap::new(),
            claims: HashMap::new(),
            ids: 1_000,
        }
    }

    pub(crate) fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    /// Goes to noon of a day.
    pub(crate) fn on(&mut self, text: &str) -> &mut Self {
        self.now = Utc.from_utc_datetime(&day(text).and_hms_opt(10, 0, 0).unwrap());
        self
    }

    /// Gives a command and, if it is carried out or its refusal is recorded, keeps what happened.
    pub(crate) fn when(&mut self, command: Command) -> Result<Answer, Refusal> {
        self.decide(command).1
    }

    /// The events of a command and its outcome.
    pub(crate) fn decide(&mut self, command: Command) -> (Vec<Event>, Result<Answer, Refusal>) {
        let order = Order {
            principal: self.principal.clone(),
            if_match: self.if_match.take(),
            command,
        };
        let mut read = Read {
            ledger: self,
            streams: vec![],
            claims: vec![],
        };
        for _ in 0..ROUNDS_MAX {
            let needed = needs(self.tenant, &order, &read);
            read.streams = needed.streams;
            read.claims = needed.claims;
        }
        let decided = decide(self.tenant, &order, &read, self.now);
        let events = decided
            .facts
            .iter()
            .map(|fact| fact.event.clone())
            .collect();
        for fact in decided.facts {
            let (subject, version) = self.subjects.entry(fact.stream).or_default();
            subject.evolve(&fact, self.now);
            *version += 1;
            self.recorded.push((fact, self.now));
        }
        for change in decided.claims {
            match change.owner {
                Some(owner) => self.claims.insert(change.key, owner),
                None => self.claims.remove(&change.key),
            };
        }
        (events, decided.outcome)
    }

    #[track_caller]
    pub(crate) fn refused(&mut self, command: Command) -> Refusal {
        self.when(command)
            .expect_err("the command should be refused")
    }

    /// The fields that a refused command is told about.
    #[track_caller]
    pub(crate) fn invalid(&mut self, command: Command) -> Vec<String> {
        match self.refused(command) {
            Refusal::Invalid(errors) => errors.into_iter().map(|error| error.field).collect(),
            other => panic!("expected invalid fields, got {other:?}"),
        }
    }

    pub(crate) fn version(&self, stream: Uuid) -> i32 {
        self.subjects
            .get(&stream)
            .map_or(0, |(_, version)| *version)
    }

    pub(crate) fn subject(&self, stream: Uuid) -> Option<&Subject> {
        self.subjects.get(&stream).map(|(subject, _)| subject)
    }

    pub(crate) fn company(&mut self, name: &str) -> CompanyId {
        let id = CompanyId(self.id());
        let draft = CompanyDraft {
            name: name.into(),
            ..CompanyDraft::default()
        };
        self.when(Command::AddCompany { id, draft })
            .expect("a company");
        id
    }

    pub(crate) fn license_type(&mut self) -> AssetTypeId {
        let id = AssetTypeId(self.id());
        let template = Some("software-license".into());
        let command = Command::DefineAssetType {
            id,
            name: None,
            template,
            fields: vec![],
        };
        self.when(command).expect("a type");
        id
    }

    pub(crate) fn draft(type_id: AssetTypeId, company_id: CompanyId, values: Json) -> AssetDraft {
        AssetDraft {
            type_id,
            company_id,
            values: entries(values),
            secrets: Default::default(),
            tags: vec![],
            external_ids: vec![],
            effective_on: None,
        }
    }

    #[track_caller]
    pub(crate) fn register(
        &mut self,
        type_id: AssetTypeId,
        company: CompanyId,
        values: Json,
    ) -> AssetId {
        let id = AssetId(self.id());
        let draft = Self::draft(type_id, company, values);
        self.when(Command::RegisterAsset { id, draft })
            .expect("an asset");
        id
    }

    #[track_caller]
    pub(crate) fn patch(&mut self, id: AssetId, values: Json) -> Vec<Event> {
        self.patch_as(id, values, None, false)
    }

    #[track_caller]
    pub(crate) fn patch_as(
        &mut self,
        id: AssetId,
        values: Json,
        effective_on: Option<&str>,
        correction: bool,
    ) -> Vec<Event> {
        let patch = AssetPatch {
            values: entries(values),
            effective_on: effective_on.map(Into::into),
            correction,
            ..AssetPatch::default()
        };
        let (events, outcome) = self.decide(Command::ChangeAsset { id, patch });
        outcome.expect("the change should be accepted");
        events
    }

    pub(crate) fn asset(&self, id: AssetId) -> &Asset {
        match &self.subjects[&id.0].0 {
            Subject::Asset(asset) => asset,
            other => panic!("no asset: {other:?}"),
        }
    }

    pub(crate) fn asset_type(&self, id: AssetTypeId) -> &AssetType {
        match &self.subjects[&id.0].0 {
            Subject::AssetType(asset_type) => asset_type,
            other => panic!("no asset type: {other:?}"),
        }
    }

    pub(crate) fn license(&self, id: AssetId) -> License<'_> {
        let asset = self.asset(id);
        License::of(asset, self.asset_type(asset.type_id), Catalog::empty()).expect("a license")
    }

    /// The license's day.
    pub(crate) fn position(&self, id: AssetId, text: &str) -> LicenseDay {
        self.license(id)
            .on(day(text))
            .expect("the license is tracked")
    }

    /// Owned and in use on a day.
    pub(crate) fn seats(&self, id: AssetId, text: &str) -> (Option<i64>, Option<i64>) {
        let position = self.position(id, text);
        (position.owned, position.in_use)
    }
}

pub(crate) fn entries(values: Json) -> std::collections::BTreeMap<String, Json> {
    match values {
        Json::Object(map) => map.into_iter().collect(),
        other => panic!("values are an object, not {other}"),
    }
}

/// The usual license: 25 seats of which 27 are in use.
pub(crate) fn contoso() -> Json {
    json!({
        "product_name": "Microsoft 365 Business Premium", "vendor": "Microsoft", "license_type": "Per-user",
        "total_seats": 25, "assigned_seats": 27, "expiry_date": "2026-07-16", "annual_cost": 6600,
    })
}

/// A command is refused with these faults, word for word.
#[track_caller]
pub(crate) fn told(ledger: &mut Ledger, command: Command, expected: &[(&str, &str)]) {
    match ledger.refused(command) {
        Refusal::Invalid(errors) => {
            let errors: Vec<_> = errors
                .iter()
                .map(|error| (error.field.as_str(), error.message.as_str()))
                .collect();
            assert_eq!(errors, expected);
        }
        other => panic!("expected invalid fields, got {other:?}"),
    }
}
