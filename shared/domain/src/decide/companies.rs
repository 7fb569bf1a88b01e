//! Companies.

use chrono_tz::Tz;

use super::{Deciding, Effect, needs::external_id_of};
use crate::{
    access::{Action, Resource},
    asset, calendar,
    command::{ClaimChange, ClaimKey, Command, CompanyDraft, CompanyPatch},
    company::{Company, ExternalId},
    event::Event,
    ids::CompanyId,
    refusal::{Refusal, Violations},
    subject::Subject,
    text,
};

impl Deciding<'_> {
    pub(super) fn company(&self, id: CompanyId, action: Action) -> Result<&Company, Refusal> {
        match self.facts.subject(id.0) {
            Some(Subject::Company(company)) => {
                self.may(action, Resource::Company(id), "company")?;
                Ok(company)
            }
            _ => Err(Refusal::NotFound("company")),
        }
    }

    pub(super) fn company_effect(&self) -> Result<Effect, Refusal> {
        match &self.order.command {
            Command::AddCompany { id, draft } => self.add_company(*id, draft, None),
            Command::ChangeCompany { id, patch } => self.change_company(*id, patch, None),
            Command::PutCompany {
                id,
                system,
                external_id,
                draft,
            } => {
                let mut found = Violations::default();
                let external_id = ExternalId::parse("external_id", system, external_id, &mut found);
                found.check()?;
                let key = external_id.as_ref().map(ClaimKey::company_external_id);
                match key.and_then(|key| self.facts.claim(&key).flatten()) {
                    None => {
                        self.version_matches(id.0)?;
                        self.add_company(*id, draft, external_id.as_ref())
                    }
                    Some(owner) => {
                        let patch = CompanyPatch {
                            name: Some(draft.name.clone()),
                            // Not named is false, which says nothing of a company that is known.
                            own: draft.own.then_some(true),
                            time_zone: draft.time_zone.clone().map(Some),
                            external_ids: draft.external_ids.clone(),
                        };
                        self.change_company(CompanyId(owner), &patch, external_id.as_ref())
                    }
                }
            }
            Command::ArchiveCompany { id } => {
                let known = self.company(*id, Action::Write)?;
                self.version_matches(id.0)?;
                Ok(self.today(
                    id.0,
                    Some(*id),
                    (!known.archived).then_some(Event::CompanyArchived),
                ))
            }
            Command::RestoreCompany { id } => {
                let known = self.company(*id, Action::Write)?;
                self.version_matches(id.0)?;
                let restored = known.archived.then_some(Event::CompanyRestored);
                Ok(self.today(id.0, Some(*id), restored))
            }
            _ => Err(Refusal::NotFound("command")),
        }
    }

    fn add_company(
        &self,
        id: CompanyId,
        draft: &CompanyDraft,
        put: Option<&ExternalId>,
    ) -> Result<Effect, Refusal> {
        self.may(Action::Write, Resource::Companies, "company")?;
        self.is_new(id.0, "company")?;
        let mut found = Violations::default();
        let name = found.keep("name", text::line(&draft.name, text::NAME_LENGTH_MAX));
        let time_zone = zone_of(draft.time_zone.as_deref(), &mut found);
        let external_ids = asset::external_ids_of(&draft.external_ids, put, &mut found);
        found.check()?;
        let name = name.unwrap_or_default();
        let mut claims = vec![self.take_company_name(&name, id)?];
        let mut events = vec![Event::CompanyAdded {
            name,
            own: draft.own,
            time_zone,
        }];
        for external_id in external_ids {
            claims.push(self.take_company_external_id(&external_id, id)?);
            events.push(Event::ExternalIdLinked { external_id });
        }
        Ok(self
            .today(id.0, Some(id), events)
            .created()
            .with_claims(claims))
    }

    fn change_company(
        &self,
        id: CompanyId,
        patch: &CompanyPatch,
        put: Option<&ExternalId>,
    ) -> Result<Effect, Refusal> {
        let known = self.company(id, Action::Write)?;
        self.version_matches(id.0)?;
        let mut found = Violations::default();
        let name = patch
            .name
            .as_ref()
            .and_then(|name| found.keep("name", text::line(name, text::NAME_LENGTH_MAX)));
        let time_zone = patch
            .time_zone
            .as_ref()
            .map(|zone| zone_of(zone.as_deref(), &mut found));
        let external_ids = asset::external_ids_of(&patch.external_ids, put, &mut found);
        let external_ids = asset::new_external_ids(&known.external_ids, external_ids, &mut found);
        found.check()?;
        let mut claims = Vec::new();
        let mut events = Vec::new();
        if let Some(to) = name.filter(|name| *name != known.name) {
            let given_up = ClaimKey::company_name(&known.name);
            let taken = self.take_company_name(&to, id)?;
            if given_up != taken.key {
                claims.push(ClaimChange {
                    key: given_up,
                    owner: None,
                });
            }
            claims.push(taken);
            events.push(Event::CompanyRenamed {
                from: known.name.clone(),
                to,
            });
        }
        if let Some(to) = patch.own.filter(|own| *own != known.own) {
            events.push(Event::CompanyOwnChanged {
                from: known.own,
                to,
            });
        }
        if let Some(to) = time_zone.filter(|zone| *zone != known.time_zone) {
            events.push(Event::CompanyTimeZoneChanged {
                from: known.time_zone,
                to,
            });
        }
        for external_id in external_ids {
            claims.push(self.take_company_external_id(&external_id, id)?);
            let replaced = known
                .external_ids
                .iter()
                .find(|other| other.system == external_id.system);
            claims.extend(replaced.map(|old| ClaimChange {
                key: ClaimKey::company_external_id(old),
                owner: None,
            }));
            events.push(Event::ExternalIdLinked { external_id });
        }
        Ok(self.today(id.0, Some(id), events).with_claims(claims))
    }

    fn take_company_name(&self, name: &str, id: CompanyId) -> Result<ClaimChange, Refusal> {
        let taken = || {
            format!(
                "a company named {name:?} exists already: choose another name, or restore it if it is archived"
            )
        };
        self.take(ClaimKey::company_name(name), id.0, taken)
    }

    fn take_company_external_id(
        &self,
        external: &ExternalId,
        id: CompanyId,
    ) -> Result<ClaimChange, Refusal> {
        let taken = || {
            format!(
                "another company has the id {:?} in {}",
                external.id, external.system
            )
        };
        self.take(ClaimKey::company_external_id(external), id.0, taken)
    }

    /// The asset that another system knows by an id.
    pub(super) fn owner_of_asset_id(&self, system: &str, id: &str) -> Option<uuid::Uuid> {
        let key = ClaimKey::asset_external_id(&external_id_of(system, id)?);
        self.facts.claim(&key).flatten()
    }
}

fn zone_of(name: Option<&str>, found: &mut Violations) -> Option<Tz> {
    let name = name.filter(|name| !name.trim().is_empty())?;
    found.keep("time_zone", calendar::parse_zone(name.trim()))
}
