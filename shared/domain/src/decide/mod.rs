//! One place where every command is decided, whatever way it came in.

mod alerts;
mod asset_types;
mod assets;
mod companies;
mod documents;
mod equal;
mod integrations;
mod licenses;
mod needs;
mod products;
mod secrets;
mod tenant;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

pub use needs::needs;

use crate::{
    access::{Action, Actor, Denied, Resource, may},
    calendar,
    command::{Answer, ClaimChange, ClaimKey, Command, Decided, Detail, Facts, Order},
    event::{Event, Fact},
    ids::{AssetId, CompanyId, TenantId},
    money::Currency,
    policy::Policy,
    refusal::Refusal,
    subject::Subject,
};

/// What holds for the whole of a decision.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The asset that the command is about; nil if it is about none.
    pub(crate) asset: AssetId,
    /// The tenant's day.
    pub(crate) today: NaiveDate,
    /// The currency of bare amounts.
    pub(crate) currency: Currency,
    /// The tenant's calendar.
    pub(crate) zone: Tz,
    /// The tenant's policy.
    pub(crate) policy: Policy,
}

/// Decides a command on the facts. What [`needs`] asks for must have been read; what was not counts as not
/// existing.
#[must_use]
pub fn decide(tenant: TenantId, order: &Order, facts: &dyn Facts, now: DateTime<Utc>) -> Decided {
    let deciding = Deciding {
        tenant,
        order,
        facts,
        now,
        setting: setting(tenant, facts, now),
    };
    let admitted = deciding
        .account_is_open()
        .and_then(|()| deciding.token_is_good());
    if let Err(refusal) = admitted {
        return Effect::refused(refusal);
    }
    if let Command::RevealSecret { id, of } = &order.command {
        return deciding.reveal_secret(*id, of);
    }
    if let Command::RevealEqual { among } = &order.command {
        return deciding.reveal_equal(among);
    }
    match deciding.effect() {
        Ok(effect) => Decided {
            facts: effect.facts,
            claims: effect.claims,
            outcome: Ok(effect.answer),
        },
        Err(refusal) => Effect::refused(refusal),
    }
}

fn setting(tenant: TenantId, facts: &dyn Facts, now: DateTime<Utc>) -> Setting {
    let policy = match facts.subject(tenant.policy_stream()) {
        Some(Subject::Policy(policy)) => policy.clone(),
        _ => Policy::default(),
    };
    let (zone, currency) = match facts.subject(tenant.0) {
        Some(Subject::Tenant(tenant)) => (tenant.time_zone, tenant.currency),
        _ => (chrono_tz::UTC, Currency::USD),
    };
    let zone = policy.time_zone.unwrap_or(zone);
    Setting {
        asset: AssetId(Uuid::nil()),
        today: calendar::day_of(now, zone),
        zone,
        currency: policy.currency.unwrap_or(currency),
        policy,
    }
}

/// A decision being made.
struct Deciding<'a> {
    tenant: TenantId,
    order: &'a Order,
    facts: &'a dyn Facts,
    now: DateTime<Utc>,
    setting: Setting,
}

/// What a command does, if it is carried out.
struct Effect {
    facts: Vec<Fact>,
    claims: Vec<ClaimChange>,
    answer: Answer,
}

impl Effect {
    fn refused(refusal: Refusal) -> Decided {
        Decided {
            facts: Vec::new(),
            claims: Vec::new(),
            outcome: Err(refusal),
        }
    }

    fn created(mut self) -> Self {
        self.answer.created = true;
        self
    }

    fn with_detail(mut self, detail: Detail) -> Self {
        self.answer.detail = detail;
        self
    }

    fn with_warnings(mut self, warnings: Vec<String>) -> Self {
        self.answer.warnings = warnings;
        self
    }

    /// Tells the caller whose count stands, where it is not the one that was given.
    fn with_unheard(mut self, warning: Option<String>) -> Self {
        self.answer.warnings.extend(warning);
        self
    }

    /// Tells the caller by how many seats more are in use than owned.
    fn with_over_use(mut self, over_by: Option<i64>) -> Self {
        self.answer.warnings.extend(over_by.map(over_use_warning));
        self
    }

    fn with_claims(mut self, claims: Vec<ClaimChange>) -> Self {
        self.claims = claims;
        self
    }
}

fn over_use_warning(over_by: i64) -> String {
    format!("{over_by} more seats are in use than are owned")
}

