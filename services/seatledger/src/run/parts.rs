//! The services that one process runs, wired to its servers.

mod outward;
mod watch;
mod write_side;

use std::sync::Arc;

use anyhow::{Context, Result};
use async_trait::async_trait;
use axum::Router;
use bus::{Bus, BusConfig, RelayConfig};
use command::{LogCheck, RelayCheck, VaultCheck};
use event_log::{Reader, Role};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use utoipa_axum::router::OpenApiRouter;
use web::health::{Check, Health};

use write_side::WriteSide;

use crate::{database::Database, openapi, operator::clock, servers::Servers, settings::Settings};

/// Connections of each pool that serves HTTP: Postgres answers most statements in well under a millisecond, so
/// few connections carry many requests.
const HTTP_CONNECTIONS_MAX: usize = 12;
/// Connections of each pool that one loop uses.
const LOOP_CONNECTIONS_MAX: usize = 2;
/// Connections of the projectors' pool: one transaction at a time, and looks at how it stands.
const PROJECTOR_CONNECTIONS_MAX: usize = 4;
/// Receipts are kept for a day; looking once an hour keeps no more than an hour too many.
const SWEEP_EVERY: std::time::Duration = std::time::Duration::from_secs(3_600);

/// Which services a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts {
    command: bool,
    projectors: bool,
    query: bool,
    alerts: bool,
    integrations: bool,
}

impl Parts {
    const NONE: Self = Self {
        command: false,
        projectors: false,
        query: false,
        alerts: false,
        integrations: false,
    };
    /// Everything.
    pub(crate) const ALL: Self = Self {
        command: true,
        projectors: true,
        query: true,
        alerts: true,
        integrations: true,
    };
    /// The write side and the relay.
    pub(crate) const COMMAND: Self = Self {
        command: true,
        ..Self::NONE
    };
    /// What feeds the read models.
    pub(crate) const PROJECTORS: Self = Self {
        projectors: true,
        ..Self::NONE
    };
    /// The read side.
    pub(crate) const QUERY: Self = Self {
        query: true,
        ..Self::NONE
    };
    /// What finds alerts.
    pub(crate) const ALERTS: Self = Self {
        alerts: true,
        ..Self::NONE
    };

    /// What carries them to outside systems.
    pub(crate) const INTEGRATIONS: Self = Self {
        integrations: true,
        ..Self::NONE
    };

    /// Whether it needs the HSM.
    pub(crate) fn seals(self) -> bool {
        self.command || self.integrations
    }

    /// Whether it gives commands.
    fn commands(self) -> bool {
        self.command || self.alerts || self.integrations
    }
}

/// What the parts add to the process.
#[derive(Default)]
struct Assembly {
    routes: OpenApiRouter,
    checks: Vec<Arc<dyn Check>>,
}

impl Assembly {
    /// A database that a part cannot do without. It is asked over a connection of its own: busy ones would make
    /// a load that passes look like a database that is away.
    fn needs(&mut self, name: &'static str, database: &Database, role: Role) -> Result<()> {
        let pool = database.pool(role, 1)?;
        self.checks.push(Arc::new(DatabaseCheck { name, pool }));
        Ok(())
    }
}

/// What a process serves.
pub(crate) struct Served {
    pub(crate) router: Router,
    checks: Vec<Arc<dyn Check>>,
}

