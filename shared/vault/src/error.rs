use std::path::PathBuf;
use std::time::Duration;

use cryptoki::error::Error as Pkcs11Error;

/// Why a secret could not be sealed or opened. No variant carries any part of it.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The HSM does not answer, or its canary does not decrypt. It comes back by itself.
    #[error("the vault is unavailable; try again in {} s", .retry_after.as_secs())]
    Unavailable {
        /// How long to wait before asking again.
        retry_after: Duration,
    },
    /// More callers than the queue holds, or the queue did not move within the deadline.
    #[error("the vault is busy")]
    Busy,
    /// The ciphertext, its wrapped key or what it is bound to is not what was sealed; the HSM is fine.
    #[error("the sealed value was altered, or belongs elsewhere")]
    Tampered,
    /// The token holds no key of the version that the row names: the key was destroyed, the token is
    /// an older copy, or the row was altered. The HSM is fine.
    #[error("the token holds no key seatledger-kek-v{key_version}, which sealed this value")]
    KeyMissing {
        /// The version of the key-encryption key that the row names.
        key_version: i32,
    },
    /// The plaintext is longer than [`PLAINTEXT_BYTES_MAX`](crate::PLAINTEXT_BYTES_MAX).
    #[error("a secret of {length} bytes is too long; at most {max} bytes", max = crate::PLAINTEXT_BYTES_MAX)]
    TooLong {
        /// Length of what was to be sealed, in bytes.
        length: usize,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system gives no random bytes")]
    Random(#[source] getrandom::Error),
}

/// Why the vault could not be connected to its token. Each message names the remedy.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The file is missing, unreadable or not a PKCS#11 module.
    #[error("{} is not a PKCS#11 module that can be loaded: install SoftHSM (Debian: softhsm2) or correct the module's path", .module.display())]
    ModuleNotFound {
        /// The path that was tried.
        module: PathBuf,
        /// What the loader said.
        #[source]
        source: Pkcs11Error,
    },
    /// `C_Initialize` failed.
    #[error(
        "the PKCS#11 module does not initialize: check that SOFTHSM2_CONF names a readable file and its token directory exists"
    )]
    ModuleNotInitialized(#[source] Pkcs11Error),
    /// No slot holds a token of this label.
    #[error(
        "no token is labelled `{label}`: check SOFTHSM2_CONF, or make one with `softhsm2-util --init-token --free --label {label}`"
    )]
    TokenNotFound {
        /// The label that was looked for.
        label: String,
    },
    /// Two tokens have this label, so either could be meant.
    #[error("{count} tokens are labelled `{label}`: delete or relabel all but one")]
    TokenAmbiguous {
        /// The label that was looked for.
        label: String,
        /// How many have it.
        count: usize,
    },
    /// The PIN is wrong, expired or locked. It was tried once and is not tried again.
    #[error(
        "the token `{label}` refuses the PIN: correct it; it is not tried again, since wrong tries lock the token"
    )]
    PinRefused {
        /// The token that refused.
        label: String,
        /// What the module said.
        #[source]
        source: Pkcs11Error,
    },
    /// The token is there but holds no key-encryption key that may encrypt.
    #[error(
        "the token `{label}` holds no key that may encrypt: is it the right token? A new one gets its first key by `Vault::initialize`"
    )]
    KeyMissing {
        /// The token that was searched.
        label: String,
    },
    /// A key of ours could leave the token, or is of another kind.
    #[error("the key `{key}` is not a sensitive, unextractable AES-256 key: replace it")]
    KeyUnsafe {
        /// The key's label.
        key: String,
    },
    /// A key that was there is not seen any more. Connecting anew tells whether it was destroyed: after another process
    /// changed a key, SoftHSM may lose sight of it until then.
    #[error(
        "the token shows its key `{key}` no more: connecting anew tells whether it was destroyed"
    )]
    KeyVanished {
        /// The key's label.
        key: String,
    },
    /// Two keys have one label, so that what one sealed the other may be asked to open.
    #[error("{count} keys in the token are labelled `{key}`: delete all but the one in use")]
    KeyAmbiguous {
        /// The key's label.
        key: String,
        /// How many have it.
        count: usize,
    },
    /// The key in the token does not decrypt what it encrypted when the vault connected.
    #[error(
        "the key in the token does not decrypt the canary: this is not the token it connected to first"
    )]
    CanaryRefused(#[source] Option<Pkcs11Error>),
    /// Some other call into the module failed.
    #[error("the PKCS#11 module failed to {operation}")]
    Module {
        /// What was asked of it, as a verb.
        operation: &'static str,
        /// What the module said.
        #[source]
        source: Pkcs11Error,
    },
    /// The module did not come back within the deadline.
    #[error("the PKCS#11 module does not answer within {} s: restart the process", .waited.as_secs())]
    Hung {
        /// How long it was waited for.
        waited: Duration,
    },
    /// A PKCS#11 module is global to its process, so a process has one vault.
    #[error("this process has a vault already: clone that one")]
    AlreadyConnected,
    /// The file lock that keeps two processes from both making the first key was not had in time.
    #[error("{} cannot be locked while the first key is made: does another process hold it?", .module.display())]
    Lock {
        /// The module, whose file is locked.
        module: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A thread could not be started.
    #[error("a thread for the PKCS#11 module cannot be started")]
    Thread(#[source] std::io::Error),
    /// The operating system gave no random bytes.
    #[error("the operating system gives no random bytes")]
    Random(#[source] getrandom::Error),
}

/// The life of a version of the key-encryption key. See [`KeyRing`](crate::KeyRing).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Made and proved, and not yet used, so that all who open secrets can see it first.
    Pending,
    /// What is sealed now is sealed under it.
    Primary,
    /// It opens what was sealed under it, and seals nothing more.
    DecryptOnly,
    /// It is gone, and what it wrapped with it.
    Destroyed,
    /// Rows name it, and the token does not hold it: they can't be opened.
    Missing,
}

impl std::fmt::Display for KeyState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Pending => "pending",
            Self::Primary => "primary",
            Self::DecryptOnly => "decrypt-only",
            Self::Destroyed => "destroyed",
            Self::Missing => "missing",
        })
    }
}

/// Why the token's keys were not changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The module failed, or the keys in the token are not as they should be.
    #[error(transparent)]
    Token(#[from] ConnectError),
    /// The token holds no such version.
    #[error("the token holds no version {version} of the key-encryption key")]
    Missing {
        /// The version that was named.
        version: i32,
    },
    /// The token holds the version already.
    #[error("the token holds version {version} of the key-encryption key already")]
    Exists {
        /// The version that was named.
        version: i32,
    },
    /// The version's state does not allow it.
    #[error("version {version} of the key-encryption key is {state}: cannot {operation}")]
    State {
        /// The version that was named.
        version: i32,
        /// Its state.
        state: KeyState,
        /// What was asked, as a verb.
        operation: &'static str,
    },
}
