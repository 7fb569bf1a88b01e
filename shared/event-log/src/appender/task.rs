use std::sync::Arc;

use tokio::sync::watch;

use super::queue::Inbox;
use super::{AppenderConfig, Clock, Pending};
use crate::Decider;
use crate::SubmitError;

/// The append task.
pub(super) struct Task<D: Decider> {
    _decider: D,
    _config: AppenderConfig,
    _clock: Clock,
    inbox: Arc<Inbox<Pending<D>>>,
    _head_told: watch::Sender<i64>,
    _connected_told: watch::Sender<bool>,
}

impl<D: Decider> Task<D> {
    pub(super) fn new(
        decider: D,
        config: AppenderConfig,
        clock: Clock,
        inbox: Arc<Inbox<Pending<D>>>,
        head_told: watch::Sender<i64>,
        connected_told: watch::Sender<bool>,
    ) -> Self {
        Self {
            _decider: decider,
            _config: config,
            _clock: clock,
            inbox,
            _head_told: head_told,
            _connected_told: connected_told,
        }
    }

    pub(super) async fn run(self) {
        while self.inbox.wait().await {
            for pending in self.inbox.take(1) {
                let _ = pending.reply.send(Err(SubmitError::Unavailable(None)));
            }
        }
    }
}
