//! A server that keeps what it gets and answers as it is told. Include it where it is needed:
//! `#[path = "../support/receiver.rs"] mod receiver;`

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;
use url::Url;

/// A stream as it comes, or with TLS around it.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Stops when dropped.
pub(crate) struct Receiver {
    /// Its root, at the loopback interface; other names may be made to lead there.
    pub(crate) url: Url,
    /// The authority to trust, if it speaks TLS.
    pub(crate) root: Option<reqwest::Certificate>,
    kept: Arc<Mutex<Kept>>,
    serving: AbortHandle,
}

#[derive(Default)]
struct Kept {
    received: Vec<Received>,
    answers: VecDeque<Answer>,
    otherwise: Answer,
    connections: usize,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// What it answers; by default 204 and nothing else.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
    /// How long it thinks before.
    pub(crate) after: Duration,
    /// Whether the body never ends.
    pub(crate) endless: bool,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            status: 204,
            headers: Vec::new(),
            body: String::new(),
            after: Duration::ZERO,
            endless: false,
        }
    }
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        Self::serve(None, None).await
    }

    /// With TLS for one name, by a certificate of its own.
    pub(crate) async fn with_tls(name: &str) -> Self {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let key = made.signing_key.serialize_der().try_into().unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let root = reqwest::Certificate::from_der(made.cert.der()).unwrap();
        Self::serve(Some(TlsAcceptor::from(Arc::new(config))), Some(root)).await
    }

    async fn serve(tls: Option<TlsAcceptor>, root: Option<reqwest::Certificate>) -> Self {
        // On all addresses, so that a connection to a wrong one would be seen.
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let port = listener.local_addr().unwrap().port();
        let kept = Arc::new(Mutex::new(Kept::default()));
        let counted = Counted {
            listener,
            tls,
            kept: Arc::clone(&kept),
        };
        let router = Router::new()
            .fallback(receive)
            .with_state(Arc::clone(&kept));
        let serving = tokio::spawn(async move { axum::serve(counted, router).await });
        Self {
            url: format!("{scheme}://127.0.0.1:{port}/").parse().unwrap(),
            root,
            kept,
            serving: serving.abort_handle(),
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.url.port().unwrap()
    }

    /// Its address under another name.
    pub(crate) fn named(&self, name: &str) -> Url {
        let mut url = self.url.clone();
        url.set_host(Some(name)).unwrap();
        url
    }

    /// Answers the next request so, after those that were told before.
    pub(crate) fn next(&self, answer: Answer) {
        self.kept.lock().unwrap().answers.push_back(answer);
    }

    /// Answers all requests so for which nothing else was told.
    pub(crate) fn always(&self, answer: Answer) {
        self.kept.lock().unwrap().otherwise = answer;
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.kept.lock().unwrap().received.clone()
    }

    /// All that were ever made to it.
    pub(crate) fn connections(&self) -> usize {
        self.kept.lock().unwrap().connections
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn receive(State(kept): State<Arc<Mutex<Kept>>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 4 << 20).await.unwrap();
    let answer = {
        let mut kept = kept.lock().unwrap();
        kept.received.push(Received {
            path: head.uri.to_string(),
            headers: head.headers,
            body,
        });
        let next = kept.answers.pop_front();
        next.unwrap_or_else(|| kept.otherwise.clone())
    };
    tokio::time::sleep(answer.after).await;
    let body = if answer.endless {
        let more = futures_util::stream::unfold(answer.body, async |chunk| {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Some((Ok::<_, io::Error>(chunk.clone()), chunk))
        });
        Body::from_stream(more)
    } else {
        Body::from(answer.body)
    };
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(body).unwrap()
}

struct Counted {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    kept: Arc<Mutex<Kept>>,
}

impl Listener for Counted {
    type Io = Box<dyn Stream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = Listener::accept(&mut self.listener).await;
            self.kept.lock().unwrap().connections += 1;
            match &self.tls {
                None => return (Box::new(stream), address),
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        return (Box::new(stream), address);
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
