//! The connection to NATS, shared by relays and subscriptions of one ledger.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_nats::{ConnectOptions, Event, ServerAddr, jetstream};
use percent_encoding::percent_decode_str;
use tokio::sync::watch;

use crate::limits::{ANSWER_WAIT, CONNECT_WAIT, PING_EVERY, PUBLISH_WINDOW, RECONNECT_MAX};

/// The first word of every event's subject. The stream takes all that begins with it.
pub(crate) const SUBJECT_ROOT: &str = "ledger";

/// Where the stream is and how much of the log it keeps.
#[derive(Clone)]
pub struct BusConfig {
    /// `nats://host:port`, several separated by commas. User and password may stand before the host
    /// (`nats://user:password@host:port`); `credentials` go before them.
    pub url: String,
    /// How to prove who we are, if the server asks.
    pub credentials: Option<Credentials>,
    /// Name of the stream in JetStream.
    pub stream_name: String,
    /// Put before every subject, for more than one log on one server: `Some("b")` publishes to
    /// `b.ledger.>`. JetStream allows no two streams with the same subjects.
    pub subject_prefix: Option<String>,
    /// Oldest messages go when the stream's files exceed this many bytes.
    pub max_bytes: u64,
    /// Messages go when older than this.
    pub max_age: Option<Duration>,
}

impl BusConfig {
    /// The stream's name unless set otherwise.
    pub const STREAM_NAME: &str = "LOG";
    /// 2 GiB: some million events, an hour of the highest load and weeks of a usual one.
    pub const MAX_BYTES: u64 = 2 * 1024 * 1024 * 1024;

    /// The default stream on the server at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            credentials: None,
            stream_name: Self::STREAM_NAME.to_owned(),
            subject_prefix: None,
            max_bytes: Self::MAX_BYTES,
            max_age: None,
        }
    }
}

impl fmt::Debug for BusConfig {
    /// Leaves out the URL, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BusConfig")
            .field("credentials", &self.credentials)
            .field("stream_name", &self.stream_name)
            .field("subject_prefix", &self.subject_prefix)
            .field("max_bytes", &self.max_bytes)
            .field("max_age", &self.max_age)
            .finish_non_exhaustive()
    }
}

/// How this process proves who it is.
#[derive(Clone)]
pub enum Credentials {
    /// The text of a `.creds` file: a JWT and its seed.
    CredentialsFile(String),
    /// A bearer token.
    Token(String),
    /// User and password.
    User {
        /// The user's name.
        name: String,
        /// Its password.
        password: String,
    },
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CredentialsFile(_) => "CredentialsFile(hidden)",
            Self::Token(_) => "Token(hidden)",
            Self::User { .. } => "User(hidden)",
        })
    }
}

/// Whether there is a connection, and which: each new one has a higher number, and whoever kept state
/// about the server looks again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Connected now.
    pub up: bool,
    /// How many connections there have been.
    pub connections: u64,
}

