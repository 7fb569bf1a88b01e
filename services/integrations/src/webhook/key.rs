//! The keys with which webhooks are signed, in the spelling of Standard Webhooks.

use std::fmt;

use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::hmac;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use zeroize::Zeroizing;

const SECRET_PREFIX: &str = "whsec_";
const PRIVATE_PREFIX: &str = "whsk_";
const PUBLIC_PREFIX: &str = "whpk_";

/// Bytes of a shared secret, by the specification.
const SECRET_LENGTH_MIN: usize = 24;
const SECRET_LENGTH_MAX: usize = 64;
/// As long as the digest: a longer one would be no stronger.
const SECRET_LENGTH_NEW: usize = 32;
const SEED_LENGTH: usize = 32;
/// Many programs write an Ed25519 private key as its seed followed by its public key.
const PAIR_LENGTH: usize = 64;

/// Padded when written; read with or without, as the reference libraries do.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// HMAC-SHA256 with a secret that both sides know. What most receivers can verify.
    Shared,
    /// Ed25519: the receiver holds the public key alone, and so cannot sign in our name.
    Pair,
}

/// A key with which webhooks are signed. One for each endpoint: with a shared one, a receiver could sign to another.
pub struct Key(Material);

enum Material {
    Shared(Zeroizing<Vec<u8>>),
    Pair {
        seed: Zeroizing<Vec<u8>>,
        pair: Box<Ed25519KeyPair>,
    },
}

/// A key can't be read or made. Never says what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// None of ours.
    #[error(
        "the key begins neither with whsec_ (shared secret) nor with whsk_ (Ed25519 private key)"
    )]
    Prefix,
    /// A public key.
    #[error(
        "the key begins with whpk_: that is the receiver's public key; give the private one (whsk_)"
    )]
    Public,
    /// Not base64.
    #[error("what follows the key's prefix is not base64")]
    Base64,
    /// Too short to be safe, or longer than the specification allows.
    #[error("the shared secret has {0} bytes; it must have 24 to 64")]
    SecretLength(usize),
    /// Neither a seed nor a seed and its public key.
    #[error("the private key has {0} bytes; it must have 32, or 64 with its public key")]
    PairLength(usize),
    /// The two halves don't belong together.
    #[error("the private key's public half does not belong to it")]
    Mismatch,
    /// The system gave no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
}

impl Key {
    /// A new key, from the system's random numbers.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn generate(kind: KeyKind) -> Result<Self, KeyError> {
        let length = match kind {
            KeyKind::Shared => SECRET_LENGTH_NEW,
            KeyKind::Pair => SEED_LENGTH,
        };
        let mut bytes = Zeroizing::new(vec![0; length]);
        getrandom::fill(&mut bytes).map_err(KeyError::Random)?;
        match kind {
            KeyKind::Shared => Ok(Self(Material::Shared(bytes))),
            KeyKind::Pair => Self::pair(&bytes),
        }
    }

    /// Reads `whsec_…` or `whsk_…`.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        if let Some(encoded) = text.strip_prefix(SECRET_PREFIX) {
            let secret = decode(encoded)?;
            if !(SECRET_LENGTH_MIN..=SECRET_LENGTH_MAX).contains(&secret.len()) {
                return Err(KeyError::SecretLength(secret.len()));
            }
            Ok(Self(Material::Shared(secret)))
        } else if let Some(encoded) = text.strip_prefix(PRIVATE_PREFIX) {
            Self::pair(&decode(encoded)?)
        } else if text.starts_with(PUBLIC_PREFIX) {
            Err(KeyError::Public)
        } else {
            Err(KeyError::Prefix)
        }
    }

    fn pair(bytes: &[u8]) -> Result<Self, KeyError> {
        let (seed, public) = match bytes.len() {
            SEED_LENGTH => (bytes, None),
            PAIR_LENGTH => (&bytes[..SEED_LENGTH], Some(&bytes[SEED_LENGTH..])),
            other => return Err(KeyError::PairLength(other)),
        };
        let pair = match public {
            None => Ed25519KeyPair::from_seed_unchecked(seed),
            Some(public) => Ed25519KeyPair::from_seed_and_public_key(seed, public),
        };
        Ok(Self(Material::Pair {
            seed: Zeroizing::new(seed.to_vec()),
            pair: Box::new(pair.map_err(|_| KeyError::Mismatch)?),
        }))
    }

    /// How it signs.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        match &self.0 {
            Material::Shared(_) => KeyKind::Shared,
            Material::Pair { .. } => KeyKind::Pair,
        }
    }

    /// The whole key as text, for the vault. A shared secret is shown to the receiver too, once; a private key to
    /// nobody.
    #[must_use]
    pub fn secret(&self) -> Zeroizing<String> {
        let (prefix, bytes) = match &self.0 {
            Material::Shared(secret) => (SECRET_PREFIX, secret.clone()),
            Material::Pair { seed, pair } => {
                let both = [seed.as_slice(), pair.public_key().as_ref()].concat();
                (PRIVATE_PREFIX, Zeroizing::new(both))
            }
        };
        let mut text = Zeroizing::new(prefix.to_owned());
        BASE64.encode_string(bytes.as_slice(), &mut text);
        text
    }

    /// `whpk_…`, which a receiver verifies with. A shared secret has none.
    #[must_use]
    pub fn public(&self) -> Option<String> {
        match &self.0 {
            Material::Shared(_) => None,
            Material::Pair { pair, .. } => Some(format!(
                "{PUBLIC_PREFIX}{}",
                BASE64.encode(pair.public_key().as_ref())
            )),
        }
    }

    /// The signature as it stands in the header.
    pub(super) fn sign(&self, content: &[u8]) -> String {
        match &self.0 {
            Material::Shared(secret) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
                format!("v1,{}", BASE64.encode(hmac::sign(&key, content).as_ref()))
            }
            Material::Pair { pair, .. } => {
                format!("v1a,{}", BASE64.encode(pair.sign(content).as_ref()))
            }
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Key").field(&self.kind()).finish()
    }
}

fn decode(encoded: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let decoded = BASE64.decode(encoded).map_err(|_| KeyError::Base64)?;
    Ok(Zeroizing::new(decoded))
}
