//! Plaintext stops here: what a command says for a password field is sealed before the command is queued.

use std::collections::BTreeMap;

use domain::{
    Command, Detail, FieldError, Refusal,
    access::Principal,
    asset_type::FieldKey,
    command::SecretsOf,
    ids::{AssetId, SecretId},
    value::{SecretInput, SecretRef},
};
use event_log::Outcome;
use secrecy::SecretString;
use serde_json::Value as Json;
use uuid::Uuid;
use vault::{Aad, Fingerprint, PLAINTEXT_BYTES_MAX, StoreError, VaultError};
use web::problem::Problem;

use crate::{
    answer::Done,
    equal::Elsewhere,
    errors::{not_submitted, refused, store_failed, vault_failed},
    state::{Context, State},
};

/// How many version numbers are tried for one secret: somebody else may store at the same time, or have left a
/// row that no event names. Each is a few milliseconds; more than this is no coincidence.
const VERSIONS_TRIED_MAX: i32 = 5;

/// What was sealed for one command.
#[derive(Debug, Default)]
pub(crate) struct Sealed {
    tenant: Uuid,
    stored: Vec<SecretRef>,
    /// What is wrong with a value, by its path; the value itself has been taken out.
    unfit: BTreeMap<String, String>,
    /// Values that are held elsewhere too.
    elsewhere: Vec<Elsewhere>,
}

impl Sealed {
    /// Nothing yet.
    pub(crate) fn of(principal: &Principal) -> Self {
        Self {
            tenant: principal.tenant.0,
            ..Self::default()
        }
    }

    pub(crate) fn has_stored(&mut self, secret: SecretRef) {
        self.stored.push(secret);
    }

    /// Notes what is wrong with a value, unless something is known already.
    pub(crate) fn is_unfit(&mut self, path: String, message: String) {
        self.unfit.entry(path).or_insert(message);
    }

    pub(crate) fn has_unfit(&self) -> bool {
        !self.unfit.is_empty()
    }

    pub(crate) fn says_unfit(&self, path: &str) -> bool {
        self.unfit.contains_key(path)
    }

    pub(crate) fn is_elsewhere(&mut self, elsewhere: Option<Elsewhere>) {
        self.elsewhere.extend(elsewhere);
    }

    /// The answer with what the writer should know of the values.
    pub(crate) fn tell(&self, done: Done, is_repeated: bool) -> Done {
        let Some(written) = done.id().filter(|_| !self.elsewhere.is_empty()) else {
            return done;
        };
        let told = self
            .elsewhere
            .iter()
            .filter_map(|elsewhere| elsewhere.told(AssetId(written), is_repeated));
        let told = told.collect();
        done.with_warnings(told)
    }

    /// The refusal with the shell's own words where it knows better. The domain only sees that a value which
    /// was taken out is no secret.
    pub(crate) fn explain(&self, refusal: Refusal) -> Refusal {
        let Refusal::Invalid(errors) = refusal else {
            return refusal;
        };
        let explained = |error: FieldError| match self.unfit.get(&error.field) {
            Some(message) => FieldError {
                message: message.clone(),
                ..error
            },
            None => error,
        };
        Refusal::Invalid(errors.into_iter().map(explained).collect())
    }
}

/// The parts of a command that may hold secrets.
struct Inputs<'a> {
    of: SecretsOf,
    values: &'a mut BTreeMap<String, Json>,
    secrets: &'a mut BTreeMap<String, SecretInput>,
}

fn inputs(command: &mut Command) -> Option<Inputs<'_>> {
    Some(match command {
        Command::RegisterAsset { id, draft } => Inputs {
            of: SecretsOf::NewAsset {
                id: *id,
                asset_type: draft.type_id,
            },
            values: &mut draft.values,
            secrets: &mut draft.secrets,
        },
        Command::ChangeAsset { id, patch } => Inputs {
            of: SecretsOf::Asset { id: *id },
            values: &mut patch.values,
            secrets: &mut patch.secrets,
        },
        Command::PutAsset {
            id,
            system,
            external_id,
            draft,
        } => Inputs {
            of: SecretsOf::ExternalAsset {
                id: *id,
                asset_type: draft.type_id,
                system: system.clone(),
                external_id: external_id.clone(),
            },
            values: &mut draft.values,
            secrets: &mut draft.secrets,
        },
        _ => return None,
    })
}

