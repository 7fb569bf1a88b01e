//! Names, from the read models. They may be a moment behind: what is not there yet is asked for again.

use async_trait::async_trait;
use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use deadpool_postgres::Pool;
use domain::{
    alert::{About, Finding, QuietHours},
    ids::{AssetId, CompanyId, TenantId},
};
use serde::Deserialize;
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

use crate::context::{Account, AssetName, CompanyName, Looked, LookupError, Names};

/// Asks the read models as *query*.
pub struct ReadModelNames {
    pool: Pool,
}

#[derive(Deserialize)]
struct External {
    system: String,
    id: String,
}

#[derive(Deserialize)]
struct Quiet {
    from: String,
    until: String,
    weekends: bool,
}

impl ReadModelNames {
    /// Asks through a pool that logs in as *query*.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    async fn row(
        &self,
        tenant: TenantId,
        what: &'static str,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, LookupError> {
        let failed =
            |source: Box<dyn std::error::Error + Send + Sync>| LookupError { what, source };
        let mut client = self
            .pool
            .get()
            .await
            .map_err(|error| failed(error.into()))?;
        let asked = async {
            let transaction = client.transaction().await?;
            transaction
                .execute(
                    "select set_config('app.tenant', $1, true)",
                    &[&tenant.to_string()],
                )
                .await?;
            let row = transaction.query_opt(sql, parameters).await?;
            transaction.commit().await?;
            Ok::<_, tokio_postgres::Error>(row)
        };
        asked.await.map_err(|error| failed(error.into()))
    }
}

fn column<'r, T: tokio_postgres::types::FromSql<'r>>(
    row: &'r Row,
    at: usize,
    what: &'static str,
) -> Result<T, LookupError> {
    row.try_get(at).map_err(|error| LookupError {
        what,
        source: error.into(),
    })
}

#[async_trait]
impl Names for ReadModelNames {
    async fn account(&self, tenant: TenantId) -> Result<Account, LookupError> {
        const WHAT: &str = "the account";
        let sql = include_str!("names/account.sql");
        let Some(row) = self.row(tenant, WHAT, sql, &[&tenant.0]).await? else {
            return Err(LookupError {
                what: WHAT,
                source: "the read models don't have it yet".into(),
            });
        };
        let zone: String = column(&row, 1, WHAT)?;
        let quiet: Option<String> = column(&row, 2, WHAT)?;
        let quiet = quiet.and_then(|quiet| serde_json::from_str::<Quiet>(&quiet).ok());
        Ok(Account {
            name: column(&row, 0, WHAT)?,
            zone: zone.parse::<Tz>().unwrap_or(Tz::UTC),
            quiet_hours: quiet.and_then(|quiet| {
                let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").ok();
                Some(QuietHours {
                    from: time(&quiet.from)?,
                    until: time(&quiet.until)?,
                    weekends: quiet.weekends,
                })
            }),
        })
    }

    async fn company(
        &self,
        tenant: TenantId,
        id: Option<CompanyId>,
    ) -> Result<Option<CompanyName>, LookupError> {
        const WHAT: &str = "the company";
        let sql = include_str!("names/company.sql");
        let wanted: Option<Uuid> = id.map(|id| id.0);
        let Some(row) = self.row(tenant, WHAT, sql, &[&tenant.0, &wanted]).await? else {
            return Ok(None);
        };
        let external: String = column(&row, 2, WHAT)?;
        let external: Vec<External> = serde_json::from_str(&external).unwrap_or_default();
        Ok(Some(CompanyName {
            id: CompanyId(column(&row, 0, WHAT)?),
            name: column(&row, 1, WHAT)?,
            external_ids: external
                .into_iter()
                .map(|one| (one.system, one.id))
                .collect(),
        }))
    }

    async fn asset(&self, tenant: TenantId, id: AssetId) -> Result<Option<AssetName>, LookupError> {
        const WHAT: &str = "the license";
        let sql = include_str!("names/asset.sql");
        let row = self.row(tenant, WHAT, sql, &[&tenant.0, &id.0]).await?;
        row.map(|row| {
            Ok(AssetName {
                name: column(&row, 0, WHAT)?,
                product: column(&row, 1, WHAT)?,
                vendor: column(&row, 2, WHAT)?,
            })
        })
        .transpose()
    }

    async fn finding(
        &self,
        tenant: TenantId,
        finding: &Finding,
        _today: NaiveDate,
    ) -> Result<Looked, LookupError> {
        const WHAT: &str = "the product";
        let asset = match &finding.about {
            About::Asset(asset) => Some(*asset),
            About::Pool(_) => finding.licenses.first().copied(),
            About::Token(_) => None,
        };
        let asset = match asset {
            Some(asset) => self.asset(tenant, asset).await?,
            None => None,
        };
        let mut product = asset.as_ref().and_then(|asset| asset.product.clone());
        if let About::Pool(pool) = &finding.about
            && let Some(id) = pool.product.0.strip_prefix("product ")
            && let Ok(id) = Uuid::parse_str(id)
        {
            let sql = include_str!("names/product.sql");
            if let Some(row) = self.row(tenant, WHAT, sql, &[&tenant.0, &id]).await? {
                product = Some(column(&row, 0, WHAT)?);
            }
        }
        Ok(Looked {
            asset,
            product,
            ..Looked::default()
        })
    }
}
