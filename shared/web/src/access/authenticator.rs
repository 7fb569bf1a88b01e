//! Looks tokens up and tells good from bad.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use deadpool_postgres::{Pool, PoolError};
use domain::{access::Principal, ids::TokenId};
use lru::LruCache;
use uuid::Uuid;

use super::{Holders, TokenFacts};
use crate::{
    problem::{Kind, Problem},
    rate_limit::{DEFAULT_RATE, Rate, RateLimiter},
    token::{MalformedToken, TokenText},
};

/// How long a remembered token is believed before it is read again.
const REMEMBERED_FOR: Duration = Duration::from_secs(30);

/// Tokens that are remembered; beyond, the least used are read again.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// Turns a bearer token into its principal. Cheap to clone; one a service.
#[derive(Clone)]
pub struct Authenticator {
    pool: Pool,
    limiter: Arc<RateLimiter>,
    remembered: Option<Arc<Mutex<LruCache<TokenId, Remembered>>>>,
    /// Whether what is remembered is enough to let somebody in.
    believes: bool,
}

#[derive(Clone)]
struct Remembered {
    secret_sha256: String,
    principal: Arc<Principal>,
    at: Instant,
}

/// Why a request is not let in.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// There is no `Authorization: Bearer …`.
    #[error("a bearer token is needed")]
    Missing,
    /// The text can't be a token.
    #[error(transparent)]
    Malformed(#[from] MalformedToken),
    /// Unknown, revoked, or its secret is wrong; which one is not for the caller to know.
    #[error("the token is not valid")]
    Invalid,
    /// It asks more often than it may.
    #[error("the token sent too many requests")]
    TooMany(Duration),
    /// No connection to the log.
    #[error("could not get a connection to look a token up")]
    Connect(#[source] PoolError),
    /// The look-up failed.
    #[error("could not look a token up")]
    LookUp(#[source] tokio_postgres::Error),
    /// The token's issue can't be read, which is a mistake of ours.
    #[error("the issue of token {} can't be read", .0.0)]
    Unreadable(TokenId, #[source] Option<serde_json::Error>),
}

impl Authenticator {
    /// Reads each token anew, so that a revoked one is refused at once. `pool` logs in as *command* or
    /// *query*.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self {
            pool,
            limiter: Arc::new(RateLimiter::new(DEFAULT_RATE)),
            remembered: None,
            believes: false,
        }
    }

    /// Believes for 30 s what it read of a token. For services whose every answer comes from a decision
    /// that looks at the token's stream again, and so refuses a revoked one at once all the same.
    #[must_use]
    pub fn remembering(mut self) -> Self {
        self.believes = true;
        self.with_memory()
    }

    /// Reads a token anew for each request all the same, but while the request is already being worked on, as
    /// what the token was the last time: see [`super::alongside`].
    #[must_use]
    pub fn confirming(self) -> Self {
        self.with_memory()
    }

    fn with_memory(mut self) -> Self {
        self.remembered = Some(Arc::new(Mutex::new(LruCache::new(REMEMBERED))));
        self
    }

    /// Lets each token ask at this rate instead of [`DEFAULT_RATE`].
    #[must_use]
    pub fn limited_to(mut self, rate: Rate) -> Self {
        self.limiter = Arc::new(RateLimiter::new(rate));
        self
    }

    /// The names of seat holders, which stand beside the tokens; for *command* alone.
    #[must_use]
    pub fn holders(&self) -> Holders {
        Holders::new(self.pool.clone())
    }

    /// Whose token this is. Counts against the token's rate, but only once its secret has proved right,
    /// or anyone who knows the public id could use it up.
    ///
    /// # Errors
    /// Any [`AuthError`]; its conversion to a [`Problem`] chooses what the caller learns.
    pub async fn authenticate(&self, bearer: &str) -> Result<Principal, AuthError> {
        let text = TokenText::parse(bearer)?;
        let now = Instant::now();
        let recalled = self.believes.then(|| self.recall(text.token())).flatten();
        let fresh = |known: &Remembered| now.saturating_duration_since(known.at) < REMEMBERED_FOR;
        let known = match recalled.filter(fresh) {
            Some(known) => known,
            None => self.read(text.token(), now).await?,
        };
        if !text.matches(&known.secret_sha256) {
            return Err(AuthError::Invalid);
        }
        self.remember(&known);
        self.limiter
            .take(text.token(), now)
            .map_err(AuthError::TooMany)?;
        Ok(Principal::clone(&known.principal))
    }

    /// Whose token this was the last time, if it is remembered and its secret is right. Counts against the
    /// token's rate. Nothing may be answered before [`Authenticator::confirm`] has said that it still is.
    pub(super) fn presume(&self, bearer: &str) -> Option<Result<Principal, AuthError>> {
        let text = TokenText::parse(bearer).ok()?;
        let known = self.recall(text.token())?;
        if !text.matches(&known.secret_sha256) {
            return None;
        }
        let taken = self.limiter.take(text.token(), Instant::now());
        Some(match taken {
            Ok(()) => Ok(Principal::clone(&known.principal)),
            Err(wait) => Err(AuthError::TooMany(wait)),
        })
    }

    /// That a token is what it was presumed to be.
    pub(super) async fn confirm(&self, presumed: &Principal) -> Result<(), AuthError> {
        let token = presumed.token;
        let read = self.read(token, Instant::now()).await;
        match read {
            Ok(now) if *now.principal == *presumed => Ok(()),
            // A log that was set back may have issued another under this id: it is not for this request to go on.
            Ok(_) => Err(AuthError::Invalid),
            Err(error) => Err(error),
        }
        .inspect_err(|error| {
            if matches!(error, AuthError::Invalid) {
                self.forget(token);
            }
        })
    }

    async fn read(&self, token: TokenId, now: Instant) -> Result<Remembered, AuthError> {
        let client = self.pool.get().await.map_err(AuthError::Connect)?;
        let statement = client
            .prepare_cached(include_str!("authenticate.sql"))
            .await
            .map_err(AuthError::LookUp)?;
        let row = client
            .query_opt(&statement, &[&token.0])
            .await
            .map_err(AuthError::LookUp)?
            .ok_or(AuthError::Invalid)?;
        let (tenant, issued, revoked): (Uuid, &str, bool) = (row.get(0), row.get(1), row.get(2));
        if revoked {
            return Err(AuthError::Invalid);
        }
        let facts: TokenFacts = serde_json::from_str(issued)
            .map_err(|error| AuthError::Unreadable(token, Some(error)))?;
        let principal = facts
            .principal(tenant, token)
            .ok_or(AuthError::Unreadable(token, None))?;
        Ok(Remembered {
            secret_sha256: facts.secret_sha256,
            principal: Arc::new(principal),
            at: now,
        })
    }

    fn recall(&self, token: TokenId) -> Option<Remembered> {
        let remembered = self.remembered.as_ref()?;
        let mut remembered = remembered.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.get(&token).cloned()
    }

    fn forget(&self, token: TokenId) {
        if let Some(remembered) = &self.remembered {
            let mut remembered = remembered.lock().unwrap_or_else(PoisonError::into_inner);
            remembered.pop(&token);
        }
    }

    /// Only what was shown with its right secret is kept, so guessing ids pushes nobody out.
    fn remember(&self, known: &Remembered) {
        if let Some(remembered) = &self.remembered {
            let mut remembered = remembered.lock().unwrap_or_else(PoisonError::into_inner);
            remembered.put(known.principal.token, known.clone());
        }
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Missing | AuthError::Malformed(_) | AuthError::Invalid => {
                Self::new(Kind::Unauthorized).with_detail(error.to_string())
            }
            AuthError::TooMany(wait) => Self::new(Kind::RateLimited).with_retry_after(wait),
            AuthError::Connect(_) | AuthError::LookUp(_) => Self::unavailable(&error),
            AuthError::Unreadable(..) => Self::internal(&error),
        }
    }
}
