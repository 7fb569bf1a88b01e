//! A service with all around it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bus::{Bus, BusConfig};
use chrono::NaiveDate;
use contract::Commands;
use deadpool_postgres::{Manager, Pool, Runtime};
use domain::{
    Command, Event, Fact,
    alert::{About, Cleared, Finding, Kind},
    compliance::PoolKey,
    ids::{AlertId, AssetId, CompanyId, IntegrationId, SecretId, TenantId},
    integration::{Backlog, Integration, IntegrationDraft, Mode},
    money::Currency,
    product::ProductKey,
    value::SecretRef,
};
use embedded::testing::{self, TestDatabase};
use event_log::{Appender, AppenderConfig, Reader};
use integrations::{
    Context,
    connect::{ConnectError, Connector, Hook, HttpConnector, Post},
    context::{Account, AssetName, CompanyName, Looked, LookupError, Names, Secrets, Setup},
    desk::Desk,
    http::Reach,
    psa::Psa,
};
use secrecy::SecretString;
use tokio::{task::JoinHandle, time::Instant};
use tokio_postgres::{Config, NoTls};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    ledger::{Do, Door, Rules, TestClock},
    system::System,
};

/// What must happen happens long before.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Stage {
    pub(crate) database: TestDatabase,
    pub(crate) clock: TestClock,
    pub(crate) door: Arc<Door>,
    pub(crate) names: Arc<TestNames>,
    pub(crate) context: Context,
    pub(crate) desk: Desk,
    systems: Arc<Mutex<BTreeMap<IntegrationId, System>>>,
}

/// An account with one integration.
pub(crate) struct Msp {
    pub(crate) tenant: TenantId,
    pub(crate) integration: IntegrationId,
    pub(crate) company: CompanyId,
    pub(crate) system: System,
}

#[derive(Default)]
pub(crate) struct TestNames {
    /// Companies that have no id in the ticket system.
    pub(crate) unlinked: Mutex<BTreeSet<CompanyId>>,
}

#[async_trait]
impl Names for TestNames {
    async fn account(&self, _: TenantId) -> Result<Account, LookupError> {
        Ok(Account {
            name: "Example MSP".to_owned(),
            zone: chrono_tz::Europe::Berlin,
            quiet_hours: None,
        })
    }

    async fn company(
        &self,
        _: TenantId,
        id: Option<CompanyId>,
    ) -> Result<Option<CompanyName>, LookupError> {
        let id = id.unwrap_or(CompanyId(Uuid::nil()));
        let linked = !self.unlinked.lock().unwrap().contains(&id);
        let external_id = ("zammad".to_owned(), id.to_string());
        Ok(Some(CompanyName {
            id,
            name: "Acme".to_owned(),
            external_ids: linked.then_some(external_id).into_iter().collect(),
        }))
    }

    async fn asset(&self, _: TenantId, _: AssetId) -> Result<Option<AssetName>, LookupError> {
        Ok(Some(AssetName {
            name: "Visio".to_owned(),
            product: Some("Visio".to_owned()),
            vendor: Some("Microsoft".to_owned()),
        }))
    }

    async fn finding(&self, _: TenantId, _: &Finding, _: NaiveDate) -> Result<Looked, LookupError> {
        Ok(Looked {
            product: Some("Visio".to_owned()),
            ..Looked::default()
        })
    }
}

struct TestSecrets;

#[async_trait]
impl Secrets for TestSecrets {
    async fn open(
        &self,
        _: TenantId,
        _: IntegrationId,
        name: &str,
        _: SecretRef,
    ) -> Result<SecretString, LookupError> {
        Ok(match name {
            "signing_key" => format!("whsec_{}", "QUFB".repeat(10)).into(),
            _ => "secret".into(),
        })
    }
}

struct TestConnector {
    systems: Arc<Mutex<BTreeMap<IntegrationId, System>>>,
    http: HttpConnector,
}

impl Connector for TestConnector {
    fn psa(&self, setup: &Setup) -> Result<Arc<dyn Psa>, ConnectError> {
        let systems = self.systems.lock().unwrap();
        Ok(Arc::new(systems[&setup.id].clone()))
    }

    fn hook(&self, setup: &Setup) -> Result<Hook, ConnectError> {
        self.http.hook(setup)
    }

    fn post(&self, setup: &Setup) -> Result<Post, ConnectError> {
        self.http.post(setup)
    }
}

