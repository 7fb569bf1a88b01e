//! The way to the vault, which may be closed: everything but secrets works without it.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;
use vault::{ConnectError, Vault, VaultConfig, VaultError};

/// How long to wait before a vault that could not be connected is tried again.
const RECONNECT_WAIT: Duration = Duration::from_secs(5);

/// The vault, once it is connected. The vault itself comes back from an outage; this covers the time before it
/// was reached for the first time.
#[derive(Clone)]
pub struct VaultDoor {
    vault: watch::Receiver<Option<Vault>>,
    /// Keeps the channel open where nobody else does.
    _opener: Option<Arc<watch::Sender<Option<Vault>>>>,
}

impl VaultDoor {
    /// A vault that is connected.
    #[must_use]
    pub fn open(vault: Vault) -> Self {
        let (opener, vault) = watch::channel(Some(vault));
        Self {
            vault,
            _opener: Some(Arc::new(opener)),
        }
    }

    /// No vault, for a service that is to run without secrets.
    #[must_use]
    pub fn closed() -> Self {
        let (opener, vault) = watch::channel(None);
        Self {
            vault,
            _opener: Some(Arc::new(opener)),
        }
    }

    /// A vault that is being connected, again and again until it is there. A PIN that was refused is not tried
    /// again, since wrong tries lock the token.
    pub fn connecting(config: VaultConfig) -> Self {
        let (opener, vault) = watch::channel(None);
        tokio::spawn(connect(config, opener));
        Self {
            vault,
            _opener: None,
        }
    }

    /// The vault.
    ///
    /// # Errors
    /// [`VaultError::Unavailable`] until it is connected.
    pub fn vault(&self) -> Result<Vault, VaultError> {
        self.vault.borrow().clone().ok_or(VaultError::Unavailable {
            retry_after: RECONNECT_WAIT,
        })
    }
}

async fn connect(config: VaultConfig, opener: watch::Sender<Option<Vault>>) {
    while !opener.is_closed() {
        match Vault::connect(config.clone()).await {
            Ok(vault) => {
                opener.send_replace(Some(vault));
                // Dropping the sender would do no harm, but its receivers would learn of a change for nothing.
                opener.closed().await;
                return;
            }
            Err(error @ ConnectError::PinRefused { .. }) => {
                tracing::error!(%error, "the vault stays closed until the service is started again");
                return;
            }
            Err(error) => {
                tracing::warn!(%error, "the vault can't be connected yet");
                tokio::time::sleep(RECONNECT_WAIT).await;
            }
        }
    }
}
