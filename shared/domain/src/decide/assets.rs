//! Assets.

use std::collections::BTreeMap;

use super::{Deciding, Effect, Setting};
use crate::{
    access::{Action, Resource},
    asset::{self, Asset, AssetDraft, AssetPatch, Dated},
    asset_type::AssetType,
    command::{ClaimChange, ClaimKey, Command},
    company::ExternalId,
    event::{Event, Fact},
    ids::{AssetId, SecretId},
    refusal::{Refusal, Violations},
    subject::Subject,
    value::{SecretInput, Value},
};

impl Deciding<'_> {
    /// An asset that the caller may act on.
    pub(super) fn asset(&self, id: AssetId, action: Action) -> Result<&Asset, Refusal> {
        match self.facts.subject(id.0) {
            Some(Subject::Asset(asset)) => {
                let company = asset.company_on(self.setting.today);
                self.may(action, Resource::Asset(company), "asset")?;
                Ok(asset)
            }
            _ => Err(Refusal::NotFound("asset")),
        }
    }

    pub(super) fn asset_effect(&self) -> Result<Effect, Refusal> {
        match &self.order.command {
            Command::RegisterAsset { id, draft } => self.register(*id, draft, None),
            Command::PutAsset {
                id,
                system,
                external_id,
                draft,
            } => self.put(*id, (system, external_id), draft),
            Command::ChangeAsset { id, patch } => {
                let (asset, asset_type) = self.changeable_asset(*id)?;
                let seen = asset.seen_through(asset_type);
                let events = asset::change(&seen, asset_type, patch, &self.setting)?;
                let over_use = asset::over_use(Some(&seen), &events, &seen, asset_type)?;
                let unheard = asset::unheard(&seen, &events);
                let events = with_adopted(asset, asset_type, events);
                let effect = self
                    .of_asset(asset, events)
                    .with_unheard(unheard)
                    .with_over_use(over_use);
                self.with_secrets(*id, &patch.secrets, effect)
            }
            Command::SetTag { id, tag, on } => {
                let (asset, _) = self.changeable_asset(*id)?;
                let event = asset::set_tag(asset, tag, *on)?;
                Ok(self.of_asset(asset, event.map(|event| (self.setting.today, event))))
            }
            Command::MoveAsset {
                id,
                company,
                effective_on,
            } => {
                let (asset, _) = self.changeable_asset(*id)?;
                self.live_company(*company)?;
                let events =
                    asset::move_to(asset, *company, effective_on.as_deref(), &self.setting)?;
                Ok(self.of_asset(asset, events))
            }
            Command::ArchiveAsset { id } => {
                let asset = self.asset(*id, Action::Write)?;
                self.version_matches(id.0)?;
                Ok(self.of_asset(asset, asset::archive(asset, self.setting.today)))
            }
            Command::RestoreAsset { id } => {
                let asset = self.asset(*id, Action::Write)?;
                self.version_matches(id.0)?;
                Ok(self.of_asset(asset, asset::restore(asset, self.setting.today)))
            }
            Command::RenewTerm { id, draft } => {
                let (asset, asset_type) = self.changeable_asset(*id)?;
                let seen = asset.seen_through(asset_type);
                let events = asset::renew(&seen, asset_type, draft, &self.setting)?;
                Ok(self.of_asset(asset, with_adopted(asset, asset_type, events)))
            }
            _ => Err(Refusal::NotFound("command")),
        }
    }

    pub(super) fn changeable_asset(&self, id: AssetId) -> Result<(&Asset, &AssetType), Refusal> {
        let asset = self.asset(id, Action::Write)?;
        self.version_matches(id.0)?;
        if asset.is_archived() {
            return Err(Refusal::Conflict(
                "the asset is archived: restore it first".to_owned(),
            ));
        }
        Ok((asset, self.asset_type(asset.type_id)?))
    }

    pub(super) fn changeable_license(&self, id: AssetId) -> Result<(&Asset, &AssetType), Refusal> {
        let (asset, asset_type) = self.changeable_asset(id)?;
        if !asset_type.is_license() {
            let why = format!(
                "{:?} is no type of licenses: none of its fields counts seats",
                asset_type.name
            );
            return Err(Refusal::Conflict(why));
        }
        Ok((asset, asset_type))
    }

    pub(super) fn live_company(&self, id: crate::ids::CompanyId) -> Result<(), Refusal> {
        let company = self.company(id, Action::Read)?;
        self.may(Action::Write, Resource::Asset(id), "company")?;
        if company.archived {
            return Err(Refusal::Conflict(format!(
                "the company {:?} is archived",
                company.name
            )));
        }
        Ok(())
    }

    pub(super) fn of_asset(
        &self,
        asset: &Asset,
        events: impl IntoIterator<Item = (chrono::NaiveDate, Event)>,
    ) -> Effect {
        self.dated(
            asset.id.0,
            Some(asset.company_on(self.setting.today)),
            events,
        )
    }

    fn register(
        &self,
        id: AssetId,
        draft: &AssetDraft,
        put: Option<&ExternalId>,
    ) -> Result<Effect, Refusal> {
        let asset_type = self.asset_type(draft.type_id)?;
        self.live_company(draft.company_id)?;
        if asset_type.archived {
            return Err(Refusal::Conflict(format!(
                "the asset type {:?} is archived",
                asset_type.name
            )));
        }
        self.is_new(id.0, "asset")?;
        let setting = Setting {
            asset: id,
            policy: self.setting.policy.clone(),
            ..self.setting
        };
        let events = asset::register(asset_type, draft, put, &setting)?;
        let first_day = events.first().map_or(setting.today, |(day, _)| *day);
        let blank = Asset::new(id, draft.type_id, draft.company_id, first_day);
        let over_use = asset::over_use(None, &events, &blank, asset_type)?;
        let mut claims = Vec::new();
        for (_, event) in &events {
            if let Event::ExternalIdLinked { external_id } = event {
                claims.push(self.take_asset_external_id(external_id, id)?);
            }
        }
        let effect = self
            .dated(id.0, Some(draft.company_id), events)
            .created()
            .with_claims(claims)
            .with_over_use(over_use);
        self.with_secrets(id, &draft.secrets, effect)
    }

    /// A draft for what another system calls so: a new asset, or the one that it means.
    fn put(
        &self,
        id: AssetId,
        (system, external_id): (&str, &str),
        draft: &AssetDraft,
    ) -> Result<Effect, Refusal> {
        let mut found = Violations::default();
        let parsed = ExternalId::parse("external_id", system, external_id, &mut found);
        found.check()?;
        match self.owner_of_asset_id(system, external_id) {
            None => {
                self.version_matches(id.0)?;
                self.register(id, draft, parsed.as_ref())
            }
            Some(owner) => self.put_again(AssetId(owner), draft, parsed.as_ref()),
        }
    }

    /// A draft for an asset that exists: values are changed, tags and external ids are added, the company is
    /// followed.
    fn put_again(
        &self,
        id: AssetId,
        draft: &AssetDraft,
        put: Option<&ExternalId>,
    ) -> Result<Effect, Refusal> {
        let (asset, asset_type) = self.changeable_asset(id)?;
        if asset.type_id != draft.type_id {
            return Err(Refusal::Conflict(
                "the asset is of another type, which can't change".to_owned(),
            ));
        }
        let patch = AssetPatch {
            values: draft.values.clone(),
            secrets: draft.secrets.clone(),
            effective_on: draft.effective_on.clone(),
            correction: false,
        };
        let seen = asset.seen_through(asset_type);
        let events = asset::change(&seen, asset_type, &patch, &self.setting)?;
        let over_use = asset::over_use(Some(&seen), &events, &seen, asset_type)?;
        let mut events = with_adopted(asset, asset_type, events);
        let tagged = asset::add_tags(asset, &draft.tags)?;
        events.extend(tagged.into_iter().map(|event| (self.setting.today, event)));
        let mut found = Violations::default();
        let given = asset::external_ids_of(&draft.external_ids, put, &mut found);
        let external_ids = asset::new_external_ids(&asset.external_ids, given, &mut found);
        found.check()?;
        let mut claims = Vec::new();
        for external_id in external_ids {
            claims.push(self.take_asset_external_id(&external_id, id)?);
            let replaced = asset
                .external_ids
                .iter()
                .find(|other| other.system == external_id.system);
            claims.extend(replaced.map(|old| ClaimChange {
                key: ClaimKey::asset_external_id(old),
                owner: None,
            }));
            events.push((self.setting.today, Event::ExternalIdLinked { external_id }));
        }
        if asset.latest_company() != draft.company_id {
            self.live_company(draft.company_id)?;
            let day = draft.effective_on.as_deref();
            events.extend(asset::move_to(asset, draft.company_id, day, &self.setting)?);
        }
        let effect = self
            .of_asset(asset, events)
            .with_claims(claims)
            .with_over_use(over_use);
        self.with_secrets(id, &draft.secrets, effect)
    }

    fn take_asset_external_id(
        &self,
        external: &ExternalId,
        id: AssetId,
    ) -> Result<ClaimChange, Refusal> {
        let taken = || {
            format!(
                "another asset has the id {:?} in {}",
                external.id, external.system
            )
        };
        self.take(ClaimKey::asset_external_id(external), id.0, taken)
    }

    /// The secrets that were sealed for this command are stored with it, each on its own stream.
    fn with_secrets(
        &self,
        asset: AssetId,
        given: &BTreeMap<String, SecretInput>,
        mut effect: Effect,
    ) -> Result<Effect, Refusal> {
        for (key, input) in given {
            let SecretInput::Sealed(secret) = input else {
                continue;
            };
            let latest = match self.facts.subject(secret.secret_id.0) {
                Some(Subject::Secret { version, .. }) => *version,
                _ => 0,
            };
            if secret.secret_id != SecretId::of_field(asset, key) || secret.version <= latest {
                let why = format!("{key} was changed by somebody else meanwhile: try again");
                return Err(Refusal::Conflict(why));
            }
            let changed = effect.facts.iter().find_map(|fact| match &fact.event {
                Event::FieldsChanged { changes } => changes
                    .iter()
                    .find(|change| change.to == Some(Value::Secret(*secret)))
                    .map(|change| (change.field.clone(), fact.company)),
                _ => None,
            });
            let Some((field, company)) = changed else {
                continue;
            };
            let event = Event::SecretStored {
                asset_id: asset,
                field,
                secret_version: secret.version,
            };
            let stream = secret.secret_id.0;
            effect.facts.push(Fact {
                stream,
                company,
                effective_on: self.setting.today,
                event,
            });
        }
        Ok(effect)
    }
}

/// Events of an asset, after those that say what it has adopted: what they say of seats and terms rests on it.
pub(super) fn with_adopted(
    asset: &Asset,
    asset_type: &AssetType,
    events: Vec<Dated>,
) -> Vec<Dated> {
    if events.is_empty() {
        return events;
    }
    let mut all = asset.adopted(asset_type);
    all.extend(events);
    all
}
