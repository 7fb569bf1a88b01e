//! Two relays on one stream: the one that loses a race leaves the work to the other.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use tokio::sync::watch;

use super::{Relay, woken};
use crate::limits::{STANDBY_GRACE, STANDBY_POLL};

impl Relay {
    /// Returns when the other relay does not publish what it should have: events that waited for the
    /// whole grace while the stream stood still. Any failure to look returns too; the session that
    /// follows meets it again and reports it.
    pub(super) async fn stand_by(&self, wake: &mut watch::Receiver<i64>) {
        loop {
            let _ = tokio::time::timeout(STANDBY_POLL, woken(wake)).await;
            let Some(before) = self.stream_end().await else {
                return;
            };
            let Ok(head) = self.backlog.head().await else {
                return;
            };
            let head = head.map_or(0, |(sequence, _)| sequence);
            tokio::time::sleep(grace()).await;
            let Some(after) = self.stream_end().await else {
                return;
            };
            self.reporter.standing_by(after);
            self.reporter.head(head);
            if after == before && after != head {
                return;
            }
        }
    }

    async fn stream_end(&self) -> Option<u64> {
        let state = self.bus.stream_state().await.ok()??;
        Some(state.last_sequence)
    }
}

/// Between one and two graces, by chance.
fn grace() -> Duration {
    let chance = RandomState::new().hash_one(0_u8) % 1_000;
    STANDBY_GRACE + STANDBY_GRACE * u32::try_from(chance).unwrap_or(0) / 1_000
}
