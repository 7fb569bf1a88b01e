//! The log in a database of its own, the read models built from it, and the query service in this process.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context, Result};
use chrono::Utc;
use deadpool_postgres::{Manager, Pool};
use embedded::testing::{self, TestDatabase};
use query::QueryConfig;
use read_models::{Model, Sources, rebuild};
use tokio_postgres::{Client, Config, NoTls};
use tokio_util::sync::CancellationToken;

use crate::made::Made;

/// The query service's connections; as many as `seatledger` gives it.
const CONNECTIONS: usize = 16;

/// What the product's own Postgres is set to, and the one of tests is not.
const PLANNED_AS: &str =
    "alter role all set random_page_cost = 1.1; alter role all set effective_cache_size = '1GB'";

pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
    _database: TestDatabase,
}

async fn connect(config: &Config) -> Result<Client> {
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

fn pool(config: Config, size: usize) -> Result<Pool> {
    let manager = Manager::new(config, NoTls);
    Pool::builder(manager)
        .max_size(size)
        .build()
        .context("no pool")
}

impl Served {
    pub(crate) async fn start(made: &Made) -> Result<Self> {
        let database = testing::postgres().empty_database().await;
        let mut superuser = connect(&database.owner_config()).await?;
        superuser.batch_execute(PLANNED_AS).await?;
        event_log::migrate(&mut superuser).await?;
        web::access::migrate(&mut superuser).await?;
        read_models::migrate(&mut superuser).await?;
        let began = std::time::Instant::now();
        let token = made.write(&superuser, Utc::now().date_naive()).await?;
        superuser.batch_execute("vacuum analyze log.event").await?;
        let written = began.elapsed();
        let loader = pool(
            database.config("seatledger_loader"),
            read_models::CONNECTIONS,
        )?;
        let (log, read) = (loader.clone(), loader.clone());
        rebuild(&Sources { log, read }, &Model::ALL, Arc::new(|_| {})).await?;
        println!(
            "written in {:.1} s, built in {:.1} s\n",
            written.as_secs_f64(),
            (began.elapsed() - written).as_secs_f64()
        );
        let reads = pool(database.config("seatledger_query"), CONNECTIONS)?;
        let log = pool(database.config("seatledger_query"), CONNECTIONS)?;
        let (router, _) = query::router(QueryConfig {
            reads,
            log,
            clock: Arc::new(Utc::now),
            stop: CancellationToken::new(),
        })
        .split_for_parts();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move { axum::serve(listener, web::shell::shell(router)).await });
        Ok(Self {
            address,
            token,
            _database: database,
        })
    }
}
