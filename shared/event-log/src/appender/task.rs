use std::sync::Arc;

use tokio::select;
use tokio::sync::watch;
use tokio::time::{Duration, Instant, sleep};

use super::attempt::{Attempt, Unsettled};
use super::memory::{Head, Memory};
use super::queue::Inbox;
use super::session::Session;
use super::trouble::{Cause, Trouble};
use super::{AppenderConfig, Clock, Pending, Reply, SubmitError, measures};
use crate::Decider;

/// Commands decided together. More would gain little (the statement is at its best from some 500
/// rows on) and make everybody wait for the last.
const BATCH_COMMANDS_MAX: usize = 500;

/// Turns of the scheduler that a batch waits for callers who have just been answered.
const TURNS_MAX: usize = 4;

/// Batches that take turns by the log's lock after a race was lost, so that two busy writers don't
/// go on losing in turns.
const CONTENDED_BATCHES: u32 = 16;

/// Races that one batch loses before its callers hear that the log can't be reached. Under the lock
/// a batch loses only to a writer that has not lost yet.
const LOSSES_MAX: u32 = 64;

/// Connections that one batch may cost before it is given up, in case it is what kills them.
const CONNECTIONS_MAX: u32 = 4;

/// How long commands that were not sent wait for a database that is away or busy.
const OUTAGE_WAIT: Duration = Duration::from_secs(3);

