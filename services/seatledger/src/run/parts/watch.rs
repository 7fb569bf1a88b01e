//! What finds by itself what should be acted on.

use std::sync::Arc;

use anyhow::Result;
use async_trait::async_trait;
use contract::Commands;
use event_log::Role;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use web::health::{Check, Health};

use super::{Assembly, LOOP_CONNECTIONS_MAX, connect_bus};
use crate::servers::Servers;

/// Connections to the read models: several accounts are looked at at once.
const READS_MAX: usize = 4;

pub(super) async fn add_alerts(
    assembly: &mut Assembly,
    servers: &Servers,
    commands: Arc<dyn Commands>,
    loops: &TaskTracker,
    stop: &CancellationToken,
) -> Result<()> {
    assembly.needs("log, to find alerts", servers.log(), Role::Alerts)?;
    let health = alerts::Health::default();
    assembly.checks.push(Arc::new(AlertsCheck(health.clone())));
    loops.spawn(alerts::run(alerts::Context {
        bus: connect_bus(servers).await?,
        log: servers.log().pool(Role::Alerts, LOOP_CONNECTIONS_MAX)?,
        own: servers.log().pool(Role::Alerts, LOOP_CONNECTIONS_MAX + 1)?,
        reads: servers.read().pool(Role::Query, READS_MAX)?,
        commands,
        health,
        stop: stop.clone(),
    }));
    Ok(())
}

/// Everything else works without.
struct AlertsCheck(alerts::Health);

#[async_trait]
impl Check for AlertsCheck {
    fn name(&self) -> &str {
        "alerts"
    }

    async fn check(&self) -> Health {
        match self.0.trouble() {
            None => Health::Ready,
            Some(why) => Health::Degraded(why),
        }
    }
}
