//! Starting a server's process and owning it.

use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{LazyLock, mpsc};
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::account::Account;
use crate::error::Error;
use crate::{files, orphans};

/// How long a server may take to end after each signal of [`Running::stop`].
const STOP_WAIT: Duration = Duration::from_secs(20);

/// A child process of ours. Dropping it tells it to stop, without waiting.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    stop: Signal,
}

impl Running {
    pub(crate) async fn start(
        command: Command,
        program: &Path,
        stop: Signal,
    ) -> Result<Self, Error> {
        let child = spawn(command).await.map_err(|source| Error::Spawn {
            program: program.to_owned(),
            source,
        })?;
        Ok(Self { child, stop })
    }

    /// The process id, unless it has ended and been waited for.
    pub(crate) fn pid(&self) -> Option<Pid> {
        self.child
            .id()
            .and_then(|pid| i32::try_from(pid).ok())
            .map(Pid::from_raw)
    }

    /// Waits until it ends; safe to cancel and to call again.
    pub(crate) async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Stops it in order, or else by force.
    pub(crate) async fn stop(mut self) -> Result<(), Error> {
        for signal in [self.stop, Signal::SIGKILL] {
            let Some(pid) = self.pid() else { break };
            orphans::send(pid, signal)?;
            if tokio::time::timeout(STOP_WAIT, self.child.wait())
                .await
                .is_ok()
            {
                break;
            }
        }
        Ok(())
    }

    /// Kills it, as a crash would, and waits until it is gone.
    pub(crate) async fn kill(mut self) -> Result<(), Error> {
        if let Some(pid) = self.pid() {
            orphans::send(pid, Signal::SIGKILL)?;
        }
        self.child
            .wait()
            .await
            .map(drop)
            .map_err(Error::file("wait for", "the killed server"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(pid) = self.pid()
            && let Err(error) = orphans::send(pid, self.stop)
        {
            tracing::warn!(%error, "a server may be left running");
        }
    }
}

/// Runs a tool to its end; what it wrote is the error if it fails.
pub(crate) async fn run(
    mut command: Command,
    program: &'static str,
    path: &Path,
) -> Result<String, Error> {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let spawned = spawn(command).await;
    let output = match spawned {
        Ok(child) => child.wait_with_output().await,
        Err(error) => Err(error),
    };
    let output = output.map_err(|source| Error::Spawn {
        program: path.to_owned(),
        source,
    })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if !output.status.success() {
        let output_text = format!("{} {}", text(&output.stdout), text(&output.stderr));
        let status = output.status.to_string();
        return Err(Error::SetUp {
            program,
            status,
            output: output_text.trim().to_owned(),
        });
    }
    Ok(text(&output.stdout))
}

/// Sends a server's output until it opens its own log to a file that starts empty.
pub(crate) fn output_to(command: &mut Command, path: &Path) -> Result<(), Error> {
    let file = std::fs::File::create(path).map_err(Error::file("create", path))?;
    let clone = file.try_clone().map_err(Error::file("open", path))?;
    command.stdout(file).stderr(clone);
    Ok(())
}

/// A server that ended, or took too long, before it was ready.
pub(crate) fn not_ready(server: &'static str, reason: String, log: &Path) -> Error {
    Error::NotReady {
        server,
        reason,
        log: files::tail(log),
    }
}

/// The same, said of a process that ended.
pub(crate) fn ended_early(
    server: &'static str,
    status: &io::Result<ExitStatus>,
    log: &Path,
) -> Error {
    let reason = match status {
        Ok(status) => format!("it ended with {status}"),
        Err(error) => error.to_string(),
    };
    not_ready(server, reason, log)
}

/// A fresh command of the account, in a folder it works in.
pub(crate) fn command_in(
    account: &Account,
    program: &Path,
    folder: &Path,
    parent_died: &str,
) -> Command {
    let mut command = account.command(program, parent_died);
    command.current_dir(folder);
    command
}

struct Order {
    command: Command,
    runtime: Handle,
    answer: oneshot::Sender<io::Result<Child>>,
}

/// All children are started by one thread that lives as long as the process: the kernel tells a child
/// that its parent died when the *thread* that started it ends, and threads of a runtime come and go.
static SPAWNER: LazyLock<Option<mpsc::Sender<Order>>> = LazyLock::new(|| {
    let (orders, queue) = mpsc::channel::<Order>();
    let started = std::thread::Builder::new()
        .name("embedded-spawner".to_owned())
        .spawn(move || {
            for mut order in queue {
                let _entered = order.runtime.enter();
                // Whoever asked may have gone; the child is then dropped, and ends with us at the latest.
                let _ = order.answer.send(order.command.spawn());
            }
        });
    started.ok().map(|_| orders)
});

async fn spawn(command: Command) -> io::Result<Child> {
    let gone = || io::Error::other("the thread that starts processes is gone");
    let (answer, child) = oneshot::channel();
    let order = Order {
        command,
        runtime: Handle::current(),
        answer,
    };
    SPAWNER
        .as_ref()
        .ok_or_else(gone)?
        .send(order)
        .map_err(|_| gone())?;
    child.await.map_err(|_| gone())?
}
