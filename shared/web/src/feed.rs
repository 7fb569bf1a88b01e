//! The address of a calendar feed: `/v1/calendar/<public id>.<secret>.ics`.
//!
//! Calendar programs send no token, so the address itself is the secret: 256 random bits, of which only a hash is
//! stored. The public id finds it.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::ids::FeedId;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// Where feeds are served, up to the part of the path that is secret.
const PREFIX: &str = "/v1/calendar/";
const SUFFIX: &str = ".ics";

/// An address as its holder knows it. Printing it for debugging shows the public id alone.
#[derive(Clone)]
pub struct FeedAddress {
    feed: FeedId,
    file: SecretString,
    secret_sha256: [u8; 32],
}

impl FeedAddress {
    /// The address of a new feed. `random` must come from the system's generator and be used once.
    #[must_use]
    pub fn generate(feed: FeedId, random: [u8; 32]) -> Self {
        let id = BASE64_URL_SAFE_NO_PAD.encode(feed.0);
        let secret = BASE64_URL_SAFE_NO_PAD.encode(random);
        Self {
            feed,
            file: format!("{id}.{secret}{SUFFIX}").into(),
            secret_sha256: Sha256::digest(random).into(),
        }
    }

    /// Reads the last part of an address, looking nothing up; none if it can be none of ours.
    #[must_use]
    pub fn parse(file: &str) -> Option<Self> {
        let (id, secret) = file.strip_suffix(SUFFIX)?.split_once('.')?;
        let id: [u8; 16] = decode(id)?;
        let secret: [u8; 32] = decode(secret)?;
        Some(Self {
            feed: FeedId(Uuid::from_bytes(id)),
            file: file.into(),
            secret_sha256: Sha256::digest(secret).into(),
        })
    }

    /// Which feed it claims to be of.
    #[must_use]
    pub fn feed(&self) -> FeedId {
        self.feed
    }

    /// The path, to be shown once to whom opened the feed.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{PREFIX}{}", self.file.expose_secret())
    }

    /// What is stored in place of the secret.
    #[must_use]
    pub fn secret_sha256(&self) -> [u8; 32] {
        self.secret_sha256
    }

    /// Whether the secret is the one whose hash was stored, in hexadecimal; in the same time wherever they differ.
    #[must_use]
    pub fn matches(&self, stored_sha256: &str) -> bool {
        let mine: String = self.secret_sha256.iter().map(hex).collect();
        mine.as_bytes().ct_eq(stored_sha256.as_bytes()).into()
    }
}

impl std::fmt::Debug for FeedAddress {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "FeedAddress({}, secret)", self.feed.0)
    }
}

fn hex(byte: &u8) -> String {
    format!("{byte:02x}")
}

fn decode<const N: usize>(part: &str) -> Option<[u8; N]> {
    BASE64_URL_SAFE_NO_PAD.decode(part).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEED: FeedId = FeedId(Uuid::from_u128(7));

    #[test]
    fn an_address_is_read_as_it_was_made_and_its_secret_alone_opens_it() {
        let made = FeedAddress::generate(FEED, [1; 32]);
        let path = made.path();
        let read = FeedAddress::parse(path.strip_prefix(PREFIX).unwrap()).unwrap();
        assert_eq!((read.feed(), read.path()), (FEED, path.clone()));
        let stored: String = made.secret_sha256().iter().map(hex).collect();
        assert!(read.matches(&stored));
        let other = FeedAddress::generate(FEED, [2; 32]);
        assert!(!other.matches(&stored));
        let secret = BASE64_URL_SAFE_NO_PAD.encode([1; 32]);
        assert!(path.contains(&secret) && !format!("{made:?}").contains(&secret));
    }

    #[test]
    fn what_can_be_no_address_is_none() {
        let made = FeedAddress::generate(FEED, [1; 32]).path();
        let file = made.strip_prefix(PREFIX).unwrap();
        let (stem, _) = file.split_at(file.len() - SUFFIX.len());
        for wrong in [
            "",
            ".ics",
            stem,
            &format!("{stem}.ICS"),
            &format!("{stem}A.ics"),
            &format!("{stem}=.ics"),
            &format!("{stem}.x.ics"),
            &file[1..],
        ] {
            assert!(FeedAddress::parse(wrong).is_none(), "{wrong}");
        }
    }
}
