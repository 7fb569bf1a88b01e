//! What decides and appends, of which a process has one, whoever in it gives commands.

use std::sync::Arc;

use anyhow::Result;
use command::VaultDoor;
use contract::Commands;
use event_log::{AppenderConfig, Role};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use vault::SecretStore;
use web::access::Authenticator;

use super::HTTP_CONNECTIONS_MAX;
use crate::{operator::clock, servers::Servers, settings::Settings};

#[derive(Clone)]
pub(super) struct WriteSide {
    pub(super) writer: command::Writer,
    pub(super) state: command::State,
    pub(super) door: VaultDoor,
}

impl WriteSide {
    /// Starts the writer, which stops last of all.
    pub(super) async fn start(
        servers: &Servers,
        settings: &Settings,
        seals: bool,
        loops: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<Self> {
        let config = AppenderConfig::new(servers.log().role(Role::Command)?);
        let writer = command::Writer::start(command::Ledger, config, clock());
        let pool = servers.log().pool(Role::Command, HTTP_CONNECTIONS_MAX)?;
        let secrets = SecretStore::new(servers.log().pool(Role::Vault, HTTP_CONNECTIONS_MAX)?);
        let door = if seals {
            Self::open_vault(servers).await
        } else {
            VaultDoor::closed()
        };
        let state = command::State::new(
            writer.clone(),
            Authenticator::new(pool).remembering(),
            secrets,
            door.clone(),
            settings.receipt_key()?,
        );
        let (stopping, stopped) = (writer.clone(), stop.clone());
        loops.spawn(async move {
            stopped.cancelled().await;
            stopping.stop().await;
        });
        Ok(Self {
            writer,
            state,
            door,
        })
    }

    async fn open_vault(servers: &Servers) -> VaultDoor {
        match servers.vault().await {
            Ok(vault) => VaultDoor::open(vault),
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "secrets are not to be had");
                servers
                    .hsm()
                    .map_or_else(VaultDoor::closed, VaultDoor::connecting)
            }
        }
    }

    /// How services in this process give commands.
    pub(super) fn commands(&self) -> Arc<dyn Commands> {
        Arc::new(self.state.clone())
    }
}
