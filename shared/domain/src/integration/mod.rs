//! Integrations: outside systems that alerts and events are carried to.

mod decide;
mod kind;

use std::collections::{BTreeMap, BTreeSet};

pub use decide::{FilterDraft, IntegrationDraft, IntegrationPatch};
pub(crate) use decide::{changed_config, config_of};
pub use kind::{IntegrationKind, SettingSpec, Shape};

use crate::{
    alert::Kind,
    event::Event,
    ids::{AssetTypeId, CompanyId, IntegrationId},
    value::SecretRef,
};

/// How many integrations one account may have: each keeps a place in the ledger and a pace of its own.
pub const INTEGRATIONS_MAX: usize = 100;
/// How many companies, kinds, events or types a filter may name.
pub const FILTER_MAX: usize = 200;

/// An outside system, as its events made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integration {
    /// Also the id of its stream.
    pub id: IntegrationId,
    /// What it is and how it is reached.
    pub config: IntegrationConfig,
    /// Its secrets in the vault, by the name that its kind gives them.
    pub secrets: BTreeMap<String, SecretRef>,
    /// Whether it carries anything.
    pub mode: Mode,
    /// Gone.
    pub removed: bool,
}

/// What an integration is and how it is reached. Secrets are not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegrationConfig {
    /// What people call it.
    pub name: String,
    /// Which kind of system; never changes.
    pub kind: IntegrationKind,
    /// Its settings, by the names of [`IntegrationKind::settings`].
    pub settings: BTreeMap<String, String>,
    /// What it is told.
    pub filter: Filter,
    /// Whether the renewals of one company, vendor and deadline share one ticket.
    pub group_renewals: bool,
}

/// What an integration is told. An empty set means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of these companies.
    pub companies: BTreeSet<CompanyId>,
    /// Alerts of these kinds.
    pub kinds: BTreeSet<Kind>,
    /// Of a webhook: these types of events, as `AlertRaised`.
    pub events: BTreeSet<String>,
    /// Of a webhook: of assets of these types.
    pub types: BTreeSet<AssetTypeId>,
}

/// Whether an integration carries anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// It shows what it would do, and does nothing.
    DryRun,
    /// It does it.
    On,
    /// It does nothing, and goes on where it was.
    Paused,
}

impl Mode {
    /// All with their words.
    pub const ALL: [(Self, &'static str); 3] = [
        (Self::DryRun, "dry_run"),
        (Self::On, "on"),
        (Self::Paused, "paused"),
    ];
}

/// What becomes of what was found before an integration was turned on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Backlog {
    /// A ticket for each, as if it had been on.
    Each,
    /// One ticket for each company that lists them.
    Summary,
    /// None: only what is found from now on.
    Skip,
}

impl Backlog {
    /// All with their words.
    pub const ALL: [(Self, &'static str); 3] = [
        (Self::Each, "each"),
        (Self::Summary, "summary"),
        (Self::Skip, "skip"),
    ];
}

crate::words::worded!(Mode, Backlog, IntegrationKind);

impl Integration {
    pub(crate) fn evolve(&mut self, event: &Event) {
        match event {
            Event::IntegrationChanged { to, .. } => self.config.clone_from(to),
            Event::IntegrationSecretStored { secret, stored } => {
                self.secrets.insert(secret.clone(), *stored);
            }
            Event::IntegrationModeSet { to, .. } => self.mode = *to,
            Event::IntegrationRemoved => self.removed = true,
            _ => {}
        }
    }
}

impl Filter {
    /// Whether an alert is told.
    #[must_use]
    pub fn admits(&self, kind: Kind, company: Option<CompanyId>) -> bool {
        let of_company =
            self.companies.is_empty() || company.is_some_and(|id| self.companies.contains(&id));
        let of_kind = if self.kinds.is_empty() {
            !kind.is_for_review()
        } else {
            self.kinds.contains(&kind)
        };
        of_company && of_kind
    }
}
