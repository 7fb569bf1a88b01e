//! Start, stop, restart, and what crashes leave behind.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use embedded::{Condition, Durability, Embedded, Error, Options, Parts, SoftHsm, testing};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_postgres::{Client, Config, NoTls};

/// Far more than anything here takes; it only ends a test that would hang.
const PATIENCE: Duration = Duration::from_secs(60);

fn folder() -> TempDir {
    testing::folder().unwrap()
}

fn options(data_dir: &Path, parts: Parts) -> Options {
    Options {
        data_dir: data_dir.to_owned(),
        parts,
        given: testing::programs(),
        softhsm2_conf: Some(SoftHsm::conf(data_dir)),
        durability: Durability::Throwaway,
    }
}

/// As `seatledger run` starts them: roles need passwords, and initdb writes through to the disk.
fn durable(data_dir: &Path, parts: Parts) -> Options {
    Options {
        durability: Durability::Durable,
        ..options(data_dir, parts)
    }
}

const POSTGRES: Parts = Parts {
    postgres: true,
    nats: false,
    hsm: false,
};
const NATS: Parts = Parts {
    postgres: false,
    nats: true,
    hsm: false,
};
const HSM: Parts = Parts {
    postgres: false,
    nats: false,
    hsm: true,
};

async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn superuser(embedded: &Embedded) -> Client {
    connect(&embedded.postgres().unwrap().superuser("postgres")).await
}

fn postgres_pid(data_dir: &Path) -> Pid {
    let file = fs::read_to_string(data_dir.join("postgres/postmaster.pid")).unwrap();
    Pid::from_raw(file.lines().next().unwrap().parse().unwrap())
}

/// nats-server names its ports file after its process; that of a killed one stays.
fn nats_pid(data_dir: &Path) -> Pid {
    let alive = |name: &str| {
        let pid: i32 = name
            .strip_prefix("nats-server_")?
            .strip_suffix(".ports")?
            .parse()
            .ok()?;
        kill(Pid::from_raw(pid), None)
            .ok()
            .map(|()| Pid::from_raw(pid))
    };
    let entries = fs::read_dir(data_dir.join("nats")).unwrap();
    entries
        .flatten()
        .find_map(|entry| alive(entry.file_name().to_str().unwrap()))
        .unwrap()
}

