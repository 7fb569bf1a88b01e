//! A command service on a database of its own, and a client that speaks HTTP to it.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use chrono::{TimeDelta, Utc};
use command::{Ledger, State, VaultDoor, Writer, imports::Catalog};
use deadpool_postgres::{Manager, Pool};
use domain::{
    Command, Order,
    access::Principal,
    ids::{CompanyId, PersonId, TenantId, TokenId},
    money::Currency,
};
use embedded::testing::{self, TestDatabase};
use event_log::{Appender, AppenderConfig, Clock, Outcome, Reader, Recorded, Request};
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};
use tokio::task::AbortHandle;
use tokio_postgres::{Config, NoTls};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use vault::{SecretStore, THREADS_DEFAULT, Vault, VaultConfig};
use web::{access::Authenticator, shell::shell, token::TokenText};

/// Keys the receipts' hashes: all services of a test share it.
const RECEIPT_KEY: [u8; 32] = [9; 32];

/// Connections of one pool: a test asks little at once.
const CONNECTIONS: usize = 4;

/// A running service with one tenant in its ledger.
pub(crate) struct Stage {
    pub(crate) database: TestDatabase,
    pub(crate) service: Service,
    pub(crate) writer: Writer,
    pub(crate) state: State,
    pub(crate) tenant: TenantId,
    /// The token of a person who may do everything.
    pub(crate) admin: String,
    /// Seconds by which the service's clock is ahead.
    ahead: Arc<AtomicI64>,
    /// What works off jobs.
    jobs: AbortHandle,
}

/// Where a service listens.
#[derive(Clone)]
pub(crate) struct Service {
    url: String,
    client: reqwest::Client,
}

/// A request in the making.
pub(crate) struct Ask {
    request: reqwest::RequestBuilder,
    token: Option<String>,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) body: Value,
}

