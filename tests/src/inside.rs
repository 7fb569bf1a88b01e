//! The whole system inside a test's own process: on a clock that the test sets, with parts that it can kill wherever
//! they are. What a person starts is tested by [`Product`](crate::Product).

mod outward;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use bus::{Bus, BusConfig, RelayConfig};
use chrono::{DateTime, Utc};
use command::{Ledger, State, VaultDoor, Writer};
use deadpool_postgres::{Manager, Pool};
use domain::{
    Command, Order,
    access::Principal,
    ids::{PersonId, TenantId, TokenId},
    money::Currency,
};
use embedded::testing::{self, PrivateNats, TestDatabase};
use event_log::{AppenderConfig, Clock, Outcome, Reader, Request};
use query::QueryConfig;
use tokio::task::AbortHandle;
use tokio_postgres::{Config, NoTls};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use vault::{SecretStore, THREADS_DEFAULT, Vault, VaultConfig};
use web::{access::Authenticator, shell::shell, token::TokenText};

use crate::Api;

/// Keys the receipts' hashes.
const RECEIPT_KEY: [u8; 32] = [9; 32];

/// A running system with one account.
pub struct Inside {
    /// Its database.
    pub database: TestDatabase,
    /// Its nats-server.
    pub nats: PrivateNats,
    /// The command service's state.
    pub state: State,
    /// The account.
    pub tenant: TenantId,
    /// A client that may do everything there.
    pub api: Api,
    /// The address of its HTTP.
    pub url: String,
    writer: Writer,
    clock: Arc<Mutex<Hands>>,
    outward: integrations::Context,
    stop: CancellationToken,
}

/// A clock: as it was set, and since when it goes on by itself, if it does.
struct Hands {
    set: DateTime<Utc>,
    runs_since: Option<Instant>,
}

/// A part that can be killed.
pub struct Part(AbortHandle);

impl Part {
    /// Runs a service.
    pub fn of(service: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(service).abort_handle())
    }

    /// As `kill -9` would: wherever it is.
    pub fn kill(self) {}
}

impl Drop for Part {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Inside {
    /// The write side, the relay, the read models and the read side; nothing that acts by itself. The account's
    /// calendar is in `zone`.
    pub async fn start(now: &str, zone: chrono_tz::Tz) -> Self {
        let database = testing::postgres()
            .database("inside", async |config| migrate(config).await)
            .await;
        // What is granted on a database itself is not cloned with it.
        let (mut owner, connection) = database.owner_config().connect(NoTls).await.unwrap();
        let driving = tokio::spawn(connection);
        read_models::migrate(&mut owner).await.unwrap();
        drop(owner);
        let _ = driving.await;
        let mut nats = testing::private_nats().await;
        nats.start().await;
        let clock = Arc::new(Mutex::new(Hands {
            set: now.parse().unwrap(),
            runs_since: None,
        }));
        let stop = CancellationToken::new();
        let writer = Writer::start(
            Ledger,
            AppenderConfig::new(database.config("seatledger_command")),
            told_by(&clock),
        );
        let door = VaultDoor::open(vault().await);
        let state = State::new(
            writer.clone(),
            Authenticator::new(pool(&database, "seatledger_command")).remembering(),
            SecretStore::new(pool(&database, "seatledger_vault")),
            door.clone(),
            RECEIPT_KEY,
        )
        .sweeping(Reader::new(pool(&database, "seatledger_relay")))
        .timed_by(told_by(&clock));
        let reader = Reader::new(pool(&database, "seatledger_relay"));
        let relay = command::relay(bus(&nats).await, reader, RelayConfig::default());
        let (head, stop_relay) = (writer.head(), stop.clone());
        tokio::spawn(async move { relay.run(head, stop_relay).await });
        tokio::spawn(projectors::run(projectors::Context {
            bus: bus(&nats).await,
            log: pool(&database, "seatledger_projector"),
            read: pool(&database, "seatledger_projector"),
            sources: projectors::Sources {
                log: pool(&database, "seatledger_loader"),
                read: pool(&database, "seatledger_loader"),
            },
            models: projectors::Model::ALL.to_vec(),
            health: projectors::Health::new(),
            stop: stop.clone(),
        }));
        let queries = query::router(QueryConfig {
            reads: pool(&database, "seatledger_query"),
            log: pool(&database, "seatledger_query"),
            clock: told_by(&clock),
            stop: stop.clone(),
        });
        let commands = Arc::new(state.clone());
        let outward = outward::context(&database, bus(&nats).await, commands, door, stop.clone());
        let (router, _) = command::router(state.clone())
            .merge(queries)
            .merge(integrations::router(outward::desk(
                &database,
                outward.clone(),
            )))
            .split_for_parts();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, shell(router)).await });
        let tenant = TenantId(Uuid::now_v7());
        let token = open_account(&writer, tenant, zone).await;
        Self {
            database,
            nats,
            state,
            tenant,
            api: Api::new(&url, &token),
            url,
            writer,
            clock,
            outward,
            stop,
        }
    }

    /// What finds alerts.
    pub async fn alerts(&self) -> Part {
        Part::of(alerts::run(alerts::Context {
            bus: bus(&self.nats).await,
            log: pool(&self.database, "seatledger_alerts"),
            own: pool(&self.database, "seatledger_alerts"),
            reads: pool(&self.database, "seatledger_query"),
            commands: Arc::new(self.state.clone()),
            health: alerts::Health::default(),
            stop: self.stop.clone(),
        }))
    }

    /// What carries alerts to outside systems.
    pub fn integrations(&self) -> Part {
        Part::of(integrations::run(self.outward.clone()))
    }

    /// Sets the clock that everybody goes by.
    pub fn set_clock(&self, now: &str) {
        let mut hands = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        hands.set = now.parse().unwrap();
        hands.runs_since = hands.runs_since.map(|_| Instant::now());
    }

    /// From now on the clock goes on by itself: what is tried again later must see time pass.
    pub fn let_time_pass(&self) {
        let mut hands = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        hands.runs_since = Some(Instant::now());
    }

    /// What the clock shows.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        told_by(&self.clock)()
    }

    /// A pool of connections of a role.
    pub fn pool(&self, role: &str) -> Pool {
        pool(&self.database, role)
    }

    /// Has Seatledger itself give a command.
    pub async fn by_system(&self, command: Command) {
        by_system(&self.writer, self.tenant, command).await;
    }

    /// The account's events of some types, as `(type, payload)` in their order.
    pub async fn events(&self, types: &[&str]) -> Vec<(String, serde_json::Value)> {
        let reader = Reader::new(self.pool("seatledger_relay"));
        let mut events = Vec::new();
        let mut after = 0;
        loop {
            let page = reader
                .read_tenant_after(self.tenant.0, after, 1_000)
                .await
                .unwrap();
            let Some(last) = page.last() else {
                return events;
            };
            after = last.entry;
            for event in page {
                if types.contains(&event.event_type.as_str()) {
                    let payload = serde_json::from_str(&event.payload).unwrap();
                    events.push((event.event_type, payload));
                }
            }
        }
    }
}

