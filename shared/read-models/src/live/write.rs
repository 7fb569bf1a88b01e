use std::collections::BTreeSet;

use deadpool_postgres::{GenericClient, Transaction};
use domain::product::Alias;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{Live, fold::Folding};
use crate::{
    Model,
    error::{Doing, Error},
    rooms,
    rows::{Pending, Sink},
    world::Stream,
};

/// Subjects whose rows are made and written at once: a change of a type may touch all its assets.
const SUBJECTS_AT_ONCE: usize = 500;
/// Names of products whose licenses are looked for at once: an event of a catalog may touch many thousands.
const NAMES_AT_ONCE: usize = 1_000;

impl Live {
    /// Writes what a batch comes to in one model.
    pub(super) async fn write(
        &mut self,
        transaction: &Transaction<'_>,
        model: Model,
        folding: &mut Folding,
    ) -> Result<(), Error> {
        let Some(part) = folding.parts.get_mut(&model) else {
            return Ok(());
        };
        for pending in part.appended.take() {
            self.flush(transaction, model, &pending).await?;
        }
        let mut subjects = std::mem::take(&mut part.subjects);
        if !part.types.is_empty() {
            subjects.extend(self.assets_of(transaction, model, &part.types).await?);
            if model == Model::Register {
                subjects.extend(part.types.iter().copied());
            }
        }
        if !part.names.is_empty() {
            subjects.extend(self.assets_named(transaction, model, &part.names).await?);
        }
        let subjects: Vec<Stream> = subjects.into_iter().collect();
        for subjects in subjects.chunks(SUBJECTS_AT_ONCE) {
            self.present(subjects, &folding.until).await?;
            if model == Model::Compliance {
                self.write_compliance(transaction, subjects).await?;
                continue;
            }
            let mut sink = Sink::arrays(self.remembered.take());
            for subject in subjects {
                rooms::derive(model, &self.world, *subject, &mut sink)?;
            }
            for pending in sink.take() {
                self.flush(transaction, model, &pending).await?;
            }
            self.remembered = sink.into_remembered();
        }
        Ok(())
    }

    pub(super) async fn flush(
        &mut self,
        transaction: &Transaction<'_>,
        model: Model,
        pending: &Pending,
    ) -> Result<(), Error> {
        if pending.is_empty() {
            return Ok(());
        }
        let (rows, subjects) = (pending.rows(), pending.subjects());
        let both: [&(dyn ToSql + Sync); 2] = [&rows, &subjects];
        let (sql, parameters) = if pending.replaces() {
            (self.statements.replace(model, pending.table), &both[..])
        } else {
            (self.statements.append(model, pending.table), &both[..1])
        };
        let statement = transaction
            .prepare_cached(sql)
            .await
            .doing("prepare writing rows")?;
        transaction
            .execute(&statement, parameters)
            .await
            .doing("write rows")?;
        Ok(())
    }

    /// The assets of types, as the model itself remembers them.
    async fn assets_of(
        &self,
        transaction: &Transaction<'_>,
        model: Model,
        types: &BTreeSet<Stream>,
    ) -> Result<Vec<Stream>, Error> {
        let sql = include_str!("../sql/assets_of_types.sql")
            .replace("{schema}", &model.schema(self.generation));
        let tenants: Vec<Uuid> = types.iter().map(|stream| stream.0).collect();
        let types: Vec<Uuid> = types.iter().map(|stream| stream.1).collect();
        let statement = transaction
            .prepare_cached(&sql)
            .await
            .doing("prepare finding assets")?;
        let rows = transaction
            .query(&statement, &[&tenants, &types])
            .await
            .doing("find the assets of a type")?;
        rows.iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .collect::<Result<_, _>>()
            .doing("find the assets of a type")
    }
    /// The assets that name their products so, as the model itself remembers them.
    async fn assets_named(
        &self,
        transaction: &Transaction<'_>,
        model: Model,
        names: &BTreeSet<(Uuid, Alias)>,
    ) -> Result<Vec<Stream>, Error> {
        let sql = include_str!("../sql/assets_of_names.sql")
            .replace("{schema}", &model.schema(self.generation));
        let statement = transaction
            .prepare_cached(&sql)
            .await
            .doing("prepare finding assets")?;
        let names: Vec<&(Uuid, Alias)> = names.iter().collect();
        let mut found = Vec::new();
        for names in names.chunks(NAMES_AT_ONCE) {
            let tenants: Vec<Uuid> = names.iter().map(|(tenant, _)| *tenant).collect();
            let kinds: Vec<&str> = names.iter().map(|(_, name)| name.kind()).collect();
            let keys: Vec<&str> = names.iter().map(|(_, name)| name.text()).collect();
            let rows = transaction
                .query(&statement, &[&tenants, &kinds, &keys])
                .await
                .doing("find the assets of a product")?;
            for row in &rows {
                let asset = row
                    .try_get(0)
                    .and_then(|tenant| Ok((tenant, row.try_get(1)?)));
                found.push(asset.doing("find the assets of a product")?);
            }
        }
        Ok(found)
    }
}
