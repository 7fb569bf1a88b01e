use std::borrow::Cow;
use std::error::Error;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::Recorded;

/// The largest event that is taken, payload and metadata together, in bytes. NATS refuses a message
/// above 1 MiB and a relay that keeps the order would stick on it; this leaves room for the envelope.
pub const ENVELOPE_BYTES_MAX: usize = 256 * 1024;

/// What may happen, and what a fact means: the pure half of an [`Appender`](crate::Appender).
///
/// Nothing here waits, reads a clock or fails: time and facts come in, a decision goes out. The
/// appender may decide the same command more than once, whenever another writer was faster.
pub trait Decider: Sized + Send + Sync + 'static {
    /// What somebody wants to happen.
    type Command: Send + 'static;
    /// What the events of one stream add up to. A stream without events is its `Default`.
    type State: Default + Send + 'static;
    /// One fact.
    type Event: Send + 'static;
    /// What a command that was carried out answers.
    type Answer: Send + 'static;
    /// Why a command was not carried out.
    type Refusal: Send + 'static;

    /// The streams and claims that `decide` will look at. It is asked again with what was read,
    /// until it names nothing new (in a bounded number of rounds), so an answer may lead to the
    /// next question: a claim to its owner, the owner to its type.
    ///
    /// A stream that is written but not named here is taken to be new.
    fn needs(&self, tenant: Uuid, command: &Self::Command, facts: &Facts<'_, Self::State>)
    -> Needs;

    /// Decides a command on the facts that it needs, at the instant `now` (whole microseconds),
    /// which becomes the events' `recorded_at`. A decision may refuse and still record.
    fn decide(
        &self,
        tenant: Uuid,
        command: &Self::Command,
        facts: &Facts<'_, Self::State>,
        now: DateTime<Utc>,
    ) -> Decision<Self>;

    /// What the event means for its stream. Total: history is never refused.
    fn evolve(&self, state: &mut Self::State, event: &Self::Event, recorded_at: DateTime<Utc>);

    /// How the event is stored.
    fn encode(&self, event: &Self::Event) -> Encoded;

    /// Reads a stored event of any schema version.
    ///
    /// # Errors
    /// If this binary does not know the event. Every command that needs its stream is then refused
    /// with [`SubmitError::Undecodable`](crate::SubmitError::Undecodable), rather than decided on
    /// half a state.
    fn decode(&self, recorded: &Recorded) -> Result<Self::Event, Undecodable>;

    /// What is kept, to be answered again, when a command that carries an idempotency key was
    /// carried out and recorded something. Refusals and commands without an event keep nothing.
    fn receipt(&self, answer: &Self::Answer, written: &Written) -> Receipt;
}

/// What a command still wants to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Streams, by id. Another tenant's stream reads as one that does not exist.
    pub streams: Vec<Uuid>,
    /// Claims of the command's tenant.
    pub claims: Vec<ClaimKey>,
}

/// Names something that must be unique in a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClaimKey {
    /// What kind of thing is claimed, for example `company-name`.
    pub scope: String,
    /// The claimed value, already normalized: two values that must not stand side by side are equal here.
    pub key: String,
}

/// Takes a claim for an owner, or releases it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimChange {
    /// What kind of thing is claimed.
    pub scope: String,
    /// The claimed value, normalized.
    pub key: String,
    /// Who holds it from now on; none: it is free.
    pub owner: Option<Uuid>,
}

/// Where [`Facts`] come from: the appender's memory, or a test's.
pub trait FactSource<S> {
    /// A stream's state and version, if it was read and has events.
    fn stream(&self, tenant: Uuid, stream: Uuid) -> Option<(&S, i32)>;
    /// Who holds a claim. One that was not read is held by nobody.
    fn claim(&self, tenant: Uuid, scope: &str, key: &str) -> Option<Uuid>;
}

/// What is known when a command is decided: the truth up to the head of the log, and what earlier
/// commands of the same batch did to it.
pub struct Facts<'a, S> {
    tenant: Uuid,
    source: &'a dyn FactSource<S>,
}

impl<'a, S> Facts<'a, S> {
    /// The facts of one tenant.
    pub fn new(tenant: Uuid, source: &'a dyn FactSource<S>) -> Self {
        Self { tenant, source }
    }

    /// The stream's state; none if it has no events (or was not named in `needs`).
    pub fn state(&self, stream: Uuid) -> Option<&'a S> {
        self.source
            .stream(self.tenant, stream)
            .map(|(state, _)| state)
    }

    /// The version of the stream's last event; 0 if it has none.
    pub fn version(&self, stream: Uuid) -> i32 {
        self.source
            .stream(self.tenant, stream)
            .map_or(0, |(_, version)| version)
    }

    /// Who holds the claim.
    pub fn claim(&self, scope: &str, key: &str) -> Option<Uuid> {
        self.source.claim(self.tenant, scope, key)
    }
}

/// What a command came to.
pub struct Decision<D: Decider> {
    /// What is recorded, in this order: the stream and the event.
    pub events: Vec<(Uuid, D::Event)>,
    /// Claims taken and released together with the events; without an event there may be none.
    pub claims: Vec<ClaimChange>,
    /// What the caller is told.
    pub outcome: Result<D::Answer, D::Refusal>,
}

impl<D: Decider> Decision<D> {
    /// Records and answers.
    pub fn record(events: Vec<(Uuid, D::Event)>, answer: D::Answer) -> Self {
        Self {
            events,
            claims: Vec::new(),
            outcome: Ok(answer),
        }
    }

    /// Answers and records nothing: there was nothing to do, or the command only looked.
    pub fn answer(answer: D::Answer) -> Self {
        Self::record(Vec::new(), answer)
    }

    /// Refuses and records nothing.
    pub fn refuse(refusal: D::Refusal) -> Self {
        Self {
            events: Vec::new(),
            claims: Vec::new(),
            outcome: Err(refusal),
        }
    }

    /// The same decision with these claims.
    #[must_use]
    pub fn claiming(mut self, claims: Vec<ClaimChange>) -> Self {
        self.claims = claims;
        self
    }
}

/// An event as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// What happened.
    pub event_type: Cow<'static, str>,
    /// The version of the payload's schema.
    pub schema_version: i16,
    /// The company that it concerns, if there is one.
    pub company_id: Option<Uuid>,
    /// The day that it is true for.
    pub effective_on: NaiveDate,
    /// JSON; kept byte for byte.
    pub payload: String,
}

/// Where a command's events came to stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The tenant's last entry after the command; without an event, the last that it was decided on.
    pub entry: i64,
    /// The log's last sequence after the command; without an event, the last that it was decided on.
    pub sequence: i64,
    /// The new version of each stream that the command wrote to, in the order of its first event.
    pub versions: Vec<(Uuid, i32)>,
}

/// What a repeated command is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The status of the first answer.
    pub status: i16,
    /// The body of the first answer, JSON; kept byte for byte.
    pub body: String,
}

/// This binary does not know the event: a newer one wrote it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("event {event_type} in schema version {schema_version} is not known here")]
pub struct Undecodable {
    /// The event's type.
    pub event_type: String,
    /// The payload's schema version.
    pub schema_version: i16,
    /// What the decoder said.
    #[source]
    pub source: Arc<dyn Error + Send + Sync>,
}
