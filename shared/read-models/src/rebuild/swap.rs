//! Brings the next generation up to date and puts it in the live one's place.

use super::{Sources, generation};
use crate::{
    Model,
    checkpoint::{self, Marks},
    error::{Doing, Error},
    live::Live,
    log::Log,
    model::Generation,
};

/// Events taken up at once.
const PAGE: usize = 1_000;
/// The live generation is only locked once the next one is as near as this to the log's end: readers that wait
/// for their own writes shall not notice.
const NEAR: usize = 1_000;

/// Answers the last event that the new generation has.
pub(super) async fn swap(
    sources: &Sources,
    log: &Log,
    models: &[Model],
    next: &mut Live,
) -> Result<i64, Error> {
    loop {
        let page = log.reader.read_after(next.position(), PAGE).await?;
        let near = page.len() < NEAR;
        next.apply(page).await?;
        if near {
            break;
        }
    }
    let mut client = generation::client(&sources.read).await?;
    let transaction = client.transaction().await.doing("begin a transaction")?;
    transaction
        .batch_execute("set local lock_timeout = '30s'")
        .await
        .doing("bound the wait")?;
    // Whoever keeps the live generation waits from here on, and then finds another one.
    let live = checkpoint::lock(&transaction, models, Generation::Live).await?;
    catch_up(log, next, &live).await?;
    for model in models {
        let replaces = live.contains_key(model);
        let sql = if replaces {
            include_str!("replace.sql")
        } else {
            include_str!("first.sql")
        };
        let sql = sql.replace("{model}", model.name());
        transaction
            .batch_execute(&sql)
            .await
            .doing("put the new generation in place")?;
    }
    transaction.commit().await.doing("commit")?;
    Ok(next.position())
}

/// The new generation must not be behind the live one: what was seen stays seen. On a log that was set back the
/// live one is ahead of the log itself.
async fn catch_up(log: &Log, next: &mut Live, live: &Marks) -> Result<(), Error> {
    let seen = live.values().map(|mark| mark.sequence).max().unwrap_or(0);
    while next.position() < seen {
        let page = log.reader.read_after(next.position(), PAGE).await?;
        if page.is_empty() {
            break;
        }
        next.apply(page).await?;
    }
    Ok(())
}
