//! The schemas of the next generation: made, indexed, and what is left of older ones dropped.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use deadpool_postgres::{ClientWrapper, Object, Pool};
use futures_util::future::try_join_all;

use super::{OnStage, Stage};
use crate::{
    Model,
    error::{Doing, Error},
};

/// Held during a rebuild. A number of our own; nobody else may take it.
const REBUILD_LOCK: i64 = 0x7265_6275_696c;
/// Indexes that are made at once: on more connections they only take turns.
const INDEXERS: usize = 2;
/// A reader that holds a table of the old generation is waited for so often, …
const DROP_TRIES: u32 = 5;
/// … and so long in between.
const DROP_PAUSE: Duration = Duration::from_millis(500);

/// Keeps other rebuilds away while it lives.
pub(super) struct Lock(ClientWrapper);

impl Lock {
    pub(super) async fn release(self) {
        // The connection is closed anyway.
        let _ = self
            .0
            .execute("select pg_advisory_unlock($1)", &[&REBUILD_LOCK])
            .await;
    }
}

/// A connection that no other work has used or will use: what was prepared for one generation fails in the next.
pub(super) async fn client(read: &Pool) -> Result<ClientWrapper, Error> {
    let client = read.get().await;
    client.map(Object::take).map_err(|source| Error::Connect {
        database: "the read models",
        source,
    })
}

/// A connection that may build and drop.
async fn owner(read: &Pool) -> Result<ClientWrapper, Error> {
    let client = client(read).await?;
    client
        .batch_execute(include_str!("owner.sql"))
        .await
        .doing("become the read models' owner")?;
    Ok(client)
}

pub(super) async fn lock(read: &Pool) -> Result<Lock, Error> {
    let client = client(read).await?;
    let row = client
        .query_one("select pg_try_advisory_lock($1)", &[&REBUILD_LOCK])
        .await
        .doing("lock the rebuild")?;
    let locked: bool = row.try_get(0).doing("lock the rebuild")?;
    if locked {
        Ok(Lock(client))
    } else {
        Err(Error::Busy)
    }
}

/// Makes the empty tables. What a rebuild that was given up left behind goes.
pub(super) async fn create(read: &Pool, models: &[Model]) -> Result<(), Error> {
    drop_old(read, models).await?;
    let mut client = owner(read).await?;
    let transaction = client.transaction().await.doing("begin a transaction")?;
    for model in models {
        let sql = include_str!("forget.sql").replace("{model}", model.name());
        transaction
            .batch_execute(&sql)
            .await
            .doing("drop a generation that was given up")?;
        transaction
            .batch_execute(&model.table_sql())
            .await
            .doing("make the tables")?;
    }
    transaction.commit().await.doing("commit")
}

/// Adds keys and indexes, and gathers statistics, so that the first queries have good plans.
pub(super) async fn index(read: &Pool, models: &[Model], on_stage: &OnStage) -> Result<(), Error> {
    let mut statements: Vec<String> = Vec::new();
    for model in models {
        // Keys and indexes come one a statement, without a semicolon inside.
        let sql = model.index_sql();
        statements.extend(sql.split_inclusive(";\n").map(str::to_owned));
    }
    for model in models {
        let tables = model.tables().iter();
        let schema = model.schema(crate::model::Generation::Next);
        statements.extend(tables.map(|table| format!("analyze {schema}.{}", table.name)));
    }
    let total = statements.len();
    let statements = Arc::new(statements);
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    // An index needs its table to itself only against writers: two of one table can be made at once, but
    // statistics come when the indexes are there, so the order is kept.
    let work = || async {
        let client = owner(read).await?;
        while let Some(statement) = statements.get(next.fetch_add(1, Ordering::Relaxed)) {
            client
                .batch_execute(statement)
                .await
                .doing("make an index")?;
            on_stage(Stage::Indexing {
                done: done.fetch_add(1, Ordering::Relaxed) + 1,
                total,
            });
        }
        Ok(())
    };
    try_join_all((0..INDEXERS).map(|_| work()))
        .await
        .map(|_: Vec<()>| ())
}

/// Drops generations that were replaced. Readers that still hold one are waited for, and left to the next
/// rebuild if they don't let go.
pub(super) async fn drop_old(read: &Pool, models: &[Model]) -> Result<(), Error> {
    let client = owner(read).await?;
    for model in models {
        let sql = format!(
            "set lock_timeout = '2s'; drop schema if exists {}_old cascade",
            model.name()
        );
        for tries in 1.. {
            match client
                .batch_execute(&sql)
                .await
                .doing("drop an old generation")
            {
                Ok(()) => break,
                Err(error) if tries < DROP_TRIES && error.passes() => {
                    tokio::time::sleep(DROP_PAUSE).await;
                }
                Err(error) if error.passes() => {
                    tracing::warn!(%model, reason = error.told(), "an old generation is left for later");
                    break;
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}
