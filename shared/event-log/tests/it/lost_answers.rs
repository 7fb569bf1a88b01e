//! The connection goes away while a batch is written, before or after it is committed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use embedded::Durability;
use embedded::testing;
use event_log::{AppenderConfig, Outcome, Role, SubmitError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio_postgres::Config;
use tokio_postgres::config::Host;
use uuid::Uuid;

use crate::setup::{
    Log, add, assert_numbered, connect, done, keyed, read_all, reader, request, start,
};

const PASS: u8 = 0;
/// The next request never arrives.
const CUT_REQUEST: u8 = 1;
/// The next request arrives; its answer does not.
const CUT_ANSWER: u8 = 2;

/// The next request arrives; from then on there is silence.
const FALL_SILENT: u8 = 3;

/// Stands between the appender and Postgres.
struct Line {
    folder: tempfile::TempDir,
    cut: Arc<AtomicU8>,
}

impl Line {
    fn to(config: &Config) -> Self {
        let [Host::Unix(sockets)] = config.get_hosts() else {
            panic!("not a Unix socket");
        };
        let socket = |folder: &Path| folder.join(".s.PGSQL.5432");
        let server = socket(sockets);
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(socket(folder.path())).unwrap();
        let cut = Arc::new(AtomicU8::new(PASS));
        let told = Arc::clone(&cut);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server.clone(), Arc::clone(&told)));
            }
        });
        Self { folder, cut }
    }

    fn config(&self, config: &Config) -> Config {
        let mut through = Config::new();
        through
            .host_path(self.folder.path())
            .user(config.get_user().unwrap())
            .dbname(config.get_dbname().unwrap());
        through
    }

    fn cut(&self, what: u8) {
        self.cut.store(what, Ordering::SeqCst);
    }
}

