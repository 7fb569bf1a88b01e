use std::time::Duration;

use event_log::Reader;

use crate::{
    Context, State,
    backoff::Backoff,
    follow::{Ended, follow},
    rebuild::prepare,
};

/// How often the log's end is looked up, for the lag.
const HEAD_EVERY: Duration = Duration::from_secs(1);

/// Keeps the models until it is stopped. Trouble that passes is waited for; whatever else goes wrong is told,
/// and everything is looked at anew.
pub async fn run(context: Context) {
    context.health.set_state(&context.models, &State::Starting);
    let stop = context.stop.clone();
    let keeping = async { tokio::join!(keep(&context), watch_head(&context)) };
    // What is dropped half-way was not committed, and will be done again.
    stop.run_until_cancelled(Box::pin(keeping)).await;
}

async fn keep(context: &Context) {
    let mut backoff = Backoff::default();
    loop {
        let ended = session(context, &mut backoff).await;
        let Err(ended) = ended else { continue };
        let reason = told(&ended);
        match &ended {
            Ended::Rows(read_models::Error::Moved { .. }) => tracing::info!(reason, "looking anew"),
            _ => tracing::error!(reason, "looking anew"),
        }
        context
            .health
            .set_state(&context.models, &State::Waiting(ended.to_string()));
        metrics::counter!("projector_restarts_total").increment(1);
        backoff.wait().await;
    }
}

async fn session(context: &Context, backoff: &mut Backoff) -> Result<(), Ended> {
    let models = prepare(context).await?;
    follow(context, &models, backoff).await
}

async fn watch_head(context: &Context) {
    let reader = Reader::new(context.log.clone());
    loop {
        match reader.head().await {
            Ok(head) => context
                .health
                .set_head(head.map_or(0, |(sequence, _)| sequence)),
            Err(error) => {
                tracing::debug!(reason = told(&error), "the log's end can't be looked up");
            }
        }
        tokio::time::sleep(HEAD_EVERY).await;
    }
}

/// The whole chain of causes in one line, for people.
pub(crate) fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
