use std::collections::BTreeMap;

use deadpool_postgres::{GenericClient, Transaction};
use uuid::Uuid;

use super::{Live, batch::Batch};
use crate::{
    Model,
    checkpoint::{self, Progress},
    entry::Entry,
    error::{Doing, Error},
    model::Generation,
};

/// Entries that are taken up at once.
const ENTRIES_AT_ONCE: usize = 500;

pub(super) async fn read(
    client: &impl GenericClient,
    models: &[Model],
    generation: Generation,
) -> Result<BTreeMap<(Model, Uuid), String>, Error> {
    let rows = client
        .query(
            include_str!("../sql/halted.sql"),
            &[&checkpoint::names(models, generation)],
        )
        .await
        .doing("read who is halted")?;
    let mut halted = BTreeMap::new();
    for row in rows {
        let name: &str = row.try_get(0).doing("read who is halted")?;
        if let Some(model) = Model::parse(name.trim_end_matches("_next")) {
            let tenant = row.try_get(1).doing("read who is halted")?;
            halted.insert((model, tenant), row.try_get(3).doing("read who is halted")?);
        }
    }
    Ok(halted)
}

impl Live {
    /// Tries the halted tenants again from where they halted: a newer release may know what an older one did not.
    /// Those that still can't go on stay halted.
    ///
    /// # Errors
    /// As [`Live::apply`].
    pub async fn retry_halted(&mut self) -> Result<(), Error> {
        for (model, tenant) in self.halted_pairs() {
            loop {
                let more = self.retry_page(model, tenant).await;
                // What was folded for this model may not be where the others are.
                self.forget();
                if !more? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Takes up a page of a tenant's entries in one model. Answers whether there may be more.
    async fn retry_page(&mut self, model: Model, tenant: Uuid) -> Result<bool, Error> {
        let mut client = self.client().await?;
        let transaction = client.transaction().await.doing("begin a transaction")?;
        let marks = checkpoint::lock(&transaction, &[model], self.generation).await?;
        let (Some(mark), Some(known)) = (marks.get(&model), self.marks.get(&model)) else {
            return Err(Error::Moved { model });
        };
        if mark.generation != known.generation {
            return Err(Error::Moved { model });
        }
        let after = self.halted_after(&transaction, model, tenant).await?;
        let mut events = self
            .log
            .reader
            .read_tenant_after(tenant, after, ENTRIES_AT_ONCE)
            .await?;
        let full = events.len() == ENTRIES_AT_ONCE;
        events.retain(|event| event.sequence <= mark.sequence);
        let more = full && events.len() == ENTRIES_AT_ONCE;
        let batch = Batch::read(events);
        let outcome = self
            .retry_batch(&transaction, model, tenant, after, batch.as_ref(), more)
            .await;
        let row = match outcome {
            Ok(row) => row,
            Err(error) if error.is_poison() => {
                transaction.rollback().await.doing("roll back")?;
                tracing::warn!(%model, %tenant, after, reason = error.told(), "still halted");
                self.client = Some(client);
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        checkpoint::progress(&transaction, self.generation, std::slice::from_ref(&row)).await?;
        transaction.commit().await.doing("commit")?;
        self.client = Some(client);
        let moved = row.entry > after;
        self.note(&row);
        Ok(more && moved)
    }

    async fn retry_batch(
        &mut self,
        transaction: &Transaction<'_>,
        model: Model,
        tenant: Uuid,
        after: i64,
        batch: Option<&Batch>,
        more: bool,
    ) -> Result<Progress, Error> {
        let entries: Vec<&Entry> = batch
            .map(|batch| batch.entries.iter().collect())
            .unwrap_or_default();
        let written = self
            .write_one(transaction, model, &entries, &|of, _| of == model)
            .await?;
        if let Some(broken) = batch.and_then(|batch| batch.broken.get(&tenant)) {
            return Ok(broken.progress(model, tenant));
        }
        let entry = written.map_or(after, |row| row.entry);
        // Until it has caught up, the live events of the tenant are still passed over.
        let halted = more.then(|| format!("catching up after entry {entry}"));
        Ok(Progress {
            model,
            tenant,
            entry,
            halted,
        })
    }

    async fn halted_after(
        &self,
        transaction: &Transaction<'_>,
        model: Model,
        tenant: Uuid,
    ) -> Result<i64, Error> {
        let sql = "select entry from read.progress where tenant_id = $1 and model = $2";
        let row = transaction
            .query_opt(sql, &[&tenant, &model.schema(self.generation)])
            .await
            .doing("read a tenant's progress")?;
        row.map_or(Ok(0), |row| row.try_get(0))
            .doing("read a tenant's progress")
    }
}