impl Deciding<'_> {
    fn effect(&self) -> Result<Effect, Refusal> {
        match &self.order.command {
            Command::CreateTenant { .. }
            | Command::InvitePerson { .. }
            | Command::IssueToken { .. }
            | Command::RevokeToken { .. }
            | Command::SetPolicy { .. } => self.tenant_effect(),
            Command::DefineAssetType { .. }
            | Command::ChangeAssetType { .. }
            | Command::AddField { .. }
            | Command::ChangeField { .. }
            | Command::RetireField { .. }
            | Command::ArchiveAssetType { .. } => self.asset_type_effect(),
            Command::AddCompany { .. }
            | Command::ChangeCompany { .. }
            | Command::PutCompany { .. }
            | Command::ArchiveCompany { .. }
            | Command::RestoreCompany { .. } => self.company_effect(),
            Command::WriteDocument { .. }
            | Command::ReviseDocument { .. }
            | Command::ArchiveDocument { .. } => self.document_effect(),
            Command::FindSecrets { of } => self.find_secrets(of),
            Command::AddKeys { id, keys } => self.add_keys(*id, keys),
            Command::DestroySecret { id, of } => self.destroy_secret(*id, of),
            Command::AddProduct { .. }
            | Command::ChangeProduct { .. }
            | Command::MergeProduct { .. }
            | Command::AdoptStartingSet => self.product_effect(),
            Command::PurchaseSeats { .. }
            | Command::EndPurchase { .. }
            | Command::ReducePurchase { .. }
            | Command::CountSeats { .. }
            | Command::SetInUseSource { .. }
            | Command::CountSheet { .. }
            | Command::AssignSeats { .. }
            | Command::ReleaseSeats { .. }
            | Command::PassSeat { .. }
            | Command::AllocateSeats { .. }
            | Command::TransferSeats { .. }
            | Command::DecideRenewal { .. } => self.license_effect(),
            Command::ReviewAlerts { .. }
            | Command::TellTicket { .. }
            | Command::RaiseByHand { .. }
            | Command::AcknowledgeAlert { .. }
            | Command::SnoozeAlert { .. }
            | Command::ClearAlert { .. }
            | Command::SetAlertPolicy { .. } => self.alert_effect(),
            Command::AddIntegration { .. }
            | Command::ChangeIntegration { .. }
            | Command::StoreIntegrationSecret { .. }
            | Command::SetIntegrationMode { .. }
            | Command::RemoveIntegration { .. }
            | Command::ReplayIntegration { .. }
            | Command::OpenFeed { .. }
            | Command::CloseFeed { .. } => self.integration_effect(),
            Command::FindEqual { among } => Ok(self.find_equal(among)),
            _ => self.asset_effect(),
        }
    }

    /// A mistyped tenant must never get a ledger: all but opening the account needs an open one. That whoever
    /// asks belongs to the tenant is the door's to see to; a mistake there must not reach another's ledger.
    fn account_is_open(&self) -> Result<(), Refusal> {
        let opens = matches!(self.order.command, Command::CreateTenant { .. });
        let is_open = matches!(self.facts.subject(self.tenant.0), Some(Subject::Tenant(_)));
        if self.order.principal.tenant == self.tenant && (opens || is_open) {
            Ok(())
        } else {
            Err(Refusal::NotFound("MSP account"))
        }
    }

    /// A token may be revoked after it was looked at by the door: what counts is the ledger.
    fn token_is_good(&self) -> Result<(), Refusal> {
        if self.order.principal.actor == Actor::System {
            return Ok(());
        }
        match self.facts.subject(self.order.principal.token.0) {
            Some(Subject::Token(token)) if !token.revoked => Ok(()),
            _ => Err(Refusal::Unauthorized),
        }
    }

    fn may(&self, action: Action, resource: Resource, noun: &'static str) -> Result<(), Refusal> {
        may(&self.order.principal, action, resource).map_err(|denied| match denied {
            Denied::NotVisible => Refusal::NotFound(noun),
            Denied::Forbidden(why) => Refusal::Forbidden(why.to_owned()),
        })
    }

    /// Refuses a command that was decided on an older version.
    fn version_matches(&self, stream: Uuid) -> Result<(), Refusal> {
        let current = self.facts.version(stream);
        match self.order.if_match {
            Some(expected) if expected != current => Err(Refusal::Stale { current }),
            _ => Ok(()),
        }
    }

    /// Refuses to begin what has begun: ids of things to be made must be new.
    fn is_new(&self, stream: Uuid, noun: &str) -> Result<(), Refusal> {
        if self.facts.version(stream) > 0 {
            return Err(Refusal::Conflict(format!("the {noun} exists already")));
        }
        Ok(())
    }

    /// Takes a unique name for a stream.
    fn take(
        &self,
        key: ClaimKey,
        owner: Uuid,
        conflict: impl Fn() -> String,
    ) -> Result<ClaimChange, Refusal> {
        match self.facts.claim(&key) {
            Some(Some(other)) if other != owner => Err(Refusal::Conflict(conflict())),
            _ => Ok(ClaimChange {
                key,
                owner: Some(owner),
            }),
        }
    }

    /// Events of one stream, true from today.
    fn today(
        &self,
        stream: Uuid,
        company: Option<CompanyId>,
        events: impl IntoIterator<Item = Event>,
    ) -> Effect {
        let today = self.setting.today;
        self.dated(
            stream,
            company,
            events.into_iter().map(|event| (today, event)),
        )
    }

    /// Events of one stream, each true from its own day.
    fn dated(
        &self,
        stream: Uuid,
        company: Option<CompanyId>,
        events: impl IntoIterator<Item = (NaiveDate, Event)>,
    ) -> Effect {
        let fact = |(effective_on, event)| Fact {
            stream,
            company,
            effective_on,
            event,
        };
        Effect {
            facts: events.into_iter().map(fact).collect(),
            claims: Vec::new(),
            answer: Answer {
                id: stream,
                stream,
                created: false,
                warnings: Vec::new(),
                detail: Detail::None,
            },
        }
    }
}
