use std::collections::BTreeSet;

use deadpool_postgres::{GenericClient, Transaction};
use uuid::Uuid;

use super::Live;
use crate::{
    Model,
    compliance::{
        pools,
        project::{self, TenantPool},
    },
    error::{Doing, Error},
    rooms,
    rows::Sink,
    world::Stream,
};

impl Live {
    /// Writes the days of licenses, and those of all pools that they were or are part of.
    pub(super) async fn write_compliance(
        &mut self,
        transaction: &Transaction<'_>,
        assets: &[Stream],
    ) -> Result<(), Error> {
        let mut touched = self.pools_of(transaction, assets).await?;
        let mut sink = Sink::arrays(self.remembered.take());
        for asset in assets {
            let shares = rooms::derive(Model::Compliance, &self.world, *asset, &mut sink)?;
            touched.extend(shares.into_iter().map(|(pool, _)| pool));
        }
        for pending in sink.take() {
            self.flush(transaction, Model::Compliance, &pending).await?;
        }
        let sql = pools::shares_sql(&Model::Compliance.schema(self.generation));
        let tenants: Vec<Uuid> = touched.iter().map(|(tenant, _)| *tenant).collect();
        let companies: Vec<Uuid> = touched.iter().map(|(_, key)| key.company.0).collect();
        let products: Vec<&str> = touched
            .iter()
            .map(|(_, key)| key.product.0.as_str())
            .collect();
        let metrics: Vec<&str> = touched.iter().map(|(_, key)| key.metric.as_str()).collect();
        let statement = transaction
            .prepare_cached(&sql)
            .await
            .doing("prepare reading pools")?;
        let rows = transaction
            .query(&statement, &[&tenants, &companies, &products, &metrics])
            .await
            .doing("read the licenses of pools")?;
        let mut shares = pools::shares(&rows).doing("read the licenses of pools")?;
        for pool in &touched {
            project::pool(pool, &shares.remove(pool).unwrap_or_default(), &mut sink)?;
        }
        for pending in sink.take() {
            self.flush(transaction, Model::Compliance, &pending).await?;
        }
        self.remembered = sink.into_remembered();
        Ok(())
    }

    async fn pools_of(
        &self,
        transaction: &Transaction<'_>,
        assets: &[Stream],
    ) -> Result<BTreeSet<TenantPool>, Error> {
        let sql = pools::of_assets_sql(&Model::Compliance.schema(self.generation));
        let tenants: Vec<Uuid> = assets.iter().map(|stream| stream.0).collect();
        let ids: Vec<Uuid> = assets.iter().map(|stream| stream.1).collect();
        let statement = transaction
            .prepare_cached(&sql)
            .await
            .doing("prepare finding pools")?;
        let rows = transaction
            .query(&statement, &[&tenants, &ids])
            .await
            .doing("find the pools of licenses")?;
        pools::pools(&rows).doing("find the pools of licenses")
    }
}
