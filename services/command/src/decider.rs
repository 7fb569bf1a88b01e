//! The domain's decisions as the log's appender asks for them.

use std::{borrow::Cow, sync::Arc};

use chrono::{DateTime, Utc};
use domain::{Fact, Order, Refusal, Subject, command::ClaimKey, ids::TenantId};
use event_log::{
    Appender, ClaimChange, Decider, Decision, Encoded, Facts, Needs, Receipt, Recorded,
    Undecodable, Written,
};
use uuid::Uuid;

use crate::answer::Done;

/// What appends to the ledgers.
pub type Writer = Appender<Ledger>;

/// Decides with the domain, stores with the contract.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ledger;

/// What the domain answers, with the version that its subject has afterwards.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The domain's answer.
    pub answer: domain::Answer,
    /// The subject's version after the command, whether or not it recorded something.
    pub version: i32,
}

/// The appender's facts as the domain asks for them.
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

impl Decider for Ledger {
    type Command = Order;
    type State = Subject;
    type Event = Fact;
    type Answer = Answered;
    type Refusal = Refusal;

    fn needs(&self, tenant: Uuid, order: &Order, facts: &Facts<'_, Subject>) -> Needs {
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

    fn decide(
        &self,
        tenant: Uuid,
        order: &Order,
        facts: &Facts<'_, Subject>,
        now: DateTime<Utc>,
    ) -> Decision<Self> {
        let decided = domain::decide(TenantId(tenant), order, &Known(facts), now);
        let version_of = |stream: Uuid| {
            let added = decided
                .facts
                .iter()
                .filter(|fact| fact.stream == stream)
                .count();
            facts
                .version(stream)
                .saturating_add(i32::try_from(added).unwrap_or(i32::MAX))
        };
        let outcome = decided.outcome.map(|answer| Answered {
            version: version_of(answer.stream),
            answer,
        });
        let claim = |change: domain::command::ClaimChange| ClaimChange {
            scope: change.key.scope.to_owned(),
            key: change.key.key,
            owner: change.owner,
        };
        Decision {
            events: decided
                .facts
                .into_iter()
                .map(|fact| (fact.stream, fact))
                .collect(),
            claims: decided.claims.into_iter().map(claim).collect(),
            outcome,
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

    fn receipt(&self, answered: &Answered, written: &Written) -> Receipt {
        let done = Done::of(answered, written.entry);
        Receipt {
            status: i16::try_from(done.status.as_u16()).unwrap_or(i16::MAX),
            body: done.body,
        }
    }
}
