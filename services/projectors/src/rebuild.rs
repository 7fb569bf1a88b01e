//! Rebuilds that the projector itself starts: a first start, a new structure, a log that was set back.

use std::sync::Arc;

use read_models::{Condition, Error, Model, Stage, conditions, rebuild};

use crate::{Context, State};

/// Builds anew what must be, and answers the models that this release can follow.
pub(crate) async fn prepare(context: &Context) -> Result<Vec<Model>, Error> {
    let found = conditions(&context.read, &context.log, &context.models).await?;
    let outdated: Vec<Model> = found
        .iter()
        .filter(|(_, condition)| condition.needs_rebuild())
        .map(|(model, _)| *model)
        .collect();
    let newer: Vec<Model> = found
        .iter()
        .filter(|(_, condition)| *condition == Condition::Newer)
        .map(|(model, _)| *model)
        .collect();
    if !newer.is_empty() {
        tracing::warn!(
            models = names(&newer),
            "a newer release keeps these read models"
        );
        context.health.set_state(&newer, &State::LeftToNewer);
    }
    if !outdated.is_empty() {
        tracing::info!(models = names(&outdated), "read models are built anew");
        context.health.set_state(&outdated, &State::Rebuilding);
        let rebuilt = rebuild(&context.sources, &outdated, Arc::new(tell)).await?;
        tracing::info!(
            models = names(&outdated),
            sequence = rebuilt.sequence,
            "read models were built anew"
        );
    }
    Ok(context
        .models
        .iter()
        .copied()
        .filter(|model| !newer.contains(model))
        .collect())
}

fn tell(stage: Stage) {
    match stage {
        Stage::Folding { done, total } => tracing::debug!(done, total, "folding the log"),
        Stage::Indexing { done, total } => tracing::debug!(done, total, "making indexes"),
        Stage::Swapping => tracing::debug!("putting the new generation in place"),
    }
}

fn names(models: &[Model]) -> String {
    models
        .iter()
        .map(|model| model.name())
        .collect::<Vec<_>>()
        .join(", ")
}
