//! Write side: HTTP commands, decide, append; and the relay to JetStream.
//!
//! A request becomes an [`domain::Order`], is decided inside the append task, and answers what was recorded.
//! The shell around it is thin: `call` reads who asks and how, one file a noun reads bodies, [`State`] seals
//! secrets before a command is queued, and one table (`errors`) chooses the problem of each refusal.

mod alert_policies;
mod alerts;
mod answer;
mod asset_types;
mod assets;
mod assignments;
mod bodies;
mod bulk;
mod calendar_feeds;
mod call;
mod companies;
mod counting;
mod decider;
mod documents;
mod equal;
mod errors;
mod health;
mod holders;
pub mod imports;
mod integrations;
mod jobs;
mod keys;
mod planning;
mod policy;
mod port;
mod products;
mod purchases;
mod relay;
mod sealing;
mod secrets;
mod sharing;
mod state;
mod sweeping;
mod vault_door;

use axum::Extension;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use answer::{Answer, Done};
pub use decider::{Answered, Ledger, Writer};
pub use health::{LogCheck, RelayCheck, VaultCheck};
pub use jobs::{MigrateError, migrate, run as run_jobs};
pub use relay::relay;
pub use sealing::Known;
pub use state::{Context, State};
pub use sweeping::{ORPHAN_AGE, SweepError, sweep_secrets};
pub use vault_door::VaultDoor;

/// All routes, described and ready to be merged. The caller puts `web::shell` around them.
pub fn router(state: State) -> OpenApiRouter {
    let (operations, _) = routes().with_state(state.clone()).split_for_parts();
    let together = many_at_once().layer(Extension(bulk::Operations(operations)));
    routes().merge(together).with_state(state)
}

/// The description of all routes.
#[must_use]
pub fn document() -> OpenApi {
    routes().merge(many_at_once()).into_openapi()
}

/// Routes of one write each, which an operation of a bulk may name too.
fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .merge(asset_types::routes())
        .merge(companies::routes())
        .merge(assets::routes())
        .merge(purchases::routes())
        .merge(counting::routes())
        .merge(sharing::routes())
        .merge(planning::routes())
        .merge(products::routes())
        .merge(assignments::routes())
        .merge(holders::routes())
        .merge(keys::routes())
        .merge(secrets::routes())
        .merge(documents::routes())
        .merge(policy::routes())
        .merge(alert_policies::routes())
        .merge(alerts::routes())
}

/// Routes that stand for many writes, or for none, or that show a secret once: no operation of a bulk may name them.
fn many_at_once() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .merge(bulk::routes())
        .merge(jobs::routes())
        .merge(equal::routes())
        .merge(integrations::routes())
        .merge(calendar_feeds::routes())
}
