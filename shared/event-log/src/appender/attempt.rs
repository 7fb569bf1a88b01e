//! One attempt at a batch: read, decide, write behind the fence, and find out what became of it.

use uuid::Uuid;

use super::draft::{Draft, View, Writing};
use super::load::Wanted;
use super::memory::{Head, Known, Memory};
use super::session::Session;
use super::task::{FIRST_PAUSE, Task, paused};
use super::trouble::Trouble;
use super::{Pending, Reply, SubmitError, measures};
use crate::{Decider, Facts, Needs};

/// Rounds in which a command may name further streams and claims. The longest chain in use is claim,
/// owner, its type, its company, their policies.
const NEEDS_ROUNDS_MAX: usize = 8;

/// Headers of events that were missed, read at once.
const HEADERS_PAGE: i32 = 1_000;

/// Pages of headers after which it is cheaper to forget what is in memory than to keep it current.
const HEADERS_PAGES_MAX: usize = 5;

/// How an attempt ended that did not fail.
pub(super) enum Attempt<D: Decider> {
    /// What the first commands of the batch are answered; the rest did not fit.
    Settled(Vec<Reply<D>>),
    /// Another writer was faster, and nothing was written. The memory has caught up.
    Lost,
}

/// How an attempt failed.
pub(super) enum Unsettled {
    /// Nothing was written.
    Trouble(Trouble),
    /// Nobody can tell whether something was written: the appender was stopped, or the database takes
    /// nothing any more, since the connection was lost.
    Abandoned,
}

impl From<Trouble> for Unsettled {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// What became of a statement that was sent.
enum Fate {
    Written,
    Lost,
}

impl<D: Decider> Task<D> {
    pub(super) async fn attempt(
        &mut self,
        session: &mut Session,
        batch: &mut [Pending<D>],
    ) -> Result<Attempt<D>, Unsettled> {
        if self.contended > 0 {
            self.contended -= 1;
            session.lock().await?;
            self.catch_up(session).await?;
        }
        let mut tenants: Vec<Uuid> = batch.iter().map(|command| command.tenant).collect();
        tenants.sort_unstable();
        tenants.dedup();

        let mut draft = Draft::new(self.now());
        let fate = match self.decide(session, &tenants, batch, &mut draft).await {
            Err(trouble) => Err(trouble.into()),
            Ok(()) if draft.writing.rows.len() > 0 => {
                self.commit(session, &tenants, &draft.writing).await
            }
            // Without an event there is no fence; but also "no" must be said on the whole log, and
            // claims may have been read from after the head that streams were read to.
            Ok(()) => match session.head_is(self.memory.head).await {
                Ok(true) => Ok(Fate::Written),
                Ok(false) => Ok(Fate::Lost),
                Err(trouble) => Err(trouble.into()),
            },
        };
        match fate {
            Ok(Fate::Written) => {
                self.memory.head = draft.writing.head_after(self.memory.head);
                self.tell_head();
                if draft.writing.rows.len() > 0 {
                    measures::written(draft.writing.rows.len());
                }
                Ok(Attempt::Settled(draft.replies))
            }
            Ok(Fate::Lost) => {
                draft.undo(&mut self.memory);
                session.unlock().await?;
                self.catch_up(session).await?;
                Ok(Attempt::Lost)
            }
            Err(unsettled) => {
                draft.undo(&mut self.memory);
                Err(unsettled)
            }
        }
    }

    /// Decides the batch in order, each command on what those before it did.
    async fn decide(
        &mut self,
        session: &mut Session,
        tenants: &[Uuid],
        batch: &mut [Pending<D>],
        draft: &mut Draft<D>,
    ) -> Result<(), Trouble> {
        let mut wanted = Wanted::default();
        for command in batch.iter() {
            self.want_own(command, &mut wanted);
        }
        for place in 0..batch.len() {
            if draft.full() {
                break;
            }
            let needs = self
                .satisfy(session, tenants, batch, place, draft, &mut wanted)
                .await?;
            if let Some(command) = batch.get(place) {
                let reply = self.decide_one(command, needs, draft);
                draft.replies.push(reply);
            }
        }
        Ok(())
    }

