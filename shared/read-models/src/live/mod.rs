//! Takes up events as they come, batch by batch.

mod batch;
mod compliance;
mod fold;
mod halted;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use deadpool_postgres::{Object, Pool, Transaction};
use event_log::Recorded;
use uuid::Uuid;

use crate::{
    Model,
    checkpoint::{self, Marks, Progress},
    entry::Entry,
    error::{Doing, Error},
    log::Log,
    model::Generation,
    rows::{Remembered, Statements},
    world::World,
};
use batch::Batch;

/// Follows the log for models that share one fold and one transaction.
///
/// Each batch is one transaction: the checkpoints are locked first, then come the rows, and the checkpoints with
/// them. So the effect of an event is there exactly once, however often it is delivered.
pub struct Live {
    models: Vec<Model>,
    generation: Generation,
    read: Pool,
    log: Log,
    client: Option<Object>,
    statements: Statements,
    world: World,
    /// None once it may say more than the database holds, until the next batch.
    remembered: Option<Remembered>,
    marks: Marks,
    halted: BTreeMap<(Model, Uuid), String>,
}

/// A tenant whose entries a model no longer takes up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halted {
    /// Which model.
    pub model: Model,
    /// Whose entries.
    pub tenant: Uuid,
    /// Why, for people.
    pub reason: String,
}

impl Live {
    /// Goes on from where the models stand. `read` is a pool of the projector on the read models' database, `log`
    /// one on the log's.
    ///
    /// # Errors
    /// If a database can't be reached, or [`Error::Moved`] if a model was never built.
    pub async fn open(read: Pool, log: Pool, models: &[Model]) -> Result<Self, Error> {
        Self::of(
            read,
            Log::new(log),
            models,
            Generation::Live,
            World::bounded(),
        )
        .await
    }

    pub(crate) async fn of(
        read: Pool,
        log: Log,
        models: &[Model],
        generation: Generation,
        world: World,
    ) -> Result<Self, Error> {
        let mut live = Self {
            models: models.to_vec(),
            generation,
            read,
            log,
            client: None,
            statements: Statements::of(generation),
            world,
            remembered: None,
            marks: Marks::new(),
            halted: BTreeMap::new(),
        };
        let client = live.connect().await?;
        live.marks = checkpoint::read(&client, models, generation).await?;
        live.halted = halted::read(&client, models, generation).await?;
        live.client = Some(client);
        match models.iter().find(|model| !live.marks.contains_key(model)) {
            Some(&model) => Err(Error::Moved { model }),
            None => Ok(live),
        }
    }

    /// The last event whose effect is committed in all models.
    #[must_use]
    pub fn position(&self) -> i64 {
        self.marks
            .values()
            .map(|mark| mark.sequence)
            .min()
            .unwrap_or(0)
    }

