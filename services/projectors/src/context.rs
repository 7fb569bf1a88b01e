use bus::Bus;
use deadpool_postgres::Pool;
use read_models::{Model, Sources};
use tokio_util::sync::CancellationToken;

use crate::Health;

/// What a projector needs.
#[derive(Clone)]
pub struct Context {
    /// Where events come from while it serves.
    pub bus: Bus,
    /// The log's database as the projector.
    pub log: Pool,
    /// The read models' database as the projector; a few connections.
    pub read: Pool,
    /// Both databases as the loader, for rebuilds.
    pub sources: Sources,
    /// The models that it keeps.
    pub models: Vec<Model>,
    /// Where it tells how it stands.
    pub health: Health,
    /// Ends it.
    pub stop: CancellationToken,
}