impl Served {
    /// Waits until every part can do its work.
    pub(crate) async fn ready(&self) {
        /// Often enough that nobody who waits for the address notices.
        const LOOK_AGAIN: std::time::Duration = std::time::Duration::from_millis(20);
        /// Who waits longer than this wants to know for what.
        const SAY_AFTER: std::time::Duration = std::time::Duration::from_secs(5);
        let began = tokio::time::Instant::now();
        for check in &self.checks {
            let mut said = false;
            while let Health::NotReady(why) = check.check().await {
                if !said && began.elapsed() >= SAY_AFTER {
                    tracing::warn!(waits_for = check.name(), why, "not ready yet");
                    said = true;
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
    }
}

/// Starts the loops of the parts and assembles all that they serve.
pub(crate) async fn serve(
    servers: &Servers,
    settings: &Settings,
    parts: Parts,
    loops: &TaskTracker,
    stop: &CancellationToken,
    stop_loops: &CancellationToken,
) -> Result<Served> {
    let metrics = web::telemetry::Metrics::install().context("cannot collect metrics")?;
    let mut assembly = Assembly::default();
    let write_side = match parts.commands() {
        true => Some(WriteSide::start(servers, settings, parts.seals(), loops, stop_loops).await?),
        false => None,
    };
    if let Some(write_side) = &write_side {
        if parts.command {
            add_command(&mut assembly, servers, write_side, loops, stop_loops).await?;
        }
        if parts.alerts {
            let commands = write_side.commands();
            watch::add_alerts(&mut assembly, servers, commands, loops, stop_loops).await?;
        }
        if parts.integrations {
            let ways = (write_side.commands(), write_side.door.clone());
            outward::add_integrations(&mut assembly, servers, settings, ways, loops, stop_loops)
                .await?;
        }
    }
    if parts.projectors {
        add_projectors(&mut assembly, servers, loops, stop_loops).await?;
    }
    if parts.query {
        add_query(&mut assembly, servers, stop)?;
    }
    let (routes, described) = assembly.routes.split_for_parts();
    let document = openapi::document(described);
    let router = routes
        .merge(openapi::routes(&document))
        .merge(web::problem::pages())
        .merge(web::health::routes(assembly.checks.clone()))
        .merge(metrics.routes());
    Ok(Served {
        router: web::shell::shell(router),
        checks: assembly.checks,
    })
}

async fn add_command(
    assembly: &mut Assembly,
    servers: &Servers,
    write_side: &WriteSide,
    loops: &TaskTracker,
    stop: &CancellationToken,
) -> Result<()> {
    let WriteSide {
        writer,
        state,
        door,
        ..
    } = write_side.clone();
    let pool = servers.log().pool(Role::Command, HTTP_CONNECTIONS_MAX)?;
    // Of its own: the relay must not wait behind an import.
    let jobs_reader = Reader::new(servers.log().pool(Role::Relay, LOOP_CONNECTIONS_MAX)?);
    let reader = Reader::new(servers.log().pool(Role::Relay, LOOP_CONNECTIONS_MAX)?);
    let state = state
        .sweeping(reader.clone())
        .importing(command::imports::Catalog::new(pool, jobs_reader));
    loops.spawn(command::run_jobs(state.clone(), stop.clone()));
    assembly.routes = std::mem::take(&mut assembly.routes).merge(command::router(state));

    let relay = command::relay(connect_bus(servers).await?, reader, RelayConfig::default());
    assembly.checks.push(Arc::new(LogCheck(writer.clone())));
    assembly.checks.push(Arc::new(VaultCheck(door)));
    assembly.checks.push(Arc::new(RelayCheck(relay.health())));
    let (head, stop_relay) = (writer.head(), stop.clone());
    loops.spawn(async move { relay.run(head, stop_relay).await });
    let (log, stop_sweep) = (servers.log().clone(), stop.clone());
    loops.spawn(async move {
        while stop_sweep
            .run_until_cancelled(tokio::time::sleep(SWEEP_EVERY))
            .await
            .is_some()
        {
            if let Err(error) = crate::admin::sweep_receipts(&log).await {
                tracing::warn!(error = format!("{error:#}"), "old receipts stay for now");
            }
        }
    });
    Ok(())
}

async fn connect_bus(servers: &Servers) -> Result<Bus> {
    Bus::connect(BusConfig::new(servers.nats_url()))
        .await
        .context("cannot reach NATS")
}

async fn add_projectors(
    assembly: &mut Assembly,
    servers: &Servers,
    loops: &TaskTracker,
    stop: &CancellationToken,
) -> Result<()> {
    let health = projectors::Health::new();
    assembly.needs("log, to project", servers.log(), Role::Projector)?;
    assembly.needs("read models, to write", servers.read(), Role::Projector)?;
    let context = projectors::Context {
        bus: connect_bus(servers).await?,
        log: servers.log().pool(Role::Projector, LOOP_CONNECTIONS_MAX)?,
        read: servers
            .read()
            .pool(Role::Projector, PROJECTOR_CONNECTIONS_MAX)?,
        sources: rebuild_sources(servers)?,
        models: projectors::Model::ALL.to_vec(),
        health: health.clone(),
        stop: stop.clone(),
    };
    assembly.checks.push(Arc::new(ProjectorsCheck(health)));
    loops.spawn(projectors::run(context));
    Ok(())
}

/// What a rebuild reads from and writes to.
pub(crate) fn rebuild_sources(servers: &Servers) -> Result<projectors::Sources> {
    Ok(projectors::Sources {
        log: servers.log().pool(Role::Loader, LOOP_CONNECTIONS_MAX)?,
        read: servers
            .read()
            .pool(Role::Loader, read_models::CONNECTIONS)?,
    })
}

/// Whether a database answers.
struct DatabaseCheck {
    name: &'static str,
    pool: deadpool_postgres::Pool,
}

#[async_trait]
impl Check for DatabaseCheck {
    fn name(&self) -> &str {
        self.name
    }

    async fn check(&self) -> Health {
        /// A load balancer's patience, with some to spare.
        const ANSWER_WAIT: std::time::Duration = std::time::Duration::from_secs(1);
        let asked = async {
            let client = self.pool.get().await?;
            client.batch_execute("select 1").await?;
            Ok::<_, deadpool_postgres::PoolError>(())
        };
        match tokio::time::timeout(ANSWER_WAIT, asked).await {
            Ok(Ok(())) => Health::Ready,
            Ok(Err(error)) => {
                tracing::debug!(%error, database = self.name, "a database does not answer");
                Health::NotReady("it can't be reached".to_owned())
            }
            Err(_) => Health::NotReady(format!("no answer within {ANSWER_WAIT:?}")),
        }
    }
}

/// The read models: queries can be answered while some are behind, but not before they were built once.
struct ProjectorsCheck(projectors::Health);

#[async_trait]
impl Check for ProjectorsCheck {
    fn name(&self) -> &str {
        "read models"
    }

    async fn check(&self) -> Health {
        match self.0.standing() {
            projectors::Standing::Ready => Health::Ready,
            projectors::Standing::Degraded(why) => Health::Degraded(why),
            projectors::Standing::NotReady(why) => Health::NotReady(why),
        }
    }
}

fn add_query(assembly: &mut Assembly, servers: &Servers, stop: &CancellationToken) -> Result<()> {
    assembly.needs("log, to query", servers.log(), Role::Query)?;
    assembly.needs("read models, to query", servers.read(), Role::Query)?;
    let config = query::QueryConfig {
        reads: servers.read().pool(Role::Query, HTTP_CONNECTIONS_MAX)?,
        log: servers.log().pool(Role::Query, HTTP_CONNECTIONS_MAX)?,
        clock: clock(),
        stop: stop.clone(),
    };
    assembly.routes = std::mem::take(&mut assembly.routes).merge(query::router(config));
    Ok(())
}
