//! What one row asks, and what became of it.

use std::collections::BTreeMap;

use domain::{
    Command, FieldError,
    asset::{AssetDraft, AssetPatch},
    command::SecretsOf,
    ids::{AssetId, AssetTypeId, CompanyId},
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{SYSTEM, identity::Likeness};

/// A row that asks something of the ledger.
#[derive(Debug, Clone)]
pub struct Row {
    /// Where it begins in the file, counted from 1.
    pub line: u64,
    /// Whose the asset is.
    pub owner: Owner,
    /// What tells the asset from all others.
    pub target: Target,
    /// Password fields by key, as they stand in the file: to be sealed, and shown to nobody.
    pub secrets: Vec<(String, SecretString)>,
    pub(super) asset_type: AssetTypeId,
    /// The key of the type's product field.
    pub(super) product: Option<String>,
    pub(super) values: BTreeMap<String, Json>,
    pub(super) tags: Vec<String>,
}

/// Whose an asset is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// A company that is there.
    Known(CompanyId),
    /// One that is to be added first.
    New(String),
    /// Whoever has it: the row names the asset itself.
    Unchanged,
}

/// Which asset a row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The one with this id in [`SYSTEM`]; a new one if there is none.
    External(String),
    /// The one that is like it.
    Derived(Likeness),
    /// One of the ledger's own, as its exports name it.
    Asset(AssetId),
}

/// A row that did not land, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowError {
    /// Where it begins in the file, counted from 1.
    pub line: u64,
    /// All that is wrong, by column. Values of password fields are never among it.
    #[serde(with = "faults")]
    pub errors: Vec<FieldError>,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landed {
    /// The asset was not there.
    New,
    /// Something of it was different.
    Changed,
    /// Nothing was.
    Unchanged,
}

/// Why a row did not land.
#[derive(Debug)]
pub enum Reason {
    /// It never will as it stands.
    Refused(Vec<FieldError>),
    /// Nothing would land now: the rest of the file waits for another run.
    Unavailable(String),
    /// Whoever asked may not any more: nothing will land.
    Ended(String),
}

/// Where rows land.
pub trait Ledger: Send + Sync {
    /// Adds a company, or finds the one that somebody else has added meanwhile.
    fn add_company(&self, name: &str) -> impl Future<Output = Result<CompanyId, Reason>> + Send;

    /// Seals a row's secrets and gives its command. `company` is the one that was added for it. A secret that
    /// the vault holds already is left out: a file that is imported twice should change nothing.
    fn put(
        &self,
        row: Row,
        company: Option<CompanyId>,
    ) -> impl Future<Output = Result<Landed, Reason>> + Send;
}

impl Row {
    /// Whose the asset is, once `added` is the company that had to be added.
    #[must_use]
    pub fn company(&self, added: Option<CompanyId>) -> CompanyId {
        match &self.owner {
            Owner::Known(known) => *known,
            Owner::New(_) | Owner::Unchanged => added.unwrap_or(CompanyId(uuid::Uuid::nil())),
        }
    }

    /// The id in [`SYSTEM`] of an asset of this company; none if the row names the asset itself.
    #[must_use]
    pub fn external_id(&self, company: CompanyId) -> Option<String> {
        match &self.target {
            Target::External(id) => Some(id.clone()),
            Target::Derived(alike) => Some(alike.external_id(company)),
            Target::Asset(_) => None,
        }
    }

    /// Whose secrets the row may name; `id` is for an asset that is not there yet.
    #[must_use]
    pub fn secrets_of(&self, id: AssetId, company: CompanyId) -> SecretsOf {
        match (&self.target, self.external_id(company)) {
            (_, Some(external_id)) => SecretsOf::ExternalAsset {
                id,
                asset_type: self.asset_type,
                system: SYSTEM.to_owned(),
                external_id,
            },
            (Target::Asset(id), None) => SecretsOf::Asset { id: *id },
            (_, None) => SecretsOf::Asset { id },
        }
    }

    /// What the row asks; `id` is for an asset that is not there yet. Its secrets are the caller's to add.
    #[must_use]
    pub fn command(self, id: AssetId, company: CompanyId) -> Command {
        let external_id = self.external_id(company);
        match (self.target, external_id) {
            (_, Some(external_id)) => Command::PutAsset {
                id,
                system: SYSTEM.to_owned(),
                external_id,
                draft: AssetDraft {
                    type_id: self.asset_type,
                    company_id: company,
                    values: self.values,
                    secrets: BTreeMap::new(),
                    tags: self.tags,
                    external_ids: Vec::new(),
                    effective_on: None,
                },
            },
            (target, None) => Command::ChangeAsset {
                id: match target {
                    Target::Asset(named) => named,
                    Target::External(_) | Target::Derived(_) => id,
                },
                patch: AssetPatch {
                    values: self.values,
                    ..AssetPatch::default()
                },
            },
        }
    }
}

impl RowError {
    /// A fault of the whole row.
    #[must_use]
    pub fn whole(line: u64, message: String) -> Self {
        let field = String::new();
        Self {
            line,
            errors: vec![FieldError { field, message }],
        }
    }
}

impl std::fmt::Display for RowError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}:", self.line)?;
        for (at, error) in self.errors.iter().enumerate() {
            let comma = if at == 0 { "" } else { ";" };
            let space = if error.field.is_empty() { "" } else { " " };
            write!(f, "{comma}{space}{} {}", error.field, error.message)?;
        }
        Ok(())
    }
}

/// The domain's faults have no JSON of their own.
mod faults {
    use domain::FieldError;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        errors: &[FieldError],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let pairs: Vec<(&str, &str)> = errors
            .iter()
            .map(|error| (error.field.as_str(), error.message.as_str()))
            .collect();
        pairs.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<FieldError>, D::Error> {
        let pairs = Vec::<(String, String)>::deserialize(deserializer)?;
        let error = |(field, message)| FieldError { field, message };
        Ok(pairs.into_iter().map(error).collect())
    }
}
