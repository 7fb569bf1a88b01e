//! A database with a log that tests write by hand, and read models beside it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use contract::{Actor, Metadata, Principal};
use deadpool_postgres::{Manager, Pool};
use domain::Fact;
use embedded::testing::{self, TestDatabase};
use event_log::{Reader, Recorded};
use read_models::{Error, Live, Model, Rebuilt, Sources, rebuild};
use tokio_postgres::{Client, Config, NoTls};
use uuid::Uuid;

pub(crate) struct Stage {
    database: TestDatabase,
    pub(crate) superuser: Client,
    pub(crate) projector: Pool,
    pub(crate) loader: Pool,
    sequence: i64,
    entries: HashMap<Uuid, i64>,
    versions: HashMap<Uuid, i32>,
}

pub(crate) type Dump = BTreeMap<String, Vec<String>>;

pub(crate) async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

pub(crate) fn pool(config: Config) -> Pool {
    Pool::builder(Manager::new(config, NoTls))
        .max_size(read_models::CONNECTIONS)
        .build()
        .unwrap()
}

/// The instant at which the event of a sequence is recorded.
pub(crate) fn recorded_at(sequence: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000, 0).unwrap() + TimeDelta::seconds(sequence)
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let database = testing::postgres()
            .database("read models", async |config: Config| {
                let mut client = connect(&config).await;
                event_log::migrate(&mut client).await.unwrap();
                read_models::migrate(&mut client).await.unwrap();
            })
            .await;
        read_models::migrate(&mut connect(&database.owner_config()).await)
            .await
            .unwrap();
        Self {
            superuser: connect(&database.owner_config()).await,
            projector: pool(database.config("seatledger_projector")),
            loader: pool(database.config("seatledger_loader")),
            database,
            sequence: 0,
            entries: HashMap::new(),
            versions: HashMap::new(),
        }
    }

    /// With all models built, empty.
    pub(crate) async fn built() -> Self {
        let stage = Self::new().await;
        stage.rebuild(&Model::ALL).await.unwrap();
        stage
    }

    pub(crate) fn config(&self, role: &str) -> Config {
        self.database.config(role)
    }

    pub(crate) fn sources(&self) -> Sources {
        Sources {
            log: self.loader.clone(),
            read: self.loader.clone(),
        }
    }

    pub(crate) async fn rebuild(&self, models: &[Model]) -> Result<Rebuilt, Error> {
        rebuild(&self.sources(), models, Arc::new(|_| {})).await
    }

    pub(crate) async fn live(&self, models: &[Model]) -> Live {
        Live::open(self.projector.clone(), self.projector.clone(), models)
            .await
            .unwrap()
    }

    /// Takes up everything that the log has, a few events at a time.
    pub(crate) async fn follow(&self, live: &mut Live, batch: usize) {
        loop {
            let events = self.events(live.position(), batch).await;
            if events.is_empty() {
                return;
            }
            live.apply(events).await.unwrap();
        }
    }

    pub(crate) async fn events(&self, after: i64, limit: usize) -> Vec<Recorded> {
        Reader::new(self.projector.clone())
            .read_after(after, limit)
            .await
            .unwrap()
    }

    /// Appends a fact and answers its entry.
    pub(crate) async fn append(&mut self, tenant: Uuid, fact: Fact) -> i64 {
        self.append_all(vec![(tenant, fact)]).await;
        self.entries[&tenant]
    }

    pub(crate) async fn append_all(&mut self, facts: Vec<(Uuid, Fact)>) {
        let events = facts
            .into_iter()
            .map(|(tenant, fact)| self.record(tenant, &fact))
            .collect();
        self.insert(events).await;
    }

    /// Appends an event that no release knows.
    pub(crate) async fn append_unknown(&mut self, tenant: Uuid, stream: Uuid) -> i64 {
        let day = recorded_at(self.sequence).date_naive();
        let archived = domain::Event::AssetArchived;
        let fact = Fact {
            stream,
            company: None,
            effective_on: day,
            event: archived,
        };
        let mut event = self.record(tenant, &fact);
        event.event_type = "AssetTeleported".to_owned();
        let entry = event.entry;
        self.insert(vec![event]).await;
        entry
    }

    pub(crate) fn record(&mut self, tenant: Uuid, fact: &Fact) -> Recorded {
        self.sequence += 1;
        let entry = self.entries.entry(tenant).or_default();
        *entry += 1;
        let version = self.versions.entry(fact.stream).or_default();
        *version += 1;
        let stored = contract::encode(&fact.event);
        let metadata = Metadata {
            reason: (self.sequence % 3 == 0).then(|| format!("because of {}", self.sequence)),
            ..Metadata::of(Principal {
                actor: Actor::Person(Uuid::from_u128(7)),
                token: None,
            })
        };
        Recorded {
            sequence: self.sequence,
            tenant_id: tenant,
            entry: *entry,
            stream_id: fact.stream,
            version: *version,
            event_id: Uuid::new_v5(&tenant, &self.sequence.to_be_bytes()),
            event_type: stored.event_type.to_owned(),
            schema_version: stored.schema_version,
            company_id: fact.company.map(|company| company.0),
            payload: stored.payload,
            metadata: metadata.encode(),
            effective_on: fact.effective_on,
            recorded_at: recorded_at(self.sequence),
        }
    }

    pub(crate) async fn insert(&self, events: Vec<Recorded>) {
        let sql = "insert into log.event
            select * from unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::uuid[], $5::integer[], $6::uuid[],
                $7::text[], $8::smallint[], $9::uuid[], $10::text[]::json[], $11::text[]::json[], $12::date[],
                $13::timestamptz[])";
        macro_rules! column {
            ($name:ident) => {
                &events
                    .iter()
                    .map(|event| event.$name.clone())
                    .collect::<Vec<_>>()
            };
        }
        self.superuser
            .execute(
                sql,
                &[
                    column!(sequence),
                    column!(tenant_id),
                    column!(entry),
                    column!(stream_id),
                    column!(version),
                    column!(event_id),
                    column!(event_type),
                    column!(schema_version),
                    column!(company_id),
                    column!(payload),
                    column!(metadata),
                    column!(effective_on),
                    column!(recorded_at),
                ],
            )
            .await
            .unwrap();
    }

    /// All rows of the live read models, and how far each tenant has come.
    pub(crate) async fn dump(&self) -> Dump {
        let sql =
            "select schemaname || '.' || tablename from pg_tables where schemaname = any ($1)";
        let schemas: Vec<&str> = Model::ALL.iter().map(|model| model.name()).collect();
        let tables = self.superuser.query(sql, &[&schemas]).await.unwrap();
        let mut names: Vec<String> = tables.iter().map(|row| row.get(0)).collect();
        names.push("read.progress".to_owned());
        let mut dump = Dump::new();
        for name in names {
            let sql = format!("select to_jsonb(t)::text from {name} t order by 1");
            let rows = self.superuser.query(&sql, &[]).await.unwrap();
            dump.insert(name, rows.iter().map(|row| row.get(0)).collect());
        }
        dump
    }

    /// What one value of a query is, as text.
    pub(crate) async fn value(&self, sql: &str) -> Option<String> {
        let row = self
            .superuser
            .query_opt(&format!("select ({sql})::text"), &[])
            .await
            .unwrap();
        row.and_then(|row| row.get(0))
    }
}

/// Says where two dumps differ, a table and a few rows.
#[track_caller]
pub(crate) fn assert_same(left: &Dump, right: &Dump, which: &str) {
    for (table, rows) in left {
        let others = &right[table];
        if rows != others {
            let only = |of: &[String], not: &[String]| -> Vec<String> {
                of.iter()
                    .filter(|row| !not.contains(row))
                    .take(3)
                    .cloned()
                    .collect()
            };
            panic!(
                "{which}: {table} differs:\nonly left {:#?}\nonly right {:#?}",
                only(rows, others),
                only(others, rows)
            );
        }
    }
}
