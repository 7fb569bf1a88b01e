//! Where a key is held that the caller has in hand.

use super::{Deciding, Effect};
use crate::{
    access::{Action, REVEALS_PER_HOUR, reveal_budget},
    asset::{Asset, KEYS_FIELD},
    asset_type::FieldKey,
    command::{Answer, Decided, Detail, EQUAL_AMONG_MAX},
    event::{Event, Fact},
    ids::{AssetId, SecretId},
    refusal::Refusal,
    subject::Subject,
    value::{SecretRef, Value},
};

impl Deciding<'_> {
    /// Which of these values are in force where the caller may see them. Nothing is recorded.
    pub(super) fn find_equal(&self, among: &[(AssetId, SecretRef)]) -> Effect {
        let held = among.iter().take(EQUAL_AMONG_MAX);
        let held = held.filter(|(asset, secret)| self.held(*asset, *secret).is_some());
        self.today(self.tenant.0, None, [])
            .with_detail(Detail::Equal(held.copied().collect()))
    }

    /// The same for somebody who has the right to see the values: to learn where a value is held is to see it, so
    /// each of them is recorded as shown and counts against the token's budget.
    pub(super) fn reveal_equal(&self, among: &[(AssetId, SecretRef)]) -> Decided {
        let principal = &self.order.principal;
        let Some(Subject::Token(token)) = self.facts.subject(principal.token.0) else {
            return Effect::refused(Refusal::Unauthorized);
        };
        if !principal.may_reveal {
            let why = "this token does not have the right to reveal secrets";
            return Effect::refused(Refusal::Forbidden(why.to_owned()));
        }
        if let Err(wait) = reveal_budget(token.reveals.iter().copied(), self.now) {
            return Effect::refused(Refusal::TooManyReveals {
                retry_after_seconds: wait.seconds,
            });
        }
        let (mut found, mut facts) = (Vec::new(), Vec::new());
        for (id, secret) in among.iter().take(EQUAL_AMONG_MAX) {
            let Some((asset, field)) = self.held(*id, *secret) else {
                continue;
            };
            if found.len() == REVEALS_PER_HOUR {
                break;
            }
            found.push((*id, *secret));
            facts.push(Fact {
                stream: principal.token.0,
                company: Some(asset.company_on(self.setting.today)),
                effective_on: self.setting.today,
                event: Event::SecretRevealed {
                    asset_id: *id,
                    field,
                    secret_id: secret.secret_id,
                    secret_version: secret.version,
                },
            });
        }
        Decided {
            facts,
            claims: Vec::new(),
            outcome: Ok(Answer {
                id: self.tenant.0,
                stream: self.tenant.0,
                created: false,
                warnings: Vec::new(),
                detail: Detail::Equal(found),
            }),
        }
    }

    /// Whether the caller may know of a secret: what was stored while the asset belonged to a company that they do
    /// not see stays unseen, so a new owner gets no old keys.
    pub(super) fn may_know(&self, secret: SecretId) -> bool {
        match self.facts.subject(secret.0) {
            Some(Subject::Secret {
                company: Some(company),
                ..
            }) => self.order.principal.sees(*company),
            _ => true,
        }
    }

    /// The asset and field of a value that is in force, if the caller may know of it.
    fn held(&self, id: AssetId, secret: SecretRef) -> Option<(&Asset, FieldKey)> {
        let asset = self.asset(id, Action::Read).ok()?;
        if !self.may_know(secret.secret_id) {
            return None;
        }
        let of_field = || {
            let mut values = asset.values.iter();
            let (field, _) = values.find(|(_, value)| **value == Value::Secret(secret))?;
            Some(field.clone())
        };
        let key = asset.keys.get(&secret.secret_id);
        let field = match key.filter(|key| key.version == secret.version) {
            Some(_) => FieldKey::from_stored(KEYS_FIELD.to_owned()),
            None => of_field()?,
        };
        Some((asset, field))
    }
}
