//! A log of one's own, and the few sentences that all tests say.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use deadpool_postgres::{Manager, Pool};
use embedded::testing::{self, TestDatabase};
use event_log::{
    Appender, AppenderConfig, Idempotency, Outcome, Reader, Recorded, Request, Role, SubmitError,
};
use tokio_postgres::{Client, Config, NoTls};
use uuid::Uuid;

use crate::toy::{Command, Counters, Refusal};

pub(crate) type Told = Result<Outcome<i64, Refusal>, SubmitError>;

pub(crate) struct Log {
    pub(crate) database: TestDatabase,
}

impl Log {
    pub(crate) async fn new() -> Self {
        let database = testing::postgres()
            .database("event_log", async |config| {
                let mut client = connect(&config).await;
                event_log::migrate(&mut client).await.unwrap();
            })
            .await;
        Self { database }
    }

    pub(crate) fn config(&self, role: Role) -> Config {
        self.database.config(role.name())
    }

    pub(crate) async fn client(&self, role: Role) -> Client {
        connect(&self.config(role)).await
    }

    pub(crate) async fn superuser(&self) -> Client {
        connect(&self.database.owner_config()).await
    }

    pub(crate) fn appender(&self) -> Appender<Counters> {
        start(AppenderConfig::new(self.config(Role::Command)))
    }

    pub(crate) fn reader(&self, role: Role) -> Reader {
        reader(&self.config(role))
    }

    /// The whole log.
    pub(crate) async fn events(&self) -> Vec<Recorded> {
        read_all(&self.reader(Role::Relay)).await
    }

    /// How many statements wrote it.
    pub(crate) async fn writes(&self) -> i64 {
        let sql = "select count(distinct xmin::text) from log.event";
        let row = self.superuser().await.query_one(sql, &[]).await.unwrap();
        row.get(0)
    }
}

pub(crate) async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

pub(crate) fn reader(config: &Config) -> Reader {
    let manager = Manager::new(config.clone(), NoTls);
    Reader::new(Pool::builder(manager).max_size(2).build().unwrap())
}

pub(crate) fn start(config: AppenderConfig) -> Appender<Counters> {
    Appender::start(Counters, config, Arc::new(noon))
}

/// A clock that stands still: order must come from the log alone.
pub(crate) fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_793_534_400, 123_456_789).unwrap()
}

pub(crate) fn request(tenant: Uuid, command: Command) -> Request<Command> {
    Request {
        tenant,
        command,
        metadata: "{\"principal\": \"toy\"}".to_owned(),
        idempotency: None,
    }
}

pub(crate) fn keyed(
    tenant: Uuid,
    command: Command,
    principal: Uuid,
    key: &str,
    body: u8,
) -> Request<Command> {
    Request {
        idempotency: Some(Idempotency {
            principal,
            key: key.to_owned(),
            body_hmac: [body; 32],
        }),
        ..request(tenant, command)
    }
}

pub(crate) fn add(counter: Uuid) -> Command {
    Command::Add {
        counter,
        by: 1,
        limit: i64::MAX,
    }
}

pub(crate) fn name(counter: Uuid, name: &str) -> Command {
    Command::Name {
        counter,
        name: name.to_owned(),
    }
}

/// What a command that had to be carried out answered, and its entry.
#[track_caller]
pub(crate) fn done(told: &Told) -> (i64, i64) {
    match told {
        Ok(Outcome::Decided {
            answer: Ok(value),
            written,
        }) => (*value, written.entry),
        other => panic!("not carried out: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn refused(told: &Told) -> &Refusal {
    match told {
        Ok(Outcome::Decided {
            answer: Err(refusal),
            ..
        }) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// Submits all at once. On a runtime of one thread they are all queued before the append task gets
/// a turn, so they are one batch.
pub(crate) async fn together(
    appender: &Appender<Counters>,
    requests: impl IntoIterator<Item = Request<Command>>,
) -> Vec<Told> {
    futures_util::future::join_all(requests.into_iter().map(|request| appender.submit(request)))
        .await
}

pub(crate) async fn read_all(reader: &Reader) -> Vec<Recorded> {
    let mut events: Vec<Recorded> = Vec::new();
    loop {
        let after = events.last().map_or(0, |event| event.sequence);
        let more = reader.read_after(after, 1_000).await.unwrap();
        if more.is_empty() {
            return events;
        }
        events.extend(more);
    }
}

/// Sequences, entries and versions are 1, 2, 3 … and time does not run backwards.
#[track_caller]
pub(crate) fn assert_numbered(events: &[Recorded]) {
    let mut entries = std::collections::HashMap::<Uuid, i64>::new();
    let mut versions = std::collections::HashMap::<Uuid, i32>::new();
    for (event, sequence) in events.iter().zip(1..) {
        assert_eq!(event.sequence, sequence, "a hole in the log");
        let entry = entries.entry(event.tenant_id).or_default();
        *entry += 1;
        assert_eq!(event.entry, *entry, "a hole in a ledger");
        let version = versions.entry(event.stream_id).or_default();
        *version += 1;
        assert_eq!(event.version, *version, "a hole in a stream");
    }
    assert!(events.is_sorted_by_key(|event| event.recorded_at));
}
