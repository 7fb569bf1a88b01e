//! Integrations and calendar feeds.

use std::collections::BTreeSet;

use super::{Deciding, Effect};
use crate::{
    access::{Action, Resource},
    command::Command,
    event::Event,
    ids::{CompanyId, IntegrationId},
    integration::{Integration, Mode, changed_config, config_of},
    refusal::{Refusal, Violations},
    subject::Subject,
    tenant::TOKEN_COMPANIES_MAX,
    text,
    value::SecretRef,
};

impl Deciding<'_> {
    pub(super) fn integration_effect(&self) -> Result<Effect, Refusal> {
        match &self.order.command {
            Command::AddIntegration { id, draft } => {
                self.may(Action::Administer, Resource::Policy, "integration")?;
                self.is_new(id.0, "integration")?;
                let mut found = Violations::default();
                let config = config_of(draft, &mut found);
                found.check()?;
                let added = Event::IntegrationAdded { config };
                Ok(self.today(id.0, None, [added]).created())
            }
            Command::ChangeIntegration { id, patch } => {
                let known = self.integration(*id)?;
                let mut found = Violations::default();
                let to = changed_config(&known.config, patch, &mut found);
                found.check()?;
                let changed = (to != known.config).then(|| Event::IntegrationChanged {
                    from: known.config.clone(),
                    to,
                });
                Ok(self.today(id.0, None, changed))
            }
            Command::StoreIntegrationSecret { id, name, sealed } => {
                let known = self.integration(*id)?;
                check_secret_name(known, name)?;
                Ok(self.today(id.0, None, [stored(name, *sealed)]))
            }
            Command::SetIntegrationMode { id, mode, backlog } => {
                let known = self.integration(*id)?;
                let missing = missing_secret(known);
                if let Some(name) = missing.filter(|_| *mode == Mode::On) {
                    return Err(Refusal::Conflict(format!(
                        "the secret {name:?} is missing: store it, then turn the integration on"
                    )));
                }
                let set = (known.mode != *mode).then_some(Event::IntegrationModeSet {
                    from: known.mode,
                    to: *mode,
                    backlog: *backlog,
                });
                Ok(self.today(id.0, None, set))
            }
            Command::RemoveIntegration { id } => {
                self.integration(*id)?;
                Ok(self.today(id.0, None, [Event::IntegrationRemoved]))
            }
            Command::ReplayIntegration { id, after_entry } => {
                self.integration(*id)?;
                let mut found = Violations::default();
                if *after_entry < 0 {
                    found.add("after_entry", "must be 0 or more");
                }
                found.check()?;
                let asked = Event::ReplayAsked {
                    after_entry: *after_entry,
                };
                Ok(self.today(id.0, None, [asked]))
            }
            Command::OpenFeed {
                id,
                label,
                secret_sha256,
                companies,
            } => {
                self.may_open_feed(companies.as_ref())?;
                self.is_new(id.0, "calendar feed")?;
                let mut found = Violations::default();
                let label = found.keep("label", text::line(label, text::NAME_LENGTH_MAX));
                let many = companies.as_ref().map_or(0, BTreeSet::len);
                if many > TOKEN_COMPANIES_MAX {
                    let most = format!("at most {TOKEN_COMPANIES_MAX} are allowed");
                    found.add("companies", most);
                }
                found.check()?;
                let opened = Event::FeedOpened {
                    label: label.unwrap_or_default(),
                    secret_sha256: *secret_sha256,
                    companies: companies.clone(),
                };
                Ok(self.today(id.0, None, [opened]).created())
            }
            Command::CloseFeed { id } => match self.facts.subject(id.0) {
                Some(Subject::Feed(feed)) => {
                    self.may_open_feed(feed.companies.as_ref())?;
                    let closed = (!feed.closed).then_some(Event::FeedClosed);
                    Ok(self.today(id.0, None, closed))
                }
                _ => Err(Refusal::NotFound("calendar feed")),
            },
            _ => Err(Refusal::NotFound("command")),
        }
    }

    /// A feed shows no more than its maker sees.
    fn may_open_feed(&self, companies: Option<&BTreeSet<CompanyId>>) -> Result<(), Refusal> {
        match companies {
            None => self.may(Action::Write, Resource::Companies, "calendar feed"),
            Some(companies) => companies
                .iter()
                .take(TOKEN_COMPANIES_MAX)
                .try_for_each(|id| self.company(*id, Action::Read).map(|_| ())),
        }
    }

    fn integration(&self, id: IntegrationId) -> Result<&Integration, Refusal> {
        self.may(Action::Administer, Resource::Policy, "integration")?;
        self.version_matches(id.0)?;
        match self.facts.subject(id.0) {
            Some(Subject::Integration(known)) if !known.removed => Ok(known),
            _ => Err(Refusal::NotFound("integration")),
        }
    }
}

/// Who has no password may not need one: mail goes without an account too. A webhook's key is made for it.
fn missing_secret(known: &Integration) -> Option<&'static str> {
    let kind = known.config.kind;
    let needed = kind.secrets().iter().copied().filter(|name| match *name {
        "previous_signing_key" => false,
        "password" => known.config.settings.contains_key("user"),
        _ => true,
    });
    let mut missing = needed.filter(|name| !known.secrets.contains_key(*name));
    missing.next()
}

fn check_secret_name(known: &Integration, name: &str) -> Result<(), Refusal> {
    let names = known.config.kind.secrets();
    let mut found = Violations::default();
    if !names.contains(&name) {
        found.add(
            "name",
            format!("{name:?} is no secret of it: it has {}", names.join(", ")),
        );
    }
    found.check()
}

fn stored(name: &str, sealed: SecretRef) -> Event {
    Event::IntegrationSecretStored {
        secret: name.to_owned(),
        stored: sealed,
    }
}