    /// The last event whose effect is committed, by model.
    pub fn positions(&self) -> impl Iterator<Item = (Model, i64)> + '_ {
        self.marks
            .iter()
            .map(|(model, mark)| (*model, mark.sequence))
    }

    /// Tenants that are halted.
    pub fn halted(&self) -> impl Iterator<Item = Halted> + '_ {
        self.halted.iter().map(|((model, tenant), reason)| Halted {
            model: *model,
            tenant: *tenant,
            reason: reason.clone(),
        })
    }

    /// Takes up events that follow each other without a gap. Those that a model has already are passed over.
    ///
    /// An event that can't be taken up halts its tenant in that model, which is no error here.
    ///
    /// # Errors
    /// If it [passes](Error::passes), the same batch can be tried again. [`Error::Moved`] means to open again.
    pub async fn apply(&mut self, events: Vec<Recorded>) -> Result<(), Error> {
        let Some(batch) = Batch::read(events) else {
            return Ok(());
        };
        let mut outcome = self.attempt(&batch, false).await;
        if let Err(error) = &outcome
            && error.is_poison()
        {
            tracing::warn!(
                reason = error.told(),
                "a batch failed: looking for the tenant"
            );
            self.forget();
            outcome = self.attempt(&batch, true).await;
            // What was folded for a tenant that halted is not where the others are.
            self.forget();
        }
        if outcome.is_err() {
            self.forget();
        }
        outcome
    }

    async fn attempt(&mut self, batch: &Batch, tenant_by_tenant: bool) -> Result<(), Error> {
        let mut client = self.client().await?;
        let transaction = client.transaction().await.doing("begin a transaction")?;
        let marks = checkpoint::lock(&transaction, &self.models, self.generation).await?;
        self.check(&marks, batch)?;
        if marks
            .iter()
            .any(|(model, mark)| self.marks.get(model) != Some(mark))
        {
            // Another projector has taken up events that this one has not seen.
            self.forget();
        }
        self.remembered.get_or_insert_with(Remembered::new);
        let progress = if tenant_by_tenant {
            self.write_by_tenant(&transaction, batch, &marks).await?
        } else {
            self.write_together(&transaction, batch, &marks).await?
        };
        checkpoint::progress(&transaction, self.generation, &progress).await?;
        checkpoint::advance(&transaction, &self.models, self.generation, batch.last).await?;
        transaction.commit().await.doing("commit")?;
        if let Some(remembered) = &mut self.remembered {
            remembered.commit();
        }
        // A connection on which something failed is not used again: its statements may be of another generation.
        self.client = Some(client);
        self.marks = marks;
        for mark in self.marks.values_mut() {
            if mark.sequence < batch.last.0 {
                (mark.sequence, mark.event_id) = (batch.last.0, Some(batch.last.1));
            }
        }
        for row in progress {
            self.note(&row);
        }
        Ok(())
    }

    async fn write_together(
        &mut self,
        transaction: &Transaction<'_>,
        batch: &Batch,
        marks: &Marks,
    ) -> Result<Vec<Progress>, Error> {
        let halted = self.halted_pairs();
        let wants = |model: Model, entry: &Entry| {
            let recorded = &entry.recorded;
            marks
                .get(&model)
                .is_some_and(|mark| recorded.sequence > mark.sequence)
                && !halted.contains(&(model, recorded.tenant_id))
        };
        let entries: Vec<&Entry> = batch.entries.iter().collect();
        let mut folding = self.fold(&entries, &wants).await?;
        for model in self.models.clone() {
            self.write(transaction, model, &mut folding).await?;
        }
        let mut progress = folding.progress();
        for (tenant, broken) in &batch.broken {
            for (model, mark) in marks {
                if broken.sequence > mark.sequence && !halted.contains(&(*model, *tenant)) {
                    progress.retain(|row| (row.model, row.tenant) != (*model, *tenant));
                    progress.push(broken.progress(*model, *tenant));
                }
            }
        }
        Ok(progress)
    }

    /// Each tenant by itself, and each model within it, under a savepoint.
    async fn write_by_tenant(
        &mut self,
        transaction: &Transaction<'_>,
        batch: &Batch,
        marks: &Marks,
    ) -> Result<Vec<Progress>, Error> {
        let mut all = Vec::new();
        let halted = self.halted_pairs();
        for tenant in batch.tenants() {
            let entries: Vec<&Entry> = batch.of_tenant(tenant).collect();
            for model in self.models.clone() {
                let Some(after) = marks.get(&model).map(|mark| mark.sequence) else {
                    continue;
                };
                if halted.contains(&(model, tenant)) || batch.last_of(tenant) <= after {
                    continue;
                }
                let wanted =
                    |of: Model, entry: &Entry| of == model && entry.recorded.sequence > after;
                transaction
                    .batch_execute("savepoint tenant")
                    .await
                    .doing("set a savepoint")?;
                let row = match self.write_one(transaction, model, &entries, &wanted).await {
                    Ok(row) => match batch.broken.get(&tenant) {
                        Some(broken) => Some(broken.progress(model, tenant)),
                        None => row,
                    },
                    Err(error) if error.is_poison() => {
                        transaction
                            .batch_execute("rollback to savepoint tenant")
                            .await
                            .doing("go back to a savepoint")?;
                        let first = entries.iter().find(|entry| wanted(model, entry));
                        first.map(|first| Progress {
                            model,
                            tenant,
                            entry: first.recorded.entry - 1,
                            halted: Some(error.told()),
                        })
                    }
                    Err(error) => return Err(error),
                };
                transaction
                    .batch_execute("release savepoint tenant")
                    .await
                    .doing("drop a savepoint")?;
                all.extend(row);
            }
        }
        Ok(all)
    }

    /// One model's part of one tenant's entries.
    async fn write_one(
        &mut self,
        transaction: &Transaction<'_>,
        model: Model,
        entries: &[&Entry],
        wants: &(dyn Fn(Model, &Entry) -> bool + Sync),
    ) -> Result<Option<Progress>, Error> {
        let mut folding = self.fold(entries, wants).await?;
        self.write(transaction, model, &mut folding).await?;
        Ok(folding
            .progress()
            .into_iter()
            .find(|row| row.model == model))
    }

    /// Forgets all that only holds if nobody else has written and nothing has failed.
    fn forget(&mut self) {
        self.world.clear();
        self.remembered = None;
    }

    /// Whether the marks are those that this projector has seen, or further on.
    fn check(&self, marks: &Marks, batch: &Batch) -> Result<(), Error> {
        for &model in &self.models {
            let moved = Err(Error::Moved { model });
            let (Some(mark), Some(known)) = (marks.get(&model), self.marks.get(&model)) else {
                return moved;
            };
            let same = mark.generation == known.generation && mark.structure == known.structure;
            let follows = mark.sequence + 1 >= batch.first && mark.sequence >= known.sequence;
            // Another projector that took up the same events is no harm; one that took up others is.
            let agrees = mark.sequence < batch.first
                || mark.sequence > batch.last.0
                || batch.id_at(mark.sequence) == mark.event_id;
            if !(same && follows && agrees) {
                return moved;
            }
        }
        Ok(())
    }

    fn halted_pairs(&self) -> BTreeSet<(Model, Uuid)> {
        self.halted.keys().copied().collect()
    }

    fn note(&mut self, row: &Progress) {
        match &row.halted {
            Some(reason) => {
                tracing::error!(model = %row.model, tenant = %row.tenant, after = row.entry, reason, "halted");
                self.halted.insert((row.model, row.tenant), reason.clone());
            }
            None => {
                self.halted.remove(&(row.model, row.tenant));
            }
        }
    }

    async fn client(&mut self) -> Result<Object, Error> {
        match self.client.take() {
            Some(client) if !client.is_closed() => Ok(client),
            _ => self.connect().await,
        }
    }

    /// A connection that has prepared nothing yet: statements belong to the generation they were prepared on.
    async fn connect(&self) -> Result<Object, Error> {
        let client = self.read.get().await;
        let client = client.map_err(|source| Error::Connect {
            database: "the read models",
            source,
        })?;
        client.statement_cache.clear();
        client
            .batch_execute(include_str!("../sql/session.sql"))
            .await
            .doing("set up the session")?;
        Ok(client)
    }
}
