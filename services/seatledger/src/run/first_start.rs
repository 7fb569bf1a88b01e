//! The first start opens an account, so that there is something to log in to.

use std::path::PathBuf;

use anyhow::Result;
use command::VaultDoor;
use domain::ids::TenantId;
use uuid::Uuid;

use crate::{
    cli::Run,
    operator::{Holder, Operator, Rights},
    servers::{Servers, private_file},
    settings::Settings,
};

/// Opens an account if the log has none, writes its administrator's token to a file, and says so.
pub(crate) async fn open_account(
    settings: &Settings,
    servers: &Servers,
    options: &Run,
) -> Result<()> {
    let door = if options.demo {
        VaultDoor::open(servers.vault().await?)
    } else {
        VaultDoor::closed()
    };
    let operator = Operator::new(servers, door.clone())?;
    let opened = open(settings, servers, options, &operator, &door).await;
    operator.stop().await;
    opened
}

async fn open(
    settings: &Settings,
    servers: &Servers,
    options: &Run,
    operator: &Operator,
    door: &VaultDoor,
) -> Result<()> {
    let file = token_file(settings);
    let tenants = operator.tenants().await?;
    let tenant = match tenants.first() {
        // An earlier first start was ended half-way: it goes on where it stopped.
        Some((tenant, name)) if !operator.has_tokens().await? => {
            println!("Going on with the account {name:?}, which was not opened to the end");
            *tenant
        }
        Some(_) => {
            if options.demo {
                println!(
                    "There is an account already: the demo is for a fresh data directory only"
                );
            }
            if file.exists() {
                println!("The first administrator's token is in {}", file.display());
            }
            return Ok(());
        }
        None => {
            let (name, time_zone) = if options.demo {
                (crate::demo::MSP_NAME, crate::demo::TIME_ZONE)
            } else {
                (options.msp.as_str(), options.time_zone.as_str())
            };
            let tenant = TenantId(Uuid::now_v7());
            operator
                .create_tenant(tenant, name, time_zone, &options.currency)
                .await?;
            tenant
        }
    };
    operator.adopt_products(tenant).await?;
    if options.demo {
        crate::demo::load(servers, operator, &door.vault()?, tenant).await?;
    }
    // The token comes last: who has it finds everything else too.
    let holder = Holder::Person {
        name: "First administrator".to_owned(),
        email: "admin@localhost".to_owned(),
    };
    let rights = Rights {
        administer: true,
        reveal: true,
        ..Rights::default()
    };
    let token = operator
        .issue_token(tenant, &holder, "First administrator", &rights)
        .await?;
    private_file(&file, &format!("{}\n", token.expose()))?;
    println!("The first administrator's token is in {}:", file.display());
    println!("  {}", token.expose());
    Ok(())
}

fn token_file(settings: &Settings) -> PathBuf {
    settings.data_dir.join("admin-token")
}
