//! A log in memory.

use std::sync::Mutex;

use async_trait::async_trait;
use bus::{Backlog, BacklogError, Message};
use bytes::Bytes;
use tokio::sync::watch;
use uuid::Uuid;

#[derive(Default)]
struct Inner {
    events: Vec<Message>,
    /// Raised when the log is set back: the same sequences then get other identities.
    branch: u64,
    broken: bool,
}

pub(crate) struct MemoryLog {
    inner: Mutex<Inner>,
    head: watch::Sender<i64>,
}

impl MemoryLog {
    pub(crate) fn with(events: usize) -> Self {
        let log = Self {
            inner: Mutex::default(),
            head: watch::channel(0).0,
        };
        log.append(events);
        log
    }

    pub(crate) fn append(&self, count: usize) {
        self.append_sized(count, 40);
    }

    pub(crate) fn append_sized(&self, count: usize, bytes: usize) {
        let mut inner = self.inner.lock().unwrap();
        for _ in 0..count {
            let sequence = inner.events.len() as u64 + 1;
            let event_id = Uuid::from_u64_pair(inner.branch + 1, sequence);
            let mut body = format!("{event_id} ").into_bytes();
            body.resize(bytes.max(40), b'.');
            inner.events.push(Message {
                sequence,
                event_id,
                subject: format!("ledger.tenant{}.seat_count_changed", sequence % 3),
                body: Bytes::from(body),
            });
        }
        let _ = self.head.send_replace(inner.events.len() as i64);
    }

    /// Restores a backup: the last events are gone, and what comes next are others.
    pub(crate) fn set_back(&self, to: usize) {
        let mut inner = self.inner.lock().unwrap();
        inner.events.truncate(to);
        inner.branch += 1;
        let _ = self.head.send_replace(to as i64);
    }

    pub(crate) fn set_broken(&self, broken: bool) {
        self.inner.lock().unwrap().broken = broken;
    }

    pub(crate) fn wake(&self) -> watch::Receiver<i64> {
        self.head.subscribe()
    }

    pub(crate) fn len(&self) -> u64 {
        self.inner.lock().unwrap().events.len() as u64
    }

    pub(crate) fn events(&self) -> Vec<Message> {
        self.inner.lock().unwrap().events.clone()
    }
}

#[async_trait]
impl Backlog for MemoryLog {
    async fn read_after(&self, sequence: u64, limit: usize) -> Result<Vec<Message>, BacklogError> {
        tokio::task::yield_now().await;
        let inner = self.inner.lock().unwrap();
        if inner.broken {
            return Err(BacklogError::new("the log is broken on purpose"));
        }
        let from = usize::try_from(sequence).unwrap().min(inner.events.len());
        let to = (from + limit).min(inner.events.len());
        Ok(inner.events[from..to].to_vec())
    }

    async fn head(&self) -> Result<Option<(u64, Uuid)>, BacklogError> {
        let inner = self.inner.lock().unwrap();
        if inner.broken {
            return Err(BacklogError::new("the log is broken on purpose"));
        }
        Ok(inner
            .events
            .last()
            .map(|last| (last.sequence, last.event_id)))
    }
}
