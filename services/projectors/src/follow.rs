//! Takes up events as they come, until something has to be looked at anew.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use bus::{Message, Subscription, SubscriptionError};
use chrono::{DateTime, Utc};
use contract::LogBacklog;
use event_log::{ReadError, Reader, Recorded};
use read_models::{Error, Live, Model};
use tokio::time::{error::Elapsed, timeout};

use crate::{Context, State, backoff::Backoff, run::told};

/// Events taken up in one transaction: from some hundred on, a larger one gains nothing, and it delays whoever
/// waits for the first of them.
const BATCH_EVENTS_MAX: usize = 1_000;
/// How long a batch waits for more: a projector that is over-eager costs as much as the appending itself.
const LINGER: Duration = Duration::from_millis(5);
/// After so long without events it is told again that all is well.
const QUIET: Duration = Duration::from_secs(2);
/// A batch that takes longer hangs: its statements have a limit of a minute each, and few of them are long.
const BATCH_WAIT: Duration = Duration::from_secs(300);

/// Why following ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Ended {
    /// Rows could not be written.
    #[error(transparent)]
    Rows(#[from] Error),
    /// Events could not be had.
    #[error(transparent)]
    Events(#[from] SubscriptionError),
    /// An event that the bus garbled could not be read from the log either.
    #[error("cannot read an event from the log that the bus garbled")]
    Garbled(#[source] ReadError),
    /// A batch hung.
    #[error("a batch took longer than {} s", BATCH_WAIT.as_secs())]
    Hung(#[source] Elapsed),
}

pub(crate) async fn follow(
    context: &Context,
    models: &[Model],
    backoff: &mut Backoff,
) -> Result<(), Ended> {
    if models.is_empty() {
        context.stop.cancelled().await;
        return Ok(());
    }
    let mut live = Live::open(context.read.clone(), context.log.clone(), models).await?;
    live.retry_halted().await?;
    context.health.follow(&live);
    let reader = Reader::new(context.log.clone());
    let backlog = Arc::new(LogBacklog::new(reader.clone()));
    let after = u64::try_from(live.position()).unwrap_or(0);
    let mut subscription = Subscription::from(context.bus.clone(), backlog, after);
    loop {
        let next = subscription.next_batch(BATCH_EVENTS_MAX, LINGER);
        let messages = match timeout(QUIET, next).await {
            Ok(Ok(messages)) => messages,
            Ok(Err(error @ SubscriptionError::Log(_))) => {
                wait(context, models, &error, backoff).await;
                continue;
            }
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => {
                // Nothing new, and no trouble any more.
                context.health.follow(&live);
                continue;
            }
        };
        let started = Instant::now();
        let mut recorded_at;
        loop {
            let events = read(&messages, &reader).await?;
            recorded_at = events.last().map(|event| event.recorded_at);
            match timeout(BATCH_WAIT, live.apply(events))
                .await
                .map_err(Ended::Hung)?
            {
                Ok(()) => break,
                Err(error) if error.passes() => wait(context, models, &error, backoff).await,
                Err(error) => return Err(error.into()),
            }
        }
        backoff.worked();
        context.health.follow(&live);
        measure(messages.len(), started, recorded_at);
    }
}

async fn wait(
    context: &Context,
    models: &[Model],
    error: &(dyn std::error::Error + Sync),
    backoff: &mut Backoff,
) {
    tracing::warn!(reason = told(error), "trouble that should pass");
    metrics::counter!("projector_retries_total").increment(1);
    context
        .health
        .set_state(models, &State::Waiting(error.to_string()));
    backoff.wait().await;
}

fn measure(count: usize, started: Instant, recorded_at: Option<DateTime<Utc>>) {
    metrics::counter!("projector_events_total").increment(count as u64);
    metrics::histogram!("projector_batch_seconds").record(started.elapsed());
    // From the append of the batch's last event until it could be read.
    let since = recorded_at.and_then(|at| {
        (DateTime::<Utc>::from(SystemTime::now()) - at)
            .to_std()
            .ok()
    });
    if let Some(since) = since {
        metrics::histogram!("projector_visible_seconds").record(since);
    }
}

/// The events of messages. One that is no envelope is read from the log, which is the truth.
async fn read(messages: &[Message], reader: &Reader) -> Result<Vec<Recorded>, Ended> {
    let mut events = Vec::with_capacity(messages.len());
    for message in messages {
        match contract::parse_cloud_event(&message.body) {
            Ok(event) => events.push(event),
            Err(error) => {
                tracing::warn!(
                    sequence = message.sequence,
                    reason = told(&error),
                    "a message is no event"
                );
                let before = i64::try_from(message.sequence).unwrap_or(1) - 1;
                events.extend(reader.read_after(before, 1).await.map_err(Ended::Garbled)?);
            }
        }
    }
    Ok(events)
}
