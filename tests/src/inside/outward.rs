//! What carries alerts to outside systems, as the one binary assembles it, with receivers on this machine allowed.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bus::Bus;
use command::VaultDoor;
use contract::Commands;
use domain::{
    ids::{IntegrationId, TenantId},
    value::SecretRef,
};
use embedded::testing::TestDatabase;
use integrations::{
    Context, DeskState,
    connect::HttpConnector,
    context::{LookupError, Secrets},
    http::Reach,
    names::ReadModelNames,
};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;
use vault::{Aad, SecretStore};
use web::access::Authenticator;

use super::pool;

/// A clock that a test moves wakes nobody, so it is looked at often.
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub(super) fn context(
    database: &TestDatabase,
    bus: Bus,
    commands: Arc<dyn Commands>,
    door: VaultDoor,
    stop: CancellationToken,
) -> Context {
    let allow = vec!["127.0.0.0/8".parse().unwrap()];
    let connector = HttpConnector::new(Reach::PublicOnly { allow }, "test.example").unwrap();
    Context {
        bus,
        pool: pool(database, "seatledger_integration"),
        commands,
        secrets: Arc::new(Sealed {
            door,
            store: SecretStore::new(pool(database, "seatledger_vault")),
        }),
        names: Arc::new(ReadModelNames::new(pool(database, "seatledger_query"))),
        connector: Arc::new(connector),
        look_every: LOOK_EVERY,
        public_url: "https://seatledger.example/".parse().unwrap(),
        stop,
    }
}

pub(super) fn desk(database: &TestDatabase, context: Context) -> DeskState {
    let tokens = Authenticator::new(pool(database, "seatledger_query"));
    let own = context.pool.clone();
    DeskState::new(context, own, tokens)
}

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
        let aad = Aad {
            tenant_id: tenant.0,
            asset_id: integration.0,
            secret_id: secret.secret_id.0,
            field_key: name.to_owned(),
            version: secret.version,
        };
        let sealed = self.store.get(&aad).await;
        let sealed = sealed
            .map_err(|error| failed(error.into()))?
            .ok_or_else(|| failed("it is not in the vault".into()))?;
        let vault = self.door.vault().map_err(|error| failed(error.into()))?;
        let opened = vault.open(&aad, &sealed).await;
        opened.map_err(|error| failed(error.into()))
    }
}