impl Stage {
    /// With a clock that runs so many times as fast.
    pub(crate) async fn new(speed: u64) -> Self {
        let database = testing::postgres()
            .database("integrations", async |config| migrate(config).await)
            .await;
        let clock = TestClock::new(speed);
        let appender = Appender::start(
            Rules,
            AppenderConfig::new(database.config("seatledger_command")),
            clock.told(),
        );
        let door = Arc::new(Door {
            appender,
            clock: clock.clone(),
        });
        let mut config = BusConfig::new(testing::nats().url);
        let name = Uuid::now_v7().simple().to_string();
        config.stream_name = format!("INT_{name}");
        config.subject_prefix = Some(name);
        let names = Arc::new(TestNames::default());
        let systems: Arc<Mutex<BTreeMap<_, _>>> = Arc::default();
        let allow = vec!["127.0.0.0/8".parse().unwrap()];
        let context = Context {
            bus: Bus::connect(config).await.unwrap(),
            pool: pool(&database, "seatledger_integration", 16),
            commands: Arc::clone(&door) as Arc<dyn Commands>,
            secrets: Arc::new(TestSecrets),
            names: Arc::clone(&names) as Arc<dyn Names>,
            connector: Arc::new(TestConnector {
                systems: Arc::clone(&systems),
                http: HttpConnector::new(Reach::PublicOnly { allow }, "test.example").unwrap(),
            }),
            look_every: Duration::from_millis(20),
            public_url: "https://seatledger.example/".parse().unwrap(),
            stop: CancellationToken::new(),
        };
        let desk = Desk::new(context.pool.clone());
        Self {
            database,
            clock,
            door,
            names,
            context,
            desk,
            systems,
        }
    }

    /// A service that runs until it is dropped.
    pub(crate) fn run(&self) -> Running {
        Running(tokio::spawn(integrations::run(self.context.clone())))
    }

    /// An account with an integration in dry run.
    pub(crate) async fn msp(&self, kind: &str, settings: &[(&str, &str)], seed: u64) -> Msp {
        let tenant = TenantId(Uuid::now_v7());
        let msp = Msp {
            tenant,
            integration: IntegrationId(Uuid::now_v7()),
            company: CompanyId(Uuid::now_v7()),
            system: System::new(&self.clock, seed),
        };
        self.systems
            .lock()
            .unwrap()
            .insert(msp.integration, msp.system.clone());
        let opened = Event::TenantCreated {
            name: "Example MSP".to_owned(),
            time_zone: chrono_tz::Europe::Berlin,
            currency: Currency::USD,
        };
        let company = Event::CompanyAdded {
            name: "Acme".to_owned(),
            own: false,
            time_zone: None,
        };
        self.record(&msp, tenant.0, opened).await;
        self.record(&msp, msp.company.0, company).await;
        let settings = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let draft = IntegrationDraft {
            name: "Tickets".to_owned(),
            kind: kind.to_owned(),
            settings: settings.collect(),
            ..IntegrationDraft::default()
        };
        let id = msp.integration;
        self.submit(&msp, Command::AddIntegration { id, draft })
            .await;
        for name in match kind {
            "webhook" => "signing_key",
            "email" => "",
            _ => "token",
        }
        .split(' ')
        .filter(|name| !name.is_empty())
        {
            let command = Command::StoreIntegrationSecret {
                id,
                name: name.to_owned(),
                sealed: SecretRef {
                    secret_id: SecretId(Uuid::now_v7()),
                    version: 1,
                },
            };
            self.submit(&msp, command).await;
        }
        msp
    }

    /// An account with a ticket system that is turned on.
    pub(crate) async fn with_tickets(&self, seed: u64) -> Msp {
        let settings = [("url", "https://tickets.example/"), ("group", "Licenses")];
        let msp = self.msp("zammad", &settings, seed).await;
        self.turn_on(&msp, Backlog::Each).await;
        msp
    }

    pub(crate) async fn turn_on(&self, msp: &Msp, backlog: Backlog) {
        let command = Command::SetIntegrationMode {
            id: msp.integration,
            mode: Mode::On,
            backlog: Some(backlog),
        };
        self.submit(msp, command).await;
    }

    pub(crate) async fn submit(&self, msp: &Msp, command: Command) {
        self.door.submit(msp.tenant, command).await.unwrap();
    }