/// The first pause between two tries; it doubles up to `PAUSE_MAX`.
const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// The append task: the only one that decides, so each decision sees all before it.
pub(super) struct Task<D: Decider> {
    pub(super) decider: D,
    pub(super) memory: Memory<D::State>,
    /// Batches to go through under the log's lock.
    pub(super) contended: u32,
    clock: Clock,
    config: tokio_postgres::Config,
    inbox: Arc<Inbox<Pending<D>>>,
    /// Parts of a batch that go next, the first one last.
    carried: Vec<Vec<Pending<D>>>,
    session: Option<Session>,
    /// Whether the memory has a head at all.
    oriented: bool,
    head_told: watch::Sender<i64>,
    connected_told: watch::Sender<bool>,
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
            decider,
            memory: Memory::new(config.streams_cached),
            contended: 0,
            clock,
            config: config.connection,
            inbox,
            carried: Vec::new(),
            session: None,
            oriented: false,
            head_told,
            connected_told,
        }
    }

    pub(super) async fn run(mut self) {
        loop {
            let batch = match self.carried.pop() {
                Some(batch) => batch,
                None if self.wait().await => self.inbox.take(BATCH_COMMANDS_MAX),
                None => return,
            };
            measures::waiting(self.inbox.len());
            self.settle(batch).await;
            self.memory.trim();
            let_callers_ask(&self.inbox).await;
        }
    }

    /// The instant of a batch: never before the last event's, and in microseconds, as it is stored.
    pub(super) fn now(&self) -> chrono::DateTime<chrono::Utc> {
        let now = (self.clock)();
        let whole = chrono::DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now);
        whole.max(self.memory.head.recorded_at)
    }

    pub(super) fn tell_head(&self) {
        let sequence = self.memory.head.sequence;
        self.head_told.send_if_modified(|told| {
            let moved = *told != sequence;
            *told = sequence;
            moved
        });
    }

    /// Waits for commands, and meanwhile keeps the connection; false when there will be none.
    async fn wait(&mut self) -> bool {
        let inbox = Arc::clone(&self.inbox);
        loop {
            match &mut self.session {
                Some(session) => select! {
                    more = inbox.wait() => return more,
                    () = session.ended() => self.disconnected(),
                },
                None => select! {
                    more = inbox.wait() => return more,
                    () = async {
                        if self.connect().await.is_err() {
                            sleep(PAUSE_MAX).await;
                        }
                    } => {}
                },
            }
        }
    }

    /// Brings a batch to an end: every command is answered, or carried to go next.
    async fn settle(&mut self, mut batch: Vec<Pending<D>>) {
        let mut losses = 0;
        let mut connections = 0;
        let started = Instant::now();
        let mut pause = PAUSE_MIN;
        loop {
            batch.retain(|command| !command.reply.is_closed());
            if batch.is_empty() {
                return;
            }
            let mut session = match self.session().await {
                Ok(session) => session,
                Err(cause) => {
                    self.refuse(batch, &SubmitError::Unavailable(cause.clone()));
                    return self.refuse_waiting(cause);
                }
            };
            let attempt = self.attempt(&mut session, &mut batch).await;
            self.keep(session).await;
            match attempt {
                Ok(Attempt::Settled(replies)) => return self.answer(batch, replies),
                Ok(Attempt::Lost) => {
                    measures::lost();
                    self.contended = CONTENDED_BATCHES;
                    losses += 1;
                    if losses >= LOSSES_MAX {
                        return self.refuse(batch, &SubmitError::Unavailable(None));
                    }
                }
                Err(Unsettled::Abandoned) => return,
                Err(Unsettled::Trouble(Trouble::Gone(cause))) => {
                    self.disconnected();
                    connections += 1;
                    if connections >= CONNECTIONS_MAX {
                        return self.refuse_or_halve(batch, &SubmitError::Unavailable(cause));
                    }
                }
                Err(Unsettled::Trouble(Trouble::Passing(cause))) => {
                    tracing::warn!(cause = ?cause, "the log is busy");
                    if started.elapsed() >= OUTAGE_WAIT {
                        return self.refuse(batch, &SubmitError::Unavailable(cause));
                    }
                    pause = paused(pause).await;
                }
                Err(Unsettled::Trouble(Trouble::Refused(cause) | Trouble::Taken(cause))) => {
                    tracing::warn!(cause = ?cause, commands = batch.len(), "the log refuses a batch");
                    let error = cause.map_or(SubmitError::Unavailable(None), SubmitError::Rejected);
                    return self.refuse_or_halve(batch, &error);
                }
            }
        }
    }

    fn answer(&mut self, mut batch: Vec<Pending<D>>, replies: Vec<Reply<D>>) {
        let rest = batch.split_off(replies.len().min(batch.len()));
        if !rest.is_empty() {
            self.carried.push(rest);
        }
        measures::decided(batch.len());
        for (command, reply) in batch.into_iter().zip(replies) {
            // A caller that has gone away does not hear it; what it wanted is done.
            let _ = command.reply.send(reply);
        }
    }

    fn refuse(&self, batch: Vec<Pending<D>>, error: &SubmitError) {
        for command in batch {
            let _ = command.reply.send(Err(error.clone()));
        }
    }

    /// One command spoils a batch: it is found by halves, and fails alone.
    fn refuse_or_halve(&mut self, mut batch: Vec<Pending<D>>, error: &SubmitError) {
        if batch.len() > 1 {
            let second = batch.split_off(batch.len() / 2);
            self.carried.push(second);
            self.carried.push(batch);
            return;
        }
        // If the memory was wrong and not the command, it is not wrong for ever.
        self.memory.reset(self.memory.head);
        self.refuse(batch, error);
    }

    /// During an outage nobody waits for longer than those who were first to meet it.
    pub(super) fn refuse_waiting(&mut self, cause: Cause) {
        let error = SubmitError::Unavailable(cause);
        for batch in std::mem::take(&mut self.carried) {
            self.refuse(batch, &error);
        }
        let waiting = self.inbox.take(usize::MAX);
        self.refuse(waiting, &error);
    }

    pub(super) fn stopping(&self) -> bool {
        self.inbox.closed()
    }

    /// The session, made anew if need be.
    pub(super) async fn session(&mut self) -> Result<Session, Cause> {
        let started = Instant::now();
        let mut pause = PAUSE_MIN;
        loop {
            if self.session.as_ref().is_some_and(Session::is_closed) {
                self.disconnected();
            }
            if let Some(session) = self.session.take() {
                return Ok(session);
            }
            match self.connect().await {
                Ok(()) => {}
                Err(cause) if started.elapsed() >= OUTAGE_WAIT => return Err(cause),
                Err(_) => pause = paused(pause).await,
            }
        }
    }

    async fn keep(&mut self, mut session: Session) {
        if session.unlock().await.is_err() || session.is_closed() {
            self.disconnected();
            return;
        }
        self.session = Some(session);
    }

    async fn connect(&mut self) -> Result<(), Cause> {
        match self.orient().await {
            Ok(session) => {
                self.session = Some(session);
                self.connected_told.send_replace(true);
                Ok(())
            }
            Err(
                Trouble::Gone(cause)
                | Trouble::Passing(cause)
                | Trouble::Taken(cause)
                | Trouble::Refused(cause),
            ) => {
                tracing::warn!(cause = ?cause, "cannot connect to the log");
                Err(cause)
            }
        }
    }

    /// Connects; the first time, finds out where the log ends.
    async fn orient(&mut self) -> Result<Session, Trouble> {
        let session = Session::open(&self.config).await?;
        if !self.oriented {
            let head: Head = session.head().await?;
            self.memory.reset(head);
            self.oriented = true;
            self.tell_head();
        }
        Ok(session)
    }

    pub(super) fn disconnected(&mut self) {
        self.session = None;
        self.connected_told.send_replace(false);
    }
}

/// Whoever was answered may ask next before the next batch is gathered, so batches are full under
/// load, without a timer: it goes on as soon as nobody has asked for one turn.
async fn let_callers_ask<T>(inbox: &Inbox<T>) {
    let mut waiting = 0;
    for _ in 0..TURNS_MAX {
        tokio::task::yield_now().await;
        let more = inbox.len();
        if more == waiting {
            return;
        }
        waiting = more;
    }
}

/// Pauses; answers how long to pause the next time.
pub(super) async fn paused(pause: Duration) -> Duration {
    sleep(pause).await;
    (pause * 2).min(PAUSE_MAX)
}

/// The first pause of a row of tries.
pub(super) const FIRST_PAUSE: Duration = PAUSE_MIN;
