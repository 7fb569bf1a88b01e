//! The names of those who hold seats: the one place where they stand, so that they can be erased.

use std::collections::{BTreeMap, HashMap};

use deadpool_postgres::{Pool, PoolError, Transaction};
use domain::{
    asset::HolderKind,
    ids::{HolderId, TenantId},
    text,
};
use uuid::Uuid;

/// How often names are looked up that somebody else is making at the same moment: the first look may come before
/// they are committed, the second does not.
const LOOKUPS_MAX: usize = 3;

const FIND_OR_MAKE: &str = include_str!("find_or_make_holders.sql");
const ERASE: &str = "delete from access.seat_holder where tenant_id = $1 and holder_id = $2";

/// Names of users, devices and others that hold seats, in the log's database. Cheap to clone.
#[derive(Clone)]
pub struct Holders {
    pool: Pool,
}

/// Somebody by name. Case and white space do not tell two names apart.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HolderName {
    kind: HolderKind,
    key: String,
    name: String,
}

/// Why the names could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum HoldersError {
    /// No connection to the log's database.
    #[error("could not get a connection to the names of seat holders")]
    Connect(#[source] PoolError),
    /// A statement or its commit failed.
    #[error("could not read or keep the names of seat holders")]
    Query(#[source] tokio_postgres::Error),
    /// Others kept making and erasing the same names.
    #[error("the names of seat holders keep changing")]
    Unsettled,
}

impl HolderName {
    /// `name` is a line of text that was checked.
    #[must_use]
    pub fn new(kind: HolderKind, name: String) -> Self {
        let key = text::normalized(&name);
        Self { kind, key, name }
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> HolderKind {
        self.kind
    }
}

impl Holders {
    /// `pool` logs in as *command*.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// The ids of these names, in their order; who has none yet gets one. All of them in one statement.
    ///
    /// # Errors
    /// Any [`HoldersError`]; the names are then kept or not, which does no harm.
    pub async fn find_or_make(
        &self,
        tenant: TenantId,
        names: &[HolderName],
    ) -> Result<Vec<HolderId>, HoldersError> {
        for _ in 0..LOOKUPS_MAX {
            let found = self.look_up(tenant, names, true).await?;
            let ids: Option<Vec<HolderId>> = names.iter().map(|name| id_in(&found, name)).collect();
            if let Some(ids) = ids {
                return Ok(ids);
            }
        }
        Err(HoldersError::Unsettled)
    }

    /// The ids of those of the names that are known, in their order. Nothing is made.
    ///
    /// # Errors
    /// Any [`HoldersError`].
    pub async fn find(
        &self,
        tenant: TenantId,
        names: &[HolderName],
    ) -> Result<Vec<Option<HolderId>>, HoldersError> {
        let found = self.look_up(tenant, names, false).await?;
        Ok(names.iter().map(|name| id_in(&found, name)).collect())
    }

    /// Erases a name for good, and says whether there was one.
    ///
    /// # Errors
    /// Any [`HoldersError`].
    pub async fn erase(&self, tenant: TenantId, holder: HolderId) -> Result<bool, HoldersError> {
        let mut client = self.pool.get().await.map_err(HoldersError::Connect)?;
        let transaction = client.transaction().await.map_err(HoldersError::Query)?;
        choose(&transaction, tenant).await?;
        let erased = transaction
            .execute(ERASE, &[&tenant.0, &holder.0])
            .await
            .map_err(HoldersError::Query)?;
        transaction.commit().await.map_err(HoldersError::Query)?;
        Ok(erased > 0)
    }

    async fn look_up(
        &self,
        tenant: TenantId,
        names: &[HolderName],
        make: bool,
    ) -> Result<HashMap<(String, String), HolderId>, HoldersError> {
        if names.is_empty() {
            return Ok(HashMap::new());
        }
        let wanted: BTreeMap<(&str, &str), &str> = names
            .iter()
            .map(|name| ((name.kind.as_str(), name.key.as_str()), name.name.as_str()))
            .collect();
        let kinds: Vec<&str> = wanted.keys().map(|(kind, _)| *kind).collect();
        let keys: Vec<&str> = wanted.keys().map(|(_, key)| *key).collect();
        let spelled: Vec<&str> = wanted.values().copied().collect();
        let ids: Vec<Uuid> = wanted.iter().map(|_| Uuid::now_v7()).collect();
        let mut client = self.pool.get().await.map_err(HoldersError::Connect)?;
        let transaction = client.transaction().await.map_err(HoldersError::Query)?;
        choose(&transaction, tenant).await?;
        let statement = transaction
            .prepare_cached(FIND_OR_MAKE)
            .await
            .map_err(HoldersError::Query)?;
        let rows = transaction
            .query(
                &statement,
                &[&tenant.0, &kinds, &spelled, &keys, &ids, &make],
            )
            .await
            .map_err(HoldersError::Query)?;
        transaction.commit().await.map_err(HoldersError::Query)?;
        let row = |row: &tokio_postgres::Row| {
            let key = (row.try_get(0)?, row.try_get(1)?);
            Ok((key, HolderId(row.try_get(2)?)))
        };
        let found: Result<_, tokio_postgres::Error> = rows.iter().map(row).collect();
        found.map_err(HoldersError::Query)
    }
}

fn id_in(found: &HashMap<(String, String), HolderId>, name: &HolderName) -> Option<HolderId> {
    let key = (name.kind.as_str().to_owned(), name.key.clone());
    found.get(&key).copied()
}

async fn choose(transaction: &Transaction<'_>, tenant: TenantId) -> Result<(), HoldersError> {
    transaction
        .query(
            "select set_config('app.tenants', $1, true)",
            &[&tenant.0.to_string()],
        )
        .await
        .map_err(HoldersError::Query)?;
    Ok(())
}