    /// Reads until the command at this place needs nothing more; none if that never happens. If it
    /// lacks something, what the commands behind it lack is read with it: usually everything is
    /// there, and otherwise it takes as many reads as the longest chain has links.
    async fn satisfy(
        &mut self,
        session: &mut Session,
        tenants: &[Uuid],
        batch: &mut [Pending<D>],
        place: usize,
        draft: &mut Draft<D>,
        wanted: &mut Wanted,
    ) -> Result<Option<Needs>, Trouble> {
        for _ in 0..=NEEDS_ROUNDS_MAX {
            let Some((command, behind)) = batch.get(place..).and_then(<[_]>::split_first) else {
                return Ok(None);
            };
            let needs = self.want(command, draft, wanted);
            if wanted.is_empty() {
                return Ok(Some(needs));
            }
            for command in behind {
                self.want(command, draft, wanted);
            }
            self.read(session, tenants, std::mem::take(wanted), draft)
                .await?;
        }
        Ok(None)
    }

    fn decide_one(
        &mut self,
        command: &Pending<D>,
        needs: Option<Needs>,
        draft: &mut Draft<D>,
    ) -> Reply<D> {
        if let Some(reply) = draft.replay(command) {
            return reply;
        }
        let Some(needs) = needs else {
            return Err(SubmitError::Misdecided("its needs have no end"));
        };
        for stream in needs.streams {
            if let Some(Known::Undecodable(undecodable)) =
                self.memory.stream(&(command.tenant, stream))
            {
                return Err(SubmitError::Undecodable(undecodable.clone()));
            }
        }
        let view = View {
            memory: &self.memory,
            draft,
        };
        let facts = Facts::new(command.tenant, &view);
        let now = view.draft.writing.recorded_at;
        let decision = self
            .decider
            .decide(command.tenant, &command.command, &facts, now);
        draft.take(&self.decider, &mut self.memory, command, decision)
    }

    /// Adds what every command needs: its tenant's last entry, and the answer under its key.
    fn want_own(&mut self, command: &Pending<D>, wanted: &mut Wanted) {
        if self.memory.entry(command.tenant).is_none() {
            wanted.entries.insert(command.tenant);
        }
        wanted.receipts.extend(command.receipt_id());
    }

    /// Asks the decider what the command needs, and adds what of it is not known yet.
    fn want(&mut self, command: &Pending<D>, draft: &Draft<D>, wanted: &mut Wanted) -> Needs {
        let view = View {
            memory: &self.memory,
            draft,
        };
        let facts = Facts::new(command.tenant, &view);
        let needs = self.decider.needs(command.tenant, &command.command, &facts);
        want_streams(&mut self.memory, command.tenant, &needs, wanted);
        for claim in &needs.claims {
            let id = (command.tenant, claim.clone());
            if !draft.has_claim(&id) {
                wanted.claims.insert(id);
            }
        }
        needs
    }

    async fn read(
        &mut self,
        session: &mut Session,
        tenants: &[Uuid],
        wanted: Wanted,
        draft: &mut Draft<D>,
    ) -> Result<(), Trouble> {
        let mut found = session
            .load(&self.decider, tenants, &wanted, self.memory.head)
            .await?;
        self.memory.learn_streams(found.streams);
        for (tenant, entry) in found.entries {
            self.memory.set_entry(tenant, entry);
        }
        for id in wanted.claims {
            let owner = found.claims.remove(&id);
            draft.learn_claim(id, owner);
        }
        for (id, kept) in found.receipts {
            draft.learn_receipt(id, kept);
        }
        Ok(())
    }