/// What a token may do.
#[derive(Default)]
pub(crate) struct Rights {
    pub(crate) companies: Option<Vec<Uuid>>,
    pub(crate) may_reveal: bool,
    pub(crate) administer: bool,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with_vault(VaultDoor::open(vault().await)).await
    }

    pub(crate) async fn with_vault(vault: VaultDoor) -> Self {
        let database = testing::postgres()
            .database("command", async |config| migrate(config).await)
            .await;
        let ahead = Arc::new(AtomicI64::new(0));
        let writer = writer(&database, &ahead);
        let state = state(&database, writer.clone(), vault).timed_by(clock(&ahead));
        let service = serve(state.clone()).await;
        let jobs = run_jobs(&state);
        let mut stage = Self {
            database,
            service,
            writer,
            state,
            tenant: TenantId(Uuid::now_v7()),
            admin: String::new(),
            ahead,
            jobs,
        };
        (stage.tenant, stage.admin) = stage.open_account().await;
        stage
    }

    /// Kills what works off jobs, wherever it is.
    pub(crate) fn kill_jobs(&self) {
        self.jobs.abort();
    }

    /// Has somebody else work off jobs, who does not wait until the killed one's lease has ended.
    pub(crate) async fn revive_jobs(&mut self) {
        let owner = pool(&self.database, "postgres").get().await.unwrap();
        let free = "update job.import set lease_until = now()";
        owner.batch_execute(free).await.unwrap();
        self.jobs = run_jobs(&self.state);
    }

    /// A further service on the same log.
    pub(crate) async fn second_service(&self) -> Service {
        let vault = VaultDoor::closed();
        serve(state(
            &self.database,
            writer(&self.database, &self.ahead),
            vault,
        ))
        .await
    }

    /// A further tenant, with the token of someone who may do everything there.
    pub(crate) async fn open_account(&self) -> (TenantId, String) {
        let tenant = TenantId(Uuid::now_v7());
        let create = Command::CreateTenant {
            name: "Example MSP".to_owned(),
            time_zone: chrono_tz::America::New_York,
            currency: Currency::USD,
        };
        self.by_system(tenant, create).await;
        let rights = Rights {
            may_reveal: true,
            administer: true,
            companies: None,
        };
        (tenant, self.token_of(tenant, rights).await)
    }

    pub(crate) async fn token(&self, rights: Rights) -> String {
        self.token_of(self.tenant, rights).await
    }

    async fn token_of(&self, tenant: TenantId, rights: Rights) -> String {
        let person = PersonId(Uuid::now_v7());
        self.by_system(tenant, Command::InvitePerson { id: person })
            .await;
        let mut random = [0; 32];
        random[..16].copy_from_slice(Uuid::new_v4().as_bytes());
        let text = TokenText::generate(TokenId(Uuid::now_v7()), random);
        let sha256 = text.secret_sha256();
        let issue = Command::IssueToken {
            id: text.token(),
            person: Some(person),
            integration: None,
            label: "test".to_owned(),
            secret_sha256: std::array::from_fn(|at| {
                u8::from_str_radix(&sha256[2 * at..2 * at + 2], 16).unwrap()
            }),
            companies: rights
                .companies
                .map(|ids| ids.into_iter().map(CompanyId).collect()),
            may_reveal: rights.may_reveal,
            administer: rights.administer,
        };
        self.by_system(tenant, issue).await;
        text.expose().to_owned()
    }

    /// Has the operator give a command.
    pub(crate) async fn by_system(&self, tenant: TenantId, command: Command) {
        let order = Order {
            principal: Principal::system(tenant),
            if_match: None,
            command,
        };
        let metadata = r#"{"principal":{"system":true}}"#.to_owned();
        let request = Request {
            tenant: tenant.0,
            command: order,
            metadata,
            idempotency: None,
        };
        match self.writer.submit(request).await.unwrap() {
            Outcome::Decided { answer, .. } => answer.unwrap(),
            Outcome::Replayed { .. } => panic!("replayed"),
        };
    }

    /// Moves the service's clock.
    pub(crate) fn pass(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Asks as the administrator.
    pub(crate) fn ask(&self, method: Method, path: &str) -> Ask {
        self.service.ask(method, path).by(&self.admin)
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.ask(Method::POST, path).json(&body).send().await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Reply {
        self.ask(Method::PUT, path).json(&body).send().await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Reply {
        self.ask(Method::PATCH, path).json(&body).send().await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.ask(Method::DELETE, path).send().await
    }

    /// A company.
    pub(crate) async fn company(&self, name: &str) -> Uuid {
        self.post("/v1/companies", json!({ "name": name }))
            .await
            .made()
    }

    /// The asset type of the usual template.
    pub(crate) async fn license_type(&self) -> Uuid {
        self.post("/v1/asset-types", json!({ "template": "software-license" }))
            .await
            .made()
    }

    /// A license with these values beside its product's name.
    pub(crate) async fn license(&self, values: Value) -> Uuid {
        let (type_id, company_id) = (
            self.license_type().await,
            self.company("Contoso Dental").await,
        );
        let mut all = json!({ "product_name": "Microsoft 365 Business Premium" });
        all.as_object_mut()
            .unwrap()
            .extend(values.as_object().unwrap().clone());
        self.post(
            "/v1/assets",
            json!({ "type_id": type_id, "company_id": company_id, "values": all }),
        )
        .await
        .made()
    }

    /// A license of a company of its own choosing.
    pub(crate) async fn license_of(&self, type_id: Uuid, company_id: Uuid, values: Value) -> Uuid {
        let body = json!({ "type_id": type_id, "company_id": company_id, "values": values });
        self.post("/v1/assets", body).await.made()
    }

    /// Asserts that each body is refused, with exactly these fields named, and that nothing is recorded.
    pub(crate) async fn refuses(
        &self,
        method: Method,
        path: &str,
        cases: impl IntoIterator<Item = (Value, Vec<&str>)>,
    ) {
        let length = self.log_length().await;
        for (body, fields) in cases {
            let reply = self.ask(method.clone(), path).json(&body).send().await;
            assert_eq!(reply.status, 422, "{body}: {}", reply.text);
            assert_eq!(reply.invalid_fields(), fields, "{body}");
        }
        assert_eq!(self.log_length().await, length, "a refusal leaves no trace");
    }

    /// What a request records, stream by stream: type and payload of each new event.
    pub(crate) async fn recorded(&self, after: i64) -> Vec<(String, Value)> {
        let reader = Reader::new(pool(&self.database, "seatledger_projector"));
        let new = reader.read_after(after, 1_000).await.unwrap();
        new.into_iter()
            .map(|event| {
                let payload = serde_json::from_str(&event.payload).unwrap();
                (event.event_type, payload)
            })
            .collect()
    }

    /// The type of an asset.
    pub(crate) async fn type_of(&self, asset: Uuid) -> Uuid {
        let events = self.events(asset).await;
        let registered: Value = serde_json::from_str(&events[0].payload).unwrap();
        registered["type_id"].as_str().unwrap().parse().unwrap()
    }

    /// The events of a stream.
    pub(crate) async fn events(&self, stream: Uuid) -> Vec<Recorded> {
        let reader = Reader::new(pool(&self.database, "seatledger_projector"));
        let all = reader.read_after(0, 1_000).await.unwrap();
        all.into_iter()
            .filter(|event| event.stream_id == stream)
            .collect()
    }

    /// The types of a stream's events.
    pub(crate) async fn event_types(&self, stream: Uuid) -> Vec<String> {
        self.events(stream)
            .await
            .into_iter()
            .map(|event| event.event_type)
            .collect()
    }

    /// How many events there are.
    pub(crate) async fn log_length(&self) -> i64 {
        let reader = Reader::new(pool(&self.database, "seatledger_projector"));
        reader
            .head()
            .await
            .unwrap()
            .map_or(0, |(sequence, _)| sequence)
    }

    /// How many sealed values are stored.
    pub(crate) async fn sealed(&self) -> i64 {
        let owner = pool(&self.database, "postgres").get().await.unwrap();
        owner
            .query_one("select count(*) from vault.secret_version", &[])
            .await
            .unwrap()
            .get(0)
    }
}

impl Service {
    pub(crate) fn ask(&self, method: Method, path: &str) -> Ask {
        Ask {
            request: self.client.request(method, format!("{}{path}", self.url)),
            token: None,
        }
    }
}

impl Ask {
    pub(crate) fn by(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    pub(crate) fn anonymous(mut self) -> Self {
        self.token = None;
        self
    }

    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.request = self.request.json(body);
        self
    }

    pub(crate) fn text(mut self, content_type: &str, body: impl Into<reqwest::Body>) -> Self {
        self.request = self.request.header("content-type", content_type).body(body);
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(crate) async fn send(self) -> Reply {
        let request = match self.token {
            Some(token) => self.request.bearer_auth(token),
            None => self.request,
        };
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Reply {
            status,
            headers,
            text,
            body,
        }
    }
}

impl Reply {
    /// The id of what was made.
    #[track_caller]
    pub(crate) fn made(&self) -> Uuid {
        assert_eq!(self.status, 201, "{}", self.text);
        self.id()
    }

    /// Asserts that a change was carried out.
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.text);
        self
    }

    #[track_caller]
    pub(crate) fn id(&self) -> Uuid {
        self.body["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{}", self.text))
            .parse()
            .unwrap()
    }

    pub(crate) fn version(&self) -> i64 {
        self.body["version"].as_i64().unwrap()
    }

    pub(crate) fn entry(&self) -> i64 {
        self.body["entry"].as_i64().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts that it is a problem of a kind, by its slug.
    #[track_caller]
    pub(crate) fn problem(self, status: u16, slug: &str) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(
            self.body["type"],
            format!("/problems/{slug}"),
            "{}",
            self.text
        );
        self
    }

    /// The fields that a validation problem names, in order.
    #[track_caller]
    pub(crate) fn invalid_fields(self) -> Vec<String> {
        let reply = self.problem(422, "validation");
        let errors = reply.body["errors"].as_array().unwrap().clone();
        let mut fields: Vec<String> = errors
            .iter()
            .map(|error| error["field"].as_str().unwrap().to_owned())
            .collect();
        fields.sort();
        fields
    }
}

