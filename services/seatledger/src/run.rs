//! Running the services: all of them in one process, or one of them.

mod first_start;
mod parts;

use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use parts::{Parts, rebuild_sources};

use crate::{
    cli::Run,
    servers::{Need, Servers},
    settings::{Listen, Settings},
    stop,
};

/// How long open requests and the loops may take to finish once a stop was asked for.
const STOP_WAIT: Duration = Duration::from_secs(10);

/// Runs everything in one process, and opens an account at the first start.
pub(crate) async fn everything(settings: &Settings, options: &Run) -> Result<()> {
    let stop = stop::on_signal().context("cannot listen for signals")?;
    // Before anything is written: an account that is opened should be reachable at the address given.
    let listener = bind(&options.listen).await?;
    let servers = tokio::select! {
        servers = Servers::start(settings, Need::All) => servers?,
        () = stop.cancelled() => return Ok(()),
    };
    let served = async {
        first_start::open_account(settings, &servers, options).await?;
        serve(&servers, settings, listener, Parts::ALL, &stop).await
    }
    .await;
    served.and(servers.stop().await)
}

/// Runs one service, on servers that the settings name.
pub(crate) async fn part(settings: &Settings, listen: &Listen, parts: Parts) -> Result<()> {
    let stop = stop::on_signal().context("cannot listen for signals")?;
    let need = if parts.seals() {
        Need::DatabasesAndHsm
    } else {
        Need::Databases
    };
    let listener = bind(listen).await?;
    let servers = Servers::start(settings, need).await?;
    let served = serve(&servers, settings, listener, parts, &stop).await;
    served.and(servers.stop().await)
}

async fn bind(listen: &Listen) -> Result<TcpListener> {
    TcpListener::bind(listen.listen).await.with_context(|| {
        format!(
            "cannot listen on {}: choose another address with --listen, such as 127.0.0.1:0",
            listen.listen
        )
    })
}

async fn serve(
    servers: &Servers,
    settings: &Settings,
    listener: TcpListener,
    parts: Parts,
    stop: &CancellationToken,
) -> Result<()> {
    let loops = TaskTracker::new();
    // Loops are stopped after the last request was answered, which may wait for them.
    let stop_loops = CancellationToken::new();
    let served = parts::serve(servers, settings, parts, &loops, stop, &stop_loops).await?;
    let address = listener
        .local_addr()
        .context("the listener has no address")?;
    let lost = watch_embedded(servers, stop);
    let announce = async {
        served.ready().await;
        println!("Seatledger is at http://{address}  (routes: http://{address}/docs)");
        std::future::pending::<Result<()>>().await
    };
    tokio::select! {
        answered = answer(listener, served.router.clone(), stop) => answered?,
        announced = announce => announced?,
    }
    stop_loops.cancel();
    loops.close();
    if tokio::time::timeout(STOP_WAIT, loops.wait()).await.is_err() {
        tracing::warn!("some loops did not stop in time");
    }
    if lost.is_cancelled() {
        anyhow::bail!("an embedded server could not be kept running; its log says why")
    }
    Ok(())
}

/// Serves until a stop is asked for, then lets open requests finish for a while.
async fn answer(listener: TcpListener, router: Router, stop: &CancellationToken) -> Result<()> {
    let serving =
        axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
    let overdue = async {
        stop.cancelled().await;
        tokio::time::sleep(STOP_WAIT).await;
    };
    tokio::select! {
        served = serving => served.context("cannot serve"),
        () = overdue => {
            tracing::warn!("some requests did not finish in time");
            Ok(())
        }
    }
}

/// Stops everything if an embedded server is given up. The answer is cancelled in that case.
fn watch_embedded(servers: &Servers, stop: &CancellationToken) -> CancellationToken {
    let lost = CancellationToken::new();
    let Some(conditions) = servers.conditions() else {
        return lost;
    };
    for mut condition in [conditions.postgres, conditions.nats] {
        let (lost, stop) = (lost.clone(), stop.clone());
        tokio::spawn(async move {
            let given_up = condition
                .wait_for(|condition| matches!(condition, embedded::Condition::GivenUp { .. }));
            if given_up.await.is_ok() {
                lost.cancel();
                stop.cancel();
            }
        });
    }
    lost
}
