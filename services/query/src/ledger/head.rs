//! Tells all open streams at once that the log has grown.

use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use event_log::Reader;
use tokio::sync::watch;

/// Between two looks at the log's end: short to a person, and nothing to the database.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Where the log ends, looked up by one task for all who follow it, and by none while nobody does.
#[derive(Clone)]
pub(crate) struct Head {
    shared: Arc<Shared>,
}

struct Shared {
    log: Reader,
    looking: Mutex<Weak<watch::Sender<i64>>>,
}

impl Head {
    pub(crate) fn new(log: Reader) -> Self {
        let looking = Mutex::new(Weak::new());
        Self {
            shared: Arc::new(Shared { log, looking }),
        }
    }

    /// The log's last sequence as it grows.
    pub(crate) fn follow(&self) -> watch::Receiver<i64> {
        let mut looking = self
            .shared
            .looking
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = looking.upgrade() {
            return sender.subscribe();
        }
        let sender = Arc::new(watch::Sender::new(0));
        let receiver = sender.subscribe();
        *looking = Arc::downgrade(&sender);
        tokio::spawn(look(Arc::clone(&self.shared), sender));
        receiver
    }
}

async fn look(shared: Arc<Shared>, sender: Arc<watch::Sender<i64>>) {
    loop {
        // A log that does not answer is noticed by the streams, which read it.
        if let Ok(Some((sequence, _))) = shared.log.head().await {
            sender.send_if_modified(|known| std::mem::replace(known, sequence) != sequence);
        }
        {
            // Under the lock, so that nobody subscribes to a task that is about to end.
            let mut looking = shared
                .looking
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if sender.receiver_count() == 0 {
                *looking = Weak::new();
                return;
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
