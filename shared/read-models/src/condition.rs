use deadpool_postgres::Pool;

use crate::{
    Model,
    checkpoint::{self, Mark},
    error::Error,
    log::Log,
    model::Generation,
};

/// How a model stands when a projector starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It can be followed.
    Current,
    /// It was never built, or by a release that built it otherwise: it must be built anew.
    Outdated,
    /// The log has another event where the model's last one was: it was set back. It must be built anew.
    Diverged,
    /// A newer release has built it: it is that release's to keep.
    Newer,
}

impl Condition {
    /// Whether the model must be built anew.
    #[must_use]
    pub const fn needs_rebuild(self) -> bool {
        matches!(self, Self::Outdated | Self::Diverged)
    }
}

/// How models stand. `read` is a pool of any role that keeps or reads them, `log` one that sees the whole log.
///
/// # Errors
/// If a database can't be reached or refuses.
pub async fn conditions(
    read: &Pool,
    log: &Pool,
    models: &[Model],
) -> Result<Vec<(Model, Condition)>, Error> {
    let client = read.get().await;
    let client = client.map_err(|source| Error::Connect {
        database: "the read models",
        source,
    })?;
    let marks = checkpoint::read(&client, models, Generation::Live).await?;
    let log = Log::new(log.clone());
    let mut found = Vec::with_capacity(models.len());
    for &model in models {
        let condition = match marks.get(&model) {
            Some(mark) => condition(model, mark, &log).await?,
            None => Condition::Outdated,
        };
        found.push((model, condition));
    }
    Ok(found)
}

async fn condition(model: Model, mark: &Mark, log: &Log) -> Result<Condition, Error> {
    let ours = model.structure();
    match &mark.structure {
        Some(built) if *built == ours => {}
        Some(built) if built.is_newer_than(&ours) => return Ok(Condition::Newer),
        _ => return Ok(Condition::Outdated),
    }
    if mark.sequence == 0 || log.event_id(mark.sequence).await? == mark.event_id {
        Ok(Condition::Current)
    } else {
        Ok(Condition::Diverged)
    }
}
