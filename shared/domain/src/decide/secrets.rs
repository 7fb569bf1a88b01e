//! Finding the secrets of an asset, and showing one.

use super::{Deciding, Effect};
use crate::{
    access::{Action, BUDGET_CAUSE, Resource, may, reveal_budget},
    asset::{self, Asset, KEYS_FIELD, KeyDraft},
    asset_type::{FieldKey, FieldKind},
    command::{Answer, Decided, Detail, SecretName, SecretsOf},
    event::{Change, Event, Fact},
    ids::{AssetId, CompanyId, SecretId},
    refusal::Refusal,
    subject::Subject,
    value::{SecretRef, Value},
};

impl Deciding<'_> {
    /// Which fields are secrets, so that the shell can seal what is meant for them.
    pub(super) fn find_secrets(&self, of: &SecretsOf) -> Result<Effect, Refusal> {
        let (asset, asset_type) = match of {
            SecretsOf::NewAsset { id, asset_type } => (*id, self.asset_type(*asset_type)?),
            SecretsOf::Asset { id } => {
                let asset = self.asset(*id, Action::Write)?;
                (*id, self.asset_type(asset.type_id)?)
            }
            SecretsOf::ExternalAsset {
                id,
                asset_type,
                system,
                external_id,
            } => match self.owner_of_asset_id(system, external_id) {
                None => (*id, self.asset_type(*asset_type)?),
                Some(owner) => {
                    let asset = self.asset(AssetId(owner), Action::Write)?;
                    (AssetId(owner), self.asset_type(asset.type_id)?)
                }
            },
        };
        let latest = |secret: SecretId| match self.facts.subject(secret.0) {
            Some(Subject::Secret { version, .. }) => *version,
            _ => 0,
        };
        let fields = asset_type
            .live_fields()
            .filter(|field| field.kind == FieldKind::Password)
            .map(|field| {
                let secret = SecretId::of_field(asset, field.key.as_str());
                (field.key.clone(), (secret, latest(secret)))
            })
            .collect();
        Ok(self
            .today(asset.0, None, [])
            .with_detail(Detail::Secrets { asset, fields }))
    }

    /// Adds keys that were sealed just now, each on a stream of its own.
    pub(super) fn add_keys(&self, id: AssetId, keys: &[KeyDraft]) -> Result<Effect, Refusal> {
        let (asset, _) = self.changeable_license(id)?;
        let events = asset::add_keys(asset, keys, &self.setting)?;
        let mut effect = self.of_asset(asset, events);
        let company = asset.company_on(self.setting.today);
        for key in keys {
            let stream = key.secret.secret_id.0;
            self.is_new(stream, "key")?;
            effect.facts.push(Fact {
                stream,
                company: Some(company),
                effective_on: self.setting.today,
                event: Event::SecretStored {
                    asset_id: id,
                    field: FieldKey::from_stored(KEYS_FIELD.to_owned()),
                    secret_version: key.secret.version,
                },
            });
        }
        let added = keys.iter().map(|key| key.secret.secret_id).collect();
        Ok(effect.created().with_detail(Detail::Keys(added)))
    }

    /// Takes a secret away and says that all its values are gone: the vault deletes them once that is recorded.
    pub(super) fn destroy_secret(&self, id: AssetId, of: &SecretName) -> Result<Effect, Refusal> {
        let asset = self.asset(id, Action::Write)?;
        self.version_matches(id.0)?;
        let secret = of.secret_of(id);
        let stored = match self.facts.subject(secret.0) {
            Some(Subject::Secret {
                version,
                company,
                destroyed: false,
                ..
            }) => Some((*version, *company)),
            _ => None,
        };
        let (removed, latest) = match (self.secret_named(asset, of), stored) {
            (Ok(found), stored) => {
                let latest = stored.map_or(found.secret.version, |(version, _)| version);
                (Some(taken_away(of, found)), latest)
            }
            // A field that was cleared before still had values, which lie in the vault.
            (Err(_), Some((version, company)))
                if matches!(of, SecretName::Field(_))
                    && company.is_none_or(|company| self.order.principal.sees(company)) =>
            {
                (None, version)
            }
            (Err(refusal), _) => return Err(refusal),
        };
        let company = asset.company_on(self.setting.today);
        let removed = removed.map(|removed| (self.setting.today, removed));
        let mut effect = self.of_asset(asset, removed);
        effect.facts.push(Fact {
            stream: secret.0,
            company: Some(company),
            effective_on: self.setting.today,
            event: Event::SecretDestroyed,
        });
        Ok(effect.with_detail(Detail::Destroyed(SecretRef {
            secret_id: secret,
            version: latest,
        })))
    }

    /// Shows a secret: what is recorded first is who saw it, or was refused. Every refusal is answered, not
    /// every one recorded.
    pub(super) fn reveal_secret(&self, id: AssetId, of: &SecretName) -> Decided {
        let found = self
            .asset(id, Action::Read)
            .and_then(|asset| self.secret_named(asset, of));
        let NamedSecret {
            company,
            secret,
            field: key,
        } = match found {
            Ok(found) => found,
            Err(refusal) => return Effect::refused(refusal),
        };
        if self.order.principal.token.0.is_nil() {
            // Without a token there is no stream that could say who saw it.
            return Effect::refused(Refusal::Forbidden(
                "a secret is shown to the holder of a token only".to_owned(),
            ));
        }
        let Some(Subject::Token(token)) = self.facts.subject(self.order.principal.token.0) else {
            return Effect::refused(Refusal::Unauthorized);
        };
        let fact = |event| Fact {
            stream: self.order.principal.token.0,
            company: Some(company),
            effective_on: self.setting.today,
            event,
        };
        let refused = |cause: &str, refusal| {
            let event = || Event::RevealRefused {
                asset_id: id,
                field: key.clone(),
                cause: cause.to_owned(),
            };
            let recorded = token.records_refusal(cause, self.now);
            Decided {
                facts: recorded.then(|| fact(event())).into_iter().collect(),
                claims: Vec::new(),
                outcome: Err(refusal),
            }
        };
        if let Err(denied) = may(
            &self.order.principal,
            Action::Reveal,
            Resource::Asset(company),
        ) {
            return refused("not_permitted", Refusal::Forbidden(denied.to_string()));
        }
        if let Err(wait) = reveal_budget(token.reveals.iter().copied(), self.now) {
            let refusal = Refusal::TooManyReveals {
                retry_after_seconds: wait.seconds,
            };
            return refused(BUDGET_CAUSE, refusal);
        }
        let event = Event::SecretRevealed {
            asset_id: id,
            field: key.clone(),
            secret_id: secret.secret_id,
            secret_version: secret.version,
        };
        let detail = Detail::Revealable {
            asset: id,
            field: key.clone(),
            secret,
        };
        Decided {
            facts: vec![fact(event)],
            claims: Vec::new(),
            outcome: Ok(Answer {
                id: id.0,
                stream: id.0,
                created: false,
                warnings: Vec::new(),
                detail,
            }),
        }
    }

    /// A secret that the caller may know to exist.
    fn secret_named(&self, asset: &Asset, of: &SecretName) -> Result<NamedSecret, Refusal> {
        let none = || Refusal::NotFound("secret");
        let (field, secret) = match of {
            SecretName::Field(field) => {
                let asset_type = self.asset_type(asset.type_id)?;
                let key = asset_type.field(field).ok_or_else(none)?.key.clone();
                match asset.values.get(&key) {
                    Some(Value::Secret(secret)) => (key, *secret),
                    _ => return Err(none()),
                }
            }
            SecretName::Key(secret_id) => {
                let key = asset.keys.get(secret_id).ok_or_else(none)?;
                let secret = SecretRef {
                    secret_id: *secret_id,
                    version: key.version,
                };
                (FieldKey::from_stored(KEYS_FIELD.to_owned()), secret)
            }
        };
        if !self.may_know(secret.secret_id) {
            return Err(none());
        }
        Ok(NamedSecret {
            company: asset.company_on(self.setting.today),
            field,
            secret,
        })
    }
}

/// What is recorded on the asset when a secret of it is destroyed.
fn taken_away(of: &SecretName, found: NamedSecret) -> Event {
    match of {
        SecretName::Key(secret_id) => Event::KeyRemoved {
            secret_id: *secret_id,
        },
        SecretName::Field(_) => Event::FieldsChanged {
            changes: vec![Change {
                field: found.field,
                from: Some(Value::Secret(found.secret)),
                to: None,
            }],
        },
    }
}

/// A secret with where it is.
struct NamedSecret {
    company: CompanyId,
    field: FieldKey,
    secret: SecretRef,
}
