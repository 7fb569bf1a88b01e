//! Rows that are decided and not recorded.
//!
//! The decisions are the ledger's own, on its own facts; what they would record is kept here and seen by the rows
//! after them. So a dry run tells of every row what the real one would, if nobody changes anything between. One thing it
//! keeps to itself: to who may not reveal, a short key is as good as new, since guesses at it would leave no trace here.

use std::collections::{BTreeMap, HashMap, HashSet, hash_map::Entry};

use chrono::{DateTime, Utc};
use domain::{
    Command, Decided, Detail, FieldError, Order, Refusal, Subject,
    access::Principal,
    command::ClaimKey,
    ids::{AssetId, CompanyId},
    value::{SecretInput, SecretRef},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use uuid::Uuid;
use vault::PLAINTEXT_BYTES_MAX;

use super::{
    Landed, Ledger, Reason, Row, Target,
    ledger::{add, holds, landed, new_id, once, refused_or_away},
    log::{Catalog, CatalogError},
    matching::ByKey,
};
use crate::{equal::may_be_told, errors::refused, sealing::Known, state::State};

/// How often `needs` may ask again: an external id names an asset, which names its type and company.
const ROUNDS_MAX: usize = 8;

/// Streams that are kept in memory; beyond it assets are forgotten, which no later row names again.
const SUBJECTS_MAX: usize = 20_000;

/// A ledger that forgets.
pub(crate) struct Rehearsal {
    state: State,
    catalog: Catalog,
    principal: Principal,
    now: DateTime<Utc>,
    import: Uuid,
    world: Mutex<World>,
    found_by_key: std::sync::Mutex<HashMap<AssetId, u64>>,
}

/// What is known of the ledger, and what would have been recorded.
#[derive(Default)]
struct World {
    subjects: HashMap<Uuid, (Subject, i32)>,
    claims: HashMap<ClaimKey, Option<Uuid>>,
    /// Streams that are not in the log, or are longer here: they are never forgotten.
    written: HashSet<Uuid>,
}

impl domain::Facts for World {
    fn subject(&self, stream: Uuid) -> Option<&Subject> {
        self.subjects.get(&stream).map(|(subject, _)| subject)
    }

    fn version(&self, stream: Uuid) -> i32 {
        self.subjects
            .get(&stream)
            .map_or(0, |(_, version)| *version)
    }

    fn claim(&self, key: &ClaimKey) -> Option<Option<Uuid>> {
        self.claims.get(key).copied()
    }
}

impl Rehearsal {
    /// Decides in the name of `principal` as if it were `now`.
    pub(crate) fn new(
        state: State,
        catalog: Catalog,
        principal: Principal,
        now: DateTime<Utc>,
        import: Uuid,
    ) -> Self {
        Self {
            state,
            catalog,
            principal,
            now,
            import,
            world: Mutex::default(),
            found_by_key: std::sync::Mutex::default(),
        }
    }

    /// Decides a command, and takes what it would record as recorded.
    async fn give(&self, world: &mut World, command: Command) -> Result<Given, Reason> {
        let tenant = self.principal.tenant;
        let order = Order {
            principal: self.principal.clone(),
            if_match: None,
            command,
        };
        for _ in 0..ROUNDS_MAX {
            let needs = domain::needs(tenant, &order, world);
            if !self
                .read(world, needs)
                .await
                .map_err(|error| away(&error))?
            {
                break;
            }
        }
        let Decided {
            facts,
            claims,
            outcome,
        } = domain::decide(tenant, &order, world, self.now);
        let answer = outcome.map_err(|refusal: Refusal| refused_or_away(&refused(refusal)))?;
        for fact in &facts {
            let (subject, version) = world.subjects.entry(fact.stream).or_default();
            subject.evolve(fact, self.now);
            *version += 1;
            world.written.insert(fact.stream);
        }
        for change in claims {
            world.claims.insert(change.key, change.owner);
        }
        Ok(Given {
            version: domain::Facts::version(world, answer.id),
            answer,
        })
    }

    /// Reads what is needed and not known yet, and answers whether there was any.
    async fn read(&self, world: &mut World, needs: domain::Needs) -> Result<bool, CatalogError> {
        let tenant = self.principal.tenant;
        let mut read = false;
        for stream in needs.streams {
            if let Entry::Vacant(unknown) = world.subjects.entry(stream) {
                unknown.insert(self.catalog.subject(tenant, stream).await?);
                read = true;
            }
        }
        for key in needs.claims {
            if let Entry::Vacant(unknown) = world.claims.entry(key) {
                let ClaimKey { scope, key } = unknown.key();
                let names = std::slice::from_ref(key);
                let found = self.catalog.claims(tenant, scope, Some(names)).await?;
                unknown.insert(found.first().map(|(_, owner)| *owner));
                read = true;
            }
        }
        Ok(read)
    }

    async fn find_secrets(
        &self,
        world: &mut World,
        row: &Row,
        company: CompanyId,
    ) -> Result<Known, Reason> {
        let of = row.secrets_of(new_id(self.import, row.line), company);
        let given = self.give(world, Command::FindSecrets { of }).await?;
        let Detail::Secrets { asset, fields } = given.answer.detail else {
            return Err(Reason::Unavailable("secrets can't be told".to_owned()));
        };
        Ok(Known {
            asset,
            version: given.version,
            fields,
        })
    }

    async fn secrets(
        &self,
        found: &Known,
        secrets: Vec<(String, SecretString)>,
    ) -> Result<BTreeMap<String, SecretInput>, Reason> {
        let mut sealed = BTreeMap::new();
        for (key, plaintext) in secrets {
            if plaintext.expose_secret().len() > PLAINTEXT_BYTES_MAX {
                return Err(Reason::Refused(vec![FieldError {
                    field: key,
                    message: format!(
                        "is longer than the {PLAINTEXT_BYTES_MAX} bytes that are allowed"
                    ),
                }]));
            }
            if may_be_told(&self.principal, &plaintext)
                && holds(&self.state, &self.principal, found, &key, &plaintext).await?
            {
                continue;
            }
            if let Some((secret_id, latest)) = found.fields.get(key.as_str()) {
                let secret = SecretRef {
                    secret_id: *secret_id,
                    version: latest + 1,
                };
                sealed.insert(key, SecretInput::Sealed(secret));
            }
        }
        Ok(sealed)
    }
}

/// What a decision would answer.
struct Given {
    answer: domain::Answer,
    version: i32,
}

impl Ledger for Rehearsal {
    async fn add_company(&self, name: &str) -> Result<CompanyId, Reason> {
        let id = CompanyId(self.state.new_id());
        let world = &mut *self.world.lock().await;
        self.give(world, add(id, name)).await.map(|_| id)
    }

    async fn put(&self, mut row: Row, company: Option<CompanyId>) -> Result<Landed, Reason> {
        let new = new_id(self.import, row.line);
        let company = row.company(company);
        let by_key = ByKey {
            state: &self.state,
            catalog: &self.catalog,
            principal: &self.principal,
            import: self.import,
        };
        if let Some(asset) = by_key.find(&row, company).await? {
            once(&self.found_by_key, asset, row.line)?;
            row.target = Target::Asset(asset);
        }
        let secrets = std::mem::take(&mut row.secrets);
        let world = &mut *self.world.lock().await;
        world.forget();
        let found = self.find_secrets(world, &row, company).await?;
        let secrets = self.secrets(&found, secrets).await?;
        let mut command = row.command(new, company);
        match &mut command {
            Command::PutAsset { draft, .. } => draft.secrets = secrets,
            Command::ChangeAsset { patch, .. } => patch.secrets = secrets,
            _ => {}
        }
        let given = self.give(world, command).await?;
        Ok(landed(
            given.answer.created,
            given.version == found.version,
            false,
        ))
    }
}

impl World {
    fn forget(&mut self) {
        if self.subjects.len() > SUBJECTS_MAX {
            let written = &self.written;
            self.subjects.retain(|stream, (subject, _)| {
                written.contains(stream) && !matches!(subject, Subject::Asset(_))
                    || matches!(subject, Subject::AssetType(_) | Subject::Company(_))
            });
        }
    }
}

fn away(error: &CatalogError) -> Reason {
    tracing::warn!(error = %web::problem::Causes(error), "a dry run can't read the log");
    Reason::Unavailable(error.to_string())
}
