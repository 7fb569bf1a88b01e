//! The relay that publishes the log.

use std::sync::Arc;

use bus::{Bus, Relay, RelayConfig};
use contract::LogBacklog;
use event_log::Reader;

/// The relay from the log to the bus. `Relay::run` it with `Writer::head` as its wake; several may run.
#[must_use]
pub fn relay(bus: Bus, reader: Reader, config: RelayConfig) -> Relay {
    Relay::new(bus, Arc::new(LogBacklog::new(reader)), config)
}
