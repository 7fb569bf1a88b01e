//! The log with the real rules, and a clock that runs ahead.

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use contract::{Commands, NotDone};
use domain::{
    Command, Fact, Order, Refusal, Subject, access::Principal, command::ClaimKey, ids::TenantId,
};
use event_log::{
    Appender, Clock, Decider, Decision, Encoded, Facts, Needs, Outcome, Receipt, Recorded, Request,
    Undecodable, Written,
};
use uuid::Uuid;

/// Decides as the domain does, or records what a test says.
pub(crate) struct Rules;

pub(crate) enum Do {
    Order(Box<Order>),
    Record(Vec<Fact>),
}

struct Known<'a>(&'a Facts<'a, Subject>);

impl domain::Facts for Known<'_> {
    fn subject(&self, stream: Uuid) -> Option<&Subject> {
        self.0.state(stream)
    }

    fn version(&self, stream: Uuid) -> i32 {
        self.0.version(stream)
    }

    fn claim(&self, key: &ClaimKey) -> Option<Option<Uuid>> {
        Some(self.0.claim(key.scope, &key.key))
    }
}

impl Decider for Rules {
    type Command = Do;
    type State = Subject;
    type Event = Fact;
    type Answer = ();
    type Refusal = Refusal;

    fn needs(&self, tenant: Uuid, what: &Do, facts: &Facts<'_, Subject>) -> Needs {
        match what {
            Do::Record(facts) => Needs {
                streams: facts.iter().map(|fact| fact.stream).collect(),
                claims: Vec::new(),
            },
            Do::Order(order) => {
                let needs = domain::needs(TenantId(tenant), order, &Known(facts));
                let claim = |key: ClaimKey| event_log::ClaimKey {
                    scope: key.scope.to_owned(),
                    key: key.key,
                };
                Needs {
                    streams: needs.streams,
                    claims: needs.claims.into_iter().map(claim).collect(),
                }
            }
        }
    }

    fn decide(
        &self,
        tenant: Uuid,
        what: &Do,
        facts: &Facts<'_, Subject>,
        now: DateTime<Utc>,
    ) -> Decision<Self> {
        match what {
            Do::Record(facts) => {
                let events = facts.iter().map(|fact| (fact.stream, fact.clone()));
                Decision::record(events.collect(), ())
            }
            Do::Order(order) => {
                let decided = domain::decide(TenantId(tenant), order, &Known(facts), now);
                Decision {
                    events: decided
                        .facts
                        .into_iter()
                        .map(|fact| (fact.stream, fact))
                        .collect(),
                    claims: Vec::new(),
                    outcome: decided.outcome.map(|_| ()),
                }
            }
        }
    }

    fn evolve(&self, state: &mut Subject, fact: &Fact, recorded_at: DateTime<Utc>) {
        state.evolve(fact, recorded_at);
    }

    fn encode(&self, fact: &Fact) -> Encoded {
        let stored = contract::encode(&fact.event);
        Encoded {
            event_type: Cow::Borrowed(stored.event_type),
            schema_version: stored.schema_version,
            company_id: fact.company.map(|company| company.0),
            effective_on: fact.effective_on,
            payload: stored.payload,
        }
    }

    fn decode(&self, recorded: &Recorded) -> Result<Fact, Undecodable> {
        contract::fact(recorded).map_err(|error| Undecodable {
            event_type: recorded.event_type.clone(),
            schema_version: recorded.schema_version,
            source: Arc::new(error),
        })
    }

    fn receipt(&self, (): &(), _: &Written) -> Receipt {
        Receipt {
            status: 200,
            body: "{}".to_owned(),
        }
    }
}

/// A clock that can be moved and made to run faster.
#[derive(Clone)]
pub(crate) struct TestClock {
    began: Instant,
    base: DateTime<Utc>,
    ahead_ms: Arc<AtomicI64>,
    speed: Arc<AtomicU64>,
}

impl TestClock {
    pub(crate) fn new(speed: u64) -> Self {
        Self {
            began: Instant::now(),
            base: Utc::now(),
            ahead_ms: Arc::default(),
            speed: Arc::new(AtomicU64::new(speed)),
        }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        let speed = u32::try_from(self.speed.load(Ordering::SeqCst)).unwrap();
        let ahead = TimeDelta::milliseconds(self.ahead_ms.load(Ordering::SeqCst));
        let now = self.base + self.began.elapsed() * speed + ahead;
        // As the database keeps it.
        DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap()
    }

    pub(crate) fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap();
        self.ahead_ms.fetch_add(by, Ordering::SeqCst);
    }

    pub(crate) fn told(&self) -> Clock {
        let clock = self.clone();
        Arc::new(move || clock.now())
    }
}

/// The way in for the service.
pub(crate) struct Door {
    pub(crate) appender: Appender<Rules>,
    pub(crate) clock: TestClock,
}

impl Door {
    pub(crate) async fn put(&self, tenant: TenantId, what: Do) -> Result<i64, NotDone> {
        let principal = Principal::system(tenant);
        let request = Request {
            tenant: tenant.0,
            command: what,
            metadata: contract::Metadata::of((&principal).into()).encode(),
            idempotency: None,
        };
        match self.appender.submit(request).await {
            Ok(Outcome::Decided {
                answer: Ok(()),
                written,
            }) => Ok(written.entry),
            Ok(Outcome::Decided {
                answer: Err(refusal),
                ..
            }) => Err(NotDone::Refused(refusal)),
            other => Err(NotDone::Later(format!("{other:?}"))),
        }
    }
}

#[async_trait]
impl Commands for Door {
    async fn submit(&self, tenant: TenantId, command: Command) -> Result<i64, NotDone> {
        let order = Order {
            principal: Principal::system(tenant),
            if_match: None,
            command,
        };
        self.put(tenant, Do::Order(Box::new(order))).await
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}
