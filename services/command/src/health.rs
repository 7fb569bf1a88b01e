//! What `/readyz` asks of this service.

use async_trait::async_trait;
use bus::{RelayHealth, RelayState};
use tokio::sync::watch;
use web::health::{Check, Health};

use crate::{decider::Writer, vault_door::VaultDoor};

/// The log: without it no command is decided.
pub struct LogCheck(pub Writer);

/// The vault: without it everything but secrets works.
pub struct VaultCheck(pub VaultDoor);

/// The relay: without it commands are decided and wait in the log to be published.
pub struct RelayCheck(pub watch::Receiver<RelayHealth>);

#[async_trait]
impl Check for LogCheck {
    fn name(&self) -> &str {
        "log"
    }

    async fn check(&self) -> Health {
        if self.0.connected() {
            Health::Ready
        } else {
            Health::NotReady("the log can't be reached".to_owned())
        }
    }
}

#[async_trait]
impl Check for VaultCheck {
    fn name(&self) -> &str {
        "vault"
    }

    async fn check(&self) -> Health {
        let degraded = |error: vault::VaultError| Health::Degraded(error.to_string());
        match self.0.vault() {
            Ok(vault) => vault
                .health()
                .await
                .map_or_else(degraded, |()| Health::Ready),
            Err(error) => degraded(error),
        }
    }
}

#[async_trait]
impl Check for RelayCheck {
    fn name(&self) -> &str {
        "relay"
    }

    async fn check(&self) -> Health {
        let health = self.0.borrow().clone();
        let behind = health.lag();
        match health.state {
            RelayState::Running | RelayState::StandingBy => Health::Ready,
            RelayState::Starting => {
                Health::Degraded("it has not reached the stream yet".to_owned())
            }
            RelayState::Retrying(why) | RelayState::Stuck(why) => {
                Health::Degraded(format!("{behind} events wait to be published: {why}"))
            }
            RelayState::Stopped => Health::Degraded("it was stopped".to_owned()),
        }
    }
}