/// The vault on the shared token.
pub(crate) async fn vault() -> Vault {
    let hsm = testing::hsm();
    let config = VaultConfig {
        module: hsm.module,
        token_label: hsm.token_label,
        pin: hsm.pin.into(),
        threads: THREADS_DEFAULT,
    };
    Vault::initialize(config).await.unwrap()
}

pub(crate) fn pool(database: &TestDatabase, role: &str) -> Pool {
    let config = if role == "postgres" {
        database.owner_config()
    } else {
        database.config(role)
    };
    Pool::builder(Manager::new(config, NoTls))
        .max_size(CONNECTIONS)
        .build()
        .unwrap()
}

fn writer(database: &TestDatabase, ahead: &Arc<AtomicI64>) -> Writer {
    Appender::start(
        Ledger,
        AppenderConfig::new(database.config("seatledger_command")),
        clock(ahead),
    )
}

fn clock(ahead: &Arc<AtomicI64>) -> Clock {
    let ahead = Arc::clone(ahead);
    Arc::new(move || Utc::now() + TimeDelta::seconds(ahead.load(Ordering::SeqCst)))
}

/// The state of a service on this database.
fn state(database: &TestDatabase, writer: Writer, vault: VaultDoor) -> State {
    State::new(
        writer,
        Authenticator::new(pool(database, "seatledger_command")).remembering(),
        SecretStore::new(pool(database, "seatledger_vault")),
        vault,
        RECEIPT_KEY,
    )
    .sweeping(Reader::new(pool(database, "seatledger_relay")))
    .importing(Catalog::new(
        pool(database, "seatledger_command"),
        Reader::new(pool(database, "seatledger_relay")),
    ))
}

