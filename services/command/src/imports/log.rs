//! What a file is read by: the account's asset types and companies, as the log has them.

use deadpool_postgres::{Pool, PoolError};
use domain::{
    Subject,
    access::Principal,
    asset_type::AssetType,
    command::ClaimKey,
    ids::{CompanyId, TenantId},
};
use event_log::{ReadError, Reader};
use uuid::Uuid;

use super::Companies;

/// Names and their owners. `$3` is null for all, else the names that are asked for.
const CLAIMS: &str = "select key, owner from log.claim \
                      where tenant_id = $1 and scope = $2 and ($3::text[] is null or key = any ($3)) \
                      order by key limit 200000";

/// Events of a stream that are read at once.
const PAGE: usize = 1_000;

/// Reads names as the role *command*, and streams as the reader does; one account at a time.
#[derive(Clone)]
pub struct Catalog {
    pool: Pool,
    reader: Reader,
}

/// Why types and companies can't be told.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// There is no connection.
    #[error("could not get a connection to read the log")]
    Connect(#[source] PoolError),
    /// Names can't be looked up.
    #[error("could not look up names")]
    Names(#[source] tokio_postgres::Error),
    /// A stream can't be read.
    #[error("could not read a stream")]
    Stream(#[from] ReadError),
    /// A newer release wrote what this one does not know.
    #[error("a stream holds an event that is not known")]
    Event(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Catalog {
    /// `pool` logs in as *command*, and `reader` sees the whole log, as *relay* does.
    #[must_use]
    pub fn new(pool: Pool, reader: Reader) -> Self {
        Self { pool, reader }
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The types that are in use.
    ///
    /// # Errors
    /// If the log can't be read.
    pub async fn asset_types(&self, tenant: TenantId) -> Result<Vec<AssetType>, CatalogError> {
        let scope = ClaimKey::asset_type_name("").scope;
        let mut types = Vec::new();
        for (_, owner) in self.claims(tenant, scope, None).await? {
            if let (Subject::AssetType(known), _) = self.subject(tenant, owner).await?
                && !known.archived
            {
                types.push(known);
            }
        }
        Ok(types)
    }

    /// The companies that somebody may see.
    ///
    /// # Errors
    /// If the log can't be read.
    pub async fn companies(&self, principal: &Principal) -> Result<Companies, CatalogError> {
        let scope = ClaimKey::company_name("").scope;
        let claims = self.claims(principal.tenant, scope, None).await?;
        let seen = claims
            .into_iter()
            .map(|(name, owner)| (name, CompanyId(owner)))
            .filter(|(_, id)| principal.sees(*id));
        Ok(seen.collect())
    }

    /// The company of a name, if somebody may see it.
    pub(super) async fn company(
        &self,
        principal: &Principal,
        name: &str,
    ) -> Result<Option<CompanyId>, CatalogError> {
        let ClaimKey { scope, key } = ClaimKey::company_name(name);
        let claims = self.claims(principal.tenant, scope, Some(&[key])).await?;
        let owner = claims.first().map(|(_, owner)| CompanyId(*owner));
        Ok(owner.filter(|id| principal.sees(*id)))
    }

    /// Who owns each of these names; those that nobody owns are left out.
    pub(super) async fn claims(
        &self,
        tenant: TenantId,
        scope: &str,
        keys: Option<&[String]>,
    ) -> Result<Vec<(String, Uuid)>, CatalogError> {
        let mut client = self.pool.get().await.map_err(CatalogError::Connect)?;
        let transaction = client.transaction().await.map_err(CatalogError::Names)?;
        transaction
            .query(
                "select set_config('app.tenants', $1, true)",
                &[&tenant.0.to_string()],
            )
            .await
            .map_err(CatalogError::Names)?;
        let rows = transaction
            .query(CLAIMS, &[&tenant.0, &scope, &keys])
            .await
            .map_err(CatalogError::Names)?;
        transaction.commit().await.map_err(CatalogError::Names)?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// The state of a stream, and its version.
    pub(crate) async fn subject(
        &self,
        tenant: TenantId,
        stream: Uuid,
    ) -> Result<(Subject, i32), CatalogError> {
        let (mut subject, mut version) = (Subject::default(), 0);
        loop {
            let page = self
                .reader
                .read_stream(tenant.0, stream, version, PAGE)
                .await?;
            for recorded in &page {
                let fact = contract::fact(recorded)
                    .map_err(|error| CatalogError::Event(Box::new(error)))?;
                subject.evolve(&fact, recorded.recorded_at);
                version = recorded.version;
            }
            if page.len() < PAGE {
                return Ok((subject, version));
            }
        }
    }
}

/// The type that is meant: by id, by name, or the only type of licenses.
///
/// # Errors
/// What to say instead.
pub fn chosen<'a>(types: &'a [AssetType], named: Option<&str>) -> Result<&'a AssetType, String> {
    if let Some(named) = named {
        let is_meant = |asset_type: &&AssetType| {
            asset_type.id.to_string() == named.to_lowercase()
                || domain::text::normalized(&asset_type.name) == domain::text::normalized(named)
        };
        return types
            .iter()
            .find(is_meant)
            .ok_or_else(|| format!("there is no asset type {named:?}"));
    }
    let licenses: Vec<&AssetType> = types.iter().filter(|known| known.is_license()).collect();
    match licenses.as_slice() {
        [only] => Ok(only),
        [] => Err(
            "there is no type of licenses yet: make one, such as from the template software-license"
                .to_owned(),
        ),
        several => {
            let names: Vec<&str> = several.iter().map(|known| known.name.as_str()).collect();
            Err(format!(
                "there are several types of licenses, name one of them: {}",
                names.join(", ")
            ))
        }
    }
}
