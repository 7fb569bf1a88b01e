//! One Request Tracker for a whole run of tests. It takes seconds to start, and few tests need it; so `with-servers`
//! offers it, and starts it when the first test asks.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::TestRequestTracker;
use super::server::{self, RequestTracker};
use crate::account::Account;
use crate::error::Error;
use crate::launch::Running;
use crate::supervise::Server;

/// How long a test waits for it: as long as it may take to set up and start on a busy machine.
const ASK_WAIT: Duration = Duration::from_secs(240);

/// That the shared one is started when it is asked for.
#[derive(Debug)]
pub struct Offer {
    socket: PathBuf,
    stop: CancellationToken,
    task: JoinHandle<Result<(), Error>>,
}

/// Offers the shared one, on a socket in this folder, which it also uses.
///
/// # Errors
/// That the socket can't be made.
pub fn offer(folder: &Path) -> Result<Offer, Error> {
    let socket = folder.join("request-tracker.sock");
    let listener = UnixListener::bind(&socket).map_err(Error::file("listen on", &socket))?;
    let stop = CancellationToken::new();
    let task = tokio::spawn(serve(listener, folder.to_owned(), stop.clone()));
    Ok(Offer { socket, stop, task })
}

impl Offer {
    /// What [`REQUEST_TRACKER`](super::REQUEST_TRACKER) must be for tests.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Stops it, if it was ever started.
    ///
    /// # Errors
    /// That it can't be told to stop.
    pub async fn stop(self) -> Result<(), Error> {
        self.stop.cancel();
        // Its task neither panics nor is aborted; if it did, the server ends with its parent, which we are.
        self.task.await.unwrap_or(Ok(()))
    }
}

/// Asks for the shared one.
pub(super) async fn ask(socket: &Path) -> Result<TestRequestTracker, String> {
    let answer = async {
        let mut stream = UnixStream::connect(socket).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    let answer = timeout(ASK_WAIT, answer)
        .await
        .map_err(|_| format!("no answer on {} within {ASK_WAIT:?}", socket.display()))?
        .map_err(|error| format!("{}: {error}", socket.display()))?;
    let lines: Vec<&str> = answer.lines().collect();
    let [url, token, person, powerless] = lines[..] else {
        return Err(answer);
    };
    Ok(TestRequestTracker {
        url: url.to_owned(),
        token: token.to_owned(),
        person: person.to_owned(),
        powerless: powerless.to_owned(),
    })
}

/// Answers one test after the other, so that it is started once.
async fn serve(
    listener: UnixListener,
    folder: PathBuf,
    stop: CancellationToken,
) -> Result<(), Error> {
    let mut started: Option<(RequestTracker, Running)> = None;
    let answer_all = async {
        while let Ok((mut stream, _)) = listener.accept().await {
            if started.is_none() {
                match start(&folder).await {
                    Ok(new) => started = Some(new),
                    Err(error) => {
                        // The test that asked may have gone.
                        let _ = stream.write_all(told(&error).as_bytes()).await;
                        continue;
                    }
                }
            }
            if let Some((server, _)) = &started {
                let _ = stream.write_all(lines(&server.place()).as_bytes()).await;
            }
        }
    };
    stop.run_until_cancelled(answer_all).await;
    match started {
        Some((_, running)) => server::stop(running).await,
        None => Ok(()),
    }
}

async fn start(folder: &Path) -> Result<(RequestTracker, Running), Error> {
    let account = Account::current()?;
    let server = RequestTracker::prepare(folder, &account).await?;
    let running = server.launch().await?;
    Ok((server, running))
}

fn lines(place: &TestRequestTracker) -> String {
    let TestRequestTracker {
        url,
        token,
        person,
        powerless,
    } = place;
    format!("{url}\n{token}\n{person}\n{powerless}\n")
}

fn told(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
