//! A log that tests write by hand, read models that follow it, and the service before them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use chrono::{DateTime, TimeDelta, Utc};
use contract::{Actor, Metadata, Principal};
use deadpool_postgres::{Manager, Pool};
use domain::{
    Event, Fact,
    ids::{CompanyId, PersonId, TokenId},
};
use embedded::testing::{self, TestDatabase};
use event_log::{Reader, Recorded};
use query::QueryConfig;
use read_models::{Live, Model, Sources, rebuild};
use reqwest::{Client as Http, RequestBuilder, StatusCode};
use serde_json::Value as Json;
use tokio_postgres::{Client, Config, NoTls};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use web::token::TokenText;

use crate::facts::{Account, id};

/// The instant at which every test asks: 24 November 2026, also in Berlin.
pub(crate) const NOW: &str = "2026-11-24T12:00:00Z";

/// A server's connections to Postgres; enough for what tests ask at once.
const CONNECTIONS: usize = 8;

pub(crate) struct Stage {
    pub(crate) superuser: Client,
    pub(crate) document: Json,
    pub(crate) now: Arc<Mutex<DateTime<Utc>>>,
    url: String,
    http: Http,
    live: Live,
    projector: Pool,
    loader: Pool,
    stop: CancellationToken,
    sequence: i64,
    entries: HashMap<Uuid, i64>,
    versions: HashMap<Uuid, i32>,
    database: TestDatabase,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Self {
            status,
            headers,
            text: response.text().await.unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Json {
        assert_eq!(self.status, 200, "{}", self.text);
        serde_json::from_str(&self.text).unwrap()
    }

    #[track_caller]
    pub(crate) fn problem(&self) -> String {
        let json: Json = serde_json::from_str(&self.text).unwrap();
        assert_eq!(json["status"], self.status.as_u16(), "{}", self.text);
        json["type"]
            .as_str()
            .unwrap()
            .trim_start_matches("/problems/")
            .to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// One member of each item.
    #[track_caller]
    pub(crate) fn items(&self, member: &str) -> Vec<Json> {
        let json = self.json();
        json["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item[member].clone())
            .collect()
    }
}

async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn pool(config: Config) -> Pool {
    Pool::builder(Manager::new(config, NoTls))
        .max_size(CONNECTIONS)
        .build()
        .unwrap()
}

async fn migrate(config: Config) {
    let mut client = connect(&config).await;
    event_log::migrate(&mut client).await.unwrap();
    web::access::migrate(&mut client).await.unwrap();
    read_models::migrate(&mut client).await.unwrap();
    let mut config = config;
    config.user("seatledger_loader");
    let loader = pool(config);
    build(&loader).await;
    loader.close();
}

async fn build(loader: &Pool) {
    let (log, read) = (loader.clone(), loader.clone());
    rebuild(&Sources { log, read }, &Model::ALL, Arc::new(|_| {}))
        .await
        .unwrap();
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::reading_from(|database| database.config("seatledger_query")).await
    }

    /// With the read models on another server than the log.
    pub(crate) async fn reading_from(reads: impl FnOnce(&TestDatabase) -> Config) -> Self {
        let database = testing::postgres().database("query", migrate).await;
        let projector = pool(database.config("seatledger_projector"));
        let live = Live::open(projector.clone(), projector.clone(), &Model::ALL)
            .await
            .unwrap();
        let now = Arc::new(Mutex::new(NOW.parse().unwrap()));
        let clock = Arc::clone(&now);
        let stop = CancellationToken::new();
        let query = pool(database.config("seatledger_query"));
        let (router, document) = query::router(QueryConfig {
            reads: pool(reads(&database)),
            log: query,
            clock: Arc::new(move || *clock.lock().unwrap()),
            stop: stop.clone(),
        })
        .split_for_parts();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, web::shell::shell(router)).await });
        Self {
            superuser: connect(&database.owner_config()).await,
            document: serde_json::to_value(document).unwrap(),
            now,
            url,
            http: http_client(),
            live,
            projector,
            loader: pool(database.config("seatledger_loader")),
            stop,
            sequence: 0,
            entries: HashMap::new(),
            versions: HashMap::new(),
            database,
        }
    }

    /// With one account and a token that sees all of it.
    pub(crate) async fn with(account: &Account) -> (Self, String) {
        let mut stage = Self::new().await;
        stage.open(account).await;
        let token = stage.token(account, "all", None).await;
        (stage, token)
    }

    pub(crate) async fn open(&mut self, account: &Account) {
        self.record(account, account.opened()).await;
        let sql = "insert into access.person (tenant_id, person_id, name, email) values ($1, $2, 'Ada', 'a@example.com')";
        self.superuser
            .execute(sql, &[&account.tenant, &account.person])
            .await
            .unwrap();
    }

    /// The text of a new token.
    pub(crate) async fn token(
        &mut self,
        account: &Account,
        label: &str,
        companies: Option<Vec<Uuid>>,
    ) -> String {
        self.token_that(account, label, companies, false).await
    }

    /// The text of a new token that may administer.
    pub(crate) async fn administrator(&mut self, account: &Account) -> String {
        self.token_that(account, "administrator", None, true).await
    }

    async fn token_that(
        &mut self,
        account: &Account,
        label: &str,
        companies: Option<Vec<Uuid>>,
        administer: bool,
    ) -> String {
        let token = id(&format!("{} {label}", account.tenant));
        let text = TokenText::generate(TokenId(token), [7; 32]);
        let hex = text.secret_sha256();
        let mut secret_sha256 = [0; 32];
        for (at, byte) in secret_sha256.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap();
        }
        let event = Event::TokenIssued {
            person_id: Some(PersonId(account.person)),
            integration: None,
            label: label.to_owned(),
            secret_sha256,
            companies: companies.map(|ids| ids.into_iter().map(CompanyId).collect()),
            may_reveal: false,
            administer,
        };
        let fact = Fact {
            stream: token,
            company: None,
            effective_on: "2026-01-01".parse().unwrap(),
            event,
        };
        self.record(account, vec![fact]).await;
        text.expose().to_owned()
    }

    pub(crate) async fn revoke(&mut self, account: &Account, label: &str) {
        let stream = id(&format!("{} {label}", account.tenant));
        let effective_on = "2026-01-01".parse().unwrap();
        let fact = Fact {
            stream,
            company: None,
            effective_on,
            event: Event::TokenRevoked,
        };
        self.record(account, vec![fact]).await;
    }

    /// Builds all read models anew in the place of the live ones.
    pub(crate) async fn rebuild(&self) {
        // The right to make schemas is the database's own, and a clone does not have the template's.
        let grant = format!(
            "grant create on database {} to seatledger_read_owner",
            self.database.name()
        );
        self.superuser.batch_execute(&grant).await.unwrap();
        build(&self.loader).await;
    }

    /// Appends, and lets the read models take it up. Answers the last entry.
    pub(crate) async fn record(&mut self, account: &Account, facts: Vec<Fact>) -> i64 {
        let entry = self.append(account, facts, None).await;
        self.follow().await;
        entry
    }

    /// Appends, and leaves the read models where they are.
    pub(crate) async fn append(
        &mut self,
        account: &Account,
        facts: Vec<Fact>,
        reason: Option<&str>,
    ) -> i64 {
        let events = facts
            .iter()
            .map(|fact| self.recorded(account, fact, reason))
            .collect();
        self.insert(events).await;
        self.entries[&account.tenant]
    }

    /// Appends an event that no release knows.
    pub(crate) async fn append_unknown(&mut self, account: &Account, stream: Uuid) -> i64 {
        let effective_on = "2026-01-01".parse().unwrap();
        let fact = Fact {
            stream,
            company: None,
            effective_on,
            event: Event::AssetArchived,
        };
        let mut event = self.recorded(account, &fact, None);
        event.event_type = "AssetTeleported".to_owned();
        self.insert(vec![event]).await;
        self.entries[&account.tenant]
    }

    pub(crate) async fn follow(&mut self) {
        loop {
            let reader = Reader::new(self.projector.clone());
            let events = reader.read_after(self.live.position(), 1000).await.unwrap();
            if events.is_empty() {
                return;
            }
            self.live.apply(events).await.unwrap();
        }
    }

    fn recorded(&mut self, account: &Account, fact: &Fact, reason: Option<&str>) -> Recorded {
        self.sequence += 1;
        let entry = self.entries.entry(account.tenant).or_default();
        *entry += 1;
        let version = self.versions.entry(fact.stream).or_default();
        *version += 1;
        let stored = contract::encode(&fact.event);
        let principal = Principal {
            actor: Actor::Person(account.person),
            token: None,
        };
        let metadata = Metadata {
            reason: reason.map(str::to_owned),
            ..Metadata::of(principal)
        };
        Recorded {
            sequence: self.sequence,
            tenant_id: account.tenant,
            entry: *entry,
            stream_id: fact.stream,
            version: *version,
            event_id: Uuid::new_v5(&account.tenant, &self.sequence.to_be_bytes()),
            event_type: stored.event_type.to_owned(),
            schema_version: stored.schema_version,
            company_id: fact.company.map(|company| company.0),
            payload: stored.payload,
            metadata: metadata.encode(),
            effective_on: fact.effective_on,
            recorded_at: recorded_at(self.sequence),
        }
    }

    async fn insert(&self, events: Vec<Recorded>) {
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

    pub(crate) fn request(&self, token: &str, target: &str) -> RequestBuilder {
        self.http
            .get(format!("{}{target}", self.url))
            .bearer_auth(token)
    }

    pub(crate) async fn get(&self, token: &str, target: &str) -> Answer {
        Answer::of(self.request(token, target)).await
    }

    /// What is no text.
    pub(crate) async fn bytes(&self, token: &str, target: &str) -> Vec<u8> {
        let response = self.request(token, target).send().await.unwrap();
        assert_eq!(response.status(), 200, "{target}");
        response.bytes().await.unwrap().to_vec()
    }

    pub(crate) async fn get_at(&self, token: &str, target: &str, entry: i64) -> Answer {
        Answer::of(
            self.request(token, target)
                .header("seatledger-min-entry", entry),
        )
        .await
    }

    pub(crate) async fn get_without_token(&self, target: &str) -> Answer {
        Answer::of(self.http.get(format!("{}{target}", self.url))).await
    }

    /// All items of a list, read page by page.
    pub(crate) async fn all_pages(&self, token: &str, target: &str, limit: usize) -> Vec<Json> {
        let mark = if target.contains('?') { '&' } else { '?' };
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self
                .get(token, &format!("{target}{mark}limit={limit}{cursor}"))
                .await
                .json();
            let page_items = page["items"].as_array().unwrap();
            assert!(page_items.len() <= limit);
            items.extend(page_items.iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The instant at which the event of a sequence is recorded.
pub(crate) fn recorded_at(sequence: i64) -> DateTime<Utc> {
    "2026-11-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(sequence)
}

/// A client for services on this machine. Where another crate of the build switches TLS on, a client can only be made
/// once a provider for it is installed.
fn http_client() -> Http {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Http::new()
}
