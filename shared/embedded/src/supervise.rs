//! Watching a server: started again when it dies, stopped in order when asked.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::launch::Running;

/// The first pause before a server is started again; it doubles with each failure.
const BACKOFF_MIN: Duration = Duration::from_millis(100);
/// The longest pause.
const BACKOFF_MAX: Duration = Duration::from_secs(10);
/// Starts in a row that may fail before we give up: about a minute and a half with the pauses above.
const ATTEMPTS_MAX: u32 = 15;
/// A server that ran this long was well: the next failure counts from one again.
const WELL_AFTER: Duration = Duration::from_secs(60);

/// How a watched server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Not ours to run: it was not asked for.
    Absent,
    /// It runs.
    Up,
    /// It died and is being started again.
    Restarting {
        /// Failures in a row, from 1.
        attempt: u32,
        /// What ended it, or why the last start failed.
        reason: String,
    },
    /// It failed too often, and is left alone. The process should end.
    GivenUp {
        /// Why the last start failed.
        reason: String,
    },
    /// It was stopped because we were.
    Stopped,
}

/// Something that runs as a child process.
pub(crate) trait Server: Send + Sync + 'static {
    fn name(&self) -> &'static str;
    /// Starts it, recovering from what an earlier run left, and waits until it answers.
    fn launch(&self) -> impl Future<Output = Result<Running, Error>> + Send;
}

/// A running server and the task that watches it. Dropping it stops the server without waiting.
#[derive(Debug)]
pub(crate) struct Supervised {
    task: JoinHandle<Result<(), Error>>,
    stop: CancellationToken,
    condition: watch::Receiver<Condition>,
}

impl Supervised {
    /// Starts the server; fails if its first start does.
    pub(crate) async fn start<S: Server + Clone>(server: &S) -> Result<Self, Error> {
        let running = server.launch().await?;
        let stop = CancellationToken::new();
        let (report, condition) = watch::channel(Condition::Up);
        let task = tokio::spawn(supervise(server.clone(), running, report, stop.clone()));
        Ok(Self {
            task,
            stop,
            condition,
        })
    }

    pub(crate) fn condition(&self) -> watch::Receiver<Condition> {
        self.condition.clone()
    }

    /// Stops the server and waits for its end.
    pub(crate) async fn stop(mut self) -> Result<(), Error> {
        self.stop.cancel();
        match (&mut self.task).await {
            Ok(stopped) => stopped,
            Err(error) => Err(Error::file("stop", "a server")(std::io::Error::other(
                error,
            ))),
        }
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn supervise(
    server: impl Server,
    running: Running,
    report: watch::Sender<Condition>,
    stop: CancellationToken,
) -> Result<(), Error> {
    let mut running = running;
    let mut failures = 0;
    loop {
        let up_since = Instant::now();
        let ended = tokio::select! {
            ended = running.ended() => ended,
            () = stop.cancelled() => {
                let stopped = running.stop().await;
                report.send_replace(Condition::Stopped);
                return stopped;
            }
        };
        if up_since.elapsed() >= WELL_AFTER {
            failures = 0;
        }
        let mut reason = match ended {
            Ok(status) => format!("it ended with {status}"),
            Err(error) => error.to_string(),
        };
        running = loop {
            failures += 1;
            tracing::error!(
                server = server.name(),
                attempt = failures,
                reason,
                "a server died; starting it again"
            );
            if failures > ATTEMPTS_MAX {
                report.send_replace(Condition::GivenUp { reason });
                return Ok(());
            }
            report.send_replace(Condition::Restarting {
                attempt: failures,
                reason,
            });
            let started = tokio::select! {
                started = start_after(&server, backoff(failures)) => started,
                () = stop.cancelled() => {
                    report.send_replace(Condition::Stopped);
                    return Ok(());
                }
            };
            match started {
                Ok(running) => break running,
                Err(error) => reason = error.to_string(),
            }
        };
        tracing::info!(server = server.name(), "the server is up again");
        report.send_replace(Condition::Up);
    }
}

async fn start_after(server: &impl Server, pause: Duration) -> Result<Running, Error> {
    tokio::time::sleep(pause).await;
    server.launch().await
}

fn backoff(failures: u32) -> Duration {
    BACKOFF_MIN
        .saturating_mul(1 << failures.saturating_sub(1).min(16))
        .min(BACKOFF_MAX)
}