/// Carries both ways until the line is cut; each cut happens once.
async fn carry(mut client: UnixStream, server: PathBuf, cut: Arc<AtomicU8>) {
    let mut server = UnixStream::connect(server).await.unwrap();
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    let now_is = |wanted| {
        let found = cut.compare_exchange(wanted, PASS, Ordering::SeqCst, Ordering::SeqCst);
        found.is_ok()
    };
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Ok(length @ 1..) = read else { return };
                if now_is(CUT_REQUEST) {
                    return;
                }
                server.write_all(&up[..length]).await.unwrap();
            }
            read = server.read(&mut down) => {
                let Ok(length @ 1..) = read else { return };
                if now_is(CUT_ANSWER) {
                    return;
                }
                if now_is(FALL_SILENT) {
                    return std::future::pending().await;
                }
                if client.write_all(&down[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_found_and_not_made_twice() {
    let log = Log::new().await;
    let config = log.config(Role::Command);
    let line = Line::to(&config);
    let appender = start(AppenderConfig::new(line.config(&config)));
    let (tenant, counter) = (Uuid::now_v7(), Uuid::now_v7());
    done(&appender.submit(request(tenant, add(counter))).await);
    for round in 2..6 {
        line.cut(CUT_ANSWER);
        assert_eq!(
            done(&appender.submit(request(tenant, add(counter))).await),
            (round, round)
        );
    }
    let events = log.events().await;
    assert_eq!(events.len(), 5);
    assert_numbered(&events);
}

#[tokio::test]
async fn a_request_that_never_arrived_is_sent_again() {
    let log = Log::new().await;
    let config = log.config(Role::Command);
    let line = Line::to(&config);
    let appender = start(AppenderConfig::new(line.config(&config)));
    let (tenant, counter, me) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    done(&appender.submit(request(tenant, add(counter))).await);
    for round in 2..6 {
        line.cut(CUT_REQUEST);
        let key = format!("k{round}");
        let told = appender
            .submit(keyed(tenant, add(counter), me, &key, 1))
            .await;
        assert_eq!(done(&told), (round, round));
    }
    let events = log.events().await;
    assert_eq!(events.len(), 5);
    assert_numbered(&events);
}

#[tokio::test]
async fn a_line_that_falls_silent_is_given_up_and_the_commit_found() {
    let log = Log::new().await;
    let config = log.config(Role::Command);
    let line = Line::to(&config);
    let appender = start(AppenderConfig::new(line.config(&config)));
    let (tenant, counter) = (Uuid::now_v7(), Uuid::now_v7());
    done(&appender.submit(request(tenant, add(counter))).await);
    line.cut(FALL_SILENT);
    assert_eq!(
        done(&appender.submit(request(tenant, add(counter))).await),
        (2, 2)
    );
    assert_eq!(log.events().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_lines_between_racing_writers_lose_and_double_nothing() {
    let log = Log::new().await;
    let config = log.config(Role::Command);
    let line = Line::to(&config);
    let appenders = [
        start(AppenderConfig::new(line.config(&config))),
        log.appender(),
    ];
    let (tenant, counter) = (Uuid::now_v7(), Uuid::now_v7());
    let callers = (0..8_usize).map(|caller| {
        let appender = appenders[caller % 2].clone();
        tokio::spawn(async move {
            let mut told = 0;
            while told < 50 {
                match appender.submit(request(tenant, add(counter))).await {
                    Ok(Outcome::Decided { .. }) => told += 1,
                    // Cut too often in a row; that nothing was recorded is true, or there are more than 400.
                    Err(SubmitError::Unavailable(_)) => {}
                    other => panic!("{other:?}"),
                }
            }
        })
    });
    let callers: Vec<_> = callers.collect();
    let mut round = 0;
    while !callers.iter().all(tokio::task::JoinHandle::is_finished) {
        round += 1;
        line.cut(1 + round % 2);
        tokio::task::yield_now().await;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    for caller in callers {
        caller.await.unwrap();
    }
    let events = log.events().await;
    assert_eq!(events.len(), 400);
    assert_numbered(&events);
}

#[tokio::test]
async fn a_backend_that_is_terminated_costs_nobody_a_command() {
    let log = Log::new().await;
    let appender = log.appender();
    let (tenant, counter) = (Uuid::now_v7(), Uuid::now_v7());
    done(&appender.submit(request(tenant, add(counter))).await);
    let superuser = log.superuser().await;
    for round in 2..10 {
        let end = "select pg_terminate_backend(pid) from pg_stat_activity where usename = $1 and datname = $2";
        let (told, ended) = futures_util::future::join(
            appender.submit(request(tenant, add(counter))),
            superuser.execute(end, &[&Role::Command.name(), &log.database.name()]),
        )
        .await;
        ended.unwrap();
        assert_eq!(done(&told), (round, round));
    }
    assert_numbered(&log.events().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_postgres_is_killed_each_acknowledged_command_is_there_once() {
    let mut postgres = testing::private_postgres(Durability::Durable).await;
    let mut client = connect(&postgres.superuser("postgres")).await;
    event_log::migrate(&mut client).await.unwrap();
    for role in [Role::Command, Role::Relay] {
        event_log::set_role_password(&client, role, "it's a secret")
            .await
            .unwrap();
    }
    let config = |role: Role| {
        let mut config = postgres.superuser("postgres");
        config.user(role.name()).password("it's a secret");
        config
    };
    let appender = start(AppenderConfig::new(config(Role::Command)));
    let relay = config(Role::Relay);
    let tenant = Uuid::now_v7();
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let appender = appender.clone();
            let counter = Uuid::now_v7();
            tokio::spawn(async move {
                let mut acknowledged: Vec<i64> = Vec::new();
                while acknowledged.len() < 200 {
                    match appender.submit(request(tenant, add(counter))).await {
                        Ok(Outcome::Decided { written, .. }) => acknowledged.push(written.sequence),
                        Err(SubmitError::Unavailable(_)) => {}
                        other => panic!("{other:?}"),
                    }
                }
                acknowledged
            })
        })
        .collect();
    for _ in 0..3 {
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        postgres.kill().await;
        postgres.start().await;
    }
    let mut acknowledged = Vec::new();
    for caller in callers {
        acknowledged.extend(caller.await.unwrap());
    }
    acknowledged.sort_unstable();
    let events = read_all(&reader(&relay)).await;
    assert_numbered(&events);
    let sequences: Vec<i64> = events.iter().map(|event| event.sequence).collect();
    assert_eq!(acknowledged, sequences, "all of them, each once");
}

#[tokio::test]
async fn without_a_database_commands_are_refused_and_nothing_hangs() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new();
    config
        .host_path(folder.path())
        .user("nobody")
        .dbname("none");
    let appender = start(AppenderConfig::new(config));
    let told = appender
        .submit(request(Uuid::now_v7(), add(Uuid::now_v7())))
        .await;
    assert!(
        matches!(told, Err(SubmitError::Unavailable(Some(_)))),
        "{told:?}"
    );
    assert!(!appender.connected());
    appender.stop().await;
}
