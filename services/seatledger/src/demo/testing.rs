//! A tenant's ledger in memory: what commands do to it, by the domain's rules alone.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use domain::{
    Answer, Command, Fact, Facts, Order, Refusal, Subject,
    access::Principal,
    asset::Asset,
    asset_type::AssetType,
    calendar::parse_zone,
    command::ClaimKey,
    decide,
    ids::{AssetTypeId, SecretId, TenantId},
    money::Currency,
    needs,
    product::Catalog,
    value::{SecretInput, SecretRef},
};
use serde_json::Value as Json;
use uuid::Uuid;

/// How often `needs` may ask again: an external id names an asset, which names its type.
const ROUNDS_MAX: usize = 4;

pub(crate) struct Ledger {
    pub(crate) tenant: TenantId,
    pub(crate) now: DateTime<Utc>,
    pub(crate) recorded: Vec<Fact>,
    /// The values that a vault would hold.
    pub(crate) sealed: Vec<String>,
    subjects: HashMap<Uuid, (Subject, i32)>,
    claims: HashMap<ClaimKey, Uuid>,
}

struct Read<'a> {
    ledger: &'a Ledger,
    streams: Vec<Uuid>,
    claims: Vec<ClaimKey>,
}

impl Facts for Read<'_> {
    fn subject(&self, stream: Uuid) -> Option<&Subject> {
        let known = self.ledger.subjects.get(&stream);
        self.streams
            .contains(&stream)
            .then(|| known.map_or(&Subject::Nothing, |(subject, _)| subject))
    }

    fn version(&self, stream: Uuid) -> i32 {
        self.ledger.subjects.get(&stream).map_or(0, |known| known.1)
    }

    fn claim(&self, key: &ClaimKey) -> Option<Option<Uuid>> {
        self.claims
            .contains(key)
            .then(|| self.ledger.claims.get(key).copied())
    }
}

impl Ledger {
    /// The made MSP's account, opened at noon of a day.
    pub(crate) fn on(today: NaiveDate) -> Self {
        let noon = today.and_hms_opt(18, 0, 0).expect("noon in Chicago");
        let mut ledger = Self {
            tenant: TenantId(Uuid::from_u128(1)),
            now: Utc.from_utc_datetime(&noon),
            recorded: Vec::new(),
            sealed: Vec::new(),
            subjects: HashMap::new(),
            claims: HashMap::new(),
        };
        let open = Command::CreateTenant {
            name: super::MSP_NAME.to_owned(),
            time_zone: parse_zone(super::TIME_ZONE).expect("a time zone"),
            currency: Currency::USD,
        };
        ledger.give(open).expect("an account");
        ledger
    }

    /// Carries a command out: the answer and how many facts it recorded.
    pub(crate) fn give(&mut self, mut command: Command) -> Result<(Answer, usize), Refusal> {
        self.seal(&mut command);
        let order = Order {
            principal: Principal::system(self.tenant),
            if_match: None,
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
        let count = decided.facts.len();
        for fact in decided.facts {
            let (subject, version) = self.subjects.entry(fact.stream).or_default();
            subject.evolve(&fact, self.now);
            *version += 1;
            self.recorded.push(fact);
        }
        for change in decided.claims {
            match change.owner {
                Some(owner) => self.claims.insert(change.key, owner),
                None => self.claims.remove(&change.key),
            };
        }
        decided.outcome.map(|answer| (answer, count))
    }

    /// Puts a reference in the place of a new license's key.
    fn seal(&mut self, command: &mut Command) {
        let Command::RegisterAsset { id, draft } = command else {
            return;
        };
        if let Some(Json::String(key)) = draft.values.remove("license_key") {
            let secret = SecretRef {
                secret_id: SecretId::of_field(*id, "license_key"),
                version: 1,
            };
            let sealed = SecretInput::Sealed(secret);
            draft.secrets.insert("license_key".to_owned(), sealed);
            self.sealed.push(key);
        }
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        match self.subjects.get(&self.tenant.catalog_stream()) {
            Some((Subject::Catalog(known), _)) => known,
            _ => Catalog::empty(),
        }
    }

    pub(crate) fn asset_type(&self, id: AssetTypeId) -> &AssetType {
        match self.subjects.get(&id.0) {
            Some((Subject::AssetType(known), _)) => known,
            other => panic!("no asset type: {other:?}"),
        }
    }

    pub(crate) fn assets(&self) -> Vec<&Asset> {
        let assets = self
            .subjects
            .values()
            .filter_map(|(subject, _)| match subject {
                Subject::Asset(asset) => Some(&**asset),
                _ => None,
            });
        assets.collect()
    }
}
