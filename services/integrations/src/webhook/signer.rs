use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::key::Key;

/// Keys that sign at once. Two serve a rotation; receivers are not to be sent a header without end.
const KEYS_MAX: usize = 4;

/// Signs the webhooks of one endpoint with all its keys: the newest first, then those that are being replaced and
/// that a receiver may still go by.
#[derive(Debug)]
pub struct Signer(Vec<Key>);

/// There are no keys, or too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignerError {
    /// Nothing is sent unsigned.
    #[error("the webhook has no key; make one")]
    NoKey,
    /// Old ones were never retired.
    #[error("the webhook has {0} keys, but at most 4 can sign at once; retire old ones")]
    TooMany(usize),
}

impl Signer {
    /// Signs with these keys.
    ///
    /// # Errors
    /// [`SignerError`].
    pub fn new(keys: Vec<Key>) -> Result<Self, SignerError> {
        match keys.len() {
            0 => Err(SignerError::NoKey),
            1..=KEYS_MAX => Ok(Self(keys)),
            more => Err(SignerError::TooMany(more)),
        }
    }

    /// The value of `webhook-signature`: a signature by each key, with spaces between them.
    ///
    /// `id` stays the same for all attempts; `at` is the attempt's own time, because receivers refuse what is older
    /// than some minutes.
    #[must_use]
    pub fn sign(&self, id: Uuid, at: DateTime<Utc>, body: &[u8]) -> String {
        let mut content = format!("{id}.{}.", at.timestamp()).into_bytes();
        content.extend_from_slice(body);
        let signatures: Vec<_> = self.0.iter().map(|key| key.sign(&content)).collect();
        signatures.join(" ")
    }
}

#[cfg(test)]
mod tests;
