//! What the service is given: ways to the log, to the read models, to the vault and out.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use bus::Bus;
use chrono::NaiveDate;
use chrono_tz::Tz;
use contract::Commands;
use deadpool_postgres::Pool;
use domain::{
    alert::{Finding, QuietHours},
    ids::{AssetId, CompanyId, IntegrationId, TenantId},
    integration::IntegrationConfig,
    money::Amounts,
    value::SecretRef,
};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::connect::Connector;

/// How often integrations usually look at what is due, should nothing wake them.
pub const LOOK_EVERY: Duration = Duration::from_secs(15);

/// What the service needs.
#[derive(Clone)]
pub struct Context {
    /// Wakes; nothing else rests on it.
    pub bus: Bus,
    /// The log's database as *integration*: the whole log, and the schema `integration`.
    pub pool: Pool,
    /// Through which what was done comes back to the ledger.
    pub commands: Arc<dyn Commands>,
    /// Opens what the vault keeps.
    pub secrets: Arc<dyn Secrets>,
    /// Names and addresses for what is told; see [`crate::names::ReadModelNames`].
    pub names: Arc<dyn Names>,
    /// Makes what speaks to outside systems; see [`crate::connect::HttpConnector`].
    pub connector: Arc<dyn Connector>,
    /// Each integration looks at what is due at least this often, whatever wakes it: so soon a clock that was moved is
    /// noticed. Usually [`LOOK_EVERY`].
    pub look_every: Duration,
    /// Under which address people reach the console, for links.
    pub public_url: Url,
    /// Ends it.
    pub stop: CancellationToken,
}

/// The vault, as far as integrations need it.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// Opens a secret of an integration.
    ///
    /// # Errors
    /// A reason without the secret; it is tried again.
    async fn open(
        &self,
        tenant: TenantId,
        integration: IntegrationId,
        name: &str,
        secret: SecretRef,
    ) -> Result<SecretString, LookupError>;
}

/// It could not be looked up for now.
#[derive(Debug, thiserror::Error)]
#[error("{what} cannot be looked up for now")]
pub struct LookupError {
    /// What was looked for.
    pub what: &'static str,
    /// Why not.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// An MSP account, for what is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its calendar.
    pub zone: Tz,
    /// When nobody is to be disturbed.
    pub quiet_hours: Option<QuietHours>,
}

/// A company, for what is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanyName {
    /// Its id.
    pub id: CompanyId,
    /// Its name.
    pub name: String,
    /// Its ids in other systems: the system, and the id.
    pub external_ids: Vec<(String, String)>,
}

/// An asset, for what is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssetName {
    /// Its name.
    pub name: String,
    /// Its product.
    pub product: Option<String>,
    /// Who sells it.
    pub vendor: Option<String>,
}

/// What of a finding stands in the read models.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Looked {
    /// The asset that it is about, or one of its licenses.
    pub asset: Option<AssetName>,
    /// The product that it is about.
    pub product: Option<String>,
    /// The money at stake, where it is known.
    pub money: Amounts,
}

/// Names, which are in no alert.
#[async_trait]
pub trait Names: Send + Sync {
    /// An account.
    ///
    /// # Errors
    /// [`LookupError`].
    async fn account(&self, tenant: TenantId) -> Result<Account, LookupError>;

    /// A company; without an id, the MSP's own, if there is one.
    ///
    /// # Errors
    /// [`LookupError`].
    async fn company(
        &self,
        tenant: TenantId,
        id: Option<CompanyId>,
    ) -> Result<Option<CompanyName>, LookupError>;

    /// An asset.
    ///
    /// # Errors
    /// [`LookupError`].
    async fn asset(&self, tenant: TenantId, id: AssetId) -> Result<Option<AssetName>, LookupError>;

    /// What is told of a finding besides what it says itself.
    ///
    /// # Errors
    /// [`LookupError`].
    async fn finding(
        &self,
        tenant: TenantId,
        finding: &Finding,
        today: NaiveDate,
    ) -> Result<Looked, LookupError>;
}

/// An integration as it is set up now, with its secrets opened.
#[derive(Clone)]
pub struct Setup {
    /// Which.
    pub id: IntegrationId,
    /// What it is and how it is reached.
    pub config: IntegrationConfig,
    /// Its secrets by name.
    pub secrets: BTreeMap<String, SecretString>,
}
