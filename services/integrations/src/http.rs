//! HTTP to outside systems, made in this one place.
//!
//! Whoever can set an address can make us call it, so what may be called is a rule here: decided on the addresses
//! that a name leads to *when a connection is made*. A check beforehand would be outrun by a name that points
//! elsewhere a moment later. No redirect is followed and no proxy of the environment is used: both would choose the
//! address for us.

mod address;
mod allow;
mod failure;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use reqwest::{Certificate, Method, RequestBuilder, Response};
use url::{Host, Url};

pub use allow::{AllowError, Allowed};
pub use failure::Failure;

/// Until a connection stands, names looked up and TLS agreed on: longer, and nobody is there.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// A whole call with its answer: ticket systems take seconds to make a ticket, and hooks are asked to answer at once.
const CALL_MAX: Duration = Duration::from_secs(20);
/// Idle connections kept for each server, and for how long: one integration makes its calls one after another.
const IDLE_PER_HOST_MAX: usize = 2;
const IDLE_MAX: Duration = Duration::from_secs(30);
/// For text that is only quoted: nobody's turn is held up by a server that dribbles it.
const QUOTE_WAIT_MAX: Duration = Duration::from_secs(1);
/// Addresses of one name that are looked at: a resolver may answer with thousands.
const ADDRESSES_MAX: usize = 32;

/// What may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Systems that may stand on the operator's own network, over HTTP or HTTPS. Link-local addresses are refused
    /// all the same: no ticket system lives there, but a cloud's credentials do.
    Anywhere,
    /// Public addresses over HTTPS, and beyond them what the operator allows.
    PublicOnly {
        /// The operator's exceptions.
        allow: Vec<Allowed>,
    },
}

/// How a client departs from the usual.
#[derive(Clone)]
pub struct Options {
    /// Until a connection stands.
    pub connect_max: Duration,
    /// A whole call with its answer.
    pub call_max: Duration,
    /// Authorities that are trusted besides the system's own.
    pub roots: Vec<Certificate>,
    /// How names are looked up; what is found is judged all the same.
    pub names: Arc<dyn Resolve>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connect_max: CONNECT_MAX,
            call_max: CALL_MAX,
            roots: Vec::new(),
            names: Arc::new(System),
        }
    }
}

