//! A tenant's ledger in memory: what commands do to it, by the domain's rules alone.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use domain::{
    Answer, Command, Fact, Facts, Order, Refusal, Subject, access::Principal, asset::Asset,
    asset_type::AssetType, command::ClaimKey, decide, ids::AssetTypeId, ids::TenantId, needs,
};
use uuid::Uuid;

/// How often `needs` may ask again: an external id names an asset, which names its type.
const ROUNDS_MAX: usize = 4;

pub(crate) struct Ledger {
    pub(crate) tenant: TenantId,
    pub(crate) now: DateTime<Utc>,
    pub(crate) recorded: Vec<Fact>,
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
            subjects: HashMap::new(),
            claims: HashMap::new(),
        };
        ledger.give(super::msp()).expect("an account");
        ledger
    }

    /// Carries a command out: the answer and how many facts it recorded.
    pub(crate) fn give(&mut self, command: Command) -> Result<(Answer, usize), Refusal> {
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
