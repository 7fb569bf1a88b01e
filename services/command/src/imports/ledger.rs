//! The ledger as rows land in it: secrets are sealed, and one that the vault holds already is left alone.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};

use domain::{
    Command, FieldError,
    access::Principal,
    command::CompanyDraft,
    ids::{AssetId, CompanyId},
    value::SecretRef,
};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;
use vault::Aad;
use web::problem::{Kind, Problem};

use super::{
    Landed, Ledger, Reason, Row, Target,
    log::Catalog,
    matching::{ByKey, equal, in_force},
};
use crate::{
    answer::Done,
    sealing::Known,
    state::{Context, State},
};

/// The ledger, in somebody's name.
pub struct Through {
    state: State,
    catalog: Catalog,
    principal: Principal,
    reason: Option<String>,
    /// From which the ids of new assets follow, so that a row which is given twice names the same.
    import: Uuid,
    /// The assets that were found by their key, and on which line.
    found_by_key: Mutex<HashMap<AssetId, u64>>,
}

impl Through {
    /// Gives commands in the name of `principal`, each for this `reason`. `import` names the run: what is
    /// given twice in one counts once.
    #[must_use]
    pub fn new(
        state: State,
        catalog: Catalog,
        principal: Principal,
        reason: Option<String>,
        import: Uuid,
    ) -> Self {
        Self {
            state,
            catalog,
            principal,
            reason,
            import,
            found_by_key: Mutex::default(),
        }
    }

    async fn give(&self, command: Command) -> Result<Done, Reason> {
        let context = Context {
            reason: self.reason.clone(),
            ..Context::of(self.principal.clone())
        };
        self.state
            .execute(context, command)
            .await
            .map_err(|problem| refused_or_away(&problem))
    }

    /// The secrets that the vault does not hold yet.
    async fn without_held(
        &self,
        found: &Known,
        secrets: Vec<(String, SecretString)>,
    ) -> Result<Vec<(String, SecretString)>, Reason> {
        let mut new = Vec::new();
        for (key, plaintext) in secrets {
            if !holds(&self.state, &self.principal, found, &key, &plaintext).await? {
                new.push((key, plaintext));
            }
        }
        Ok(new)
    }
}

impl Ledger for Through {
    async fn add_company(&self, name: &str) -> Result<CompanyId, Reason> {
        let id = CompanyId(self.state.new_id());
        match self.give(add(id, name)).await {
            Ok(_) => Ok(id),
            Err(refused @ Reason::Refused(_)) => {
                // Somebody else may have added it since the names were read.
                let found = self.catalog.company(&self.principal, name).await;
                found.ok().flatten().ok_or(refused)
            }
            Err(reason) => Err(reason),
        }
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
        let tags = match row.target {
            Target::Asset(_) => std::mem::take(&mut row.tags),
            Target::External(_) | Target::Derived(_) => Vec::new(),
        };
        let found = self
            .state
            .find_secrets(&self.principal, row.secrets_of(new, company))
            .await
            .map_err(|problem| refused_or_away(&problem))?;
        let secrets = self.without_held(&found, secrets).await?;
        let mut command = row.command(new, company);
        for (key, plaintext) in secrets {
            // Sealed on the way in, like a value that comes over HTTP.
            if let Some(values) = values_of(&mut command) {
                values.insert(key, plaintext.expose_secret().into());
            }
        }
        let mut done = self.give(command).await?;
        let created = done.status == http::StatusCode::CREATED;
        for tag in tags {
            let tag = Command::SetTag {
                id: found.asset,
                tag,
                on: true,
            };
            done = self.give(tag).await?;
        }
        Ok(landed(
            created,
            done.version == found.version,
            found.asset == new,
        ))
    }
}

/// Refuses a second row that brings the key of the same asset, or one would undo the other.
pub(super) fn once(
    found: &Mutex<HashMap<AssetId, u64>>,
    asset: AssetId,
    line: u64,
) -> Result<(), Reason> {
    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
    match found.insert(asset, line) {
        Some(other) if other != line => {
            found.insert(asset, other);
            Err(Reason::Refused(vec![FieldError {
                field: String::new(),
                message: format!(
                    "brings the key of the asset that line {other} is about: give both rows an external_id"
                ),
            }]))
        }
        _ => Ok(()),
    }
}

