//! Servers that an earlier process left behind when it was killed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::account::Account;
use crate::error::Error;

/// How long an orphan may take to end in order, before it is killed.
const ORDERLY_WAIT: Duration = Duration::from_secs(20);
/// How long a killed process may take to vanish.
const KILL_WAIT: Duration = Duration::from_secs(5);
/// Between two looks at the process table.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// How a server of ours is recognised among all processes: by the account, the name, and the folder
/// that it works in. Process ids in files are not trusted: they may have been given to another since.
#[derive(Debug)]
pub(crate) struct Fingerprint<'a> {
    pub(crate) account: &'a Account,
    /// The program's file name; Postgres's children keep it at the start of their titles.
    pub(crate) name: &'a str,
    /// The working directory.
    pub(crate) folder: &'a Path,
    /// The argument that only the server's first process has.
    pub(crate) argument: &'a Path,
    /// What tells it to stop quickly and in order.
    pub(crate) stop: Signal,
}

/// Stops what is left of an earlier run, so that no second server meets the same files.
pub(crate) async fn stop(wanted: &Fingerprint<'_>) -> Result<(), Error> {
    let mut orphans = find(wanted);
    if orphans.is_empty() {
        return Ok(());
    }
    tracing::warn!(
        server = wanted.name,
        processes = orphans.len(),
        "stopping servers of an earlier run"
    );
    for (step, wait) in [(wanted.stop, ORDERLY_WAIT), (Signal::SIGKILL, KILL_WAIT)] {
        for orphan in &orphans {
            // Postgres's children end with their first process; told on their own they may act oddly.
            if orphan.first || step == Signal::SIGKILL {
                send(orphan.pid, step)?;
                // One that was frozen would not hear it.
                send(orphan.pid, Signal::SIGCONT)?;
            }
        }
        let deadline = Instant::now() + wait;
        while Instant::now() < deadline {
            tokio::time::sleep(LOOK_AGAIN).await;
            orphans = find(wanted);
            if orphans.is_empty() {
                return Ok(());
            }
        }
    }
    orphans.first().map_or(Ok(()), |orphan| {
        Err(Error::Orphan {
            pid: orphan.pid.as_raw(),
        })
    })
}

/// Sends a signal; that the process is gone already is no error.
pub(crate) fn send(pid: Pid, signal: Signal) -> Result<(), Error> {
    match kill(pid, signal) {
        Ok(()) | Err(nix::Error::ESRCH) => Ok(()),
        Err(source) => Err(Error::Signal {
            pid: pid.as_raw(),
            source,
        }),
    }
}

#[derive(Debug)]
struct Orphan {
    pid: Pid,
    first: bool,
}

fn find(wanted: &Fingerprint<'_>) -> Vec<Orphan> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| recognise(&entry.path(), wanted))
        .collect()
}

/// Processes come and go while we look, so whatever can't be read is not ours.
fn recognise(process: &Path, wanted: &Fingerprint<'_>) -> Option<Orphan> {
    let pid: i32 = process.file_name()?.to_str()?.parse().ok()?;
    if process.metadata().ok()?.uid() != wanted.account.uid() {
        return None;
    }
    let folder: PathBuf = fs::read_link(process.join("cwd")).ok()?;
    if folder != wanted.folder {
        return None;
    }
    let line = fs::read(process.join("cmdline")).ok()?;
    let line = String::from_utf8_lossy(&line);
    let mut arguments = line.split('\0');
    let title = arguments.next()?.split([' ', ':']).next()?;
    if Path::new(title).file_name()?.to_str()? != wanted.name {
        return None;
    }
    let first = arguments.any(|argument| Path::new(argument) == wanted.argument);
    Some(Orphan {
        pid: Pid::from_raw(pid),
        first,
    })
}
