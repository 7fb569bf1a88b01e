//! Trying an integration out before anything rests on it.

use std::collections::BTreeMap;

use domain::{
    ids::{IntegrationId, TenantId},
    integration::{Integration, IntegrationKind},
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    Context,
    connect::ConnectError,
    context::{LookupError, Setup},
    store::{Store, StoreError, folded},
    webhook,
};

/// What is wrong, for a person.
type Outcome = Result<(), String>;

/// Tries it; none if there is no such integration.
pub(crate) async fn of(
    context: &Context,
    tenant: TenantId,
    id: IntegrationId,
) -> Result<Option<Outcome>, StoreError> {
    let store = Store {
        pool: context.pool.clone(),
        tenant,
        id,
    };
    let known = folded(&store.stream(0).await?)?;
    let Some(integration) = known.filter(|known| !known.removed) else {
        return Ok(None);
    };
    let setup = match setup(context, tenant, &integration).await {
        Ok(setup) => setup,
        Err(error) => return Ok(Some(Err(error.to_string()))),
    };
    Ok(Some(tried(context, &setup).await))
}

/// An integration with its secrets opened.
pub(crate) async fn setup(
    context: &Context,
    tenant: TenantId,
    integration: &Integration,
) -> Result<Setup, LookupError> {
    let mut secrets = BTreeMap::new();
    for (name, sealed) in &integration.secrets {
        let opened = context
            .secrets
            .open(tenant, integration.id, name, *sealed)
            .await?;
        secrets.insert(name.clone(), opened);
    }
    Ok(Setup {
        id: integration.id,
        config: integration.config.clone(),
        secrets,
    })
}

async fn tried(context: &Context, setup: &Setup) -> Outcome {
    let connector = &context.connector;
    let wrong = |ConnectError(why): ConnectError| why;
    match setup.config.kind {
        IntegrationKind::Webhook => {
            let hook = connector.hook(setup).map_err(wrong)?;
            let (id, now) = (Uuid::now_v7(), context.commands.now());
            let body = json!({
                "specversion": "1.0",
                "id": id,
                "source": format!("urn:seatledger:integration:{}", setup.id),
                "type": "seatledger.Test",
                "time": now,
                "data": {},
            });
            let sent = webhook::send(
                &hook.client,
                &hook.endpoint,
                &hook.signer,
                id,
                now,
                body.to_string().into_bytes(),
            );
            sent.await.map(|_| ()).map_err(|error| error.to_string())
        }
        IntegrationKind::Email => {
            let post = connector.post(setup).map_err(wrong)?;
            post.mailer.check().await.map_err(|error| error.to_string())
        }
        _ => {
            let psa = connector.psa(setup).map_err(wrong)?;
            psa.check().await.map_err(|error| error.to_string())
        }
    }
}
