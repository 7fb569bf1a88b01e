use std::sync::Arc;

use bus::Bus;
use contract::Commands;
use deadpool_postgres::Pool;
use tokio_util::sync::CancellationToken;

use crate::Health;

/// What the service needs.
#[derive(Clone)]
pub struct Context {
    /// Where events come from.
    pub bus: Bus,
    /// The log's database as a role that sees the whole log.
    pub log: Pool,
    /// The log's database as *alerts*, for what the service keeps.
    pub own: Pool,
    /// The read models' database as *query*.
    pub reads: Pool,
    /// Where what is found goes.
    pub commands: Arc<dyn Commands>,
    /// Where it tells how it stands.
    pub health: Health,
    /// Ends it.
    pub stop: CancellationToken,
}
