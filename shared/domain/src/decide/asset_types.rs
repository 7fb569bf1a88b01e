//! Asset types.

use super::{Deciding, Effect};
use crate::{
    access::{Action, Resource},
    asset_type::{self, AssetType, OverUse},
    command::{ClaimChange, ClaimKey, Command, Detail},
    event::Event,
    ids::AssetTypeId,
    refusal::{Refusal, Violations},
    subject::Subject,
};

impl Deciding<'_> {
    pub(super) fn asset_type(&self, id: AssetTypeId) -> Result<&AssetType, Refusal> {
        match self.facts.subject(id.0) {
            Some(Subject::AssetType(asset_type)) => Ok(asset_type),
            _ => Err(Refusal::NotFound("asset type")),
        }
    }

    pub(super) fn asset_type_effect(&self) -> Result<Effect, Refusal> {
        self.may(Action::Write, Resource::AssetTypes, "asset type")?;
        match &self.order.command {
            Command::DefineAssetType {
                id,
                name,
                template,
                fields,
            } => {
                let (name, (events, answers, warnings)) = asset_type::define(
                    name.as_deref(),
                    template.as_deref(),
                    fields,
                    self.setting.currency,
                )?;
                self.is_new(id.0, "asset type")?;
                let claim = self.take_type_name(&name, *id)?;
                let effect = self
                    .today(id.0, None, events)
                    .created()
                    .with_claims(vec![claim]);
                Ok(effect
                    .with_detail(Detail::Fields(answers))
                    .with_warnings(warnings))
            }
            Command::ChangeAssetType { id, name, over_use } => {
                self.change_asset_type(*id, name.as_deref(), over_use.as_deref())
            }
            Command::AddField { id, field } => {
                let known = self.changeable(*id)?;
                let (events, answers, warnings) =
                    asset_type::add_field(known, field, self.setting.currency)?;
                let effect = self.today(id.0, None, events);
                Ok(effect
                    .with_detail(Detail::Fields(answers))
                    .with_warnings(warnings))
            }
            Command::ChangeField { id, key, patch } => {
                let known = self.changeable(*id)?;
                let event = asset_type::change_field(known, key, patch, self.setting.currency)?;
                Ok(self.today(id.0, None, event))
            }
            Command::RetireField { id, key } => {
                let event = asset_type::retire_field(self.changeable(*id)?, key)?;
                Ok(self.today(id.0, None, [event]))
            }
            Command::ArchiveAssetType { id } => {
                self.version_matches(id.0)?;
                Ok(self.today(id.0, None, asset_type::archive(self.asset_type(*id)?)))
            }
            _ => Err(Refusal::NotFound("command")),
        }
    }

    fn change_asset_type(
        &self,
        id: AssetTypeId,
        name: Option<&str>,
        over_use: Option<&str>,
    ) -> Result<Effect, Refusal> {
        let known = self.changeable(id)?;
        let mut found = Violations::default();
        let renamed = name.and_then(|name| asset_type::rename(known, name, &mut found));
        let ruled = over_use.and_then(|word| over_use_set(known, word, &mut found));
        found.check()?;
        let mut claims = Vec::new();
        if let (Some(_), Some(name)) = (&renamed, name) {
            let given_up = ClaimKey::asset_type_name(&known.name);
            let taken = self.take_type_name(name, id)?;
            // A name that only changes its spelling stays taken.
            if given_up != taken.key {
                claims.push(ClaimChange {
                    key: given_up,
                    owner: None,
                });
            }
            claims.push(taken);
        }
        let events = renamed.into_iter().chain(ruled);
        Ok(self.today(id.0, None, events).with_claims(claims))
    }

    fn changeable(&self, id: AssetTypeId) -> Result<&AssetType, Refusal> {
        let known = self.asset_type(id)?;
        self.version_matches(id.0)?;
        if known.archived {
            return Err(Refusal::Conflict("the asset type is archived".to_owned()));
        }
        Ok(known)
    }

    fn take_type_name(&self, name: &str, id: AssetTypeId) -> Result<ClaimChange, Refusal> {
        let taken = || {
            format!(
                "an asset type named {:?} exists already: choose another name",
                name.trim()
            )
        };
        self.take(ClaimKey::asset_type_name(name), id.0, taken)
    }
}

fn over_use_set(known: &AssetType, word: &str, found: &mut Violations) -> Option<Event> {
    let to = OverUse::parse(word.trim());
    if to.is_none() {
        let message = format!("{word:?} is none: choose allow, warn or block");
        found.add("over_use", message);
    }
    if !known.is_license() {
        found.add("over_use", "none of the type's fields counts seats");
    }
    let from = known.over_use;
    to.filter(|to| *to != from)
        .map(|to| Event::OverUseSet { from, to })
}
