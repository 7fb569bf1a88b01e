//! `with-servers -- COMMAND ARGUMENTS…`: runs a command, usually the tests, beside one Postgres, one
//! nats-server, one SoftHSM token and, once a test asks for it, one Request Tracker, which are thrown away afterwards.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus};
use std::time::Duration;

use embedded::{
    Durability, Embedded, Error, Given, NatsBinary, Options, Parts, PostgresBinaries, SoftHsm,
    SoftHsmBinaries, testing,
};
use nix::sys::signal::{self, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::signal::unix::{self, Signal, SignalKind};
use tokio::time::timeout;

/// On Ctrl-C the terminal tells the command too; this long it may take to end by itself, then we tell it,
/// and as long again later it is killed.
const COMMAND_WAIT: Duration = Duration::from_secs(5);
/// The exit code for wrong usage, and for servers that could not be started.
const USAGE: u8 = 2;
/// Where deploy/run and deploy/test put servers when the working folder is closed to their account.
const ROOTS_DATA_DIR: &str = "/var/lib/seatledger";

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).peekable();
    arguments.next_if(|argument| argument == "--");
    let Some(program) = arguments.next() else {
        return complain("usage: with-servers -- COMMAND ARGUMENTS…");
    };
    let mut command = Command::new(program);
    command.args(arguments);
    match run(command).await {
        Ok(status) => ExitCode::from(exit_code(status)),
        Err(error) => complain(&chain(&*error)),
    }
}

async fn run(mut command: Command) -> Result<ExitStatus, Box<dyn std::error::Error>> {
    let mut interrupted = unix::signal(SignalKind::interrupt())?;
    let mut terminated = unix::signal(SignalKind::terminate())?;
    let given = find().await?;
    let folder = testing::folder()?;
    let options = Options {
        data_dir: folder.path().to_owned(),
        parts: Parts::ALL,
        given: given.clone(),
        // This process does not load the module; the command does.
        softhsm2_conf: Some(SoftHsm::conf(folder.path())),
        durability: Durability::Throwaway,
    };
    let servers = Embedded::start(&options).await?;
    let request_tracker = testing::offer_request_tracker(folder.path())?;
    export(&mut command, &given, &servers);
    command.env(testing::REQUEST_TRACKER, request_tracker.socket());
    let status = match command.kill_on_drop(true).spawn() {
        Ok(mut child) => wait(&mut child, &mut interrupted, &mut terminated).await,
        Err(error) => Err(error),
    };
    let stopped = request_tracker.stop().await;
    servers.stop().await?;
    stopped?;
    folder.close()?;
    Ok(status?)
}

/// The programs: named by settings, fetched earlier, or the machine's.
async fn find() -> Result<Given, Error> {
    let given = Given {
        postgres_bin: path(testing::POSTGRES_BIN),
        nats_server: path(testing::NATS_SERVER),
        softhsm_module: path(testing::SOFTHSM_MODULE),
        softhsm_util: path(testing::SOFTHSM_UTIL),
    };
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.seatledger");
    let fetched: Vec<_> = path("SEATLEDGER_DATA_DIR")
        .into_iter()
        .chain([workspace, ROOTS_DATA_DIR.into()])
        .collect();
    let with_servers = fetched
        .iter()
        .find(|data_dir| data_dir.join("servers").exists());
    let data_dir = with_servers
        .cloned()
        .unwrap_or_else(|| ROOTS_DATA_DIR.into());
    let postgres = PostgresBinaries::find(&data_dir, &given, None).await?;
    let nats = NatsBinary::find(&data_dir, &given).await?;
    let softhsm = SoftHsmBinaries::find(&data_dir, &given)?;
    Ok(Given {
        postgres_bin: Some(postgres.bin),
        nats_server: Some(nats.program),
        softhsm_module: Some(softhsm.module),
        softhsm_util: Some(softhsm.util),
    })
}

/// Tells the command where everything is, in the words of [`testing`].
fn export(command: &mut Command, given: &Given, servers: &Embedded) {
    let mut set = |name: &str, value: Option<PathBuf>| {
        if let Some(value) = value {
            command.env(name, value);
        }
    };
    set(testing::POSTGRES_BIN, given.postgres_bin.clone());
    set(testing::NATS_SERVER, given.nats_server.clone());
    set(testing::SOFTHSM_UTIL, given.softhsm_util.clone());
    set(testing::HSM_MODULE, given.softhsm_module.clone());
    set(testing::SOFTHSM_MODULE, given.softhsm_module.clone());
    set(
        testing::POSTGRES,
        servers
            .postgres()
            .map(|postgres| postgres.socket_folder().to_owned()),
    );
    set(testing::NATS, servers.nats().map(|nats| nats.url().into()));
    set(testing::HSM_CONF, servers.hsm().map(|hsm| hsm.conf.clone()));
    set(
        testing::HSM_PIN_FILE,
        servers.hsm().map(|hsm| hsm.pin_file.clone()),
    );
    set(
        testing::HSM_LABEL,
        servers.hsm().map(|hsm| hsm.token_label.clone().into()),
    );
}

async fn wait(
    child: &mut Child,
    interrupted: &mut Signal,
    terminated: &mut Signal,
) -> std::io::Result<ExitStatus> {
    tokio::select! {
        status = child.wait() => return status,
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {
            if let Ok(status) = timeout(COMMAND_WAIT, child.wait()).await {
                return status;
            }
        }
    }
    if let Some(pid) = child.id().and_then(|pid| i32::try_from(pid).ok()) {
        // That it has just ended is no error; `wait` tells.
        let _ = kill(Pid::from_raw(pid), signal::Signal::SIGTERM);
    }
    if let Ok(status) = timeout(COMMAND_WAIT, child.wait()).await {
        return status;
    }
    child.kill().await?;
    child.wait().await
}

fn path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// As a shell would say it: 128 and the signal's number.
fn exit_code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[expect(
    clippy::print_stderr,
    reason = "a command-line tool speaks to its caller"
)]
fn complain(text: &str) -> ExitCode {
    eprintln!("with-servers: {text}");
    ExitCode::from(USAGE)
}
