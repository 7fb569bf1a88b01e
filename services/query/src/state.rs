use std::sync::Arc;

use axum::extract::FromRef;
use deadpool_postgres::Pool;
use event_log::{Clock, Reader};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use web::access::{Authenticator, Feeds};

use crate::{ledger, tenants::Tenants};

/// What the query service is started with.
pub struct QueryConfig {
    /// The read models, as *query*.
    pub reads: Pool,
    /// The log, as *query*: for the feed, for tokens, and for the names of people.
    pub log: Pool,
    /// The time; a day is the tenant's day at it.
    pub clock: Clock,
    /// Ends the streams that are open, so that the server can stop.
    pub stop: CancellationToken,
}

/// What every route has at hand. Cheap to clone.
#[derive(Clone)]
pub(crate) struct QueryState {
    pub(crate) reads: Pool,
    pub(crate) people: Pool,
    pub(crate) log: Reader,
    pub(crate) head: ledger::Head,
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) authenticator: Authenticator,
    pub(crate) feeds: Feeds,
    pub(crate) tenants: Tenants,
    pub(crate) clock: Clock,
    pub(crate) stop: CancellationToken,
}

impl QueryState {
    pub(crate) fn new(config: QueryConfig) -> Self {
        let log = Reader::new(config.log.clone());
        Self {
            reads: config.reads,
            people: config.log.clone(),
            head: ledger::Head::new(log.clone()),
            log,
            streams: ledger::places(),
            feeds: Feeds::new(config.log.clone()),
            // A revoked token is refused at once.
            authenticator: Authenticator::new(config.log).confirming(),
            tenants: Tenants::default(),
            clock: config.clock,
            stop: config.stop,
        }
    }
}

impl FromRef<QueryState> for Authenticator {
    fn from_ref(state: &QueryState) -> Self {
        state.authenticator.clone()
    }
}
