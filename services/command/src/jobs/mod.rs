//! Imports as jobs: what was sent is kept until it is worked off, whatever happens to the process.
//!
//! `upload` reads a file, says what it made of its columns and keeps its rows, sealed if they hold secrets.
//! [`run`] works them off in batches, each with its checkpoint: after a kill another runner goes on where the last
//! batch ended, and a row that is given twice changes nothing. `routes` show, follow and cancel.

mod content;
mod events;
mod faults;
mod file_key;
mod job;
mod migrate;
mod routes;
mod runner;
mod settings;
mod store;
mod upload;
mod work;

use std::time::Duration;

use utoipa_axum::router::OpenApiRouter;

pub use migrate::{MigrateError, migrate};
pub use runner::run;
pub(crate) use store::Jobs;

use crate::state::State;

/// Jobs of one account that have not ended: more are refused until some have.
pub(crate) const OPEN_MAX: i64 = 5;
/// Jobs of one account that are kept after they ended.
const KEPT_MAX: i64 = 200;
/// Days for which a job is kept after it ended.
const KEPT_DAYS: i32 = 30;
/// Failed rows that a job shows itself; all of them stand in its list of faults.
const FAULTS_SHOWN: i64 = 100;
/// Rows between two checkpoints: less than a second's work, so that little is done again after a kill.
const BATCH_ROWS: usize = 200;
/// For how long a runner holds a job without a sign of life. Longer than any batch takes.
const LEASE: Duration = Duration::from_secs(60);

pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .merge(upload::routes())
        .merge(routes::routes())
}
