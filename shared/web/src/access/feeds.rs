//! Looks calendar feeds up by their addresses.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use deadpool_postgres::{Pool, PoolError};
use domain::{
    access::{Actor, Principal},
    ids::{CompanyId, FeedId, TenantId, TokenId},
};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    feed::FeedAddress,
    problem::{Kind, Problem},
    rate_limit::{Rate, RateLimiter},
};

/// How often one feed is read: calendar programs ask a few times an hour, each for itself.
const FEED_RATE: Rate = Rate {
    per_second: 1.0,
    burst: 60.0,
};

/// Turns the address of a feed into what it shows. For *query* alone; cheap to clone.
#[derive(Clone)]
pub struct Feeds {
    pool: Pool,
    limiter: Arc<RateLimiter>,
}

/// A feed that is open.
#[derive(Debug, Clone)]
pub struct OpenFeed {
    /// What it is called.
    pub label: String,
    /// Whoever reads it: sees the feed's companies, and may do nothing else.
    pub principal: Principal,
}

/// Why a feed is not shown.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// Unknown, closed, or its secret is wrong; which one is not for the caller to know.
    #[error("there is no such calendar")]
    None,
    /// It is read more often than any calendar program does.
    #[error("the calendar is read too often")]
    TooMany(Duration),
    /// No connection to the log.
    #[error("could not get a connection to look a calendar feed up")]
    Connect(#[source] PoolError),
    /// The look-up failed.
    #[error("could not look a calendar feed up")]
    LookUp(#[source] tokio_postgres::Error),
    /// The feed's opening can't be read, which is a mistake of ours.
    #[error("the opening of calendar feed {} can't be read", .0.0)]
    Unreadable(FeedId, #[source] serde_json::Error),
}

/// The payload of `FeedOpened`, `schema_version` 1, as far as it is needed here: this crate stands below the contract.
#[derive(Deserialize)]
struct Opened {
    label: String,
    secret_sha256: String,
    companies: Option<Vec<Uuid>>,
}

impl Feeds {
    /// Looks feeds up through this pool, which logs in as *query*.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self {
            pool,
            limiter: Arc::new(RateLimiter::new(FEED_RATE)),
        }
    }

    /// The feed that is open at an address. Read anew each time, so a closed one answers nobody. Counts against the
    /// feed's rate once the secret has proved right.
    ///
    /// # Errors
    /// [`FeedError`].
    pub async fn open(&self, address: &FeedAddress) -> Result<OpenFeed, FeedError> {
        let feed = address.feed();
        let client = self.pool.get().await.map_err(FeedError::Connect)?;
        let statement = client
            .prepare_cached(include_str!("feed.sql"))
            .await
            .map_err(FeedError::LookUp)?;
        let row = client.query_opt(&statement, &[&feed.0]).await;
        let row = row.map_err(FeedError::LookUp)?.ok_or(FeedError::None)?;
        let read = |error| FeedError::LookUp(error);
        let tenant: Uuid = row.try_get(0).map_err(read)?;
        let opened: &str = row.try_get(1).map_err(read)?;
        let closed: bool = row.try_get(2).map_err(read)?;
        let opened: Opened =
            serde_json::from_str(opened).map_err(|error| FeedError::Unreadable(feed, error))?;
        if !address.matches(&opened.secret_sha256) || closed {
            return Err(FeedError::None);
        }
        // By its id: an address of the network is whatever the sender likes.
        self.limiter
            .take(TokenId(feed.0), Instant::now())
            .map_err(FeedError::TooMany)?;
        let companies = opened.companies;
        Ok(OpenFeed {
            principal: Principal {
                tenant: TenantId(tenant),
                token: TokenId(feed.0),
                actor: Actor::Integration(opened.label.clone()),
                companies: companies.map(|ids| ids.into_iter().map(CompanyId).collect()),
                may_reveal: false,
                may_administer: false,
            },
            label: opened.label,
        })
    }
}

impl From<FeedError> for Problem {
    fn from(error: FeedError) -> Self {
        match error {
            FeedError::None => Self::new(Kind::NotFound).with_detail(error.to_string()),
            FeedError::TooMany(wait) => Self::new(Kind::RateLimited).with_retry_after(wait),
            FeedError::Connect(_) | FeedError::LookUp(_) => Self::unavailable(&error),
            FeedError::Unreadable(..) => Self::internal(&error),
        }
    }
}
