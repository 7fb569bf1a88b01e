//! The text of an API token: `slt_<public id>_<secret>_<checksum>`.
//!
//! The prefix lets secret scanners recognize a leaked token; the public id finds it; the checksum
//! tells a mistyped one from a revoked one before anything is looked up.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::ids::TokenId;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

const PREFIX: &str = "slt_";

/// Characters of the public id: 128 bits in base64url.
const ID_CHARS: usize = 22;

/// Characters of the secret: 256 bits in base64url.
const SECRET_CHARS: usize = 43;

/// Characters of the checksum: CRC-32 in hexadecimal.
const CHECKSUM_CHARS: usize = 8;

// base64url has `_` in its alphabet, so the parts are told apart by their lengths, which never vary.
const ID_AT: usize = PREFIX.len();
const SECRET_AT: usize = ID_AT + ID_CHARS + 1;
const CHECKSUM_AT: usize = SECRET_AT + SECRET_CHARS + 1;
const CHARS: usize = CHECKSUM_AT + CHECKSUM_CHARS;

/// A token as its holder knows it. Printing it for debugging shows the public id alone.
#[derive(Clone)]
pub struct TokenText {
    token: TokenId,
    text: SecretString,
    secret_sha256: [u8; 32],
}

/// The text is no token of ours: mistyped, cut off, or of something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not the text of a token; it begins with `slt_` and has {CHARS} characters")]
pub struct MalformedToken;

impl TokenText {
    /// The text of a new token. `random` must come from the system's generator and be used once.
    #[must_use]
    pub fn generate(token: TokenId, random: [u8; 32]) -> Self {
        let id = BASE64_URL_SAFE_NO_PAD.encode(token.0);
        let secret = BASE64_URL_SAFE_NO_PAD.encode(random);
        let stem = format!("{PREFIX}{id}_{secret}");
        let checksum = checksum(&stem);
        Self {
            token,
            text: format!("{stem}_{checksum}").into(),
            secret_sha256: Sha256::digest(random).into(),
        }
    }

    /// Reads a token, looking nothing up.
    ///
    /// # Errors
    /// [`MalformedToken`] unless form and checksum are right.
    pub fn parse(text: &str) -> Result<Self, MalformedToken> {
        let well_formed = text.len() == CHARS
            && text.is_ascii()
            && text.starts_with(PREFIX)
            && text[SECRET_AT - 1..].starts_with('_')
            && text[CHECKSUM_AT - 1..].starts_with('_')
            && text[CHECKSUM_AT..] == checksum(&text[..CHECKSUM_AT - 1]);
        if !well_formed {
            return Err(MalformedToken);
        }
        let id: [u8; 16] = decode(&text[ID_AT..SECRET_AT - 1])?;
        let secret: [u8; 32] = decode(&text[SECRET_AT..CHECKSUM_AT - 1])?;
        Ok(Self {
            token: TokenId(Uuid::from_bytes(id)),
            text: text.into(),
            secret_sha256: Sha256::digest(secret).into(),
        })
    }

    /// Which token it claims to be.
    #[must_use]
    pub fn token(&self) -> TokenId {
        self.token
    }

    /// The whole text, to be shown once to whom it was issued.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }

    /// What is stored in place of the secret: the SHA-256 of its 32 bytes, in hexadecimal. Without
    /// salt or stretching, since 256 random bits can't be guessed.
    #[must_use]
    pub fn secret_sha256(&self) -> String {
        self.secret_sha256
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// The same as bytes, as the domain has it.
    #[must_use]
    pub fn secret_sha256_bytes(&self) -> [u8; 32] {
        self.secret_sha256
    }

    /// Whether the secret is the one whose [`TokenText::secret_sha256`] was stored; in the same time
    /// wherever they differ.
    #[must_use]
    pub fn matches(&self, stored_sha256: &str) -> bool {
        let mine = self.secret_sha256();
        mine.as_bytes().ct_eq(stored_sha256.as_bytes()).into()
    }
}

impl std::fmt::Debug for TokenText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "TokenText({}, secret)", self.token.0)
    }
}

fn checksum(stem: &str) -> String {
    format!("{:08x}", crc32fast::hash(stem.as_bytes()))
}

fn decode<const N: usize>(part: &str) -> Result<[u8; N], MalformedToken> {
    let bytes = BASE64_URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| MalformedToken)?;
    bytes.try_into().map_err(|_| MalformedToken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token() -> TokenText {
        TokenText::generate(TokenId(Uuid::from_u128(0x0123_4567_89ab_cdef)), [0xfb; 32])
    }

    proptest! {
        #[test]
        fn any_id_and_secret_make_a_token_that_is_read_again(id: u128, random: [u8; 32]) {
            let made = TokenText::generate(TokenId(Uuid::from_u128(id)), random);
            let read = TokenText::parse(made.expose()).unwrap();
            prop_assert_eq!(read.token(), made.token());
            prop_assert!(read.matches(&made.secret_sha256()));
        }
    }

    #[test]
    fn a_generated_token_is_read_again() {
        let (made, read) = (token(), TokenText::parse(token().expose()).unwrap());
        assert_eq!(made.expose().len(), 79);
        assert_eq!(read.token(), made.token());
        assert_eq!(read.expose(), made.expose());
        assert!(read.matches(&made.secret_sha256()));
    }

    #[test]
    fn the_text_of_a_token_is_a_promise() {
        assert_eq!(
            token().expose(),
            "slt_AAAAAAAAAAABI0VniavN7w_-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s_8cd9cb72"
        );
    }

    #[test]
    fn every_mistyped_character_is_noticed() {
        let text = token().expose().to_owned();
        for at in 0..text.len() {
            for other in ["A", "z", "_", "-", " ", "é"] {
                let mut wrong = text.clone();
                wrong.replace_range(at..=at, other);
                if wrong != text {
                    assert_eq!(
                        TokenText::parse(&wrong).err(),
                        Some(MalformedToken),
                        "{wrong}"
                    );
                }
            }
        }
    }

    #[test]
    fn other_texts_are_no_tokens() {
        let text = token().expose().to_owned();
        for wrong in [
            "",
            "slt_",
            "é",
            &text[1..],
            &text[..text.len() - 1],
            &format!("{text}0"),
            &format!(" {text}"),
            &text.to_uppercase(),
            &"é".repeat(CHARS / 2),
        ] {
            assert!(TokenText::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn another_secret_does_not_match() {
        let other = TokenText::generate(token().token(), [1; 32]);
        assert!(!token().matches(&other.secret_sha256()));
        assert!(!token().matches(""));
        assert!(!token().matches(&token().secret_sha256().to_uppercase()));
    }

    #[test]
    fn debugging_shows_no_secret() {
        let (shown, text) = (format!("{:?}", token()), token().expose().to_owned());
        assert!(
            !shown.contains(&text[SECRET_AT..CHECKSUM_AT - 1]),
            "{shown}"
        );
        assert!(!shown.contains(&token().secret_sha256()), "{shown}");
    }
}