/// The bus of a test's own server.
pub async fn bus(nats: &PrivateNats) -> Bus {
    let mut config = BusConfig::new(nats.url());
    config.max_bytes = 64 * 1024 * 1024;
    Bus::connect(config).await.unwrap()
}

fn told_by(clock: &Arc<Mutex<Hands>>) -> Clock {
    let clock = Arc::clone(clock);
    Arc::new(move || {
        let hands = clock.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = hands.runs_since.map(|since| since.elapsed());
        hands.set + passed.unwrap_or_default()
    })
}

fn pool(database: &TestDatabase, role: &str) -> Pool {
    Pool::builder(Manager::new(database.config(role), NoTls))
        .max_size(read_models::CONNECTIONS)
        .build()
        .unwrap()
}

async fn open_account(writer: &Writer, tenant: TenantId, time_zone: chrono_tz::Tz) -> String {
    let create = Command::CreateTenant {
        name: "Example MSP".to_owned(),
        time_zone,
        currency: Currency::USD,
    };
    by_system(writer, tenant, create).await;
    let person = PersonId(Uuid::now_v7());
    by_system(writer, tenant, Command::InvitePerson { id: person }).await;
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
        companies: None,
        may_reveal: true,
        administer: true,
    };
    by_system(writer, tenant, issue).await;
    text.expose().to_owned()
}

async fn by_system(writer: &Writer, tenant: TenantId, command: Command) {
    let order = Order {
        principal: Principal::system(tenant),
        if_match: None,
        command,
    };
    let request = Request {
        tenant: tenant.0,
        command: order,
        metadata: r#"{"principal":{"system":true}}"#.to_owned(),
        idempotency: None,
    };
    match writer.submit(request).await.unwrap() {
        Outcome::Decided { answer, .. } => answer.unwrap(),
        Outcome::Replayed { .. } => panic!("replayed"),
    };
}

async fn vault() -> Vault {
    let hsm = testing::hsm();
    let config = VaultConfig {
        module: hsm.module,
        token_label: hsm.token_label,
        pin: hsm.pin.into(),
        threads: THREADS_DEFAULT,
    };
    Vault::initialize(config).await.unwrap()
}

async fn migrate(config: Config) {
    let (mut client, connection) = config.connect(NoTls).await.unwrap();
    let driving = tokio::spawn(connection);
    event_log::migrate(&mut client).await.unwrap();
    vault::migrate(&mut client).await.unwrap();
    web::access::migrate(&mut client).await.unwrap();
    command::migrate(&mut client).await.unwrap();
    alerts::migrate(&mut client).await.unwrap();
    integrations::migrate(&mut client).await.unwrap();
    read_models::migrate(&mut client).await.unwrap();
    drop(client);
    let _ = driving.await;
}