    pub(crate) async fn record(&self, msp: &Msp, stream: Uuid, event: Event) {
        let fact = Fact {
            stream,
            company: Some(msp.company).filter(|_| !matches!(event, Event::TenantCreated { .. })),
            effective_on: self.clock.now().date_naive(),
            event,
        };
        self.door
            .put(msp.tenant, Do::Record(vec![fact]))
            .await
            .unwrap();
    }

    pub(crate) async fn raise(&self, msp: &Msp, finding: &Finding, occurrence: u32) -> AlertId {
        let alert = AlertId::of(msp.tenant, finding.kind.cause(), &finding.about);
        let raised = Event::AlertRaised {
            finding: finding.clone(),
            occurrence,
        };
        self.record(msp, alert.0, raised).await;
        alert
    }

    pub(crate) async fn worsen(&self, msp: &Msp, alert: AlertId, from: &Finding, to: &Finding) {
        let changed = Event::AlertChanged {
            from: from.clone(),
            to: to.clone(),
            worse: to.is_worse_than(from),
        };
        self.record(msp, alert.0, changed).await;
    }

    pub(crate) async fn clear(&self, msp: &Msp, alert: AlertId) {
        let cleared = Event::AlertCleared {
            cleared: Cleared::Gone,
        };
        self.record(msp, alert.0, cleared).await;
    }

    /// The types of events of a stream.
    pub(crate) async fn events(&self, msp: &Msp, stream: Uuid) -> Vec<String> {
        let reader = Reader::new(pool(&self.database, "seatledger_query", 1));
        let events = reader
            .read_stream(msp.tenant.0, stream, 0, 1_000)
            .await
            .unwrap();
        events.into_iter().map(|event| event.event_type).collect()
    }

    pub(crate) async fn integration(&self, msp: &Msp) -> Integration {
        let reader = Reader::new(pool(&self.database, "seatledger_query", 1));
        let events = reader
            .read_stream(msp.tenant.0, msp.integration.0, 0, 1_000)
            .await
            .unwrap();
        let facts: Vec<_> = events
            .iter()
            .map(|event| (contract::fact(event).unwrap(), event.recorded_at))
            .collect();
        match domain::Subject::fold(facts.iter().map(|(fact, at)| (fact, *at))) {
            domain::Subject::Integration(integration) => *integration,
            other => panic!("{other:?}"),
        }
    }
}

/// Killed when dropped.
pub(crate) struct Running(JoinHandle<()>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A shortage of so many seats of a product.
pub(crate) fn short(msp: &Msp, product: &str, seats: i64) -> Finding {
    let about = About::Pool(PoolKey {
        company: msp.company,
        product: ProductKey::of_name(product),
        metric: domain::asset_type::Metric::PerUser,
    });
    Finding {
        seats: Some(seats),
        owned: Some(10),
        in_use: Some(10 + seats),
        ..Finding::new(Kind::UnderLicensed, about, Some(msp.company))
    }
}

/// A license that ends, with so many days left at the last reminder.
pub(crate) fn ending(msp: &Msp, asset: AssetId, lead_days: u32) -> Finding {
    let term = NaiveDate::from_ymd_opt(2027, 3, 31).unwrap();
    Finding {
        term: Some(term),
        deadline: Some(term),
        lead_days: Some(lead_days),
        licenses: BTreeSet::from([asset]),
        ..Finding::new(Kind::Expiring, About::Asset(asset), Some(msp.company))
    }
}

/// Waits for what must happen.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(began.elapsed() < PATIENCE, "it did not happen: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Time for what must not happen.
pub(crate) async fn a_while() {
    tokio::time::sleep(Duration::from_millis(400)).await;
}

pub(crate) fn pool(database: &TestDatabase, role: &str, connections: usize) -> Pool {
    Pool::builder(Manager::new(database.config(role), NoTls))
        .max_size(connections)
        .wait_timeout(Some(Duration::from_secs(10)))
        .runtime(Runtime::Tokio1)
        .build()
        .unwrap()
}

async fn migrate(config: Config) {
    let (mut client, connection) = config.connect(NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    event_log::migrate(&mut client).await.unwrap();
    integrations::migrate(&mut client).await.unwrap();
    let wrong = event_log::breaches(
        &client,
        &["log.event_pkey", "log.event_stream_id_version_key"],
    )
    .await
    .unwrap();
    assert_eq!(wrong, Vec::<String>::new());
    drop(client);
    connection.await.unwrap().unwrap();
}
