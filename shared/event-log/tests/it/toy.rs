//! Counters with names: the smallest decider that uses all there is.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use event_log::{
    ClaimChange, ClaimKey, Decider, Decision, Encoded, Facts, Needs, Receipt, Recorded,
    Undecodable, Written,
};
use uuid::Uuid;

pub(crate) const NAMES: &str = "name";

pub(crate) struct Counters;

#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// Adds, unless that would go beyond `limit`.
    Add { counter: Uuid, by: i64, limit: i64 },
    /// Adds 1 to a counter that is said to be new, with a payload of some size; reads nothing.
    Open { counter: Uuid, padding: usize },
    /// Adds 1 so many times.
    Burst { counter: Uuid, times: usize },
    /// Names it, unless the name is taken; its former name becomes free.
    Name { counter: Uuid, name: String },
    /// Adds 1 to whichever counter has the name.
    AddNamed { name: String },
    /// Answers its value and records nothing.
    Look { counter: Uuid },
    /// Refuses, and records that it did.
    RefuseAndRecord { counter: Uuid },
    /// Breaks the contract: claims without an event.
    ClaimOnly { counter: Uuid },
    /// Breaks the contract: writes a stream that exists as if it were new.
    Blind { counter: Uuid },
    /// Breaks the contract: a payload that is no JSON.
    Garbage { counter: Uuid },
    /// Breaks the contract: always needs another stream.
    Endless,
}

#[derive(Clone, Debug)]
pub(crate) enum Event {
    Added(i64),
    Padded(usize),
    Named(String),
    Refused,
    Garbage,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counter {
    pub(crate) value: i64,
    pub(crate) name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    OverLimit(i64),
    NameTaken(Uuid),
    NoSuchName,
    OnPrinciple,
}

impl Decider for Counters {
    type Command = Command;
    type State = Counter;
    type Event = Event;
    type Answer = i64;
    type Refusal = Refusal;

    fn needs(&self, _: Uuid, command: &Command, facts: &Facts<'_, Counter>) -> Needs {
        let mut needs = Needs::default();
        match command {
            Command::Add { counter, .. }
            | Command::Burst { counter, .. }
            | Command::Look { counter }
            | Command::RefuseAndRecord { counter }
            | Command::Garbage { counter } => needs.streams.push(*counter),
            Command::Name { counter, name } => {
                needs.streams.push(*counter);
                needs.claims.push(name_key(name));
            }
            Command::AddNamed { name } => {
                needs.claims.push(name_key(name));
                needs.streams.extend(facts.claim(NAMES, name));
            }
            Command::Endless => needs.streams.push(Uuid::now_v7()),
            Command::Open { .. } | Command::ClaimOnly { .. } | Command::Blind { .. } => {}
        }
        needs
    }

    fn decide(
        &self,
        _: Uuid,
        command: &Command,
        facts: &Facts<'_, Counter>,
        _: DateTime<Utc>,
    ) -> Decision<Self> {
        let value = |counter: &Uuid| facts.state(*counter).map_or(0, |counter| counter.value);
        match command {
            Command::Add { counter, by, limit } => {
                let sum = value(counter) + by;
                if sum > *limit {
                    return Decision::refuse(Refusal::OverLimit(value(counter)));
                }
                Decision::record(vec![(*counter, Event::Added(*by))], sum)
            }
            Command::Open { counter, padding } => {
                Decision::record(vec![(*counter, Event::Padded(*padding))], 1)
            }
            Command::Burst { counter, times } => {
                let events = (0..*times).map(|_| (*counter, Event::Added(1))).collect();
                Decision::record(events, value(counter))
            }
            Command::Name { counter, name } => name_it(*counter, name, facts),
            Command::AddNamed { name } => match facts.claim(NAMES, name) {
                None => Decision::refuse(Refusal::NoSuchName),
                Some(counter) => {
                    Decision::record(vec![(counter, Event::Added(1))], value(&counter) + 1)
                }
            },
            Command::Look { counter } => Decision::answer(value(counter)),
            Command::RefuseAndRecord { counter } => Decision {
                events: vec![(*counter, Event::Refused)],
                claims: Vec::new(),
                outcome: Err(Refusal::OnPrinciple),
            },
            Command::ClaimOnly { counter } => {
                Decision::answer(0).claiming(vec![change("nothing", Some(*counter))])
            }
            Command::Blind { counter } => Decision::record(vec![(*counter, Event::Added(1))], 1),
            Command::Garbage { counter } => Decision::record(vec![(*counter, Event::Garbage)], 0),
            Command::Endless => Decision::answer(0),
        }
    }

    fn evolve(&self, state: &mut Counter, event: &Event, _: DateTime<Utc>) {
        match event {
            Event::Added(by) => state.value += by,
            Event::Padded(_) => state.value += 1,
            Event::Named(name) => state.name = Some(name.clone()),
            Event::Refused | Event::Garbage => {}
        }
    }

    fn encode(&self, event: &Event) -> Encoded {
        let (event_type, payload) = match event {
            Event::Added(by) => ("Added", format!("{{\"by\": {by}}}")),
            Event::Padded(size) => ("Padded", format!("\"{}\"", "x".repeat(*size))),
            Event::Named(name) => ("Named", serde_json::json!({ "name": name }).to_string()),
            Event::Refused => ("Refused", "{}".to_owned()),
            Event::Garbage => ("Garbage", "{".to_owned()),
        };
        Encoded {
            event_type: event_type.into(),
            schema_version: 1,
            company_id: None,
            effective_on: NaiveDate::default(),
            payload,
        }
    }

    fn decode(&self, recorded: &Recorded) -> Result<Event, Undecodable> {
        let unknown = |why: &str| Undecodable {
            event_type: recorded.event_type.clone(),
            schema_version: recorded.schema_version,
            source: Arc::from(Box::from(why)),
        };
        let payload: serde_json::Value =
            serde_json::from_str(&recorded.payload).map_err(|_| unknown("no JSON"))?;
        match (recorded.event_type.as_str(), recorded.schema_version) {
            ("Added", 1) => Ok(Event::Added(payload["by"].as_i64().unwrap_or_default())),
            ("Padded", 1) => Ok(Event::Padded(payload.as_str().unwrap_or_default().len())),
            ("Named", 1) => Ok(Event::Named(
                payload["name"].as_str().unwrap_or_default().to_owned(),
            )),
            ("Refused", 1) => Ok(Event::Refused),
            _ => Err(unknown("a toy knows four events")),
        }
    }

    fn receipt(&self, answer: &i64, written: &Written) -> Receipt {
        Receipt {
            status: 201,
            body: format!("{{ \"value\": {answer}, \"entry\": {} }}", written.entry),
        }
    }
}

fn name_it(counter: Uuid, name: &str, facts: &Facts<'_, Counter>) -> Decision<Counters> {
    if let Some(owner) = facts.claim(NAMES, name)
        && owner != counter
    {
        return Decision::refuse(Refusal::NameTaken(owner));
    }
    let mut claims = vec![change(name, Some(counter))];
    if let Some(former) = facts.state(counter).and_then(|state| state.name.clone())
        && former != name
    {
        claims.push(change(&former, None));
    }
    Decision::record(vec![(counter, Event::Named(name.to_owned()))], 0).claiming(claims)
}

fn name_key(name: &str) -> ClaimKey {
    ClaimKey {
        scope: NAMES.to_owned(),
        key: name.to_owned(),
    }
}

fn change(name: &str, owner: Option<Uuid>) -> ClaimChange {
    ClaimChange {
        scope: NAMES.to_owned(),
        key: name.to_owned(),
        owner,
    }
}
