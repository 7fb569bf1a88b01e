//! How far models have come, as the database has it.

use std::collections::BTreeMap;

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{
    Model,
    error::{Doing, Error},
    model::{Generation, Structure},
};

/// A model's row of `read.checkpoint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The last event whose effect is committed.
    pub(crate) sequence: i64,
    /// Its identity; none before the first.
    pub(crate) event_id: Option<Uuid>,
    /// None if it is not of a form that this release knows.
    pub(crate) structure: Option<Structure>,
    /// How often the model was built.
    pub(crate) generation: i64,
}

pub(crate) type Marks = BTreeMap<Model, Mark>;

/// What one tenant's entry in `read.progress` is set to.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    pub(crate) model: Model,
    pub(crate) tenant: Uuid,
    /// The last entry whose effect is there.
    pub(crate) entry: i64,
    pub(crate) halted: Option<String>,
}

/// The marks of models; models that were never built have none.
pub(crate) async fn read(
    client: &impl GenericClient,
    models: &[Model],
    generation: Generation,
) -> Result<Marks, Error> {
    query(
        client,
        include_str!("sql/checkpoints.sql"),
        models,
        generation,
    )
    .await
}

/// The same, locked until the transaction ends: nobody else writes these models meanwhile.
pub(crate) async fn lock(
    client: &impl GenericClient,
    models: &[Model],
    generation: Generation,
) -> Result<Marks, Error> {
    query(client, include_str!("sql/lock.sql"), models, generation).await
}

/// Moves the marks to an event.
pub(crate) async fn advance(
    client: &impl GenericClient,
    models: &[Model],
    generation: Generation,
    (sequence, event_id): (i64, Uuid),
) -> Result<(), Error> {
    let statement = client
        .prepare_cached(include_str!("sql/advance.sql"))
        .await
        .doing("prepare moving the checkpoint")?;
    client
        .execute(
            &statement,
            &[&names(models, generation), &sequence, &event_id],
        )
        .await
        .doing("move the checkpoint")?;
    Ok(())
}

/// Writes how far tenants have come.
pub(crate) async fn progress(
    client: &impl GenericClient,
    generation: Generation,
    progress: &[Progress],
) -> Result<(), Error> {
    if progress.is_empty() {
        return Ok(());
    }
    let tenants: Vec<Uuid> = progress.iter().map(|row| row.tenant).collect();
    let models: Vec<String> = progress
        .iter()
        .map(|row| row.model.schema(generation))
        .collect();
    let entries: Vec<i64> = progress.iter().map(|row| row.entry).collect();
    let halted: Vec<Option<&str>> = progress.iter().map(|row| row.halted.as_deref()).collect();
    let statement = client
        .prepare_cached(include_str!("sql/progress.sql"))
        .await
        .doing("prepare writing progress")?;
    client
        .execute(&statement, &[&tenants, &models, &entries, &halted])
        .await
        .doing("write progress")?;
    Ok(())
}

pub(crate) fn names(models: &[Model], generation: Generation) -> Vec<String> {
    models
        .iter()
        .map(|model| model.schema(generation))
        .collect()
}

async fn query(
    client: &impl GenericClient,
    sql: &str,
    models: &[Model],
    generation: Generation,
) -> Result<Marks, Error> {
    let statement = client
        .prepare_cached(sql)
        .await
        .doing("prepare reading the checkpoint")?;
    let rows = client
        .query(&statement, &[&names(models, generation)])
        .await
        .doing("read the checkpoint")?;
    rows.iter()
        .filter_map(|row| mark(row).transpose())
        .collect::<Result<_, _>>()
        .doing("read the checkpoint")
}

fn mark(row: &Row) -> Result<Option<(Model, Mark)>, tokio_postgres::Error> {
    let name: &str = row.try_get(0)?;
    let Some(model) = Model::parse(name.trim_end_matches("_next")) else {
        return Ok(None);
    };
    let mark = Mark {
        sequence: row.try_get(1)?,
        event_id: row.try_get(2)?,
        structure: Structure::parse(row.try_get(3)?),
        generation: row.try_get(4)?,
    };
    Ok(Some((model, mark)))
}
