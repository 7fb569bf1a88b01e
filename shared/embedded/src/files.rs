//! Folders, secrets and configuration files with the right owner and mode.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::account::Account;
use crate::error::Error;

/// Random bytes in a password or PIN: 192 bits, far beyond guessing.
const SECRET_BYTES: usize = 24;
/// As much of a failed server's output as is shown, in bytes.
const TAIL_BYTES: u64 = 2_000;

/// Makes a folder (and those above it) with this mode, unless it is there.
pub(crate) fn folder(path: &Path, mode: u32) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(path)
        .map_err(Error::file("create", path))?;
    // The umask may have taken bits away from the mode.
    fs::set_permissions(path, Permissions::from_mode(mode))
        .map_err(Error::file("change the mode of", path))
}

/// The secret in this file (mode 0600), made at random if there is none yet.
pub(crate) fn secret(path: &Path) -> Result<String, Error> {
    loop {
        match fs::read_to_string(path) {
            Ok(found) => return Ok(found.trim_end().to_owned()),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(Error::file("read", path)(error)),
        }
        let made = random_hex(SECRET_BYTES)?;
        let new = path.with_extension(format!("new-{}", &made[..8]));
        write_private(&new, &format!("{made}\n"))?;
        // A link fails if the file is there: of two that make it at once, the first wins, and no
        // reader ever sees half a secret.
        let linked = fs::hard_link(&new, path);
        fs::remove_file(&new).map_err(Error::file("remove", &new))?;
        match linked {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(Error::file("create", path)(error));
            }
            _ => {}
        }
        if let Some(folder) = path.parent() {
            flush_folder(folder)?;
        }
    }
}

/// Makes what was created or renamed in a folder survive a power cut.
pub(crate) fn flush_folder(path: &Path) -> Result<(), Error> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(Error::file("flush", path))
}

/// The same for everything below it, by flushing its whole file system: faster than file by file.
pub(crate) async fn flush_all(path: &Path) -> Result<(), Error> {
    let folder = path.to_owned();
    let flushing = tokio::task::spawn_blocking(move || {
        nix::unistd::syncfs(File::open(folder)?).map_err(std::io::Error::from)
    });
    let flushed = flushing
        .await
        .map_err(std::io::Error::other)
        .and_then(|flushed| flushed);
    flushed.map_err(Error::file("flush", path))
}

/// Writes a file that only the account can read, replacing the one before as a whole.
pub(crate) fn write_for(account: &Account, path: &Path, text: &str) -> Result<(), Error> {
    let new = path.with_extension("new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(Error::file("remove", new)(error));
        }
        _ => {}
    }
    write_private(&new, text)?;
    account.give(&new)?;
    fs::rename(&new, path).map_err(Error::file("write", path))
}

/// The end of a text file, for an error message.
pub(crate) fn tail(path: &Path) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
        let mut end = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut end)?;
        Ok(end)
    };
    read().map_or_else(
        |error| error.to_string(),
        |end| String::from_utf8_lossy(&end).trim().to_owned(),
    )
}

/// Random bytes as lowercase hexadecimal digits, which need no quoting anywhere.
pub(crate) fn random_hex(bytes: usize) -> Result<String, Error> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).map_err(Error::Random)?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(Error::file("create", path))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(Error::file("write", path))
}
