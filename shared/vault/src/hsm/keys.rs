//! The versions of the key-encryption key (KEK), as the token holds them.
//!
//! A version's state is in the token too: `CKA_ENCRYPT` says whether it may encrypt. The newest that
//! may is the primary; older ones only decrypt, newer ones are pending. So the HSM itself refuses to
//! encrypt under a retired key, and no table can disagree with it.

use std::cmp::Ordering;
use std::time::{Duration, Instant};

use cryptoki::error::Error as Pkcs11Error;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;

use crate::error::{ConnectError, KeyState};

/// Before the version number, from 1.
const LABEL_PREFIX: &str = "seatledger-kek-v";

/// AES-256.
const KEK_BYTES: u64 = 32;

/// How old a session's knowledge of the keys may be when it encrypts. A rotation lets a new key be
/// seen everywhere for longer than this before it makes it the primary.
pub(crate) const SEEN_MAX: Duration = Duration::from_secs(30);

pub(crate) struct Key {
    pub(crate) version: i32,
    pub(crate) handle: ObjectHandle,
    pub(crate) may_encrypt: bool,
}

/// A version, as whoever manages the keys sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyVersion {
    pub(crate) version: i32,
    pub(crate) state: KeyState,
    /// Whether the HSM would still encrypt under it; of decrypt-only ones, those that are not yet retired.
    pub(crate) may_encrypt: bool,
}

/// The keys that one session sees, newest first.
pub(crate) struct Keys {
    keys: Vec<Key>,
    read_at: Instant,
}

impl Keys {
    /// Reads them from the token, and refuses any that could leave it.
    pub(crate) fn read(session: &Session) -> Result<Self, ConnectError> {
        let read_at = Instant::now();
        let mut keys = Vec::new();
        for handle in session
            .find_objects(&[
                Attribute::Class(ObjectClass::SECRET_KEY),
                Attribute::Token(true),
            ])
            .map_err(failed("find its keys"))?
        {
            let attributes = session
                .get_attributes(handle, &READ)
                .map_err(failed("read a key's attributes"))?;
            if let Some(key) = parse(handle, &attributes)? {
                keys.push(key);
            }
        }
        keys.sort_by_key(|key| std::cmp::Reverse(key.version));
        for key in &keys {
            let count = keys
                .iter()
                .filter(|other| other.version == key.version)
                .count();
            if count > 1 {
                let key = label(key.version);
                return Err(ConnectError::KeyAmbiguous { key, count });
            }
        }
        Ok(Self { keys, read_at })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(crate) fn are_stale(&self) -> bool {
        self.read_at.elapsed() >= SEEN_MAX
    }

    /// The key to encrypt under.
    pub(crate) fn primary(&self) -> Option<(i32, ObjectHandle)> {
        let key = self.keys.iter().find(|key| key.may_encrypt)?;
        Some((key.version, key.handle))
    }

    pub(crate) fn of_version(&self, version: i32) -> Option<&Key> {
        self.keys.iter().find(|key| key.version == version)
    }

    pub(crate) fn state_of(&self, key: &Key) -> KeyState {
        match self.primary().map(|(primary, _)| key.version.cmp(&primary)) {
            Some(Ordering::Less) => KeyState::DecryptOnly,
            Some(Ordering::Equal) => KeyState::Primary,
            Some(Ordering::Greater) | None => KeyState::Pending,
        }
    }

    /// Oldest first.
    pub(crate) fn versions(&self) -> Vec<KeyVersion> {
        self.keys
            .iter()
            .rev()
            .map(|key| KeyVersion {
                version: key.version,
                state: self.state_of(key),
                may_encrypt: key.may_encrypt,
            })
            .collect()
    }
}

const READ: [AttributeType; 7] = [
    AttributeType::Label,
    AttributeType::KeyType,
    AttributeType::ValueLen,
    AttributeType::Sensitive,
    AttributeType::Extractable,
    AttributeType::NeverExtractable,
    AttributeType::Encrypt,
];

/// None for keys that are not ours. What the module does not tell counts as unsafe.
fn parse(handle: ObjectHandle, attributes: &[Attribute]) -> Result<Option<Key>, ConnectError> {
    let Some(version) = attributes.iter().find_map(version_in) else {
        return Ok(None);
    };
    let has = |wanted: &Attribute| attributes.contains(wanted);
    let is_safe = has(&Attribute::KeyType(KeyType::AES))
        && has(&Attribute::ValueLen(KEK_BYTES.into()))
        && has(&Attribute::Sensitive(true))
        && has(&Attribute::Extractable(false))
        && has(&Attribute::NeverExtractable(true));
    if !is_safe {
        let key = label(version);
        return Err(ConnectError::KeyUnsafe { key });
    }
    Ok(Some(Key {
        version,
        handle,
        may_encrypt: has(&Attribute::Encrypt(true)),
    }))
}

/// Only the exact spelling of a label counts: `v01` is no key of ours.
fn version_in(attribute: &Attribute) -> Option<i32> {
    let Attribute::Label(bytes) = attribute else {
        return None;
    };
    let text = std::str::from_utf8(bytes).ok()?;
    let version: i32 = text.strip_prefix(LABEL_PREFIX)?.parse().ok()?;
    (version >= 1 && label(version) == text).then_some(version)
}

pub(crate) fn label(version: i32) -> String {
    format!("{LABEL_PREFIX}{version}")
}

/// Makes a key that may encrypt. Under the label of a version it is that version at once.
pub(crate) fn generate(session: &Session, label: &str) -> Result<ObjectHandle, ConnectError> {
    session
        .generate_key(
            &Mechanism::AesKeyGen,
            &[
                Attribute::Token(true),
                Attribute::Private(true),
                Attribute::Sensitive(true),
                Attribute::Extractable(false),
                Attribute::Encrypt(true),
                Attribute::Decrypt(true),
                Attribute::Wrap(false),
                Attribute::Unwrap(false),
                Attribute::Sign(false),
                Attribute::Verify(false),
                Attribute::Derive(false),
                Attribute::ValueLen(KEK_BYTES.into()),
                Attribute::Label(label.as_bytes().to_vec()),
            ],
        )
        .map_err(failed("make a key"))
}

pub(crate) fn failed(operation: &'static str) -> impl FnOnce(Pkcs11Error) -> ConnectError {
    move |source| ConnectError::Module { operation, source }
}
