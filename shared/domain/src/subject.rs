//! What a stream is about, folded from its events.

use chrono::{DateTime, Utc};

use crate::{
    alert::{Alert, AlertOverrides},
    asset::Asset,
    asset_type::AssetType,
    company::Company,
    document::Document,
    event::{Event, Fact},
    feed::Feed,
    ids::{AlertId, AssetId, AssetTypeId, CompanyId, DocumentId, IntegrationId, SecretId, TokenId},
    integration::{Integration, Mode},
    policy::Policy,
    product::Catalog,
    tenant::{Tenant, Token},
};

/// The state of one stream.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Subject {
    /// Nothing has happened yet.
    #[default]
    Nothing,
    /// The tenant itself.
    Tenant(Tenant),
    /// An API token.
    Token(Token),
    /// A schema.
    AssetType(AssetType),
    /// A client of the MSP, or the MSP.
    Company(Company),
    /// A tracked thing. Boxed: it is by far the largest.
    Asset(Box<Asset>),
    /// A secret in the vault.
    Secret {
        /// The asset whose secret it is.
        asset: AssetId,
        /// Its latest value's number.
        version: i32,
        /// The company that the asset belonged to when the latest value was stored: who came later has no
        /// claim to what was stored before.
        company: Option<CompanyId>,
        /// Gone for good.
        destroyed: bool,
    },
    /// A text beside a company's assets.
    Document(Document),
    /// The tenant's policy.
    Policy(Policy),
    /// The tenant's products.
    Catalog(Catalog),
    /// A finding that somebody should act on. Boxed: there are many, and most streams are none.
    Alert(Box<Alert>),
    /// An outside system that alerts are carried to.
    Integration(Box<Integration>),
    /// A calendar that can be subscribed to.
    Feed(Feed),
}

impl Subject {
    /// What the state is after one more fact. Total: history is never refused, and what does not belong to the
    /// stream is passed over.
    pub fn evolve(&mut self, fact: &Fact, recorded_at: DateTime<Utc>) {
        if !matches!(self, Self::Alert(_))
            && let Some(begun) = begin(fact, recorded_at)
        {
            *self = begun;
            return;
        }
        match self {
            Self::Token(token) => token.evolve(&fact.event, recorded_at),
            Self::AssetType(asset_type) => asset_type.evolve(&fact.event),
            Self::Company(company) => company.evolve(&fact.event),
            Self::Asset(asset) => asset.evolve(fact),
            Self::Document(document) => document.evolve(&fact.event),
            Self::Secret {
                version,
                company,
                destroyed,
                ..
            } => match fact.event {
                Event::SecretStored { secret_version, .. } => {
                    *version = secret_version;
                    *company = fact.company;
                    *destroyed = false;
                }
                Event::SecretDestroyed => *destroyed = true,
                _ => {}
            },
            Self::Catalog(catalog) => catalog.evolve(&fact.event),
            Self::Alert(alert) => alert.evolve(&fact.event, recorded_at),
            Self::Integration(integration) => integration.evolve(&fact.event),
            Self::Feed(feed) => feed.evolve(&fact.event),
            Self::Nothing => match &fact.event {
                Event::SecretStored {
                    asset_id,
                    secret_version,
                    ..
                } => {
                    *self = Self::Secret {
                        asset: *asset_id,
                        version: *secret_version,
                        company: fact.company,
                        destroyed: false,
                    };
                }
                Event::ProductsAdded { .. } => {
                    let mut catalog = Catalog::default();
                    catalog.evolve(&fact.event);
                    *self = Self::Catalog(catalog);
                }
                _ => {}
            },
            Self::Tenant(_) | Self::Policy(_) => {}
        }
    }

    /// Folds a whole stream.
    #[must_use]
    pub fn fold<'a>(facts: impl IntoIterator<Item = (&'a Fact, DateTime<Utc>)>) -> Self {
        let mut subject = Self::default();
        for (fact, recorded_at) in facts {
            subject.evolve(fact, recorded_at);
        }
        subject
    }
}

/// The state that an event which begins a life begins with; none for the others.
fn begin(fact: &Fact, recorded_at: DateTime<Utc>) -> Option<Subject> {
    Some(match &fact.event {
        Event::TenantCreated {
            name,
            time_zone,
            currency,
        } => Subject::Tenant(Tenant {
            name: name.clone(),
            time_zone: *time_zone,
            currency: *currency,
        }),
        Event::TokenIssued {
            person_id,
            integration,
            companies,
            may_reveal,
            administer,
            ..
        } => Subject::Token(Token {
            id: TokenId(fact.stream),
            person: *person_id,
            integration: integration.clone(),
            companies: companies.clone(),
            may_reveal: *may_reveal,
            administer: *administer,
            revoked: false,
            reveals: std::collections::VecDeque::new(),
            refusals: std::collections::BTreeMap::new(),
        }),
        Event::AssetTypeDefined { name, fields } => Subject::AssetType(AssetType {
            id: AssetTypeId(fact.stream),
            name: name.clone(),
            fields: fields.clone(),
            former_options: std::collections::BTreeMap::new(),
            over_use: crate::asset_type::OverUse::default(),
            alerts: AlertOverrides::default(),
            archived: false,
        }),
        Event::CompanyAdded {
            name,
            own,
            time_zone,
        } => Subject::Company(Company {
            id: CompanyId(fact.stream),
            name: name.clone(),
            own: *own,
            time_zone: *time_zone,
            external_ids: std::collections::BTreeSet::new(),
            alerts: AlertOverrides::default(),
            archived: false,
        }),
        Event::AssetRegistered {
            type_id,
            company_id,
        } => Subject::Asset(Box::new(Asset::new(
            AssetId(fact.stream),
            *type_id,
            *company_id,
            fact.effective_on,
        ))),
        Event::DocumentWritten {
            company_id,
            title,
            body,
        } => Subject::Document(Document {
            id: DocumentId(fact.stream),
            company: *company_id,
            title: title.clone(),
            body: body.clone(),
            archived: false,
        }),
        Event::PolicySet { policy } => Subject::Policy(policy.clone()),
        Event::FindingNoticed { .. } | Event::AlertRaised { .. } => Subject::Alert(Box::new(
            Alert::begun(AlertId(fact.stream), &fact.event, recorded_at)?,
        )),
        Event::IntegrationAdded { config } => Subject::Integration(Box::new(Integration {
            id: IntegrationId(fact.stream),
            config: config.clone(),
            secrets: std::collections::BTreeMap::new(),
            mode: Mode::DryRun,
            removed: false,
        })),
        Event::FeedOpened {
            label, companies, ..
        } => Subject::Feed(Feed {
            label: label.clone(),
            companies: companies.clone(),
            closed: false,
        }),
        _ => return None,
    })
}

impl SecretId {
    /// The secret of one password field of one asset: derived, so that a field has one secret for life.
    #[must_use]
    pub fn of_field(asset: AssetId, field: &str) -> Self {
        Self(uuid::Uuid::new_v5(&asset.0, field.as_bytes()))
    }
}
