//! Builds read models anew from the whole log, beside the live ones, and puts them in their place.

mod copy;
mod fold;
mod generation;
mod read;
mod swap;

use std::{collections::BTreeMap, sync::Arc};

use deadpool_postgres::Pool;
use uuid::Uuid;

use crate::{
    Model,
    checkpoint::{self, Progress},
    error::{Doing, Error},
    live::Live,
    log::Log,
    model::Generation,
    world::World,
};

/// Where a rebuild works. Both as the loader, whom row-level security does not hold: COPY needs that.
#[derive(Clone)]
pub struct Sources {
    /// The log's database.
    pub log: Pool,
    /// The read models' database. Needs a connection for each table at once, and some for the rest:
    /// [`CONNECTIONS`].
    pub read: Pool,
}

/// Connections to the read models' database that a rebuild of all models uses at most: one for each table, and some
/// for the locks and the indexes.
pub const CONNECTIONS: usize = 34;

/// How far a rebuild has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// So many events of the log were folded.
    Folding {
        /// Events folded.
        done: i64,
        /// Events that the log held at the beginning.
        total: i64,
    },
    /// So many indexes were made.
    Indexing {
        /// Indexes made.
        done: usize,
        /// Indexes to make.
        total: usize,
    },
    /// What was appended to the log meanwhile is taken up, and the new generation put in place.
    Swapping,
}

/// Told how far a rebuild has come, some times a second at most; shows a progress bar, or nothing.
pub type OnStage = Arc<dyn Fn(Stage) + Send + Sync>;

/// What a rebuild came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// The last event that was taken up.
    pub sequence: i64,
    /// Tenants that halted, each with its reason, in all models.
    pub halted: BTreeMap<Uuid, String>,
}

/// What the fold of the log left behind.
struct Folded {
    /// The last event.
    last: Option<(i64, Uuid)>,
    /// The last entry of each tenant.
    entries: BTreeMap<Uuid, i64>,
    halted: BTreeMap<Uuid, String>,
    /// For the events that follow.
    world: World,
}

/// Builds models anew and puts them in the place of the live ones, which are read meanwhile. If it is given up
/// half-way, the live ones stay, and the next rebuild begins again.
///
/// # Errors
/// [`Error::Busy`] while another rebuild is under way; otherwise if a database can't be reached or refuses.
pub async fn rebuild(
    sources: &Sources,
    models: &[Model],
    on_stage: OnStage,
) -> Result<Rebuilt, Error> {
    let log = Log::new(sources.log.clone());
    let lock = generation::lock(&sources.read).await?;
    generation::create(&sources.read, models).await?;
    let folded = fold::fold(&log, &sources.read, models, &on_stage).await?;
    generation::index(&sources.read, models, &on_stage).await?;
    on_stage(Stage::Swapping);
    let Folded {
        last,
        entries,
        halted,
        world,
    } = folded;
    begin(&sources.read, models, last, &entries, &halted).await?;
    let mut next = Live::of(
        sources.read.clone(),
        log.clone(),
        models,
        Generation::Next,
        world,
    )
    .await?;
    let sequence = swap::swap(sources, &log, models, &mut next).await?;
    generation::drop_old(&sources.read, models).await?;
    lock.release().await;
    Ok(Rebuilt { sequence, halted })
}

/// Writes the first checkpoint of the new generation.
async fn begin(
    read: &Pool,
    models: &[Model],
    last: Option<(i64, Uuid)>,
    entries: &BTreeMap<Uuid, i64>,
    halted: &BTreeMap<Uuid, String>,
) -> Result<(), Error> {
    let mut client = generation::client(read).await?;
    let transaction = client.transaction().await.doing("begin a transaction")?;
    let names = checkpoint::names(models, Generation::Next);
    let structures: Vec<String> = models
        .iter()
        .map(|model| model.structure().to_string())
        .collect();
    let (sequence, event_id) = last.map_or((0, None), |(sequence, id)| (sequence, Some(id)));
    transaction
        .execute(
            include_str!("begin.sql"),
            &[&names, &structures, &sequence, &event_id],
        )
        .await
        .doing("write the first checkpoint")?;
    let progress: Vec<Progress> = models
        .iter()
        .flat_map(|&model| {
            entries.iter().map(move |(&tenant, &entry)| Progress {
                model,
                tenant,
                entry,
                halted: halted.get(&tenant).cloned(),
            })
        })
        .collect();
    checkpoint::progress(&transaction, Generation::Next, &progress).await?;
    transaction.commit().await.doing("commit")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For the lock, the swap, and what makes schemas and indexes.
    const BESIDE_TABLES: usize = 4;

    #[test]
    fn there_is_a_connection_for_each_table_at_once() {
        let tables: usize = Model::ALL.iter().map(|model| model.tables().len()).sum();
        assert!(tables + BESIDE_TABLES <= CONNECTIONS, "{tables} tables");
    }
}