    /// Writes, and does not return before it is certain whether it is written. After a lost
    /// connection that means: send the same again, with the same ids behind the same head. Either
    /// that writes it, or something stands behind the head by now, and its id tells what.
    async fn commit(
        &mut self,
        session: &mut Session,
        tenants: &[Uuid],
        writing: &Writing,
    ) -> Result<Fate, Unsettled> {
        let head = self.memory.head;
        let mut unknown = false;
        let mut pause = FIRST_PAUSE;
        loop {
            let trouble = match session.append(tenants, writing, head).await {
                Ok(true) => return Ok(Fate::Written),
                Ok(false) => match is_behind(head, session, writing).await {
                    Ok(Some(true)) => return Ok(Fate::Written),
                    Ok(Some(false) | None) => return Ok(Fate::Lost),
                    Err(trouble) => trouble,
                },
                Err(Trouble::Taken(cause)) => match is_behind(head, session, writing).await {
                    Ok(Some(true)) => return Ok(Fate::Written),
                    Ok(Some(false)) => return Ok(Fate::Lost),
                    // Nobody was faster: a key of the batch itself is in the way.
                    Ok(None) => return Err(Trouble::Taken(cause).into()),
                    Err(trouble) => trouble,
                },
                // What is refused now may have been written before the connection was lost.
                Err(Trouble::Refused(_)) if unknown => {
                    match is_behind(head, session, writing).await {
                        Ok(Some(true)) => return Ok(Fate::Written),
                        Ok(Some(false)) => return Ok(Fate::Lost),
                        Ok(None) => return Err(Unsettled::Abandoned),
                        Err(trouble) => trouble,
                    }
                }
                Err(trouble) => trouble,
            };
            match trouble {
                Trouble::Gone(_) => {
                    if unknown {
                        pause = paused(pause).await;
                    }
                    unknown = true;
                    self.disconnected();
                    *session = self.session_at_last().await?;
                }
                Trouble::Passing(_) if unknown => pause = paused(pause).await,
                trouble => return Err(trouble.into()),
            }
        }
    }

    /// A session, however long it takes: somebody waits to hear whether something was written.
    /// Meanwhile those who were not written yet are told so.
    async fn session_at_last(&mut self) -> Result<Session, Unsettled> {
        loop {
            match self.session().await {
                Ok(session) => return Ok(session),
                Err(_) if self.stopping() => return Err(Unsettled::Abandoned),
                Err(cause) => self.refuse_waiting(cause),
            }
        }
    }

    /// Reads what other writers appended, and forgets what it changes. If the log no longer holds
    /// the event that was its end, it is another log (one that was restored): forget everything.
    async fn catch_up(&mut self, session: &Session) -> Result<(), Trouble> {
        for _ in 0..HEADERS_PAGES_MAX {
            let head = self.memory.head;
            let headers = session
                .headers_after((head.sequence - 1).max(0), HEADERS_PAGE)
                .await?;
            let missed = if head.sequence == 0 {
                headers.as_slice()
            } else {
                match headers.split_first() {
                    Some((last, missed)) if last.event_id == head.event_id => missed,
                    _ => break,
                }
            };
            for header in missed {
                self.memory.advance(header);
            }
            if headers.len() < usize::try_from(HEADERS_PAGE).unwrap_or_default() {
                self.tell_head();
                return Ok(());
            }
        }
        let head = session.head().await?;
        tracing::warn!(sequence = head.sequence, "starting from the log's end anew");
        self.memory.reset(head);
        self.tell_head();
        Ok(())
    }
}

/// Whether it is this batch that stands behind the head; none if nothing does.
async fn is_behind(
    head: Head,
    session: &Session,
    writing: &Writing,
) -> Result<Option<bool>, Trouble> {
    let headers = session.headers_after(head.sequence, 1).await?;
    let first = writing.rows.event_id.first();
    Ok(headers
        .first()
        .map(|header| Some(&header.event_id) == first))
}

fn want_streams<S: Default>(
    memory: &mut Memory<S>,
    tenant: Uuid,
    needs: &Needs,
    wanted: &mut Wanted,
) {
    for stream in &needs.streams {
        let key = (tenant, *stream);
        if !memory.has_stream(&key) {
            wanted.streams.insert(key);
        }
    }
}
