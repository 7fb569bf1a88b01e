//! What is told of the keys.

use std::time::Duration;

use crate::error::KeyState;
use crate::store::SecretRef;

/// Rows that don't open and are named; of more there is only a count.
const UNOPENED_NAMED_MAX: usize = 100;

/// What a rotation has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A new version was made and proved; it is pending.
    Made {
        /// The version.
        version: i32,
    },
    /// A rotation that was begun earlier is taken up again.
    Resumed {
        /// The version that it leads to.
        version: i32,
    },
    /// The pending version is left to be seen everywhere.
    Settling {
        /// The version.
        version: i32,
        /// For how long.
        wait: Duration,
    },
    /// The version is the primary, and older ones only decrypt.
    Promoted {
        /// The version.
        version: i32,
    },
    /// Wrapped keys were looked at.
    Rewrapping {
        /// How many, in all passes.
        done: u64,
        /// How many were under older versions at the beginning.
        total: u64,
    },
    /// Secrets without a fingerprint were looked at.
    Backfilling {
        /// How many.
        done: u64,
        /// How many there were at the beginning.
        total: u64,
    },
}

/// What a rotation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The version that is now the primary.
    pub version: i32,
    /// Whether a rotation that was begun earlier was finished, instead of making a new key.
    pub resumed: bool,
    /// How many wrapped keys were wrapped anew.
    pub rewrapped: u64,
    /// Those that do not open, and so are left under their older version. Nothing destroys that while they name it.
    pub unopened: Unopened,
}

/// Secrets that don't open: altered, moved, or under a key that is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unopened {
    /// How many.
    pub count: u64,
    /// Which, the first hundred of them; index keys are only counted.
    pub secrets: Vec<SecretRef>,
}

impl Unopened {
    pub(super) fn add(&mut self, secret: Option<SecretRef>) {
        self.count += 1;
        if self.secrets.len() < UNOPENED_NAMED_MAX {
            self.secrets.extend(secret);
        }
    }
}

/// A version of the key-encryption key, and what it wraps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyStatus {
    /// The version, from 1.
    pub version: i32,
    /// Where in its life it is.
    pub state: KeyState,
    /// Secret versions that it wraps, of all tenants.
    pub secrets: u64,
    /// Index keys that it wraps; each tenant has one at most.
    pub index_keys: u64,
}

/// How the vault stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The versions of the key-encryption key, oldest first.
    pub keys: Vec<KeyStatus>,
    /// Whether a rotation was begun and not finished.
    pub rotation_unfinished: bool,
    /// Secret versions that can't be found by their equals yet.
    pub without_fingerprint: u64,
}
