//! Finding the secrets of an asset, and showing one.

use super::{Deciding, Effect};
use crate::{
    access::{Action, Resource, may, reveal_budget},
    asset_type::{AssetType, FieldKind},
    command::{Answer, Decided, Detail, SecretsOf},
    event::{Event, Fact},
    ids::{AssetId, SecretId},
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

    /// Shows a secret: what is recorded first is who saw it, or was refused. Every refusal is answered, not
    /// every one recorded.
    pub(super) fn reveal_secret(&self, id: AssetId, field: &str) -> Decided {
        let (company, secret, asset_type) = match self.revealable(id, field) {
            Ok(found) => found,
            Err(refusal) => return Effect::refused(refusal),
        };
        if self.order.principal.token.0.is_nil() {
            // Without a token there is no stream that could say who saw it.
            return Effect::refused(Refusal::Forbidden(
                "a secret is shown to the holder of a token only".to_owned(),
            ));
        }
        let Some(key) = asset_type.field(field).map(|field| field.key.clone()) else {
            return Effect::refused(Refusal::NotFound("secret"));
        };
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
            return refused("budget", refusal);
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
                created: false,
                warnings: Vec::new(),
                detail,
            }),
        }
    }

    /// A secret that the caller may know to exist.
    fn revealable(
        &self,
        id: AssetId,
        field: &str,
    ) -> Result<(crate::ids::CompanyId, SecretRef, &AssetType), Refusal> {
        let asset = self.asset(id, Action::Read)?;
        let asset_type = self.asset_type(asset.type_id)?;
        let field = asset_type.field(field).ok_or(Refusal::NotFound("secret"))?;
        match asset.values.get(&field.key) {
            Some(Value::Secret(secret)) => {
                Ok((asset.company_on(self.setting.today), *secret, asset_type))
            }
            _ => Err(Refusal::NotFound("secret")),
        }
    }
}
