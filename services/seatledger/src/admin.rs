//! The admin command line: accounts, tokens, migrations.

use anyhow::{Context, Result, bail};
use command::VaultDoor;
use domain::ids::TenantId;
use event_log::Role;
use uuid::Uuid;
use web::token::TokenText;

use crate::{
    cli::{CreateTenant, IssueToken},
    database::{Database, connect},
    operator::{Holder, Operator, Rights},
    servers::{Need, Servers},
    settings::Settings,
};

/// Opens an account and prints its first administrator's token.
pub(crate) async fn create_tenant(settings: &Settings, options: &CreateTenant) -> Result<()> {
    with_operator(settings, async |operator| {
        let tenant = TenantId(Uuid::now_v7());
        operator
            .create_tenant(tenant, &options.name, &options.time_zone, &options.currency)
            .await?;
        operator.adopt_products(tenant).await?;
        let holder = Holder::Person {
            name: options.admin_name.clone(),
            email: options.admin_email.clone(),
        };
        let rights = Rights {
            administer: true,
            reveal: true,
            ..Rights::default()
        };
        let token = operator
            .issue_token(tenant, &holder, "First administrator", &rights)
            .await?;
        println!("account {tenant}");
        show(&token);
        Ok(())
    })
    .await
}

/// Lists the accounts.
pub(crate) async fn list_tenants(settings: &Settings) -> Result<()> {
    with_operator(settings, async |operator| {
        for (id, name) in operator.tenants().await? {
            println!("{id}  {name}");
        }
        Ok(())
    })
    .await
}

/// Makes a token and prints it.
pub(crate) async fn issue_token(settings: &Settings, options: &IssueToken) -> Result<()> {
    let holder = match (&options.person, &options.email, &options.integration) {
        (Some(name), Some(email), None) => Holder::Person {
            name: name.clone(),
            email: email.clone(),
        },
        (None, _, Some(name)) => Holder::Integration(name.clone()),
        _ => bail!("name either a person with an e-mail address, or an integration"),
    };
    with_operator(settings, async |operator| {
        let tenant = operator.tenant(options.tenant).await?;
        let rights = Rights {
            companies: options.companies.clone(),
            reveal: options.reveal,
            administer: options.administer,
        };
        show(
            &operator
                .issue_token(tenant, &holder, &options.label, &rights)
                .await?,
        );
        Ok(())
    })
    .await
}

/// Ends a token, which is named by its id or by its whole text.
pub(crate) async fn revoke_token(
    settings: &Settings,
    token: &str,
    tenant: Option<Uuid>,
) -> Result<()> {
    let id = match (TokenText::parse(token), Uuid::parse_str(token)) {
        (Ok(text), _) => text.token().0,
        (_, Ok(id)) => id,
        _ => bail!("{token:?} is neither a token nor the UUID of one"),
    };
    with_operator(settings, async |operator| {
        operator
            .revoke_token(operator.tenant(tenant).await?, id)
            .await?;
        println!("revoked {id}");
        Ok(())
    })
    .await
}

/// Takes over the well-known products that an account's catalog does not have yet.
pub(crate) async fn adopt_products(settings: &Settings, tenant: Option<Uuid>) -> Result<()> {
    with_operator(settings, async |operator| {
        let tenant = operator.tenant(tenant).await?;
        let adopted = operator.adopt_products(tenant).await?;
        println!("{adopted} products were added to the catalog of account {tenant}");
        Ok(())
    })
    .await
}

/// Brings the databases up to date.
pub(crate) async fn migrate(settings: &Settings) -> Result<()> {
    let servers = Servers::start(settings, Need::Databases).await?;
    let migrated = servers.migrate(settings).await;
    migrated.and(servers.stop().await)?;
    println!("the databases are up to date");
    Ok(())
}

/// Runs something as the operator and stops whatever that started.
async fn with_operator(
    settings: &Settings,
    work: impl AsyncFnOnce(&Operator) -> Result<()>,
) -> Result<()> {
    let servers = Servers::start(settings, Need::Databases).await?;
    let operator = Operator::new(&servers, VaultDoor::closed())?;
    let done = work(&operator).await;
    operator.stop().await;
    done.and(servers.stop().await)
}

fn show(token: &TokenText) {
    println!(
        "token {}  (id {}; shown this once)",
        token.expose(),
        token.token()
    );
}

/// Removes receipts of requests that nobody repeats any more. Runs beside the command service.
pub(crate) async fn sweep_receipts(log: &Database) -> Result<u64> {
    let janitor = connect(&log.role(Role::Janitor)?).await?;
    event_log::sweep_receipts(&janitor)
        .await
        .context("cannot remove old receipts")
}
