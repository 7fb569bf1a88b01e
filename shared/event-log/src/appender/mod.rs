use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::{oneshot, watch};
use tokio::time::{Duration, timeout};
use uuid::Uuid;

use crate::{Decider, ENVELOPE_BYTES_MAX, Undecodable, Written};

mod attempt;
mod draft;
mod load;
mod measures;
mod memory;
mod queue;
mod session;
mod task;
mod trouble;

use queue::{Inbox, NoRoom};
use task::Task;

/// The most events that one command may record: more belongs into several commands, so that others
/// get a turn between them.
pub const EVENTS_PER_COMMAND_MAX: usize = 1_000;

/// How long a caller waits for its answer. Longer than every wait for the database put together, so
/// it ends only what nobody can tell yet.
const ANSWER_WAIT: Duration = Duration::from_secs(30);

/// The longest idempotency key, in bytes.
const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;

/// Tells the time. The shell hands it in, so that nothing below it reads a clock.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// How to append.
#[derive(Clone, Debug)]
pub struct AppenderConfig {
    /// How to log in, as the command role. The appender keeps one connection and makes it again.
    pub connection: tokio_postgres::Config,
    /// Commands of one tenant that may wait; more are refused as [`SubmitError::Busy`].
    pub queue_per_tenant: usize,
    /// Streams whose state stays in memory.
    pub streams_cached: usize,
}

impl AppenderConfig {
    /// The usual bounds: 1,024 waiting commands a tenant, 20,000 cached streams.
    pub fn new(connection: tokio_postgres::Config) -> Self {
        Self {
            connection,
            queue_per_tenant: 1_024,
            streams_cached: 20_000,
        }
    }
}

/// A command on its way to the log.
#[derive(Clone, Debug)]
pub struct Request<C> {
    /// Whose ledger it is for.
    pub tenant: Uuid,
    /// What is wanted.
    pub command: C,
    /// Who, why and through which request: JSON, stored with each event as it is.
    pub metadata: String,
    /// Set if the caller may repeat the request and wants the first answer then.
    pub idempotency: Option<Idempotency>,
}

/// What makes a repeated request recognizable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// Who asks: another principal's key is another key.
    pub principal: Uuid,
    /// The caller's key, at most 255 bytes.
    pub key: String,
    /// A keyed hash of the request, to tell a repetition from another request under the same key.
    pub body_hmac: [u8; 32],
}

/// What became of a command.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome<A, R> {
    /// It was decided now, on the whole log; what it recorded is committed.
    Decided {
        /// Carried out or refused.
        answer: Result<A, R>,
        /// Where its events stand.
        written: Written,
    },
    /// It had been carried out before; this is the first answer.
    Replayed {
        /// The first answer's status.
        status: i16,
        /// The first answer's body, JSON.
        body: String,
    },
}