/// The settings can't be used. A server that is away is no such error.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The credentials file does not parse.
    #[error("the NATS credentials can't be read")]
    Credentials(#[source] std::io::Error),
    /// The URL does not parse.
    #[error("the NATS URL can't be read")]
    Url(#[source] std::io::Error),
    /// The settings can't be used together.
    #[error("the NATS server can't be used")]
    Connect(#[source] async_nats::ConnectError),
    /// The server did not answer a probe.
    #[error("the NATS server does not answer")]
    Unreachable,
    /// The server has no JetStream, or it is not for this account.
    #[error("JetStream is not enabled on the NATS server")]
    NoJetStream(#[source] jetstream::context::AccountError),
}

/// A connection, cheap to clone. It reconnects by itself for as long as it lives.
#[derive(Clone)]
pub struct Bus {
    pub(crate) client: async_nats::Client,
    pub(crate) context: jetstream::Context,
    pub(crate) config: Arc<BusConfig>,
    link: watch::Receiver<Link>,
}

impl Bus {
    /// Connects in the background: a server that is away now is waited for, and [`Bus::link`] says when
    /// it came. The stream is not touched; the [`crate::Relay`] makes it.
    ///
    /// # Errors
    /// When the settings themselves are no good.
    pub async fn connect(config: BusConfig) -> Result<Self, ConnectError> {
        let (link_sender, link) = watch::channel(Link::default());
        let mut options = ConnectOptions::new()
            .name("seatledger")
            .retry_on_initial_connect()
            .connection_timeout(CONNECT_WAIT)
            .request_timeout(Some(ANSWER_WAIT))
            .ping_interval(PING_EVERY)
            .reconnect_delay_callback(reconnect_delay)
            .event_callback(move |event| {
                note(&link_sender, &event);
                std::future::ready(())
            });
        let servers = servers(&config.url)?;
        options = match config.credentials.clone().or_else(|| user_of(&servers)) {
            None => options,
            Some(Credentials::Token(token)) => options.token(token),
            Some(Credentials::User { name, password }) => options.user_and_password(name, password),
            Some(Credentials::CredentialsFile(text)) => options
                .credentials(&text)
                .map_err(ConnectError::Credentials)?,
        };
        let client = options
            .connect(servers)
            .await
            .map_err(ConnectError::Connect)?;
        let context = jetstream::ContextBuilder::new()
            .timeout(ANSWER_WAIT)
            .ack_timeout(ANSWER_WAIT)
            .max_ack_inflight(PUBLISH_WINDOW)
            .backpressure_on_inflight(true)
            .build(client.clone());
        Ok(Self {
            client,
            context,
            config: Arc::new(config),
            link,
        })
    }

    /// The connection's state, and a wake-up whenever it changes.
    pub fn link(&self) -> watch::Receiver<Link> {
        self.link.clone()
    }

    /// Whether there is a connection now.
    pub fn connected(&self) -> bool {
        self.link.borrow().up
    }

    /// Version of the server, after proving that it answers and has JetStream.
    ///
    /// # Errors
    /// When it does not.
    pub async fn probe(&self) -> Result<String, ConnectError> {
        tokio::time::timeout(CONNECT_WAIT, self.client.flush())
            .await
            .ok()
            .and_then(Result::ok)
            .filter(|()| self.connected())
            .ok_or(ConnectError::Unreachable)?;
        self.context
            .query_account()
            .await
            .map_err(ConnectError::NoJetStream)?;
        Ok(self.client.server_info().version)
    }

    /// The settings in force.
    pub fn config(&self) -> &BusConfig {
        &self.config
    }

    /// All subjects of the stream.
    pub(crate) fn subjects(&self) -> String {
        self.published_subject(&format!("{SUBJECT_ROOT}.>"))
    }

    pub(crate) fn published_subject(&self, subject: &str) -> String {
        match &self.config.subject_prefix {
            None => subject.to_owned(),
            Some(prefix) => format!("{prefix}.{subject}"),
        }
    }

    pub(crate) fn own_subject<'a>(&self, published: &'a str) -> &'a str {
        let rest = self
            .config
            .subject_prefix
            .as_deref()
            .and_then(|prefix| published.strip_prefix(prefix)?.strip_prefix('.'));
        rest.unwrap_or(published)
    }
}

fn servers(url: &str) -> Result<Vec<ServerAddr>, ConnectError> {
    url.split(',')
        .map(|server| server.trim().parse().map_err(ConnectError::Url))
        .collect()
}

/// User and password as the first server's URL has them: the library leaves them aside.
fn user_of(servers: &[ServerAddr]) -> Option<Credentials> {
    let server = servers.iter().find(|server| server.has_user_pass())?;
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    Some(Credentials::User {
        name: decoded(server.username()?),
        password: decoded(server.password().unwrap_or_default()),
    })
}

fn note(link: &watch::Sender<Link>, event: &Event) {
    match event {
        Event::Connected => {
            tracing::info!("connected to NATS");
            link.send_modify(|link| {
                link.up = true;
                link.connections += 1;
            });
        }
        Event::Disconnected | Event::Closed => {
            tracing::warn!("the connection to NATS is lost");
            link.send_modify(|link| link.up = false);
        }
        Event::ServerError(_) | Event::ClientError(_) | Event::SlowConsumer(_) => {
            tracing::warn!(%event, "NATS");
        }
        Event::LameDuckMode | Event::Draining => tracing::info!(%event, "NATS"),
    }
}

fn reconnect_delay(attempts: usize) -> Duration {
    let doublings = attempts.saturating_sub(1).min(6);
    Duration::from_millis(20 << doublings).min(RECONNECT_MAX)
}
