//! Writes the made MSP's two years into an account, as its people would have.

use anyhow::{Context, Result};
use domain::{asset::KEYS_FIELD, ids::TenantId};
use event_log::Role;
use secrecy::SecretString;
use vault::{Aad, SecretStore, StoreError, Vault};
use web::access::{HolderName, Holders as HolderNames};

use super::{Holders, NewKey, TIME_ZONE, steps};
use crate::{
    operator::{Operator, clock},
    servers::Servers,
};

/// Loads the demo. What an earlier load wrote is not written again.
///
/// # Errors
/// If a server fails, or the ledger refuses a step.
pub(crate) async fn load(
    servers: &Servers,
    operator: &Operator,
    vault: &Vault,
    tenant: TenantId,
) -> Result<()> {
    let zone = domain::calendar::parse_zone(TIME_ZONE)?;
    let holders = holders(servers, tenant).await?;
    let steps = steps(tenant, domain::calendar::day_of(clock()(), zone), &holders);
    println!("Loading the demo: {} commands", steps.len());
    let secrets = SecretStore::new(servers.log().pool(Role::Vault, 1)?);
    for step in steps {
        for key in &step.keys {
            seal(vault, &secrets, tenant, key)
                .await
                .with_context(|| format!("cannot seal the keys of {:?}", step.name))?;
        }
        operator
            .give_once(tenant, &step.name, step.command, step.reason)
            .await
            .with_context(|| format!("the demo stops at {:?}", step.name))?;
    }
    Ok(())
}

/// The names of those who hold seats are made beside the ledger, or found there.
async fn holders(servers: &Servers, tenant: TenantId) -> Result<Holders> {
    let names: Vec<HolderName> = Holders::names()
        .into_iter()
        .map(|(kind, name)| HolderName::new(kind, name.to_owned()))
        .collect();
    let known = HolderNames::new(servers.log().pool(Role::Command, 1)?);
    let ids = known.find_or_make(tenant, &names).await?;
    Ok(Holders::of_ids(ids))
}

async fn seal(vault: &Vault, secrets: &SecretStore, tenant: TenantId, key: &NewKey) -> Result<()> {
    let aad = Aad {
        tenant_id: tenant.0,
        asset_id: key.asset.0,
        secret_id: key.secret.secret_id.0,
        field_key: KEYS_FIELD.to_owned(),
        version: key.secret.version,
    };
    let value = SecretString::from(key.value.clone());
    let fingerprint = vault.fingerprint(secrets, tenant.0, &value).await?;
    let sealed = vault.seal(&aad, &value).await?;
    match secrets
        .put_with_fingerprint(&aad, &sealed, &fingerprint)
        .await
    {
        // An earlier load stored it and was ended before the ledger knew of it.
        Ok(()) | Err(StoreError::Exists(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