/// What a client means by the value of a password field.
enum Meant {
    Seal(SecretString),
    Already(SecretInput),
    Unfit(String),
}

fn meant(value: Json) -> Meant {
    match value {
        Json::Null => Meant::Already(SecretInput::Cleared),
        Json::String(text) if text.trim().is_empty() => Meant::Already(SecretInput::Cleared),
        Json::String(text) if text.len() > PLAINTEXT_BYTES_MAX => Meant::Unfit(format!(
            "is {} bytes long: at most {PLAINTEXT_BYTES_MAX} are allowed",
            text.len()
        )),
        Json::String(text) => Meant::Seal(SecretString::from(text)),
        Json::Object(parts) if is_what_a_read_answers(&parts) => {
            Meant::Already(SecretInput::Unchanged)
        }
        _ => Meant::Unfit("is a secret: send a text, or null to take it away".to_owned()),
    }
}

/// `{set, secret_version, stored_at}`, with nothing beside it.
fn is_what_a_read_answers(parts: &serde_json::Map<String, Json>) -> bool {
    parts.contains_key("set")
        && parts
            .keys()
            .all(|key| matches!(key.as_str(), "set" | "secret_version" | "stored_at"))
}

/// The password fields of an asset.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// The asset, which may not exist yet.
    pub asset: AssetId,
    /// Its version; 0 if it does not exist.
    pub version: i32,
    /// Each field's secret and the number of its latest value, 0 if it has none.
    pub fields: BTreeMap<FieldKey, (SecretId, i32)>,
}

impl State {
    /// Seals the values of password fields and puts references in their place.
    pub(crate) async fn seal(
        &self,
        principal: &Principal,
        command: &mut Command,
    ) -> Result<Sealed, Problem> {
        let mut sealed = Sealed::of(principal);
        let Some(Inputs {
            of,
            values,
            secrets,
        }) = inputs(command)
        else {
            return Ok(sealed);
        };
        // Numbers, yes and no are never secrets, and null needs no vault: most commands need no look at the type.
        if values
            .values()
            .all(|value| matches!(value, Json::Null | Json::Bool(_) | Json::Number(_)))
        {
            return Ok(sealed);
        }
        let Known { asset, fields, .. } = self.find_secrets(principal, of).await?;
        let mut to_seal = Vec::new();
        for (key, (secret_id, latest)) in &fields {
            let Some(value) = values.remove(key.as_str()) else {
                continue;
            };
            match meant(value) {
                Meant::Seal(plaintext) => to_seal.push((key, secret_id, latest, plaintext)),
                Meant::Already(input) => {
                    secrets.insert(key.to_string(), input);
                }
                Meant::Unfit(message) => {
                    sealed.is_unfit(format!("values.{key}"), message);
                    // Something that no password field takes, so that the domain refuses it with all the rest.
                    values.insert(key.to_string(), Json::Bool(true));
                }
            }
        }
        if sealed.has_unfit() {
            return Ok(sealed);
        }
        let mut fingerprints = Vec::new();
        for (.., plaintext) in &to_seal {
            fingerprints.push(self.fingerprint(principal.tenant.0, plaintext).await?);
        }
        let held = self.held(principal, &fingerprints, asset).await?;
        for (((key, secret_id, latest, plaintext), fingerprint), held) in
            to_seal.into_iter().zip(&fingerprints).zip(&held)
        {
            let path = format!("values.{key}");
            sealed.is_elsewhere(Elsewhere::of(
                principal,
                (&path, &plaintext),
                *secret_id,
                held,
            ));
            let aad = Aad {
                tenant_id: principal.tenant.0,
                asset_id: asset.0,
                secret_id: secret_id.0,
                field_key: key.to_string(),
                version: *latest,
            };
            match self.store(aad, &plaintext, fingerprint).await {
                Ok(version) => {
                    let secret = SecretRef {
                        secret_id: *secret_id,
                        version,
                    };
                    sealed.has_stored(secret);
                    secrets.insert(key.to_string(), SecretInput::Sealed(secret));
                }
                Err(problem) => {
                    self.forget(&sealed).await;
                    return Err(problem);
                }
            }
        }
        Ok(sealed)
    }

