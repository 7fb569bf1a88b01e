//! What every test needs: a log, a connection, relays to start and kill, and questions to the stream.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::{ConnectOptions, ServerAddr, jetstream};
use bus::{Bus, BusConfig, Message, Relay, RelayConfig, RelayHealth, Source, Subscription};
use futures_util::StreamExt;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::log::MemoryLog;

/// A hang becomes a failure after this long. Nothing is measured by it.
const HANG: Duration = Duration::from_secs(40);

pub(crate) struct Stage {
    pub(crate) log: Arc<MemoryLog>,
    pub(crate) config: BusConfig,
    pub(crate) relay_config: RelayConfig,
}

pub(crate) struct RunningRelay {
    pub(crate) health: watch::Receiver<RelayHealth>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl RunningRelay {
    /// As kill -9 would: wherever it is.
    pub(crate) async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

impl Stage {
    /// A log of that many events and a stream of that name on the server at `url`.
    pub(crate) fn new(url: &str, name: &str, events: usize) -> Self {
        let mut config = BusConfig::new(url);
        config.stream_name = name.to_owned();
        config.subject_prefix = Some(name.to_owned());
        // JetStream sets aside what a stream may grow to, and the server is shared by all tests.
        config.max_bytes = 64 * 1024 * 1024;
        Self {
            log: Arc::new(MemoryLog::with(events)),
            config,
            relay_config: RelayConfig::default(),
        }
    }

    pub(crate) async fn bus(&self) -> Bus {
        Bus::connect(self.config.clone()).await.unwrap()
    }

    pub(crate) async fn start_relay(&self) -> RunningRelay {
        let relay = Relay::new(self.bus().await, self.log.clone(), self.relay_config);
        let health = relay.health();
        let stop = CancellationToken::new();
        let task = tokio::spawn(relay.run(self.log.wake(), stop.clone()));
        RunningRelay { health, stop, task }
    }

    pub(crate) async fn subscribe(&self, after: u64) -> Subscription {
        Subscription::from(self.bus().await, self.log.clone(), after)
    }

    /// The stream by a plain client, as anybody would look at it.
    pub(crate) async fn jetstream(&self) -> jetstream::Context {
        let server: ServerAddr = self.config.url.parse().unwrap();
        let user = server.username().unwrap_or_default().to_owned();
        let password = server.password().unwrap_or_default().to_owned();
        let options = ConnectOptions::with_user_and_password(user, password);
        let connect = async {
            loop {
                // A server that was just started may not listen yet.
                match options.clone().connect(server.clone()).await {
                    Ok(client) => return jetstream::new(client),
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        };
        tokio::time::timeout(HANG, connect)
            .await
            .expect("the server listens")
    }

    pub(crate) async fn stream(&self) -> jetstream::stream::Stream {
        self.jetstream()
            .await
            .get_stream(&self.config.stream_name)
            .await
            .unwrap()
    }

    /// Waits until the stream ends with the log's last event.
    pub(crate) async fn published(&self) {
        let bus = self.bus().await;
        eventually("the stream reaches the log's end", async || {
            let state = bus.stream_state().await.ok().flatten();
            state.is_some_and(|state| state.last_sequence == self.log.len())
        })
        .await;
        self.stream_equals_log().await;
    }

    /// Every message that the stream keeps is the log's event of its sequence.
    pub(crate) async fn stream_equals_log(&self) {
        let stream = self.stream().await;
        let kept = usize::try_from(stream.cached_info().state.messages).unwrap();
        let consumer = stream.create_consumer(pull::Config {
            ack_policy: AckPolicy::None,
            ..Default::default()
        });
        let consumer = consumer.await.unwrap();
        let messages = consumer
            .fetch()
            .max_messages(kept)
            .expires(HANG)
            .messages()
            .await
            .unwrap();
        let messages: Vec<_> = messages.map(Result::unwrap).collect().await;
        assert_eq!(messages.len(), kept);
        let events = self.log.events();
        for message in messages {
            let sequence = usize::try_from(message.info().unwrap().stream_sequence).unwrap();
            let event = &events[sequence - 1];
            let event_id = message
                .headers
                .as_ref()
                .unwrap()
                .get("Nats-Msg-Id")
                .unwrap();
            assert_eq!(event_id.as_str(), event.event_id.to_string());
            assert_eq!(message.payload, event.body);
            assert_eq!(
                message.subject.as_str(),
                format!("{}.{}", self.config.stream_name, event.subject)
            );
        }
    }

    /// A subscription that has read the log to its end and follows the stream from there.
    pub(crate) async fn follow(&self, after: u64) -> Subscription {
        let mut subscription = self.subscribe(after).await;
        eventually("the stream is followed", async || {
            self.log.append(1);
            self.read_to_end(&mut subscription).await;
            subscription.source() == Source::Stream
        })
        .await;
        subscription
    }

    /// Reads until the log's end and says what is missing, repeated or out of order: nothing may be.
    pub(crate) async fn read_to_end(&self, subscription: &mut Subscription) -> Vec<Message> {
        let from = usize::try_from(subscription.position()).unwrap();
        let mut seen = Vec::new();
        while subscription.position() < self.log.len() {
            seen.extend(batch(subscription).await);
        }
        assert_eq!(seen, self.log.events()[from..from + seen.len()]);
        seen
    }
}

pub(crate) async fn batch(subscription: &mut Subscription) -> Vec<Message> {
    tokio::time::timeout(
        HANG,
        subscription.next_batch(1_000, Duration::from_millis(2)),
    )
    .await
    .expect("a batch comes")
    .unwrap()
}

pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(HANG, wait)
        .await
        .unwrap_or_else(|_| panic!("never: {what}"));
}

pub(crate) async fn until(
    health: &mut watch::Receiver<RelayHealth>,
    holds: impl FnMut(&RelayHealth) -> bool,
) {
    tokio::time::timeout(HANG, health.wait_for(holds))
        .await
        .expect("the relay's health gets there")
        .unwrap();
}

/// A name for a stream that no other test has.
pub(crate) fn own_name() -> String {
    use std::hash::{BuildHasher, RandomState};
    let chance = (
        RandomState::new().hash_one(1),
        RandomState::new().hash_one(2),
    );
    format!("T{}", Uuid::from_u64_pair(chance.0, chance.1).simple())
}