/// What became of a row. One that was given before in this run, and made its asset then, still made it.
pub(super) fn landed(created: bool, same_version: bool, named_by_this_run: bool) -> Landed {
    match (created || named_by_this_run, same_version) {
        (true, _) => Landed::New,
        (false, true) => Landed::Unchanged,
        (false, false) => Landed::Changed,
    }
}

/// The command that adds a company.
pub(super) fn add(id: CompanyId, name: &str) -> Command {
    let draft = CompanyDraft {
        name: name.to_owned(),
        ..CompanyDraft::default()
    };
    Command::AddCompany { id, draft }
}

/// The id of the asset that a line of a run makes: in the order of time, as all ids, by the run's own.
pub(super) fn new_id(import: Uuid, line: u64) -> AssetId {
    let unlike = Uuid::new_v5(&import, &line.to_be_bytes());
    let mut bytes = *unlike.as_bytes();
    bytes[..6].copy_from_slice(&import.as_bytes()[..6]);
    bytes[6] = 0x70 | (bytes[6] & 0x0f);
    AssetId(Uuid::from_bytes(bytes))
}

/// The values of a row's command.
pub(super) fn values_of(command: &mut Command) -> Option<&mut BTreeMap<String, serde_json::Value>> {
    match command {
        Command::PutAsset { draft, .. } => Some(&mut draft.values),
        Command::ChangeAsset { patch, .. } => Some(&mut patch.values),
        _ => None,
    }
}

/// Whether the asset has this very secret, and the principal may know that. It is compared here and shown to nobody.
pub(super) async fn holds(
    state: &State,
    principal: &Principal,
    found: &Known,
    key: &str,
    plaintext: &SecretString,
) -> Result<bool, Reason> {
    let away = |error: &dyn std::fmt::Display| Reason::Unavailable(error.to_string());
    let Some((secret, version)) = found.fields.get(key).filter(|(_, version)| *version > 0) else {
        return Ok(false);
    };
    let stored = SecretRef {
        secret_id: *secret,
        version: *version,
    };
    // An owner before may have stored it, who is no business of this one's; and the vault keeps what was taken away.
    // It is asked first, so that not even the time of the answer tells what is compared.
    if in_force(state, principal, vec![(found.asset, stored)])
        .await?
        .is_empty()
    {
        return Ok(false);
    }
    let is_it = |one: &vault::EqualSecret| {
        one.secret.secret_id == secret.0 && one.secret.version == *version
    };
    if equal(state, principal, plaintext).await?.iter().any(is_it) {
        return Ok(true);
    }
    // Values that an older release stored have no fingerprint yet.
    let aad = Aad {
        tenant_id: principal.tenant.0,
        asset_id: found.asset.0,
        secret_id: secret.0,
        field_key: key.to_owned(),
        version: *version,
    };
    let vault = state.vault().vault().map_err(|error| away(&error))?;
    let sealed = state.secrets().get(&aad).await;
    let Some(sealed) = sealed.map_err(|error| away(&error))? else {
        return Ok(false);
    };
    let held = vault
        .open(&aad, &sealed)
        .await
        .map_err(|error| away(&error))?;
    Ok(held.expose_secret() == plaintext.expose_secret())
}

/// Whether a problem is the row's, or will pass.
pub(crate) fn refused_or_away(problem: &Problem) -> Reason {
    let said = || {
        let said = problem.detail().unwrap_or(problem.kind().title());
        said.to_owned()
    };
    let status = problem.kind().status();
    if problem.kind() == Kind::Unauthorized {
        return Reason::Ended(said());
    }
    if status.is_server_error() || status.as_u16() == 429 {
        return Reason::Unavailable(said());
    }
    let named = |error: &web::problem::FieldError| FieldError {
        field: error.field.trim_start_matches("values.").to_owned(),
        message: error.message.clone(),
    };
    let mut errors: Vec<FieldError> = problem.errors().iter().map(named).collect();
    if errors.is_empty() {
        errors.push(FieldError {
            field: String::new(),
            message: said(),
        });
    }
    Reason::Refused(errors)
}