fn run_jobs(state: &State) -> AbortHandle {
    let jobs = command::run_jobs(state.clone(), CancellationToken::new());
    tokio::spawn(jobs).abort_handle()
}

async fn serve(state: State) -> Service {
    let (router, _) = command::router(state).split_for_parts();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, shell(router)).await });
    Service {
        url,
        client: http_client(),
    }
}

/// A client for services on this machine. Where another crate of the build switches TLS on, a client can only be made
/// once a provider for it is installed.
fn http_client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

async fn migrate(config: Config) {
    let (mut client, connection) = config.connect(NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    event_log::migrate(&mut client).await.unwrap();
    ::vault::migrate(&mut client).await.unwrap();
    web::access::migrate(&mut client).await.unwrap();
    command::migrate(&mut client).await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
}

/// The description of all routes.
pub(crate) fn document() -> Value {
    serde_json::to_value(command::document()).unwrap()
}

/// All routes: method and path.
pub(crate) fn operations() -> BTreeSet<(String, String)> {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, operations): (&String, &Value)| {
        let methods: Vec<String> = operations
            .as_object()
            .unwrap()
            .keys()
            .map(|name| name.to_uppercase())
            .collect();
        methods
            .into_iter()
            .map(|method| (method, path.clone()))
            .collect::<Vec<_>>()
    };
    paths.iter().flat_map(of).collect()
}

/// The day that lies so many days after the account's today.
pub(crate) fn day(after: i64) -> String {
    let today = Utc::now().with_timezone(&chrono_tz::America::New_York);
    (today.date_naive() + TimeDelta::days(after)).to_string()
}
