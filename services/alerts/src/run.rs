use std::time::Duration;

use event_log::Leader;
use tokio::time::sleep;

use crate::{
    Context,
    calendar::watch,
    error::{Trouble, told},
    follow::follow,
};

/// How long another instance's work is let be before it is asked again whether it still does it.
const STAND_BY: Duration = Duration::from_secs(2);
/// How often it is made sure that the work is still ours.
const LEADS_EVERY: Duration = Duration::from_secs(2);
/// The first wait after trouble, and the longest.
const WAIT: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// Finds what should be acted on until it is stopped. Trouble is waited for and told; of several instances one works
/// and the others stand by.
pub async fn run(context: Context) {
    let stop = context.stop.clone();
    // What is dropped half-way is found again: the checkpoint follows what is recorded.
    stop.run_until_cancelled(Box::pin(keep(&context))).await;
}

async fn keep(context: &Context) {
    let mut wait = WAIT.0;
    loop {
        match session(context).await {
            Ok(()) => {
                wait = WAIT.0;
                sleep(STAND_BY).await;
            }
            Err(error) => {
                let reason = told(&error);
                tracing::warn!(reason, "the watch over alerts begins again");
                metrics::counter!("alerts_restarts_total").increment(1);
                context.health.set(Some(reason));
                sleep(wait).await;
                wait = (wait * 2).min(WAIT.1);
            }
        }
    }
}

/// Works while it leads; ends at once if another does.
async fn session(context: &Context) -> Result<(), Trouble> {
    let Some(leader) = Leader::try_lead(&context.own, "the watch over alerts").await? else {
        context.health.set(None);
        return Ok(());
    };
    context.health.set(None);
    let leads = async {
        while leader.still_leads().await {
            sleep(LEADS_EVERY).await;
        }
        Err(Trouble::Deposed)
    };
    tokio::select! {
        ended = Box::pin(follow(context)) => ended,
        ended = Box::pin(watch(context)) => ended,
        ended = leads => ended,
    }
}
