//! Who is asking: from the bearer token to the [`Principal`].

mod authenticator;
mod extractor;
mod facts;
mod feeds;
mod holders;
mod migrate;

pub use authenticator::{AuthError, Authenticator};
pub use domain::access::Principal;
pub use extractor::{Authenticated, alongside};
pub use facts::TokenFacts;
pub use feeds::{FeedError, Feeds, OpenFeed};
pub use holders::{HolderName, Holders, HoldersError};
pub use migrate::{MigrateError, migrate};