/// A client could not be made: mostly because this machine has no certificate authorities.
#[derive(Debug, thiserror::Error)]
#[error(
    "no HTTP client can be made; are the system's certificate authorities installed (ca-certificates)?"
)]
pub struct ClientError(#[source] reqwest::Error);

/// Makes calls within its reach. Cheap to clone; its connections are shared.
#[derive(Debug, Clone)]
pub struct Client {
    guarded: reqwest::Client,
    /// For servers that the operator named, wherever they are.
    named: reqwest::Client,
    reach: Arc<Reach>,
}

/// A client with the usual limits.
///
/// # Errors
/// [`ClientError`].
pub fn client(reach: Reach) -> Result<Client, ClientError> {
    client_with(reach, Options::default())
}

/// A client with other limits, or with authorities of its own.
///
/// # Errors
/// [`ClientError`].
pub fn client_with(reach: Reach, options: Options) -> Result<Client, ClientError> {
    // Fails only if one is installed already, which then serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let reach = Arc::new(reach);
    let guard = Guard {
        names: Arc::clone(&options.names),
        reach: Arc::clone(&reach),
    };
    let build = |names: Arc<dyn Resolve>| {
        reqwest::Client::builder()
            .user_agent(concat!("Seatledger/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(names)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .connect_timeout(options.connect_max)
            .timeout(options.call_max)
            .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
            .pool_idle_timeout(IDLE_MAX)
            .tls_certs_merge(options.roots.iter().cloned())
            .build()
            .map_err(ClientError)
    };
    Ok(Client {
        guarded: build(Arc::new(guard))?,
        named: build(options.names)?,
        reach,
    })
}

impl Client {
    /// The only way to a request: its address is looked at first, as far as that can be done without asking for the
    /// name. Send it with [`send`].
    ///
    /// # Errors
    /// [`Failure::Refused`] with the remedy.
    pub fn request(&self, method: Method, url: Url) -> Result<RequestBuilder, Failure> {
        Ok(self.admit(&url)?.request(method, url))
    }

    fn admit(&self, url: &Url) -> Result<&reqwest::Client, Failure> {
        let Some(host) = url.host() else {
            return Err(Failure::refused(
                "the address names no server; write https://server/path",
            ));
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Failure::refused(
                "the address holds a name or password before an @; leave them out",
            ));
        }
        let encrypted = match url.scheme() {
            "https" => true,
            "http" => false,
            other => {
                return Err(Failure::refused(&format!(
                    "the address begins with {other}:; it must begin with https://"
                )));
            }
        };
        if let Reach::PublicOnly { allow } = &*self.reach {
            if allow.iter().any(|allowed| allowed.names(url)) {
                return Ok(&self.named);
            }
            let within = literal(&host)
                .is_some_and(|address| allow.iter().any(|allowed| allowed.contains(address)));
            if !encrypted && !within {
                return Err(Failure::refused(
                    "the address is not encrypted; use https://, or ask the operator to allow this server",
                ));
            }
        }
        // What is an address already is never looked up, so that the guard would not see it.
        if let Some(address) = literal(&host)
            && let Some(why) = self.reach.refuses(address)
        {
            return Err(Failure::refused(&format!(
                "{address} is {why}; use another address, or ask the operator to allow this one"
            )));
        }
        Ok(&self.guarded)
    }
}

/// Sends a request and waits for the head of its answer, of whatever status.
///
/// # Errors
/// [`Failure`].
pub async fn send(request: RequestBuilder) -> Result<Response, Failure> {
    request.send().await.map_err(Failure::from)
}

/// The body of an answer, of at most `length_max` bytes.
///
/// # Errors
/// [`Failure::TooLong`]; [`Failure::NoAnswer`] if it breaks off.
pub async fn read_limited(mut answer: Response, length_max: usize) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(Failure::broken_off)? {
        if body.len() + chunk.len() > length_max {
            return Err(Failure::TooLong { length_max });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// How the body of an answer begins, to be quoted: as text, cut after `length_max` bytes, as far as it came soon.
pub async fn read_start(mut answer: Response, length_max: usize) -> String {
    let mut body = Vec::new();
    let read = async {
        while body.len() < length_max
            && let Ok(Some(chunk)) = answer.chunk().await
        {
            body.extend_from_slice(&chunk[..chunk.len().min(length_max - body.len())]);
        }
    };
    // What came until then serves as well.
    let _ = tokio::time::timeout(QUOTE_WAIT_MAX, read).await;
    String::from_utf8_lossy(&body).into_owned()
}

/// How long an answer asks to be left alone, as a number of seconds or a time. Uncapped.
#[must_use]
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let header = |name| headers.get(name)?.to_str().ok();
    let asked = header(RETRY_AFTER)?.trim();
    if let Ok(seconds) = asked.parse() {
        return Some(Duration::from_secs(seconds));
    }
    // By the server's own clock: ours may be another.
    let now = DateTime::parse_from_rfc2822(header(DATE)?).ok()?;
    let then = DateTime::parse_from_rfc2822(asked).ok()?;
    Some((then - now).to_std().unwrap_or_default())
}

impl Reach {
    /// Why an address is out of reach.
    fn refuses(&self, address: IpAddr) -> Option<&'static str> {
        match self {
            Self::Anywhere => address::never_a_server(address),
            Self::PublicOnly { allow } => {
                if allow.iter().any(|allowed| allowed.contains(address)) {
                    return None;
                }
                address::not_public(address)
            }
        }
    }
}

fn literal(host: &Host<&str>) -> Option<IpAddr> {
    match host {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some(IpAddr::V4(*address)),
        Host::Ipv6(address) => Some(IpAddr::V6(*address)),
    }
}

/// Looks names up and lets through only addresses within reach. The connection is made to one of exactly these.
struct Guard {
    names: Arc<dyn Resolve>,
    reach: Arc<Reach>,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let found = self.names.resolve(name);
        let reach = Arc::clone(&self.reach);
        Box::pin(async move {
            let mut refused = None;
            let mut within = Vec::new();
            for address in found.await?.take(ADDRESSES_MAX) {
                match reach.refuses(address.ip()) {
                    None => within.push(address),
                    Some(why) => refused = Some(why),
                }
            }
            match refused {
                // The address itself stays unsaid: names of an inner network are not for everybody.
                Some(why) if within.is_empty() => Err(failure::OutOfReach(format!(
                    "{host} leads to {why}; use another server, or ask the operator to allow this one"
                ))
                .into()),
                _ => Ok(Box::new(within.into_iter()) as Addrs),
            }
        })
    }
}

/// The system's own way to look names up.
struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
