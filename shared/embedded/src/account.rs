//! The account that servers run as, and how a program is started under it.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use nix::unistd::{Gid, Uid, User, chown};
use tokio::process::Command;

use crate::error::Error;

/// Where util-linux puts setpriv.
const SETPRIV: [&str; 2] = ["/usr/bin/setpriv", "/bin/setpriv"];

/// Who the servers run as. PostgreSQL refuses to run as root, and nats-server has no need of it.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    setpriv: PathBuf,
    /// `nobody`, when we are root ourselves.
    other: Option<(Uid, Gid)>,
}

impl Account {
    pub(crate) fn current() -> Result<Self, Error> {
        let setpriv = SETPRIV
            .iter()
            .map(PathBuf::from)
            .find(|path| path.exists())
            .ok_or(Error::SetprivNotFound)?;
        let other = if Uid::effective().is_root() {
            let nobody = User::from_name("nobody")
                .ok()
                .flatten()
                .ok_or(Error::NoAccount)?;
            Some((nobody.uid, nobody.gid))
        } else {
            None
        };
        Ok(Self { setpriv, other })
    }

    /// The user id of the servers.
    pub(crate) fn uid(&self) -> u32 {
        self.other.map_or(Uid::effective(), |(uid, _)| uid).as_raw()
    }

    /// A command that runs `program` under this account. Through setpriv, since it also asks the kernel
    /// to send `parent_died` (as "INT") when we are killed, which std can't do without unsafe code. In
    /// a process group of its own, so that Ctrl-C reaches us alone and the servers stop in order.
    pub(crate) fn command(&self, program: &Path, parent_died: &str) -> Command {
        let mut command = Command::new(&self.setpriv);
        command.args(["--no-new-privs", "--pdeathsig", parent_died]);
        if let Some((uid, gid)) = self.other {
            command
                .arg(format!("--reuid={uid}"))
                .arg(format!("--regid={gid}"))
                .arg("--clear-groups");
        }
        command
            .arg("--")
            .arg(program)
            .stdin(Stdio::null())
            .process_group(0);
        // A server needs nothing of our environment, which may hold credentials.
        command
            .env_clear()
            .env("LC_ALL", "C.UTF-8")
            .env("PATH", "/usr/bin:/bin")
            .env("TZ", "UTC");
        command
    }

    /// Gives a file or folder that we made to this account.
    pub(crate) fn give(&self, path: &Path) -> Result<(), Error> {
        let Some((uid, gid)) = self.other else {
            return Ok(());
        };
        chown(path, Some(uid), Some(gid))
            .map_err(std::io::Error::from)
            .map_err(Error::file("change the owner of", path))
    }

    /// Makes a folder that only this account can enter, unless it is there.
    pub(crate) fn private_folder(&self, path: &Path) -> Result<(), Error> {
        if !path.exists() {
            crate::files::folder(path, 0o700)?;
            self.give(path)?;
        }
        Ok(())
    }

    /// Fails if this account can't pass through one of the folders above `path`, which must be absolute.
    pub(crate) fn reach(&self, path: &Path) -> Result<(), Error> {
        let Some((uid, gid)) = self.other else {
            return Ok(());
        };
        for directory in path.ancestors().skip(1) {
            let found = directory
                .metadata()
                .map_err(Error::file("look at", directory))?;
            let mode = found.permissions().mode();
            let bit = match (found.uid() == uid.as_raw(), found.gid() == gid.as_raw()) {
                (true, _) => 0o100,
                (false, true) => 0o010,
                (false, false) => 0o001,
            };
            if mode & bit == 0 {
                return Err(Error::Unreachable {
                    directory: directory.to_owned(),
                });
            }
        }
        Ok(())
    }
}
