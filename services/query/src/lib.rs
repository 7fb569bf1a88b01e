//! Read side: HTTP queries, exports and the live stream.
//!
//! Every read asks the read models in one transaction of one round trip, as a role that sees one tenant, or the
//! log itself. What a token may see is decided anew for each request.

mod alert_policies;
mod alerts;
mod asset_types;
mod assets;
mod audit_trail;
mod calendar;
mod calendar_feeds;
mod companies;
mod compliance;
mod count_sheet;
mod documents;
mod error;
mod expiries;
mod export;
mod holdings;
mod integrations;
mod ledger;
mod money;
mod page;
mod parameters;
mod people;
mod period;
mod policy;
mod products;
mod read;
mod review;
mod row;
mod seat_history;
mod spend;
mod stale;
mod state;
mod tags;
mod tenants;
mod usage;
mod vendors;

use axum::middleware::from_fn_with_state;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use export::{defang, refang};
pub use state::QueryConfig;

/// All routes with their description; the shell around them, the document's head and its problems are for
/// whoever mounts them.
#[must_use]
pub fn router(config: QueryConfig) -> OpenApiRouter {
    let state = state::QueryState::new(config);
    let authenticator = state.authenticator.clone();
    OpenApiRouter::new()
        .routes(routes!(asset_types::list))
        .routes(routes!(asset_types::one))
        .routes(routes!(companies::list))
        .routes(routes!(companies::one))
        .routes(routes!(review::one))
        .routes(routes!(documents::list))
        .routes(routes!(documents::one))
        .routes(routes!(tags::list))
        .routes(routes!(vendors::list))
        .routes(routes!(policy::one))
        .routes(routes!(assets::list))
        .routes(routes!(assets::one))
        .routes(routes!(holdings::purchases))
        .routes(routes!(holdings::assignments_of_asset))
        .routes(routes!(holdings::allocations))
        .routes(routes!(holdings::keys))
        .routes(routes!(holdings::renewals))
        .routes(routes!(usage::one))
        .routes(routes!(holdings::assignments))
        .routes(routes!(products::list))
        .routes(routes!(products::unresolved))
        .routes(routes!(products::one))
        .routes(routes!(count_sheet::list))
        .routes(routes!(spend::list))
        .routes(routes!(seat_history::list))
        .routes(routes!(audit_trail::timeline))
        .routes(routes!(compliance::list))
        .routes(routes!(compliance::summary))
        .routes(routes!(expiries::list))
        .routes(routes!(alerts::list))
        .routes(routes!(alerts::one))
        .routes(routes!(alerts::tickets))
        .routes(routes!(alert_policies::of_company))
        .routes(routes!(alert_policies::of_asset_type))
        .routes(routes!(alert_policies::of_asset))
        .routes(routes!(integrations::list))
        .routes(routes!(integrations::one))
        .routes(routes!(integrations::kinds))
        .routes(routes!(calendar_feeds::list))
        .routes(routes!(calendar::of_token))
        .routes(routes!(calendar::of_feed))
        .routes(routes!(audit_trail::list))
        .routes(routes!(ledger::entries))
        .routes(routes!(ledger::stream))
        .route_layer(from_fn_with_state(authenticator, web::access::alongside))
        .with_state(state)
}
