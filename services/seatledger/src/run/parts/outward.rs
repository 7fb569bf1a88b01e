//! What carries alerts and events to outside systems.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use command::VaultDoor;
use contract::Commands;
use domain::{
    ids::{IntegrationId, TenantId},
    value::SecretRef,
};
use event_log::Role;
use integrations::{
    Context, DeskState,
    connect::HttpConnector,
    context::{LOOK_EVERY, LookupError, Secrets},
    http::Reach,
    names::ReadModelNames,
};
use secrecy::SecretString;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use vault::{Aad, SecretStore};
use web::access::Authenticator;

use super::{Assembly, LOOP_CONNECTIONS_MAX, connect_bus};
use crate::{servers::Servers, settings::Settings};

/// Connections of the service: each integration at work holds one for moments.
const CONNECTIONS_MAX: usize = 8;

pub(super) async fn add_integrations(
    assembly: &mut Assembly,
    servers: &Servers,
    settings: &Settings,
    (commands, door): (Arc<dyn Commands>, VaultDoor),
    loops: &TaskTracker,
    stop: &CancellationToken,
) -> Result<()> {
    assembly.needs("log, to carry out", servers.log(), Role::Integration)?;
    let pool = servers.log().pool(Role::Integration, CONNECTIONS_MAX)?;
    let hooks = Reach::PublicOnly {
        allow: settings.webhook_allow.clone(),
    };
    let host = settings.public_url.host_str().unwrap_or("localhost");
    let connector = HttpConnector::new(hooks, host).context("cannot speak to other systems")?;
    let reads = servers.read().pool(Role::Query, LOOP_CONNECTIONS_MAX)?;
    let context = Context {
        bus: connect_bus(servers).await?,
        pool: pool.clone(),
        commands,
        secrets: Arc::new(Sealed {
            door,
            store: SecretStore::new(servers.log().pool(Role::Vault, LOOP_CONNECTIONS_MAX)?),
        }),
        names: Arc::new(ReadModelNames::new(reads)),
        connector: Arc::new(connector),
        look_every: LOOK_EVERY,
        public_url: settings.public_url.clone(),
        stop: stop.clone(),
    };
    let tokens = servers.log().pool(Role::Query, LOOP_CONNECTIONS_MAX)?;
    let desk = DeskState::new(context.clone(), pool, Authenticator::new(tokens));
    assembly.routes = std::mem::take(&mut assembly.routes).merge(integrations::router(desk));
    loops.spawn(integrations::run(context));
    Ok(())
}

/// The vault, as far as integrations need it.
struct Sealed {
    door: VaultDoor,
    store: SecretStore,
}

#[async_trait]
impl Secrets for Sealed {
    async fn open(
        &self,
        tenant: TenantId,
        integration: IntegrationId,
        name: &str,
        secret: SecretRef,
    ) -> Result<SecretString, LookupError> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| LookupError {
            what: "a secret of the integration",
            source,
        };
        // As the command service sealed it: the integration stands where an asset does.
        let aad = Aad {
            tenant_id: tenant.0,
            asset_id: integration.0,
            secret_id: secret.secret_id.0,
            field_key: name.to_owned(),
            version: secret.version,
        };
        let sealed = self
            .store
            .get(&aad)
            .await
            .map_err(|error| failed(error.into()))?
            .ok_or_else(|| failed("it is not in the vault".into()))?;
        let vault = self.door.vault().map_err(|error| failed(error.into()))?;
        vault
            .open(&aad, &sealed)
            .await
            .map_err(|error| failed(error.into()))
    }
}
