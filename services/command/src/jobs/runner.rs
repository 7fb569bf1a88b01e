//! Works off the jobs of all accounts, a few at a time.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use web::problem::Causes;

use super::{
    store::{Held, Jobs, StoreError},
    work::{Ended, WorkError, Worker},
};
use crate::{imports::Catalog, state::State};

/// Jobs that one process works on at once: each has 32 rows on their way, and interactive writes go between.
const AT_ONCE: usize = 2;

/// How often other processes' jobs, and those of a process that died, are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// For how long a job waits that nothing of could land, in seconds.
const AWAY_SECONDS: f64 = 30.0;

/// Works off imports until `stop`. A job that is being worked on ends its batch first; another process, or this one
/// after its next start, goes on with it.
pub async fn run(state: State, stop: CancellationToken) {
    let Some((jobs, catalog)) = state.imports() else {
        return;
    };
    let runner = || one(&state, jobs, catalog, &stop);
    let runners: [_; AT_ONCE] = std::array::from_fn(|_| runner());
    futures_util::future::join_all(runners).await;
}

async fn one(state: &State, jobs: &Jobs, catalog: &Catalog, stop: &CancellationToken) {
    let me = Uuid::now_v7();
    while !stop.is_cancelled() {
        match jobs.take(me).await {
            Ok(Some(held)) => {
                let worker = Worker {
                    state,
                    jobs,
                    catalog,
                    stop,
                };
                let ended = worker.work(&held).await;
                if let Err(error) = let_go(jobs, &held, ended).await {
                    tracing::warn!(job = %held.job, error = %Causes(&error), "a job is let go when its lease ends");
                }
                continue;
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(error = %Causes(&error), "jobs can't be looked for");
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = jobs.queued.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

async fn let_go(
    jobs: &Jobs,
    held: &Held,
    ended: Result<Ended, WorkError>,
) -> Result<(), StoreError> {
    match ended {
        Ok(Ended::Done) => jobs.end(held, "done", None).await,
        Ok(Ended::Cancelled) => jobs.end(held, "cancelled", None).await,
        Ok(Ended::Failed(why)) => jobs.end(held, "failed", Some(&why)).await,
        Ok(Ended::Away(why)) => jobs.put_back(held, Some(&why), AWAY_SECONDS).await,
        Ok(Ended::Stopped) => jobs.put_back(held, None, 0.0).await,
        Ok(Ended::Lost) => Ok(()),
        Err(error) => {
            tracing::warn!(job = %held.job, error = %Causes(&error), "an import stopped");
            match error {
                // They will be no better the next time.
                WorkError::Record(_) | WorkError::File(_) => {
                    jobs.end(held, "failed", Some(&error.to_string())).await
                }
                WorkError::Key(error) if error.is_final() => {
                    let why = "the file can't be opened any more: import it again";
                    jobs.end(held, "failed", Some(why)).await
                }
                _ => {
                    let why = "a server behind this one does not answer";
                    jobs.put_back(held, Some(why), AWAY_SECONDS).await
                }
            }
        }
    }
}