/// Why a command was not decided.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SubmitError {
    /// Too many commands wait already, of this tenant or in all; nothing was recorded.
    #[error("too many commands wait already")]
    Busy,
    /// The idempotency key belongs to another request; nothing was recorded.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// A stream holds an event of a newer release; nothing was recorded.
    #[error("a stream was written by a newer release")]
    Undecodable(#[source] Undecodable),
    /// An event, claim or key is beyond its limit; nothing was recorded.
    #[error("{what} is too large: {size}, at most {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How large it is.
        size: usize,
        /// How large it may be.
        limit: usize,
    },
    /// The decider broke its contract; nothing was recorded.
    #[error("the decision can't be recorded: {0}")]
    Misdecided(&'static str),
    /// The database refuses what this command records; nothing was recorded.
    #[error("the database refuses the events")]
    Rejected(#[source] Arc<tokio_postgres::Error>),
    /// The log can't be reached; nothing was recorded.
    #[error("the log can't be reached")]
    Unavailable(#[source] Option<Arc<tokio_postgres::Error>>),
    /// The log went away while the command was written: whether it was recorded shows when it is
    /// back. Repeating it with the same idempotency key answers.
    #[error("whether the command was recorded is not known yet")]
    Unknown,
    /// The appender has been stopped; nothing was recorded.
    #[error("the log is closed")]
    Stopped,
}

/// Appends to the log: gathers the commands that wait, decides each in memory, and writes what they
/// record in one statement.
pub struct Appender<D: Decider> {
    door: Arc<Door<D>>,
    head: watch::Receiver<i64>,
    connected: watch::Receiver<bool>,
}

impl<D: Decider> Clone for Appender<D> {
    fn clone(&self) -> Self {
        Self {
            door: Arc::clone(&self.door),
            head: self.head.clone(),
            connected: self.connected.clone(),
        }
    }
}

impl<D: Decider> Appender<D> {
    /// Starts the append task, which connects by itself and keeps doing so; the runtime must be
    /// tokio's. It ends when the appender is stopped or its last clone is gone.
    pub fn start(decider: D, config: AppenderConfig, clock: Clock) -> Self {
        measures::describe();
        let inbox = Arc::new(Inbox::new(config.queue_per_tenant));
        let (head_told, head) = watch::channel(0);
        let (connected_told, connected) = watch::channel(false);
        let task = Task::new(
            decider,
            config,
            clock,
            Arc::clone(&inbox),
            head_told,
            connected_told,
        );
        tokio::spawn(task.run());
        Self {
            door: Arc::new(Door { inbox }),
            head,
            connected,
        }
    }

    /// Has a command decided, and what it records committed.
    ///
    /// A caller that goes away before its command is decided takes the command with it.
    ///
    /// # Errors
    /// See [`SubmitError`]: only [`SubmitError::Unknown`] leaves open whether something was recorded.
    pub async fn submit(&self, request: Request<D::Command>) -> Reply<D> {
        within_limits(&request)?;
        let (reply, answer) = oneshot::channel();
        let pending = Pending {
            tenant: request.tenant,
            command: request.command,
            metadata: request.metadata.into(),
            idempotency: request.idempotency,
            reply,
        };
        self.door
            .inbox
            .put(request.tenant, pending)
            .map_err(|closed| match closed {
                NoRoom::Full => SubmitError::Busy,
                NoRoom::Closed => SubmitError::Stopped,
            })?;
        match timeout(ANSWER_WAIT, answer).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(_)) | Err(_) => Err(SubmitError::Unknown),
        }
    }

    /// The last sequence that this appender has seen in the log. It wakes whoever publishes; what
    /// another process appends shows here only when this one appends next, so poll as well.
    pub fn head(&self) -> watch::Receiver<i64> {
        self.head.clone()
    }

    /// Whether the append task has a connection at this moment.
    pub fn connected(&self) -> bool {
        *self.connected.borrow()
    }

    /// Takes no further command, finishes those that wait, and returns when all are answered.
    pub async fn stop(&self) {
        self.door.inbox.close();
        let mut head = self.head.clone();
        // The append task holds the other end; it is gone when the task has ended.
        while head.changed().await.is_ok() {}
    }
}

/// What a caller hears.
type Reply<D> = Result<Outcome<<D as Decider>::Answer, <D as Decider>::Refusal>, SubmitError>;

/// A command that waits for its answer.
struct Pending<D: Decider> {
    tenant: Uuid,
    command: D::Command,
    metadata: Arc<str>,
    idempotency: Option<Idempotency>,
    reply: oneshot::Sender<Reply<D>>,
}

impl<D: Decider> Pending<D> {
    fn receipt_id(&self) -> Option<draft::ReceiptId> {
        let idempotency = self.idempotency.as_ref()?;
        Some((self.tenant, idempotency.principal, idempotency.key.clone()))
    }
}

/// Shared by the clones of an appender: the inbox closes when the last of them is gone.
struct Door<D: Decider> {
    inbox: Arc<Inbox<Pending<D>>>,
}

impl<D: Decider> Drop for Door<D> {
    fn drop(&mut self) {
        self.inbox.close();
    }
}

fn within_limits<C>(request: &Request<C>) -> Result<(), SubmitError> {
    within("metadata", request.metadata.len(), ENVELOPE_BYTES_MAX)?;
    if let Some(idempotency) = &request.idempotency {
        let size = idempotency.key.len();
        within("the idempotency key", size, IDEMPOTENCY_KEY_BYTES_MAX)?;
    }
    Ok(())
}

fn within(what: &'static str, size: usize, limit: usize) -> Result<(), SubmitError> {
    if size > limit {
        return Err(SubmitError::TooLarge { what, size, limit });
    }
    Ok(())
}