    /// Asks which fields are secrets. Nothing is recorded.
    ///
    /// # Errors
    /// The problem that the client is to be answered.
    pub async fn find_secrets(
        &self,
        principal: &Principal,
        of: SecretsOf,
    ) -> Result<Known, Problem> {
        let context = Context::of(principal.clone());
        let known = |id, version, fields| Known {
            asset: AssetId(id),
            version,
            fields,
        };
        match self.submit(context, Command::FindSecrets { of }).await {
            Ok(Outcome::Decided {
                answer: Ok(answered),
                ..
            }) => match answered.answer.detail {
                Detail::Secrets { asset, fields } => Ok(known(asset.0, answered.version, fields)),
                _ => Ok(known(answered.answer.id, answered.version, BTreeMap::new())),
            },
            Ok(Outcome::Decided {
                answer: Err(refusal),
                ..
            }) => Err(refused(refusal)),
            // It carries no key, so nothing is replayed.
            Ok(Outcome::Replayed { .. }) => Ok(known(Uuid::nil(), 0, BTreeMap::new())),
            Err(error) => Err(not_submitted(&error)),
        }
    }

    /// Seals and stores a value as the next free version after `aad.version`, which it answers.
    pub(crate) async fn store(
        &self,
        mut aad: Aad,
        plaintext: &SecretString,
        fingerprint: &Fingerprint,
    ) -> Result<i32, Problem> {
        let vault = self.vault().vault().map_err(|error| vault_failed(&error))?;
        let last = aad.version.saturating_add(VERSIONS_TRIED_MAX);
        loop {
            aad.version = aad.version.saturating_add(1);
            // The version is part of what the ciphertext is bound to, so each try seals anew.
            let sealed = vault
                .seal(&aad, plaintext)
                .await
                .map_err(|error: VaultError| vault_failed(&error))?;
            let secrets = self.secrets();
            match secrets
                .put_with_fingerprint(&aad, &sealed, fingerprint)
                .await
            {
                Ok(()) => return Ok(aad.version),
                Err(StoreError::Exists(_)) if aad.version < last => {}
                Err(error) => return Err(store_failed(&error)),
            }
        }
    }

    /// Deletes what was stored for a command that came to nothing. What can't be deleted now is an orphan, which
    /// the vault's sweep deletes.
    pub(crate) async fn forget(&self, sealed: &Sealed) {
        let row = |secret: &SecretRef| vault::SecretRef {
            secret_id: secret.secret_id.0,
            version: secret.version,
        };
        let rows: Vec<_> = sealed.stored.iter().map(row).collect();
        if rows.is_empty() {
            return;
        }
        if let Err(error) = self.secrets().delete(sealed.tenant, &rows).await {
            tracing::warn!(%error, "sealed secrets without an event are left to be swept");
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_client_means_by_a_password_is_told_by_its_form() {
        for (value, expected) in [
            (json!("AAAAA-BBBBB"), "seal AAAAA-BBBBB"),
            (json!(" padded "), "seal  padded "),
            (json!(null), "cleared"),
            (json!(""), "cleared"),
            (json!("  "), "cleared"),
            (
                json!({ "set": true, "secret_version": 2, "stored_at": "2026-01-01T00:00:00Z" }),
                "unchanged",
            ),
            (json!({ "set": false }), "unchanged"),
            (json!({ "set": true, "value": "x" }), "unfit"),
            (json!({}), "unfit"),
            (json!(["x"]), "unfit"),
            (json!(5), "unfit"),
            (json!("x".repeat(PLAINTEXT_BYTES_MAX + 1)), "unfit"),
        ] {
            let shown = match meant(value.clone()) {
                Meant::Seal(plaintext) => format!("seal {}", plaintext.expose_secret()),
                Meant::Already(SecretInput::Cleared) => "cleared".to_owned(),
                Meant::Already(SecretInput::Unchanged) => "unchanged".to_owned(),
                Meant::Already(SecretInput::Sealed(_)) => "sealed".to_owned(),
                Meant::Unfit(_) => "unfit".to_owned(),
            };
            assert_eq!(shown, expected, "{value}");
        }
    }
}
