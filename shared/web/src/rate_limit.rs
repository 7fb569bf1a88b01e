//! How often one token may ask.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use domain::ids::TokenId;
use lru::LruCache;

/// Tokens whose use is remembered. One that falls out starts with a full bucket, so this only needs
/// to exceed the tokens that are busy at once.
const TOKENS: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// A bucket for each token. By the token alone: an address, and all the more a header that names one,
/// is whatever the sender likes.
#[derive(Debug)]
pub struct RateLimiter {
    rate: Rate,
    buckets: Mutex<LruCache<TokenId, Bucket>>,
}

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Requests per second, in the long run.
    pub per_second: f64,
    /// Requests at once, after a pause.
    pub burst: f64,
}

/// Generous: several times what a service on two cores answers, so it stops a runaway loop from
/// filling the queues of all others and nobody else.
pub const DEFAULT_RATE: Rate = Rate {
    per_second: 20_000.0,
    burst: 40_000.0,
};

#[derive(Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl RateLimiter {
    /// A limiter in which every bucket is full.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            buckets: Mutex::new(LruCache::new(TOKENS)),
        }
    }

    /// Counts one request.
    ///
    /// # Errors
    /// The time until the token may ask again, if its bucket is empty; the request is not counted then.
    pub fn take(&self, token: TokenId, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.get_or_insert_mut(token, || Bucket {
            left: self.rate.burst,
            at: now,
        });
        let gained = now.saturating_duration_since(bucket.at).as_secs_f64() * self.rate.per_second;
        bucket.left = (bucket.left + gained).min(self.rate.burst);
        bucket.at = bucket.at.max(now);
        if bucket.left >= 1.0 {
            bucket.left -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64(
            (1.0 - bucket.left) / self.rate.per_second,
        ))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ONE: TokenId = TokenId(Uuid::from_u128(1));
    const TWO: TokenId = TokenId(Uuid::from_u128(2));

    #[test]
    fn a_token_has_its_burst_and_then_its_rate() {
        let limiter = RateLimiter::new(Rate {
            per_second: 2.0,
            burst: 3.0,
        });
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        for (time, expected) in [
            (0, Ok(())),
            (0, Ok(())),
            (0, Ok(())),
            (0, Err(500)),
            (250, Err(250)),
            (500, Ok(())),
            (500, Err(500)),
            // However long the pause, no more than the burst.
            (60_000, Ok(())),
            (60_000, Ok(())),
            (60_000, Ok(())),
            (60_000, Err(500)),
        ] {
            let wait = limiter.take(ONE, at(time)).map_err(|wait| wait.as_millis());
            assert_eq!(wait, expected, "at {time} ms");
        }
        assert_eq!(
            limiter.take(TWO, at(60_000)),
            Ok(()),
            "another token has its own bucket"
        );
    }

    #[test]
    fn the_limiter_holds_a_bounded_number_of_tokens() {
        let limiter = RateLimiter::new(DEFAULT_RATE);
        let now = Instant::now();
        for id in 0..u128::try_from(TOKENS.get() + 5).unwrap() {
            limiter.take(TokenId(Uuid::from_u128(id)), now).unwrap();
        }
        assert_eq!(limiter.buckets.lock().unwrap().len(), TOKENS.get());
    }
}