async fn gone(pid: Pid) {
    let waiting = async {
        while kill(pid, None).is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap();
}

async fn until(condition: &mut watch::Receiver<Condition>, wanted: impl Fn(&Condition) -> bool) {
    tokio::time::timeout(PATIENCE, condition.wait_for(|found| wanted(found)))
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_second_start_finds_everything_as_it_was() {
    let folder = folder();
    let options = durable(folder.path(), Parts::ALL);

    let first = Embedded::start(&options).await.unwrap();
    let client = superuser(&first).await;
    let password =
        fs::read_to_string(first.postgres().unwrap().role_password("clerk").unwrap()).unwrap();
    client
        .batch_execute(&format!(
            "create table kept (n int); create role clerk login password '{}'",
            password.trim()
        ))
        .await
        .unwrap();
    let (url, hsm) = (first.nats().unwrap().url(), first.hsm().unwrap().clone());
    let pin = fs::read_to_string(&hsm.pin_file).unwrap();
    first.stop().await.unwrap();

    let second = Embedded::start(&options).await.unwrap();
    let postgres = second.postgres().unwrap();
    let password_file = postgres.role_password("clerk").unwrap();
    let mut clerk: Config = postgres.url("postgres").parse().unwrap();
    clerk
        .user("clerk")
        .password(fs::read_to_string(password_file).unwrap().trim());
    connect(&clerk).await;
    superuser(&second)
        .await
        .batch_execute("select n from kept")
        .await
        .unwrap();
    assert_eq!(second.nats().unwrap().url(), url);
    assert_eq!(
        fs::read_to_string(&second.hsm().unwrap().pin_file).unwrap(),
        pin
    );
    assert_eq!(
        fs::read_dir(folder.path().join("softhsm/tokens"))
            .unwrap()
            .count(),
        1,
        "one token"
    );
    second.stop().await.unwrap();
}

#[tokio::test]
async fn a_role_needs_its_password() {
    let folder = folder();
    let embedded = Embedded::start(&durable(folder.path(), POSTGRES))
        .await
        .unwrap();
    let postgres = embedded.postgres().unwrap();
    assert!(
        postgres
            .config("postgres", "postgres")
            .connect(NoTls)
            .await
            .is_err(),
        "without a password"
    );
    assert!(
        postgres
            .config("postgres", "postgres")
            .password("wrong")
            .connect(NoTls)
            .await
            .is_err()
    );
    for bad in ["", "../postgres", "a b"] {
        assert!(
            matches!(postgres.role_password(bad), Err(Error::RoleName { .. })),
            "{bad:?}"
        );
    }
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn secrets_are_for_their_owner_alone() {
    let folder = folder();
    let embedded = Embedded::start(&durable(folder.path(), Parts::ALL))
        .await
        .unwrap();
    embedded.postgres().unwrap().role_password("clerk").unwrap();
    let mode = |path: PathBuf| path.metadata().unwrap().permissions().mode() & 0o777;
    let at = |path: &str| folder.path().join(path);
    for entry in at("secrets").read_dir().unwrap() {
        assert_eq!(mode(entry.unwrap().path()), 0o600);
    }
    for folder in [
        "secrets",
        "postgres",
        "nats",
        "sockets",
        "logs",
        "softhsm",
        "softhsm/tokens",
    ] {
        assert_eq!(mode(at(folder)), 0o700, "{folder}");
    }
    assert_eq!(mode(at("run/nats.conf")), 0o600);
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn a_killed_postgres_is_started_again_with_its_data() {
    let folder = folder();
    let embedded = Embedded::start(&durable(folder.path(), POSTGRES))
        .await
        .unwrap();
    superuser(&embedded)
        .await
        .batch_execute("create table kept (n int)")
        .await
        .unwrap();
    let mut condition = embedded.conditions().postgres;
    for _ in 0..2 {
        condition.mark_unchanged();
        kill(postgres_pid(embedded.data_dir()), Signal::SIGKILL).unwrap();
        until(&mut condition, |found| {
            matches!(found, Condition::Restarting { .. })
        })
        .await;
        until(&mut condition, |found| *found == Condition::Up).await;
        superuser(&embedded)
            .await
            .batch_execute("select n from kept")
            .await
            .unwrap();
    }
    embedded.stop().await.unwrap();
    assert_eq!(*condition.borrow(), Condition::Stopped);
}

#[tokio::test]
async fn a_killed_nats_server_is_started_again_on_its_port() {
    let folder = folder();
    let embedded = Embedded::start(&options(folder.path(), NATS))
        .await
        .unwrap();
    let url = embedded.nats().unwrap().url();
    let mut condition = embedded.conditions().nats;
    kill(nats_pid(embedded.data_dir()), Signal::SIGKILL).unwrap();
    until(&mut condition, |found| {
        matches!(found, Condition::Restarting { .. })
    })
    .await;
    until(&mut condition, |found| *found == Condition::Up).await;
    assert_eq!(embedded.nats().unwrap().url(), url);
    TcpStream::connect(url.rsplit_once('@').unwrap().1)
        .await
        .unwrap();
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn a_noted_port_that_is_taken_gives_another() {
    let folder = folder();
    let embedded = Embedded::start(&options(folder.path(), NATS))
        .await
        .unwrap();
    let port = embedded
        .nats()
        .unwrap()
        .url()
        .rsplit_once(':')
        .unwrap()
        .1
        .to_owned();
    embedded.stop().await.unwrap();
    let _other = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}"))
        .await
        .unwrap();
    let embedded = Embedded::start(&options(folder.path(), NATS))
        .await
        .unwrap();
    assert!(
        !embedded
            .nats()
            .unwrap()
            .url()
            .ends_with(&format!(":{port}"))
    );
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn a_directory_is_used_by_one_at_a_time() {
    let folder = folder();
    let first = Embedded::start(&options(folder.path(), NATS))
        .await
        .unwrap();
    let refused = Embedded::start(&options(folder.path(), NATS))
        .await
        .unwrap_err();
    assert!(matches!(refused, Error::InUse { .. }), "{refused}");
    first.stop().await.unwrap();
    Embedded::start(&options(folder.path(), NATS))
        .await
        .unwrap()
        .stop()
        .await
        .unwrap();
}

#[tokio::test]
async fn dropping_the_servers_stops_them() {
    let folder = folder();
    let embedded = Embedded::start(&options(
        folder.path(),
        Parts {
            hsm: false,
            ..Parts::ALL
        },
    ))
    .await
    .unwrap();
    let (postgres, nats) = (postgres_pid(folder.path()), nats_pid(folder.path()));
    drop(embedded);
    gone(postgres).await;
    gone(nats).await;
}

/// Starts servers in another process, and kills that one.
async fn abandon(below: &Path, freeze: bool) -> (PathBuf, Pid, Pid) {
    let mut other = Command::new(env!("CARGO_BIN_EXE_with-servers"))
        .args(["--", "sh", "-c", "echo ready; exec cat"])
        .env("TMPDIR", below)
        // The command ends when this test closes its input.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let ready = tokio::task::spawn_blocking({
        let mut output = other.stdout.take().unwrap();
        move || std::io::Read::read_exact(&mut output, &mut [0; 6])
    });
    ready.await.unwrap().unwrap();
    let data_dir = below.read_dir().unwrap().next().unwrap().unwrap().path();
    let servers = (postgres_pid(&data_dir), nats_pid(&data_dir));
    if freeze {
        kill(servers.0, Signal::SIGSTOP).unwrap();
        kill(servers.1, Signal::SIGSTOP).unwrap();
    }
    other.kill().unwrap();
    other.wait().unwrap();
    (data_dir, servers.0, servers.1)
}

#[tokio::test]
async fn servers_do_not_outlive_a_killed_process() {
    let folder = folder();
    let (_, postgres, nats) = abandon(folder.path(), false).await;
    gone(postgres).await;
    gone(nats).await;
}

#[tokio::test]
async fn servers_of_a_killed_process_are_stopped_by_the_next_start() {
    let folder = folder();
    // Frozen, they can't end when their parent does.
    let (data_dir, postgres, nats) = abandon(folder.path(), true).await;
    assert!(
        kill(postgres, None).is_ok() && kill(nats, None).is_ok(),
        "orphans"
    );
    let embedded = Embedded::start(&options(&data_dir, Parts::ALL))
        .await
        .unwrap();
    gone(postgres).await;
    gone(nats).await;
    superuser(&embedded).await;
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn a_pid_file_whose_number_went_to_another_process_is_stale() {
    let folder = folder();
    Embedded::start(&options(folder.path(), POSTGRES))
        .await
        .unwrap()
        .stop()
        .await
        .unwrap();
    // The shared test server is another process of the same account.
    let shared = testing::postgres().superuser("postgres");
    let data_dir = match &shared.get_hosts()[0] {
        tokio_postgres::config::Host::Unix(sockets) => sockets.parent().unwrap().to_owned(),
        tokio_postgres::config::Host::Tcp(_) => unreachable!("tests use sockets"),
    };
    let other = fs::read_to_string(data_dir.join("postgres/postmaster.pid")).unwrap();
    fs::write(folder.path().join("postgres/postmaster.pid"), other).unwrap();
    Embedded::start(&options(folder.path(), POSTGRES))
        .await
        .unwrap()
        .stop()
        .await
        .unwrap();
    connect(&shared).await;
}

#[tokio::test]
async fn an_initdb_that_was_killed_is_begun_again() {
    let folder = folder();
    let half = folder.path().join("postgres.new");
    fs::create_dir(&half).unwrap();
    fs::write(half.join("PG_VERSION"), "18").unwrap();
    Embedded::start(&options(folder.path(), POSTGRES))
        .await
        .unwrap()
        .stop()
        .await
        .unwrap();
    assert!(!half.exists());
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_gets_a_short_one() {
    let folder = folder();
    let long = folder
        .path()
        .join("a-folder-with-quite-a-long-name, spaces and 'quotes'".repeat(3));
    let embedded = Embedded::start(&options(&long, POSTGRES)).await.unwrap();
    let sockets = embedded.postgres().unwrap().socket_folder().to_owned();
    assert!(sockets.starts_with("/tmp"));
    superuser(&embedded).await;
    embedded.stop().await.unwrap();
    assert!(!sockets.exists(), "nothing stays in /tmp");
}

#[tokio::test]
async fn a_path_with_blanks_commas_and_quotes_works() {
    let folder = folder();
    let odd = folder.path().join("a, \"b\" & 'c'");
    let embedded = Embedded::start(&durable(&odd, Parts::ALL)).await.unwrap();
    superuser(&embedded).await;
    let mut url: Config = embedded
        .postgres()
        .unwrap()
        .url("postgres")
        .parse()
        .unwrap();
    url.user("postgres").password(
        fs::read_to_string(odd.join("secrets/postgres"))
            .unwrap()
            .trim(),
    );
    connect(&url).await;
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn a_wrong_softhsm_configuration_is_named_with_its_remedy() {
    let folder = folder();
    for wrong in [None, Some(PathBuf::from("/etc/softhsm/softhsm2.conf"))] {
        let options = Options {
            softhsm2_conf: wrong,
            ..options(folder.path(), HSM)
        };
        let error = Embedded::start(&options).await.unwrap_err().to_string();
        let remedy = format!(
            "export SOFTHSM2_CONF={}",
            SoftHsm::conf(folder.path()).display()
        );
        assert!(error.contains(&remedy), "{error}");
    }
}

#[tokio::test]
async fn a_token_without_its_pin_is_not_made_anew() {
    let folder = folder();
    Embedded::start(&options(folder.path(), HSM))
        .await
        .unwrap()
        .stop()
        .await
        .unwrap();
    fs::remove_file(folder.path().join("secrets/hsm-pin")).unwrap();
    let error = Embedded::start(&options(folder.path(), HSM))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::PinLost { .. }), "{error}");
}

#[tokio::test]
async fn a_closed_folder_above_the_data_is_named_when_root_starts() {
    let folder = folder();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, Permissions::from_mode(0o700)).unwrap();
    let started = Embedded::start(&options(&closed.join("data"), POSTGRES)).await;
    if Uid::effective().is_root() {
        let error = started.unwrap_err();
        assert!(
            error
                .to_string()
                .contains(&format!("chmod o+x {}", closed.display())),
            "{error}"
        );
    } else {
        started.unwrap().stop().await.unwrap();
    }
}

#[tokio::test]
async fn missing_programs_are_named_with_their_remedy() {
    let folder = folder();
    let nowhere = || Some(folder.path().join("nowhere"));
    let mut options = options(folder.path(), Parts::ALL);
    options.given.postgres_bin = nowhere();
    let error = Embedded::start(&options).await.unwrap_err().to_string();
    assert!(
        error.contains("no PostgreSQL 15 or newer") && error.contains("SEATLEDGER_POSTGRES_BIN"),
        "{error}"
    );
    options.given = testing::programs();
    options.given.nats_server = nowhere();
    let error = Embedded::start(&options).await.unwrap_err().to_string();
    assert!(
        error.contains("no nats-server 2.12 or newer") && error.contains("SEATLEDGER_NATS_SERVER"),
        "{error}"
    );
    options.given = testing::programs();
    options.given.softhsm_module = nowhere();
    let error = Embedded::start(&options).await.unwrap_err().to_string();
    assert!(error.contains("apt-get install softhsm2"), "{error}");
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let folder = folder();
    Embedded::start(&options(folder.path(), POSTGRES))
        .await
        .unwrap()
        .stop()
        .await
        .unwrap();
    fs::remove_dir_all(folder.path().join("postgres/global")).unwrap();
    let error = Embedded::start(&options(folder.path(), POSTGRES))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NotReady { .. }), "{error}");
    assert!(error.to_string().contains("global"), "{error}");
}

#[test]
fn with_servers_ends_as_its_command_does_and_leaves_nothing() {
    let below = folder();
    for (script, code) in [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143)] {
        let status = Command::new(env!("CARGO_BIN_EXE_with-servers"))
            .args(["--", "sh", "-c", script])
            .env("TMPDIR", below.path())
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(code), "{script}");
        assert_eq!(below.path().read_dir().unwrap().count(), 0, "{script}");
    }
}

#[test]
fn a_closed_folder_for_temporary_files_is_passed_by() {
    let closed = folder();
    fs::set_permissions(closed.path(), Permissions::from_mode(0o700)).unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_with-servers"))
        .args(["--", "true"])
        .env("TMPDIR", closed.path())
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn with_servers_told_to_stop_stops_its_command_and_leaves_nothing() {
    let below = folder();
    let mut other = Command::new(env!("CARGO_BIN_EXE_with-servers"))
        .args(["--", "sh", "-c", "echo ready; exec sleep 600"])
        .env("TMPDIR", below.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = other.stdout.take().unwrap();
    std::io::Read::read_exact(&mut output, &mut [0; 6]).unwrap();
    let data_dir = below
        .path()
        .read_dir()
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let servers = [postgres_pid(&data_dir), nats_pid(&data_dir)];
    kill(
        Pid::from_raw(other.id().try_into().unwrap()),
        Signal::SIGTERM,
    )
    .unwrap();
    assert_eq!(other.wait().unwrap().code(), Some(143));
    assert!(
        servers.iter().all(|server| kill(*server, None).is_err()),
        "stopped and waited for"
    );
    assert_eq!(below.path().read_dir().unwrap().count(), 0);
}
